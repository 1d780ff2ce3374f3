"""The one place where whatever ends a command becomes words and an exit code; nothing leaves as a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from amitui.cli.messages import INDENT, columns_of, message_lines
from amitui.cli.streams import drop_output
from amitui.cli.threads import leave_despite_threads
from amitui.errors import AmituiError, DefectError, UsageError
from amitui.presentation.wrapping import wrapped

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, and where the reader of stdout goes before it has what it asked for."""


def guarded(command: Callable[[], int]) -> int:
    """Run a command to its exit code, with what went wrong on stderr.

    Usage errors and `--help` of argparse still leave through `SystemExit`.
    """
    try:
        return _flushed(command)
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        drop_output()
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - every other end has words too
        from amitui.defects import defect_of

        said = defect_of(error)
        print_error(said)
        _flush_what_can_be()
        return leave_despite_threads(said.exit_code) if said.leaves_thread else said.exit_code


def print_error(error: AmituiError, more: str = "") -> None:
    """Print what happened, why and what helps on stderr.

    Only the first line begins with the program's name: a remedy is often a command, which begins with one too.

    Args:
        more: what else is to be known, said last.
    """
    columns = columns_of(sys.stderr)
    lines = error_lines(error, columns)
    if more:
        lines += wrapped(more, columns or 0, first=INDENT, rest=INDENT)
    print("\n".join(lines), file=sys.stderr)


def error_lines(error: AmituiError, columns: int | None) -> list[str]:
    """The lines of an error.

    Args:
        columns: of the terminal; `None`: it is none, and nothing is wrapped.
    """
    what, *rest = error.lines()[: 2 if isinstance(error, DefectError) else None]
    lines = message_lines(what, columns)
    if isinstance(error, UsageError):
        from amitui.domain.query.terms import QuerySyntaxError

        if isinstance(error, QuerySyntaxError) and columns:
            # The line that points at what is wrong stands below it in a terminal of any width.
            lines += [INDENT + line for line in error.caret(max(20, min(70, columns - 10))).split("\n")]
            rest = [error.remedy] if error.remedy else []
    excerpt = error.excerpt if isinstance(error, UsageError) else ()
    for line in rest:
        placed = line in excerpt
        lines += [INDENT + line] if placed else wrapped(line, columns or 0, first=INDENT, rest=INDENT)
    return lines


def interrupted() -> int:
    """End a command that Ctrl-C has stopped; gives the exit code, unless the process has to end here.

    It may have come in the midst of an import, of which only a half is there: nothing here imports a package.
    """
    import signal

    # Pressed once more, until the process has ended, it means the same: no traceback, and no other exit code.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _flush_what_can_be()
    return leave_despite_threads(INTERRUPTED)


def _flushed(command: Callable[[], int]) -> int:
    """What the command returns, once all that it printed is written."""
    try:
        code = command()
    except SystemExit:
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return code


def _flush_what_can_be() -> None:
    # What is left over is written once more by the interpreter, which makes an exit code of a failure.
    try:
        sys.stdout.flush()
    except (AmituiError, OSError):
        drop_output()
