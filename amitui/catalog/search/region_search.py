"""A view of one region: which rows are visible and asked for, their ids for a first page, and all their keys."""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from amitui.catalog.index.row_key import keys_of
from amitui.catalog.search.compile import Compiler
from amitui.catalog.search.conditions import ALWAYS, Condition, Sql, all_of, any_of, outside, plain, tests_behind
from amitui.catalog.search.plan import FEW_ROWS, SOME_ROWS, Plan, order_value, plan
from amitui.catalog.search.region_file import OutOfTime, RegionFile, SlottedShard, slots_of
from amitui.catalog.search.slots import Slots
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.view import ViewRequest

if TYPE_CHECKING:
    from amitui.catalog.search.best import BestSearch
    from amitui.catalog.search.matching import Matching
    from amitui.domain.query.intent import Intent
    from amitui.domain.query.ranking import Ranking

_FIRST_TRY_SECONDS: Final = 0.008
"""How long rows are tested one by one for a first page before whole sets are fetched."""

Value: TypeAlias = str | int | None


class RegionKeys(NamedTuple):
    """The rows of a view in one region."""

    keys: array[int]
    deprecated_hidden: int


class RowSource(NamedTuple):
    """Some rows of a view."""

    where: Sql
    """FROM and WHERE."""
    reads_all: bool
    """Whether the whole table is read to find them, which tests of narrow columns make cheap."""


def best_search(file: RegionFile, request: ViewRequest, rankings: dict[Intent, Ranking]) -> BestSearch:
    """A view of one region, the best first; a start without words imports none of what that needs."""
    from amitui.catalog.search.best import BestSearch

    return BestSearch(file, request, rankings)


class RegionSearch:
    """Answers one request from one region's file, which must have been looked at."""

    def __init__(
        self, file: RegionFile, request: ViewRequest, rankings: dict[Intent, Ranking] | None = None
    ) -> None:
        """Args:
        rankings: of the same request in other regions; grows.
        """
        self._file = file
        self._rankings = rankings
        self._request = request
        self._compiler = Compiler(file, accounts=request.accounts, now=request.now)
        self._hidden = f"i.deprecated <= {request.now}" if request.hides_deprecated else ""
        self._newest_first = request.order.column != "created" or request.order.descending
        """How rows that are otherwise equal are ordered; by region, all of a region's rows are."""
        scope = self._scope()
        self.nothing = scope is None
        """Whether the region holds nothing that the viewer may see in these scopes."""
        self._scope_conditions: list[Condition] = scope or []
        self._conditions = [*self._scope_conditions, *self._asked()]
        self._hopeless = any(condition.ids == () for condition in self._conditions)
        """Whether something is asked for that the region does not have at all."""

    # Which rows

    def _asked(self) -> list[Condition]:
        """What the query asks of rows, whatever their order."""
        return self._matching.conditions() if self._request.query.clauses else []

    @cached_property
    def _matching(self) -> Matching:
        """What the query's words mean here; a start without words needs none of it."""
        from amitui.catalog.search.matching import Matching

        return Matching(self._file, self._compiler, self._request.query, self._rankings)

    def _scope(self) -> list[Condition] | None:
        """Conditions for rows in scope and visible; `None` when there are none."""
        request = self._request
        names = {scope.name for scope in request.scopes}
        by_scope = names - {scope.name for scope in _accounts(request)}
        every = self._file.shards()
        visible = [one for one in every if one.status.is_visible_to(request.accounts)]
        chosen = [one for one in visible if ALL.name in names or one.status.shard.owner_scope in by_scope]
        choices: list[list[Condition]] = []
        if chosen:
            choices.append(self._in_slots(chosen, all_of_them=len(chosen) == len(every)))
        owners = self._file.owners(scope.name for scope in _accounts(request))
        if owners and visible:
            codes = ", ".join(map(str, owners))
            seen = self._in_slots(visible, all_of_them=len(visible) == len(every))
            choices.append([plain(f"i.owner IN ({codes})", owners=owners), *seen])
        if not choices:
            return None
        found = choices[0] if len(choices) == 1 else [any_of(map(_all_or_always, choices))]
        own = self._compiler.owned_by()
        if len(own) > 1:
            # An image that several of the viewer's accounts see is one row.
            private, of_owners = self._private(chosen), self._private(visible)
            if private or (owners and of_owners):
                found = [*found, *outside(self._file.doubles.seen_twice(private, own, owners, of_owners))]
        return found

    def _private(self, shards: Sequence[SlottedShard]) -> Slots:
        return slots_of(self._file, (one for one in shards if not one.status.shard.is_public))

    def _in_slots(self, shards: Sequence[SlottedShard], *, all_of_them: bool) -> list[Condition]:
        """Conditions for visible rows of shards.

        The viewer's own images count as private only: those shards have more in their records. So does an image
        that is public and also shared with the viewer.
        """
        own = self._compiler.owned_by()
        private = self._private(shards)
        public = slots_of(self._file, (one for one in shards if one.status.shard.is_public))
        if not public:
            return [plain(private.test())._replace(audiences=own or None)]
        tests = []
        if own:
            codes = ", ".join(map(str, own))
            mine = f"{private.test()} OR " if private else ""
            tests.append(plain(f"({mine}({public.test()} AND i.owner NOT IN ({codes})))"))
        elif not all_of_them:
            tests.append(plain(slots_of(self._file, shards).test()))
        shadowed = self._file.doubles.shadowed(private, own) if private else []
        return [*tests, *outside(shadowed)]

    # Answers

    @property
    def compiler(self) -> Compiler:
        """What compiles predicates for this region and viewer."""
        return self._compiler

    def shown(self, *more: Condition) -> Sql:
        """FROM and WHERE of the rows that are shown and fulfil more conditions."""
        return self._plan([*self._shown(), *more]).where(probe=False)

    @property
    def is_of_latest(self) -> bool:
        """Whether of each family and architecture only one build is in view."""
        return self._request.query.latest

    def sources(self) -> Iterator[RowSource]:
        """Where each row that is shown comes from once, all builds of a family among them.

        Rows whose kinds are asked for come by their kinds, the others by their text: read in one go, the text of
        every row would be looked at.
        """
        yield from self._sources(self._not_hidden())

    def _sources(self, more: Sequence[Condition]) -> Iterator[RowSource]:
        """The same of the rows that fulfil more conditions, hidden ones among them."""
        if self._hopeless:
            return
        around = [*self._scope_conditions, *more]
        if self._request.query.clauses and self._matching.are_kinds_asked:
            tests = tests_behind([*around, *self._matching.of_rows()])
            codes = ", ".join(str(kind.code) for kind in self._matching.kinds())
            by_kind = f"FROM image i INDEXED BY image_kind WHERE i.kind IN ({codes}){tests.text}"
            yield RowSource(Sql(by_kind, tests.values), reads_all=False)
            around = [*around, self._matching.unknown(), *self._matching.text()]
        elif self._request.query.clauses:
            around += self._matching.conditions()
        if not any(condition.ids == () for condition in around):
            found = self._plan(around)
            yield RowSource(found.where(probe=found.source.few), reads_all=found.reads_all)

    def test_of_shown(self) -> Sql:
        """What is true of a row `i` of `image` that is shown."""
        return all_of([ALWAYS, *self._shown()]).probe

    def total(self) -> int:
        """Rows in scope, whatever the query."""
        where = self._plan([*self._scope_conditions, *self._not_hidden()]).where(probe=False)
        return int(self._file.fetch(f"SELECT count(*) {where.text}", where.values)[0][0])

    def first(self, limit: int) -> list[tuple[Value, int]]:
        """What the first rows are sorted by, and their ids; in order."""
        if self._hopeless:
            return []
        if self._value() is not None:
            where = self._latest_or_all(self._plan(self._shown()).where(probe=False))
            return self._valued(where, f" LIMIT {limit}")
        return self._newest_of(self._shown(), limit)

    def _newest_of(self, conditions: list[Condition], limit: int) -> list[tuple[Value, int]]:
        """The first rows that fulfil the conditions, in order of creation."""
        quick, thorough = self._plan(conditions, first=True), self._plan(conditions)
        by_row = quick.where(probe=True)
        by_sets = thorough.where(probe=thorough.source.few)
        if by_row != by_sets and not quick.source.few:
            try:
                return self._newest(limit, by_row, quick.source.row_id, seconds=_FIRST_TRY_SECONDS)
            except OutOfTime:
                pass
        return self._newest(limit, by_sets, thorough.source.row_id)

    def _newest(
        self, limit: int, where: Sql, row_id: str, *, seconds: float | None = None
    ) -> list[tuple[Value, int]]:
        order = f"ORDER BY {row_id} {'DESC' if self._newest_first else 'ASC'}"
        if self._request.query.latest:
            return [(found, found) for found in self._first_of_each(where, order, limit)]
        statement = f"SELECT i.id {where.text} {order} LIMIT {limit}"
        if seconds is None:
            rows = self._file.fetch(statement, where.values)
        else:
            rows = self._file.fetch_within(seconds, statement, where.values)
        return [(found, found) for (found,) in rows]

    def keys(self) -> RegionKeys:
        """Keys of all rows, in order."""
        if self._hopeless:
            return RegionKeys(array("q"), 0)
        if self._request.query.latest:
            return self._latest_keys()
        found = self._plan(self._conditions)
        where = found.where(probe=found.source.few)
        key = f"CASE WHEN {self._hidden} THEN '' ELSE i.key END" if self._hidden else "i.key"
        value = self._value()
        if value is None and found.source.ordered:
            # group_concat takes rows as the source yields them, ids ascending.
            statement = f"SELECT group_concat({key}, ''), count(*) {where.text}"
        else:
            statement = (
                f"SELECT group_concat(k, ''), count(*) FROM (SELECT {key} AS k {where.text} {self._ordering()})"
            )
        return self._joined(statement, where.values, reverse=value is None and self._newest_first)

    def valued(self) -> tuple[list[tuple[Value, int]], int]:
        """What all rows are sorted by, and their ids, in order; and how many deprecated ones are left out."""
        if self._hopeless:
            return [], 0
        found = self._plan(self._shown())
        where = self._latest_or_all(found.where(probe=found.source.few))
        return self._valued(where, ""), self.count_hidden()

    def _joined(self, statement: str, values: tuple[str | int, ...], *, reverse: bool) -> RegionKeys:
        ((joined, count),) = self._file.fetch(statement, values)
        keys = keys_of(joined or "", self._file.slot)
        if reverse:
            keys.reverse()
        return RegionKeys(keys, count - len(keys))

    def _latest_keys(self) -> RegionKeys:
        found = self._plan(self._shown())
        where = self._latest_or_all(found.where(probe=found.source.few))
        value = self._value()
        statement = (
            f"SELECT group_concat(k, ''), count(*) FROM (SELECT i.key AS k {where.text} {self._ordering()})"
        )
        keys = self._joined(statement, where.values, reverse=value is None and self._newest_first).keys
        return RegionKeys(keys, self.count_hidden())

    def _valued(self, where: Sql, limit: str) -> list[tuple[Value, int]]:
        value = self._value() or "i.id"
        return self._file.fetch(f"SELECT {value}, i.id {where.text} {self._ordering()}{limit}", where.values)

    def _ordering(self) -> str:
        """ORDER BY; where no value orders rows, ids ascending: the joined keys are turned round as a whole."""
        value = self._value()
        if value is None:
            return "ORDER BY i.id"
        direction = "DESC" if self._request.order.descending else "ASC"
        return f"ORDER BY {value} IS NULL, {value} {direction}, i.id DESC"

    def _value(self) -> str | None:
        """SQL of what the view is sorted by; `None`: by creation, or by what is the same in the whole region."""
        column = self._request.order.column
        if column == "publisher":
            return self._compiler.publisher()
        return self._compiler.trust() if column == "trust" else order_value(column)

    def _shown(self) -> list[Condition]:
        """The conditions, that of not being deprecated included."""
        return [*self._conditions, *self._not_hidden()]

    def _not_hidden(self) -> list[Condition]:
        return [plain(f"NOT coalesce({self._hidden}, 0)")] if self._hidden else []

    def count_hidden(self) -> int:
        """Matches that are left out because they are deprecated."""
        if not self._hidden or self._hopeless:
            return 0
        sources = self._sources([plain(f"coalesce({self._hidden}, 0)")])
        return sum(
            int(self._file.fetch(f"SELECT count(*) {where.text}", where.values)[0][0]) for where, _ in sources
        )

    def _latest_or_all(self, where: Sql) -> Sql:
        """The rows themselves, or of each owner, family and architecture among them the newest."""
        if not self._request.query.latest:
            return where
        newest = f"SELECT max(i.id) {where.text} GROUP BY i.owner, i.family, i.arch"
        return Sql(f"FROM image i WHERE i.id IN ({newest})", where.values)

    def _first_of_each(self, where: Sql, order: str, limit: int) -> Iterable[int]:
        """Ids of the newest of each owner, family and architecture, of the first so many; reads no further."""
        if not self._newest_first:
            newest = self._latest_or_all(where)
            statement = f"SELECT i.id {newest.text} ORDER BY i.id LIMIT {limit}"
            return [row_id for (row_id,) in self._file.fetch(statement, newest.values)]
        seen: set[tuple[int, int, int]] = set()
        found: list[int] = []
        for row_id, *product in self._file.rows(
            f"SELECT i.id, i.owner, i.family, i.arch {where.text} {order}", where.values
        ):
            group = tuple(product)
            if group not in seen:
                seen.add(group)
                found.append(row_id)
                if len(found) == limit:
                    break
        return found

    def _plan(self, conditions: list[Condition], *, first: bool = False) -> Plan:
        return plan(conditions, self._file.count, some=FEW_ROWS if first else SOME_ROWS)


def _accounts(request: ViewRequest) -> list[Scope]:
    return [scope for scope in request.scopes if scope.account_id]


def _all_or_always(conditions: list[Condition]) -> Condition:
    return all_of(conditions) if conditions else ALWAYS
