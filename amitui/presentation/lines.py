"""One line of text for one image: cells joined, and the cause of the exceptional ones put where it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from amitui.domain.image.trust import Trust
from amitui.presentation.columns import GAP, Look, Placed
from amitui.presentation.facts import Cause, cause
from amitui.presentation.text import cell_width, fit, short_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow

Runs: TypeAlias = tuple[tuple[str, str], ...]
"""A line as (text, tone) pairs; tones are keys of `ROW_STYLES`, and neighbours differ in tone."""

NAME_BESIDE_REASON: Final = 9
"""Cells left to the name of an image that failed: why it did is what one looks for then."""

_GAP_TEXT: Final = " " * GAP


def cells(row: ImageRow, placed: Sequence[Placed], look: Look) -> list[str]:
    """The texts of a row, each in exactly the width of its column."""
    ellipsis, ascii_only = look.glyphs.ellipsis, look.glyphs.ascii
    return [
        fit(column.render(row, look, width), width, right=column.right, ellipsis=ellipsis, ascii_only=ascii_only)
        for column, width in placed
    ]


def titles(placed: Sequence[Placed], look: Look, sort: tuple[str, bool] | None = None) -> list[str]:
    """The headings, each in exactly the width of its column.

    Args:
        placed: the layout.
        look: for the glyphs.
        sort: the column that rows are ordered by and whether it descends; it gets an arrow.
    """
    found: list[str] = []
    for column, width in placed:
        title = column.title
        if sort is not None and sort[0] == column.name and width > 1:
            title = title[: width - 1] + (look.glyphs.descending if sort[1] else look.glyphs.ascending)
        found.append(title[:width].rjust(width) if column.right else title[:width].ljust(width))
    return found


def line(row: ImageRow, placed: Sequence[Placed], look: Look) -> Runs:
    """A row as runs: one for the healthy, because every change of style costs bytes on a slow link.

    The tone of the exceptional is on the cause and, for a look-alike, on the publisher. The cause may take room
    from the name of its own row: a state column wide enough for any cause would be blank on nearly all of them.
    """
    texts = cells(row, placed, look)
    found = cause(row, look.now)
    if found is None:
        return ((_GAP_TEXT.join(texts), ""),)
    row_tone = "muted" if found.whole_row else ""
    names = [column.name for column, _ in placed]
    shared = "name" in names and ("state" not in names or names.index("state") == names.index("name") + 1)
    pieces: list[tuple[str, str]] = []
    for index, name in enumerate(names):
        if shared and name == "state":
            continue
        if index:
            pieces.append((_GAP_TEXT, row_tone))
        if shared and name == "name":
            width = placed[index].width
            together = width + (GAP + placed[index + 1].width if "state" in names else 0)
            text, words = _name_with_cause(row, found, look, width, together)
            pieces += ((text, row_tone), (words, found.tone))
        elif name == "state":
            pieces.append((texts[index], found.tone))
        elif name in ("publisher", "trust") and row.trust == Trust.LOOKALIKE:
            pieces.append((texts[index], "danger"))
        else:
            pieces.append((texts[index], row_tone))
    return _merged(pieces)


def _name_with_cause(row: ImageRow, found: Cause, look: Look, name_width: int, together: int) -> tuple[str, str]:
    """The name, and the cause flush right after it: in exactly `together` cells."""
    least_name = NAME_BESIDE_REASON if found.reasoned else together
    room = max(together // 2, together - min(name_width, least_name) - GAP, 1)
    ellipsis, ascii_only = look.glyphs.ellipsis, look.glyphs.ascii
    words = fit(found.words(room), room, ellipsis=ellipsis, ascii_only=ascii_only).rstrip()
    words_width = cell_width(words)
    rest = min(name_width, max(0, together - words_width - GAP))
    name = fit(short_name(row.name, rest, ellipsis), rest, ellipsis=ellipsis, ascii_only=ascii_only)
    return name + " " * (together - rest - words_width), words


def _merged(pieces: Sequence[tuple[str, str]]) -> Runs:
    runs: list[tuple[str, str]] = []
    for text, tone in pieces:
        if runs and runs[-1][1] == tone:
            runs[-1] = (runs[-1][0] + text, tone)
        elif text:
            runs.append((text, tone))
    return tuple(runs)
