"""The screen follows its organization: accounts that come, go or are called otherwise while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from amitui.domain.catalogue.shard import Shard
    from amitui.services.composition import Services
    from amitui.services.crawls import Fetches
    from amitui.services.following import MemberChanges
    from amitui.services.members import Member
    from amitui.services.organization_renewal import OrganizationRenewal
    from amitui.ui.screens.browse import BrowseScreen


class FollowedOrganization:
    """Lists the accounts when that is due, and brings rows, marks and fetches in step.

    Args:
        begin: gives what fetches a member's images as soon as it is known who it is.
        said: called when members have been identified.
        log: logs an error, with what was being done.
    """

    def __init__(
        self,
        services: Services,
        fetches: Fetches,
        browse: BrowseScreen,
        *,
        begin: Callable[[set[Shard]], Awaitable[Callable[[Member], None] | None]],
        said: Callable[[], None],
        log: Callable[[AmituiError, str], None],
    ) -> None:
        self._services, self._fetches, self._browse = services, fetches, browse
        self._begin, self._said, self._log = begin, said, log
        self._renewal: OrganizationRenewal | None = None
        """Made when it is first needed: most starts have no organization."""

    async def follow(self, *, asked: bool) -> bool:
        """List the accounts of the organization when that is due; whether anything has changed.

        Args:
            asked: whether the user asks AWS again.
        """
        given = self._services.settings.organized_from
        if given is None:
            return False
        if self._renewal is None:
            from amitui.services.organization_renewal import OrganizationRenewal

            self._renewal = OrganizationRenewal(self._services)
        if not self._renewal.is_due(asked=asked):
            return False
        try:
            changes = await self._renewal.renew(given, asked=asked)
        except AmituiError as error:
            if not self._browse.is_leaving():
                self._log(error, "listing the accounts of the organization")
            return False
        if not any(changes) or self._browse.is_leaving():
            return False
        await self._take(changes)
        return not self._browse.is_leaving()

    async def _take(self, changes: MemberChanges) -> None:
        """Let go of accounts that went, and identify those that came."""
        from amitui.services.organization_renewal import change_words

        browse, members = self._browse, self._services.members
        if changes.left:
            self._fetches.leave_accounts(changes.left)
            browse.leave_accounts(changes.left)
        names = {one.profile or "": one.name for one in members.all}
        browse.notice(change_words(changes, names), gives_way=True)
        browse.load_view(keep_cursor=True)
        if not changes.came or not members.several:
            return
        identified = await self._begin(set())
        try:
            await members.identify(identified, only=changes.came)
        except AmituiError as error:
            if not browse.is_leaving():
                self._log(error, "verifying the AWS identity")
            return
        if not browse.is_leaving():
            self._said()
