"""Prose of a command wrapped to a terminal's width; what belongs to one word of a command stays on one line."""

from __future__ import annotations

import re
from typing import Final

from amitui.presentation.text import cell_width

NARROWEST: Final = 20
"""Cells below which nothing is wrapped: words would stand one a line."""

_TOGETHER: Final = r"(?<!\S)(amitui|aws|--?[a-z][a-z-]*) (?=[a-z0-9A-Z-])|(?<=\S)() (?=--?[a-z])"
"""A program with its command, and an option with its value and with what is before it: a line break between them
would be copied too. Text: compiled when the first line is too long."""

_GLUE: Final = "\0"
"""Stands for a blank at which no line is broken; no text that is shown has such a character."""


def wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """The lines of a text, each of at most `width` cells as far as its words allow.

    Args:
        text: paragraphs, each of which begins on a line of its own. What fits stays exactly as it is.
        first: what the first line begins with.
        rest: what the others begin with.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        start = rest if lines else first
        if width < NARROWEST or cell_width(start) + cell_width(paragraph) <= width:
            lines.append(start + paragraph)
            continue
        line = start
        for word in re.sub(_TOGETHER, rf"\1\2{_GLUE}", paragraph).split(" "):
            word = word.replace(_GLUE, " ")
            if line not in (start, rest) and cell_width(line) + 1 + cell_width(word) > width:
                lines.append(line.rstrip())
                line = start = rest
            line += word if line == start else f" {word}"
        lines.append(line)
    return lines
