"""A field with a row for each of a few things, any of which can be marked: block devices, images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding
from textual.containers import ScrollableContainer
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.line import clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.events import Click
    from textual.screen import Screen


def step_focus(screen: Screen[Any], fields: int) -> None:
    """Go to the next field, or with a negative number to the one before; into a list by its nearer end."""
    widget = screen.focus_next() if fields > 0 else screen.focus_previous()
    if isinstance(widget, RowList):
        widget.enter(fields)


class ListRow(NamedTuple):
    """One row."""

    value: str
    """What marking it yields."""
    label: str
    detail: str = ""
    marked: bool = True
    """Whether it is marked at first."""
    locked: str = ""
    """Why its mark cannot be changed; empty = it can."""
    note: str = ""
    """Said while the cursor is on it."""


class RowList(Widget, can_focus=True):
    """Rows with marks and a cursor."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {f"row-list--{role}" for role in ("cursor", "label", "detail", "mark", "locked", "empty")}
    BINDINGS = [
        Binding("space", "mark", "Mark", id="rows.toggle", tooltip="Mark or unmark the row under the cursor"),
        Binding("ctrl+a", "toggle_all", "All/none", id="rows.all", tooltip="Mark all rows, or unmark all"),
        Binding("up", "move(-1)", "Up", show=False, id="rows.up", tooltip="Previous row or field"),
        Binding("down", "move(1)", "Down", show=False, id="rows.down", tooltip="Next row or field"),
    ]

    class Changed(Message):
        """A mark was set or taken away."""

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, rows: Sequence[ListRow], empty: str) -> None:
        super().__init__()
        self._empty = empty
        self.show(rows)

    def show(self, rows: Sequence[ListRow]) -> None:
        """Show these rows with the marks they begin with."""
        self.rows = tuple(rows)
        self.marked = {row.value for row in rows if row.marked}
        self.cursor = 0
        self._label_cells = max((cell_len(row.label) for row in rows), default=0)
        self.styles.height = max(1, len(rows))
        self.refresh()

    @property
    def current(self) -> ListRow | None:
        """The row under the cursor; `None` when there are none."""
        return self.rows[self.cursor] if self.rows else None

    def on_focus(self) -> None:
        self.call_after_refresh(self._keep_in_sight)

    def on_click(self, event: Click) -> None:
        event.stop()
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(self.rows):
            self._go(offset.y)
            self.action_mark()

    def action_move(self, rows: int) -> None:
        """Move the cursor; beyond the ends lie the other fields."""
        if 0 <= self.cursor + rows < len(self.rows):
            self._go(self.cursor + rows)
        else:
            step_focus(self.screen, rows)

    def enter(self, rows: int) -> None:
        """The cursor comes in by so many rows from another field: from above, or from below when negative."""
        if self.rows:
            self._go(0 if rows > 0 else len(self.rows) - 1)

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor."""
        row = self.current
        if row is None or row.locked:
            self.app.bell()
        else:
            self._set_marks(self.marked ^ {row.value})

    def action_toggle_all(self) -> None:
        """Mark all rows; when all are marked, none."""
        free = {row.value for row in self.rows if not row.locked}
        self._set_marks(self.marked - free if free <= self.marked else self.marked | free)

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        width = self.size.width
        if y >= len(self.rows):
            text = f" {clip(self._empty, width - 2)}" if y == 0 else ""
            style = self.get_component_rich_style("row-list--empty")
            return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)
        row = self.rows[y]
        here = self.has_focus and y == self.cursor
        parts = self._row_parts(row, width)
        segments = [
            Segment(text, self.get_component_rich_style(f"row-list--{'cursor' if here else role}"))
            for text, role in parts
        ]
        end = self.get_component_rich_style("row-list--cursor") if here else self.rich_style
        return Strip(segments).adjust_cell_length(width, end)

    def _row_parts(self, row: ListRow, width: int) -> list[tuple[str, str]]:
        box = "[x] " if row.value in self.marked else "[ ] "
        dim = "locked" if row.locked else ""
        room = max(1, width - 5)
        detail = row.locked or row.detail
        cells = min(self._label_cells, room)
        if detail and room - cells - 2 < min(24, cell_len(detail)):
            cells = min(cells, max(room * 3 // 5, 8))
        parts = [(box, dim or "mark"), (set_cell_size(clip(row.label, cells), cells), dim or "label")]
        if detail and room - cells > 4:
            parts.append((f"  {clip(detail, room - cells - 2)}", dim or "detail"))
        return parts

    def _set_marks(self, marked: set[str]) -> None:
        if marked != self.marked:
            self.marked = marked
            self.refresh()
            self.post_message(self.Changed())

    def _go(self, row: int) -> None:
        self.cursor = row
        self.refresh()
        self._keep_in_sight()
        self.post_message(self.Moved())

    def _keep_in_sight(self) -> None:
        page = next((node for node in self.ancestors if isinstance(node, ScrollableContainer)), None)
        if page is not None:
            row = self.region.y - page.region.y + page.scroll_offset.y + self.cursor
            page.scroll_to_region(Region(0, row, 1, 1), animate=False, force=True)


class ListField(Field):
    """Rows with marks; Space changes the mark under the cursor."""

    def __init__(
        self,
        label: str,
        rows: Sequence[ListRow] = (),
        *,
        id: str,
        hint: str = "",
        empty: str = "none",
        check: Callable[[Sequence[str]], str] | None = None,
    ) -> None:
        """Args:
        empty: said when there are no rows.
        check: what is wrong with the marked values, in words; empty = nothing.
        """
        self._rows, self._empty, self._check = tuple(rows), empty, check
        super().__init__(label, id=id, hint=hint)

    def make_control(self) -> RowList:
        self._list = RowList(self._rows, self._empty)
        return self._list

    def on_row_list_changed(self, event: RowList.Changed) -> None:
        event.stop()
        self.post_edited()

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()
        self.post_message(self.HintChanged())

    @property
    def value(self) -> tuple[str, ...]:
        """What is marked, in the order of the rows."""
        return tuple(row.value for row in self._list.rows if row.value in self._list.marked)

    @value.setter
    def value(self, values: Iterable[str]) -> None:
        self.edited = False
        self._list.marked = set(values)
        self._list.refresh()

    @property
    def rows(self) -> tuple[ListRow, ...]:
        """All rows."""
        return self._list.rows

    @rows.setter
    def rows(self, rows: Sequence[ListRow]) -> None:
        self.edited = False
        self._list.show(rows)

    @property
    def current(self) -> ListRow | None:
        """The row under the cursor."""
        return self._list.current

    @property
    def hint(self) -> str:
        """What there is to say about the row under the cursor, or about all."""
        row = self._list.current
        return (row.note if row is not None else "") or self._hint

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())

    def check(self) -> str:
        return self._check(self.value) if self._check is not None else ""
