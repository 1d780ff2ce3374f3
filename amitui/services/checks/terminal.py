"""Checks of the terminal and of the clipboard behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

from amitui.charset import is_utf8
from amitui.services.checks.finding import Finding, fail, ok, warn

_USUAL_SIZE: Final = (80, 24)
_TMUX_S: Final = 2.0
_WITHOUT_OSC52: Final[Mapping[str, str]] = {
    "Apple_Terminal": "Terminal.app has no OSC 52",
    "linux": "the Linux console has no clipboard",
}
"""By TERM_PROGRAM or TERM."""

_SELECT: Final = "select text with the mouse while Shift is held, or export to a file (e)"


def check_terminal(environ: Mapping[str, str], size: tuple[int, int] | None, *, mouse: bool) -> Finding:
    """Whether the screen can be drawn.

    Args:
        size: columns and rows of the terminal of stdin and stdout; `None`: they are none.
        mouse: whether the settings want it.
    """
    term = environ.get("TERM", "")
    colours = colours_of(environ)
    facts = [
        f"TERM={term}" if term else "TERM is not set",
        *([f"{size[0]}x{size[1]}"] if size else []),
        colours,
        "UTF-8" if is_utf8(environ) else "no UTF-8: lines and signs are drawn in ASCII",
        "mouse" if mouse else "mouse off",
    ]
    words = ", ".join(facts)
    if term in ("", "dumb"):
        return fail("terminal", words, "export TERM=xterm-256color, or as your terminal is called")
    if size is None:
        remedy = "the screen needs one; amitui find does not"
        return warn("terminal", f"stdin or stdout is no terminal; {words}", remedy)
    if size[0] < _USUAL_SIZE[0] or size[1] < _USUAL_SIZE[1]:
        return warn("terminal", words, "some columns are left out below 80x24")
    if not is_utf8(environ):
        return warn("terminal", words, "set a UTF-8 locale: export LANG=C.UTF-8")
    return ok("terminal", words)


def colours_of(environ: Mapping[str, str]) -> str:
    """How many colours the terminal is taken to have."""
    if environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256color" in environ.get("TERM", "") else "16 colours"


def check_clipboard(environ: Mapping[str, str]) -> Finding:
    """How `y` reaches the clipboard: by OSC 52, which no program can verify, and through what stands between."""
    way = "OSC 52, which works through SSH; no program such as pbcopy, wl-copy or xclip is used"
    if environ.get("TMUX"):
        return _in_tmux()
    if environ.get("STY"):
        return ok("clipboard", f"{way}; wrapped for GNU screen")
    for name in (environ.get("TERM_PROGRAM", ""), environ.get("TERM", "")):
        if name in _WITHOUT_OSC52:
            return warn("clipboard", f"{way}, but {_WITHOUT_OSC52[name]}", _SELECT)
    return ok("clipboard", way)


def _in_tmux() -> Finding:
    program = shutil.which("tmux")
    if program is None:
        return warn("clipboard", "OSC 52 inside tmux, whose program is not in PATH", "add tmux to PATH")

    def asked(*words: str) -> str:
        done = subprocess.run(
            [program, *words], capture_output=True, text=True, errors="replace", timeout=_TMUX_S, check=False
        )
        return done.stdout.strip()

    allowed, passed = asked("show", "-sv", "set-clipboard"), asked("show", "-gv", "allow-passthrough")
    words = f"OSC 52 and tmux load-buffer -w; set-clipboard is {allowed or 'unknown'}, "
    words += f"allow-passthrough is {passed or 'unknown'}"
    # `external`, the default, ignores what programs send, but passes on what load-buffer -w is given.
    if allowed == "off" and passed in ("", "off"):
        return warn("clipboard", words, "tmux set -s set-clipboard on")
    return ok("clipboard", words)


def size_of_terminal() -> tuple[int, int] | None:
    """Columns and rows of the terminal of stdin and stdout; `None`: one of them is none."""
    try:
        if not (os.isatty(0) and os.isatty(1)):
            return None
        columns, rows = os.get_terminal_size(1)
    except OSError:
        return None
    return columns, rows
