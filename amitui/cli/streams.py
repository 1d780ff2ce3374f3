"""Standard input, output and error as amitui wants them, whatever it was started with.

A descriptor that is closed is taken by the next file that is opened, and a message would then be written into an
SQLite file: so none stays closed. What cannot be written to stdout is an error in words; what cannot be written to
stderr is lost, as there is nowhere left to say so. A character that the output's encoding lacks is replaced.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Final, TextIO

from amitui.charset import is_utf8, to_ascii, undo_coercion
from amitui.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

STDIN, STDOUT, STDERR = range(3)

REPLACING: Final = "amitui.replace"
"""The codec error handler that puts an ASCII sign in place of one of ours, and `?` in place of the rest."""

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_OPENED: Final = {STDIN: os.O_WRONLY, STDOUT: os.O_RDONLY, STDERR: os.O_WRONLY}
"""How /dev/null is opened in the place of a closed descriptor: reading stdin and writing stdout then fail."""


def prepare(environ: MutableMapping[str, str]) -> None:
    """Replace the interpreter's three streams; for a process that is amitui alone."""
    for number, flags in _OPENED.items():
        _fill(number, flags)
    undo_coercion(environ)
    codecs.register_error(REPLACING, _replaced)
    if sys.stdin is None:
        sys.stdin = open(STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    # Without a UTF-8 locale Python's encoding is UTF-8 all the same: programs can read it, terminals cannot.
    ascii_only = not (is_utf8(environ) or environ.get("PYTHONIOENCODING"))
    sys.stdout = _text(_Descriptor(STDOUT), sys.stdout, ascii_only=ascii_only and os.isatty(STDOUT))
    sys.stderr = _text(_Unfailing(STDERR), sys.stderr, ascii_only=ascii_only, at_once=True)


def drop_output() -> None:
    """What is still to be written to stdout goes nowhere: its reader has gone."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(raw, _Descriptor):
        raw.broken = True
    else:
        # Python flushes stdout once more at exit; point it somewhere that still takes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reader_has_enough() -> bool:
    """Whether the reader of stdout, which has gone, had read something: it has what it asked for then (`head -1`).

    What is still to be written goes nowhere in that case.
    """
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if not (isinstance(raw, _Descriptor) and raw.began):
        return False
    drop_output()
    return True


def _fill(number: int, flags: int) -> None:
    try:
        os.fstat(number)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        handle = os.open(os.devnull, flags)
        if handle != number:
            os.dup2(handle, number)
            os.close(handle)
        os.set_inheritable(number, True)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


class _Descriptor(io.RawIOBase):
    """Writes to a descriptor, all of what is given; a failure is an error in words, and reported once."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.broken = False
        self.began = False
        """Whether something was written."""

    def fileno(self) -> int:
        """The descriptor."""
        return self._number

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._number)

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Write everything; it waits where another program has made the descriptor non-blocking.

        Raises:
            BrokenPipeError: the reader has gone.
            OutputError: it cannot be written for another reason.
        """
        whole = memoryview(data).cast("B")
        left = whole
        while left and not self.broken:
            try:
                left = left[os.write(self._number, left) :]
                self.began = True
            except BlockingIOError:
                import select  # only for pipes that do not wait

                select.select([], [self._number], [])
            except OSError as error:
                self._failed(error)
        return len(whole)

    def _failed(self, error: OSError) -> None:
        self.broken = True
        if isinstance(error, BrokenPipeError):
            raise error
        raise OutputError(
            "cannot write the results",
            why="stdout is closed" if error.errno == errno.EBADF else f"stdout: {error.strerror}",
            remedy="free some space, or send the output elsewhere" if error.errno in _NO_ROOM else "",
        ) from error


class _Unfailing(_Descriptor):
    """The same where there is nowhere left to say that it failed."""

    def _failed(self, error: OSError) -> None:  # noqa: ARG002
        self.broken = True


def _text(raw: _Descriptor, old: TextIO | None, *, ascii_only: bool, at_once: bool = False) -> io.TextIOWrapper:
    encoding = "ascii" if ascii_only else (old.encoding if old is not None else "utf-8")
    # One that somebody chose (PYTHONIOENCODING=ascii:backslashreplace) stays.
    chosen = None if old is None or old.errors in ("strict", "surrogateescape", "backslashreplace") else old.errors
    buffer = raw if at_once else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer,  # type: ignore[arg-type]
        encoding=encoding,
        errors=chosen or REPLACING,
        newline="\n",
        line_buffering=at_once or os.isatty(raw.fileno()),
        write_through=at_once,
    )
