"""Choosing AWS profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from amitui.ui.screens.picker import MultiPickerScreen, PickerItem
from amitui.ui.screens.regions import DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """A profile of the AWS config as the picker offers it."""

    name: str
    region: str = ""
    account: str = ""
    """12 digits, if the config has it."""
    source: str = ""
    """Where its credentials come from: `SSO`, `role deploy`, `keys`."""
    problem: str = ""
    """Why it cannot be used; empty = it can."""
    account_name: str = ""
    """What the address book calls the account."""
    production: bool = False
    read_only: bool = False

    @property
    def words(self) -> str:
        """Safety marks first, where a narrow screen does not cut them off; then whose it is and where it leads."""
        marks = [
            word for is_set, word in ((self.production, "PRODUCTION"), (self.read_only, "READ-ONLY")) if is_set
        ]
        account = " ".join(word for word in (self.account_name, self.account) if word)
        return " · ".join(word for word in (*marks, account, self.region, self.source) if word)


def profile_items(choices: Iterable[ProfileChoice], recent: Sequence[str] = ()) -> tuple[PickerItem, ...]:
    """Recent profiles first, with their digits, then the others in the config's order."""
    by_name = {choice.name: choice for choice in choices}
    lately = [by_name.pop(name) for name in dict.fromkeys(recent) if name in by_name]
    digits = iter(DIGITS)
    rows = [(choice, next(digits, "") if not choice.problem else "") for choice in lately]
    rows += [(choice, "") for choice in by_name.values()]
    return tuple(
        PickerItem(choice.name, choice.name, choice.words, choice.problem, digit) for choice, digit in rows
    )


NO_PROFILES: Final = (
    "No profiles are configured.",
    "aws configure sso, or aws configure, makes one.",
    "Keys in the environment (AWS_ACCESS_KEY_ID, …) need none.",
    "amitui --demo shows a simulated EC2 without an account.",
)


class ProfilesScreen(MultiPickerScreen):
    """Choose one profile with Enter or a digit, or several with Space."""

    BINDINGS = [
        Binding(
            "ctrl+a",
            "mark_matching",
            "All found",
            id="profiles.all",
            tooltip="Mark every profile that what is typed finds, or none",
            priority=True,  # in the filter it would go to the beginning
        ),
    ]

    def __init__(
        self,
        choices: Iterable[ProfileChoice] | None,
        *,
        current: Collection[str] = (),
        recent: Sequence[str] = (),
    ) -> None:
        """Args:
        choices: the profiles of the config; `None` = being read, `set_items(profile_items(…))` brings them.
        current: the profiles in use.
        recent: names of profiles used lately, the latest first.
        """
        super().__init__(
            "Profile",
            profile_items(choices, recent) if choices is not None else None,
            marked=current,
            current=next(iter(current), None),
            empty="\n".join(NO_PROFILES),
            loading="Reading the AWS config…",
            placeholder="type to filter; Space marks several",
        )

    def action_mark_matching(self) -> None:
        """Mark all that are shown and can be used, besides those marked before; unmark them when they are."""
        found = {item.value for item in self.matching(self.filter.value) if not item.disabled_reason}
        self.mark_all(self.marked - found if found <= self.marked else self.marked | found)
