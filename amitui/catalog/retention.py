"""Keeping the cache within its limit: the public images of the Regions that were used the longest ago go.

The copies that `amitui sql` has made go before them: they are made again. What one account sees, and what was
imported from files, stays: EC2 would not bring it back. So does every Region of which something is being fetched,
and those that the caller wants to keep.

A Region's rows go before its segments: a process that dies in between leaves segments without rows, from which the
next start fills the index as if nothing had happened, and the next run takes the same Region.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from typing import NamedTuple

from amitui.catalog.engine.copies import drop_copies
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.region_use import RegionUse
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.sqlite_file import discard, identity_of, size_of
from amitui.catalog.store import SegmentStore
from amitui.domain.catalogue.shard import IMPORTED, Shard, ShardStatus
from amitui.os_faults import Place, explain
from amitui.paths import Locations


class RegionSize(NamedTuple):
    """What a Region takes on disk."""

    region: str
    index_bytes: int
    segment_bytes: int
    """Of its chunks; shards and descriptors themselves are small."""
    removable_bytes: int
    """Of chunks that EC2 would bring again."""
    last_used: int
    """Seconds since the epoch; 0: not known."""

    @property
    def total_bytes(self) -> int:
        """Index and segments."""
        return self.index_bytes + self.segment_bytes


class Dropped(NamedTuple):
    """A Region whose public images went."""

    region: str
    freed_bytes: int


class Trimmed(NamedTuple):
    """What came of a run."""

    dropped: tuple[Dropped, ...]
    total_bytes: int
    """Of the cache afterwards."""
    busy: tuple[str, ...] = ()
    """Regions that were to go and are being fetched."""
    copies_bytes: int = 0
    """Of the copies for `amitui sql` that went."""


class Opening(NamedTuple):
    """How whoever makes room opens what it writes."""

    store_of: Callable[[], SegmentStore]
    index_of: Callable[[str], CatalogIndex]
    """By Region, for writing."""
    opened: dict[str, CatalogIndex]
    """The indexes that are open."""


def is_removable(shard: Shard) -> bool:
    """Whether EC2 would bring the shard again, to whoever asks."""
    return shard.is_public and shard.period != IMPORTED


def folder_bytes(top: str) -> int:
    """Bytes of all files below a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for folder, _, names in os.walk(top):
        for name in names:
            total += size_of(os.path.join(folder, name))
    return total


def region_sizes(
    locations: Locations, store: SegmentStore, statuses: Iterable[ShardStatus], use: RegionUse
) -> list[RegionSize]:
    """What each Region takes, that which was used the longest ago first.

    Args:
        locations: of the cache.
        store: its segments.
        statuses: what the indexes hold: says when a Region was fetched of which no use was noted.
        use: when Regions were used.
    """
    chunks: dict[str, list[tuple[Shard, int]]] = {}
    for shard, stored in store.chunk_bytes().items():
        chunks.setdefault(shard.region, []).append((shard, stored))
    fetched: dict[str, int] = {}
    for status in statuses:
        fetched[status.shard.region] = max(fetched.get(status.shard.region, 0), status.fetched_at)
    found = []
    for region in {*chunks, *fetched}:
        index = os.path.join(locations.index_dir, f"{region}.sqlite")
        each = chunks.get(region, [])
        found.append(
            RegionSize(
                region,
                size_of(index) + size_of(f"{index}-wal"),
                sum(stored for _, stored in each),
                sum(stored for shard, stored in each if is_removable(shard)),
                use.last_used(region) or fetched.get(region, 0),
            )
        )
    return sorted(found, key=lambda one: (one.last_used, one.region))


def trim(
    locations: Locations,
    opening: Opening,
    use: RegionUse,
    *,
    limit_bytes: int,
    keep: Collection[str],
) -> Trimmed:
    """Drop the copies for `amitui sql`, then Regions' public images, until the cache is within its limit, or
    nothing more may go.

    Costs a list of the cache's files when it is within its limit.

    Args:
        locations: of the cache.
        opening: how it is opened.
        use: when Regions were used.
        limit_bytes: for all files of this endpoint's cache.
        keep: Regions that stay: those in view.

    Raises:
        CacheError: it cannot be written.
    """
    total = folder_bytes(locations.realm)
    if total > limit_bytes and opening.opened:
        # A log is as long as it ever got, and mostly holds what is in the file by now.
        for opened in opening.opened.values():
            opened.shorten_log()
        total = folder_bytes(locations.realm)
    copies = 0
    if total > limit_bytes and drop_copies(locations.engine_dir):
        before, total = total, folder_bytes(locations.realm)
        copies = before - total
    if total <= limit_bytes:
        return Trimmed((), total, copies_bytes=copies)
    store = opening.store_of()
    with CatalogReader(locations.index_dir) as reader:
        statuses = reader.shards(reader.cached_regions())
    dropped, busy = [], []
    for size in region_sizes(locations, store, statuses, use):
        if total <= limit_bytes:
            break
        if size.region in keep or not size.removable_bytes:
            continue
        try:
            _drop_public(locations, store, opening.index_of, size.region)
        except ShardBusy:
            busy.append(size.region)
            continue
        if (index := opening.opened.pop(size.region, None)) is not None:
            index.close()  # a file that is open keeps its room when it is deleted
        use.forget(size.region)
        before, total = total, folder_bytes(locations.realm)
        dropped.append(Dropped(size.region, before - total))
    return Trimmed(tuple(dropped), total, tuple(busy), copies)


def _drop_public(
    locations: Locations, store: SegmentStore, index_of: Callable[[str], CatalogIndex], region: str
) -> None:
    """Drop a Region's public shards, all or none.

    Raises:
        ShardBusy: one of its shards is being fetched.
    """
    stored = {shard for shard in (*store.shards(), *store.shards_with_chunks()) if shard.region == region}
    with ExitStack() as locks:
        for shard in sorted(stored):
            locks.enter_context(shard_lock(locations.locks_dir, shard))
        going = [shard for shard in stored if is_removable(shard)]
        if len(going) == len(stored):
            _discard(os.path.join(locations.index_dir, f"{region}.sqlite"))
        else:
            index = index_of(region)
            known = {status.shard for status in index.shards()}
            for shard in known & {*going}:
                index.drop_shard(shard)
            index.shrink()
        for shard in going:
            store.drop(shard)
            store.sweep(shard)


def _discard(path: str) -> None:
    try:
        discard(path, identity_of(path))
    except OSError as error:
        raise explain(error, Place(f"the index {path}")) from error
