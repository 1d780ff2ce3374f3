"""The accounts of `amitui clean`: which are cleaned up, what a rule makes of each, how a command names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.cli.messages import warn
from amitui.domain.retention.accounts import AccountCleanUp, Owners, together
from amitui.domain.shell import quoted
from amitui.domain.visible import show_invisible
from amitui.errors import ReadOnlyError
from amitui.identity.roles import parse_role
from amitui.services.clean_accounts import CleanAccounts
from amitui.services.production import is_production, typed_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amitui.domain.fleet.uses import ImageNeed
    from amitui.domain.retention.plan import RetentionPlan
    from amitui.domain.retention.rule import RetentionRule
    from amitui.domain.retention.survey import Survey
    from amitui.services.composition import Services
    from amitui.services.housekeeping import Housekeeping
    from amitui.services.members import Member
    from amitui.settings import Settings


class Read(NamedTuple):
    """What was read of all accounts, and what the rule makes of it."""

    survey: Survey
    plan: RetentionPlan
    owners: Owners
    parts: tuple[tuple[Member, RetentionPlan], ...]
    """By account."""


class CleanUps:
    """The clean-ups of the accounts that are used together, but for those that are read-only.

    Args:
        services: with their members identified.
        needs: what the operations of the journal need.
    """

    def __init__(self, services: Services, needs: Callable[[], Sequence[ImageNeed]]) -> None:
        self._services = services
        self._accounts = CleanAccounts(services, needs)

    def members(self) -> list[Member]:
        """Those that are cleaned up.

        Raises:
            ReadOnlyError: all are read-only.
        """
        left_out = self._accounts.left_out
        for one in left_out:
            warn(f"{one.name} is read-only here: it is left out")
        found = self._accounts.to_clean
        if not found and left_out:
            raise ReadOnlyError("every account is read-only here", why="the config sets read_only for all of them")
        return found

    async def read(self, rule: RetentionRule, regions: Sequence[str], report: Callable[[str], None]) -> Read:
        """Read the accounts side by side, and have the rule judge each.

        Raises:
            AmituiError: none could be read; the first failure.
        """

        async def judged(keeping: Housekeeping, said: Callable[[str], None]) -> tuple[Survey, RetentionPlan]:
            survey = await keeping.survey(regions, said)
            return survey, await keeping.plan(rule, survey, said)

        read = await self._accounts.each(self.members(), judged, report)
        several = self._services.members.several
        parts = [AccountCleanUp(member.name if several else "", *found) for member, found in read]
        survey, plan, owners = together(parts, self._accounts.failures)
        return Read(survey, plan, owners, tuple((member, plan) for member, (_, plan) in read))

    def to_confirm(self, members: Iterable[Member]) -> list[str]:
        """What `--confirm` has to name for these: one name for each that is production."""
        services = self._services
        connections = services.session.connections
        return [
            typed_name(services.settings, connections, one.profile, one.account)
            for one in members
            if is_production(connections, one.profile, one.account)
        ]


def account_options(settings: Settings) -> list[str]:
    """The options by which a command means the same accounts."""
    members = settings.members or ((settings.profile,) if settings.profile else ())
    if not settings.organization:
        return [_profile(name) for name in members if name]
    roles = [role for role in map(parse_role, members) if role is not None and _is_ours(role.role, settings)]
    others = [name for name in members if not (role := parse_role(name)) or not _is_ours(role.role, settings)]
    source = next((role.source for role in roles), "")
    profiles = others or [source]
    chosen = [f"--account {quoted(show_invisible(one))}" for one in settings.organization_accounts]
    return [
        *(_profile(name) for name in profiles if name),
        f"--organization={quoted(settings.organization)}",
        *chosen,
    ]


def _is_ours(role: str, settings: Settings) -> bool:
    return role == settings.organization.rpartition("/")[2]


def _profile(name: str) -> str:
    return f"--profile {quoted(show_invisible(name))}"
