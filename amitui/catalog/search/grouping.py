"""Families of a view in one region: counted inside SQLite, put in order here."""

from __future__ import annotations

from typing import Any, NamedTuple

from amitui.catalog.search.best import BestSearch
from amitui.catalog.search.conditions import plain
from amitui.domain.query.ranking import Rank


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
    best: dict[tuple[int, ...], tuple[Rank, int]] = {}
    builds: dict[tuple[int, ...], int] = {}
    for rank, row_id, count, *group in _groups(search):
        family = tuple(group)
        best.setdefault(family, (rank, row_id))
        builds[family] = builds.get(family, 0) + count
    found = [Family(rank, row_id, builds[family]) for family, (rank, row_id) in best.items()]
    return found if limit is None else found[:limit]


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


def _groups(search: BestSearch) -> Any:
    for segment in search.segments():
        statement, values = search.grouped(segment)
        if statement:
            for place, *rest in search.fetch(statement, values):
                yield (segment.kinds[place].rank if segment.kinds else segment.rank, *rest)
