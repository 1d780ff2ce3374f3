"""Choosing Regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from amitui.ui.screens.picker import MultiPickerScreen, PickerItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

DIGITS: Final = "123456789"


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """A Region as the picker offers it."""

    name: str
    place: str = ""
    """Where it is, in words."""
    enabled: bool = True
    """False when the account has not opted in."""
    cached: int | None = None
    """Images in the cache; `None` = none were ever fetched."""


def region_items(choices: Iterable[RegionChoice], recent: Sequence[str] = ()) -> tuple[PickerItem, ...]:
    """Recent regions first, with their digits, then the others by name."""
    by_name = {choice.name: choice for choice in choices}
    lately = [by_name.pop(name) for name in dict.fromkeys(recent) if name in by_name]
    rows = [(choice, digit) for choice, digit in zip(lately, DIGITS, strict=False)]
    rows += [(choice, "") for choice in lately[len(DIGITS) :]]
    rows += [(by_name[name], "") for name in sorted(by_name)]
    return tuple(_item(choice, digit) for choice, digit in rows)


def _item(choice: RegionChoice, digit: str) -> PickerItem:
    cached = f"{choice.cached:,} cached" if choice.cached is not None else ""
    detail = " · ".join(word for word in (choice.place, cached) if word)
    reason = (
        ""
        if choice.enabled
        else " · ".join(word for word in (choice.place, "not enabled in this account") if word)
    )
    return PickerItem(choice.name, choice.name, detail, reason, digit if choice.enabled else "")


class RegionsScreen(MultiPickerScreen):
    """Choose one region with Enter or a digit, or several with Space."""

    BINDINGS = [
        Binding(
            "ctrl+a",
            "mark_cached",
            "All cached",
            id="regions.cached",
            tooltip="Mark every Region of which something is cached, or none",
            priority=True,  # in the filter it would go to the beginning
        ),
    ]

    def __init__(
        self,
        choices: Iterable[RegionChoice] | None,
        *,
        recent: Sequence[str] = (),
        current: Collection[str] = (),
    ) -> None:
        """Args:
        choices: every region of the partition; `None` = not known yet, `set_choices` brings them.
        recent: names of recent Regions, the latest first.
        current: names of the Regions in view.
        """
        self._recent = tuple(recent)
        self._cached: frozenset[str] = frozenset()
        super().__init__(
            "Region",
            region_items(choices, recent) if choices is not None else None,
            marked=current,
            current=next(iter(current), None),
            loading="Reading the account's Regions…",
            placeholder="type to filter; Space marks several",
        )
        self._note_cached(choices or ())

    def set_choices(self, choices: Iterable[RegionChoice]) -> None:
        """Show these regions."""
        known = list(choices)
        self._note_cached(known)
        self.set_items(region_items(known, self._recent))

    def action_mark_cached(self) -> None:
        """Mark all that are cached; none when they are marked."""
        self.mark_all(() if self._cached <= self.marked else self._cached)

    def _note_cached(self, choices: Iterable[RegionChoice]) -> None:
        self._cached = frozenset(choice.name for choice in choices if choice.enabled and choice.cached)
