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
DEVICE: Final = "device:"
CODES: Final = "codes:"
SSO: Final = "sso:"
"""In front of the name of the profile to log in to."""


def ways_in(
    profiles: Sequence[SsoProfile],
    *,
    demo_obstacle: str,
    configure_obstacle: str,
    offers_machine: bool,
    offers_device: bool,
    mfa_profiles: Sequence[str] = (),
) -> list[PickerItem]:
    """The rows of the dialog; digits choose the first nine.

    Args:
        profiles: those with an SSO session.
        demo_obstacle: why there is no demo; empty = there is.
        configure_obstacle: why no profile can be made from here; empty = one can.
        offers_machine: whether credentials may come from the role of this machine.
        offers_device: whether one may log in with a link and a code, too.
        mfa_profiles: those in use whose role wants an MFA code.
    """
    from amitui.domain.visible import show_invisible

    rows = [(DEMO, "Start the demo", "a simulated EC2; needs no account and no network", demo_obstacle)]
    rows += [(f"{SSO}{one.name}", f"Log in: {show_invisible(one.name)}", _sso_words(one), "") for one in profiles]
    if mfa_profiles:
        words = f"of {', '.join(map(show_invisible, mfa_profiles))}, if its session has ended"
        rows.append((CODES, "Enter an MFA code", words, ""))
    if profiles and offers_device:
        rows.append((DEVICE, "Log in by link", "in a browser anywhere, without the AWS CLI", ""))
    rows.append((PROFILE, "Choose a profile", "of the AWS config, or several", ""))
    rows.append((CONFIGURE, "Set up SSO", "runs aws configure sso in this terminal", configure_obstacle))
    if offers_machine:
        rows.append((MACHINE, "Use this machine's role", "of EC2 or ECS; choose a Region", ""))
    return [
        PickerItem(value, label, detail, obstacle, str(number) if number < 10 and not obstacle else "")
        for number, (value, label, detail, obstacle) in enumerate(rows, start=1)
    ]


def device_items(profiles: Sequence[SsoProfile]) -> list[PickerItem]:
    """The rows of the choice of a profile to log in to by link."""
    from amitui.domain.visible import show_invisible

    return [
        PickerItem(one.name, show_invisible(one.name), _sso_words(one), "", str(number) if number < 10 else "")
        for number, one in enumerate(profiles, start=1)
    ]


def _sso_words(profile: SsoProfile) -> str:
    from amitui.domain.visible import show_invisible

    return f"SSO {show_invisible(profile.session)}" + (f" · {profile.region}" if profile.region else "")


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
