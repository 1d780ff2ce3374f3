"""How a view's rows are found in one region's file: what drives the search, what is tested then, in which order.

Newest first is the order of row ids, so a plan streams: the first page needs no sort and stops early. The rest of
the conditions is tested as each row comes by, with their `probe` form when few rows will be, else with `sets`.
"""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from amitui.catalog.search.conditions import Condition, Match, Sql
from amitui.domain.image.row import INDEX_COLUMNS, IndexColumn, Kept
from amitui.domain.image.worst_finding import MASK, SHIFT
from amitui.domain.query.terms import BEST, SORT_COLUMNS

FEW_ROWS: Final = 3000
"""Rows that are read one by one in less time than the trigram index takes for a common word."""

SOME_ROWS: Final = 20_000
"""Rows for which fetching by an owner's index and sorting is quicker than reading the whole table."""


class Source(NamedTuple):
    """What drives a search."""

    tables: Sql
    """FROM, with the first condition after WHERE."""
    row_id: str
    """Column that orders by creation without sorting, when `ordered`."""
    ordered: bool
    """Whether rows come in the order of their ids."""
    few: bool
    """Whether they are few."""


_EVERY_ROW: Final = Source(Sql("FROM image i NOT INDEXED WHERE 1"), "i.id", ordered=True, few=False)


class Plan(NamedTuple):
    """A source, and the conditions that are left to be tested."""

    source: Source
    tests: tuple[Condition, ...]
    driver: str = ""
    """The FTS5 expression of the source, if it has one."""

    @property
    def reads_all(self) -> bool:
        """Whether the whole table is read, and no text."""
        return self.source == _EVERY_ROW and not any(test.match or test.names for test in self.tests)

    def where(self, *, probe: bool, extra: Sequence[Condition] = ()) -> Sql:
        """FROM and WHERE of the whole."""
        tests = (*self.tests, *extra)
        parts = [self.source.tables, *(test.probe if probe else self._narrowed(test.sets) for test in tests)]
        text = " AND ".join(part.text for part in parts)
        return Sql(text, tuple(value for part in parts for value in part.values))

    def _narrowed(self, sets: Sql) -> Sql:
        """The same sets, only of rows that the source yields at all."""
        if not self.driver:
            return sets
        values = (
            Match(f"({self.driver}) AND {value}") if isinstance(value, Match) else value for value in sets.values
        )
        return Sql(sets.text, tuple(values))


def plan(conditions: Sequence[Condition], count: Callable[[Sql, int], int], *, some: int) -> Plan:
    """The plan for rows that fulfil all conditions.

    Args:
        conditions: what is asked, the scope included.
        count: counts what a FROM clause yields, up to a limit.
        some: most rows that may be fetched by their owner and sorted, where nothing better drives the search.
    """
    match = _match_of(conditions)
    for condition in conditions:
        if condition.few:
            tables = Sql(f"FROM image i WHERE {condition.probe.text}", condition.probe.values)
            rows = Source(tables, "i.id", ordered=False, few=True)
            return Plan(rows, tuple(other for other in conditions if other is not condition))
    few = _by_owner(conditions, count, FEW_ROWS)
    if few is not None:
        return few
    if match:
        tests = tuple(
            # Short texts are not in the full-text index: to fetch all rows that have one reads every name.
            one._replace(sets=one.probe) if one.match or one.names is not None else one
            for one in conditions
            if not (one.match and one.exact) and not one.avoid
        )
        tables = Sql("FROM search s CROSS JOIN image i ON i.id = s.rowid WHERE search MATCH ?", (match,))
        return Plan(Source(tables, "s.rowid", ordered=True, few=False), tests, driver=match)
    more = _by_owner(conditions, count, some)
    if more is not None:
        return more
    for condition in conditions:
        if condition.names is not None:
            tables = Sql(
                f"FROM image_text t NOT INDEXED CROSS JOIN image i ON i.id = t.id WHERE {condition.names.text}",
                condition.names.values,
            )
            names = Source(tables, "t.id", ordered=True, few=False)
            return Plan(names, tuple(other for other in conditions if other is not condition))
    return Plan(_EVERY_ROW, tuple(conditions))


def _match_of(conditions: Sequence[Condition]) -> str:
    """One FTS5 expression for all conditions that have one; empty when none says what to look for."""
    matches = [condition.match for condition in conditions if condition.match]
    if not matches:
        return ""
    found = f"({' AND '.join(matches)})"
    for condition in conditions:
        if condition.avoid:
            found = f"({found} NOT {condition.avoid})"
    return found


def _by_owner(conditions: Sequence[Condition], count: Callable[[Sql, int], int], limit: int) -> Plan | None:
    """Rows fetched by their owner or by who alone sees them, when these are no more than `limit`."""
    for condition in conditions:
        if condition.owners is None and condition.audiences is None:
            continue
        if condition.owners is not None:
            codes = ", ".join(map(str, condition.owners))
            tables = Sql(f"FROM image i INDEXED BY image_owner WHERE i.owner IN ({codes})")
        else:
            private = f"i.audience IN ({', '.join(map(str, condition.audiences or ()))}) AND i.audience <> 0"
            tables = Sql(f"FROM image i INDEXED BY image_private WHERE {private}")
        if count(tables, limit + 1) <= limit:
            return Plan(Source(tables, "i.id", ordered=False, few=limit <= FEW_ROWS), tuple(conditions))
    return None


def order_value(column: str) -> str | None:
    """SQL of what a column is sorted by, with NULL for rows without a value; `None`: by creation.

    Raises:
        KeyError: no such column can sort.
    """
    return _ORDER_VALUES[column]


def _order_value(column: IndexColumn) -> str:
    match column.kept:
        case Kept.TEXT:
            return f"(SELECT nullif(lower(text), '') FROM term WHERE code = i.{column.name})"
        case Kept.NUMBER:
            return f"nullif(i.{column.name}, 0)"
        case Kept.TIME:
            return f"i.{column.name}"


_ORDER_VALUES: Final[dict[str, str | None]] = {
    "id": "(SELECT image_id FROM image_text WHERE id = i.id)",
    "name": "(SELECT nullif(lower(name), '') FROM image_text WHERE id = i.id)",
    "description": "(SELECT nullif(lower(coalesce(n.description, t.name)), '')"
    " FROM note n JOIN image_text t ON t.id = n.id WHERE n.id = i.id)",
    "owner": "(SELECT nullif(account, '') FROM owner WHERE code = i.owner)",
    **{column.name: _order_value(column) for column in INDEX_COLUMNS if column.sorts},
    "severity": f"nullif(i.flags >> {SHIFT} & {MASK}, 0)",
    # Row ids are in the order of creation, and a file has one region.
    "created": None,
    "region": None,
}
"""By the column, but for those of `COMPILED`."""

COMPILED: Final = ("publisher", "trust", BEST)
"""What is ordered by something else than a column: by the owner and the alias, or by `best`."""

if wrong := set(SORT_COLUMNS) - _ORDER_VALUES.keys() - set(COMPILED):
    raise TypeError(f"SQL cannot sort by {', '.join(sorted(wrong))}")
