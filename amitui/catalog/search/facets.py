"""Facet counts of a view: how many of its images have each architecture, platform, publisher, year and so on.

A row's facets are one character (`image.facet`), joined inside SQLite with Python's lock released, as its key is:
counting 250,000 of them then takes a third of the time of GROUP BY.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.index.row_key import FACET_BASE, id_of, keys_of
from amitui.catalog.search.compile import PRIVATE
from amitui.catalog.search.conditions import Condition, Sql, plain
from amitui.catalog.search.region_search import RowSource
from amitui.catalog.search.values import PUBLISHER_VALUES
from amitui.domain.image.facets import KNOWN_OWNERS, FacetFacts
from amitui.domain.query.facets import FacetView, Tally, facet_view
from amitui.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amitui.catalog.search.region_file import RegionFile
    from amitui.catalog.search.region_search import RegionSearch
    from amitui.catalog.search.view import CatalogReader
    from amitui.domain.catalogue.view import ViewRequest

DETAILED: Final = 5000
"""Most rows of a view in which accounts and families that nobody knows are counted too: each row is then read."""

_MOST: Final = 50
"""Accounts and families that nobody knows, those of most images."""

_AT_ONCE: Final = 20_000
"""Rows that are counted before another thread may run: a millisecond."""

_IDS_AT_ONCE: Final = 5000


class FacetReader:
    """Counts the facets of views; belongs to the thread of its reader and raises what that raises.

    The last answer is kept while nothing is written, and that of the whole scope beside it: every query begins and
    ends there.
    """

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self._kept: dict[bool, tuple[object, FacetView]] = {}

    def facets(self, request: ViewRequest) -> FacetView:
        """The facets of a view, as it counts: visible, in scope, deprecated ones left out where it hides them."""
        self._reader.resume()
        query = request.query
        state = (self._reader.state_of(request), query.clauses, query.latest, query.latest and request.order)
        is_whole = not query.clauses and not query.latest
        kept = self._kept.get(is_whole)
        if kept is None or kept[0] != state:
            kept = self._kept[is_whole] = state, self._counted(request)
        return kept[1]

    def _counted(self, request: ViewRequest) -> FacetView:
        accounts = request.accounts
        searches = list(self._reader.searches(request))
        if outdated := [file.region for _, file in searches if not file.has_facets]:
            # What the other Regions hold is not the whole.
            raise CacheError(
                f"the index of {', '.join(outdated)} is being made anew",
                why="the one of an older amitui does not say what images are counted by",
                remedy="search again when it is done",
            )
        counters = [_RegionCounter(search, file, accounts) for search, file in searches]
        facts: Counter[FacetFacts] = Counter()
        for counter in counters:
            facts.update(counter.facts())
        if sum(counter.images for counter in counters) <= DETAILED:
            tally = _detailed(facts, counters, accounts)
        else:
            tally = Tally(facts, sum(counter.own() for counter in counters))
        if len(accounts) > 1:
            private = sum((counter.private() for counter in counters), Counter[str]())
            tally = tally._replace(accounts=private)
        return facet_view(tally, PUBLISHER_VALUES)


class _Row(NamedTuple):
    owner: int
    family: int
    kind: int
    id: int


class _RegionCounter:
    """Counts the rows of a view in one region."""

    def __init__(self, search: RegionSearch, file: RegionFile, accounts: tuple[str, ...]) -> None:
        self._search = search
        self.file = file
        self.own_owners = file.owners(accounts)
        """Codes of those of the viewer's accounts that own images here."""
        self._sources = list(self._find_sources())
        self._ids: list[int] = []
        self.images = 0
        """Rows, once they have been counted."""

    def _find_sources(self) -> Iterator[RowSource]:
        """Where each row of the view comes from once."""
        if not self._search.is_of_latest:
            yield from self._search.sources()
            return
        # Which build of a family is in view is decided by the view's order.
        ids = [str(id_of(key)) for key in self._search.keys().keys]
        for start in range(0, len(ids), _IDS_AT_ONCE):
            listed = Sql(f"FROM image i WHERE i.id IN ({', '.join(ids[start : start + _IDS_AT_ONCE])})")
            yield RowSource(listed, reads_all=False)

    def facts(self) -> Counter[FacetFacts]:
        """By what they are counted by, how many images there are."""
        codes: Counter[int] = Counter()
        for where, reads_all in self._sources:
            # Keeping the ids takes a third longer, finding the rows again as long as before.
            ids = "''" if reads_all else "group_concat(i.key, '')"
            statement = f"SELECT group_concat(i.facet, ''), {ids} {where.text}"
            ((joined, keys),) = self.file.fetch(statement, where.values)
            joined = joined or ""
            self.images += len(joined)
            self._ids += map(id_of, keys_of(keys or "", 0)) if len(joined) <= DETAILED else ()
            for start in range(0, len(joined), _AT_ONCE):
                self.file.give_way()
                codes.update(array("I", joined[start : start + _AT_ONCE].encode("utf-32-le")))
        known = self.file.facets()
        return Counter({known[code - FACET_BASE]: images for code, images in codes.items()})

    def own(self) -> int:
        """Images of the viewer's, of those that have been counted."""
        if not self.own_owners or not self.images:
            return 0
        test = plain(f"i.owner IN ({', '.join(map(str, self.own_owners))})", owners=self.own_owners)
        sources = self._those(test)
        return sum(int(self.file.fetch(f"SELECT count(*) {one.text}", one.values)[0][0]) for one in sources)

    def private(self) -> Counter[str]:
        """By account, the rows that it sees and not everybody, of those that have been counted."""
        found: Counter[str] = Counter()
        for one in self._those(PRIVATE) if self.images else ():
            counts = self.file.fetch(f"SELECT i.audience, count(*) {one.text} GROUP BY i.audience", one.values)
            found.update({self.file.account(code): images for code, images in counts})
        return found

    def _those(self, test: Condition) -> list[Sql]:
        """The rows of the view that fulfil a condition on the narrow columns."""
        if self._search.is_of_latest:
            return [Sql(f"{where.text} AND {test.probe.text}", where.values) for where, _ in self._sources]
        return [self._search.shown(test)]

    def rows(self) -> list[_Row]:
        """The rows that were counted."""
        again = [where for where, reads_all in self._sources if reads_all]
        again.append(Sql(f"FROM image i WHERE i.id IN ({', '.join(map(str, self._ids))})"))
        return [
            _Row._make(row)
            for where in again
            for row in self.file.fetch(f"SELECT i.owner, i.family, i.kind, i.id {where.text}", where.values)
        ]

    def name(self, row_id: int) -> str:
        """An image's name; empty when it has vanished."""
        return next(
            (name for (name,) in self.file.fetch("SELECT name FROM image_text WHERE id = ?", (row_id,))), ""
        )


def _detailed(facts: Counter[FacetFacts], counters: Sequence[_RegionCounter], accounts: tuple[str, ...]) -> Tally:
    """What is counted of a view whose rows can be read one by one."""
    found = [(counter, counter.rows()) for counter in counters]
    owners: Counter[str] = Counter()
    for counter, rows in found:
        by_owner = Counter(row.owner for row in rows)
        named = _accounts(counter.file, by_owner)
        owners.update({named[code]: images for code, images in by_owner.items()})
    own = sum(owners.pop(account, 0) for account in dict.fromkeys(accounts))
    for known in KNOWN_OWNERS:
        owners.pop(known, None)
    return Tally(facts, own, dict(owners.most_common(_MOST)), _families(found))


def _accounts(file: RegionFile, codes: Iterable[int]) -> dict[int, str]:
    listed = ", ".join(map(str, codes))
    return dict(file.fetch(f"SELECT code, account FROM owner WHERE code IN ({listed})"))  # noqa: S608 - codes


def facets_of(file: RegionFile) -> dict[int, FacetFacts]:
    """What the images of a file are counted by, by its code."""
    rows = file.fetch(f"SELECT code, {', '.join(FacetFacts._fields)} FROM facet")  # noqa: S608 - columns of ours
    return {code: FacetFacts(*values) for code, *values in rows}


def _families(found: Sequence[tuple[_RegionCounter, list[_Row]]]) -> Counter[str]:
    """Families of unknown pattern, by name; an image without a name is no family."""
    from amitui.domain.image.family import family_of

    images: Counter[int] = Counter()
    examples: dict[int, tuple[_RegionCounter, int]] = {}
    for counter, rows in found:
        unknown = {code for code, _ in counter.file.unknown_kinds()}
        for row in rows:
            if row.kind in unknown:
                images[row.family] += 1
                examples[row.family] = counter, row.id
    named: Counter[str] = Counter()
    for family, count in images.most_common(_MOST):
        counter, row_id = examples[family]
        if name := family_of(counter.name(row_id)):
            named[name] = count
    return named
