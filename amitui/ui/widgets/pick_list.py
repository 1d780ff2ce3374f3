"""Rows to choose from: a cursor, marks, digits, and greyed rows that say why they cannot be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from amitui.ui.widgets.line import LineWidget, Part, clip
from amitui.ui.widgets.pick_columns import ColumnLayout

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.events import Click

    from amitui.ui.widgets.pick_columns import PickColumn


@dataclass(frozen=True, slots=True)
class PickerItem:
    """One row."""

    value: str
    """What choosing it yields."""
    label: str
    detail: str = ""
    disabled_reason: str = ""
    """Why it cannot be chosen, shown instead of the detail; empty = it can."""
    digit: str = ""
    """The digit that chooses it while nothing is typed; empty = none."""
    key: str = ""
    """The key that does the same on the screen below; empty = none."""
    cells: tuple[str, ...] = ()
    """What stands in the list's columns instead of the detail; empty = the detail does."""

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word, case folded, occurs in what the row shows or yields."""
        text = f"{self.label} {self.detail} {self.value}".casefold()
        return all(word in text for word in words)


class PickList(ScrollView, can_focus=False, inherit_bindings=False):
    """Shows items and keeps a cursor among them; the screen that owns it says when a row is chosen."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {
        f"pick-list--{role}" for role in ("cursor", "label", "detail", "disabled", "digit", "mark", "empty")
    }

    class RowClicked(Message):
        """A row was clicked; the cursor is on it now."""

    def __init__(self, *, marks: bool = False, id: str | None = None, classes: str | None = None) -> None:
        """Args:
        marks: whether rows show a mark.
        """
        super().__init__(id=id, classes=classes)
        self._items: tuple[PickerItem, ...] = ()
        self._marks: Collection[str] | None = () if marks else None
        self._cursor = 0
        self._placeholder = ""
        self._digits = False
        self._label_cells = 0
        self._key_cells = 0
        self._columns: ColumnLayout | None = None
        self._least_label = 0

    def set_columns(self, columns: Sequence[PickColumn], items: Sequence[PickerItem]) -> None:
        """Show the items' cells in these columns.

        Args:
            items: all that may be shown: the columns keep their places whichever of them are.
        """
        self._columns = ColumnLayout(columns, [item.cells for item in items if item.cells])
        self._least_label = max((cell_len(item.label) for item in items), default=0)

    def heading(self, title: str) -> str:
        """The titles of the columns, above them.

        Args:
            title: of the labels.
        """
        width = self.scrollable_content_region.width
        columns = self._columns.head(max(0, width - self._label_cells - 4)) if self._columns is not None else ""
        label = set_cell_size(clip(title, self._label_cells), min(self._label_cells, max(0, width - 1)))
        return clip(f" {label}  {columns}", width)

    def show(self, items: Sequence[PickerItem], *, placeholder: str = "", cursor: str | None = None) -> None:
        """Show `items`, with the cursor on the value `cursor` or else on the first that can be chosen.

        Args:
            placeholder: shown when there are no items, in lines.
        """
        self._items = tuple(items)
        self._placeholder = placeholder
        self._digits = any(item.digit for item in items)
        self._label_cells = max((cell_len(item.label) for item in items), default=0)
        self._label_cells = max(self._label_cells, self._least_label)
        self._key_cells = max((cell_len(item.key) + 2 for item in items if item.key), default=0)
        wanted = next((index for index, item in enumerate(items) if item.value == cursor), None)
        if wanted is None:
            wanted = next((index for index, item in enumerate(items) if not item.disabled_reason), 0)
        self._cursor = wanted
        self.virtual_size = Size(self.scrollable_content_region.width, max(1, len(items)))
        self._keep_in_sight()
        self.refresh()

    def show_marks(self, values: Collection[str]) -> None:
        """Mark the rows with these values."""
        self._marks = values
        self.refresh()

    def move(self, rows: int) -> None:
        """Move the cursor by `rows`, as far as there are rows."""
        self._cursor = max(0, min(self._cursor + rows, len(self._items) - 1))
        self._keep_in_sight()
        self.refresh()

    @property
    def current(self) -> PickerItem | None:
        """The item under the cursor; `None` when there are no items."""
        return self._items[self._cursor] if self._items else None

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor."""
        return self._cursor

    @property
    def page_rows(self) -> int:
        """Rows in sight, but for one."""
        return max(1, self.size.height - 1)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, max(1, len(self._items)))
        self._keep_in_sight()

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        row = offset.y + self.scroll_offset.y if offset is not None else -1
        if 0 <= row < len(self._items):
            self.move(row - self._cursor)
            self.post_message(self.RowClicked())

    def render_line(self, y: int) -> Strip:
        """Paint the row that has scrolled to line `y`."""
        width = self.scrollable_content_region.width
        row = y + self.scroll_offset.y
        base = self.rich_style
        words = [] if self._items else self._placeholder.split("\n")
        if row < len(words):
            text = set_cell_size(f" {clip(words[row], width - 2)}", width)
            return Strip([Segment(text, self.get_component_rich_style("pick-list--empty"))], width)
        if row >= len(self._items):
            return Strip.blank(width, base)
        parts = self._row_parts(self._items[row], width)
        if row == self._cursor:
            style = self.get_component_rich_style("pick-list--cursor")
            segments = [Segment("".join(text for text, _ in parts), style)]
        else:
            style = base
            segments = [Segment(text, self.get_component_rich_style(f"pick-list--{role}")) for text, role in parts]
        return Strip(segments).adjust_cell_length(width, style)

    def _row_parts(self, item: PickerItem, width: int) -> list[tuple[str, str]]:
        parts = [(" ", "label")]
        if self._marks is not None:
            parts.append(("● " if item.value in self._marks else "○ ", "mark"))
        if self._digits:
            parts.append((f"{item.digit or ' '} ", "digit"))
        if self._key_cells:
            parts.append(
                (set_cell_size(item.key, self._key_cells), "disabled" if item.disabled_reason else "digit")
            )
        room = max(0, width - sum(cell_len(text) for text, _ in parts) - 1)
        detail = item.disabled_reason or item.detail
        label_cells = min(self._label_cells, room)
        dim = bool(item.disabled_reason)
        layout = self._columns if item.cells and not dim else None
        if detail and layout is None and room - label_cells - 2 < min(24, cell_len(detail)):
            label_cells = min(label_cells, max(room * 3 // 5, cell_len(item.label) if room < 40 else 0))
        label = set_cell_size(clip(item.label, label_cells), min(label_cells, room))
        parts.append((label, "disabled" if dim else "label"))
        if layout is not None:
            parts.append((f"  {layout.line(item.cells, max(0, room - label_cells - 2))}", "detail"))
        elif detail and room - label_cells > 4:
            parts.append((f"  {clip(detail, room - label_cells - 2)}", "disabled" if dim else "detail"))
        return parts

    def _keep_in_sight(self) -> None:
        height = self.scrollable_content_region.height
        if height <= 0:
            return
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)


class PickHead(LineWidget):
    """The titles above a list's columns."""

    PREFIX = "pick-head"

    def __init__(self, title: str, below: PickList) -> None:
        """Args:
        title: of the labels.
        """
        super().__init__()
        self._title, self._below = title, below

    def fit(self, width: int) -> tuple[Part, ...]:
        return (Part(clip(self._below.heading(self._title), width)),)
