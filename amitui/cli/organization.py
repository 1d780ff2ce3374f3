"""`--organization`: the settings with the accounts of the organization, listed when they are not known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.cli.messages import warn
from amitui.domain.counts import count_of
from amitui.errors import AmituiError, UsageError
from amitui.services.composition import clock
from amitui.services.organization import OLD_AFTER_S, read_organization, remembered, with_organization

if TYPE_CHECKING:
    from amitui.domain.organization import Organization
    from amitui.settings import Settings

MOST_NAMED: Final = 5
"""Accounts that are named of those that are left out; the others are counted."""


def organized(settings: Settings, *, renew: bool = False) -> Settings:
    """The settings with the organization's accounts as members.

    Args:
        renew: list them again if the list is older than a day; where that fails, the old one holds, which is said.

    Raises:
        AmituiError: they are not known, and cannot be listed.
    """
    from amitui.services.connections import Connections

    known = remembered(settings)
    if known is None or (renew and not settings.offline and clock() - known.read_at >= OLD_AFTER_S):
        try:
            known = _listed(settings)
        except AmituiError as error:
            if known is None:
                raise
            hours = (clock() - known.read_at) / 3600
            warn(f"{error.what}; the list of {hours:,.0f} hours ago is used")
    return with_organization(settings, known, Connections(settings).named(settings.profile))


def _listed(settings: Settings) -> Organization:
    if settings.offline:
        raise UsageError(
            "the accounts of the organization are not known",
            why="they have not been listed with this profile yet, and --offline never contacts AWS",
            remedy="start once without --offline",
        )
    import asyncio

    found = asyncio.run(_read(settings))
    left_out = found.left_out
    if left_out:
        named = ", ".join(one.words for one in left_out[:MOST_NAMED])
        more = f" and {len(left_out) - MOST_NAMED:,} more" if len(left_out) > MOST_NAMED else ""
        warn(f"{count_of(len(left_out), 'account')} of the organization left out: {named}{more}")
    return found


async def _read(settings: Settings) -> Organization:
    from amitui.services.session import Session

    session = Session(settings)
    try:
        return await read_organization(session, clock())
    finally:
        await session.close()
