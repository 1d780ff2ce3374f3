"""Choosing an AWS profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amitui.ui.screens.picker import PickerItem, PickerScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


def profile_items(choices: Iterable[ProfileChoice], recent: Sequence[str] = ()) -> tuple[PickerItem, ...]:
    """Profiles in the config's order, recent ones with digits."""
    digits = dict(zip(dict.fromkeys(recent), "123456789", strict=False))
    return tuple(
        PickerItem(
            choice.name,
            choice.name,
            " · ".join(word for word in (choice.account, choice.region, choice.source) if word),
            choice.problem,
            digits.get(choice.name, "") if not choice.problem else "",
        )
        for choice in choices
    )


class ProfilesScreen(PickerScreen):
    """Choose a profile."""

    def __init__(
        self, choices: Iterable[ProfileChoice] | None, *, current: str | None = None, recent: Sequence[str] = ()
    ) -> None:
        """Args:
        choices: the profiles of the config; `None` = being read, `set_items(profile_items(…))` brings them.
        current: the profile in use.
        recent: names of profiles used lately, the latest first.
        """
        super().__init__(
            "Profile",
            profile_items(choices, recent) if choices is not None else None,
            current=current,
            empty="No profiles in the AWS config: aws configure sso",
            loading="Reading the AWS config…",
        )
