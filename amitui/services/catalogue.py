"""The local catalogue of a session: what is cached, what is due, fetching it, and rebuilding what is damaged.

Reading what is cached needs neither AWS libraries nor an event loop; the rest is imported when it is first used.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from amitui.catalog.search.view import CatalogReader
from amitui.defects import only_amitui_errors
from amitui.domain.catalogue.coverage import AgeLimits, age_of, shards_of, time_to_live
from amitui.domain.catalogue.shard import Located, Shard, ShardStatus
from amitui.domain.region import partition_of
from amitui.errors import AmituiError, CacheError, CredentialsError, DeniedError
from amitui.paths import names_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence

    from amitui.catalog.gone import GoneImages
    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.catalog.sync.page_workers import PageWorkers
    from amitui.catalog.sync.service import CatalogService
    from amitui.domain.catalogue.call_times import OwnerComparison
    from amitui.domain.catalogue.scope import Scope
    from amitui.domain.catalogue.whereabouts import Fate
    from amitui.domain.image.image import Image
    from amitui.ec2.pacing import Pacer, Pacing
    from amitui.services.cache_room import CacheRoom
    from amitui.services.members import Member, Members
    from amitui.services.session import Session
    from amitui.services.sharing import SharedCatalogue


@only_amitui_errors()
class Catalogue:
    """What is cached of EC2's images, as the accounts of a session may see it.

    Args:
        now: seconds since the epoch.
    """

    def __init__(self, session: Session, members: Members, now: Callable[[], int]) -> None:
        self._session = session
        self._members = members
        self._settings = session.settings
        self._locations = session.settings.locations
        self._now = now
        self._writer: CatalogService | None = None
        self._pacing: Pacing | None = None
        self._workers: PageWorkers | None = None
        self._watched: Collection[tuple[str, str]] = ()
        self._shared: SharedCatalogue | None = None
        self.source_failed: Callable[[AmituiError], None] = lambda _error: None
        """Told why something could not be pulled from the catalogue of the config: EC2 is asked instead."""
        self.starts_from = ""
        """Address of a catalogue that is pulled before EC2 is asked for what has changed since: for a job without
        a cache."""
        self.beside_screen = True
        """Whether fetches leave a core to the screen; a command that only fetches has none."""
        settings = session.settings
        self._limits = AgeLimits(int(settings.ttl_hours * 3600), int(settings.ttl_own_minutes * 60))

    def watch(self, images: Collection[tuple[str, str]]) -> None:
        """Remember these, given as (Region, id), when they go: they are on the screen, or marked."""
        self._watched = images

    @cached_property
    def gone(self) -> GoneImages:
        """The images that EC2 no longer shows."""
        from amitui.catalog.gone import GoneImages

        seconds = int(self._settings.gone_days * 86_400)
        return GoneImages(self._locations.gone_file, now=self._now, keep_seconds=seconds)

    def reader(self) -> CatalogReader:
        """A new reader of what is cached, for one thread."""
        return CatalogReader(self._locations.index_dir)

    def writer(self) -> CatalogService:
        """The writing side, opened on first use. Call it on the event loop."""
        if self._writer is None:
            from amitui.catalog.sync.departures import Missed
            from amitui.catalog.sync.service import CatalogService

            missed = Missed(self.gone, lambda: self._watched)
            many = len(self._members.all)
            self._writer = CatalogService(
                self._locations, now=self._now, limits=self._limits, missed=missed, accounts=many
            )
        return self._writer

    def shards(self, scopes: Sequence[Scope], regions: Sequence[str], *, everything: bool = False) -> list[Shard]:
        """The shards behind the scopes in the regions, each once, the first scope's first."""
        found = [
            shard
            for scope in scopes
            for region in regions
            for account in self._members.crawled or (None,)
            for shard in shards_of(
                scope, region, partition=partition_of(region), account=account, everything=everything
            )
        ]
        return list(dict.fromkeys(found))

    def due(self, shards: Iterable[Shard], statuses: Iterable[ShardStatus]) -> list[Shard]:
        """Those of the shards that are not cached, not complete, or of which a slice is older than it may be.

        A shard is dated so that it reaches its time to live when the first of its slices does.
        What is dated ahead of this clock is due: how old it is nobody knows.
        """
        fetched = {status.shard: status for status in statuses}
        public, own = self._limits
        due = []
        for shard in shards:
            status = fetched.get(shard)
            limit = time_to_live(shard, public_seconds=public, own_seconds=own)
            age = age_of(status.fetched_at, self._now()) if status is not None and status.complete else None
            if age is None or age >= limit:
                due.append(shard)
        return due

    async def refresh(
        self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
    ) -> CrawlProgress:
        """Fetch one shard; of one that is cached the slices with new images, and those that are due.

        Args:
            full: all of it anew.

        Raises:
            AmituiError: what stopped it; rows that had arrived stay.
        """
        if not full and (pulled := await self._pulled(shard, report)) is not None:
            return pulled
        *others, last = self._members.readers_of(shard)
        for member in others:
            try:
                return await self._fetched(shard, member, report, full=full)
            except (CredentialsError, DeniedError):
                continue  # everybody sees what is public: the next one may read it
        return await self._fetched(shard, last, report, full=full)

    async def _fetched(
        self, shard: Shard, member: Member, report: Callable[[CrawlProgress], None], *, full: bool
    ) -> CrawlProgress:
        """Fetch one shard with the credentials of a member."""
        from amitui.services.ec2_source import Ec2Source

        connection = await self._members.connection(member)
        pacer = self._pacing_of(member.account, shard.region)
        source = Ec2Source(connection, member.account, self._settings.page_size, pacer, self._page_workers())
        async with self._explained(shard.region, member):
            return await self.writer().refresh(shard, source, report, full=full, counts=lambda: pacer.counts)

    def shared_at(self, address: str) -> SharedCatalogue:
        """What is published at an address."""
        from amitui.services.sharing import SharedCatalogue

        return SharedCatalogue(self._session, self._members, address, self._limits, self._now)

    async def _pulled(self, shard: Shard, report: Callable[[CrawlProgress], None]) -> CrawlProgress | None:
        """Pull a shard instead of fetching it; `None`: it is not published, or EC2 is to be asked as well."""
        address = self.starts_from or self._settings.catalogue
        if not address or self._settings.demo:
            return None
        from amitui.catalog.locks import ShardBusy

        self._shared = self._shared or self.shared_at(address)
        try:
            return await self._shared.pull_instead(shard, self.writer(), report, is_base=bool(self.starts_from))
        except ShardBusy:
            raise
        except AmituiError as error:
            self.source_failed(error)  # EC2 has the images too
            return None

    async def compare_owner_requests(self, region: str) -> OwnerComparison:
        """What the first page of publishers' images takes, by how owners are asked for, or an error in words."""
        from amitui.services.owner_comparison import compare_owner_requests

        connection = await self._session.connection()
        return await compare_owner_requests(connection, self._pacing_of(self._session.account, region), region)

    @property
    def is_throttled(self) -> bool:
        """Whether EC2 has lately refused requests for images because there were too many."""
        return self._pacing is not None and self._pacing.is_slowed

    def _pacing_of(self, account: str | None, region: str) -> Pacer:
        if self._pacing is None:
            from amitui.ec2.pacing import Pacing

            self._pacing = Pacing(self._settings.calls_per_second)
        return self._pacing.of(account, region)

    async def confirm(self, region: str, image_ids: Sequence[str], *, tries: int) -> dict[str, Fate]:
        """Ask EC2 for images by their ids, and bring what is cached of them in line with the answer.

        Each is asked for with the credentials of the member that owns or sees it.

        Args:
            region: where the images are.
            image_ids: the images; EC2 is asked for at most `IDS_PER_CALL` at a time.
            tries: how often a shard that is being fetched is tried again, twice a second.

        Returns:
            By id, what EC2 says of those that it does not show any more.

        Raises:
            ShardBusy: a shard that holds some of them is being fetched all the time.
            AmituiError: EC2 was not asked, or gave no answer; of these images nothing has changed.
        """
        from amitui.services.confirming import by_member, confirm

        fates: dict[str, Fate] = {}
        failure: AmituiError | None = None
        for member, ids in (await by_member(self.reader, self._members, region, image_ids)).items():
            try:
                connection = await self._members.connection(member)
                async with self._explained(region, member):
                    fates |= await confirm(connection, self.writer(), region, ids, member.account, tries=tries)
            except AmituiError as error:
                failure = failure or error  # the images of the others are asked for all the same
        if failure is not None:
            raise failure
        return fates

    @asynccontextmanager
    async def _explained(self, region: str, member: Member) -> AsyncIterator[None]:
        """Say of refused credentials what they mean in a Region, and have the identity read again."""
        session = self._session
        try:
            yield
        except CredentialsError as error:
            is_own = member.profile == session.profile
            if error.code == "AuthFailure" and is_own and await session.is_disabled(region):
                # EC2 answers so in a Region that the account has not enabled, whatever the credentials.
                raise session.not_enabled(region) from error
            if is_own:
                session.credentials_refused()
            raise

    def restore(
        self, reader: CatalogReader, regions: Iterable[str], report: Callable[[str], object], *, anew: bool = False
    ) -> list[str]:
        """Fill these regions' indexes from what is stored where they are missing, damaged or of another schema.

        Costs next to nothing where all is well. For commands; a screen awaits `restore_behind`. One of an older
        schema that can still be searched is left as it is: it answers at once (`outdated`).

        Args:
            report: called with each region before it is filled.
            anew: these indexes are known to be damaged.
        """
        if not self.has_segments:
            return []
        wanted = list(regions)
        doubtful = [region for region in wanted if anew or not reader.is_filled(region)]
        partly = [region for region in wanted if region not in doubtful and not reader.is_whole(region)]
        if not doubtful and not partly:
            return []
        from amitui.catalog.store import SegmentStore
        from amitui.catalog.sync.service import restore

        try:
            with SegmentStore(self._locations.segments_dir) as store:
                restored = restore(self._locations, store, doubtful, report, anew=anew)
                return restored + restore(self._locations, store, partly, report)
        except CacheError:
            if doubtful:
                raise
            return []  # a part can be read where nothing can be written

    def outdated(self, reader: CatalogReader, regions: Iterable[str]) -> list[str]:
        """Regions whose indexes answer though they are of an older schema; whoever writes to one makes it anew."""
        return [region for region in regions if not reader.is_current(region)]

    async def restore_behind(
        self, regions: Iterable[str], report: Callable[[str], None], *, anew: bool = False
    ) -> list[str]:
        """Do what `restore` does for regions whose indexes are known to be damaged, without blocking the screen.

        Args:
            anew: these indexes are known to be damaged.
        """
        if not self.has_segments:
            return []
        return await self.writer().restore(regions, report, anew=anew)

    async def mend(self, regions: Iterable[str], report: Callable[[str], None]) -> None:
        """Bring these regions' indexes in line with what is stored, and say what was damaged."""
        catalogue = self.writer()
        for shard in await catalogue.mend(regions):
            report(f"{shard.owner_scope} in {shard.region}: the index was incomplete; it is now repaired")
        if catalogue.lost_records:
            report("the stored image records were damaged; the current fetch replaces them")

    async def sweep(self) -> None:
        """Delete what crashes have left of fetches."""
        await self.writer().sweep()

    @cached_property
    def room(self) -> CacheRoom:
        """How large the cache may be."""
        from amitui.services.cache_room import CacheRoom

        return CacheRoom(self._settings, self.writer, self._now)

    @property
    def has_segments(self) -> bool:
        """Whether records were ever stored."""
        return os.path.isdir(self._locations.segments_dir)

    def indexed_regions(self) -> list[str]:
        """Regions that have an index file, readable or not."""
        names = names_in(self._locations.index_dir)
        return sorted(name.removesuffix(".sqlite") for name in names if name.endswith(".sqlite"))

    async def image(self, place: Located) -> Image:
        """The full record behind a row of the view."""
        return await self.writer().image(place)

    async def close(self) -> None:
        """Finish writing."""
        try:
            self._shared = None
            if self._writer is not None:
                await self._writer.close()
                self._writer = None
            self._pacing = None  # of the event loop that ends now
        finally:
            if self._workers is not None:
                await self._workers.close()
                self._workers = None

    def _page_workers(self) -> PageWorkers:
        if self._workers is None:
            from amitui.catalog.sync.page_workers import PageWorkers, worker_count

            self._workers = PageWorkers(
                worker_count(self._settings.page_workers, beside_screen=self.beside_screen)
            )
        return self._workers
