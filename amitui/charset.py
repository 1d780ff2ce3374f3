"""Whether the terminal shows UTF-8, and text for those that show nothing but ASCII.

A character becomes an ASCII sign that looks alike where there is one, else `?`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Final

_SIGNS: Final = {
    "-": "‐‑‒–—―─━╌╍┄┅┈┉═╴╶╸╺╼╾−⎯▁▔🭶🭻⎺⎻⎼⎽",
    "|": "│┃╎╏┆┇┊┋║╵╷╹╻╽╿▏▕▎▍▌▐▊▉▋¦⎪",
    "+": "┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬╭╮╯╰✓✔",
    "#": "█▇▆▅▓▀▄▂▃▙▛▜▟■◼▮",
    ":": "░▒",
    ".": "·•‧∙․",
    "~": "…",
    "*": "●◉◆★⬤✱◈⏺",
    "o": "○◌◯◦⭘",
    "x": "✗✘×✕✖",
    "!": "‼⚠",
    ">": "→▶▸►❯›»⟩⇒",
    "<": "←◀◂◄❮‹«⟨⇄⇐",
    "^": "↑▲▴⇑",
    "v": "↓▼▾⇓",
    "'": "‘’‚′",
    '"': "“”„″",
    " ": "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}\N{THIN SPACE}",
    "?": "␦",
}

_TABLE: Final = {ord(char): sign for sign, alike in _SIGNS.items() for char in alike}


def is_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the locale says that the terminal shows UTF-8.

    Asked is the locale and not Python's own encoding, which is UTF-8 even where the locale is C. Without any
    locale, as in most containers, the terminal outside is a modern one.
    """
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "UTF-8"
    return "utf8" in locale.lower().replace("-", "")


def undo_coercion(environ: MutableMapping[str, str]) -> None:
    """Give LC_CTYPE the value back that Python replaced by `C.UTF-8` when it started in the C locale (PEP 538).

    What the terminal shows is what its user said, not what Python made of it.
    """
    if not sys.flags.utf8_mode or environ.get("LC_ALL") or "LC_CTYPE" not in environ:
        return
    given = None
    try:
        with open("/proc/self/environ", "rb") as block:  # as the process was given it
            lines = block.read().split(b"\0")
        given = next((line[9:].decode("ascii") for line in lines if line.startswith(b"LC_CTYPE=")), None)
    except (OSError, UnicodeDecodeError):
        pass  # not Linux: the other variables have to do
    if given is None:
        del environ["LC_CTYPE"]
    else:
        environ["LC_CTYPE"] = given


def to_ascii(text: str) -> str:
    """`text` in ASCII, one sign for each character."""
    if text.isascii():
        return text
    return text.translate(_TABLE).encode("ascii", "replace").decode("ascii")


def to_ascii_cells(text: str) -> str:
    """`text` in ASCII, taking exactly the cells that it took: two signs for a wide character, none for a mark."""
    if text.isascii():
        return text
    known = text.translate(_TABLE)
    if known.isascii():
        return known
    from rich.cells import cell_len, get_character_cell_size

    width = cell_len(text)  # of a sequence of joined characters less than the sum
    signs = "".join(char if char.isascii() else "?" * get_character_cell_size(char) for char in known)
    return signs[:width].ljust(width, "?")


def for_people(text: str) -> str:
    """`text` as this process' locale shows it, also where it is piped: what people read, not programs."""
    return text if text.isascii() or is_utf8(os.environ) else to_ascii(text)
