"""Refreshing the catalogue: identify the caller, rebuild damaged indexes, fetch what is due.

It decides what to fetch and starts it; crawls belong to `services/crawls.py`, and the workers to the application.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.catalog.index.opening import is_damaged
from amitui.domain.catalogue.coverage import PRIVATE_SCOPES, shares_due
from amitui.domain.catalogue.scope import ALL, FIRST_START
from amitui.domain.catalogue.shard import Shard
from amitui.domain.region import partition_of
from amitui.domain.retrying import is_transient
from amitui.errors import AmituiError, CredentialsError, RegionError
from amitui.ui.followed_organization import FollowedOrganization

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.catalog.search.background import CatalogSearch
    from amitui.domain.catalogue.shard import ShardStatus
    from amitui.services.composition import Services
    from amitui.services.crawls import Fetches
    from amitui.services.members import Member
    from amitui.ui.screens.browse import BrowseScreen


class CatalogueRefresh:
    """Brings the main screen up to date.

    Args:
        log: logs an error, with what was being done.
    """

    def __init__(
        self,
        services: Services,
        search: CatalogSearch,
        fetches: Fetches,
        browse: BrowseScreen,
        *,
        log: Callable[[AmituiError, str], None],
    ) -> None:
        self._services = services
        self._search = search
        self._fetches = fetches
        self._browse = browse
        self._log = log
        self._organization = FollowedOrganization(
            services, fetches, browse, begin=self._begin_early, said=self._say_problems, log=log
        )
        self._rebuilt: set[str] = set()
        """Regions whose index was filled from what is stored, in this session."""
        self._rebuilding = asyncio.Lock()
        self._swept = False
        """Whether what earlier crashes left has been deleted, once a session."""
        self.unidentified: AmituiError | None = None
        """Why the caller is not identified, when a retry may succeed."""
        self._said: dict[str, list[str]] = {}
        """By name, what was said of accounts that could not be identified: it is said once."""
        self._twins: frozenset[str] = frozenset()
        """Profiles of which it was said that they are the account of an earlier one."""

    async def connect(self, *, force: bool, again: bool) -> None:
        """Identify the caller, and fetch what is missing or old; of an organization, list its accounts when due.

        Args:
            force: fetch the scopes in view whatever their age.
            again: retry what failed before; false for a refresh in the background.
        """
        if await self._connect(force=force, again=again) and await self._organization.follow(asked=force):
            await self._connect(force=False, again=False)

    async def _connect(self, *, force: bool, again: bool) -> bool:
        """Identify the caller, and fetch what is missing or old; false: AWS cannot be asked."""
        services, browse = self._services, self._browse
        if again:
            self._fetches.expect_answers()
            services.session.connections.codes.allow()
        await self.rebuild_indexes(browse.view.regions)
        if services.settings.offline:
            return False
        before = services.members.accounts
        begun: set[Shard] = set()
        if self._is_to_identify(again):
            identified = await self._begin_early(begun, force=force, again=again)
            if not await self._identify(identified):
                return False
        if services.members.accounts != before:
            browse.load_view(keep_cursor=True)
        regions = browse.view.regions
        statuses = await self._search.shards(regions)
        await self._mend(regions)
        in_view = _in_view(services, browse)
        if force:
            # What was stopped or broke off resumes; what is complete is fetched again.
            self._fetches.start(shard for shard in in_view if shard not in begun)
            return True
        due = services.catalogue.due(_kept_fresh(services, browse, statuses), statuses)
        own_seconds = int(services.settings.ttl_own_minutes * 60)
        due += shares_due(in_view, statuses, own_seconds=own_seconds, now=services.now())
        due = [shard for shard in due if shard not in begun]
        if not again:
            due = [shard for shard in due if shard not in self._fetches.failures]
        # Own images first: they are few, and searched for most.
        self._fetches.start(sorted(dict.fromkeys(due), key=lambda shard: shard.owner_scope not in PRIVATE_SCOPES))
        browse.catalogue_changed()
        return True

    async def _begin_early(
        self, begun: set[Shard], *, force: bool = False, again: bool = True
    ) -> Callable[[Member], None] | None:
        """What fetches the images of one of several members as soon as it is known who it is.

        The rows of the first one are not to wait for the last one's answer.

        Args:
            begun: gets what is fetched so.
        """
        services, browse = self._services, self._browse
        if not services.members.several:
            return None
        regions = browse.view.regions
        statuses = await self._search.shards(regions)
        await self._mend(regions)
        shown = services.members.accounts

        def identified(member: Member) -> None:
            nonlocal shown
            if services.members.accounts != shown:
                shown = services.members.accounts
                browse.load_view(keep_cursor=True)
            identity = services.session.connections.identity(member.profile)
            if identity is None or member.account is None or browse.view.regions != regions:
                return
            own = [
                Shard(identity.partition, member.account, region, scope)
                for scope in PRIVATE_SCOPES
                for region in regions
                if partition_of(region) == identity.partition
            ]
            due = own if force else services.catalogue.due(own, statuses)
            if member.profile == services.session.profile:
                # It reads the public ones; another one's credentials may take minutes, or a person.
                due += public_due(services, browse, statuses, force=force)
            wanted = [shard for shard in due if again or shard not in self._fetches.failures]
            begun.update(wanted)
            self._fetches.start(wanted)

        return identified

    def leave_caller(self) -> None:
        """Somebody else's credentials are used from now on."""
        self.unidentified = None
        self._said.clear()
        self._twins = frozenset()

    def _is_to_identify(self, again: bool) -> bool:
        """Whether AWS is to say who the caller is, or one of several callers.

        Args:
            again: what failed is retried, whatever it was; false for a refresh in the background.
        """
        members = self._services.members
        if not self.is_identified or (again and not self._services.session.account_confirmed):
            return True
        if not members.several:
            return False
        if not members.are_known:
            return True
        refused = again and any(isinstance(error, CredentialsError) for error in self._fetches.failures.values())
        return refused or any(again or is_transient(one.problem) for one in members.problems if one.problem)

    @property
    def is_identified(self) -> bool:
        """Whether AWS has said who the caller is; of several, one that cannot be used stops none of the others."""
        members = self._services.members
        if self._services.session.account_confirmed:
            return True
        return members.several and members.first.problem is not None and bool(members.used)

    async def rebuild_indexes(self, regions: Sequence[str], *, anew: bool = False) -> None:
        """Fill indexes that cannot be read from what is stored, without the network.

        Args:
            anew: also those that seem sound: one of them was found damaged while it was read.
        """
        browse = self._browse

        def notify(region: str) -> None:
            browse.notice(f"rebuilding the index of {region} from the stored records …", seconds=60)

        async with self._rebuilding:
            try:
                suspect = sorted({*regions} - self._rebuilt) if anew else await self._search.unfilled(regions)
                rebuilt = (
                    await self._services.catalogue.restore_behind(suspect, notify, anew=anew) if suspect else []
                )
            except AmituiError as error:
                self._log(error, "reading the cache")
                return
            self._rebuilt.update(rebuilt)
        if rebuilt:
            browse.notice(f"rebuilt the index of {', '.join(rebuilt)}")
            browse.load_view(keep_cursor=True)

    def can_be_rebuilt(self, error: AmituiError, regions: Sequence[str]) -> bool:
        """Whether rebuilding these Regions' indexes may help.

        Once a session: an index that is damaged again right away points to the disk.
        """
        return is_damaged(error) and not self._rebuilt.issuperset(regions)

    async def _identify(self, identified: Callable[[Member], None] | None) -> bool:
        """Identify the caller; false when nothing can be fetched without it.

        Args:
            identified: called with each of several members as soon as it is known.
        """
        known, self.unidentified = self.unidentified, None
        self._fetches.totals.asking("AWS")
        try:
            await self._services.members.identify(identified)
        except (CredentialsError, RegionError) as error:
            self._browse.identity_error = error
            self._log(error, "verifying the AWS identity")
            self._browse.load_view(keep_cursor=True)
            return False
        except AmituiError as error:
            # STS may be out of reach where EC2 is not (VPC endpoints); the public catalogue needs no account.
            if known is None or known.lines() != error.lines():
                self._log(error, "verifying the AWS identity")
            self.unidentified = error if is_transient(error) else None
        finally:
            self._fetches.totals.asking("")
            self._browse.show_status()
        self._browse.identity_error = None
        self._say_problems()
        return True

    def _say_problems(self) -> None:
        """Log what is wrong with some of several accounts; the others' rows are fetched all the same."""
        members = self._services.members
        if not members.several:
            return
        problems = {one.name: one.problem for one in members.problems if one.problem is not None}
        for name, error in problems.items():
            if self._said.get(name) != error.lines():
                self._log(error, f"verifying the AWS identity of {name}")
        self._said = {name: error.lines() for name, error in problems.items()}
        self._say_twins()

    def _say_twins(self) -> None:
        """Say once of each profile that is the account of an earlier one that the earlier one is used."""
        from amitui.domain.visible import show_invisible

        twins = {one.profile or "": one for one in self._services.members.all if one.duplicate_of}
        for profile, one in twins.items():
            if profile not in self._twins:
                which, used = show_invisible(profile), show_invisible(one.duplicate_of)
                words = f"{which} is the same account as {used}, which is used"
                self._browse.notice(words, seconds=8, gives_way=True)
        self._twins = frozenset(twins)

    async def _mend(self, regions: tuple[str, ...]) -> None:
        try:
            if await self._services.catalogue.writer().mend(regions):
                self._browse.catalogue_changed()
            if not self._swept:
                await self._services.catalogue.sweep()
                self._swept = True
        except AmituiError as error:
            self._log(error, "checking the cache")


def public_due(
    services: Services, browse: BrowseScreen, statuses: Sequence[ShardStatus], *, force: bool
) -> list[Shard]:
    """The public images to fetch: those in view where that is asked for, else what is missing or old."""
    if force:
        return [shard for shard in _in_view(services, browse) if shard.is_public]
    wanted = dict.fromkeys(_kept_fresh(services, browse, statuses))
    return services.catalogue.due((shard for shard in wanted if shard.is_public), statuses)


def _kept_fresh(services: Services, browse: BrowseScreen, statuses: Sequence[ShardStatus]) -> list[Shard]:
    """What is fetched by itself where it is missing or old: that of a first start, and what is cached in view."""
    cached = {status.shard for status in statuses}
    wanted = services.catalogue.shards(FIRST_START, browse.view.regions)
    return [*wanted, *(shard for shard in _in_view(services, browse) if shard in cached)]


def _in_view(services: Services, browse: BrowseScreen) -> list[Shard]:
    """The shards in view; of all scopes, those that a first start fetches."""
    view = browse.view
    return services.catalogue.shards(FIRST_START if ALL in view.scopes else view.scopes, view.regions)
