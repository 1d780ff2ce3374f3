"""Which of a million rows are on the screen, and which one the cursor is on. Arithmetic only, no widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR = 1024
"""A row is searched so far around its old place before all keys are searched: 20 ms at a million."""


def _position(keys: Sequence[int], key: int, near: int) -> int | None:
    """Where `key` is in `keys`, `None` when it is not there."""
    start = max(0, near - _NEAR)
    try:
        return start + keys[start : near + _NEAR].index(key)
    except ValueError:
        pass
    try:
        return keys.index(key)
    except ValueError:
        return None


@dataclass(slots=True)
class RowWindow:
    """The rows in view: keys in order, a height, and where the top and the cursor are."""

    keys: Sequence[int] = ()
    """The whole result: a list or an `array('q')`, never copied."""
    height: int = 0
    """Rows that fit on the screen."""
    cursor: int = 0
    top: int = 0
    total: int = 0
    """Rows of the whole result as far as known: what the position bar is drawn for."""
    pinned: bool = False
    """Whether the cursor stays on its image even at the very top: an operation was submitted for it."""

    @property
    def key(self) -> int | None:
        """Key of the row under the cursor."""
        return self.keys[self.cursor] if self.keys else None

    @property
    def last_top(self) -> int:
        """The top that shows the end."""
        return max(0, len(self.keys) - self.height)

    def visible(self) -> Sequence[int]:
        """Keys of the rows in view."""
        return self.keys[self.top : self.top + self.height]

    def thumb(self) -> range:
        """Lines of the position bar that stand for what is in view; empty when everything is."""
        total, height = self.total, self.height
        if total <= height or height <= 0:
            return range(0)
        length = max(1, height * height // total)
        start = round(self.top * (height - length) / (total - height))
        return range(start, start + length)

    def resize(self, height: int) -> None:
        """Take a new height; the cursor stays in view."""
        self.height = max(0, height)
        self.top = min(self.top, self.last_top)
        if not self.top <= self.cursor < self.top + max(1, self.height):
            self._centre()

    def move_to(self, index: int) -> None:
        """Put the cursor on a row.

        Out of view, that row comes to the middle: stepping over the edge then repaints the whole window once in
        half a window of steps rather than on each, which a slow link feels, and shows what comes next.
        """
        self.cursor = max(0, min(index, len(self.keys) - 1))
        if not self.top <= self.cursor < self.top + self.height:
            self._centre()

    def page(self, direction: int) -> None:
        """A window on (1) or back (-1), with one row of overlap; the cursor keeps its line."""
        step = direction * max(1, self.height - 1)
        self.top = max(0, min(self.top + step, self.last_top))
        self.move_to(self.cursor + step)

    def scroll_to(self, top: int) -> None:
        """Put a row at the top; the cursor follows only as far as it must to stay in view."""
        self.top = max(0, min(top, self.last_top))
        last = min(self.top + self.height, len(self.keys)) - 1
        self.cursor = max(0, min(max(self.cursor, self.top), last))

    def scroll_to_line(self, line: int) -> None:
        """Put the middle of the position bar's thumb at `line`."""
        thumb = self.thumb()
        if free := self.height - len(thumb):
            self.scroll_to(round((line - len(thumb) // 2) * self.last_top / free))

    def reveal(self, rows: int) -> None:
        """Have so many rows behind the cursor in view, or as many as half the window holds."""
        wanted = min(rows, self.height // 2)
        below = self.top + self.height - 1 - self.cursor
        self.top = max(self.top, min(self.top + wanted - below, self.last_top))

    def awaits(self, keys: Sequence[int]) -> bool:
        """Whether the row under the cursor is not among the first `keys` of a newer answer."""
        key = self.key
        return key is not None and not self._resting and _position(keys, key, self.cursor) is None

    def replace(self, keys: Sequence[int], *, same_view: bool) -> None:
        """Take a new result, or the beginning of one (then `extend` follows).

        The cursor stays on its image and the image on its line if it is still there. At the very top it stays at
        the top instead: the newest images are what is watched there.

        Args:
            keys: the new result.
            same_view: whether it is a newer result of the same view; the cursor then keeps its place even if its
                image is gone. In another view it goes to the top.
        """
        key, line, before = self.key, self.cursor - self.top, self.cursor
        resting = self._resting
        self.keys = keys
        self.total = max(len(keys), self.total) if keys else 0
        index = None if resting or key is None else _position(keys, key, before)
        if index is not None:
            self._place(index, line)
        elif same_view and not resting:
            self._place(before, line)
        else:
            self.cursor = self.top = 0
        self.pinned = self.pinned and same_view

    def extend(self, keys: Sequence[int]) -> None:
        """Take the complete keys of the result whose beginning is shown; it may have grown at its top since."""
        key, line, index = self.key, self.cursor - self.top, self.cursor
        self.keys = keys
        self.total = len(keys)
        if key is not None and not self._resting and not (index < len(keys) and keys[index] == key):
            found = _position(keys, key, index)
            index = index if found is None else found
        self._place(index, line)

    @property
    def _resting(self) -> bool:
        """Whether the cursor is where it is without its user's doing, or as if."""
        return self.cursor == 0 and self.top == 0 and not self.pinned

    def _place(self, index: int, line: int) -> None:
        self.cursor = max(0, min(index, len(self.keys) - 1))
        if self.pinned and self.top == 0 and self.cursor < self.height:
            return  # the new rows above are what was submitted: show them
        self.top = max(0, min(self.cursor - line, self.last_top))
        if not self.top <= self.cursor < self.top + max(1, self.height):
            self._centre()

    def _centre(self) -> None:
        self.top = max(0, min(self.cursor - self.height // 2, self.last_top))
