"""What values a query's fields have in the catalogue, and how many images have each: for completion."""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from amitui.catalog.search.compile import PRIVATE, SEVERITY
from amitui.domain.image.publishers import MARKETPLACE_ALIAS, PUBLISHERS, accounts_named
from amitui.domain.image.worst_finding import WorstFinding
from amitui.domain.query.offers import FieldValue, merged, most_first
from amitui.domain.query.terms import SORT_COLUMNS, Flag, Os, Query
from amitui.domain.query.values import ENUMERATIONS

if TYPE_CHECKING:
    from amitui.catalog.search.region_file import RegionFile
    from amitui.catalog.search.region_search import RegionSearch
    from amitui.catalog.search.view import CatalogReader
    from amitui.domain.catalogue.view import ViewRequest

TAG_KEYS: Final = 200
"""Most keys of tags, and values of a tag, that are counted; those of most images first."""

_SYSTEMS_BY_FIELD: Final = ("linux", "windows")
"""Systems that are told by a narrow column, and so are quickly counted."""

_SYSTEMS_BY_NAME: Final = (
    *("amazon-linux", "ubuntu", "debian", "rhel", "suse", "rocky", "almalinux", "centos", "fedora", "oracle"),
    *("bottlerocket", "flatcar", "freebsd", "macos"),
)

_PLAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")


class ValueReader:
    """Reads the values of fields; keeps what it counted while nothing is written and the scopes stay.

    Belongs to the thread of its reader and raises what that raises.
    """

    def __init__(self, reader: CatalogReader) -> None:
        self._reader = reader
        self._state: object = None
        self._counted: dict[tuple[str, str], tuple[FieldValue, ...]] = {}

    def values(self, request: ViewRequest, field: str, key: str = "") -> tuple[FieldValue, ...]:
        """The values of a field among the images in a request's Regions and scopes, whatever its query.

        Args:
            request: whose Regions, scopes and viewer count.
            field: of the query language; one that has a list of values.
            key: of `tag`: the key whose values are meant, lower case; empty: the keys themselves.
        """
        if field == "sort":
            return tuple(FieldValue(column) for column in SORT_COLUMNS)
        if field == "latest":
            return (FieldValue("yes"), FieldValue("no"))
        request = request._replace(
            query=Query("", ()),
            sort=None,
            # A query that speaks of deprecation finds deprecated images too.
            show_deprecated=field == "deprecated" or not request.hides_deprecated,
        )
        self._reader.resume()
        state = (self._reader.state_of(request), field == "deprecated")
        if self._state != state:
            self._state = state
            self._counted.clear()
        if (field, key) not in self._counted:
            self._counted[field, key] = self._count(request, field, key)
        return self._counted[field, key]

    def _count(self, request: ViewRequest, field: str, key: str) -> tuple[FieldValue, ...]:
        if field == "tag":
            return most_first(self._each(request, partial(_tags, key=key)))[:TAG_KEYS]
        if field == "os":
            return self._each(request, _systems)
        if field == "owner":
            return most_first(self._each(request, partial(_owners, accounts=request.accounts)))
        if field == "account":
            return most_first(self._each(request, _accounts))
        if field in ENUMERATIONS:
            return most_first(self._each(request, partial(_enumerated, field=field)))
        return self._each(request, partial(_flags, field=field))

    def _each(
        self, request: ViewRequest, count: Callable[[RegionSearch, RegionFile], list[FieldValue]]
    ) -> tuple[FieldValue, ...]:
        return merged([count(search, file) for search, file in self._reader.searches(request)])


def _enumerated(search: RegionSearch, file: RegionFile, *, field: str) -> list[FieldValue]:
    where = search.shown()
    if field == "severity":
        counts = file.fetch(f"SELECT {SEVERITY}, count(*) {where.text} GROUP BY 1", where.values)
        return [
            FieldValue(WorstFinding(value).word, count)
            for value, count in counts
            if value <= WorstFinding.CRITICAL
        ]
    texts = file.terms(field)
    names = {values[0]: name for name, values in reversed(ENUMERATIONS[field].items()) if len(values) == 1}
    counts = file.fetch(f"SELECT i.{field}, count(*) {where.text} GROUP BY i.{field}", where.values)
    return [
        FieldValue(name, count)
        for code, count in counts
        if (name := names.get(texts.get(code, "").lower())) is not None
    ]


def _flags(search: RegionSearch, file: RegionFile, *, field: str) -> list[FieldValue]:
    total = search.total()
    having = _count_of(search, file, Flag(field, True))
    yes, no = ("v2", "v1") if field == "imds" else ("yes", "no")
    return [FieldValue(yes, having), FieldValue(no, total - having)]


def _systems(search: RegionSearch, file: RegionFile) -> list[FieldValue]:
    counted = [FieldValue(system, _count_of(search, file, Os((system,)))) for system in _SYSTEMS_BY_FIELD]
    return [*counted, *(FieldValue(system) for system in _SYSTEMS_BY_NAME)]


def _count_of(search: RegionSearch, file: RegionFile, predicate: Flag | Os) -> int:
    where = search.shown(search.compiler.predicate(predicate))
    return int(file.fetch(f"SELECT count(*) {where.text}", where.values)[0][0])


def _owners(search: RegionSearch, file: RegionFile, *, accounts: tuple[str, ...]) -> list[FieldValue]:
    """Publishers and aliases by the words that `owner:` takes, and the viewer as `self`."""
    named = {value: search.compiler.owners_named(value.text.lower()) for value in PUBLISHER_VALUES}
    own = file.owners(accounts)
    if own:
        named[FieldValue("self", words=("own", "mine"))] = (own, [])
    owners = sorted({code for codes, _ in named.values() for code in codes})
    aliases = sorted({code for _, codes in named.values() for code in codes})
    where = search.shown()
    counts = file.fetch(
        f"SELECT i.owner, i.alias, count(*) {where.text} AND (i.owner IN ({', '.join(map(str, owners))})"
        f" OR i.alias IN ({', '.join(map(str, aliases))})) GROUP BY i.owner, i.alias",
        where.values,
    )
    return [
        value._replace(
            images=sum(count for owner, alias, count in counts if owner in wanted or alias in wanted_aliases)
        )
        for value, (wanted, wanted_aliases) in named.items()
    ]


def _accounts(search: RegionSearch, file: RegionFile) -> list[FieldValue]:
    """By the ids of the viewer's accounts, the rows that are seen by them and not by everybody."""
    where = search.shown(PRIVATE)
    counts = file.fetch(f"SELECT i.audience, count(*) {where.text} GROUP BY i.audience", where.values)
    return [FieldValue(file.account(code), count) for code, count in counts]


def _publisher_values() -> tuple[FieldValue, ...]:
    """Each publisher by its name if that is one word, else by a word for its accounts alone, else in full."""
    values = [FieldValue("amazon", words=("aws",)), FieldValue(MARKETPLACE_ALIAS, words=("marketplace",))]
    for publisher in PUBLISHERS:
        if not publisher.every_account:
            continue  # it sells on the Marketplace alone
        name = publisher.name.lower()
        accounts = set(accounts_named(name))
        words = [word for word in (name, *publisher.words) if set(accounts_named(word)) == accounts]
        shown = next((word for word in words if _PLAIN_NAME.fullmatch(word)), name)
        values.append(FieldValue(shown, words=(name, *name.split(), *publisher.words)))
    return tuple(dict.fromkeys(values))


PUBLISHER_VALUES: Final = _publisher_values()
"""Publishers by the words that `owner:` takes."""


def _tags(search: RegionSearch, file: RegionFile, *, key: str) -> list[FieldValue]:
    """Keys of tags, or the values of one key in any case."""
    test = search.test_of_shown()
    column, wanted = ("t.value", "t.key = ? COLLATE NOCASE") if key else ("t.key", "1")
    counts = file.fetch(
        f"SELECT {column}, count(DISTINCT i.id) FROM tag t CROSS JOIN image i ON i.id = t.id"
        f" WHERE {wanted} AND {test.text} GROUP BY {column} COLLATE NOCASE",
        (*([key] if key else []), *test.values),
    )
    return [FieldValue(text, count) for text, count in counts if _is_found_in_lower_case(text)]


def _is_found_in_lower_case(text: str) -> bool:
    """Whether a query, which is in lower case, finds the text: SQLite ignores the case of ASCII letters only."""
    return all(character.isascii() or character.lower() == character for character in text)
