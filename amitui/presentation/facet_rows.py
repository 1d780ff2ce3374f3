"""Facets as rows of a narrow list: a title for each, its values with their counts, those that filter marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.query.facets import TITLES, FacetValue, terms_of
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from amitui.domain.query.facets import Facet, FacetView

FIRST_VALUES: Final = 6
"""Values of a facet that are shown before it is opened."""

_SOME_TIME: Final = 1_700_000_000
"""Whether a term is understood does not depend on the time."""

_LARGE: Final = 100_000
"""Counts from here on are rounded to thousands."""


class FacetRow(NamedTuple):
    """A row of the list."""

    facet: str
    """The query's field."""
    text: str
    """Hostile where it is a family's."""
    images: int | None = None
    """`None`: a title, or the row that opens the facet."""
    term: str = ""
    """What Enter adds to the query or takes out of it; empty: a title, or the row that opens the facet."""
    is_active: bool = False
    """Whether the query has the term."""
    opens: bool = False
    """Whether Enter shows the rest of the facet's values."""

    @property
    def is_title(self) -> bool:
        """Whether it is no choice."""
        return not self.term and not self.opens


def facet_rows(view: FacetView, text: str, opened: Collection[str]) -> Iterator[FacetRow]:
    """The rows of a view's facets.

    A filter that no image passes is among them all the same: how else would it be taken out again.

    Args:
        view: what was counted.
        text: the query.
        opened: names of the facets whose values are all shown.
    """
    terms = {term.lower(): term for term in terms_of(text)}
    for facet in view.facets:
        active = [value for value in facet.values if value.filter.lower() in terms]
        missing = _missing(facet, terms, view.images)
        if not facet.values and not missing:
            continue
        yield FacetRow(facet.name, facet.title)
        shown = facet.values if facet.name in opened else facet.values[:FIRST_VALUES]
        for value in (*missing, *(one for one in active if one not in shown), *shown):
            is_active = value.filter.lower() in terms
            yield FacetRow(facet.name, value.text, value.images, value.filter, is_active)
        if rest := len(facet.values) - len(shown):
            yield FacetRow(facet.name, f"{rest} more", opens=True)


def _missing(facet: Facet, terms: Mapping[str, str], images: int) -> list[FacetValue]:
    """Filters of the query that are none of the facet's values: they find nothing, or are of another form.

    Args:
        facet: the facet.
        terms: the query's, by what they are in lower case.
        images: of the view, all of which have passed the filters.
    """
    listed = {value.filter.lower() for value in facet.values}
    return [
        FacetValue(typed.partition(":")[2].strip('"'), images, typed)
        for term, typed in sorted(terms.items())
        if term.partition(":")[0] == facet.name
        and facet.name in TITLES
        and term not in listed
        and _is_understood(typed)
    ]


def _is_understood(term: str) -> bool:
    """Whether it filters: a term that is still being typed, or is wrong, does not."""
    try:
        parse_query(term, now=_SOME_TIME)
    except QuerySyntaxError:
        return False
    return True


def count_text(images: int) -> str:
    """A count in at most six cells."""
    if images >= _LARGE * 100:
        return f"{images // 1_000_000:,}M"
    return f"{images // 1000:,}k" if images >= _LARGE else f"{images:,}"
