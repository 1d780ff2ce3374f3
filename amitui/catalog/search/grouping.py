"""Families of a view in one region: counted inside SQLite, put in order here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from amitui.catalog.index.row_key import key_of, slot_of
from amitui.catalog.search.best import BestSearch
from amitui.catalog.search.conditions import plain
from amitui.catalog.search.region_file import RegionFile
from amitui.domain.query.ranking import Rank

if TYPE_CHECKING:
    from amitui.domain.catalogue.families import FamilyView


class Family(NamedTuple):
    """A family of one region."""

    rank: Rank
    row_id: int
    """Of its best build."""
    builds: int


def families_of(search: BestSearch, limit: int | None) -> list[Family]:
    """The families of a view, the best first.

    Args:
        search: for the view; its query for the latest is left out of account, as there is one row a family anyway.
        limit: how many are wanted at most; `None`: all. Their builds are all counted.
    """
    places: dict[tuple[int, int, int], int] = {}
    found: list[tuple[Rank, int]] = []
    builds: list[int] = []
    for rank, row_id, count, owner, family, arch in search.families():
        group = (owner, family, arch)
        place = places.get(group)
        if place is None:
            places[group] = len(found)
            found.append((rank, row_id))
            builds.append(count)
        else:
            builds[place] += count
    return [Family(rank, row_id, count) for (rank, row_id), count in zip(found[:limit], builds, strict=False)]


def families_in(searches: Iterable[tuple[BestSearch, RegionFile]], limit: int | None) -> FamilyView:
    """The families of a view in all of its regions, the best first; equals are newest first.

    Args:
        searches: one for each region, with its file.
        limit: how many are wanted at most; `None`: all, and the deprecated ones that are left out are counted.
    """
    from amitui.domain.catalogue.families import FamilyView

    found: list[tuple[Rank, int, int]] = []
    hidden = 0
    for search, file in searches:
        found += [(one.rank, key_of(one.row_id, file.slot), one.builds) for one in families_of(search, limit)]
        hidden += search.count_hidden() if limit is None else 0
    if len({slot_of(key) for _, key, _ in found}) > 1:
        found.sort(key=lambda one: one[1], reverse=True)
        found.sort(key=lambda one: one[0])
    found = found[:limit]
    return FamilyView(tuple(key for _, key, _ in found), tuple(builds for *_, builds in found), hidden)


def builds_of(search: BestSearch, row_id: int) -> list[int]:
    """Ids of the builds in view of the family of a row, the newest first; none when the row has vanished."""
    found = search.fetch("SELECT owner, family, arch FROM image WHERE id = ?", (row_id,))
    for owner, family, arch in found:
        of_it = plain(f"i.owner = {owner} AND i.family = {family} AND i.arch = {arch}")
        builds = (
            build
            for segment in search.segments()
            for _, build, *_ in search.rows_of(segment._replace(conditions=(*segment.conditions, of_it)), None)
        )
        return sorted(builds, reverse=True)
    return []
