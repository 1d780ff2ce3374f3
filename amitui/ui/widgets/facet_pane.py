"""Beside the table: how many of the view's images have each value of a facet. Enter filters by the one chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.binding import Binding
from textual.message import Message

from amitui.domain.query.facets import FacetView
from amitui.presentation.facet_rows import FacetRow, count_text, facet_rows
from amitui.ui.widgets.line import clip, clip_middle
from amitui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.errors import AmituiError
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs


class FacetPane(LiveList[FacetRow], can_focus=True):
    """Shows the facets that it is given; the screen counts them and filters."""

    BINDING_GROUP_TITLE = "Facets"
    BINDINGS = [
        Binding("enter,space", "choose", "Filter", id="facets.choose", tooltip="Filter, or not"),
        Binding("up,k", "move(-1)", "Up", show=False, id="facets.up", tooltip="The value above"),
        Binding("down,j", "move(1)", "Down", show=False, id="facets.down", tooltip="The value below"),
        Binding("right", "group(1)", "Next facet", show=False, id="facets.next", tooltip="The next facet"),
        Binding("left", "group(-1)", "Facet before", show=False, id="facets.before", tooltip="The facet before"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="facets.page_up", tooltip="One page up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="facets.page_down", tooltip="One page down"),
        Binding("home", "move(-1000000)", "First", show=False, id="facets.first", tooltip="The first value"),
        Binding("end", "move(1000000)", "Last", show=False, id="facets.last", tooltip="The last value"),
        Binding("escape,q", "close", "Close", id="facets.close", tooltip="Close the facets"),
    ]

    @dataclass
    class Chosen(Message):
        """A filter is to be added to the query, or taken out."""

        term: str

    class Closed(Message):
        """The pane is to be closed."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._view = FacetView(0)
        self._text = ""
        self._opened: set[str] = set()
        self._width = self._count_cells = 0

    def on_mount(self) -> None:
        self.show_items((), empty="Counting…")

    def show(self, view: FacetView, text: str) -> None:
        """Show the facets of a view; the cursor stays on its value as long as that is there.

        Args:
            view: what was counted.
            text: the query.
        """
        self._view, self._text = view, text
        rows = tuple(facet_rows(view, text, self._opened))
        self.show_items(rows, empty="No image matches.")
        if self.current is not None and self.current.is_title:
            self.move(1)

    def show_error(self, error: AmituiError) -> None:
        """Say why nothing can be counted."""
        self._view = FacetView(0)
        self.show_items((), empty=error.what)

    def key_of(self, item: FacetRow) -> str:
        return f"{item.facet} {item.term or item.opens}"

    def fit_columns(self, items: Sequence[FacetRow], width: int) -> None:
        self._width = width
        self._count_cells = max((len(count_text(item.images or 0)) for item in items), default=0)

    def runs(self, item: FacetRow) -> Runs:
        if item.is_title:
            return ((clip(item.text, self._width), "key"),)
        mark = self._glyphs.done if item.is_active else " "
        count = "" if item.images is None else count_text(item.images)
        room = max(0, self._width - 2 - (self._count_cells + 1 if count else 0))
        # Families of a product differ at their ends, platforms at their beginnings.
        clipped = clip_middle(item.text, room) if item.facet == "family" else clip(item.text, room)
        label = set_cell_size(clipped, room)
        return (
            (f"{mark} ", "good"),
            (label, "muted" if item.opens else ""),
            (f" {count:>{self._count_cells}}" if count else "", "muted"),
        )

    def move(self, rows: int) -> None:
        """Move the cursor by `rows`, over the titles."""
        super().move(rows)
        if self.current is not None and self.current.is_title:
            # Above the first value is its title alone.
            super().move(1 if rows > 0 or self._cursor == 0 else -1)
        if self._cursor == 1:
            self.scroll_to(y=0, animate=False, force=True)

    def action_move(self, rows: int) -> None:
        self.move(rows)

    def action_page(self, pages: int) -> None:
        self.move(pages * self.page_rows)

    def action_group(self, step: int) -> None:
        """Go to the first value of the next facet or of the one before."""
        if self.current is None:
            return
        names = list(dict.fromkeys(row.facet for row in self._items))
        place = max(0, min(names.index(self.current.facet) + step, len(names) - 1))
        first = next(index for index, row in enumerate(self._items) if row.facet == names[place])
        self.move(first + 1 - self._cursor)

    def action_choose(self) -> None:
        """Filter by the value under the cursor, or show the rest of its facet."""
        row = self.current
        if row is None:
            return
        if row.opens:
            self._opened.add(row.facet)
            at = self._cursor
            self.show(self._view, self._text)
            self.move(at - self._cursor)
        elif row.term:
            self.post_message(self.Chosen(row.term))

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def on_live_list_row_clicked(self, event: LiveList.RowClicked) -> None:
        """The row under the cursor was clicked."""
        event.stop()
        self.action_choose()
