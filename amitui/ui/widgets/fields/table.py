"""A field that is a table: marks, names, a verdict on each row and the main reason for it.

Below it, in a field of its own, there is more to be read about the row under the cursor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

from rich.cells import cell_len, set_cell_size
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from amitui.presentation.text import short_name
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.list import ListRow, RowList
from amitui.ui.widgets.line import clip
from amitui.ui.widgets.text_lines import TextView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import ComposeResult

    from amitui.ui.widgets.text_lines import TextLine

BOX_CELLS: Final = 4
GAP_CELLS: Final = 2
FEWEST_NAME_CELLS: Final = 12


class TableRow(NamedTuple):
    """One row."""

    value: str
    """What marking it yields; no two rows have the same."""
    name: str
    word: str
    """The judgement in a word or two."""
    role: str = ""
    """The style of the word: `good`, `warn`, `bad` or empty."""
    remark: str = ""
    """The main thing to be said about it; cut where there is no room."""
    marked: bool = False
    """Whether it is marked until its user says otherwise."""
    locked: str = ""
    """Why it cannot be marked; empty = it can."""
    advised: bool = True
    """Whether marking all marks it too."""


class RowTable(RowList):
    """The rows; marks that their user set stay when the rows are given anew."""

    COMPONENT_CLASSES = {f"row-list--{role}" for role in ("good", "warn", "bad")}

    def __init__(self, titles: tuple[str, str, str], rows: Sequence[TableRow], empty: str) -> None:
        """Args:
        titles: of the columns for name, word and remark.
        empty: said when there are no rows.
        """
        self._titles = titles
        self.table: tuple[TableRow, ...] = ()
        """All rows."""
        self._marked_by_user = False
        super().__init__((), empty)
        self.give(rows)

    def give(self, rows: Sequence[TableRow], *, empty: str = "") -> None:
        """Show these rows, with the cursor where it was.

        Args:
            empty: what to say instead while there are none.
        """
        marked, cursor = self.marked, self.cursor
        self.table = tuple(rows)
        self._empty = empty or self._empty
        self.show([ListRow(row.value, row.name, marked=row.marked, locked=row.locked) for row in rows])
        if self._marked_by_user:
            self.marked = {row.value for row in rows if row.value in marked and not row.locked}
        self.cursor = min(cursor, max(0, len(rows) - 1))

    def action_toggle_all(self) -> None:
        """Mark all rows of which nothing speaks against it; when these are marked, none."""
        good = {row.value for row in self.table if row.advised and not row.locked}
        self._set_marks(set() if good <= self.marked else self.marked | good)

    def heading(self, width: int) -> str:
        """The titles above their columns; nothing where there are no rows."""
        if not self.table:
            return ""
        name_cells, word_cells = self._columns(width)
        name, word, remark = self._titles
        cells = f"{set_cell_size(name, name_cells)}  {set_cell_size(word, word_cells)}  {remark}"
        return clip(" " * BOX_CELLS + cells, width)

    def _set_marks(self, marked: set[str]) -> None:
        self._marked_by_user = True
        super()._set_marks(marked)

    def _row_parts(self, row: ListRow, width: int) -> list[tuple[str, str]]:
        shown = self.table[self.rows.index(row)]
        dim = "locked" if row.locked else ""
        name_cells, word_cells = self._columns(width)
        box = "[x] " if row.value in self.marked else "    " if row.locked else "[ ] "
        name = short_name(shown.name, name_cells)
        room = width - BOX_CELLS - name_cells - word_cells - 2 * GAP_CELLS
        parts = [
            (box, dim or "mark"),
            (set_cell_size(name, name_cells) + " " * GAP_CELLS, dim or "label"),
            (set_cell_size(clip(shown.word, word_cells), word_cells), shown.role or dim or "detail"),
        ]
        if room > 4:
            parts.append((" " * GAP_CELLS + clip(shown.remark, room), dim or "detail"))
        return parts

    def _columns(self, width: int) -> tuple[int, int]:
        """Cells of the names and of the words."""
        words = max(map(cell_len, (self._titles[1], *(row.word for row in self.table))))
        names = max(map(cell_len, (self._titles[0], *(row.name for row in self.table))))
        remarks = max((cell_len(row.remark) for row in self.table), default=0)
        room = width - BOX_CELLS - 2 * GAP_CELLS - words
        names = min(names, max(room * 9 // 20, room - remarks))
        return max(names, min(FEWEST_NAME_CELLS, max(1, room))), words


class TableField(Field):
    """The table as a field, over the form's whole width, with titles above it."""

    class Moved(Message):
        """The cursor is on another row, or there are other rows."""

    def __init__(
        self,
        titles: tuple[str, str, str],
        rows: Sequence[TableRow] = (),
        *,
        id: str,
        hint: str = "",
        empty: str = "none",
        check: Callable[[Sequence[str]], str] | None = None,
    ) -> None:
        """Args:
        titles: of the columns for name, word and remark.
        empty: said when there are no rows.
        check: what is wrong with the marked values, in words; empty = nothing.
        """
        self._table = RowTable(titles, rows, empty)
        self._heading = Static(markup=False, classes="table-heading")
        self._check = check
        super().__init__("", id=id, hint=hint)

    def make_control(self) -> VerticalScroll:
        self._page = VerticalScroll(self._table, can_focus=False, classes="table-page")
        return self._page

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._control
        yield self._problem_line

    def on_resize(self) -> None:
        self._head()

    def on_row_list_changed(self, event: RowList.Changed) -> None:
        event.stop()
        self.post_edited()

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()
        self.post_message(self.HintChanged())
        self.post_message(self.Moved())

    def focus(self, scroll_visible: bool = True) -> Self:
        """Focus the rows."""
        self._table.focus(scroll_visible)
        return self

    @property
    def value(self) -> tuple[str, ...]:
        """What is marked, in the order of the rows."""
        return tuple(row.value for row in self._table.rows if row.value in self._table.marked)

    @property
    def current(self) -> TableRow | None:
        """The row under the cursor."""
        return self._table.table[self._table.cursor] if self._table.table else None

    @property
    def hint(self) -> str:
        """Why the row under the cursor cannot be marked, or what there is to say about all."""
        row = self.current
        return (row.locked if row is not None else "") or self._hint

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())

    def give(self, rows: Sequence[TableRow], *, empty: str = "") -> None:
        """Show these rows; the cursor and what its user marked stay."""
        self._table.give(rows, empty=empty)
        self._head()
        self.post_message(self.HintChanged())
        self.post_message(self.Moved())

    def limit_rows(self, rows: int) -> None:
        """Show so many rows at once at most; the others scroll."""
        self._page.styles.max_height = rows

    def check(self) -> str:
        return self._check(self.value) if self._check is not None else ""

    def _mark(self, *, here: bool) -> None:
        """There is no label; the cursor shows where the keys go."""

    def _head(self) -> None:
        if self._table.size.width:
            self._heading.update(self._table.heading(self._table.size.width))


class DetailText(TextView, can_focus=False):
    """Lines that whoever owns it lays out."""

    def __init__(self, lay_out: Callable[[int], Iterable[TextLine]], least_rows: int) -> None:
        super().__init__()
        self._lay_out = lay_out
        self._least_rows = least_rows
        self.styles.height = least_rows

    def lay_out(self, width: int) -> Iterable[TextLine]:
        lines = list(self._lay_out(width))
        self.styles.height = max(self._least_rows, len(lines))
        return lines


class DetailField(Field):
    """Lines about something else in the form; nothing can be done to them."""

    class Resized(Message):
        """It takes more or fewer rows now: the frame may have to follow."""

    def __init__(self, lay_out: Callable[[int], Iterable[TextLine]], *, id: str, least_rows: int = 1) -> None:
        """Args:
        lay_out: gives the lines for a width in cells.
        least_rows: its height at first.
        """
        self._text = DetailText(lay_out, least_rows)
        super().__init__("", id=id)

    def make_control(self) -> DetailText:
        return self._text

    def compose(self) -> ComposeResult:
        yield self._text

    @property
    def value(self) -> str:
        """Nothing: it only shows text."""
        return ""

    @property
    def is_active(self) -> bool:
        """Never: there is nothing to be wrong."""
        return False

    def renew(self) -> None:
        """Lay it out again."""
        if self.is_mounted:
            self._text.renew()

    def on_mount(self) -> None:
        """There is no problem to show."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())
