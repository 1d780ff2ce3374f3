"""The ways to go on without credentials: the demo, a login, another profile, a new profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding

from amitui.ui.screens.picker import PickerItem, PickerScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.services.login import SsoProfile

DEMO: Final = "demo:"
PROFILE: Final = "profile:"
CONFIGURE: Final = "configure:"
MACHINE: Final = "machine:"
SSO: Final = "sso:"
"""In front of the name of the profile to log in to."""


def ways_in(
    profiles: Sequence[SsoProfile], *, demo_obstacle: str, configure_obstacle: str, offers_machine: bool
) -> list[PickerItem]:
    """The rows of the dialog; digits choose the first nine.

    Args:
        profiles: those with an SSO session.
        demo_obstacle: why there is no demo; empty = there is.
        configure_obstacle: why no profile can be made from here; empty = one can.
        offers_machine: whether credentials may come from the role of this machine.
    """
    from amitui.domain.visible import show_invisible

    rows = [(DEMO, "Start the demo", "a simulated EC2; needs no account and no network", demo_obstacle)]
    for one in profiles:
        words = f"SSO {show_invisible(one.session)}" + (f" · {one.region}" if one.region else "")
        rows.append((f"{SSO}{one.name}", f"Log in: {show_invisible(one.name)}", words, ""))
    rows.append((PROFILE, "Choose a profile", "of the AWS config, or several", ""))
    rows.append((CONFIGURE, "Set up SSO", "runs aws configure sso in this terminal", configure_obstacle))
    if offers_machine:
        rows.append((MACHINE, "Use this machine's role", "of EC2 or ECS; choose a Region", ""))
    return [
        PickerItem(value, label, detail, obstacle, str(number) if number < 10 and not obstacle else "")
        for number, (value, label, detail, obstacle) in enumerate(rows, start=1)
    ]


class LoginScreen(PickerScreen):
    """Choose a way in; the result is its value."""

    BINDINGS = [
        Binding("f9", "leave", "Close", show=False, id="login.leave", tooltip="Close"),
    ]

    def __init__(self, items: Sequence[PickerItem], *, refused: bool) -> None:
        """Args:
        refused: whether AWS was asked and gave no credentials.
        """
        title = "No AWS credentials" if refused else "Log in"
        super().__init__(title, items, placeholder="a digit, or type to filter")
