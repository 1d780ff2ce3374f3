"""Choosing Regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
        super().__init__(
            "Region",
            region_items(choices, recent) if choices is not None else None,
            marked=current,
            current=next(iter(current), None),
            loading="Reading the account's Regions…",
            placeholder="type to filter; Space marks several",
        )

    def set_choices(self, choices: Iterable[RegionChoice]) -> None:
        """Show these regions."""
        self.set_items(region_items(choices, self._recent))
