"""Operations one below the other, with a cursor that stays on its operation while others come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from amitui.presentation.operation_rows import RowColumns, columns, row
from amitui.widgets.line import clip, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click

    from amitui.domain.operation import Operation
    from amitui.presentation.signs import Signs


class OperationList(ScrollView, can_focus=False, inherit_bindings=False):
    """Paints a row for each operation; the screen that owns it moves the cursor."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {
        f"operation-list--{role}" for role in ("cursor", "muted", "key", "good", "warn", "bad", "empty")
    }

    @dataclass
    class Moved(Message):
        """The cursor is on another operation, or on none."""

        operation: Operation | None

    class RowClicked(Message):
        """A row was clicked; the cursor was on it already."""

    def __init__(self, signs: Signs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._signs = signs
        self._operations: tuple[Operation, ...] = ()
        self._now = 0.0
        self._cursor = 0
        self._words = ""
        self._columns = RowColumns(1, 0, 0, 0, 0, 0)

    def show(self, operations: Sequence[Operation], now: float, *, empty: str = "") -> None:
        """Show these, the cursor staying on its operation as long as that is among them.

        Args:
            now: in seconds since the epoch, for the elapsed time and the estimates.
            empty: said when there are none.
        """
        here = self.current
        self._operations, self._now, self._words = tuple(operations), now, empty
        if here is not None:
            ids = [operation.id for operation in operations]
            self._cursor = ids.index(here.id) if here.id in ids else self._cursor
        self._cursor = max(0, min(self._cursor, len(operations) - 1))
        self._lay_out()
        if (here.id if here else "") != (self.current.id if self.current else ""):
            self.post_message(self.Moved(self.current))

    def move(self, rows: int) -> None:
        """Move the cursor by `rows`, as far as there are rows."""
        before = self._cursor
        self._cursor = max(0, min(self._cursor + rows, len(self._operations) - 1))
        self._keep_in_sight()
        self.refresh()
        if self._cursor != before:
            self.post_message(self.Moved(self.current))

    @property
    def current(self) -> Operation | None:
        """The operation under the cursor; `None` when there are none."""
        return self._operations[self._cursor] if self._operations else None

    @property
    def page_rows(self) -> int:
        """Rows in sight, but for one."""
        return max(1, self.size.height - 1)

    def on_resize(self) -> None:
        self._lay_out()

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        found = offset.y + self.scroll_offset.y if offset is not None else -1
        if found == self._cursor and self._operations:
            self.post_message(self.RowClicked())
        elif 0 <= found < len(self._operations):
            self.move(found - self._cursor)

    def render_line(self, y: int) -> Strip:
        """Paint the row that has scrolled to line `y`."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if not self._operations and index == 0:
            style = self.get_component_rich_style("operation-list--empty")
            text = plain(self, f" {clip(self._words, width - 2)}")
            return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)
        if index >= len(self._operations):
            return Strip.blank(width, self.rich_style)
        runs = row(self._operations[index], self._columns, self._now, self._signs)
        if index == self._cursor:
            style = self.get_component_rich_style("operation-list--cursor")
            text = "".join(text for text, _ in runs)
            return Strip([Segment(f" {text}", style)]).adjust_cell_length(width, style)
        segments = [Segment(" ", self.rich_style)]
        for text, role in runs:
            found = self.get_component_rich_style(f"operation-list--{role}") if role else self.rich_style
            segments.append(Segment(text, found))
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        # A blank at each end.
        self._columns = columns(self._operations, width - 2)
        self.virtual_size = Size(width, max(1, len(self._operations)))
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
