"""Filling the index from what is stored, without the network: all of it, or what a crash left out."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from typing import NamedTuple

from amitui.catalog.index.row_buffer import RowBuffer
from amitui.catalog.index.writer import CatalogIndex, StaleGeneration
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import NewerForm
from amitui.domain.catalogue.shard import Segment, Shard
from amitui.domain.image.image import RawRecord
from amitui.domain.image.row import ImageSummary
from amitui.ec2.convert import summary_of
from amitui.errors import CacheError


class Added(NamedTuple):
    """What came of adding a segment's chunks."""

    met: int
    """Images, each once."""
    all_read: bool
    """False when a chunk is gone or damaged."""


def add_chunks(store: SegmentStore, index: CatalogIndex, segment: Segment, chunk_ids: Sequence[str]) -> Added:
    """Add rows for some of a segment's chunks to a shard that has begun in the index."""
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
        summaries, lines = summaries_of(records)  # unreadable records were counted when they were first stored
        rows.add(summaries, chunk_id, lines)
        if rows.is_due:
            met += write()
    return Added(met + write(), all_read)


def summaries_of(records: Sequence[RawRecord]) -> tuple[list[ImageSummary], list[int]]:
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
            added = add_chunks(store, index, segment, segment.chunk_ids[len(there) :])
            images = sum(there.values()) + added.met
            if added.all_read and segment.indexed in (None, images):
                _note_replayed(store, index, segment._replace(indexed=images))
                return
    if status is not None and status.generation >= segment.generation:
        # A generation of its own: rows that the index has beyond the segment's go when it finishes.
        segment = segment._replace(generation=status.generation + 1)
    index.begin_shard(segment.shard, segment.generation, origin=segment.origin)
    added = add_chunks(store, index, segment, segment.chunk_ids)
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
