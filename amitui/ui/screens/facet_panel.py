"""The facets beside the table of the main screen: opened and closed, counted after each view, filtering it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from amitui.catalog.search.view import QueryInterrupted
from amitui.domain.query.facets import with_account_names, with_filter
from amitui.errors import AmituiError
from amitui.ui.stylesheets import read_stylesheets

if TYPE_CHECKING:
    from amitui.ui.screens.browse import BrowseScreen
    from amitui.ui.widgets.facet_pane import FacetPane

NARROW_BELOW: Final = 72
"""Screens with fewer columns show the facets in place of the table."""

ROOMY_FROM: Final = 120
"""Screens with so many columns have room for longer values."""


class FacetPanel:
    """Counts the facets of a screen's view while their pane is open."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self.pane: FacetPane | None = None
        """When it is open."""

    async def toggle(self) -> None:
        """Open the pane, go to it, or close it when it has the focus."""
        if self.pane is None:
            await self._open()
        elif self.pane.has_focus:
            await self.close()
        else:
            self.pane.focus()

    async def _open(self) -> None:
        from amitui.ui.widgets.facet_pane import FacetPane

        screen = self._screen
        await screen.middle.close_details()
        read_stylesheets(screen.app, "live_list")
        self.pane = FacetPane(screen.glyphs)
        screen.middle.add_class("-facets")
        await screen.middle.mount(self.pane, before=screen.table)
        self.pane.focus()
        self._begin(self.pane, awaited=True)

    async def close(self) -> None:
        """Close the pane, if it is open."""
        pane, self.pane = self.pane, None
        if pane is not None:
            self._stop()
            await pane.remove()
            self._screen.middle.remove_class("-facets")
            self._screen.refresh_bindings()
            self._screen.table.focus()

    def count(self) -> None:
        """The view has been searched: count its facets, if they are shown. What is shown stays until then."""
        if self.pane is not None:
            self._begin(self.pane, awaited=self.pane.has_focus)

    def _begin(self, pane: FacetPane, *, awaited: bool) -> None:
        """Count; keys wait for it when they are meant for the pane, and never what is typed into the search."""
        self._stop()
        self._screen.run_worker(self._count(pane), group="facets" if awaited else "counts")

    def _stop(self) -> None:
        for group in ("facets", "counts"):
            self._screen.workers.cancel_group(self._screen, group)

    def show_error(self, error: AmituiError) -> None:
        """Nothing can be counted."""
        if self.pane is not None:
            self._stop()
            self.pane.show_error(error)

    def choose(self, term: str) -> None:
        """Add a filter to the query, or take it out."""
        self._screen.change_view(text=with_filter(self._screen.view.text, term))

    async def _count(self, pane: FacetPane) -> None:
        request = self._screen.request
        # What is searched for instead is counted after that.
        with suppress(QueryInterrupted):
            try:
                found = await self._screen.search.facets(request)
            except AmituiError as error:
                self.show_error(error)
                return
            if pane is self.pane and not self._screen.is_leaving():
                if self._screen.services.members.several:
                    found = with_account_names(found, self._screen.services.known_accounts())
                pane.show(found, request.text)
