"""The accounts of `amitui clean`: which are cleaned up, what a rule makes of each, how a command names them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.cli.messages import warn
from amitui.domain.retention.accounts import AccountCleanUp, Owners, together
from amitui.domain.shell import quoted
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError, ReadOnlyError
from amitui.identity.roles import parse_role
from amitui.services.housekeeping import Housekeeping
from amitui.services.production import is_production, typed_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amitui.domain.fleet.uses import ImageNeed
    from amitui.domain.retention.plan import RetentionPlan
    from amitui.domain.retention.rule import RetentionRule
    from amitui.domain.retention.survey import Survey
    from amitui.services.composition import Services
    from amitui.services.members import Member
    from amitui.settings import Settings

ACCOUNTS_AT_ONCE: Final = 6
"""Accounts that are read side by side, each with all its Regions."""


class Read(NamedTuple):
    """What was read of all accounts, and what the rule makes of it."""

    survey: Survey
    plan: RetentionPlan
    owners: Owners
    parts: tuple[tuple[Member, RetentionPlan], ...]
    """By account."""


class CleanAccounts:
    """The accounts that are used together, but for those that are read-only.

    Args:
        services: with their members identified.
        needs: what the operations of the journal need.
    """

    def __init__(self, services: Services, needs: Callable[[], Sequence[ImageNeed]]) -> None:
        self._services = services
        self._needs = needs
        self.failures: dict[str, str] = {}
        """By the name of an account that cannot be read, why."""

    def members(self) -> list[Member]:
        """Those that are cleaned up.

        Raises:
            ReadOnlyError: all are read-only.
            AmituiError: none can be read.
        """
        members = self._services.members
        if not members.several:
            return [members.first]
        for one in members.problems:
            if one.problem is not None:
                self._failed(one, one.problem)
        left_out = (
            [] if self._services.settings.read_only else [one for one in members.used if self._is_fixed(one)]
        )
        for one in left_out:
            warn(f"{one.name} is read-only here: it is left out")
        found = [one for one in members.used if one not in left_out]
        if not found and left_out:
            raise ReadOnlyError("every account is read-only here", why="the config sets read_only for all of them")
        return found

    async def read(self, rule: RetentionRule, regions: Sequence[str], report: Callable[[str], None]) -> Read:
        """Read the accounts side by side, and have the rule judge each.

        Raises:
            AmituiError: none could be read; the first failure.
        """
        members = self.members()
        gate = asyncio.Semaphore(ACCOUNTS_AT_ONCE)
        several = self._services.members.several
        done = 0

        async def one(member: Member) -> AccountCleanUp | AmituiError:
            nonlocal done
            said = (lambda _words: None) if several else report
            async with gate:
                keeping = Housekeeping(self._services, self._needs, member if several else None)
                try:
                    survey = await keeping.survey(regions, said)
                    plan = await keeping.plan(rule, survey, said)
                except AmituiError as error:
                    if several:
                        self._failed(member, error)
                    return error
            done += 1
            if several:
                report(f"read {done} of {len(members)} accounts")
            return AccountCleanUp(member.name if several else "", survey, plan)

        answers = await asyncio.gather(*map(one, members))
        read = [(member, found) for member, found in zip(members, answers, strict=True) if _is_read(found)]
        if not read:
            raise next(found for found in answers if isinstance(found, AmituiError))
        parts = [found for _, found in read if isinstance(found, AccountCleanUp)]
        survey, plan, owners = together(parts, self.failures)
        return Read(
            survey, plan, owners, tuple((member, part.plan) for (member, _), part in zip(read, parts, strict=True))
        )

    def _failed(self, member: Member, error: AmituiError) -> None:
        self.failures[member.name] = " – ".join(error.lines())

    def _is_fixed(self, member: Member) -> bool:
        return self._services.members.marks(member).read_only

    def to_confirm(self, members: Iterable[Member]) -> list[str]:
        """What `--confirm` has to name for these: one name for each that is production."""
        services = self._services
        connections = services.session.connections
        return [
            typed_name(services.settings, connections, one.profile, one.account)
            for one in members
            if is_production(connections, one.profile, one.account)
        ]


def _is_read(found: AccountCleanUp | AmituiError) -> bool:
    return isinstance(found, AccountCleanUp)


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
