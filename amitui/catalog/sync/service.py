"""The catalogue's writing side: refresh a shard or single rows, read a record, repair after a crash.

One thread owns the store and writes the indexes, so a slow disk never blocks the screen and SQLite never has two
writers in one process. The screen reads through `catalog/search/view.py`, with connections of its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from amitui.catalog.index.repair import RepairingIndex
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.region_use import RegionUse
from amitui.catalog.retention import Opening, Trimmed, trim
from amitui.catalog.sqlite_file import discard, identity_of
from amitui.catalog.store import SegmentStore
from amitui.catalog.sweep import sweep
from amitui.catalog.sync.crawl import CrawlProgress, ImageSource, WriterThread, crawl
from amitui.catalog.sync.departures import Missed, before_leaving, nobody_misses, note_departures, noting
from amitui.catalog.sync.refresh_rows import Changes, affected_shards, refresh_rows
from amitui.catalog.sync.replay import rebuild, reconcile
from amitui.catalog.sync.restarts import until_it_holds
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import Located, Shard
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.image.image import Image, RawRecord
from amitui.ec2.convert import image_of
from amitui.ec2.pacing import CallCounts
from amitui.errors import AmituiError
from amitui.paths import Locations

if TYPE_CHECKING:
    from amitui.catalog.sharing.manifest import Manifest
    from amitui.catalog.sharing.storage import Source

CRAWLS_AT_ONCE = 4
"""Shards fetched side by side: enough to hide latency, far below EC2's 20 calls a second and region."""

OF_ACCOUNTS_AT_ONCE = 24
"""Most shards fetched side by side that are one account's alone, for EC2's limits are its own; they are small."""

PAGES_AT_ONCE = 6
"""Pages of all crawls that may wait to be written, under 1 MB each: they come while rows go into the index."""

BUSY_PAUSE_S = 0.5
BUSY_TRIES = 240
"""Two minutes: own images are listed in seconds."""

_T = TypeVar("_T")


class CatalogService:
    """The catalogue's writing side: create it anywhere, await its methods on one event loop, `close` it."""

    def __init__(
        self,
        locations: Locations,
        *,
        now: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        missed: Missed | None = None,
        limits: AgeLimits | None = None,
        accounts: int = 1,
    ) -> None:
        """Args:
        now: seconds since the epoch.
        sleep: lets so many seconds pass.
        missed: which images are remembered when they leave, and where; `None`: none.
        accounts: how many are used together; with several their own images are fetched beside all others.
        limits: decide which slices of what is cached are fetched; `None`: a day, ten minutes for one's own images.
        """
        self.locations = locations
        self._now = now
        self._gone = missed.gone if missed else None
        self._departing = noting(missed, now) if missed else nobody_misses
        self._limits = limits or AgeLimits(public_seconds=86_400, own_seconds=600)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="catalogue")
        self._store: SegmentStore | None = None
        self._indexes: dict[str, CatalogIndex] = {}
        self._sleep = sleep
        self._refreshing_rows = asyncio.Lock()
        self._postponed: dict[tuple[Shard, str], Changes] = {}
        """What could not be written because of a crawl, by shard and account."""
        self._slots = asyncio.Semaphore(CRAWLS_AT_ONCE)
        many = min(CRAWLS_AT_ONCE * accounts, OF_ACCOUNTS_AT_ONCE)
        self._slots_of_accounts = asyncio.Semaphore(many) if accounts > 1 else self._slots
        self._room = asyncio.Semaphore(PAGES_AT_ONCE)
        self._closed = False

    async def refresh(
        self,
        shard: Shard,
        source: ImageSource,
        report: Callable[[CrawlProgress], None],
        *,
        full: bool = False,
        counts: Callable[[], CallCounts] = CallCounts,
    ) -> CrawlProgress:
        """Fetch a shard, or what is due of one that is cached; see `crawl.crawl`."""
        async with self._slots if shard.is_public else self._slots_of_accounts:
            async with self._refreshing_rows:
                pass  # from here to the crawl's lock nothing else runs on this loop
            writer = WriterThread(self._thread, self._open_store, self._open_index, self._limits, self._departing)

            async def fetch(full: bool) -> CrawlProgress:
                return await crawl(
                    shard,
                    source,
                    writer,
                    locks_dir=self.locations.locks_dir,
                    report=report,
                    now=self._now,
                    full=full,
                    room=self._room,
                    counts=counts,
                )

            return await until_it_holds(fetch, shard, report, full=full, realm=self.locations.realm)

    async def pull(
        self,
        source: Source,
        manifest: Manifest,
        shard: Shard,
        report: Callable[[CrawlProgress], None],
        *,
        account: str | None,
    ) -> CrawlProgress:
        """Bring a shard to what is published of it; see `sharing.pull.pull`."""
        from amitui.catalog.sharing.pull import pull  # only those who share a catalogue pay for its import

        async with self._slots if shard.is_public else self._slots_of_accounts:
            async with self._refreshing_rows:
                pass  # from here to the pull's lock nothing else runs on this loop
            writer = WriterThread(self._thread, self._open_store, self._open_index, self._limits, self._departing)
            return await pull(
                source,
                manifest,
                shard,
                writer,
                account=account,
                locks_dir=self.locations.locks_dir,
                report=report,
                now=self._now,
            )

    async def refresh_rows(
        self,
        region: str,
        account: str,
        image_ids: Sequence[str],
        records: Mapping[str, RawRecord],
        *,
        fates: Mapping[str, Fate] | None = None,
        tries: int | None = None,
    ) -> bool:
        """Refresh what is cached of these images.

        A shard that is being crawled is tried again until the crawl is over; after a while it is given up, as the
        crawl itself has brought the new records.

        Args:
            account: whose credentials read the records.
            image_ids: the images.
            records: by id; an image without one is no longer listed.
            fates: by id, what EC2 said of those that it does not list, where it said anything.
            tries: how often a shard that is being crawled is tried again; `None`: `BUSY_TRIES`.

        Returns:
            False when a shard was being crawled all the time: what it holds is as it was.

        Raises:
            CacheError: it cannot be written.
        """
        left = {image_id: records.get(image_id) for image_id in image_ids}
        fates = fates or {}
        busy = await self._refresh_rows(region, account, left, None, fates)
        for _ in range(BUSY_TRIES if tries is None else tries):
            if not busy:
                return True
            await self._sleep(BUSY_PAUSE_S)
            busy = await self._refresh_rows(region, account, {}, busy, fates)
        for shard in busy:
            self._postponed.pop((shard, account), None)
        return not busy

    async def _refresh_rows(
        self,
        region: str,
        account: str,
        changes: Changes,
        shards: Sequence[Shard] | None,
        fates: Mapping[str, Fate],
    ) -> list[Shard]:
        """Refresh rows in these shards (`None`: all that the changes concern); returns those being crawled."""

        def work() -> list[Shard]:
            store, index = self._open_store(), self._open_index(region)
            affected = affected_shards(index, region, account, changes) if shards is None else shards
            # Together with what earlier calls could not write; this one is newer.
            merged = {shard: {**self._postponed.pop((shard, account), {}), **changes} for shard in affected}
            unlisted = [image_id for each in merged.values() for image_id, record in each.items() if not record]
            leaving = before_leaving(store, index, dict.fromkeys(unlisted), account=account, now=self._now())
            busy = []
            for shard, each in merged.items():
                if each and not refresh_rows(
                    store, index, shard, account, each, locks_dir=self.locations.locks_dir
                ):
                    self._postponed[shard, account] = each
                    busy.append(shard)
            if self._gone is not None:
                note_departures(self._gone, index, leaving, fates)
                self._gone.forget(region, [image_id for image_id, record in changes.items() if record])
            return busy

        # A crawl that this process begins meanwhile waits for it instead of finding its shard in use.
        async with self._refreshing_rows:
            return await self._run(work)

    async def image(self, place: Located) -> Image:
        """The full record behind a row.

        Raises:
            CacheError: the record is gone or damaged.
        """

        def read() -> Image:
            return image_of(self._open_store().record(place.chunk_id, place.line), place.shard.region)

        return await self._run(read)

    async def restore(
        self, regions: Iterable[str], report: Callable[[str], None], *, anew: bool = False
    ) -> list[str]:
        """Fill indexes that are missing, damaged or of another schema from the stored segments.

        Args:
            report: called on the event loop with each region before it is filled.
            anew: these indexes are known to be damaged; throw them away whatever opening them says.

        Returns:
            The regions that were filled.
        """
        loop = asyncio.get_running_loop()

        def work() -> list[str]:
            wanted = list(regions)
            for region in wanted:
                if (open_one := self._indexes.pop(region, None)) is not None:
                    open_one.close()
            store = self._open_store()
            return restore(
                self.locations, store, wanted, lambda region: loop.call_soon_threadsafe(report, region), anew=anew
            )

        return await self._run(work)

    async def mend(self, regions: Iterable[str]) -> list[Shard]:
        """Bring the indexes of these regions in line with the stored segments after a crash."""

        def work() -> list[Shard]:
            store = self._open_store()
            locks = self.locations.locks_dir
            return [
                shard
                for region in regions
                for shard in reconcile(store, self._open_index(region), region, locks_dir=locks)
            ]

        return await self._run(work)

    @property
    def lost_records(self) -> bool:
        """Whether stored records were damaged and have been thrown away."""
        return self._store is not None and self._store.lost_records

    async def sweep(self) -> int:
        """Delete what crashes have left in the store; how many chunks and files that were."""
        return await self._run(
            lambda: sweep(self._open_store(), locks_dir=self.locations.locks_dir, now=self._now())
        )

    async def trim(self, *, limit_bytes: int, keep: Collection[str]) -> Trimmed:
        """Bring the cache within its limit; see `retention.trim`.

        Args:
            limit_bytes: for all files of this endpoint.
            keep: Regions that stay.
        """
        opening = Opening(self._open_store, self._open_index, self._indexes)
        use = RegionUse(self.locations, self._now)
        return await self._run(lambda: trim(self.locations, opening, use, limit_bytes=limit_bytes, keep=keep))

    async def close(self) -> None:
        """Finish what is being written and close every file; more than once does no harm."""

        def work() -> None:
            for index in self._indexes.values():
                index.close()
            self._indexes.clear()
            if self._store is not None:
                self._store.close()
                self._store = None

        if self._closed:
            return
        self._closed = True
        try:
            with suppress(AmituiError):
                await self._run(work)
        finally:
            # Not waiting: a caller that was cancelled in the line above must not wait here.
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # On the writer thread

    def _open_store(self) -> SegmentStore:
        if self._store is None:
            self._store = SegmentStore(self.locations.segments_dir)
        return self._store

    def _open_index(self, region: str) -> CatalogIndex:
        if region not in self._indexes:
            self._indexes[region] = open_index(self.locations, self._open_store(), region)
        return self._indexes[region]


def open_index(locations: Locations, store: SegmentStore, region: str) -> RepairingIndex:
    """A region's index for writing: filled from the segments when it is new, damaged or of another schema."""

    def fill(index: CatalogIndex, ours: frozenset[Shard]) -> None:
        rebuild(store, index, region, locks_dir=locations.locks_dir, ours=ours)

    return RepairingIndex(index_path(locations, region), region, fill)


def restore(
    locations: Locations,
    store: SegmentStore,
    regions: Iterable[str],
    report: Callable[[str], object],
    *,
    anew: bool = False,
) -> list[str]:
    """What `CatalogService.restore` does, on the calling thread."""
    stored = {shard.region for shard in store.shards()}
    restored = []
    for region in regions:
        if region not in stored:
            continue  # nothing to fill it from
        path = index_path(locations, region)
        if anew:
            discard(path, identity_of(path))

        def fill(index: CatalogIndex, ours: frozenset[Shard], region: str = region) -> None:
            report(region)
            rebuild(store, index, region, locks_dir=locations.locks_dir, ours=ours)

        with RepairingIndex(path, region, fill) as index:
            # What is not empty may still lack a part: whoever filled it was cut off.
            if index.was_filled or reconcile(store, index, region, locks_dir=locations.locks_dir):
                restored.append(region)
    return restored


def index_path(locations: Locations, region: str) -> str:
    """A region's index file."""
    return os.path.join(locations.index_dir, f"{region}.sqlite")
