"""Refreshes a cached shard slice by slice: fetched records are compared with the stored ones by digest.

What is unchanged costs no write. Changed records take the places of the old ones in copies of their chunks, new
ones go to new chunks, those that EC2 no longer lists leave blank lines; of the index only their rows are touched.
The order is that of `refresh_rows`: chunks before the segment that names them, the segment with a new generation
(by which `reconcile` finds what a crash left undone) before the rows, old chunks last. A slice is brought in line
when its last page has come, and has its own date from then on: whoever goes on later fetches only the others.
"""

from __future__ import annotations

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.store_file import RecordsLost
from amitui.catalog.sync.departures import Departing, nobody_misses
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.slice_change import Refreshed, SliceChange
from amitui.catalog.sync.slice_difference import Fetched
from amitui.catalog.sync.slice_split import split_off_month
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import Segment, Shard, StoredSlice
from amitui.domain.catalogue.slice_plan import SMALL, Planned
from amitui.domain.catalogue.slices import Slice
from amitui.errors import CacheError


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
            done = SliceChange(self._store, self._index, self._segment(), part, fetched).apply(
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
