"""The image table as lines of text: rows, window and columns put together, without a widget around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size

from amitui.presentation.columns import no_account, no_progress
from amitui.ui.widgets.image_table.family_rows import FamilyRows
from amitui.ui.widgets.image_table.row_cache import RowCache, RowSource
from amitui.ui.widgets.image_table.row_painter import RowPainter, changed_regions
from amitui.ui.widgets.image_table.row_window import RowWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.geometry import Region

    from amitui.domain.image.row import ImageRow
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs


class TablePicture:
    """What the table says at its present size; whoever changes the parts calls `renew` after."""

    def __init__(
        self,
        source: RowSource,
        glyphs: Glyphs,
        now: Callable[[], int],
        account_name: Callable[[ImageRow], str] = no_account,
        progress: Callable[[ImageRow], int | None] = no_progress,
    ) -> None:
        self.cache = RowCache(source)
        self.window = RowWindow()
        self.painter = RowPainter(glyphs, account_name, progress)
        self.families = FamilyRows()
        self.lines: list[Runs] = []
        """From the top of the widget; none for the rows when there are none."""
        self.size = Size(0, 0)
        self._now = now
        self._waiting = False
        """Whether the answer shown is an old one until `extend`."""

    @property
    def heading_height(self) -> int:
        """Lines above the first row."""
        return 1 if self.size.height >= 3 else 0

    @property
    def row(self) -> ImageRow | None:
        """The row under the cursor."""
        key = self.window.key
        return None if key is None else self.cache.read([key], self.window.visible())[0]

    def index_at(self, y: int) -> int | None:
        """Index of the row that line `y` shows."""
        index = self.window.top + y - self.heading_height
        return index if y >= self.heading_height and index < len(self.window.keys) else None

    def resize(self, size: Size) -> None:
        """Take a new size; `painter.arrange` and `renew` are to follow."""
        self.size = size
        self.window.resize(size.height - self.heading_height)

    def show(
        self,
        keys: Sequence[int],
        rows: Sequence[ImageRow | None],
        *,
        keep_cursor: bool,
        builds: Sequence[int] | None = None,
    ) -> None:
        """As `ImageTable.show`."""
        self.forget()
        self.cache.seed(keys, rows)
        if not keep_cursor:
            self.families = FamilyRows()
        keys = self.families.take(keys, builds)
        self._waiting = keep_cursor and self.window.awaits(keys)
        if not self._waiting:
            self.window.replace(keys, same_view=keep_cursor)

    def extend(self, keys: Sequence[int], builds: Sequence[int] | None = None) -> None:
        """As `ImageTable.extend`."""
        keys = self.families.take(keys, builds)
        self.painter.forget()
        if self._waiting:
            self._waiting = False
            self.window.replace(keys, same_view=True)
        self.window.extend(keys)

    def open_family(self, family: int, builds: Sequence[int]) -> None:
        """As `ImageTable.open_family`."""
        before = len(self.window.keys)
        self._rearranged(self.families.open(self.window.keys, family, builds))
        if self.window.key == family:
            self.window.reveal(len(self.window.keys) - before)

    def close_family(self, family: int) -> None:
        """As `ImageTable.close_family`; the cursor goes to the family's row."""
        inside = self.families.family_of(self.window.key) == family
        keys = self.families.close(self.window.keys, family)
        if inside and family in keys:
            self.window.move_to(list(self.window.keys).index(family))
        self._rearranged(keys)

    def _rearranged(self, keys: Sequence[int]) -> None:
        pinned, self.window.pinned = self.window.pinned, True
        self.window.extend(keys)
        self.window.pinned = pinned
        self.painter.forget()

    def forget(self) -> None:
        """Read and compose rows anew when they are next shown."""
        self.cache.seed((), ())
        self.painter.forget()

    def renew(self) -> list[Region]:
        """Compose the lines; what differs from before."""
        before, self.lines = self.lines, self._compose()
        return changed_regions(before, self.lines, self.size.width)

    def _compose(self) -> list[Runs]:
        window, painter, now = self.window, self.painter, self._now()
        lines = [painter.heading()] if self.heading_height else []
        keys = window.visible()
        thumb = window.thumb()
        rows = self.cache.read(keys, keys)
        painter.families = self.families.marks
        texts = painter.main_texts(keys, rows, now)
        for line, (key, row, text) in enumerate(zip(keys, rows, texts, strict=True)):
            marked = self.cache.is_marked(row)
            cursor = window.top + line == window.cursor
            lines.append(painter.row(key, row, now, text, cursor=cursor, marked=marked, thumb=line in thumb))
        if keys:
            lines += [painter.blank()] * (window.height - len(keys))
        return lines
