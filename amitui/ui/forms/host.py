"""The interface between forms and the application: what a form is given, and how it reports wrong fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.launch.limits import LaunchLimits
    from amitui.domain.operations.may_change import MayChange
    from amitui.domain.operations.plan import Plan


class PermissionLike(Protocol):
    """EC2's answer to a DryRun."""

    @property
    def allowed(self) -> bool | None:
        """`None` = EC2 does not answer that."""

    @property
    def words(self) -> str:
        """Why not, or what else it said."""


class FormHost(Protocol):
    """What a form needs from the application."""

    @property
    def may_change(self) -> MayChange:
        """Whether something may be changed, and why not."""

    @property
    def production(self) -> bool:
        """Whether a profile that is used is marked as one to be careful with."""

    @property
    def production_words(self) -> str:
        """Which of them are, a sentence; empty = none is."""

    @property
    def whose(self) -> str:
        """Whose credentials are used, for the frame; empty = nobody's that has a name."""

    def profile_of(self, plan: Plan) -> str:
        """With whose credentials a plan is carried out; empty = those of the environment."""

    @property
    def typed_name(self) -> str:
        """What has to be typed in production: the marked profile's name, or the account where no profile acts."""

    @property
    def launch_limits(self) -> LaunchLimits:
        """From what size on a launch is confirmed by typing its number."""

    @property
    def endpoint_url(self) -> str:
        """The custom endpoint; empty = AWS."""

    @property
    def ssh_client(self) -> str:
        """The address from which the terminal's SSH session comes; empty = there is none."""

    @property
    def asks_no_address(self) -> str:
        """Why the internet is not asked for the public address; empty = it can be."""

    async def public_address(self) -> str:
        """Ask for the address from which this machine reaches the internet.

        Raises:
            AmituiError: it is not known.
        """

    def now(self) -> int:
        """The time, in seconds since the epoch."""

    async def check(self, plans: Sequence[Plan]) -> Sequence[PermissionLike]:
        """Whether each call of the plans would be allowed, in their order."""

    def copy(self, text: str) -> str:
        """Put `text` on the clipboard; returns words to show."""


class InvalidForm(Exception):
    """The fields do not make a plan.

    Args:
        field_id: the field that is wrong; one that the form does not have = the form as a whole.
        words: what is wrong with it.
        more: further pairs of the same kind.
    """

    def __init__(self, field_id: str, words: str, *more: tuple[str, str]) -> None:
        super().__init__(words)
        self.problems = ((field_id, words), *more)
        """(field id, words) pairs."""


def required_confirmation(plans: Sequence[Plan]) -> str:
    """What the plans themselves want to be typed: of one its own words, of several what is done to how many."""
    confirmed = [plan for plan in plans if plan.confirm]
    if not confirmed:
        return ""
    if len(plans) > 1:
        return f"{confirmed[0].kind} {len(plans)} images"
    # Some names of old cannot be typed on every keyboard, an id can.
    return confirmed[0].confirm if confirmed[0].confirm.isascii() else confirmed[0].subject
