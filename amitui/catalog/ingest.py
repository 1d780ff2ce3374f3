"""Writing one shard: records into chunks, rows into the index, and the switch from the old answer to the new.

Order matters for a crash at any point: a chunk is on disk before a row names it, the segment is switched
before the rows of the old one go, and `reconcile` repeats the second half when a process died between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from amitui.catalog.index import CatalogIndex
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.store import SegmentStore
from amitui.domain.image import ImageSummary, RawRecord
from amitui.domain.shard import CHUNK_RECORDS, Segment, Shard
from amitui.ec2.convert import summary_of
from amitui.errors import CacheError


@dataclass(slots=True)
class ShardWriter:
    """One crawl or import of one shard. Use it from the thread that owns `store` and `index`."""

    store: SegmentStore
    index: CatalogIndex
    shard: Shard
    origin: str = "ec2"
    progress: Segment = field(init=False)
    """What is stored so far."""
    unreadable: int = 0
    """Records without a usable image id: kept in the segment, absent from the index."""

    def __post_init__(self) -> None:
        whole = self.store.segment(self.shard)
        partial = self.store.partial(self.shard)
        generation = max((found.generation for found in (whole, partial) if found), default=0) + 1
        self.progress = Segment(self.shard, generation, (), 0, fetched_at=0, complete=False, origin=self.origin)

    def resume(self, *, not_before: int) -> str | None:
        """Go on with an interrupted crawl of this shard, if there is one young enough.

        Returns:
            The token of the next page, or `None` to start at the first.
        """
        partial = self.store.partial(self.shard)
        if partial is None or partial.next_token is None or partial.fetched_at < not_before:
            return None
        self.progress = partial
        return partial.next_token

    def begin(self) -> None:
        """Announce the shard to the index, so that its rows can be seen while they arrive."""
        self.index.begin_shard(self.shard, self.progress.generation, origin=self.origin)

    def restart(self) -> None:
        """Forget what was resumed (its token was refused) and start over."""
        partial = self.progress
        self.store.discard_partial(self.shard)
        self.progress = Segment(
            self.shard, partial.generation + 1, (), 0, fetched_at=0, complete=False, origin=self.origin
        )
        self.begin()

    def add(self, records: Sequence[RawRecord], *, next_token: str | None, now: int) -> int:
        """Store a page and show its rows.

        Returns:
            Rows added to or changed in the index.
        """
        shown = 0
        for start in range(0, len(records), CHUNK_RECORDS):
            shown += self._add_chunk(records[start : start + CHUNK_RECORDS])
        self.progress = self.progress._replace(next_token=next_token, fetched_at=now)
        if next_token is not None:
            self.store.save_partial(self.progress)
        return shown

    def _add_chunk(self, records: Sequence[RawRecord]) -> int:
        chunk_id, stored = self.store.put_chunk(self.shard, records)
        summaries: list[ImageSummary] = []
        lines: list[int] = []
        for line, record in enumerate(records):
            try:
                summaries.append(summary_of(record))
            except ValueError:
                self.unreadable += 1
            else:
                lines.append(line)
        self.index.add_rows(self.shard, self.progress.generation, summaries, chunk_id, lines=lines)
        self.progress = self.progress._replace(
            chunk_ids=(*self.progress.chunk_ids, chunk_id),
            record_count=self.progress.record_count + len(records),
            stored_bytes=self.progress.stored_bytes + stored,
        )
        return len(summaries)

    def finish(self, now: int) -> int:
        """Make the new answer the shard's segment.

        Returns:
            Rows that went: images that EC2 no longer has.
        """
        self.progress = self.progress._replace(fetched_at=now, complete=True, next_token=None)
        self.store.commit(self.progress)
        return self.index.finish_shard(self.shard, self.progress.generation, now).removed


def rebuild(store: SegmentStore, index: CatalogIndex, region: str) -> int:
    """Fill an empty index from the region's segments, without the network.

    Returns:
        Images in the index afterwards.
    """
    for shard in store.shards():
        if shard.region != region:
            continue
        for segment in (store.segment(shard), store.partial(shard)):
            if segment is not None:
                _replay(store, index, segment)
    return index.count()


def _replay(store: SegmentStore, index: CatalogIndex, segment: Segment) -> None:
    index.begin_shard(segment.shard, segment.generation, origin=segment.origin)
    whole = segment.complete
    for chunk_id in segment.chunk_ids:
        try:
            records = store.records(chunk_id)
        except CacheError:
            whole = False  # the shard stays incomplete, so that it is fetched again
            continue
        summaries: list[ImageSummary] = []
        lines: list[int] = []
        for line, record in enumerate(records):
            try:
                summaries.append(summary_of(record))
            except ValueError:
                continue  # counted when it was first stored
            lines.append(line)
        index.add_rows(segment.shard, segment.generation, summaries, chunk_id, lines=lines)
    if whole:
        index.finish_shard(segment.shard, segment.generation, segment.fetched_at)


def reconcile(store: SegmentStore, index: CatalogIndex, region: str, *, locks_dir: str) -> list[Shard]:
    """Bring the index in line with the store after a crash, and return the shards that needed it.

    A shard that somebody is crawling is left alone: its rows come before its segment is written.
    """
    seen = {status.shard: status for status in index.shards()}
    stored = {shard for shard in store.shards() if shard.region == region}
    mended = []
    for shard in [*stored, *(seen.keys() - stored)]:
        try:
            with shard_lock(locks_dir, shard):
                if _mend(store, index, shard):
                    mended.append(shard)
        except ShardBusy:
            continue
    return mended


def _mend(store: SegmentStore, index: CatalogIndex, shard: Shard) -> bool:
    """Compare a locked shard's two sides, read under the lock, and mend the index'; whether there was need."""
    status = next((status for status in index.shards() if status.shard == shard), None)
    whole, partial = store.segment(shard), store.partial(shard)
    if whole is None and partial is None:
        index.drop_shard(shard)
        return status is not None
    # An interrupted crawl that the index has never heard of: the file is newer than the crawl.
    segment = whole or (partial if status is None else None)
    if segment is None or (status and status.complete and status.generation >= segment.generation):
        return False
    if status is not None and status.generation > segment.generation:
        return False  # a newer crawl was interrupted; its rows are in the index already
    _replay(store, index, segment)
    return True
