"""What a command tells its user on stderr: wrapped to the terminal, and left in whole lines where it is none."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from amitui.cli.quiet import is_quiet
from amitui.presentation.wrapping import wrapped

if TYPE_CHECKING:
    from typing import TextIO

INDENT: Final = " " * len("amitui: ")
"""Before the further lines of a message: only its first one begins with the program's name."""


def say(words: str) -> None:
    """Print `amitui: words` on stderr: a note, which `--quiet` leaves out."""
    if not is_quiet():
        warn(words)


def warn(words: str) -> None:
    """Print `amitui: words` on stderr whatever was asked for: something failed, or is missing in the answer."""
    print("\n".join(message_lines(words, columns_of(sys.stderr))), file=sys.stderr)


def message_lines(words: str, columns: int | None) -> list[str]:
    """The lines of a message.

    Args:
        columns: of the terminal; `None`: it is none, and programs read lines.
    """
    return wrapped(words, columns or 0, first="amitui: ", rest=INDENT)


def columns_of(stream: TextIO | None) -> int | None:
    """The columns of the terminal behind a stream; `None`: it is none, or does not say."""
    try:
        if stream is None or not stream.isatty():
            return None
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None
