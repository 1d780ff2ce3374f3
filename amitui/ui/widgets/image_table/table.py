"""The table of images: a window over any number of rows, read as they come into view and painted line by line.

Not Textual's `ScrollView`: its scroll bar costs as much as a column of text on every repaint, and a virtual size
that grows while rows stream in asks for a new layout of the screen. Here a line is sent to the terminal only when
it says something else than before, in as few changes of style as it can do with.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.binding import Binding, BindingsMap
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from amitui.presentation.columns import COLUMNS, no_account, no_progress
from amitui.presentation.facts import ROW_STYLES
from amitui.presentation.glyphs import glyphs_for
from amitui.ui.widgets.image_table.picture import TablePicture
from amitui.ui.widgets.image_table.row_painter import centred

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.style import Style
    from textual.events import Click, MouseDown, MouseMove, MouseScrollDown, MouseScrollUp

    from amitui.domain.image.row import ImageRow
    from amitui.domain.query.terms import SortOrder
    from amitui.presentation.glyphs import Glyphs
    from amitui.ui.widgets.image_table.row_cache import RowSource

COMPACT_BELOW: Final = 80
"""Narrower than so many cells beside the details, only `COMPACT_COLUMNS` are shown."""

COMPACT_COLUMNS: Final = ("id", "origin", "image", "account", "build", "region")

WHEEL_ROWS: Final = 3
"""Rows that one notch of the wheel scrolls by."""


class ImageTable(Widget, can_focus=True):
    """Images in rows; the cursor is on one of them, and any number may be marked."""

    BINDINGS = [
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up", tooltip="One row up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down", tooltip="One row down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="table.page_up", tooltip="One page up"),
        Binding(
            "pagedown,ctrl+f", "page(1)", "Page down", show=False, id="table.page_down", tooltip="One page down"
        ),
        Binding("home,ctrl+home", "first", "First", show=False, id="table.first", tooltip="The first row"),
        Binding("end,ctrl+end", "last", "Last", show=False, id="table.last", tooltip="The last row"),
        Binding(
            "right",
            "open_family",
            "Builds",
            show=False,
            id="table.expand",
            tooltip="Show the family's builds",
        ),
        Binding("left", "close_family", "Close", show=False, id="table.collapse", tooltip="Hide its builds"),
        Binding("space", "mark", "Mark", id="table.mark", tooltip="Mark or unmark the row and move down"),
        Binding("U", "clear_marks", "Unmark", show=False, id="table.clear", tooltip="Unmark all, in view or not"),
        Binding("enter", "open", "Details", id="table.open", tooltip="Everything EC2 says about the image"),
    ]
    CHOOSING = [
        Binding("enter", "choose", "Choose", id="table.choose", tooltip="Choose this image, or the marked images"),
        Binding("ctrl+o", "open", "Details", id="table.open", tooltip="Everything EC2 says about the image"),
    ]
    """Bindings that take the place of those of the same keys where images are to be chosen."""
    COMPONENT_CLASSES = {name for name in ROW_STYLES.values() if name}
    ALLOW_SELECT = False

    columns: reactive[tuple[str, ...] | None] = reactive(None, repaint=False, init=False)
    """Names of the columns wanted, in their order; `None` = the default. What fits of them is shown."""
    show_region: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether rows come from several Regions."""
    show_account: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether rows come from several accounts."""
    shows_families: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether rows stand for families."""
    beside_details: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether the details, which say the rest, stand beside the table: where it is narrow, names come first."""
    sorted_by: reactive[SortOrder | None] = reactive(None, repaint=False, init=False)
    """The order that the arrow in the heading shows."""
    empty_text: reactive[Content] = reactive(Content(), repaint=False, init=False)
    """Shown in the middle when there are no rows."""

    @dataclass
    class CursorMoved(Message):
        """Another row, or other data of the same row, is under the cursor; `None` when there is none."""

        key: int | None
        row: ImageRow | None

    @dataclass
    class Opened(Message):
        """The row under the cursor was chosen, by Enter or a double click."""

        key: int
        row: ImageRow

    @dataclass
    class Chosen(Message):
        """The marked rows, or else the one under the cursor, were chosen; only while `choosing`."""

        rows: tuple[ImageRow, ...]

    @dataclass
    class FamilyOpened(Message):
        """The builds of a family are to be shown in place."""

        key: int
        row: ImageRow

    @dataclass
    class SortRequested(Message):
        """A heading was clicked."""

        column: str

    @dataclass
    class MarksChanged(Message):
        """Rows were marked or unmarked."""

        marks: tuple[ImageRow, ...]

    def __init__(
        self,
        source: RowSource,
        *,
        columns: Sequence[str] | None = None,
        glyphs: Glyphs | None = None,
        now: Callable[[], int] = lambda: int(time.time()),
        account_name: Callable[[ImageRow], str] = no_account,
        progress: Callable[[ImageRow], int | None] = no_progress,
        choosing: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Args:
        source: gives the rows in view.
        columns: names of `COLUMNS` in the order wanted; `None` for the default.
        glyphs: the signs that the terminal can show; `None` to go by the environment.
        now: the clock for ages, in epoch seconds.
        account_name: what the account is called that a row belongs to, or is shared with.
        progress: per cent of an image's data that are there while it is made; `progress_changed` follows.
        choosing: whether images are to be chosen here: Enter then does that, and shows no details.
        """
        super().__init__(id=id, classes=classes)
        self._choosing = choosing
        if choosing:
            # Merged, those that were there would come first.
            other = BindingsMap(self.CHOOSING).key_to_bindings
            self._bindings = BindingsMap.from_keys({**self._bindings.key_to_bindings, **other})
        self.set_reactive(Widget.auto_links, False)
        self._picture = TablePicture(source, glyphs or glyphs_for(os.environ), now, account_name, progress)
        self._window = self._picture.window
        self.set_reactive(ImageTable.columns, tuple(columns) if columns else None)
        self._empty_strips: list[Strip] | None = None
        self._announced: tuple[int | None, ImageRow | None] = (None, None)

    # Watchers

    def watch_columns(self) -> None:
        self._rearrange()

    def watch_show_region(self) -> None:
        self._rearrange()

    def watch_show_account(self) -> None:
        self._rearrange()

    def watch_shows_families(self) -> None:
        self._rearrange()

    def watch_beside_details(self) -> None:
        self._rearrange()

    def watch_sorted_by(self) -> None:
        self._rearrange()

    def watch_empty_text(self) -> None:
        self._empty_strips = None
        if not self._window.keys:
            self.refresh()

    # Rendering

    def on_resize(self) -> None:
        self._fit()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._empty_strips = None

    def render_line(self, y: int) -> Strip:
        """Paint one line as it was last composed."""
        picture = self._picture
        if picture.size != self.size:
            self._fit()
        if not self._window.keys and y >= picture.heading_height:
            return self._words_when_empty()[y - picture.heading_height]
        runs = picture.lines[y] if y < len(picture.lines) else picture.painter.blank()
        return Strip([Segment(text, self._tone(tone)) for text, tone in runs], self.size.width)

    # Events

    def on_click(self, event: Click) -> None:
        event.stop()
        offset = event.get_content_offset(self)
        if offset is None or offset.x >= self.size.width - 1:
            return
        column = self._picture.painter.column_at(offset.x)
        if offset.y < self._picture.heading_height:
            if column is not None and (order := COLUMNS[column].order):
                self.post_message(self.SortRequested(order))
        elif (index := self._picture.index_at(offset.y)) is not None:
            self.move_cursor(index)
            if column == "mark":
                self._toggle_mark()
            elif event.chain == 2:
                self.action_choose() if self._choosing else self.action_open()

    def on_mouse_down(self, event: MouseDown) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.x == self.size.width - 1 and self._window.thumb():
            self.capture_mouse()
            self._drag(event.y)

    def on_mouse_move(self, event: MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._drag(event.y)

    def on_mouse_up(self) -> None:
        if self.app.mouse_captured is self:
            self.release_mouse()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self._show_from(self._window.top + WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self._show_from(self._window.top - WHEEL_ROWS)

    # Actions

    def action_move(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self.move_cursor(self._window.cursor + rows)

    def action_page(self, pages: int) -> None:
        """A page on (1) or back (-1)."""
        self._window.page(pages)
        self._update()

    def action_first(self) -> None:
        """Go to the first row."""
        self.move_cursor(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.move_cursor(len(self._window.keys) - 1)

    def action_open_family(self) -> None:
        """Ask for the builds of the family under the cursor."""
        key, row = self._window.key, self.cursor_row
        if key is not None and row is not None and self._picture.families.can_open(key):
            self.post_message(self.FamilyOpened(key, row))

    def action_close_family(self) -> None:
        """Show the builds of the family under the cursor no longer."""
        family = self._picture.families.family_of(self._window.key)
        if family is not None:
            self._picture.close_family(family)
            self._update()

    def action_mark(self) -> None:
        """Mark the row, or unmark it, and go one down."""
        self._toggle_mark()
        self.action_move(1)

    def action_open(self) -> None:
        """Request the row's details."""
        key, row = self._window.key, self.cursor_row
        if key is not None and row is not None:
            self.post_message(self.Opened(key, row))

    def action_choose(self) -> None:
        """Choose the marked rows, or else the one under the cursor."""
        rows = self.marks or ((self.cursor_row,) if self.cursor_row is not None else ())
        if rows:
            self.post_message(self.Chosen(rows))

    # What is shown

    def show(
        self,
        keys: Sequence[int],
        rows: Sequence[ImageRow | None] = (),
        *,
        keep_cursor: bool = False,
        builds: Sequence[int] | None = None,
    ) -> None:
        """Show a result, or its beginning; `extend` with the complete keys must follow.

        A cursor that was moved stays on its image where that is still in the result; else it goes to the top.

        Args:
            keys: row keys in order.
            rows: the rows of the first of them, as far as read already.
            keep_cursor: whether this is the same view with newer data. The cursor then keeps its place even if its
                image is gone, and while it may only be further on, the old rows stay until `extend`.
            builds: by position, how many builds the family of a row has; `None`: rows are builds.
        """
        self._picture.show(keys, rows, keep_cursor=keep_cursor, builds=builds)
        self.shows_families = builds is not None
        self._update()

    def extend(self, keys: Sequence[int], builds: Sequence[int] | None = None) -> None:
        """Take the complete keys of the result that `show` began with, and the numbers of builds as there."""
        self._picture.extend(keys, builds)
        self._update()

    def open_family(self, family: int, builds: Sequence[int]) -> None:
        """Show builds in place, under the row of their family.

        Args:
            family: key of its row.
            builds: keys, newest first; that of the family's own row is left out.
        """
        self._picture.open_family(family, builds)
        self._update()

    @property
    def opened_families(self) -> tuple[int, ...]:
        """Keys of the families whose builds are shown in place."""
        return self._picture.families.opened

    def move_cursor(self, index: int) -> None:
        """Put the cursor on the row at `index`, or the nearest there is."""
        self._window.move_to(index)
        self._update()

    def move_to_row(self, key: int) -> bool:
        """Put the cursor on a row, of a build under its family too; false: it is not shown."""
        keys = list(self._window.keys)
        if key not in keys:
            return False
        self.move_cursor(keys.index(key))
        return True

    def action_clear_marks(self) -> None:
        """Unmark every row, in view or not."""
        self.clear_marks()

    def clear_marks(self) -> None:
        """Unmark every row, in view or not."""
        if self._picture.cache.marks:
            self._picture.cache.clear_marks()
            self._update()
            self.post_message(self.MarksChanged(()))

    def keep_marks(self, is_kept: Callable[[ImageRow], bool]) -> None:
        """Unmark the rows, in view or not, that are not to be kept."""
        self._picture.cache.keep_marks(is_kept)
        self._update()
        self.post_message(self.MarksChanged(self.marks))

    def progress_changed(self) -> None:
        """Images that are being made have come further: paint their rows anew."""
        self._picture.painter.forget()
        self._update()

    def pin_cursor(self) -> None:
        """Keep the cursor on its image from here on, even where newer ones come in above it."""
        self._picture.window.pinned = True

    @property
    def row_count(self) -> int:
        """Rows of the result as far as known."""
        return len(self._window.keys)

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor."""
        return self._window.cursor

    @property
    def cursor_row(self) -> ImageRow | None:
        """The row under the cursor; `None` when there is none."""
        return self._picture.row

    @property
    def marks(self) -> tuple[ImageRow, ...]:
        """The marked rows as last read, in the order of marking; they need not be in the result."""
        return self._picture.cache.marks

    def renew_marks(self, rows: Sequence[ImageRow]) -> None:
        """Take newer rows of marked images, which need not be in the result."""
        self._picture.cache.renew_marks(rows)
        self._update()

    @property
    def rows_in_view(self) -> list[tuple[int, ImageRow]]:
        """Keys and rows on the screen, those left out that have vanished."""
        keys = self._window.visible()
        rows = self._picture.cache.read(keys, keys)
        return [(key, row) for key, row in zip(keys, rows, strict=True) if row is not None]

    @property
    def lines(self) -> list[str]:
        """What the lines say, without styles."""
        return ["".join(text for text, _ in runs) for runs in self._picture.lines]

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Names of the columns that fit."""
        return tuple(column.name for column, _ in self._picture.painter.placed if column.name != "mark")

    # Private

    def _fit(self) -> None:
        """Compose everything for the present size; Textual repaints all of it by itself."""
        self._empty_strips = None
        self._picture.resize(self.size)
        self._arrange()
        self._picture.renew()
        self._announce()

    def _arrange(self) -> None:
        order = self.sorted_by
        columns = self.columns
        if columns is None and self.beside_details and self.size.width < COMPACT_BELOW:
            hidden = {"region": not self.show_region, "account": not self.show_account}
            columns = tuple(name for name in COMPACT_COLUMNS if not hidden.get(name))
        self._picture.painter.arrange(
            self.size.width,
            columns,
            several_regions=self.show_region,
            several_accounts=self.show_account,
            families=self.shows_families,
            sort=None if order is None else (order.column, order.descending),
        )

    def _rearrange(self) -> None:
        self._arrange()
        self._update()

    def _update(self) -> None:
        """Bring the screen up to date: repaint what says something else than before."""
        if self._picture.size == self.size and self.size:
            if regions := self._picture.renew():
                self.refresh(*regions)
            self._announce()
        elif self.is_mounted and not self.display:
            # The details cover the table, and follow its cursor all the same.
            self._announce()

    def _announce(self) -> None:
        found = (self._window.key, self.cursor_row)
        if found != self._announced:
            self._announced = found
            self.post_message(self.CursorMoved(*found))

    def _toggle_mark(self) -> None:
        row = self.cursor_row
        if row is None:
            return
        self._picture.cache.toggle_mark(row)
        self._update()
        self.post_message(self.MarksChanged(self.marks))

    def _show_from(self, top: int) -> None:
        self._window.scroll_to(top)
        self._update()

    def _drag(self, y: int) -> None:
        self._window.scroll_to_line(y - self._picture.heading_height)
        self._update()

    def _tone(self, tone: str) -> Style:
        return self.get_component_rich_style(ROW_STYLES[tone]) if tone else self.rich_style

    def _words_when_empty(self) -> list[Strip]:
        if self._empty_strips is None:
            room = Size(self.size.width, self.size.height - self._picture.heading_height)
            self._empty_strips = centred(self, self.empty_text, room)
        return self._empty_strips
