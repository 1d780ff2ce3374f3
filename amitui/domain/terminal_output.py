"""What a program wrote for a terminal, as lines that are safe to show: nothing of it is obeyed."""

from __future__ import annotations

import re
from typing import Final

from amitui.domain.visible import show_invisible

_CONTROLS: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements, clearing
    r"|\x1b[P\]X^_][^\x1b\x07\n]*(?:\x07|\x1b\\)?"  # titles, links and other strings for the terminal
    r"|\x1b[ -/]*[0-~]"
)
"""What a terminal would carry out and not show. The end of a line is no part of it: nothing hides what follows."""


def shown_line(line: str) -> str:
    """A line without colours and other terminal controls, as the terminal would show it at last.

    Args:
        line: without its end.
    """
    # A carriage return begins the line anew: what a terminal would show is what was written last.
    parts = [part for part in _CONTROLS.sub("", line).split("\r") if part]
    return show_invisible(parts[-1].expandtabs().rstrip()) if parts else ""
