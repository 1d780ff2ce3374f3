"""Reading from STS who several members are: some side by side, and remembered for the next start."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, TypeVar

from amitui.domain.shell import quoted
from amitui.domain.visible import show_invisible
from amitui.ec2.profiles import identity_fingerprint
from amitui.errors import AmituiError, CredentialsError
from amitui.identity.roles import aws_profile
from amitui.identity.source import PROCESS
from amitui.services.remembered import read_note, write_note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from amitui.ec2.session import CallerIdentity
    from amitui.identity.caller import Caller
    from amitui.identity.source import Source
    from amitui.services.known import Known
    from amitui.services.session import Session
    from amitui.settings import Settings

T = TypeVar("T")

AT_ONCE: Final = 10
"""Members that are asked side by side. Opening a connection takes CPU time: of all at once, no answer would be
read before the last connection is open."""

MAKES_ROOM_S: Final = 5.0
"""After so long a member takes no CPU time: it waits for an answer, a program or a person."""

CREDENTIALS_S: Final = 45.0
"""For how long one of several members may take to say who it is. A program for credentials (`credential_process`)
may never end, and the others' images would wait for it. Less than `find` waits for an answer at all."""


async def side_by_side(asked: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Await all, `AT_ONCE` at a time, beginning with the first; what takes long makes room for the next."""
    gate, loop = asyncio.Semaphore(AT_ONCE), asyncio.get_running_loop()

    async def one(ask: Callable[[], Awaitable[None]]) -> None:
        await gate.acquire()
        room = ExitStack()
        room.callback(gate.release)  # once, however often it is closed
        timer = loop.call_later(MAKES_ROOM_S, room.close)
        try:
            await ask()
        finally:
            timer.cancel()
            room.close()

    await asyncio.gather(*map(one, asked))


class Patience:
    """How long several members are waited for that are asked together."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._late: set[str] = set()
        """Profiles whose program for credentials was given up: what else relies on them need not wait for it."""

    async def within_limit(self, profile: str | None, identify: Callable[[], Awaitable[T]]) -> T:
        """Who a member is, if that comes within `CREDENTIALS_S`. What somebody takes for a code does not count.

        Raises:
            CredentialsError: it takes longer.
        """
        loop, codes = asyncio.get_running_loop(), self._session.connections.codes
        caller = self._session.connections.caller(profile)
        source = caller.source
        while source.base is not None:
            source = source.base
        if source.method == PROCESS and source.profile in self._late:
            raise _too_late(caller, source)

        def renew() -> None:
            if not limit.expired():  # the question of one that is given up ends meanwhile
                limit.reschedule(None if codes.are_asked else loop.time() + CREDENTIALS_S)

        try:
            async with asyncio.timeout(None) as limit:
                renew()
                codes.watching.add(renew)
                return await identify()
        except TimeoutError:
            self._late.add(source.profile)
            raise _too_late(caller, source) from None
        finally:
            codes.watching.discard(renew)


def _too_late(caller: Caller, source: Source) -> CredentialsError:
    named = aws_profile(caller.name)
    by_program = source.method == PROCESS
    giver = f"{show_invisible(source.words)} gave none" if by_program else "AWS did not say whose they are"
    return CredentialsError(
        f"the credentials of {caller.words} did not come in time",
        why=f"{giver} within {CREDENTIALS_S:.0f} seconds",
        remedy=f"{named.before}aws sts get-caller-identity{named.option} shows whether the credentials work",
        code="CredentialsTimeout",
    )


async def ask(session: Session, one: Known, patience: Patience) -> AmituiError | None:
    """Read who a member other than the first is, and set that; else its problem, which is returned."""
    try:
        connection = await session.connections.of(one.profile, renewed=True)
        identity = await patience.within_limit(one.profile, connection.caller_identity)
    except AmituiError as error:
        one.problem = error
    else:
        one.account, one.partition, one.problem = identity.account_id, identity.partition, None
    return one.problem


def check_partitions(first: CallerIdentity | None, others: Sequence[Known]) -> None:
    """Set apart the members of another partition: ids, accounts and Regions of one mean nothing in another.

    Args:
        first: of the first member; `None` = it has a problem.
    """
    working = [one for one in others if one.problem is None]
    ours = first.partition if first is not None else next((one.partition for one in working), "")
    for one in working:
        if one.partition != ours:
            one.problem = _other_partition(one, ours)


def note(settings: Settings, known: Iterable[Known]) -> None:
    """Remember for the next start which accounts the profiles are that can be used."""
    if settings.demo:
        return
    noted = read_note(settings.locations.identities_file)
    found = {
        identity_fingerprint(one.profile, settings.endpoint_url): one.account for one in known if not one.problem
    }
    if any(noted.get(fingerprint) != account for fingerprint, account in found.items()):
        write_note(settings.locations.identities_file, {**noted, **found})


def _other_partition(one: Known, ours: str) -> CredentialsError:
    return CredentialsError(
        f"profile {show_invisible(one.profile)} belongs to another partition: {one.partition}",
        why=f"the others are of {ours}, and neither Regions nor accounts of one exist in another",
        remedy=f"use it by itself: amitui --profile {quoted(show_invisible(one.profile))}",
        code="OtherPartition",
    )
