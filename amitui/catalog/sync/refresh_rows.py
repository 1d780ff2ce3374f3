"""Refreshes the rows of single images: what an operation changed is in segment and index before the next crawl.

New records replace the old ones in the stored chunks, line for line, so that an index filled from the segments has
the same rows. A removed record leaves a blank line. The order is a crawl's: the chunks are written before the
segment that names them, the segment (with a new generation, by which `reconcile` finds what a crash left undone)
before the rows; the old chunks are deleted last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import Amended
from amitui.domain.catalogue.shard import Segment, Shard
from amitui.domain.image.image import RawRecord
from amitui.domain.image.row import ImageSummary
from amitui.domain.region import partition_of
from amitui.ec2.convert import summary_of
from amitui.ec2.reads.images import keeps

Changes: TypeAlias = dict[str, RawRecord | None]
"""By image id, its record now; `None`: EC2 no longer lists it."""


def affected_shards(index: CatalogIndex, region: str, account: str, changes: Changes) -> list[Shard]:
    """The cached shards that hold one of the images, or would if they were fetched now by `account`.

    Shards that another account's credentials fetched are left out: this account cannot know what that one sees.
    """
    visible = {status.shard for status in index.shards() if status.is_visible_to((account,))}
    homes = [shard for shard in _homes(region, account) if shard in visible]
    holding = [place.shard for image_id in changes for place in index.locate(image_id) if place.shard in visible]
    return list(dict.fromkeys((*homes, *holding)))


def refresh_rows(
    store: SegmentStore, index: CatalogIndex, shard: Shard, account: str, changes: Changes, *, locks_dir: str
) -> bool:
    """Refresh the images in one shard; false when it is being crawled now.

    Raises:
        CacheError: it cannot be written; the next crawl brings it.
    """
    try:
        with shard_lock(locks_dir, shard):
            _RowRefresh(store, index, shard, account).apply(changes)
    except ShardBusy:
        return False
    return True


class _RowRefresh:
    """Changes to one shard, whose lock is held."""

    def __init__(self, store: SegmentStore, index: CatalogIndex, shard: Shard, account: str) -> None:
        self._store = store
        self._index = index
        self._shard = shard
        self._account = account

    def apply(self, changes: Changes) -> None:
        found = (self._store.segment(self._shard), self._store.partial(self._shard))
        segments = [segment for segment in found if segment is not None]
        if not segments or all(status.shard != self._shard for status in self._index.shards()):
            return  # nothing is cached, or the index is about to be mended from the segments
        records = {image_id: self._wanted(record) for image_id, record in changes.items()}
        amended = self._amended(segments, records)
        places = {
            image_id: (one.chunk_id, line) for one in amended.values() for image_id, line in one.lines.items()
        }
        copies = {old: one.chunk_id for old, one in amended.items() if one.chunk_id != old}
        segments = [_with_copies(segment, amended) for segment in segments]

        added = [record for image_id, record in records.items() if record and self._is_new(image_id, places)]
        if added:
            chunk_id, stored = self._store.put_chunk(self._shard, added)
            places.update({record["ImageId"]: (chunk_id, line) for line, record in enumerate(added)})
            segments = [_with_chunk(segment, chunk_id, len(added), stored) for segment in segments]
        if (copies or added) and len(segments) == 1 and segments[0].complete:
            # An interrupted crawl is ahead already, and is finished under the generation that it has.
            segments = [segments[0]._replace(generation=segments[0].generation + 1)]
        stale = self._store.amend(segments) if copies or added else set()
        self._write_rows(segments[-1].generation, copies, records, places)
        self._store.delete_chunks(stale)

    def _wanted(self, record: RawRecord | None) -> RawRecord | None:
        """The record, unless a crawl of the shard would leave it out."""
        if record is None or not keeps(self._shard, record, self._account):
            return None
        scope, owner = self._shard.owner_scope, record.get("OwnerId")
        if scope == "mine":
            return record if self._shard.is_seen_through((owner,)) else None
        return record if owner == scope or not scope.isdigit() else None

    def _amended(self, segments: Sequence[Segment], records: Changes) -> dict[str, Amended]:
        """By chunk, what became of it; in the order in which an index is filled, where the last place counts."""
        chunk_ids = list(dict.fromkeys(chunk_id for segment in segments for chunk_id in segment.chunk_ids))
        holding: set[str] | None = None
        is_single = len(segments) == 1 and segments[0].indexed == segments[0].record_count
        if is_single or (len(segments) == 1 and None not in records.values()):
            # Those chunks alone are read that the index names. An image that came twice has an older record
            # elsewhere, which matters only when it goes: the last place counts.
            places = [place for image_id in records for place in self._index.locate(image_id)]
            holding = {place.chunk_id for place in places if place.shard == self._shard}
        return {
            chunk_id: self._store.amend_chunk(self._shard, chunk_id, records)
            if holding is None or chunk_id in holding
            else Amended(chunk_id, {}, (), 0)
            for chunk_id in chunk_ids
        }

    def _is_new(self, image_id: str, places: Mapping[str, tuple[str, int]]) -> bool:
        """Whether the shard should hold an image and its chunks do not."""
        if image_id in places:
            return False
        return self._shard in _homes(self._shard.region, self._account) or any(
            place.shard == self._shard for place in self._index.locate(image_id)
        )

    def _write_rows(
        self,
        generation: int,
        copies: Mapping[str, str],
        records: Changes,
        places: Mapping[str, tuple[str, int]],
    ) -> None:
        images: dict[str, dict[str, tuple[ImageSummary, int]]] = {}
        for image_id, (chunk_id, line) in places.items():
            if (record := records[image_id]) is not None:
                images.setdefault(chunk_id, {})[image_id] = (summary_of(record), line)
        gone = [image_id for image_id, record in records.items() if record is None]
        self._index.amend(self._shard, generation, copies, images, gone)


def _homes(region: str, account: str) -> tuple[Shard, Shard]:
    """The shards in which an account's images belong from the moment they are made."""
    partition = partition_of(region)
    return Shard(partition, account, region, "mine"), Shard(partition, account, region, account)


def _with_copies(segment: Segment, amended: Mapping[str, Amended]) -> Segment:
    ours = [amended[chunk_id] for chunk_id in segment.chunk_ids]
    gone = [image_id for one in ours for image_id in one.gone]
    names = {chunk_id: amended[chunk_id].chunk_id for chunk_id in segment.chunk_ids}
    return segment.with_chunks_named(names)._replace(
        record_count=segment.record_count - len(gone),
        stored_bytes=segment.stored_bytes + sum(one.growth for one in ours),
        indexed=None if segment.indexed is None else segment.indexed - len(set(gone)),
    )


def _with_chunk(segment: Segment, chunk_id: str, records: int, stored: int) -> Segment:
    return segment._replace(
        chunk_ids=(*segment.chunk_ids, chunk_id),
        record_count=segment.record_count + records,
        stored_bytes=segment.stored_bytes + stored,
        indexed=None if segment.indexed is None else segment.indexed + records,
    )
