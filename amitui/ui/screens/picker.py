"""A searchable list in a dialog: the one way in which regions, profiles, columns and sort orders are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ScreenResultType

from amitui.ui.screens.modal import Modal
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.filter_input import FilterInput
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.pick_list import PickerItem, PickHead, PickList

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.events import Key
    from textual.widgets import Input

    from amitui.ui.widgets.pick_columns import PickColumn

FRAMED_FROM: Final = 10
"""Screens with fewer rows get a dialog without frame and key bar."""

SHORT_SCREEN: Final = [(0, "-short"), (FRAMED_FROM, "-tall")]

FRAME_ROWS: Final = 4
"""Frame, filter and key bar."""

LOADING_ROWS: Final = 8
"""Rows kept free for a list that is still being loaded."""

__all__ = ["SHORT_SCREEN", "BasePicker", "MultiPickerScreen", "PickerItem", "PickerScreen"]


class BasePicker(Modal[ScreenResultType]):
    """What all pickers share: the filter, the list, the cursor keys, digits, and the empty and loading states."""

    CSS_PATH = stylesheet("dialogs", "picker")
    VERTICAL_BREAKPOINTS = SHORT_SCREEN
    MARKS = False
    COLUMNS: ClassVar[Sequence[PickColumn]] = ()
    """Those in which the items' cells are shown, under their titles; the last takes what room is left."""
    LABELS: ClassVar[str] = ""
    """The title of the labels beside those columns."""

    BINDINGS = [
        Binding(
            "escape", "leave", "Back", id="picker.leave", tooltip="Close without choosing; first clears the filter"
        ),
        Binding("up", "move(-1)", "Up", show=False, id="picker.up", tooltip="Move the cursor up"),
        Binding("down", "move(1)", "Down", show=False, id="picker.down", tooltip="Move the cursor down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="picker.page_up", tooltip="Move up one page"),
        Binding(
            "pagedown", "page(1)", "Page down", show=False, id="picker.page_down", tooltip="Move down one page"
        ),
        Binding(
            "ctrl+home", "move(-1000000)", "First", show=False, id="picker.first", tooltip="Go to the first row"
        ),
        Binding("ctrl+end", "move(1000000)", "Last", show=False, id="picker.last", tooltip="Go to the last row"),
    ]

    def __init__(
        self,
        title: str,
        items: Sequence[PickerItem] | None,
        *,
        current: str | None = None,
        empty: str = "Nothing to choose from.",
        loading: str = "Loading…",
        placeholder: str = "type to filter",
    ) -> None:
        """Args:
        title: on the dialog's border.
        items: the rows; `None` = still being loaded, `set_items` brings them.
        current: the value on which the cursor starts.
        empty: said when there are no rows at all, in lines.
        loading: said until the rows arrive.
        placeholder: in the filter while it is empty.
        """
        super().__init__()
        self._title_text = title
        self._items: tuple[PickerItem, ...] | None = tuple(items) if items is not None else None
        self._current = current
        self._empty, self._loading_text = empty, loading
        self.filter = FilterInput(placeholder)
        """What is typed."""
        self.typed = ""
        """What was typed to open it, before it was mounted."""
        self.list = PickList(marks=self.MARKS)
        """What matches it."""
        self.head = PickHead(self.LABELS, self.list)
        """What its columns are called."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title_text)
            dialog.set_class(bool(self.COLUMNS), "-columns")
            yield self.filter
            if self.COLUMNS:
                yield self.head
            yield self.list
            yield KeyBar()

    def on_mount(self) -> None:
        self.filter.focus()
        self._align()
        self._renew(cursor=self._current)
        if self.typed:
            self.filter.value = self.typed
            self.filter.cursor_position = len(self.typed)

    def on_resize(self) -> None:
        self._fit()

    def on_key(self, event: Key) -> None:
        character = event.character or ""
        if character.isdigit() and not self.filter.value:
            for item in self.items:
                if item.digit == character and not item.disabled_reason:
                    event.stop()
                    self.take_alone(item)

    @on(FilterInput.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self.searched()
        self._renew(cursor=None)

    @on(PickList.RowClicked)
    def _row_clicked(self, event: PickList.RowClicked) -> None:
        event.stop()
        self.click_chosen()

    def action_leave(self) -> None:
        """Clear the filter; without one close the dialog."""
        if self.filter.value:
            self.filter.value = ""
        else:
            self.dismiss(None)

    def action_move(self, rows: int) -> None:
        self.list.move(rows)
        self.moved()

    def action_page(self, pages: int) -> None:
        self.list.move(pages * self.list.page_rows)
        self.moved()

    def searched(self) -> None:
        """The filter has changed."""

    def moved(self) -> None:
        """The cursor may be on another row."""

    def action_choose(self) -> None:
        """Take the row under the cursor, if it can be taken."""
        item = self.list.current
        if item is None or item.disabled_reason:
            self.app.bell()
        else:
            self.take(item)

    def take(self, item: PickerItem) -> None:
        """End with `item` as the choice."""
        raise NotImplementedError

    def take_alone(self, item: PickerItem) -> None:
        """End with `item`, chosen by its digit."""
        self.take(item)

    def click_chosen(self) -> None:
        """The row under the cursor was clicked."""
        self.action_choose()

    @property
    def items(self) -> tuple[PickerItem, ...]:
        """All rows, in order; none while they are being loaded."""
        return self._items or ()

    def matching(self, text: str) -> Sequence[PickerItem]:
        """The rows that what is typed finds, in the order in which they are shown."""
        words = text.casefold().split()
        return [item for item in self.items if item.matches(words)]

    def unmatched(self) -> str:
        """What is said when there are rows and what is typed finds none."""
        return "Nothing matches."

    def set_items(self, items: Iterable[PickerItem]) -> None:
        """Show these rows, keeping the filter, and the cursor on its row if that is still there."""
        self._items = tuple(items)
        if self.is_mounted:
            self._align()
            here = self.list.current
            self._renew(cursor=here.value if here is not None else self._current)

    def _align(self) -> None:
        if self.COLUMNS:
            self.list.set_columns(self.COLUMNS, self.items)

    def _renew(self, *, cursor: str | None) -> None:
        items = self.items
        shown = self.matching(self.filter.value)
        if self._items is None:
            nothing = self._loading_text
        elif not items:
            nothing = self._empty
        else:
            nothing = self.unmatched()
        # What is typed behind other text belongs to it: a name may have blanks and digits.
        self.filter.when_empty = "".join(item.digit for item in items) + (" " if self.MARKS else "")
        self.refresh_bindings()
        self.list.show(shown, placeholder=nothing, cursor=cursor)
        if self.COLUMNS:
            self.call_after_refresh(self.head.refit)
        self._fit()
        self.moved()

    def _fit(self) -> None:
        height = self.app.size.height
        if height < FRAMED_FROM:
            rows = height
        else:
            listed = LOADING_ROWS if self._items is None else len(self._items) or 1 + self._empty.count("\n")
            rows = min(listed + FRAME_ROWS + bool(self.COLUMNS), height - 2)
        self.set_rows(rows)


class PickerScreen(BasePicker[str | None]):
    """Choose one; the result is its value."""

    def take(self, item: PickerItem) -> None:
        self.dismiss(item.value)


class MultiPickerScreen(BasePicker[tuple[str, ...] | None]):
    """Choose several with Space; the result is their values in the order of the rows."""

    MARKS = True
    BINDINGS = [
        Binding(
            "space",
            "mark_untyped",
            "Mark",
            id="picker.mark",
            tooltip="Mark or unmark the row under the cursor, while nothing is typed",
        ),
        Binding(
            "insert,ctrl+@,ctrl+space",
            "toggle_mark",
            "Mark",
            id="picker.mark_typed",
            tooltip="Mark or unmark it, whatever is typed",
        ),
    ]

    def __init__(
        self,
        title: str,
        items: Sequence[PickerItem] | None,
        *,
        marked: Iterable[str] = (),
        adds: bool = False,
        **words: Any,
    ) -> None:
        """Args:
        marked: values marked at the start.
        adds: whether Enter adds a row to them; else it takes their place.
        words: `current`, `empty`, `loading` and `placeholder`, as for every picker.
        """
        super().__init__(title, items, **words)
        self.marked = set(marked)
        """Values that are marked, whether they match the filter or not."""
        self._remarked = False
        self._searched = False  # whether a row was typed since the last mark: it is meant as well
        self._adds = adds

    def on_mount(self) -> None:
        self.list.show_marks(self.marked)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space is text behind other text: the key bar then names the other keys alone."""
        return not self.filter.value if action == "mark_untyped" else super().check_action(action, parameters)

    def why_not_now(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "mark_untyped":
            return "Space is text of the filter now"
        return super().why_not_now(action, parameters)

    def searched(self) -> None:
        self._searched = bool(self.filter.value)

    def action_mark_untyped(self) -> None:
        self.action_toggle_mark()

    def action_toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor and go on to the next."""
        item = self.list.current
        if item is None or item.disabled_reason:
            self.app.bell()
            return
        self.marked ^= {item.value}
        self._remarked, self._searched = True, False
        self.list.show_marks(self.marked)
        self.list.move(1)

    def mark_all(self, values: Iterable[str]) -> None:
        """Mark these and no others."""
        self.marked = set(values)
        self._remarked, self._searched = True, False
        self.list.show_marks(self.marked)

    def take(self, item: PickerItem) -> None:
        """End with what is marked; with `item` alone when nothing is, or when no mark was changed.

        So typing a name and pressing Enter goes there, whatever was marked at the start; or adds it to the marked.
        """
        if self._searched if self._remarked else self._adds:
            self.marked.add(item.value)
        marked = tuple(row.value for row in self.items if row.value in self.marked)
        if marked and (self._remarked or self._adds):
            self.dismiss(marked)
        else:
            self.take_alone(item)

    def take_alone(self, item: PickerItem) -> None:
        self.dismiss((item.value,))

    def click_chosen(self) -> None:
        self.action_toggle_mark()
