"""Brings one slice of a cached shard in line with what was fetched of it: chunks, segment and rows.

The order of the writes is told in `refresh_slices.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import BLANK, record_of
from amitui.catalog.sync.departures import Departing
from amitui.catalog.sync.replay import replay
from amitui.catalog.sync.slice_difference import Fetched, Identity, SliceDifference, Spot
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, Shard, StoredSlice
from amitui.domain.catalogue.slices import Slice
from amitui.domain.image.row import ImageSummary
from amitui.ec2.convert import summary_of


class Refreshed(NamedTuple):
    """What a refresh came to."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unreadable: int = 0
    """Of the records that are new or changed, those without a usable image id."""

    def plus(self, other: Refreshed) -> Refreshed:
        """Both together."""
        return Refreshed(*map(sum, zip(self, other, strict=True)))


class SliceChange:
    """Brings one slice in line with what was fetched of it."""

    def __init__(
        self, store: SegmentStore, index: CatalogIndex, segment: Segment, part: Slice, fetched: Fetched
    ) -> None:
        self._store, self._index = store, index
        self._segment, self._part, self._fetched = segment, part, fetched
        self._shard = segment.shard
        self._difference = SliceDifference(store, segment, part, fetched)

    def apply(self, now: int, limits: AgeLimits, departing: Departing) -> Refreshed:
        """Write it all."""
        difference = self._difference
        if difference.is_none:
            self._only_date(now, limits)
            return Refreshed()
        left_behind = self._left_behind()
        copies = self._write_copies(left_behind)
        places, added = self._write_new([*difference.new, *difference.moved])
        placed = len(places)
        for identity, spot in difference.changed.items():
            places.setdefault(identity, Spot(copies.get(spot.chunk_id, spot.chunk_id), spot.line))
        images = self._summaries(places)
        leaving = self._leaving()
        arriving = sum(self._is_new(one) for one in difference.new if isinstance(one, str) and one in images)
        segment = self._new_segment(now, limits, copies, added, placed, arriving - len(leaving), left_behind)
        departed = departing(self._store, self._index, self._shard, leaving)
        stale = self._store.amend([segment])
        self._write_rows(segment, copies, places, images, leaving)
        self._store.delete_chunks(stale)
        if self._index.count_of(self._shard) != segment.indexed:
            replay(self._store, self._index, segment)  # the index lost rows on the way
        departed()
        changed = sum(one in images for one in difference.changed)
        return Refreshed(arriving, changed, len(leaving), len(places) - len(images))

    # The store

    def _left_behind(self) -> dict[str, dict[int, Identity | None]]:
        """By chunk of another slice, the lines of images that were there and are in this slice now.

        They are blank from now on: an image has one line, so that one slice alone says what becomes of it.
        Otherwise one whose date moved back would look unchanged there, and leave the index with this slice.
        """
        others = {*self._segment.chunk_ids}.difference(self._difference.chunk_ids)
        found: dict[str, dict[int, Identity | None]] = {}
        for identity in self._difference.new:
            for place in self._index.locate(identity) if isinstance(identity, str) else ():
                if place.shard == self._shard and place.chunk_id in others:
                    found.setdefault(place.chunk_id, {})[place.line] = None
        return found

    def _write_copies(self, left_behind: Mapping[str, dict[int, Identity | None]]) -> dict[str, str]:
        """Copies of the chunks that change, by the ids of the old ones."""
        difference = self._difference
        edits = {one: each for one, each in difference.edits.items() if one not in difference.emptied}
        edits.update(left_behind)
        wanted = {identity for each in edits.values() for identity in each.values() if identity is not None}
        lines_now = self._fetched.lines_of(wanted)
        copies = {}
        for chunk_id, each in edits.items():
            lines = list(difference.lines(chunk_id))
            for number, identity in each.items():
                lines[number] = BLANK if identity is None else lines_now[identity]
            copies[chunk_id] = self._store.put_lines(self._shard, lines)[0]
        return copies

    def _write_new(self, identities: Sequence[Identity]) -> tuple[dict[Identity, Spot], list[str]]:
        """New chunks of these images as they were fetched: where each is, and the chunks."""
        places: dict[Identity, Spot] = {}
        added: list[str] = []
        lines = list(self._fetched.lines_of(identities).items())
        for start in range(0, len(lines), CHUNK_RECORDS):
            part = lines[start : start + CHUNK_RECORDS]
            chunk_id, _ = self._store.put_lines(self._shard, [line for _, line in part])
            places.update({identity: Spot(chunk_id, number) for number, (identity, _) in enumerate(part)})
            added.append(chunk_id)
        return places, added

    def _new_segment(
        self,
        now: int,
        limits: AgeLimits,
        copies: Mapping[str, str],
        added: Sequence[str],
        placed: int,
        growth: int,
        left_behind: Mapping[str, dict[int, Identity | None]],
    ) -> Segment:
        """The segment with the slice as it is now; a generation further.

        Args:
            now: seconds since the epoch.
            limits: by which it is dated.
            copies: chunks that were replaced.
            added: chunks that are new.
            placed: records in these.
            growth: by how many images the shard has grown.
            left_behind: lines of other slices that are blank now.
        """
        before, difference = self._segment, self._difference

        def renewed(chunk_ids: Sequence[str]) -> tuple[str, ...]:
            return tuple(copies.get(one, one) for one in chunk_ids if one not in difference.emptied)

        stored = difference.stored_after((*renewed(difference.stored.chunk_ids), *added), placed, now)

        def other(one: StoredSlice) -> StoredSlice:
            count = one.record_count - _lines_in(left_behind, one.chunk_ids)
            return one._replace(chunk_ids=renewed(one.chunk_ids), record_count=count)

        slices = tuple(stored if one.part == self._part else other(one) for one in before.parts)
        return before._replace(
            generation=before.generation + 1,
            chunk_ids=(*renewed(before.chunk_ids), *added),
            record_count=before.record_count
            - _lines_in(left_behind, left_behind)
            - difference.lines_before
            + difference.lines_after(placed),
            fetched_at=_dated(self._shard, slices, limits, now),
            stored_bytes=before.stored_bytes
            + self._store.stored_bytes((*copies.values(), *added))
            - self._store.stored_bytes((*copies, *difference.emptied)),
            indexed=None if before.indexed is None else before.indexed + growth,
            slices=slices,
        )

    def _only_date(self, now: int, limits: AgeLimits) -> None:
        """Nothing differs: note that it was looked."""
        slices = tuple(
            one._replace(fetched_at=now) if one.part == self._part else one for one in self._segment.parts
        )
        fetched_at = _dated(self._shard, slices, limits, now)
        self._store.amend([self._segment._replace(slices=slices, fetched_at=fetched_at)])
        self._index.redate_shard(self._shard, fetched_at)

    # The index

    def _summaries(self, places: Iterable[Identity]) -> dict[Identity, ImageSummary]:
        """What the index keeps of images that changed, are new or have moved, of those that can be read."""
        found: dict[Identity, ImageSummary] = {}
        for identity, line in self._fetched.lines_of(places).items():
            try:
                found[identity] = summary_of(record_of(line, "the page"))
            except ValueError:
                continue
        return found

    def _is_new(self, image_id: str) -> bool:
        return all(place.shard != self._shard for place in self._index.locate(image_id))

    def _leaving(self) -> list[str]:
        """The ids of images that leave; one that another slice has brought since stays."""
        ours = {*self._difference.chunk_ids}
        gone = dict.fromkeys(one for one in self._difference.unlisted if one not in self._fetched.records)
        return [
            image_id
            for image_id in gone
            if any(place.shard == self._shard and place.chunk_id in ours for place in self._index.locate(image_id))
        ]

    def _write_rows(
        self,
        segment: Segment,
        copies: Mapping[str, str],
        places: Mapping[Identity, Spot],
        images: Mapping[Identity, ImageSummary],
        leaving: Sequence[str],
    ) -> None:
        by_chunk: dict[str, dict[str, tuple[ImageSummary, int]]] = {}
        for identity, summary in images.items():
            spot = places[identity]
            by_chunk.setdefault(spot.chunk_id, {})[summary.image_id] = (summary, spot.line)
        self._index.amend(
            self._shard,
            segment.generation,
            copies,
            by_chunk,
            leaving,
            dropped=sorted(self._difference.emptied),
            fetched_at=segment.fetched_at,
        )


def _lines_in(left_behind: Mapping[str, dict[int, Identity | None]], chunk_ids: Iterable[str]) -> int:
    return sum(len(left_behind.get(one, ())) for one in chunk_ids)


def _dated(shard: Shard, slices: Iterable[StoredSlice], limits: AgeLimits, now: int) -> int:
    """When a shard counts as fetched: it is due as soon as one of its slices is."""
    return min(limits.as_young(shard, one.part, one.fetched_at, now) for one in slices)
