"""Keeps the members of a session in step with the accounts of its organization while the screen is open."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final

from amitui.domain.counts import count_of
from amitui.errors import AmituiError
from amitui.presentation.facts import age
from amitui.services.following import follow
from amitui.services.organization import OLD_AFTER_S, read_organization, remembered, with_organization

if TYPE_CHECKING:
    from amitui.domain.organization import Organization
    from amitui.services.composition import Services
    from amitui.services.following import MemberChanges
    from amitui.settings import Settings

RETRY_AFTER_S: Final = 3_600
"""Seconds from a failure to the next attempt that nobody asks for."""
_MOST_NAMED: Final = 3


class OrganizationRenewal:
    """Lists the accounts again when the list is old, or when the user asks."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read_at: int | None = None
        """When the list in use was read, in seconds since the epoch; `None`: not looked up yet."""
        self._not_before = 0

    def is_due(self, *, asked: bool) -> bool:
        """Whether the accounts are to be listed.

        Args:
            asked: whether the user asks for it.
        """
        services = self._services
        given = services.settings.organized_from
        if given is None or services.settings.offline:
            return False
        now = services.now()
        if self._read_at is None:
            known = remembered(given)
            # Where nothing can be stored, the list is of this start.
            self._read_at = now if known is None else known.read_at
        # A clock that was set back must not keep a list for ever.
        is_old = not 0 <= now - self._read_at < OLD_AFTER_S
        return asked or (is_old and now >= self._not_before)

    async def renew(self, given: Settings, *, asked: bool) -> MemberChanges:
        """List the accounts, and make them the members.

        Args:
            given: the settings without the organization's accounts.
            asked: whether the user asks for it; else a list that another amitui has read meanwhile will do.

        Raises:
            AmituiError: they cannot be listed; members stay as they are, which the words say.
        """
        services = self._services
        now, connections = services.now(), services.session.connections
        try:
            found = await self._list(given, now, asked=asked)
            settings = with_organization(given, found, connections.named(given.profile))
            changes = await follow(services.session, services.members, settings)
        except AmituiError as error:
            self._not_before = now + RETRY_AFTER_S
            raise self._kept(error, now) from error
        self._read_at = found.read_at
        return changes

    async def _list(self, given: Settings, now: int, *, asked: bool) -> Organization:
        from amitui.services.session import Session

        known = remembered(given)
        if not asked and known is not None and 0 <= now - known.read_at < OLD_AFTER_S:
            return known
        connections = self._services.session.connections
        await connections.of(given.profile, renewed=True)
        return await read_organization(Session(given, connections), now)

    def _kept(self, error: AmituiError, now: int) -> AmituiError:
        span = age(max(0, now - (self._read_at or now)))
        kept = copy(error)
        kept.what = f"{error.what}; the list {'just read' if span == 'now' else f'of {span} ago'} is used"
        kept.args = (kept.what,)
        return kept


def change_words(changes: MemberChanges, names: dict[str, str]) -> str:
    """What has changed in the organization, for one line; empty: nothing.

    Args:
        names: of those that came, by profile.
    """
    renamed = [f"{old} is {new} now" for old, new in changes.renamed]
    parts = (
        _counted([names.get(one, one) for one in changes.came], "added"),
        _counted(changes.gone, "gone"),
        "; ".join(renamed) if len(renamed) <= _MOST_NAMED else f"{count_of(len(renamed), 'account')} renamed",
    )
    said = "; ".join(part for part in parts if part)
    return f"organization: {said}" if said else ""


def _counted(names: list[str] | tuple[str, ...], what: str) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more} {what}"
