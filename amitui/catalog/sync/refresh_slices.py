"""Refreshes a cached shard slice by slice: fetched records are compared with the stored ones by digest.

What is unchanged costs no write. Changed records take the places of the old ones in copies of their chunks, new
ones go to new chunks, those that EC2 no longer lists leave blank lines; of the index only their rows are touched.
The order is that of `refresh_rows`: chunks before the segment that names them, the segment with a new generation
(by which `reconcile` finds what a crash left undone) before the rows, old chunks last. A slice is brought in line
when its last page has come, and has its own date from then on: whoever goes on later fetches only the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.store_file import RecordsLost
from amitui.catalog.stored_form import BLANK, record_of
from amitui.catalog.sync.departures import Departing, nobody_misses
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.replay import replay
from amitui.catalog.sync.slice_difference import Fetched, Identity, SliceDifference, Spot
from amitui.catalog.sync.slice_split import split_off_month
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, Shard, StoredSlice
from amitui.domain.catalogue.slice_plan import SMALL, Planned
from amitui.domain.catalogue.slices import Slice
from amitui.domain.image.row import ImageSummary
from amitui.ec2.convert import summary_of
from amitui.errors import CacheError


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


class ShardRefresh:
    """A refresh of a shard whose lock is held. Use it from the thread that owns `store` and `index`.

    Args:
        segment: the shard's, complete.
        limits: decide which slices are fetched.
        departing: told of images that leave.
    """

    def __init__(
        self,
        store: SegmentStore,
        index: CatalogIndex,
        segment: Segment,
        limits: AgeLimits,
        departing: Departing = nobody_misses,
    ) -> None:
        self._store, self._index, self._limits, self._departing = store, index, limits, departing
        self._shard = segment.shard
        self.progress = segment._replace(slices=())
        """Its slices are those that are fetched, of which nothing has been stored yet."""
        self._fetched: dict[Slice, Fetched] = {}
        self.total = Refreshed()

    @property
    def unreadable(self) -> int:
        """Records without a usable image id that are new or changed."""
        return self.total.unreadable

    def start(self, now: int) -> tuple[Planned, ...]:
        """The slices to fetch: those in which new images appear, and those that are older than they may be.

        Raises:
            RecordsLost: what is stored cannot be read: it has to be fetched in full.
        """
        segment = self._segment()
        for one in segment.parts:
            if not self._shard.is_public or not self._limits.is_young(self._shard, one.part, now):
                continue
            try:
                segment, _ = split_off_month(self._store, self._index, segment, one.part, now)
            except CacheError as error:
                raise RecordsLost(error.what, why=error.why, remedy="fetch again: amitui sync --full") from error
        due = [
            one
            for one in segment.parts
            if self._limits.is_young(self._shard, one.part, now)
            or self._limits.is_due(self._shard, one.part, one.fetched_at, now)
        ]
        self.progress = segment._replace(slices=tuple(StoredSlice(one.part) for one in due))
        return tuple(Planned(one.part, one.record_count) for one in due)

    def redo(self, part: Slice) -> None:
        """Forget what came of a slice, whose list is to be begun again."""
        self._fetched.pop(part, None)

    def flush(self) -> None:
        """Nothing is held back but slices that are not whole yet."""

    def add_page(
        self,
        part: Slice,
        page: ReadPage,
        *,
        next_token: str | None,  # noqa: ARG002
        complete: bool,
        now: int,
    ) -> None:
        """Take a page of a slice; with its last one the slice is brought in line.

        Args:
            part: the slice.
            page: the page.
            next_token: unused: a slice that was cut off begins anew.
            complete: whether this was its last page.
            now: seconds since the epoch.

        Raises:
            CacheError: it cannot be written.
            RecordsLost: what is stored of it cannot be read: it has to be fetched in full.
        """
        fetched = self._fetched.setdefault(part, Fetched())
        for chunk in page.chunks:
            fetched.add_chunk(chunk.data, chunk.image_ids, chunk.digests)
        if complete:
            del self._fetched[part]
            done = _SliceChange(self._store, self._index, self._segment(), part, fetched).apply(
                now, self._limits, self._departing
            )
            self.total = self.total.plus(done)

    def finish(self, now: int) -> int:  # noqa: ARG002 - as of a first crawl
        """Images that EC2 no longer lists; all slices are in line already."""
        return self.total.removed

    def _segment(self) -> Segment:
        segment = self._store.segment(self._shard)
        if segment is None:
            raise RecordsLost("the cache was cleared during the fetch", remedy="fetch again: amitui sync")
        return segment


def refresh_of(
    store: SegmentStore,
    index: CatalogIndex,
    shard: Shard,
    *,
    limits: AgeLimits,
    departing: Departing = nobody_misses,
) -> ShardRefresh | None:
    """A refresh of what is cached of a shard; `None`: it has to be fetched in full.

    That is so when nothing whole is cached, an interrupted crawl is to be gone on with, a shard that has grown
    large is undivided, records are missing, or the index is not in line with the segment. Slices that hold more
    than they should are left as they are: to divide them would cost a fetch of everything.
    """
    segment = store.segment(shard)
    if segment is None or not segment.complete or store.partial(shard) is not None:
        return None
    is_large = sum(one.record_count for one in segment.parts) > SMALL
    if is_large and any(one.part.is_whole for one in segment.parts):
        return None
    status = index.status(shard)
    in_line = status is not None and status.complete and status.generation == segment.generation
    if not in_line or not store.stored_chunks(shard).issuperset(segment.chunk_ids):
        return None
    return ShardRefresh(store, index, segment, limits, departing)


class _SliceChange:
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

        def fewer(chunk_ids: Sequence[str]) -> int:
            return sum(len(left_behind.get(one, ())) for one in chunk_ids)

        slices = tuple(
            stored
            if one.part == self._part
            else one._replace(
                chunk_ids=renewed(one.chunk_ids), record_count=one.record_count - fewer(one.chunk_ids)
            )
            for one in before.parts
        )
        return before._replace(
            generation=before.generation + 1,
            chunk_ids=(*renewed(before.chunk_ids), *added),
            record_count=before.record_count
            - fewer(tuple(left_behind))
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


def _dated(shard: Shard, slices: Iterable[StoredSlice], limits: AgeLimits, now: int) -> int:
    """When a shard counts as fetched: it is due as soon as one of its slices is."""
    return min(limits.as_young(shard, one.part, one.fetched_at, now) for one in slices)
