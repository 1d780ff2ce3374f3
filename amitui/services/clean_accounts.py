"""The accounts that a clean-up is about: each is read with its own credentials, and judged by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from amitui.defects import only_amitui_errors
from amitui.errors import AmituiError
from amitui.services.housekeeping import Housekeeping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from amitui.domain.fleet.uses import ImageNeed
    from amitui.services.composition import Services
    from amitui.services.members import Member

ACCOUNTS_AT_ONCE: Final = 6
"""Accounts that are read side by side, each with all its Regions."""

Found = TypeVar("Found")


@only_amitui_errors()
class CleanAccounts:
    """The accounts that are used together, or the one there is.

    Args:
        needs: what the operations of the journal need.
    """

    def __init__(self, services: Services, needs: Callable[[], Sequence[ImageNeed]]) -> None:
        self._services = services
        self._needs = needs
        self.failures: dict[str, str] = {}
        """By the name of an account that could not be read the last time, why."""

    @property
    def used(self) -> list[Member]:
        """All that can be read."""
        members = self._services.members
        return list(members.used) if members.several else [members.first]

    @property
    def left_out(self) -> list[Member]:
        """Those that are read-only where others are not; none where the whole start is."""
        members = self._services.members
        if not members.several or self._services.settings.read_only:
            return []
        return [one for one in members.used if members.marks(one).read_only]

    @property
    def to_clean(self) -> list[Member]:
        """Those that something may be changed in."""
        left_out = self.left_out
        return [one for one in self.used if one not in left_out]

    async def each(
        self,
        members: Sequence[Member],
        do: Callable[[Housekeeping, Callable[[str], None]], Awaitable[Found]],
        report: Callable[[str], None],
    ) -> list[tuple[Member, Found]]:
        """Do something in these accounts side by side; `failures` says afterwards who of all could not be read.

        Args:
            do: is given the housekeeping of an account, and what takes a line on how far it is.

        Raises:
            AmituiError: it worked in none; the first failure.
        """
        gate = asyncio.Semaphore(ACCOUNTS_AT_ONCE)
        several = self._services.members.several
        self.failures = {}
        for other in self._services.members.problems if several else ():
            if other.problem is not None:
                self._failed(other, other.problem)
        done = 0

        async def one(member: Member) -> tuple[Member, Found] | AmituiError:
            nonlocal done
            async with gate:
                keeping = Housekeeping(self._services, self._needs, member if several else None)
                try:
                    found = await do(keeping, (lambda _words: None) if several else report)
                except AmituiError as error:
                    if several:
                        self._failed(member, error)
                    return error
            done += 1
            if several:
                report(f"read {done} of {len(members)} accounts")
            return member, found

        answers = await asyncio.gather(*map(one, members))
        found = [answer for answer in answers if not isinstance(answer, AmituiError)]
        if not found:
            problems = (other.problem for other in self._services.members.problems)
            failed = (answer for answer in answers if isinstance(answer, AmituiError))
            raise next(failed, None) or next(filter(None, problems))
        return found

    def _failed(self, member: Member, error: AmituiError) -> None:
        self.failures[member.name] = " – ".join(error.lines())
