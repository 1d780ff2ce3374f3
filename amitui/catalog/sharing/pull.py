"""Pulling: a published segment becomes a shard's segment, of which only the chunks that changed are fetched.

What came is kept when it is cut off, and found by its hash when it goes on. Rows and index are made here, from the
records alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import shard_lock
from amitui.catalog.sharing import limits
from amitui.catalog.sharing.checked import check_object, read_chunk, refused
from amitui.catalog.sharing.manifest import ChunkEntry, Manifest, PublishedSegment, ShardEntry, parse_segment
from amitui.catalog.sharing.names import object_path
from amitui.catalog.sharing.plan import to_fetch
from amitui.catalog.sharing.storage import Source
from amitui.catalog.store import SegmentStore, source_of
from amitui.catalog.sync.crawl import CrawlProgress, WriterThread
from amitui.catalog.sync.departures import Departing
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.page import PageFor, ReadPage
from amitui.domain.catalogue.coverage import age_of
from amitui.domain.catalogue.shard import Segment, Shard, StoredSlice
from amitui.domain.catalogue.slices import WHOLE, Slice

FETCHES_AT_ONCE: Final = 8

T = TypeVar("T")


class ShardPull:
    """The writing of a pulled shard, whose lock is held. Use it from the thread that owns `store` and `index`."""

    def __init__(
        self,
        store: SegmentStore,
        index: CatalogIndex,
        published: PublishedSegment,
        entry: ShardEntry,
        departing: Departing,
    ) -> None:
        self._store, self._index = store, index
        self._published, self._entry = published, entry
        self._shard = entry.shard
        self._writer = ShardWriter(store, index, entry.shard, departing=departing)
        self._is_begun = False
        self._held: dict[str, list[str]] = {}

    @property
    def unreadable(self) -> int:
        """Records without a usable image id."""
        return self._writer.unreadable

    def start(self) -> list[ChunkEntry]:
        """Take over what is stored already; the chunks that are to be fetched."""
        wanted = {chunk.digest for chunk in self._published.chunks}
        stored = [one for one in (self._store.segment(self._shard), self._store.partial(self._shard)) if one]
        base = max(stored, key=lambda one: len(_held(one.chunk_ids, wanted)), default=None)
        if base is not None and base.complete and self._redated(base):
            return []
        held = _held(base.chunk_ids, wanted) if base is not None else {}
        kept = {chunk_id for chunk_ids in held.values() for chunk_id in chunk_ids}
        if base is None or not kept or not self._writer.take_over(base, kept):
            held = {}
            self._writer.begin()
        self._held, self._is_begun = held, True
        self._note()
        return to_fetch(self._published, held)

    def add(self, chunk: ChunkEntry, page: ReadPage, now: int) -> None:
        """Store a chunk that was fetched and checked."""
        for part in page.chunks:
            before = set(self._writer.progress.chunk_ids)
            self._writer.add_chunk(part, now=now, source=chunk.digest)
            added = [chunk_id for chunk_id in self._writer.progress.chunk_ids if chunk_id not in before]
            self._held.setdefault(chunk.digest, []).extend(added)
        self._held.setdefault(chunk.digest, [])
        self._note()

    def flush(self) -> None:
        """Write the rows that wait, when it is cut off."""
        if self._is_begun:
            self._writer.flush()
            self._note()

    def finish(self, now: int) -> int:
        """Make it the shard's segment; the rows that went."""
        if not self._is_begun:
            return 0
        self._note()
        self._writer.flush()
        progress = self._writer.progress
        records = (progress.indexed or 0) + self._writer.unreadable
        self._writer.progress = progress._replace(record_count=records)
        return self._writer.finish(now, fetched_at=self._entry.fetched_at)

    def _note(self) -> None:
        """Note how far it has come."""
        self._writer.progress = self._writer.progress._replace(slices=self._slices())
        if self._writer.progress.chunk_ids:
            self._store.save_partial(self._writer.progress)

    def _slices(self) -> tuple[StoredSlice, ...]:
        return tuple(
            StoredSlice(
                one.part,
                tuple(chunk_id for chunk in one.chunks for chunk_id in self._held.get(chunk.digest, ())),
                one.record_count,
                one.fetched_at,
                complete=all(chunk.digest in self._held for chunk in one.chunks),
            )
            for one in self._published.slices
        )

    def _redated(self, whole: Segment) -> bool:
        """Whether all of it was there already, so that only dates have changed."""
        wanted = [chunk.digest for chunk in self._published.chunks]
        status = self._index.status(self._shard)
        if (
            status is None
            or (status.generation, status.complete) != (whole.generation, True)
            or len(whole.chunk_ids) != len(wanted)
            or {source_of(chunk_id) for chunk_id in whole.chunk_ids} != set(wanted)
            or not self._store.stored_chunks(self._shard).issuperset(whole.chunk_ids)
        ):
            return False
        self._held = _held(whole.chunk_ids, set(wanted))
        self._store.amend([whole._replace(fetched_at=self._entry.fetched_at, slices=self._slices())])
        self._index.redate_shard(self._shard, self._entry.fetched_at)
        return True


def _held(chunk_ids: Sequence[str], wanted: set[str]) -> dict[str, list[str]]:
    """Those of the chunks that are copies of published ones, by hash."""
    found: dict[str, list[str]] = {}
    for chunk_id in chunk_ids:
        if (source := source_of(chunk_id)) in wanted and source not in found:
            found[source] = [chunk_id]
    return found


async def pull(
    source: Source,
    manifest: Manifest,
    shard: Shard,
    writer: WriterThread,
    *,
    account: str | None,
    locks_dir: str,
    report: Callable[[CrawlProgress], None],
    now: Callable[[], int],
) -> CrawlProgress:
    """Bring one shard to what is published of it. What is here and as new as that stays.

    Args:
        account: whose credentials are used, if that is known; its own images are none of the public ones.
        report: called on the event loop after each chunk.

    Raises:
        SourceRefused: what is published is not what it should be. Nothing of the refused object was stored.
        AmituiError: what else stopped it; what had arrived is kept.
        ShardBusy: another process is fetching this shard.
    """
    entry = manifest.entry(shard)
    if entry is None:
        raise KeyError(shard)
    if not shard.is_public and not shard.is_seen_through((account,)):
        raise refused("it is another account's")
    with shard_lock(locks_dir, shard):
        return await _Pull(source, entry, writer, account, report, now).run()


class _Pull:
    """One pull of a shard whose lock is held."""

    def __init__(
        self,
        source: Source,
        entry: ShardEntry,
        writer: WriterThread,
        account: str | None,
        report: Callable[[CrawlProgress], None],
        now: Callable[[], int],
    ) -> None:
        self._source, self._entry, self._writer = source, entry, writer
        self._account, self._report, self._now = account, report, now
        self._started = time.monotonic()
        self._records = self._received = self._pages = 0

    async def run(self) -> CrawlProgress:
        shard = self._entry.shard
        if await self._write(self._is_as_new):
            return self._progress(done=True)
        data = await self._object(ChunkEntry(self._entry.segment, self._entry.size), limits.SEGMENT_BYTES)
        published = parse_segment(data, shard)
        work = await self._write(
            lambda: ShardPull(
                self._writer.store(),
                self._writer.index(shard.region),
                published,
                self._entry,
                self._writer.departing,
            )
        )
        missing = await self._write(work.start)
        self._report(self._progress())
        try:
            await self._fetch(work, published, missing)
        except BaseException:
            await self._write(work.flush)
            raise
        removed = await self._write(lambda: work.finish(self._now()))
        done = self._progress(done=True, removed=removed, unreadable=work.unreadable)
        self._report(done)
        return done

    def _is_as_new(self) -> bool:
        """Whether what is here is whole, and as new as what is published."""
        shard = self._entry.shard
        known = self._writer.store().segment(shard)
        if (
            known is None
            or age_of(known.fetched_at, self._now()) is None
            or known.fetched_at < self._entry.fetched_at
        ):
            return False
        # Whoever died between the two has left the index behind the store.
        status = self._writer.index(shard.region).status(shard)
        return status is not None and (status.generation, status.complete) == (known.generation, True)

    async def _fetch(self, work: ShardPull, published: PublishedSegment, missing: list[ChunkEntry]) -> None:
        parts: dict[str, Slice] = {chunk.digest: one.part for one in published.slices for chunk in one.chunks}
        left = iter(missing)
        under_way: deque[tuple[ChunkEntry, asyncio.Task[ReadPage]]] = deque()

        def fetch_next() -> None:
            if (chunk := next(left, None)) is not None:
                page_for = PageFor(self._entry.shard, self._account, parts.get(chunk.digest, WHOLE))
                under_way.append((chunk, asyncio.ensure_future(self._page(chunk, page_for))))

        for _ in range(FETCHES_AT_ONCE):
            fetch_next()
        try:
            while under_way:
                # In their order: images of one second then stand in the same order on every machine.
                chunk, fetching = under_way[0]
                page = await fetching
                await self._write(lambda chunk=chunk, page=page: work.add(chunk, page, self._now()))  # type: ignore[misc]
                under_way.popleft()
                fetch_next()
                self._pages += 1
                self._records += page.record_count
                self._report(self._progress())
        finally:
            for _, fetching in under_way:
                fetching.cancel()
            await asyncio.gather(*(fetching for _, fetching in under_way), return_exceptions=True)

    async def _page(self, chunk: ChunkEntry, page_for: PageFor) -> ReadPage:
        data = await self._object(chunk, limits.CHUNK_BYTES)
        return await asyncio.to_thread(read_chunk, data, page_for)

    async def _object(self, chunk: ChunkEntry, most: int) -> bytes:
        found = await self._source.get(object_path(self._entry.shard.visibility, chunk.digest), most)
        if found is None:
            raise refused(
                "the manifest names it, and it is not there: half an upload, or a manifest that is too old"
            )
        check_object(found.data, digest=chunk.digest, size=chunk.size)
        self._received += len(found.data)
        return found.data

    async def _write(self, work: Callable[[], T]) -> T:
        """Do something on the writer thread; also when cancelled it is done before this returns."""
        writing = asyncio.get_running_loop().run_in_executor(self._writer.executor, work)
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.wait([writing]))
            raise

    def _progress(self, *, done: bool = False, removed: int = 0, unreadable: int = 0) -> CrawlProgress:
        return CrawlProgress(
            self._entry.shard,
            records=self._records,
            pages=self._pages,
            received_bytes=self._received,
            seconds=time.monotonic() - self._started,
            done=done,
            removed=removed,
            unreadable=unreadable,
            may_divide=False,
            published=True,
            expected=self._entry.record_count,
        )
