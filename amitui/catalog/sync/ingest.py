"""Writing one shard: records into chunks, rows into the index, and the switch from the old answer to the new.

Order matters for a crash at any point: a chunk is on disk before a row names it, the segment is switched
before the rows of the old one go, and `reconcile` repeats the second half when a process died between the two.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from amitui.catalog.compacting import compact
from amitui.catalog.index.prepared import PackedRow
from amitui.catalog.index.row_buffer import RowBuffer
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import packed
from amitui.catalog.sync.departures import Departing, nobody_misses
from amitui.catalog.sync.page import ReadChunk, ReadPage
from amitui.catalog.sync.replay import add_chunks, replay, summaries_of
from amitui.domain.catalogue.coverage import age_of
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, Shard, StoredSlice
from amitui.domain.catalogue.slice_plan import Planned, planned
from amitui.domain.catalogue.slices import WHOLE, Slice
from amitui.domain.image.image import RawRecord

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
    departing: Departing = nobody_misses
    """Told of images that leave."""
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

    def take_over(self, stored: Segment, kept: Collection[str]) -> bool:
        """Begin with some of the chunks that an earlier answer to the shard has, and with their rows.

        Args:
            stored: that answer.
            kept: its chunks that are a part of this one too.

        Returns:
            False when they cannot all be read: nothing has begun then.
        """
        before = stored._replace(
            complete=False,
            next_token=None,
            origin=self.origin,
            slices=(StoredSlice(WHOLE, stored.chunk_ids, stored.record_count),),
        )
        if not self._continue(before):
            return False
        dropped = tuple(chunk_id for chunk_id in stored.chunk_ids if chunk_id not in kept)
        if dropped:
            there = self.index.keep_chunks(self.shard, self.progress.generation, tuple(kept))
            self.progress = self.progress._replace(
                chunk_ids=tuple(chunk_id for chunk_id in stored.chunk_ids if chunk_id in kept),
                indexed=sum(there.values()),
                stored_bytes=before.stored_bytes - self.store.stored_bytes(dropped),
            )
        return True

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
        added = add_chunks(self.store, self.index, self.progress, missing)
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
        summaries, lines = summaries_of(records)
        self.unreadable += len(records) - len(summaries)
        self._waiting.add(summaries, chunk_id, lines)
        before = self.progress
        self.progress = before._replace(
            chunk_ids=(*before.chunk_ids, chunk_id),
            record_count=before.record_count + len(records),
            stored_bytes=before.stored_bytes + stored,
        )
        return len(summaries)

    def add_chunk(self, chunk: ReadChunk, *, now: int, source: str = "") -> None:
        """Store records that have been read elsewhere; otherwise as `add`.

        Args:
            source: see `SegmentStore.put_packed`.
        """
        self._add_packed(chunk.data, chunk.record_count, chunk.rows, chunk.lines, now, source)

    def add_lines(
        self, chunk_lines: Sequence[bytes], rows: Sequence[PackedRow], lines: Sequence[int], *, now: int
    ) -> None:
        """Store the lines of a chunk, and the rows of those that can be read; otherwise as `add`."""
        self._add_packed(packed(chunk_lines), len(chunk_lines), rows, lines, now)

    def _add_packed(
        self,
        data: bytes,
        record_count: int,
        rows: Sequence[PackedRow],
        lines: Sequence[int],
        now: int,
        source: str = "",
    ) -> None:
        chunk_id = self.store.put_packed(self.shard, data, source=source)
        self.unreadable += record_count - len(rows)
        self._waiting.add_packed(rows, chunk_id, lines)
        before = self.progress
        self.progress = before._replace(
            chunk_ids=(*before.chunk_ids, chunk_id),
            record_count=before.record_count + record_count,
            stored_bytes=before.stored_bytes + len(data),
            fetched_at=now,
        )
        if self._waiting.is_due:
            self.flush()

    def flush(self, into: CatalogIndex | None = None) -> None:
        """Write the rows that wait.

        Args:
            into: an index of which the caller sees that it becomes this one.
        """
        index = into or self.index
        for placed, chunk_ids in self._waiting.drain():
            added = index.add_placed(self.shard, self.progress.generation, placed, chunk_ids=chunk_ids)
            self.progress = self.progress._replace(indexed=(self.progress.indexed or 0) + added.met)

    def finish(self, now: int, *, fetched_at: int | None = None) -> int:
        """Make the new answer the shard's segment, as old as the oldest of its slices.

        Args:
            now: seconds since the epoch.
            fetched_at: how old it is instead, where somebody else has fetched it.

        Returns:
            Rows that went: images that EC2 no longer has.
        """
        self.flush()
        if fetched_at is None:
            fetched_at = min((one.fetched_at for one in self.progress.slices), default=now)
        self.progress = self.progress._replace(fetched_at=fetched_at, complete=True, next_token=None)
        if self._extends:
            self.progress = compact(self.store, self.index, self.progress)
        # Before the old chunks go, which say what the images were.
        leaving = self.index.unmet(self.shard, self.progress.generation)
        departed = self.departing(self.store, self.index, self.shard, leaving)
        self.store.commit(self.progress)
        done = self.index.finish_shard(self.shard, self.progress.generation, fetched_at)
        departed()
        if done.kept != self.progress.indexed:
            replay(self.store, self.index, self.progress)  # the index lost rows on the way
        return done.removed


def _can_go_on(one: StoredSlice, now: int) -> bool:
    """Whether what an interrupted crawl has of a slice is worth keeping."""
    age = age_of(one.fetched_at, now)
    if age is None or not one.fetched_at:
        return False
    return age <= KEPT_FOR_S if one.complete else one.next_token is not None and age <= RESUME_WITHIN_S
