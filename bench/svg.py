"""A terminal's screen as a picture: cell by cell what the terminal showed, in an SVG that needs nothing else.

Fonts differ between machines, so every run of text is stretched to the cells it covers, and lines and blocks,
which must touch their neighbours, are drawn instead of written.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyte.screens import Char

    from tests.support.terminal_display import Display

CELL_WIDTH: Final = 8.4
CELL_HEIGHT: Final = 18
_FONT_SIZE: Final = 14
_BASELINE: Final = 13.5
_MARGIN: Final = 10
_TITLE_HEIGHT: Final = 32
_FONTS: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"

_FOREGROUND: Final = "e0e0e0"
_BACKGROUND: Final = "121212"
_NAMED: Final = {
    "black": "000000",
    "red": "c0392b",
    "green": "27ae60",
    "brown": "b7950b",
    "blue": "2e86c1",
    "magenta": "9b59b6",
    "cyan": "17a589",
    "white": "d5d8dc",
    "brightblack": "7f8c8d",
    "brightred": "e74c3c",
    "brightgreen": "2ecc71",
    "brightbrown": "f4d03f",
    "brightblue": "5dade2",
    "brightmagenta": "bb8fce",
    "brightcyan": "48c9b0",
    "brightwhite": "ffffff",
}


_SAME_ACROSS: Final = frozenset("─━▀▁▂▃▄▅▆▇█░▒▓▔")
"""Drawn characters that can be stretched over a whole run."""

_WHOLE: Final = re.compile(r".+")
_PIECE: Final = re.compile(r"\S+(?: \S+)*")
"""Text between gaps of two blanks or more: a piece of its own stays in its column in any font."""


class _Look(NamedTuple):
    colour: str
    bold: bool
    italic: bool
    underline: bool
    struck: bool

    @property
    def css(self) -> str:
        lines = " ".join(word for word, on in (("underline", self.underline), ("line-through", self.struck)) if on)
        return (
            f"fill:#{self.colour}"
            + (";font-weight:bold" if self.bold else "")
            + (";font-style:italic" if self.italic else "")
            + (f";text-decoration:{lines}" if lines else "")
        )


class Styles:
    """The CSS classes of the texts in a picture, one for each way in which text looks."""

    def __init__(self) -> None:
        self._names: dict[_Look, str] = {}

    def name(self, look: _Look) -> str:
        """The class of a look."""
        return self._names.setdefault(look, f"l{len(self._names)}")

    @property
    def css(self) -> str:
        """The rules of all classes that were named."""
        return "".join(f".{name}{{{look.css}}}" for look, name in self._names.items())


def render(display: Display, title: str) -> str:
    """The screen in a window frame, with `title` on it."""
    rows, columns = len(display.lines), len(display.lines[0])
    styles = Styles()
    body = "\n".join(
        element
        for row in range(rows)
        for element in row_elements(row, [display.screen.buffer[row][column] for column in range(columns)], styles)
    )
    return window(columns, rows, title, styles.css, body)


def window(columns: int, rows: int, title: str, css: str, body: str, *, over_title: str = "") -> str:
    """A window frame around the elements of its rows.

    Args:
        over_title: elements on the frame, over the whole picture.
    """
    width, height = columns * CELL_WIDTH + 2 * _MARGIN, rows * CELL_HEIGHT + _TITLE_HEIGHT + _MARGIN
    dots = "".join(
        f'<circle cx="{_MARGIN + 10 + 18 * number}" cy="{_TITLE_HEIGHT / 2}" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">
<title>{escape(title)}</title>
<style>text{{font-family:{_FONTS};font-size:{_FONT_SIZE}px;white-space:pre}}{css}</style>
<rect width="{width:g}" height="{height:g}" rx="9" fill="#2b2d31"/>
{dots}
<text x="{width / 2:g}" y="{_TITLE_HEIGHT / 2 + 5:g}" text-anchor="middle" fill="#b8bcc4">{escape(title)}</text>
{over_title}<g transform="translate({_MARGIN} {_TITLE_HEIGHT})">
<rect width="{columns * CELL_WIDTH:g}" height="{rows * CELL_HEIGHT}" fill="#{_BACKGROUND}"/>
<g shape-rendering="crispEdges">
{body}
</g></g></svg>
"""


def row_elements(row: int, cells: Sequence[Char], styles: Styles) -> Iterator[str]:
    """The elements of one row of cells, at the height of row number `row`."""
    top = row * CELL_HEIGHT
    for start, end in _runs([_paper(cell) for cell in cells]):
        colour = _paper(cells[start])
        if colour != _BACKGROUND:
            yield _rect(start * CELL_WIDTH, top, (end - start) * CELL_WIDTH, CELL_HEIGHT, f"#{colour}")
    for start, end in _runs([_kind(cell) for cell in cells]):
        text = "".join(cell.data for cell in cells[start:end])
        look = _look(cells[start])
        drawn = _drawing(text[:1], f"#{look.colour}")
        if drawn is not None and text[0] in _SAME_ACROSS:
            yield f'<g transform="translate({start * CELL_WIDTH:g} {top}) scale({end - start} 1)">{drawn}</g>'
        elif drawn is not None:
            for column in range(start, end):
                yield f'<g transform="translate({column * CELL_WIDTH:g} {top})">{drawn}</g>'
        else:
            name = styles.name(look)
            whole = look.underline or look.struck or len(text) != end - start
            for piece in (_WHOLE if whole else _PIECE).finditer(text):
                covered = end - start if whole else len(piece[0])
                yield (
                    f'<text class="{name}" x="{(start + piece.start()) * CELL_WIDTH:g}" y="{top + _BASELINE:g}" '
                    f'textLength="{covered * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs">'
                    f"{escape(piece[0], quote=False)}</text>"
                )


def _runs(keys: list[object] | list[str]) -> Iterator[tuple[int, int]]:
    """Where equal neighbours start and end."""
    start = 0
    for at in range(1, len(keys) + 1):
        if at == len(keys) or keys[at] != keys[start]:
            yield start, at
            start = at


def _kind(cell: Char) -> object:
    """Equal for neighbours that make one run: of text in one look, or of one drawn character."""
    if not cell.data or unicodedata.east_asian_width(cell.data[0]) in "WF":
        # A wide character fills its own cell and the empty one behind it, which must not join another's run.
        return _look(cell), "wide"
    return _look(cell), cell.data if _drawing(cell.data, "") else None


def _colour(name: str, default: str) -> str:
    return default if name == "default" else _NAMED.get(name, name)


def _paper(cell: Char) -> str:
    return _colour(cell.fg, _FOREGROUND) if cell.reverse else _colour(cell.bg, _BACKGROUND)


def _look(cell: Char) -> _Look:
    ink = _colour(cell.bg, _BACKGROUND) if cell.reverse else _colour(cell.fg, _FOREGROUND)
    return _Look(ink, cell.bold, cell.italics, cell.underscore, cell.strikethrough)


def _rect(x: float, y: float, width: float, height: float, fill: str, opacity: float = 1) -> str:
    faint = f' fill-opacity="{opacity}"' if opacity < 1 else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"{faint}/>'


def _drawing(character: str, colour: str) -> str | None:
    """A block or a line drawn in one cell; `None` for what is written as text."""
    if not "\u2500" <= character <= "\u259f":
        return None
    return _block(ord(character), colour) if character >= "\u2580" else _lines(unicodedata.name(character), colour)


_QUADRANTS: Final = {
    0x2596: "c", 0x2597: "d", 0x2598: "a", 0x2599: "acd", 0x259A: "ad",
    0x259B: "abc", 0x259C: "abd", 0x259D: "b", 0x259E: "bc", 0x259F: "bcd",
}  # fmt: skip
"""Filled quarters: a b above c d."""


def _block(code: int, colour: str) -> str:
    width, height = CELL_WIDTH, CELL_HEIGHT
    if code in _QUADRANTS:
        return "".join(
            _rect(width / 2 * (quarter in "bd"), height / 2 * (quarter in "cd"), width / 2, height / 2, colour)
            for quarter in _QUADRANTS[code]
        )
    if code == 0x2580:
        return _rect(0, 0, width, height / 2, colour)
    if code <= 0x2588:
        part = height * (code - 0x2580) / 8
        return _rect(0, height - part, width, part, colour)
    if code <= 0x258F:
        return _rect(0, 0, width * (0x2590 - code) / 8, height, colour)
    if code == 0x2590:
        return _rect(width / 2, 0, width / 2, height, colour)
    if code <= 0x2593:
        return _rect(0, 0, width, height, colour, (code - 0x2590) / 4)
    if code == 0x2594:
        return _rect(0, 0, width, height / 8, colour)
    return _rect(width * 7 / 8, 0, width / 8, height, colour)


_LINE_NAME: Final = re.compile(r"BOX DRAWINGS (?P<weight>LIGHT|HEAVY) (?P<arc>ARC )?(?P<ways>[A-Z ]+)")
_WAYS: Final = {
    "LEFT": "l", "RIGHT": "r", "UP": "u", "DOWN": "d", "HORIZONTAL": "lr", "VERTICAL": "ud", "AND": "",
}  # fmt: skip


def _lines(name: str, colour: str) -> str | None:
    """Lines from the middle of the cell, as the character's Unicode name spells them; `None`: of mixed weights."""
    found = _LINE_NAME.fullmatch(name)
    if found is None or not all(word in _WAYS for word in found["ways"].split()):
        return None
    ways = "".join(_WAYS[word] for word in found["ways"].split())
    middle_x, middle_y = CELL_WIDTH / 2, CELL_HEIGHT / 2
    ends = {
        "l": f"0 {middle_y:g}",
        "r": f"{CELL_WIDTH:g} {middle_y:g}",
        "u": f"{middle_x:g} 0",
        "d": f"{middle_x:g} {CELL_HEIGHT:g}",
    }
    if found["arc"]:
        first, second = (ends[way] for way in ways)
        path = f"M{first}Q{middle_x:g} {middle_y:g} {second}"
    else:
        path = "".join(f"M{middle_x:g} {middle_y:g}L{ends[way]}" for way in ways)
    thickness = 1 if found["weight"] == "LIGHT" else 2
    edges = ' shape-rendering="auto"' if found["arc"] else ""
    return f'<path d="{path}" stroke="{colour}" stroke-width="{thickness}" fill="none"{edges}/>'
