"""What may reach a terminal: splits raw output into text and control sequences, and knows the ones that are ours.

Text from AWS is written by strangers. A terminal obeys any control sequence that gets through, so the end-to-end
tests read every byte that amitui wrote and name each one that neither Textual nor amitui has a reason to write.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ESC: Final = "\x1b"

SEQUENCE: Final = re.compile(
    r"\x1b(?:"
    r"\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|P(?P<dcs>(?:[^\x1b]|\x1b[^\\])*)\x1b\\"
    r"|(?P<short>[ -/]+[0-~]|[0-OQ-Z\\^_`a-~])"
    r")"
)
"""One complete escape sequence (ECMA-48: CSI, OSC, DCS and the short ones); a group per kind."""

UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|P(?:[^\x1b]|\x1b[^\\])*\x1b?|[ -/]*)\Z")
"""The beginning of a sequence whose end has not been read yet."""

_OSC_52: Final = r"\x1b\]52;c;[A-Za-z0-9+/]*={0,2}\x07"
_PRIVATE_MODES: Final = "7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048"

_OURS: Final = re.compile(
    "|".join(
        (
            r"\x1b\[[0-9;]*m",  # colours and attributes
            r"\x1b\[(?:[0-9]+;[0-9]+)?H",  # cursor position
            r"\x1b\[[0-9]*[ABCDG]",  # cursor moves
            r"\x1b\[[0-3]?[JK]",  # erase
            rf"\x1b\[\?(?:{_PRIVATE_MODES})[hl]",
            r"\x1b\[\?(?:2026|2048)\$p",  # asks whether the terminal knows a mode
            r"\x1b\[>[0-9]+u|\x1b\[<u",  # kitty's keyboard protocol, on and off
            r"\x1b\[6n",  # asks where the cursor is
            r"\x1b\]22;[a-z-]*\x07",  # shape of the mouse pointer
            _OSC_52,
            rf"\x1bPtmux;\x1b{_OSC_52}\x1b\\",  # the same, handed through by tmux
        )
    )
)
"""Every sequence that Textual's Linux driver and compositor write, and the clipboard ones that amitui writes."""

_ROW_END: Final = re.compile(r"\r?\n(?=\x1b\[[0-9]+;[0-9]+H)")
"""Textual ends a row with a newline and goes to an absolute position next; behind a newline in a text is text."""

_HARMFUL_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""C0, C1 and DEL; formats (bidi, zero-width); surrogates (invalid UTF-8); line and paragraph separators."""


class ForeignControl(NamedTuple):
    """Something in the output that neither Textual nor amitui has a reason to write."""

    offset: int
    """Character position in the decoded output."""
    found: str
    context: str
    """The output around it."""


def foreign_controls(raw: bytes) -> Iterator[ForeignControl]:
    """Find the control bytes and sequences in `raw` that are not on the list of expected ones."""
    text = raw.decode("utf-8", "surrogateescape")
    full_screen = False
    position = 0
    while position < len(text):
        character = text[position]
        if character == ESC:
            ours = _OURS.match(text, position)
            if ours is not None:
                full_screen = {"\x1b[?1049h": True, "\x1b[?1049l": False}.get(ours[0], full_screen)
                position = ours.end()
                continue
        elif character in "\r\n":
            row_end = _ROW_END.match(text, position)
            if row_end is not None or not full_screen:
                position = row_end.end() if row_end else position + 1
                continue
        elif unicodedata.category(character) not in _HARMFUL_CATEGORIES:
            position += 1
            continue
        sequence = SEQUENCE.match(text, position)
        found = sequence[0] if sequence else character
        yield ForeignControl(position, found, text[max(0, position - 40) : position + len(found) + 40])
        position += len(found)


def assert_no_foreign_controls(raw: bytes) -> None:
    """Fail, naming offenders with what stood around them, when `raw` holds a control that is not ours."""
    offenders = list(foreign_controls(raw))
    if offenders:
        shown = "\n".join(f"  at {at}: {found!r} in {context!r}" for at, found, context in offenders[:10])
        raise AssertionError(f"{len(offenders)} foreign controls reached the terminal:\n{shown}")
