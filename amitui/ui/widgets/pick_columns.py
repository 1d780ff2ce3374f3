"""Columns of a list to choose from: one width for all rows, what does not fit left out whole, the rest clipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from amitui.ui.widgets.line import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BETWEEN: Final = 2
_LEAST_REST: Final = 6
"""Cells below which the last column, which takes the room that is left, is not shown."""


@dataclass(frozen=True, slots=True)
class PickColumn:
    """One column behind the labels."""

    title: str
    right: bool = False
    """Whether it is aligned to the right, as numbers are."""
    most: int = 0
    """At most so many cells; 0 = as many as its widest text takes."""
    rank: int = 0
    """Where there is no room, columns with a higher rank are left out first."""


class ColumnLayout:
    """Widths of the columns, from the texts of all rows. The last column takes what the others leave."""

    def __init__(self, columns: Sequence[PickColumn], rows: Iterable[Sequence[str]]) -> None:
        self._columns = tuple(columns)
        self._widths = [cell_len(one.title) for one in columns]
        for row in rows:
            for index, text in enumerate(row):
                self._widths[index] = max(self._widths[index], cell_len(text))
        for index, one in enumerate(columns):
            if one.most:
                self._widths[index] = min(self._widths[index], max(one.most, cell_len(one.title)))

    def line(self, texts: Sequence[str], cells: int) -> str:
        """The columns of one row, in at most so many cells."""
        kept = self._kept(cells)
        parts = []
        for index in kept:
            width, text = self._widths[index], clip(texts[index], self._widths[index])
            blank = " " * (width - cell_len(text))
            parts.append(blank + text if self._columns[index].right else set_cell_size(text, width))
        rest = cells - sum(self._widths[index] + _BETWEEN for index in kept)
        last = len(self._columns) - 1
        if rest >= _LEAST_REST and last >= 0:
            parts.append(clip(texts[last], rest))
        return (" " * _BETWEEN).join(parts)

    def head(self, cells: int) -> str:
        """The titles, aligned as the rows are."""
        return self.line([one.title for one in self._columns], cells)

    def _kept(self, cells: int) -> list[int]:
        """The columns before the last one for which there is room, in order."""
        kept = list(range(len(self._columns) - 1))
        while kept and sum(self._widths[index] + _BETWEEN for index in kept) - _BETWEEN > cells:
            # Of columns with the same rank the one further to the right.
            kept.remove(max(kept, key=lambda index: (self._columns[index].rank, index)))
        return kept
