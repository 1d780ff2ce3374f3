"""What a view shows: the one value that start, screen, search and command line hand on."""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.catalogue.scope import ANYBODY, Scope
from amitui.domain.query.terms import BEST, Query, SortOrder

NEWEST_FIRST: Final = SortOrder("created", descending=True)
BEST_FIRST: Final = SortOrder(BEST, descending=False)


class ViewRequest(NamedTuple):
    """What a view shows."""

    query: Query
    """Of a text that is not understood, the text and no clauses, or those of what was typed before it."""
    regions: tuple[str, ...]
    scopes: tuple[Scope, ...]
    accounts: tuple[str, ...]
    """The viewer's accounts, that of the profile in use first: decide which private rows are seen, and which
    images are the viewer's own. Empty while none is known."""
    show_deprecated: bool
    """Whether deprecated images are shown; a query that speaks of them has its own way."""
    now: int
    """Epoch seconds by which deprecation is judged."""
    sort: SortOrder | None = None
    """`None`: the best first where words are looked for, else the newest. The query's own order comes first."""

    @property
    def text(self) -> str:
        """The query as typed."""
        return self.query.text

    @property
    def order(self) -> SortOrder:
        """By what the view is ordered."""
        return self.query.sort or self.sort or (BEST_FIRST if self.query.is_worded else NEWEST_FIRST)

    @property
    def is_grouped(self) -> bool:
        """Whether a row for each family says more than its builds."""
        return self.order == BEST_FIRST and not self.query.names_family

    def carried_out(self) -> ViewRequest:
        """The request with what a query for the latest leaves unsaid: see `Query.latest_of_trusted`."""
        chosen = ANYBODY.isdisjoint(self.scopes)
        return self._replace(query=self.query.latest_of_trusted(owner_chosen=chosen))

    @property
    def narrows_to_trusted(self) -> bool:
        """Whether only trusted images are in view, because the latest are asked for and no owner is named."""
        return self.carried_out() != self

    @property
    def hides_deprecated(self) -> bool:
        """Whether deprecated images are left out."""
        return not self.show_deprecated and not self.query.asks_for_deprecated
