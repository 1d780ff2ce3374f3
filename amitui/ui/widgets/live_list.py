"""Rows that come, go and change, with a cursor that stays on its item meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from amitui.ui.widgets.line import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual.events import Click

    from amitui.presentation.lines import Runs

ItemT = TypeVar("ItemT")


class LiveList(ScrollView, Generic[ItemT], can_focus=False, inherit_bindings=False):
    """Paints the rows in sight; the screen that owns it moves the cursor. A subclass composes the rows."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {
        f"live-list--{role}" for role in ("cursor", "muted", "key", "good", "warn", "bad", "empty")
    }

    class Moved(Message):
        """The cursor is on another thing, or on none."""

    class RowClicked(Message):
        """A row was clicked; the cursor was on it already."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: tuple[ItemT, ...] = ()
        self._cursor = 0
        self._words = ""
        self._style: Style | None = None
        """Its own style, which is looked up through all that it is in: once, not for each line."""

    def key_of(self, item: ItemT) -> str:
        """What identifies an item, whatever changes in it."""
        raise NotImplementedError

    def fit_columns(self, items: Sequence[ItemT], width: int) -> None:
        """Decide what stands where in rows of `width` cells."""
        raise NotImplementedError

    def runs(self, item: ItemT) -> Runs:
        """A row as (text, role) pairs, as wide as the columns are."""
        raise NotImplementedError

    def show_items(self, items: Sequence[ItemT], *, empty: str = "") -> None:
        """Show these, the cursor staying on its thing as long as that is among them.

        Args:
            empty: said when there are none.
        """
        here = self.key_of(self.current) if self.current is not None else ""
        self._items, self._words = tuple(items), empty
        if here:
            at = next((index for index, item in enumerate(items) if self.key_of(item) == here), None)
            self._cursor = self._cursor if at is None else at
        self._cursor = max(0, min(self._cursor, len(items) - 1))
        self._lay_out()
        if here != (self.key_of(self.current) if self.current is not None else ""):
            self.post_message(self.Moved())

    def move(self, rows: int) -> None:
        """Move the cursor by `rows`, as far as there are rows."""
        before = self._cursor
        self._cursor = max(0, min(self._cursor + rows, len(self._items) - 1))
        self._keep_in_sight()
        self.refresh()
        if self._cursor != before:
            self.post_message(self.Moved())

    @property
    def current(self) -> ItemT | None:
        """The thing under the cursor; `None` when there are none."""
        return self._items[self._cursor] if self._items else None

    @property
    def position(self) -> int:
        """The index of the row under the cursor."""
        return self._cursor

    @property
    def page_rows(self) -> int:
        """Rows in sight, but for one."""
        return max(1, self.size.height - 1)

    def on_resize(self) -> None:
        self._lay_out()

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        found = offset.y + self.scroll_offset.y if offset is not None else -1
        if found == self._cursor and self._items:
            self.post_message(self.RowClicked())
        elif 0 <= found < len(self._items):
            self.move(found - self._cursor)

    def notify_style_update(self) -> None:
        """Styles have changed."""
        self._style = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Paint the row that has scrolled to line `y`."""
        own = self._style = self._style or self.rich_style
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if not self._items and index == 0:
            style = self.get_component_rich_style("live-list--empty")
            text = f" {clip(self._words, width - 2)}"
            return Strip([Segment(text, style)]).adjust_cell_length(width, own)
        if index >= len(self._items):
            return Strip.blank(width, own)
        runs = self.runs(self._items[index])
        if index == self._cursor:
            style = self.get_component_rich_style("live-list--cursor")
            text = "".join(text for text, _ in runs)
            return Strip([Segment(f" {text}", style)]).adjust_cell_length(width, style)
        segments = [Segment(" ", own)]
        for text, role in runs:
            found = self.get_component_rich_style(f"live-list--{role}") if role else own
            segments.append(Segment(text, found))
        return Strip(segments).adjust_cell_length(width, own)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        # A blank at each end.
        self.fit_columns(self._items, width - 2)
        self.virtual_size = Size(width, max(1, len(self._items)))
        self._keep_in_sight()
        self.refresh()

    def _keep_in_sight(self) -> None:
        height = self.scrollable_content_region.height
        if height <= 0:
            return
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)
