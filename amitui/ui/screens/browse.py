"""The main screen: search bar, scopes, table, details, status. It shows a view and makes no calls to AWS.

Actions on rows are in `ui/actions/registry.py`; this screen searches, shows rows, and shows progress.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from amitui.domain.catalogue.scope import MINE, Scope
from amitui.domain.catalogue.view import BEST_FIRST, ViewRequest
from amitui.domain.query.as_typed import TypedQuery, typed_query
from amitui.domain.query.terms import Query, SortOrder
from amitui.errors import AmituiError
from amitui.presentation.columns import no_progress
from amitui.presentation.glyphs import glyphs_for
from amitui.ui.screens.completion import Completion
from amitui.ui.screens.facet_panel import NARROW_BELOW, ROOMY_FROM, FacetPanel
from amitui.ui.screens.progress import Activity, scope_tabs, status_of
from amitui.ui.screens.table_and_details import TableAndDetails
from amitui.ui.screens.view_loader import ViewLoader
from amitui.ui.timers import call_later_once
from amitui.ui.widgets.image_table.table import ImageTable
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.key_names import key_of
from amitui.ui.widgets.scope_tabs import SEVERAL, ScopeTabs
from amitui.ui.widgets.search_bar import SearchBar
from amitui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from textual.app import ComposeResult
    from textual.events import Paste

    from amitui.catalog.search.background import CatalogSearch
    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.image.row import ImageRow
    from amitui.services.composition import Services
    from amitui.services.crawls import Fetches
    from amitui.services.remembered import ScreenState
    from amitui.ui.actions.images import LeftView
    from amitui.ui.widgets.facet_pane import FacetPane

PROGRESS_S: Final = 0.5
"""How often a fetch's progress is shown."""

LOW_BELOW = 8
"""Screens with fewer rows show the search, rows and the status, and nothing else."""


PART_KEYS: Final[list[BindingType]] = [
    Binding(
        "tab",
        "app.focus_next",
        "Next pane",
        show=False,
        id="browse.next",
        tooltip="Cycle: search, table, details",
    ),
    Binding(
        "shift+tab",
        "app.focus_previous",
        "Prev pane",
        show=False,
        id="browse.previous",
        tooltip="Cycle backwards",
    ),
]
"""The keys that move between the parts of the screen."""


class BrowseScreen(Screen[None]):
    """Images of the Regions and scopes in view, filtered while a query is typed."""

    AUTO_FOCUS = "ImageTable"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW_BELOW, "-high")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_BELOW, "-wide"), (ROOMY_FROM, "-roomy")]
    BINDINGS = PART_KEYS

    @dataclass
    class ViewChanged(Message):
        """The user chose another view."""

        view: ViewRequest

    @dataclass
    class Unreadable(Message):
        """The index of a Region in view cannot be read."""

        error: AmituiError
        regions: tuple[str, ...]

    def __init__(
        self,
        services: Services,
        search: CatalogSearch,
        fetches: Fetches,
        state: ScreenState,
        view: ViewRequest,
        first: tuple[list[int], list[ImageRow]] | None = None,
        *,
        choosing: bool = False,
    ) -> None:
        """Args:
        view: what is shown at first; the text of its query is parsed once the screen can show an error in it.
        first: the top of the view, read while the libraries were being imported.
        choosing: whether images are to be chosen.
        """
        super().__init__()
        self.services = services
        self.search = search
        self.fetches = fetches
        self.view = view
        """What is shown; `request` is the same by the clock and the account of now."""
        self._ordered = (view.text, view.sort)
        """The order that was chosen, and the query that it was chosen for."""
        self._state = state
        self._first = first
        self._choosing = choosing
        self.glyphs = glyphs_for(os.environ, services.settings.glyphs)
        self._typed = TypedQuery(view.query, None)
        """What was understood of the query as it stands in the search bar."""
        self.identity_error: AmituiError | None = None
        """Why STS did not identify the caller, until it does."""
        self.activity = Activity()
        """What the status line says besides the view."""
        self.loader = ViewLoader(self)
        self._completion = Completion(self)
        self.facets = FacetPanel(self)
        self.progress_of: Callable[[ImageRow], int | None] = no_progress
        """How far images have come that are being made; `ui/live_rows.py` has them watched."""
        self.left: LeftView | None = None
        """What was shown before an image was opened out of a pane; `None` = none was."""
        self._account_names: dict[str, str] = {}
        """What accounts are called, by id, as far as rows have named them since the view was searched for."""

    def compose(self) -> ComposeResult:
        yield SearchBar(self.view.text, history=self._state.history)
        yield ScopeTabs()
        table = ImageTable(
            self,
            columns=self._state.columns or None,
            glyphs=self.glyphs,
            now=self.services.now,
            account_name=self._account_name,
            progress=lambda row: self.progress_of(row),
            choosing=self._choosing,
        )
        yield TableAndDetails(table, self.services, self.search, lambda: self.request)
        yield StatusBar()
        yield KeyBar()

    def on_mount(self) -> None:
        self._parse(self.view.text)
        self.search_bar.show_problem(self._typed.error)
        self.show_status()
        # Before the first search: what another amitui writes from here on is a change.
        self.run_worker(self.search.changed(), group="changes")
        if self._first is not None and self._first[0]:
            self.table.show(*self._first)
            # The search would contend with the first paint, which has all it needs.
            self.call_after_refresh(self.load_view)
        else:
            self.load_view()
        self.set_interval(2.0, self._notice_other_writers)
        self.set_interval(PROGRESS_S, self._tell_progress)

    # Parts

    @property
    def table(self) -> ImageTable:
        """The rows."""
        return self.query_one(ImageTable)

    @property
    def middle(self) -> TableAndDetails:
        """The rows and what is beside them."""
        return self.query_one(TableAndDetails)

    @property
    def search_bar(self) -> SearchBar:
        """The query's input."""
        return self.query_one(SearchBar)

    def rows(self, keys: Sequence[int]) -> list[ImageRow | None]:
        """Rows for the table's window (`RowSource`)."""
        try:
            found = self.search.rows(keys, self.services.members.accounts)
        except AmituiError as error:
            self.post_message(self.Unreadable(error, self.view.regions))
            return [None] * len(keys)
        if self.loader.gone:
            return [row or self.loader.gone.row(key) for key, row in zip(keys, found, strict=True)]
        return found

    def _account_name(self, row: ImageRow) -> str:
        """What the account is called that a row belongs to, or is shared with; empty: everybody sees it."""
        account = row.seen_by
        if account and account not in self._account_names:
            self._account_names[account] = self.services.members.name_of(account)
        return self._account_names.get(account, "")

    # The view

    def change_view(
        self,
        *,
        regions: tuple[str, ...] | None = None,
        scopes: tuple[Scope, ...] | None = None,
        text: str | None = None,
        sort: SortOrder | None = None,
        show_deprecated: bool | None = None,
    ) -> None:
        """Show another view; what is not given stays.

        Args:
            sort: the best first is the order of a view that has none of its own.
        """
        old = self.view
        own = None if sort == BEST_FIRST else sort
        self.view = old._replace(
            regions=old.regions if regions is None else regions,
            scopes=old.scopes if scopes is None else scopes,
            sort=old.sort if sort is None else own,
            show_deprecated=old.show_deprecated if show_deprecated is None else show_deprecated,
        )
        if text is not None:
            self.search_bar.set_text(text)
            self._parse(text)
            self.search_bar.show_problem(self._typed.error)  # nobody is typing on
            if sort is None:
                self._keep_order()
        if sort is not None:
            self._ordered = (self.view.text, self.view.sort)
        self.post_message(self.ViewChanged(self.view))
        self.load_view()

    def load_view(self, *, keep_cursor: bool = False) -> None:
        """Search again and show the result."""
        if self.is_leaving():
            return
        self._account_names.clear()
        self.table.show_account = self.services.members.several
        if "account:" in self.view.text.lower():
            self._parse(self.view.text)  # which account is meant may be known by now
        query, error = self._typed
        if query is None and error is not None:
            self.loader.show_no_rows(error)
        else:
            self.loader.load(keep_cursor=keep_cursor)

    @property
    def request(self) -> ViewRequest:
        """The view as it is to be searched for now."""
        return self.view._replace(accounts=self.services.members.accounts, now=self.services.now())

    def _parse(self, text: str) -> None:
        """Take what was typed, as far as it can be understood; rows never answer another text than this."""
        self._typed = typed = typed_query(text, now=self.services.now(), accounts=self.services.known_accounts)
        self.view = self.view._replace(query=typed.query or Query(text, ()))
        self.search_bar.show_problem(typed.error if typed.query is None else None)

    def _keep_order(self) -> None:
        """Have an order that was chosen for other words wait: for these it would put anybody's image first."""
        words, chosen = self._ordered
        text, query = self.view.text, self.view.query
        same = words and (text.startswith(words) or words.startswith(text))
        self.view = self.view._replace(sort=chosen if same or not query.is_worded else None)

    @on(SearchBar.QueryEdited)
    def _edited(self, event: SearchBar.QueryEdited) -> None:
        self._parse(event.text)
        self._keep_order()
        self.load_view()
        self._completion.update()

    def on_paste(self, event: Paste) -> None:
        """Search for text that is pasted while no field has the focus: it is never read as keys."""
        event.stop()
        self.search_bar.paste(event.text)

    @on(SearchBar.QuerySubmitted)
    @on(SearchBar.Left)
    def _left_search(self) -> None:
        self.search_bar.show_problem(self._typed.error)
        self.table.focus()
        self.post_message(self.ViewChanged(self.view))

    @on(ScopeTabs.Chosen)
    def _scope_chosen(self, event: ScopeTabs.Chosen) -> None:
        self.change_view(scopes=tuple(map(Scope, event.name.split(SEVERAL))))

    @on(ImageTable.FamilyOpened)
    def _family_opened(self, event: ImageTable.FamilyOpened) -> None:
        event.stop()
        self.run_worker(self.loader.open_family(event.key), group="builds", exclusive=True)

    def on_facet_pane_chosen(self, event: FacetPane.Chosen) -> None:
        """A facet's filter is to be added or taken out."""
        self.facets.choose(event.term)

    async def on_facet_pane_closed(self) -> None:
        """The facets were closed."""
        await self.facets.close()

    @on(ImageTable.SortRequested)
    def _sort_requested(self, event: ImageTable.SortRequested) -> None:
        shown = self.table.sorted_by
        descending = not shown.descending if shown and shown.column == event.column else event.column == "created"
        self.change_view(sort=SortOrder(event.column, descending))

    # Progress

    def fetch_changed(self, progress: CrawlProgress) -> None:
        """A crawl made progress or ended."""
        if self.is_leaving():
            return
        if progress.shard.owner_scope == MINE.name:
            self.middle.forget_permissions()
        if progress.done or progress.restarted or not progress.pages:
            self.show_status()  # between these `_tell_progress` does: pages come faster than anybody reads
        if progress.shard.region in self.view.regions:
            self.loader.load_soon()

    def catalogue_changed(self) -> None:
        """Rows came, went or were refreshed: load the view again soon."""
        self.show_status()
        self.loader.load_soon()

    def operations_changed(self, under_way: int, on_hold: int) -> None:
        """Operations started or ended."""
        activity = replace(self.activity, under_way=under_way, on_hold=on_hold)
        if activity != self.activity:
            self.activity = activity
            self.show_status()

    def _tell_progress(self) -> None:
        # How long EC2 has been silent, and how long the rest will take, change by themselves.
        if self.fetches.totals.state() is not None:
            self.show_status()

    async def _notice_other_writers(self) -> None:
        if not self.fetches.active and await self.search.changed():
            self.load_view(keep_cursor=True)

    def notice(self, text: str, seconds: float = 4.0, *, bad: bool = False, gives_way: bool = False) -> None:
        """Show a notice on the status line for a while.

        Args:
            gives_way: nobody has just asked for it: it does not take the place of a bad one.
        """
        if gives_way and self.activity.notice and self.activity.notice_is_bad:
            return
        self.activity = replace(self.activity, notice=text, notice_is_bad=bad)
        self.show_status()

        def forget() -> None:
            if self.activity.notice == text:
                self.activity = replace(self.activity, notice="")
                self.show_status()

        call_later_once(self, seconds, forget)

    def leave_caller(self) -> None:
        """Other profiles are used from now on: what was said of the old ones goes, and so do marked rows."""
        self.identity_error = None
        self.activity = replace(self.activity, notice="", notice_is_bad=False, errors=0)
        self.table.clear_marks()
        self.loader.gone.forget()
        self.middle.leave_caller()
        self.show_status()

    def leave_accounts(self, accounts: Collection[str]) -> None:
        """Accounts are no longer used: the marks of rows that were seen through them go, as the rows do."""
        self.table.keep_marks(lambda row: row.seen_by not in accounts)
        self.loader.gone.forget()
        self.middle.leave_caller()

    @on(ImageTable.MarksChanged)
    def _marks_changed(self) -> None:
        # One is compared with the row under the cursor.
        self.query_one(KeyBar).put_first(*(("compare",) if len(self.table.marks) in (1, 2) else ()))
        self.show_status()

    @on(ImageTable.CursorMoved)
    def _cursor_moved(self) -> None:
        if self.services.members.several:
            self.show_status()  # another account's marks may hold for this row

    def is_leaving(self) -> bool:
        """Whether amitui is exiting: the parts of the screen may be gone already."""
        return not self.is_attached or not self.app.is_running

    def show_status(self) -> None:
        """Bring the status line and the scopes' tabs up to date."""
        if self.is_leaving():
            return
        table = self.table
        activity = replace(self.activity, marked=len(table.marks))
        request, answer = self.request, self.loader.answer
        rows = table.marks or ((table.cursor_row,) if table.cursor_row is not None else ())
        status = status_of(self.services, self.fetches, request, answer, activity, rows, self.key_of)
        self.query_one(StatusBar).show(status)
        self.query_one(ScopeTabs).show(scope_tabs(request, answer.statuses, self.fetches))

    def key_of(self, action_id: str) -> str:
        """The key of an action, as it is shown."""
        return key_of(self.app, action_id)
