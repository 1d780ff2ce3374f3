"""One line of text for one image: cells joined, and the cause of the exceptional ones put where it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from amitui.domain.image.trust import Trust
from amitui.presentation.columns import GAP, MAIN_COLUMNS, Look, Placed
from amitui.presentation.facts import Cause, cause
from amitui.presentation.image_label import image_label
from amitui.presentation.tell_apart import SPACED, tell_apart
from amitui.presentation.text import cell_width, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow

Runs: TypeAlias = tuple[tuple[str, str], ...]
"""A line as (text, tone) pairs; tones are keys of `ROW_STYLES`, and neighbours differ in tone."""

NAME_BESIDE_REASON: Final = 14
"""Cells left to the name of an image that failed: why it did is what one looks for then."""

_GAP_TEXT: Final = " " * GAP

_NESTED: Final = "  "
"""Before a build that is shown under its family."""


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
    names = [column.name for column, _ in placed]
    sorted_by = None
    if sort is not None:
        stand_in = (column.name for column, _ in placed if column.sorts_by == sort[0])
        sorted_by = sort[0] if sort[0] in names else next(stand_in, None)
    for column, width in placed:
        title = column.title
        if sort is not None and sorted_by == column.name and width > 1:
            title = title[: width - 1] + (look.glyphs.descending if sort[1] else look.glyphs.ascending)
        found.append(title[:width].rjust(width) if column.right else title[:width].ljust(width))
    return found


def main_texts(rows: Sequence[ImageRow], placed: Sequence[Placed], look: Look) -> list[str]:
    """What the main column says of each row of a screen: no two different images look the same.

    A row's own text is its product, or its name shortened. Where that does not tell rows apart, what they share
    goes and what differs stays. Another Region does not make another image of a row, nor does another indent.
    """
    index = _main_index(placed)
    if index is None:
        return [""] * len(rows)
    nested = [look.families is not None and row.key in look.families.nested for row in rows]
    indent = len(_NESTED) if any(nested) else 0
    rooms = [max(0, _main_room(row, placed, index, look) - indent) for row in rows]
    texts = _differing_texts(rows, rooms, placed, look)
    return [_NESTED + text if inner else text for text, inner in zip(texts, nested, strict=True)]


def _differing_texts(
    rows: Sequence[ImageRow], rooms: Sequence[int], placed: Sequence[Placed], look: Look
) -> list[str]:
    """The main column's texts, each for so many cells."""
    column = next(column for column, _ in placed if column.name in MAIN_COLUMNS)
    texts = [column.render(row, look, room) for row, room in zip(rows, rooms, strict=True)]
    others = [place for place in placed if place.column.name in ("arch", "build")]
    rest = [tuple(cells(row, others, look)) for row in rows]
    groups: list[set[int]] = []
    for attempt in range(_ATTEMPTS):
        shown = [(_fitted(text, room, look), *more) for text, room, more in zip(texts, rooms, rest, strict=True)]
        alike = _alike(rows, shown)
        if not alike:
            break
        # A text that was changed may meet one of another group: the groups are then one.
        groups = _united([*groups, *alike])
        for group in groups:
            if any(group & found for found in alike):
                width = min(rooms[number] for number in group)
                apart = _told_apart([rows[number] for number in sorted(group)], width, look, not attempt)
                for number in group:
                    texts[number] = apart[rows[number].name]
    return texts


_ATTEMPTS: Final = 4


def _alike(rows: Sequence[ImageRow], shown: Sequence[tuple[str, ...]]) -> list[set[int]]:
    """Indices of different images that look the same, together."""
    found: dict[tuple[str, ...], set[int]] = {}
    for number, key in enumerate(shown):
        found.setdefault(key, set()).add(number)
    return [numbers for numbers in found.values() if len({rows[number].name for number in numbers}) > 1]


def _united(groups: Sequence[set[int]]) -> list[set[int]]:
    """Groups that have a member in common become one."""
    found: list[set[int]] = []
    for group in groups:
        apart = [other for other in found if not other & group]
        found = [*apart, group.union(*(other for other in found if other & group))]
    return found


def _told_apart(rows: Sequence[ImageRow], width: int, look: Look, with_label: bool) -> dict[str, str]:
    """Texts by name, which differ."""
    by_name = {row.name: image_label(row) for row in rows}
    labels = [label.text if label else "" for label in by_name.values()]
    ellipsis = look.glyphs.ellipsis
    if with_label and len(set(labels)) == len(labels) and "" not in labels:
        texts = tell_apart(labels, width, ellipsis, parts=SPACED)
    elif with_label and len(set(labels)) == 1 and labels[0] and width - len(labels[0]) > _LEAST_APART:
        ends = tell_apart(list(by_name), width - len(labels[0]) - 1, ellipsis, head=False)
        texts = [f"{labels[0]} {end}" for end in ends]
    else:
        full = [f"{label.text} {name}" if with_label and label else name for name, label in by_name.items()]
        texts = tell_apart(full, width, ellipsis)
    return dict(zip(by_name, texts, strict=True))


_LEAST_APART: Final = 6
"""Cells behind a label in which what differs may still be said."""


def _main_index(placed: Sequence[Placed]) -> int | None:
    names = [column.name for column, _ in placed]
    return next((names.index(name) for name in MAIN_COLUMNS if name in names), None)


def line(row: ImageRow, placed: Sequence[Placed], look: Look, main_text: str | None = None) -> Runs:
    """A row as runs: one for the healthy, because every change of style costs bytes on a slow link.

    The tone of the exceptional is on the cause and, for a look-alike, on its origin. The cause may take room
    from the main column of its own row: a state column wide enough for any cause would be blank on nearly all.

    Args:
        row: the image.
        placed: the layout.
        look: clock and glyphs.
        main_text: what the main column says, of `main_texts`; `None` for what the row by itself would say.
    """
    texts = cells(row, placed, look)
    main = _main_index(placed)
    found = cause(row, look.now, look.progress(row))
    if main is not None and main_text is not None:
        texts[main] = _fitted(main_text, placed[main].width, look)
    if found is None:
        return ((_GAP_TEXT.join(texts), ""),)
    row_tone = "muted" if found.whole_row else ""
    names = [column.name for column, _ in placed]
    together = _together(placed, main)
    pieces: list[tuple[str, str]] = []
    for index, name in enumerate(names):
        if together and name == "state":
            continue
        if index:
            pieces.append((_GAP_TEXT, row_tone))
        if together and index == main:
            room = _main_room(row, placed, index, look)
            text = main_text if main_text is not None else placed[index].column.render(row, look, room)
            words = _cause_words(found, look, placed[index].width, together)
            gap = " " * (together - room - cell_width(words))
            pieces += ((_fitted(text, room, look) + gap, row_tone), (words, found.tone))
        elif name == "state":
            pieces.append((texts[index], found.tone))
        elif name in ("origin", "publisher", "trust") and row.trust == Trust.LOOKALIKE:
            pieces.append((texts[index], "danger"))
        else:
            pieces.append((texts[index], row_tone))
    return _merged(pieces)


def _fitted(text: str, width: int, look: Look) -> str:
    return fit(text, width, ellipsis=look.glyphs.ellipsis, ascii_only=look.glyphs.ascii)


def _together(placed: Sequence[Placed], main: int | None) -> int:
    """Cells that the main column and the cause share; 0 when the cause has a column elsewhere."""
    if main is None:
        return 0
    names = [column.name for column, _ in placed]
    if "state" not in names:
        return placed[main].width
    return placed[main].width + GAP + placed[main + 1].width if names.index("state") == main + 1 else 0


def _main_room(row: ImageRow, placed: Sequence[Placed], main: int, look: Look) -> int:
    """Cells of the main column that the cause of its row leaves."""
    width, together = placed[main].width, _together(placed, main)
    found = cause(row, look.now, look.progress(row))
    if found is None or not together:
        return width
    return min(width, max(0, together - cell_width(_cause_words(found, look, width, together)) - GAP))


def _cause_words(found: Cause, look: Look, width: int, together: int) -> str:
    """The cause in at most half of what it shares with the main column, or more where that is free."""
    least = NAME_BESIDE_REASON if found.reasoned else together
    room = max(together // 2, together - min(width, least) - GAP, 1)
    return _fitted(found.words(room), room, look).rstrip()


def _merged(pieces: Sequence[tuple[str, str]]) -> Runs:
    runs: list[tuple[str, str]] = []
    for text, tone in pieces:
        if runs and runs[-1][1] == tone:
            runs[-1] = (runs[-1][0] + text, tone)
        elif text:
            runs.append((text, tone))
    return tuple(runs)
