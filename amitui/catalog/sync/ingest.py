"""Writing one shard: records into chunks, rows into the index, and the switch from the old answer to the new.

Order matters for a crash at any point: a chunk is on disk before a row names it, the segment is switched
before the rows of the old one go, and `reconcile` repeats the second half when a process died between the two.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from amitui.catalog.compacting import compact
from amitui.catalog.index.row_buffer import RowBuffer
from amitui.catalog.index.writer import CatalogIndex, StaleGeneration
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import NewerForm
from amitui.catalog.sync.page import ReadChunk, ReadPage
from amitui.domain.catalogue.coverage import age_of
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, Shard, StoredSlice
from amitui.domain.catalogue.slice_plan import Planned, planned
from amitui.domain.catalogue.slices import Slice
from amitui.domain.image.image import RawRecord
from amitui.domain.image.row import ImageSummary
from amitui.ec2.convert import summary_of
from amitui.errors import CacheError

RESUME_WITHIN_S: Final = 30 * 60
"""How long a NextToken is tried before its slice starts over. EC2 documents no life time; a refusal restarts."""
KEPT_FOR_S: Final = 6 * 3600
"""How long a slice that an interrupted crawl has whole need not be fetched again."""


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
    hold_rows: bool = False
    """Whether rows are written at the end only, all together: for whoever shows none on the way."""
    _waiting: RowBuffer = field(init=False)
    _extends: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._waiting = self._empty_buffer()
        known = (self.store.segment(self.shard), self.store.partial(self.shard))
        generation = max((found.generation for found in known if found), default=0) + 1
        self.progress = self._nothing_yet(generation)

    def _empty_buffer(self) -> RowBuffer:
        return RowBuffer(os.path.dirname(self.index.path), hold=self.hold_rows)

    def _nothing_yet(self, generation: int) -> Segment:
        return Segment(self.shard, generation, (), 0, fetched_at=0, complete=False, origin=self.origin, indexed=0)

    def start(self, *, full: bool, now: int) -> tuple[Planned, ...]:
        """Go on with an interrupted crawl of this shard, or begin a new one.

        Args:
            full: begin a new one in any case.
            now: seconds since the epoch.

        Returns:
            The slices of the crawl, with what is expected of each; `progress` says how far each is.
        """
        whole = self.store.segment(self.shard)
        expected = {one.part: one.record_count for one in whole.parts} if whole is not None else {}
        if not full and self._resume(now):
            plan = tuple(Planned(one.part, expected.get(one.part)) for one in self.progress.slices)
        else:
            plan = planned([Planned(*known) for known in expected.items()], now)
            self.begin([one.part for one in plan])
        self._sweep()
        return plan

    def _sweep(self) -> None:
        """Delete what earlier crawls left that were cut off; what rows still name goes at the end of this one."""
        orphans = self.store.unnamed_chunks(self.shard)
        if orphans:
            self.store.delete_chunks(orphans - self.index.named_chunks(self.shard))

    def _resume(self, now: int) -> bool:
        partial = self.store.partial(self.shard)
        if partial is None:
            return False
        partial = partial._replace(slices=partial.parts)
        stale = [one.part for one in partial.slices if not _can_go_on(one, now)]
        if len(stale) == len(partial.slices):
            return False
        whole = self.store.segment(self.shard)
        if whole is not None and whole.generation >= partial.generation:
            partial = partial._replace(generation=whole.generation + 1)
        if not self._continue(partial):
            return False
        self._drop(stale)
        return True

    def redo(self, part: Slice, parts: Sequence[Slice] = ()) -> None:
        """Forget what came of a slice, whose list is to be begun again, or which `parts` replace."""
        self.flush()
        self._drop([part], parts)

    def _drop(self, dropped: Sequence[Slice], parts: Sequence[Slice] = ()) -> None:
        before = self.progress
        progress = before.without(dropped, parts)
        if len(progress.chunk_ids) < len(before.chunk_ids):
            kept = self.index.keep_chunks(self.shard, progress.generation, progress.chunk_ids)
            gone = tuple(chunk_id for chunk_id in before.chunk_ids if chunk_id not in progress.chunk_ids)
            progress = progress._replace(
                indexed=sum(kept.values()), stored_bytes=before.stored_bytes - self.store.stored_bytes(gone)
            )
        self.progress = progress
        if progress is not before and progress.chunk_ids:
            self.store.save_partial(progress)

    def extend(self) -> bool:
        """Go on from what the shard has: what is brought now adds to it, and replaces the same images.

        Returns:
            False when there is nothing yet.
        """
        whole = self.store.segment(self.shard)
        if whole is None:
            return False
        stored = self.store.stored_chunks(self.shard)
        there = tuple(chunk_id for chunk_id in whole.chunk_ids if chunk_id in stored)
        self._extends = True
        return self._continue(whole._replace(complete=False, chunk_ids=there))

    def begin(self, parts: Sequence[Slice] = ()) -> None:
        """Start at the first page: announce the shard, so that its rows can be seen while they arrive.

        Args:
            parts: the slices in which it is fetched.

        An interrupted crawl is forgotten first. This one may be cut off too, and the next would otherwise go on
        with the pages of that one, of which the index no longer knows.
        """
        self.store.discard_partial(self.shard)
        self.progress = self.progress._replace(slices=tuple(map(StoredSlice, parts)))
        self._announce()

    def _announce(self) -> None:
        status = self.index.status(self.shard)
        if status is not None and status.generation > self.progress.generation:
            # A crawl of which nothing is stored was cut off: its rows must not be taken for this one's.
            self.progress = self.progress._replace(generation=status.generation + 1)
        self.index.begin_shard(self.shard, self.progress.generation, origin=self.origin)

    def _continue(self, stored: Segment) -> bool:
        """Make the index hold what is stored, as brought by this very crawl; false when it cannot all be read."""
        self.progress = stored
        self._announce()
        there = self.index.keep_chunks(self.shard, self.progress.generation, stored.chunk_ids)
        missing = [chunk_id for chunk_id in stored.chunk_ids if chunk_id not in there]
        known = stored.indexed if stored.indexed == sum(there.values()) else None
        if known is None or missing != list(stored.chunk_ids[len(stored.chunk_ids) - len(missing) :]):
            # Rows are missing, or those of a chunk amid others, which may have replaced some of its images.
            known, missing = 0, list(stored.chunk_ids)
        added = _add_chunks(self.store, self.index, self.progress, missing)
        if not added.all_read and not self._extends:
            self.progress = self._nothing_yet(self.progress.generation + 1)
            return False
        self.progress = self.progress._replace(indexed=known + added.met)
        return True

    def add(self, records: Sequence[RawRecord], *, now: int) -> int:
        """Store records. Their rows are shown at once or, after many others, together with later ones.

        Returns:
            Records that can be read.
        """
        readable = 0
        for start in range(0, len(records), CHUNK_RECORDS):
            readable += self._add_chunk(records[start : start + CHUNK_RECORDS])
        self.progress = self.progress._replace(fetched_at=now)
        if self._waiting.is_due:
            self.flush()
        return readable

    def add_page(self, part: Slice, page: ReadPage, *, next_token: str | None, complete: bool, now: int) -> None:
        """Store a page of a slice, and note how far the slice is.

        Args:
            next_token: where the slice goes on.
            complete: whether this was its last page.
        """
        before = len(self.progress.chunk_ids)
        for chunk in page.chunks:
            self.add_chunk(chunk, now=now)
        self.progress = self.progress._replace(fetched_at=now)
        added = self.progress.chunk_ids[before:]
        self.progress = self.progress.with_page(
            part, added, page.record_count, next_token=next_token, complete=complete, now=now
        )
        self.store.save_partial(self.progress)

    def _add_chunk(self, records: Sequence[RawRecord]) -> int:
        chunk_id, stored = self.store.put_chunk(self.shard, records)
        summaries, lines = _summaries(records)
        self.unreadable += len(records) - len(summaries)
        self._waiting.add(summaries, chunk_id, lines)
        before = self.progress
        self.progress = before._replace(
            chunk_ids=(*before.chunk_ids, chunk_id),
            record_count=before.record_count + len(records),
            stored_bytes=before.stored_bytes + stored,
        )
        return len(summaries)

    def add_chunk(self, chunk: ReadChunk, *, now: int) -> None:
        """Store records that have been read elsewhere; otherwise as `add`."""
        chunk_id = self.store.put_packed(self.shard, chunk.data)
        self.unreadable += chunk.unreadable
        self._waiting.add_packed(chunk.rows, chunk_id, chunk.lines)
        before = self.progress
        self.progress = before._replace(
            chunk_ids=(*before.chunk_ids, chunk_id),
            record_count=before.record_count + chunk.record_count,
            stored_bytes=before.stored_bytes + len(chunk.data),
            fetched_at=now,
        )
        if self._waiting.is_due:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        for placed, chunk_ids in self._waiting.drain():
            added = self.index.add_placed(self.shard, self.progress.generation, placed, chunk_ids=chunk_ids)
            self.progress = self.progress._replace(indexed=(self.progress.indexed or 0) + added.met)

    def finish(self, now: int) -> int:
        """Make the new answer the shard's segment, as old as the oldest of its slices.

        Returns:
            Rows that went: images that EC2 no longer has.
        """
        self.flush()
        fetched_at = min((one.fetched_at for one in self.progress.slices), default=now)
        self.progress = self.progress._replace(fetched_at=fetched_at, complete=True, next_token=None)
        if self._extends:
            self.progress = compact(self.store, self.index, self.progress)
        self.store.commit(self.progress)
        done = self.index.finish_shard(self.shard, self.progress.generation, fetched_at)
        if done.kept != self.progress.indexed:
            replay(self.store, self.index, self.progress)  # the index lost rows on the way
        return done.removed


def _can_go_on(one: StoredSlice, now: int) -> bool:
    """Whether what an interrupted crawl has of a slice is worth keeping."""
    age = age_of(one.fetched_at, now)
    if age is None or not one.fetched_at:
        return False
    return age <= KEPT_FOR_S if one.complete else one.next_token is not None and age <= RESUME_WITHIN_S


class _Added(NamedTuple):
    """What came of adding a segment's chunks."""

    met: int
    """Images, each once."""
    all_read: bool
    """False when a chunk is gone or damaged."""


def _add_chunks(store: SegmentStore, index: CatalogIndex, segment: Segment, chunk_ids: Sequence[str]) -> _Added:
    met, all_read = 0, True
    rows = RowBuffer(os.path.dirname(index.path))

    def write() -> int:
        return sum(
            index.add_placed(segment.shard, segment.generation, placed, chunk_ids=from_chunks).met
            for placed, from_chunks in rows.drain()
        )

    for chunk_id in chunk_ids:
        try:
            records = store.records(chunk_id)
        except CacheError:
            all_read = False
            continue
        summaries, lines = _summaries(records)  # unreadable records were counted when they were first stored
        rows.add(summaries, chunk_id, lines)
        if rows.is_due:
            met += write()
    return _Added(met + write(), all_read)


def _summaries(records: Sequence[RawRecord]) -> tuple[list[ImageSummary], list[int]]:
    """What the index keeps of the readable records, and the line of each."""
    summaries: list[ImageSummary] = []
    lines: list[int] = []
    for line, record in enumerate(records):
        try:
            summaries.append(summary_of(record))
        except ValueError:
            continue
        lines.append(line)
    return summaries, lines


def replay(store: SegmentStore, index: CatalogIndex, segment: Segment) -> None:
    """Bring the index in line with a shard's segment or interrupted crawl, and note how many images that are.

    Goes on with one that was cut off. A segment whose chunks cannot all be read counts as never fetched: the next
    fetch brings it whole.
    """
    status = index.status(segment.shard)
    if status is not None and (status.generation, status.complete) == (segment.generation, False):
        there = index.keep_chunks(segment.shard, segment.generation, segment.chunk_ids)
        if there and tuple(there) == segment.chunk_ids[: len(there)]:
            added = _add_chunks(store, index, segment, segment.chunk_ids[len(there) :])
            images = sum(there.values()) + added.met
            if added.all_read and segment.indexed in (None, images):
                _note_replayed(store, index, segment._replace(indexed=images))
                return
    if status is not None and status.generation >= segment.generation:
        # A generation of its own: rows that the index has beyond the segment's go when it finishes.
        segment = segment._replace(generation=status.generation + 1)
    index.begin_shard(segment.shard, segment.generation, origin=segment.origin)
    added = _add_chunks(store, index, segment, segment.chunk_ids)
    if not added.all_read:
        index.expire_shard(segment.shard)
        return
    _note_replayed(store, index, segment._replace(indexed=added.met))


def _note_replayed(store: SegmentStore, index: CatalogIndex, segment: Segment) -> None:
    store.amend([segment])
    if segment.complete:
        index.finish_shard(segment.shard, segment.generation, segment.fetched_at)


def rebuild(
    store: SegmentStore,
    index: CatalogIndex,
    region: str,
    *,
    locks_dir: str | None = None,
    ours: Collection[Shard] = (),
) -> int:
    """Fill an empty index, or one whose filling was cut off, from the region's segments, without the network.

    Args:
        locks_dir: where shards are locked meanwhile; one that somebody else is fetching is left to them.
        ours: shards that the caller is fetching, and holds the locks of.

    Returns:
        Images in the index afterwards.
    """
    stored = [shard for shard in store.shards() if shard.region == region]
    for shard in list(stored):
        # All are announced before one is filled: whoever reads meanwhile knows what is not there yet.
        try:
            segment = store.segment(shard) or store.partial(shard)
        except NewerForm:
            stored.remove(shard)  # whoever fetches it is told
            continue
        if segment is not None and index.status(shard) is None:
            index.begin_shard(shard, 0, origin=segment.origin)
    for shard in stored:
        with suppress(ShardBusy, StaleGeneration), shard_lock(locks_dir, shard) if locks_dir else nullcontext():
            _replay_both(store, index, shard)
    for shard in ours:
        with suppress(StaleGeneration):
            _replay_both(store, index, shard)
    return index.count()


def _replay_both(store: SegmentStore, index: CatalogIndex, shard: Shard) -> None:
    """Replay what is stored of a shard as far as an earlier run, which was cut off, has not."""
    status = index.status(shard)
    whole, partial = store.segment(shard), store.partial(shard)
    has_begun_partial = status is not None and partial is not None and status.generation == partial.generation
    if whole is not None and not has_begun_partial and not _is_replayed(index, whole):
        replay(store, index, whole)
    if partial is not None:
        replay(store, index, partial)


def _is_replayed(index: CatalogIndex, segment: Segment) -> bool:
    status = index.status(segment.shard)
    return (
        status is not None
        and (status.generation, status.complete) == (segment.generation, True)
        and segment.indexed == index.count_of(segment.shard)
    )


def reconcile(store: SegmentStore, index: CatalogIndex, region: str, *, locks_dir: str) -> list[Shard]:
    """Bring the index in line with the store after a crash, and return the shards that needed it.

    A shard that somebody is crawling is left alone: its rows come before its segment is written.

    Raises:
        InconsistentIndex: the index' own tables disagree about a shard.
    """
    seen = {status.shard: status for status in index.shards()}
    stored = {shard for shard in store.shards() if shard.region == region}
    mended = []
    for shard in [*stored, *(seen.keys() - stored)]:
        try:
            with shard_lock(locks_dir, shard):
                if _mend(store, index, shard):
                    mended.append(shard)
        except (ShardBusy, NewerForm):
            continue
    return mended


def _mend(store: SegmentStore, index: CatalogIndex, shard: Shard) -> bool:
    """Compare a locked shard's two sides, read under the lock, and mend the index'; whether there was need."""
    status = index.status(shard)
    whole, partial = store.segment(shard), store.partial(shard)
    if whole is None and partial is None:
        # Its records are lost: the rows are still worth having until it is fetched again.
        if status is None or not status.fetched_at:
            return False
        index.expire_shard(shard)
        return True
    # An interrupted crawl that is not in the index: the index file is newer than the crawl.
    segment = whole or (partial if status is None else None)
    if segment is None:
        return False
    if status is not None:
        if status.generation > segment.generation and not status.complete:
            return False  # a newer crawl was interrupted; its rows are in the index already
        if (
            status.generation >= segment.generation
            and status.complete
            and segment.indexed in (None, index.count_of(shard))
        ):
            return False
    replay(store, index, segment)
    return True
