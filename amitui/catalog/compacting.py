"""Keeping a segment small to which imports add again and again: chunks whose records were replaced go.

A later import replaces images of an earlier one, whose records stay in its chunks without a row that names them.
"""

from __future__ import annotations

from typing import Final

from amitui.catalog.index.prepared import prepared
from amitui.catalog.index.writer import CatalogIndex, Placed
from amitui.catalog.store import SegmentStore
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment
from amitui.ec2.convert import summary_of
from amitui.errors import CacheError

_SMALL_CHUNKS: Final = 8
"""Chunks under half full that a segment may keep; with more, they are joined."""


def compact(store: SegmentStore, index: CatalogIndex, segment: Segment) -> Segment:
    """The segment without chunks of which at most half is still in use; what they hold is written to new ones.

    For whoever holds the shard's lock, before the segment is committed.
    """
    rows = index.chunk_rows(segment.shard, segment.generation)
    small = [chunk_id for chunk_id in segment.chunk_ids if rows.get(chunk_id, 0) * 2 < CHUNK_RECORDS]
    if not small:
        return segment
    lines = index.lines_of(segment.shard, small)
    emptied: list[str] = []
    records = []
    removed = 0
    for chunk_id in small:
        try:
            stored = store.records(chunk_id)
        except CacheError:
            continue  # a chunk that cannot be read keeps its place: its rows say more than none
        if len(lines[chunk_id]) * 2 < len(stored) or len(small) > _SMALL_CHUNKS:
            emptied.append(chunk_id)
            removed += len(stored)
            records += [stored[line] for line in lines[chunk_id] if line < len(stored)]
    if not emptied:
        return segment
    added: list[str] = []
    for start in range(0, len(records), CHUNK_RECORDS):
        part = records[start : start + CHUNK_RECORDS]
        chunk_id, _ = store.put_chunk(segment.shard, part)
        placed = [Placed(prepared(summary_of(record)), chunk_id, line) for line, record in enumerate(part)]
        index.add_placed(segment.shard, segment.generation, placed, chunk_ids=(chunk_id,))
        added.append(chunk_id)
    kept = [chunk_id for chunk_id in segment.chunk_ids if chunk_id not in set(emptied)]
    return segment._replace(
        chunk_ids=(*kept, *added),
        record_count=segment.record_count - removed + len(records),
        stored_bytes=store.stored_bytes((*kept, *added)),
    )
