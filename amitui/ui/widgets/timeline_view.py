"""An image's timeline laid out: one line of milestones on narrow screens, a diagram along a rail on wider ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.timeline import stage_diagram, stage_line, stage_rows
from amitui.ui.widgets.text_lines import BLANK, Run, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.timeline.timeline import Timeline
    from amitui.presentation.timeline import StageRow
    from amitui.ui.widgets.text_lines import TextLine

DIAGRAM_FROM: Final = 100
"""Columns of the screen from which on the diagram is drawn."""

LABEL_CELLS: Final = 16
"""Sign and name; longer names get a line of their own."""

LEAST_TEXT: Final = 24
"""Cells that the text needs beside the names; with fewer it goes below them."""


def timeline_lines(
    timeline: Timeline, *, now: int, width: int, diagram: bool, signs: Glyphs = UNICODE
) -> Iterator[TextLine]:
    """The timeline in lines of `width` cells.

    Args:
        timeline: from `domain/timeline/timeline.py`.
        now: seconds since the epoch.
        diagram: whether there is room for rails; else the milestones come first as one line.
        signs: by what the terminal shows.
    """
    if diagram:
        rows = list(stage_diagram(timeline, now=now, signs=signs))
    else:
        yield tuple(Run(text, role) for text, role in stage_line(timeline, width, now=now, signs=signs))
        yield BLANK
        rows = list(stage_rows(timeline, now=now, signs=signs))
    for index, row in enumerate(rows):
        if diagram and index and not row.rail:
            yield (Run(rows[index - 1].under, "muted"),)
        yield from _row_lines(row, width)


def _row_lines(row: StageRow, width: int) -> Iterator[TextLine]:
    rail, under = Run(row.rail, "muted"), Run(row.under, "muted")
    head = f"{row.sign} {row.name}"
    lead = cell_len(row.rail)
    indent = LABEL_CELLS + max(lead, cell_len(row.under))
    beside = width - indent >= LEAST_TEXT and lead + cell_len(head) + 2 <= indent
    if not beside:
        indent = cell_len(row.under) + 4
    blank = Run(" " * (indent - cell_len(row.under)))
    texts = _folded(row, width - indent)
    if not beside or not texts:
        yield from ((rail, Run(part, row.role)) for part in wrap(head, max(1, width - lead)))
        yield from ((under, blank, run) for run in texts)
        return
    first, *others = texts
    yield (rail, Run(head.ljust(indent - lead), row.role), first)
    yield from ((under, blank, run) for run in others)


def _folded(row: StageRow, room: int) -> list[Run]:
    """The row's texts, short neighbours sharing a line, and its details, all folded into `room` cells."""
    found: list[Run] = []
    for text, role in row.texts:
        joined = f"{found[-1].text}, {text}" if found and role in ("", "muted") and found[-1].role == "" else ""
        if joined and cell_len(joined) <= room:
            found[-1] = Run(joined)
            continue
        found += [Run(part, role) for part in wrap(text, room)]
    return found + [Run(part) for detail in row.details for part in wrap(detail, room)]
