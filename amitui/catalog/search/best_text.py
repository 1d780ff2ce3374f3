"""What is found by its text in the order `best`, for all tiers at once.

Each tier is a part of the view by itself. To read the texts of all rows once for every tier would take as many
times as long as reading them once and telling the tiers apart then.
"""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from amitui.catalog.index.row_key import keys_of
from amitui.catalog.search.region_search import RegionKeys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.catalog.search.best import BestSearch
    from amitui.catalog.search.conditions import Condition


class TextPart(NamedTuple):
    """The rows of a view that are found by their text."""

    tier: str
    """SQL of the tier of a row `i`; NULL and tiers without a segment: the row is in another part of the view."""
    conditions: tuple[Condition, ...]
    """What the rows of all tiers fulfil besides being in scope."""
    of: int = 0
    """The tier whose rows are meant."""


def keys_by_tier(search: BestSearch, part: TextPart, tiers: Iterable[int]) -> dict[int, RegionKeys]:
    """The keys of each tier's rows, the newest first."""
    source = search.source_of(part.conditions, shown=False)
    if source is None:
        return {}
    wanted = list(tiers)
    columns = ", ".join(
        f"group_concat(k, '') FILTER (WHERE t = {tier}), count(*) FILTER (WHERE t = {tier})" for tier in wanted
    )
    # Either ending keeps SQLite from putting the inner statement into the outer one, where it would look for a
    # row's tier once for each of them.
    ending = " LIMIT -1" if source.is_ordered else " ORDER BY i.id"
    rows = f"SELECT {search.key_column} AS k, {part.tier} AS t {source.where.text}{ending}"
    (found,) = search.fetch(f"SELECT {columns} FROM ({rows})", source.where.values)
    by_tier: dict[int, RegionKeys] = {}
    for tier, joined, count in zip(wanted, found[::2], found[1::2], strict=True):
        keys = keys_of(joined or "", search.slot)
        keys.reverse()
        by_tier[tier] = RegionKeys(keys, count - len(keys))
    return by_tier


def families_by_tier(search: BestSearch, part: TextPart) -> dict[int, list[tuple[Any, ...]]]:
    """Newest build, number of builds, owner, name and architecture of each tier's families, the newest first."""
    source = search.source_of(part.conditions, shown=True)
    by_tier: dict[int, list[tuple[Any, ...]]] = {}
    if source is None:
        return by_tier
    grouped = (
        f"SELECT {part.tier}, max(i.id), count(*), i.owner, i.family, i.arch {source.where.text}"
        " GROUP BY 1, i.owner, i.family, i.arch ORDER BY 2 DESC"
    )
    for tier, *family in search.fetch(grouped, source.where.values):
        if tier is not None:
            by_tier.setdefault(tier, []).append(tuple(family))
    return by_tier
