"""The order `best`: the right image first.

A view is made of segments, one behind the other. Images whose names are understood come kind by kind, the
best kind first; the others of a tier (the viewer's own, sellers', strangers') follow newest first, found by
their texts. Each segment streams: a first page reads no further than it has to.
"""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

from amitui.catalog.index.row_key import keys_of
from amitui.catalog.search.best_text import TextPart, families_by_tier, keys_by_tier
from amitui.catalog.search.conditions import Condition, any_of, name_like, negation, plain, tests_behind
from amitui.catalog.search.matching import TIER_OF_ROW, Matching
from amitui.catalog.search.region_search import RegionKeys, RegionSearch
from amitui.catalog.search.segments import (
    RowsInScope,
    Segment,
    listed_kinds,
    literally,
    of_tier,
    reversed_kinds,
)
from amitui.domain.products.tier import Tier
from amitui.domain.query.ranking import Rank, text_rank

_KINDS_AT_ONCE: Final = 8
"""Kinds whose rows are read together at first; then twice as many, and so on."""

_NAMED: Final[Rank] = (-2,)
_WANTED: Final[Rank] = (-1,)
_COPIES: Final = ("copy of *", "*-copy")
_VOUCHED: Final = plain(f"i.kind IN (SELECT code FROM kind WHERE tier <= {Tier.MARKETPLACE.value})")
"""Of an owner that is known or that AWS vouches for."""


_TEXT_TIERS: Final = tuple(tier for tier in Tier if tier is not Tier.OWN)
"""Those of which rows are found by their text."""
_NO_KEYS: Final = RegionKeys(array("q"), 0)


class BestSearch(RegionSearch):
    """Answers a request for the best first from one region's file."""

    def first(self, limit: int) -> list[tuple[Any, int]]:
        """Ranks and ids of the first rows."""
        found: list[tuple[Any, int]] = []
        if self._hopeless:
            return found
        for rank, row_id in self._best(limit):
            found.append((rank, row_id))
            if len(found) == limit:
                break
        return found

    def keys(self) -> RegionKeys:
        """Keys of all rows, in order."""
        if self._hopeless:
            return RegionKeys(array("q"), 0)
        if self._request.query.latest:
            ids = [row_id for _, row_id in self._best(None)]
            return RegionKeys(self._keys_of(ids), self.count_hidden())
        keys = array("q")
        hidden = 0
        texts: dict[int, RegionKeys] | None = None
        for segment in self.segments():
            if segment.text is not None:
                texts = keys_by_tier(self, segment.text, _TEXT_TIERS) if texts is None else texts
                part = texts.get(segment.text.of, _NO_KEYS)
            else:
                part = self._segment_keys(segment)
            keys += part.keys
            hidden += part.deprecated_hidden
        return RegionKeys(keys, hidden)

    def valued(self) -> tuple[list[tuple[Any, int]], int]:
        """Ranks and ids of all rows, in order; and how many deprecated ones are left out."""
        if self._hopeless:
            return [], 0
        return list(self._best(None)), self.count_hidden()

    # For families and explanations

    @property
    def matching(self) -> Matching:
        """What the query's words mean here."""
        return self._matching

    @property
    def own_owners(self) -> tuple[int, ...]:
        """Codes of the viewer's accounts."""
        return self._compiler.owned_by()

    @property
    def now(self) -> int:
        """Epoch seconds by which deprecation is judged."""
        return self._request.now

    def fetch(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """All rows of a statement on the region's file."""
        return self._file.fetch(statement, values)

    @property
    def slot(self) -> int:
        """The region's, in the keys of its rows."""
        return self._file.slot

    @property
    def key_column(self) -> str:
        """SQL of the key of a row `i`; empty for one that is left out because it is deprecated."""
        return f"CASE WHEN {self._hidden} THEN '' ELSE i.key END" if self._hidden else "i.key"

    def source_of(self, conditions: Sequence[Condition], *, shown: bool) -> RowsInScope | None:
        """Where the rows in scope that fulfil conditions come from; `None`: there are none.

        Args:
            shown: leave out those that are hidden as deprecated.
        """
        asked = [*self._scope_conditions, *conditions, *(self._not_hidden() if shown else ())]
        if any(condition.ids == () for condition in asked):
            return None
        plan = self._plan(asked)
        return RowsInScope(plan.where(probe=plan.source.few), plan.source.ordered)

    def families(self) -> Iterator[tuple[Any, ...]]:
        """Rank, newest build, number of builds, owner, name and architecture of the families of each segment."""
        texts: dict[int, list[tuple[Any, ...]]] | None = None
        for segment in self.segments():
            if segment.text is not None:
                texts = families_by_tier(self, segment.text) if texts is None else texts
                for family in texts.get(segment.text.of, ()):
                    yield segment.rank, *family
            else:
                statement, values = self._grouped(segment)
                for place, *family in self.fetch(statement, values) if statement else ():
                    yield (segment.kinds[place].rank if segment.kinds else segment.rank, *family)

    def _grouped(self, segment: Segment) -> tuple[str, tuple[Any, ...]]:
        """Statement and values for a segment's families, in order; an empty statement: it has none.

        A row is the place of the kind, the id of the newest build, the number of builds, and owner, name and
        architecture: what makes the family.
        """
        conditions = self._all(segment)
        if any(condition.ids == () for condition in conditions):
            return "", ()
        counted = "max(i.id), count(*), i.owner, i.family, i.arch"
        if not segment.kinds:
            plan = self._plan(conditions)
            where = plan.where(probe=plan.source.few)
            return (
                f"SELECT 0, {counted} {where.text} GROUP BY i.owner, i.family, i.arch ORDER BY 2 DESC",
                where.values,
            )
        places = segment.places()
        listed = listed_kinds(segment, places, 0, len(places))
        tests = tests_behind(conditions)
        return (
            f"SELECT r.column2, {counted} FROM (VALUES {listed}) r CROSS JOIN image i INDEXED BY image_kind"
            f" ON i.kind = r.column1 WHERE 1{tests.text}"
            " GROUP BY r.column2, i.owner, i.family, i.arch ORDER BY 1, 2 DESC"
        ), tests.values

    def has_newer(self, row_id: int, owner: int, family: int, arch: int) -> bool:
        """Whether a newer build of a family is in scope."""
        tests = tests_behind(self._scope_conditions)
        return bool(
            self._file.fetch(
                "SELECT 1 FROM image i INDEXED BY image_owner WHERE i.owner = ? AND i.family = ? AND i.arch = ?"
                f" AND i.id > ?{tests.text} LIMIT 1",
                (owner, family, arch, row_id, *tests.values),
            )
        )

    def shows_any(self, kinds: Sequence[int]) -> bool:
        """Whether the view may show an image of one of these kinds."""
        if not kinds:
            return False
        tests = tests_behind(
            [*self._scope_conditions, *([plain(f"NOT coalesce({self._hidden}, 0)")] if self._hidden else [])]
        )
        listed = ", ".join(map(str, kinds))
        return bool(
            self._file.fetch(f"SELECT 1 FROM image i WHERE i.kind IN ({listed}){tests.text} LIMIT 1", tests.values)
        )

    # Segments

    def segments(self) -> Iterator[Segment]:
        """The parts of the view, in order; no row is in two of them."""
        matching = self._matching
        own = self._compiler.owned_by()
        mine = [plain(f"i.owner IN ({', '.join(map(str, own))})", owners=own)] if own else []
        others = [negation(one) for one in mine]
        apart: list[Condition] = []
        exact = self._exactly_named()
        if exact is not None and exact.ids != ():
            yield from self._named(exact, others, mine)
            known = any_of((_VOUCHED, *mine))
            where = self._plan([*self._scope_conditions, exact, known]).where(probe=True)
            ids = [str(row_id) for (row_id,) in self._file.fetch(f"SELECT i.id {where.text}", where.values)]
            apart = [plain(f"i.id NOT IN ({', '.join(ids)})")] if ids else []
        wants_own = matching.intent.wants_own or self._looks_at_own()
        if wants_own:
            yield from self._own(_WANTED, [*mine, *apart])
        if matching.names_kinds:
            rest, tier_of_row = matching.rest_of_all()
            text = TextPart(tier_of_row, (*others, *apart, rest, *matching.text()))
        else:
            text = TextPart(TIER_OF_ROW, (*others, *apart, *matching.conditions()))
        for tier in Tier:
            if tier is Tier.OWN:
                if not wants_own:
                    yield from self._own((tier,), [*mine, *apart])
            elif matching.names_kinds:
                kinds = tuple(kind for kind in matching.kinds() if kind.tier == tier)
                if kinds:
                    yield Segment((tier,), (*others, *apart, *matching.of_rows()), kinds)
                conditions = (*others, *apart, matching.rest(tier), *matching.text())
                yield Segment(text_rank(tier), conditions, text=text._replace(of=tier))
            else:
                conditions = (*others, *apart, of_tier(tier), *matching.conditions())
                yield Segment(text_rank(tier), conditions, text=text._replace(of=tier))

    def _exactly_named(self) -> Condition | None:
        """Rows that the query names whole, by name or id."""
        name = self._matching.intent.name
        if name:
            return name_like(literally(name))
        ids = self._request.query.image_ids()
        return any_of(map(self._compiler.identified, ids)) if ids else None

    def _named(
        self, exact: Condition, others: Sequence[Condition], mine: Sequence[Condition]
    ) -> Iterator[Segment]:
        """Rows that are named whole and whose owner is known: a name by itself proves nothing."""
        fields = self._matching.conditions() if not self._matching.intent.name else []
        yield Segment(_NAMED, (exact, *others, _VOUCHED, *fields))
        if mine:
            yield Segment((*_NAMED, 1), (exact, *mine, *fields))

    def _own(self, rank: Rank, mine: Sequence[Condition]) -> Iterator[Segment]:
        """The viewer's own images: what can be launched first, copies of others' images last."""
        if not self._compiler.owned_by():
            return
        conditions = (*mine, *self._matching.conditions())
        copied = any_of((*(name_like(pattern) for pattern in _COPIES), negation(self._matching.unknown())))
        ready = self._compiler.available()
        yield Segment((*rank, 0), (*conditions, ready, negation(copied)))
        yield Segment((*rank, 1), (*conditions, ready, copied))
        yield Segment((*rank, 2), (*conditions, negation(ready)))

    def _looks_at_own(self) -> bool:
        """Whether the scopes are the viewer's own images alone."""
        return all(scope.name in ("mine", *self._request.accounts) for scope in self._request.scopes)

    # Rows

    def _best(self, limit: int | None) -> Iterator[tuple[Rank, int]]:
        """Ranks and ids in order; with a query for the latest, the first of each owner, family and architecture.

        Args:
            limit: how many are wanted at most; `None`: all.
        """
        for rank, row_id in self.stream(limit):
            if row_id is not None:
                yield rank, row_id

    def stream(self, limit: int | None) -> Iterator[tuple[Rank, int | None]]:
        """The same, with `None` before each part of the view: what follows has that rank at best."""
        seen: set[tuple[int, ...]] = set()
        latest = self._request.query.latest
        for segment in self.segments():
            yield segment.best_rank, None
            for rank, row_id, *family in self.rows_of(segment, None if latest else limit):
                group = tuple(family)
                if not latest:
                    yield rank, row_id
                elif group not in seen:
                    seen.add(group)
                    yield rank, row_id

    def rows_of(self, segment: Segment, limit: int | None) -> Iterator[tuple[Any, ...]]:
        """Rank, id, owner, family and architecture of a segment's rows."""
        conditions = self._all(segment)
        if any(condition.ids == () for condition in conditions):
            return
        bound = "" if limit is None else f" LIMIT {limit}"
        columns = "i.id, i.owner, i.family, i.arch"
        if not segment.kinds:
            yield from self._text_rows(segment, conditions, columns, limit)
            return
        tests = tests_behind(conditions)
        places = segment.places()
        start, size = 0, _KINDS_AT_ONCE if limit is not None else len(segment.kinds)
        while start < len(segment.kinds):
            stop = start + size
            while stop < len(places) and places[stop] == places[stop - 1]:
                stop += 1
            listed = listed_kinds(segment, places, start, stop)
            statement = (
                f"SELECT r.column2, {columns} FROM (VALUES {listed}) r CROSS JOIN image i ON i.kind = r.column1"
                f" WHERE 1{tests.text} ORDER BY r.column2, i.id DESC{bound}"
            )
            for place, *row in self._file.rows(statement, tests.values):
                yield segment.kinds[place].rank, *row
            start, size = stop, size * 2

    def _text_rows(
        self, segment: Segment, conditions: list[Condition], columns: str, limit: int | None
    ) -> Iterator[tuple[Any, ...]]:
        if limit is not None:
            for found, _ in self._newest_of(conditions, limit):
                yield segment.rank, found, 0, 0, 0
            return
        plan = self._plan(conditions)
        where = plan.where(probe=plan.source.few)
        order = f"ORDER BY {plan.source.row_id} DESC"
        for row in self._file.rows(f"SELECT {columns} {where.text} {order}", where.values):
            yield segment.rank, *row

    def _all(self, segment: Segment, *, shown: bool = True) -> list[Condition]:
        conditions = [*self._scope_conditions, *segment.conditions]
        if shown and self._hidden:
            conditions.append(plain(f"NOT coalesce({self._hidden}, 0)"))
        return conditions

    # Keys

    def _segment_keys(self, segment: Segment) -> RegionKeys:
        conditions = self._all(segment, shown=False)
        if any(condition.ids == () for condition in conditions):
            return RegionKeys(array("q"), 0)
        key = self.key_column
        if not segment.kinds:
            plan = self._plan(conditions)
            where = plan.where(probe=plan.source.few)
            order = "" if plan.source.ordered else " ORDER BY i.id"
            statement = f"SELECT group_concat(k, ''), count(*) FROM (SELECT {key} AS k {where.text}{order})"
            return self._joined(statement, where.values, reverse=True)
        # Worst kind first and oldest first, as the index yields them: turned round as a whole.
        listed = ", ".join(f"({kind.code}, {place})" for place, kind in reversed_kinds(segment))
        tests = tests_behind(conditions)
        source = (
            f"FROM (VALUES {listed}) r CROSS JOIN image i INDEXED BY image_kind ON i.kind = r.column1"
            f" WHERE 1{tests.text}"
        )
        statement = f"SELECT group_concat({key}, ''), count(*) {source}"
        if len(set(segment.places())) < len(segment.kinds):
            source = f"SELECT {key} AS k {source} ORDER BY r.column2 DESC, i.id"
            statement = f"SELECT group_concat(k, ''), count(*) FROM ({source})"
        return self._joined(statement, tests.values, reverse=True)

    def ranked_keys(self) -> Iterator[tuple[Rank, RegionKeys]]:
        """Keys of all rows by their rank, equals in any order; without regard to the latest."""
        texts: dict[int, RegionKeys] | None = None
        for segment in self.segments() if not self._hopeless else ():
            if segment.text is not None:
                texts = keys_by_tier(self, segment.text, _TEXT_TIERS) if texts is None else texts
                yield segment.rank, texts.get(segment.text.of, _NO_KEYS)
                continue
            if not segment.kinds:
                yield segment.rank, self._segment_keys(segment)
                continue
            tests = tests_behind(self._all(segment, shown=False))
            key = self.key_column
            places = segment.places()
            statement = (
                f"SELECT r.column2, group_concat({key}, ''), count(*)"
                f" FROM (VALUES {listed_kinds(segment, places, 0, len(places))}) r"
                f" CROSS JOIN image i INDEXED BY image_kind ON i.kind = r.column1 WHERE 1{tests.text}"
                " GROUP BY r.column2"
            )
            for place, joined, count in self._file.fetch(statement, tests.values):
                keys = keys_of(joined or "", self._file.slot)
                yield segment.kinds[place].rank, RegionKeys(keys, count - len(keys))

    def _keys_of(self, ids: Sequence[int]) -> array[int]:
        from amitui.catalog.index.row_key import key_text

        return keys_of("".join(map(key_text, ids)), self._file.slot)
