"""Facets: for each value by which a view can be narrowed, how many of its images have it, and the filter for it.

The count of a value is how many images the view has with its filter added, so a value may count in two places (the
images that Amazon verified are their publishers' too).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.image.facets import FacetFacts
from amitui.domain.image.publishers import accounts_named
from amitui.domain.query.offers import FieldValue, quoted
from amitui.domain.query.tokens import Token
from amitui.domain.query.values import ENUMERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from amitui.domain.query.accounts import NamedAccount


class FacetValue(NamedTuple):
    """A value of a facet."""

    text: str
    """As it is shown; of families it is a stranger's."""
    images: int
    filter: str
    """The term of a query that finds just these images."""


class Facet(NamedTuple):
    """What a view is counted by."""

    name: str
    """The query's field: `arch`, `os`, `owner`, `account`, `root`, `created`, `state` or `family`."""
    title: str
    values: tuple[FacetValue, ...]
    """Those of most images first, years the latest first; only what some image has and a query can name."""


class FacetView(NamedTuple):
    """All facets of a view."""

    images: int
    facets: tuple[Facet, ...] = ()


class Tally(NamedTuple):
    """What was counted of a view."""

    facts: Mapping[FacetFacts, int]
    own: int = 0
    """Images of the viewer's account."""
    owners: Mapping[str, int] = {}
    """By account; empty when the view is too large to tell accounts apart."""
    families: Mapping[str, int] = {}
    """Those of names that follow no known pattern; empty likewise."""
    accounts: Mapping[str, int] | None = None
    """By account of the viewer's, the rows that it sees and not everybody; `None`: there is one alone."""


TITLES: Final = {
    "arch": "Architecture",
    "os": "Platform",
    "owner": "Publisher",
    "account": "Account",
    "root": "Root device",
    "created": "Created",
    "state": "State",
    "family": "Family",
}
"""By the query's field, in the order in which they are shown."""

MOST_FAMILIES: Final = 100
"""Families in a facet, those of most images: a catalogue has thousands."""

_NAMED: Final = {
    field: {values[0]: name for name, values in reversed(ENUMERATIONS[field].items()) if len(values) == 1}
    for field in ("arch", "root", "state")
}


def facet_view(tally: Tally, publishers: Sequence[FieldValue]) -> FacetView:
    """The facets of what was counted.

    Args:
        tally: the counts.
        publishers: names that `owner:` takes, as completion offers them.
    """
    counted: dict[str, Counter[str]] = {}
    for place, field in enumerate(FacetFacts._fields):
        counts = counted[field] = Counter()
        for facts, images in tally.facts.items():
            counts[str(facts[place])] += images
    found = {
        "arch": _enumerated("arch", counted["architecture"]),
        "os": _platforms(counted["platform"]),
        "owner": _owners(tally, publishers),
        "account": _accounts(tally.accounts or {}),
        "root": _enumerated("root", counted["root_device_type"]),
        "created": _years(counted["year"]),
        "state": _enumerated("state", counted["state"]),
        "family": _families(counted["family"], tally.families),
    }
    facets = tuple(
        Facet(name, title, found[name])
        for name, title in TITLES.items()
        if name != "account" or tally.accounts is not None
    )
    return FacetView(sum(tally.facts.values()), facets)


def _enumerated(field: str, counts: Mapping[str, int]) -> tuple[FacetValue, ...]:
    found: Counter[str] = Counter()
    for text, images in counts.items():
        name = _NAMED[field].get(text.lower())
        if name is not None:
            found[name] += images
    return _most_first(FacetValue(name, images, f"{field}:{name}") for name, images in found.items())


def _platforms(counts: Mapping[str, int]) -> tuple[FacetValue, ...]:
    """EC2's platforms; `os:windows` finds the others that have Windows in their names as well."""
    images: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for text, count in counts.items():
        images[text.lower()] += count
        shown.setdefault(text.lower(), text)
    windows = sum(count for text, count in images.items() if "windows" in text)
    found = [
        FacetValue(shown[text], count, f"os:{name}")
        for text, count in images.items()
        if (" " in text or "/" in text) and (name := quoted(shown[text]))
    ]
    if windows:
        found.append(FacetValue("Windows", windows, "os:windows"))
    return _most_first(found)


def _owners(tally: Tally, publishers: Sequence[FieldValue]) -> tuple[FacetValue, ...]:
    by_owner: Counter[tuple[str, str]] = Counter()
    for one, images in tally.facts.items():
        by_owner[one.owner_id, one.owner_alias] += images
    found = [FacetValue("self", tally.own, "owner:self")]
    for publisher in publishers:
        accounts, alias = set(accounts_named(publisher.text.lower())), publisher.text.lower()
        images = sum(
            count
            for (owner_id, owner_alias), count in by_owner.items()
            if owner_id in accounts or alias in owner_alias
        )
        found.append(FacetValue(publisher.text, images, f"owner:{quoted(publisher.text)}"))
    found += (FacetValue(account, images, f"owner:{account}") for account, images in tally.owners.items())
    return _most_first(found)


def _accounts(counts: Mapping[str, int]) -> tuple[FacetValue, ...]:
    return _most_first(FacetValue(account, images, f"account:{account}") for account, images in counts.items())


def with_account_names(view: FacetView, known: Sequence[NamedAccount]) -> FacetView:
    """The facets with accounts by their names, those of one name together, as `account:` takes them.

    Args:
        known: every account that a query can name.
    """
    names = {
        one.account: name
        for one in known
        if one.is_used and one.account and (name := next(filter(quoted, one.names), ""))
    }

    def named(facet: Facet) -> Facet:
        images: Counter[str] = Counter()
        for value in facet.values:
            images[names.get(value.text, value.text)] += value.images
        values = (FacetValue(name, count, f"account:{quoted(name)}") for name, count in images.items())
        return facet._replace(values=_most_first(values))

    return view._replace(facets=tuple(named(facet) if facet.name == "account" else facet for facet in view.facets))


def _years(counts: Mapping[str, int]) -> tuple[FacetValue, ...]:
    years = sorted((year for year in counts if year != "0"), reverse=True)
    return tuple(FacetValue(year, counts[year], f"created:{year}") for year in years)


def _families(known: Counter[str], others: Mapping[str, int]) -> tuple[FacetValue, ...]:
    found = known + Counter(others)
    del found[""]
    return _most_first(
        FacetValue(text, images, f"family:{name}")
        for text, images in found.most_common(MOST_FAMILIES)
        if (name := quoted(text))
    )


def _most_first(values: Iterable[FacetValue]) -> tuple[FacetValue, ...]:
    return tuple(sorted((one for one in values if one.images), key=lambda one: (-one.images, one.text)))


# Filters in a query


def has_filter(text: str, term: str) -> bool:
    """Whether a query has a filter of a facet already."""
    return term.lower() in map(str.lower, terms_of(text))


def with_filter(text: str, term: str) -> str:
    """A query with a filter added, or without it when it is there."""
    terms = terms_of(text)
    if has_filter(text, term):
        return " ".join(one for one in terms if one.lower() != term.lower())
    return f"{_finished(text, terms)} {term}".lstrip()


def _finished(text: str, terms: Sequence[str]) -> str:
    """A query behind which another term may stand: no quote is open, and no "or" waits for what follows."""
    if terms and terms[-1] in ("|", "OR", '"'):
        return " ".join(terms[:-1])
    is_open = bool(terms) and isinstance(Token.read(terms[-1], 0), int)
    text = text.rstrip()
    if not is_open:
        return text
    # Right behind a backslash a quote is text (`Token.read`).
    return text + (' "' if text.endswith("\\") else '"')


def terms_of(text: str) -> list[str]:
    """A query cut at the blanks outside quotes, as typed; what follows a quote that is not closed is one term."""
    terms: list[str] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token = None if text[position] == "|" else Token.read(text, position)
        end = token.end if isinstance(token, Token) else position + 1 if token is None else len(text)
        terms.append(text[position:end])
        position = end
    return terms
