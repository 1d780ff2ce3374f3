"""An SQL answer as a table that fits the terminal, or one value a line where its columns do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from amitui.presentation.answer_values import line_value
from amitui.presentation.text import cell_width, fit

_LEAST: Final = 8
"""Cells to which a column is narrowed at most."""
_GAP: Final = 2


def answer_lines(names: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None) -> list[str]:
    """The lines; none without rows.

    Args:
        width: of the terminal. `None`: nothing is shortened.
    """
    if not rows:
        return []
    cells = [[line_value(value) for value in row] for row in rows]
    columns = [[name, *column] for name, *column in zip(names, *cells, strict=True)]
    numbers = [
        all(isinstance(row[at], int | float) or row[at] is None for row in rows) for at in range(len(names))
    ]
    wanted = [max(map(cell_width, column)) for column in columns]
    widths = wanted if width is None else _narrowed(wanted, width)
    if widths is None:
        return _one_below_the_other(names, cells, width or 0)
    return [(" " * _GAP).join(map(_cell, line, widths, numbers)).rstrip() for line in zip(*columns, strict=True)]


def _cell(text: str, width: int, number: bool) -> str:
    return fit(text, width, right=number)


def _narrowed(wanted: Sequence[int], width: int) -> list[int] | None:
    """The widths of columns that fit a terminal, the widest narrowed; `None`: they are too many."""
    room = width - _GAP * (len(wanted) - 1)
    if sum(min(one, _LEAST) for one in wanted) > room:
        return None
    # The widest columns share what the others leave.
    left, widths = room, dict.fromkeys(range(len(wanted)), 0)
    for done, at in enumerate(sorted(widths, key=lambda at: wanted[at])):
        widths[at] = max(min(wanted[at], _LEAST), min(wanted[at], left // (len(wanted) - done)))
        left -= widths[at]
    return list(widths.values())


def _one_below_the_other(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[str]:
    head = min(max(map(cell_width, names)), max(_LEAST, width // 2))
    room = max(_LEAST, width - head - _GAP)
    lines: list[str] = []
    for number, row in enumerate(cells):
        lines += [""] if number else []
        for name, text in zip(names, row, strict=True):
            lines.append(f"{fit(name, head)}{' ' * _GAP}{fit(text, room)}".rstrip())
    return lines
