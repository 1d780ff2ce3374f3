"""Splits a stored slice without the network: what was created this month gets a slice of its own.

Each refresh fetches the slice in which new images appear. It was small when the shard was divided, and would hold
more with each month that passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import BLANK, record_of
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, StoredSlice
from amitui.domain.catalogue.slice_plan import divided
from amitui.domain.catalogue.slices import Slice
from amitui.domain.image.row import ImageSummary
from amitui.ec2.convert import summary_of

WORTHWHILE: Final = CHUNK_RECORDS
"""Records of earlier months from which on a slice is split: they cost a request more for each refresh."""


def split_off_month(
    store: SegmentStore, index: CatalogIndex, segment: Segment, part: Slice, now: int
) -> tuple[Segment, tuple[Slice, ...]]:
    """Give the images of this month a slice of their own, where a slice holds many of earlier ones as well.

    For whoever holds the shard's lock.

    Returns:
        The segment, and the slices that take the place of `part`, the oldest first; `part` alone when it stays.

    Raises:
        CacheError: its records cannot be read, or the new ones not be written.
    """
    (stored,) = [one for one in segment.parts if one.part == part]
    parts = tuple(one.part for one in divided(part, stored.record_count, now, aim=float("inf")))
    if part.is_whole or len(parts) < 2 or stored.record_count < WORTHWHILE:
        return segment, (part,)
    split = _Split(store, index, segment, stored, parts)
    if split.earlier < WORTHWHILE:
        return segment, (part,)
    return split.write(), parts


class _Split:
    """One slice by its parts."""

    def __init__(
        self,
        store: SegmentStore,
        index: CatalogIndex,
        segment: Segment,
        stored: StoredSlice,
        parts: Sequence[Slice],
    ) -> None:
        self._store, self._index, self._segment, self._stored, self._parts = store, index, segment, stored, parts
        self._homes: dict[tuple[str, int], Slice] = {}
        """By chunk and line, the part that holds its record."""
        for chunk_id in stored.chunk_ids:
            for number, line in enumerate(store.lines(chunk_id)):
                if line != BLANK:
                    created = record_of(line, chunk_id).get("CreationDate")
                    self._homes[chunk_id, number] = next(part for part in parts if part.holds(created))
        self._sizes = Counter(self._homes.values())

    @property
    def earlier(self) -> int:
        """Records of all parts but the newest."""
        return sum(self._sizes[part] for part in self._parts[:-1])

    def write(self) -> Segment:
        """Move the records of all parts but the largest to new chunks, and return the segment."""
        largest = max(self._parts, key=lambda part: self._sizes[part])
        chunks = {largest: self._stored.chunk_ids}
        images: dict[str, dict[str, tuple[ImageSummary, int]]] = {}
        for part in self._parts:
            if part != largest:
                chunks[part] = self._put_aside(part, images)
        copies = self._blanked(largest)
        before, shard = self._segment.with_chunks_named(copies), self._segment.shard
        chunks[largest] = tuple(copies.get(chunk_id, chunk_id) for chunk_id in chunks[largest])
        added = [chunk_id for part in self._parts if part != largest for chunk_id in chunks[part]]
        own = [
            self._stored._replace(part=part, chunk_ids=chunks[part], record_count=self._sizes[part])
            for part in self._parts
        ]
        slices = [one for each in before.parts for one in (own if each.part == self._stored.part else [each])]
        segment = before._replace(
            generation=before.generation + 1,
            chunk_ids=(*before.chunk_ids, *added),
            stored_bytes=before.stored_bytes
            + self._store.stored_bytes([*copies.values(), *added])
            - self._store.stored_bytes([*copies]),
            slices=tuple(slices),
        )
        stale = self._store.amend([segment])
        self._index.amend(shard, segment.generation, copies, images, ())
        self._store.delete_chunks(stale)
        return segment

    def _put_aside(self, part: Slice, images: dict[str, dict[str, tuple[ImageSummary, int]]]) -> tuple[str, ...]:
        """Store the records of a part as new chunks; `images` gets what the index keeps of them."""
        places = [place for place, home in self._homes.items() if home == part]
        chunk_ids = []
        for start in range(0, len(places), CHUNK_RECORDS):
            lines = [
                self._store.lines(chunk_id)[number] for chunk_id, number in places[start : start + CHUNK_RECORDS]
            ]
            chunk_id, _ = self._store.put_lines(self._segment.shard, lines)
            chunk_ids.append(chunk_id)
            for number, line in enumerate(lines):
                try:
                    summary = summary_of(record_of(line, chunk_id))
                except ValueError:
                    continue  # kept in the chunk, absent from the index
                images.setdefault(chunk_id, {})[summary.image_id] = (summary, number)
        return tuple(chunk_ids)

    def _blanked(self, largest: Slice) -> dict[str, str]:
        """Copies of the chunks that held other parts' records, without these; by the ids of the old ones."""
        copies = {}
        for chunk_id in self._stored.chunk_ids:
            lines = self._store.lines(chunk_id)
            left = [
                line if self._homes.get((chunk_id, number), largest) == largest else BLANK
                for number, line in enumerate(lines)
            ]
            if left != lines:
                copies[chunk_id] = self._store.put_lines(self._segment.shard, left)[0]
        return copies
