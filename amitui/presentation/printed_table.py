"""Rows as a table on a command line: whole where programs read it, fitted to the terminal where people do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.presentation.account_names import NO_NAMES, AccountNames
from amitui.presentation.export import iso
from amitui.presentation.text import cell_width, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.image.row import ImageRow

_NAME: Final = "NAME"
_EXPENDABLE: Final = ("CREATED", "ARCH")
"""Columns that are left out of a narrow terminal, in this order: most names say the same."""
_NAME_LEAST: Final = 20
"""Cells below which a name tells too little."""
_ACCOUNT_MOST: Final = 32
"""Cells of an account's name."""
_LOOK_ALIKE: Final = "  !! LOOK-ALIKE"
_LOOK_ALIKE_OF: Final = f"{_LOOK_ALIKE} of a known publisher's name"


def table_lines(rows: Iterable[ImageRow], width: int | None = None, names: AccountNames = NO_NAMES) -> list[str]:
    """The lines of the table, its head first; none without rows.

    Args:
        width: of the terminal: names are shortened so that no line is longer. `None`: nothing is shortened.
        names: of accounts; a column says through which one a row is seen where several are used together.
    """
    listed = list(rows)
    if not listed:
        return []
    regions = len({row.region for row in listed}) > 1
    some = (("REGION", regions), ("ACCOUNT", bool(names.members)))
    heads = ("IMAGE ID", *(head for head, shown in some if shown), "CREATED", "ARCH", "PUBLISHER")
    columns = {head: [head, *(_cell(row, head, names) for row in listed)] for head in heads}
    notes = ["", *map(_note, listed)]
    room = None
    if width is not None:
        notes = [_LOOK_ALIKE if note == _LOOK_ALIKE_OF else note for note in notes]
        least = _NAME_LEAST + max(map(len, notes))
        for head in _EXPENDABLE:
            if width - _used(columns) < least:
                del columns[head]
        room = max(_NAME_LEAST, width - _used(columns))
    titles = [_NAME, *(row.name or row.description or "(no name)" for row in listed)]
    ends = [_shortened(name, note, room) + note for name, note in zip(titles, notes, strict=True)]
    widths = [max(map(len, cells)) for cells in columns.values()]
    lines = zip(*columns.values(), strict=True)
    return [
        "  ".join((*(cell.ljust(cells) for cell, cells in zip(line, widths, strict=True)), end)).rstrip()
        for line, end in zip(lines, ends, strict=True)
    ]


def _used(columns: dict[str, list[str]]) -> int:
    """Cells before the name."""
    return sum(max(map(cell_width, cells)) + 2 for cells in columns.values())


def _shortened(name: str, note: str, room: int | None) -> str:
    if room is None or cell_width(name) + len(note) <= room:
        return name
    return short_name(name, max(_NAME_LEAST, room - len(note)))


def _cell(row: ImageRow, head: str, names: AccountNames) -> str:
    match head:
        case "IMAGE ID":
            return row.image_id
        case "REGION":
            return row.region
        case "ACCOUNT":
            return short_name(names.name_of(row), _ACCOUNT_MOST)
        case "CREATED":
            return iso(row.created)[:10]
        case "ARCH":
            return row.architecture
    return short_name(names.owner(row), _ACCOUNT_MOST)


def _note(row: ImageRow) -> str:
    if row.trust == 0:
        return _LOOK_ALIKE_OF
    return "" if row.state == "available" else f"  [{row.state}]"
