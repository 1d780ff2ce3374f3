"""The middle of the main screen: the rows, and the details beside them or, on narrow screens, in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal

from amitui.ui.stylesheets import read_stylesheets
from amitui.ui.widgets.image_table.table import ImageTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from amitui.catalog.search.background import CatalogSearch
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.row import ImageRow
    from amitui.domain.operations.operation import Operation
    from amitui.services.composition import Services
    from amitui.ui.screens.detail_loader import DetailLoader, TimelineSources
    from amitui.ui.widgets.detail_pane import DetailPane

SPLIT_WIDTH = 120
"""From this many columns on, details stand beside the table; below, they cover it."""


class TableAndDetails(Horizontal):
    """The table, and the detail pane once it is opened, for the image under the cursor."""

    BINDINGS = [
        Binding(
            "J,shift+down",
            "scroll_details(3)",
            "Scroll details",
            key_display="J K",
            id="browse.details_down",
            tooltip="Scroll the details beside the table down",
        ),
        Binding(
            "K,shift+up",
            "scroll_details(-3)",
            "Details up",
            show=False,
            id="browse.details_up",
            tooltip="Scroll the details beside the table up",
        ),
        Binding(
            "shift+right",
            "switch_details_tab(1)",
            "Details tab",
            show=False,
            id="browse.details_tab",
            tooltip="Switch details tab: details, timeline, raw record",
        ),
        Binding(
            "shift+left",
            "switch_details_tab(-1)",
            "Details tab before",
            show=False,
            id="browse.details_tab_before",
            tooltip="Previous details tab",
        ),
    ]

    def __init__(
        self,
        table: ImageTable,
        services: Services,
        search: CatalogSearch,
        request: Callable[[], ViewRequest],
    ) -> None:
        """Args:
        request: the view as it is to be searched for now.
        """
        super().__init__()
        self._request = request
        self.table = table
        self._services = services
        self._search = search
        self._loader: DetailLoader | None = None
        self.timeline_sources: TimelineSources | None = None
        """What timelines are made of beside EC2's answers; set before the first details."""

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.watch(self.table, "empty_text", self._emptiness_explained, init=False)

    def _emptiness_explained(self) -> None:
        """Say over the whole width what the table behind says."""
        if self.details is not None and self.table.cursor_row is None and not self.has_class("-split"):
            self.details.show_nothing(self.table.empty_text.plain or "No image is selected.")

    def on_resize(self) -> None:
        if self.details is not None:
            self._split(self.size.width >= SPLIT_WIDTH)

    @property
    def details(self) -> DetailPane | None:
        """The detail pane, when it is open."""
        from amitui.ui.widgets.detail_pane import DetailPane

        return next(iter(self.query(DetailPane)), None)

    async def close_details(self) -> bool:
        """Close the detail pane; false when it was not open."""
        if self.details is None:
            return False
        await self.details.remove()
        if self._loader is not None:
            self._loader.leave()
        self.remove_class("-details")
        self._split(False)
        self.screen.refresh_bindings()
        self.table.focus()
        return True

    def forget_permissions(self) -> None:
        """Own images were refreshed: their launch permissions are read again."""
        if self._loader is not None:
            self._loader.forget()

    def leave_caller(self) -> None:
        """Somebody else's credentials are used from now on: the details are read again with them."""
        if self._loader is not None:
            self._loader.leave_caller()
        if self.details is not None:
            self._load_details(self.table.cursor_row)

    def operation_changed(self, operation: Operation) -> None:
        """An operation has changed: the details show it, if it is about their image."""
        if self._loader is not None and self.details is not None and self._loader.is_about(operation):
            work = self._loader.operation_changed(self.details, operation)
            self.run_worker(work, group="timeline", exclusive=False)

    @on(ImageTable.Opened)
    def _opened(self, event: ImageTable.Opened) -> None:
        event.stop()
        self.run_worker(self._toggle_details(), group="details", exclusive=True)

    @on(ImageTable.CursorMoved)
    def _cursor_moved(self, event: ImageTable.CursorMoved) -> None:
        if self.has_class("-details"):
            self._load_details(event.row)

    def on_detail_pane_stepped(self, event: DetailPane.Stepped) -> None:
        """The next image or the one before was chosen in the details."""
        self.table.action_move(event.rows)

    def on_detail_pane_timeline_shown(self) -> None:
        """The timeline is shown now: read the lineage from EC2."""
        self._load_details(self.table.cursor_row)

    async def on_detail_pane_closed(self) -> None:
        """The details were closed."""
        await self.close_details()

    def action_scroll_details(self, lines: int) -> None:
        """Scroll the details while the table keeps the cursor."""
        if self.details is not None:
            self.details.scroll_lines(lines)

    def action_switch_details_tab(self, step: int) -> None:
        """Show another tab of the details while the table keeps the cursor."""
        if self.details is not None:
            self.details.action_switch_tab(step)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer to move in the details only while they stand beside the table."""
        moves = action in ("scroll_details", "switch_details_tab")
        return not moves or (self.has_class("-split") and self.table.has_focus)

    async def _toggle_details(self) -> None:
        if self.details is not None:
            await self.close_details()
            return
        from amitui.ui.widgets.detail_pane import DetailPane

        read_stylesheets(self.app, "text_lines")
        pane = DetailPane()
        self._split(self.size.width >= SPLIT_WIDTH)
        self.add_class("-details")
        await self.mount(pane, after=self.table)
        self.screen.refresh_bindings()
        if not self.has_class("-split"):
            pane.focus()
        self._load_details(self.table.cursor_row)

    def _load_details(self, row: ImageRow | None) -> None:
        """Show a row in the details; the keys go on meanwhile."""
        self.run_worker(self._show_details(row), group="load_details", exclusive=True)

    async def _show_details(self, row: ImageRow | None) -> None:
        from amitui.ui.screens.detail_loader import DetailLoader, TimelineSources

        if self.details is not None:
            if self._loader is None:
                sources = self.timeline_sources or TimelineSources()
                self._loader = DetailLoader(self._services, self._search, self._request, sources)
            await self._loader.show(self.details, row)
            if row is None:
                self._emptiness_explained()

    def _split(self, beside: bool) -> None:
        self.set_class(beside, "-split")
        self.table.beside_details = beside
