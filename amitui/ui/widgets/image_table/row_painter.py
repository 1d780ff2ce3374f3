"""What the lines of the image table say, and which of them differ from what is on the screen.

A line is known by its content (text and tones), so an equal line is never sent to the terminal twice, whatever
made it be composed again. Line 0 is the heading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual

from amitui.presentation.columns import GAP, Look, Placed, layout, no_account, no_progress
from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.lines import Runs, line, main_texts, titles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content
    from textual.geometry import Size
    from textual.widget import Widget

    from amitui.domain.image.row import ImageRow
    from amitui.presentation.columns import FamilyMarks

_VANISHED = "  no longer in the catalogue"


_KEPT_LINES = 512

_NO_GLYPHS = dict.fromkeys(map(ord, "".join((*UNICODE.trust, UNICODE.mark, UNICODE.ellipsis, UNICODE.thumb))))
"""For `str.translate`: takes our own glyphs out of a text."""


class RowPainter:
    """Composes lines for one width, set of columns and glyphs."""

    def __init__(
        self,
        glyphs: Glyphs = UNICODE,
        account_name: Callable[[ImageRow], str] = no_account,
        progress: Callable[[ImageRow], int | None] = no_progress,
    ) -> None:
        self._account_name, self._progress = account_name, progress
        self.placed: list[Placed] = []
        """The columns that fit, with their widths."""
        self.families: FamilyMarks | None = None
        """What is shown of families; `None`: rows are builds."""
        self._glyphs = glyphs
        self._width = 0
        self._heading: Runs = ()
        self._texts: tuple[tuple[int, ...], list[str]] = ((), [])
        """Keys of the screen that was composed last, and its main texts: a moved cursor changes neither."""
        self._lines: dict[tuple[int, str], Runs] = {}
        """By row key and main text, without cursor, mark and bar, of rows lately in view."""

    def arrange(
        self,
        width: int,
        columns: Sequence[str] | None,
        *,
        several_regions: bool = False,
        several_accounts: bool = False,
        families: bool = False,
        sort: tuple[str, bool] | None = None,
    ) -> None:
        """Place the columns; before anything is composed.

        Args:
            width: cells of a line, with the position bar in the last of them.
            columns: names of the user's columns; `None` for the default.
            several_regions: whether the default has a Region column.
            several_accounts: whether it has an Account column.
            families: whether rows stand for families.
            sort: the column that rows are ordered by, and whether it descends.
        """
        self._width = width
        self.placed = layout(
            columns,
            max(1, width - 1),
            several_regions=several_regions,
            several_accounts=several_accounts,
            families=families,
        )
        text = (" " * GAP).join(titles(self.placed, Look(0, self._glyphs), sort))
        self._heading = ((text[: max(0, width - 1)].ljust(width), "header"),)
        self.forget()

    def forget(self) -> None:
        """Compose rows anew when they are next shown: they, or their ages, changed."""
        self._lines.clear()
        self._texts = ((), [])

    def heading(self) -> Runs:
        """Line 0."""
        return self._heading

    def blank(self) -> Runs:
        """A line below the last row."""
        return ((" " * self._width, ""),)

    def main_texts(self, keys: Sequence[int], rows: Sequence[ImageRow | None], now: int) -> list[str]:
        """The main column's texts for the rows of one screen, so that they differ."""
        shown = tuple(keys)
        if self._texts[0] != shown:
            look = self._look(now)
            texts = iter(main_texts([row for row in rows if row is not None], self.placed, look))
            self._texts = (shown, ["" if row is None else next(texts) for row in rows])
        return self._texts[1]

    def row(
        self, key: int, row: ImageRow | None, now: int, text: str, *, cursor: bool, marked: bool, thumb: bool
    ) -> Runs:
        """The line of a row; `None` is one that has left the catalogue since the keys were read.

        Args:
            text: of `main_texts`.
        """
        runs = self._lines.get((key, text))
        if runs is None:
            if len(self._lines) > _KEPT_LINES:
                self._lines.clear()
            runs = self._lines[key, text] = self._compose(row, text, self._look(now))
        if marked:
            first, tone = runs[0]
            runs = ((self._glyphs.mark + first[1:], tone), *runs[1:])
        text, tone = runs[-1]
        runs = (*runs[:-1], (text + (self._glyphs.thumb if thumb else " "), tone))
        if cursor or marked:
            # One run again: glyphs and words say what the colours said.
            return (("".join(text for text, _ in runs), "cursor" if cursor else "marked"),)
        return runs

    def column_at(self, x: int) -> str | None:
        """Name of the column at cell `x`."""
        for column, width in self.placed:
            if x < width:
                return column.name
            x -= width + GAP
        return None

    def _look(self, now: int) -> Look:
        return Look(now, self._glyphs, self.families, self._account_name, self._progress)

    def _compose(self, row: ImageRow | None, text: str, look: Look) -> Runs:
        width = self._width - 1
        if row is None:
            return ((_VANISHED[:width].ljust(width), "muted"),)
        runs = line(row, self.placed, look, text)
        used = sum(column.width for column in self.placed) + GAP * (len(self.placed) - 1)
        if used > width:
            # Not even the image id fits: what is past the edge goes.
            return (("".join(text for text, _ in runs)[: max(0, width)], runs[0][1]),)
        text, tone = runs[-1]
        return (*runs[:-1], (text + " " * (width - used), tone))


def changed_regions(old: Sequence[Runs], new: Sequence[Runs], width: int) -> list[Region]:
    """What to repaint so that lines `old`, which are on the screen, become `new`.

    The end of a line that stays as it was (blanks, mostly) is left out: Textual can leave out the end of a
    widget's line, though not its beginning.
    """
    regions: list[Region] = []
    for y in range(max(len(old), len(new))):
        before = old[y] if y < len(old) else ()
        after = new[y] if y < len(new) else ()
        if before != after:
            regions.append(Region(0, y, max(1, width - _same_end(before, after)), 1))
    return regions


def _same_end(before: Runs, after: Runs) -> int:
    """Cells at the end of both lines that show the same."""
    if not before or not after or before[-1][1] != after[-1][1]:
        return 0
    first, second = before[-1][0], after[-1][0]
    limit = min(len(first), len(second))
    same = 0
    while same < limit and first[-1 - same] == second[-1 - same] and first[-1 - same] < "\x7f":
        same += 1
    # Terminals differ in how wide they draw some characters; after such a one, the whole line is drawn anew.
    return same if _plain(before) and _plain(after) else 0


def _plain(runs: Runs) -> bool:
    """Whether a line has no character of doubtful width: ASCII and our own glyphs only."""
    return all(text.isascii() or text.translate(_NO_GLYPHS).isascii() for text, _ in runs)


def centred(widget: Widget, text: Content, room: Size) -> list[Strip]:
    """Lines that fill `room`, with `text` in the middle."""
    width, height = room
    style = widget.rich_style
    words = Visual.to_strips(widget, text, width, None, widget.visual_style, pad=True)[:height]
    above = (height - len(words)) // 2
    blank = Strip.blank(width, style)
    fitted = [strip.adjust_cell_length(width, style) for strip in words]
    return [*[blank] * above, *fitted, *[blank] * (height - above - len(fitted))]
