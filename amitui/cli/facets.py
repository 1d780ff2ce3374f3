"""`amitui find --facets`: how many of the matches have each architecture, platform, publisher and so on."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from amitui.catalog.search.facets import FacetReader
from amitui.charset import for_people
from amitui.domain.query.facets import with_account_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.catalog.search.view import CatalogReader
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.query.accounts import NamedAccount
    from amitui.domain.query.facets import FacetView


TABLE_VALUES = 10
"""Values of a facet in the table where nobody says how many: it is read by people."""


def print_facets(
    reader: CatalogReader, view: ViewRequest, known: Sequence[NamedAccount], *, output: str, limit: int | None
) -> bool:
    """Print the facets of a view; false when no image matches.

    Args:
        known: every account that a query can name.
        output: `table` or `json`.
        limit: values of a facet at most, those of most images; `None`: `TABLE_VALUES` in the table, else all.
    """
    found = with_account_names(FacetReader(reader).facets(view), known)
    if output == "json":
        sys.stdout.write(json.dumps(_document(found, limit), indent=2) + "\n")
    else:
        for line in _lines(found, limit or TABLE_VALUES):
            sys.stdout.write(for_people(line + "\n"))
    sys.stdout.flush()
    return bool(found.images)


def _document(found: FacetView, limit: int | None) -> dict[str, object]:
    return {
        "images": found.images,
        "facets": {
            facet.name: [
                {"value": value.text, "images": value.images, "filter": value.filter}
                for value in facet.values[:limit]
            ]
            for facet in found.facets
        },
    }


def _lines(found: FacetView, limit: int) -> Iterator[str]:
    shown = [facet for facet in found.facets if facet.values]
    width = max((len(value.filter) for facet in shown for value in facet.values[:limit]), default=0)
    for facet in shown:
        yield facet.title
        for value in facet.values[:limit]:
            yield f"  {value.filter:<{width}}  {value.images:>9,}"
        if len(facet.values) > limit:
            yield f"  … and {len(facet.values) - limit} more"
    yield f"{found.images:,} images" if found.images != 1 else "1 image"
