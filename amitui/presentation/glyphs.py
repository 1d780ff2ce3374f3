"""The signs that are not letters, for terminals with and without more than ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.charset import is_utf8

if TYPE_CHECKING:
    from collections.abc import Mapping


class Glyphs(NamedTuple):
    """The signs of images, operations and stages. Each takes one cell and reads without colour."""

    trust: tuple[str, ...]
    """By `Trust` value."""
    mark: str
    ellipsis: str
    ascending: str
    descending: str
    thumb: str
    """The part of the position bar that stands for what is on the screen."""
    done: str
    failed: str
    held: str
    now: str
    ahead: str
    dropped: str
    unknown: str
    full: str
    """What has been done of a progress bar."""
    rest: str
    dash: str
    """Between two stages on one line."""
    rail: str
    """Between two stages one below the other."""
    branch: str
    corner: str
    """The last branch."""
    opened: str
    """Of a row whose parts are listed below it."""
    closed: str
    """Of a row that can be opened."""
    times: str
    charged: str = "$"
    """More than the instance is paid for."""
    ascii: bool = False
    """Whether the terminal shows nothing but ASCII; other characters then become `?`."""


UNICODE: Final = Glyphs(
    trust=("‼", "?", "⇄", "M", "✓", "✓", "◆"),
    mark="●",
    ellipsis="…",
    ascending="▲",
    descending="▼",
    thumb="▐",
    done="✓",
    failed="✗",
    held="!",
    now="●",
    ahead="○",
    dropped="–",
    unknown="?",
    full="█",
    rest="░",
    dash="─",
    rail="│",
    branch="├",
    corner="└",
    opened="▾",
    closed="▸",
    times="×",
)
ASCII: Final = Glyphs(
    trust=("!", "?", "<", "M", "+", "+", "*"),
    mark="#",
    ellipsis="~",
    ascending="^",
    descending="v",
    thumb="|",
    done="+",
    failed="x",
    held="!",
    now="*",
    ahead="o",
    dropped="-",
    unknown="?",
    full="#",
    rest=".",
    dash="-",
    rail="|",
    branch="|",
    corner="`",
    opened="v",
    closed=">",
    times="x",
    ascii=True,
)

_ASCII_TERMINALS: Final = ("linux", "dumb", "vt100", "vt102", "vt220", "ansi")
"""Terminals whose fonts lack most of `UNICODE`, whatever the locale says."""


def glyphs_for(environ: Mapping[str, str], wanted: str = "auto") -> Glyphs:
    """The glyph set for a terminal as its environment describes it, unless a setting names one.

    Args:
        wanted: `unicode`, `ascii` or `auto`.
    """
    if wanted != "auto":
        return UNICODE if wanted == "unicode" else ASCII
    return UNICODE if is_utf8(environ) and environ.get("TERM", "") not in _ASCII_TERMINALS else ASCII
