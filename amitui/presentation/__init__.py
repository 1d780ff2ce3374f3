"""How an image is put into words and columns, the same on the screen and for `amitui find`. Pure functions."""

from __future__ import annotations

from amitui.presentation.columns import (
    COLUMNS,
    DEFAULT_COLUMNS,
    GAP,
    Column,
    Look,
    Placed,
    layout,
)
from amitui.presentation.facts import (
    ROW_STYLES,
    TRUST_WORDS,
    Cause,
    age,
    cause,
    day,
    region_code,
    size,
    state_text,
    trust_mark,
)
from amitui.presentation.lines import Runs, cells, line, titles
from amitui.presentation.text import ASCII, UNICODE, Glyphs, cell_width, fit, glyphs_for, short_name

__all__ = [
    "ASCII",
    "COLUMNS",
    "DEFAULT_COLUMNS",
    "GAP",
    "ROW_STYLES",
    "TRUST_WORDS",
    "UNICODE",
    "Cause",
    "Column",
    "Glyphs",
    "Look",
    "Placed",
    "Runs",
    "age",
    "cause",
    "cell_width",
    "cells",
    "day",
    "fit",
    "glyphs_for",
    "layout",
    "line",
    "region_code",
    "short_name",
    "size",
    "state_text",
    "titles",
    "trust_mark",
]
