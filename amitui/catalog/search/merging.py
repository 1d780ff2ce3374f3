"""The best rows of several regions, merged as they are read: no region reads on once others have better ones.

What follows the rows of understood names is found by reading texts, which in each of thirty regions would take
longer than all of the page.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Sequence
from heapq import merge
from typing import Final, NamedTuple, TypeAlias

from amitui.catalog.index.row_key import key_of
from amitui.catalog.search.best import BestSearch
from amitui.catalog.search.region_file import RegionFile
from amitui.catalog.search.region_search import RegionKeys
from amitui.domain.query.ranking import Rank

_BEFORE_ALL: Final = -(1 << 63)


class _Next(NamedTuple):
    """A row of one region, or where its next rows stand at best. Sorts as views do: equals newest first."""

    rank: Rank
    newest: int
    """The key, negative."""
    key: int
    """0: no row yet."""
    family: tuple[int, ...]
    """The region's slot, owner, name and architecture."""


_Searches: TypeAlias = Sequence[tuple[BestSearch, RegionFile]]


def best_of(searches: _Searches, limit: int) -> list[int]:
    """Keys of the first rows of a view."""
    found: list[int] = []
    streams = [_rows(search, file, limit) for search, file in searches]
    try:
        for one in merge(*streams):
            if one.key:
                found.append(one.key)
                if len(found) == limit:
                    break
    finally:
        for stream in streams:
            stream.close()
    return found


def best_families_of(searches: _Searches, limit: int) -> list[int]:
    """Keys of the first rows of a view's first families; texts are read in regions without a better one only."""
    found: dict[tuple[int, ...], int] = {}
    streams = [_understood(search, file) for search, file in searches]
    try:
        for one in merge(*streams):
            if one.key:
                found.setdefault(one.family, one.key)
                if len(found) == limit:
                    break
    finally:
        for stream in streams:
            stream.close()
    return list(found.values())


def all_keys(searches: _Searches) -> RegionKeys:
    """Keys of all rows of a view, without regard to the latest: as arrays, so that other threads run meanwhile."""
    by_rank: dict[Rank, array[int]] = {}
    hidden = 0
    for search, _ in searches:
        for rank, part in search.ranked_keys():
            hidden += part.deprecated_hidden
            if part.keys:
                by_rank.setdefault(rank, array("q")).extend(part.keys)
    keys = array("q")
    for rank in sorted(by_rank):
        keys.extend(sorted(by_rank[rank], reverse=True))
    return RegionKeys(keys, hidden)


def _rows(search: BestSearch, file: RegionFile, limit: int) -> Generator[_Next, None, None]:
    for rank, row_id in search.stream(limit):
        key = 0 if row_id is None else key_of(row_id, file.slot)
        yield _Next(rank, -key if key else _BEFORE_ALL, key, ())


def _understood(search: BestSearch, file: RegionFile) -> Generator[_Next, None, None]:
    """Rows of understood names with their families; in a region without any, those found by their texts."""
    any_found = False
    for segment in search.segments():
        if any_found and not segment.kinds:
            return
        yield _Next(segment.best_rank, _BEFORE_ALL, 0, ())
        for rank, row_id, *family in search.rows_of(segment, None):
            any_found = True
            key = key_of(row_id, file.slot)
            yield _Next(rank, -key, key, (file.slot, *family))
