"""A program in a real pseudo-terminal: its keys, its screen, and every byte it wrote with the moment it arrived.

Tests read the screen, benchmarks the times. Reading is therefore kept apart from terminal emulation: `pump` only
stamps and stores what arrived, and the (slow) emulation runs when the screen is read.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from tests.support.terminal_display import Display
from tests.support.terminal_keys import key_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_READ_BYTES: Final = 65536
PATIENCE_SECONDS: Final = 90.0
"""For what takes a moment on an idle machine; only a failure takes all of it."""

_EXIT_POLL_SECONDS: Final = 0.05
_GRACE_SECONDS: Final = 3.0
"""How long a program may take to end when asked, before it is killed."""

_QUERY: Final = re.compile(rb"\x1b\[(?:\?(?P<mode>\d+)\$p|(?P<cursor>6n)|(?P<attributes>0?c))")
_LONGEST_QUERY: Final = 16
_SYNCHRONIZED_OUTPUT: Final = b"2026"


class Chunk(NamedTuple):
    """What one read returned."""

    at: float
    """`time.perf_counter()` right after the read."""
    data: bytes


class TerminalTimeoutError(AssertionError):
    """What was waited for did not come; says what the screen showed instead."""


class Terminal:
    """A command in its own session, with a pseudo-terminal of the given size as its controlling terminal.

    Args:
        environment: The program's whole environment; `TERM` is set when it is missing.
        synchronized: Answer as one that knows synchronized output (kitty, foot, tmux); plain xterm does not.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
        cwd: Path | None = None,
        synchronized: bool = False,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.chunks: list[Chunk] = []
        """All output so far, in order."""
        self._display = Display(columns, rows)
        self._understood = 0
        self._taken = 0
        self._query_tail = b""
        self._synchronized = synchronized
        self._output_ended = False
        self._closed = False
        self._fd, program_side = os.openpty()
        try:
            self._set_size(program_side)
            self.started = time.perf_counter()
            """`time.perf_counter()` right before the process was made."""
            self._process = _spawn(command, program_side, {"TERM": "xterm-256color", **environment}, cwd)
        except BaseException:
            os.close(self._fd)
            raise
        finally:
            os.close(program_side)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group and session."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """`None` while it runs; minus the signal's number when a signal ended it."""
        return self._process.poll()

    @property
    def raw(self) -> bytes:
        """Every byte that the program wrote."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def display(self) -> Display:
        """The terminal's state after everything read so far."""
        while self._understood < len(self.chunks):
            self._understand_next()
        return self._display

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor, from 0."""
        return self.display.cursor

    @property
    def clipboard(self) -> list[str]:
        """Texts that the program sent to the clipboard, oldest first."""
        return self.display.clipboard

    def screen_text(self) -> str:
        """The screen as lines without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.display.lines)

    def take(self) -> bytes:
        """What was written since the last call."""
        data = b"".join(chunk.data for chunk in self.chunks[self._taken :])
        self._taken = len(self.chunks)
        return data

    def type(self, text: str) -> float:
        """Send `text` as if typed; returns `time.perf_counter()` right before."""
        return self._write(text.encode())

    def press(self, *keys: str) -> None:
        """Press keys by name (`a`, `enter`, `up`, `ctrl+x`), one after the other.

        Raises:
            ValueError: a key after `escape`. Escape, x and Alt+x are the same bytes, and only time tells them
                apart: wait for what Escape does before going on.
        """
        if "escape" in keys[:-1]:
            raise ValueError("press escape last, and wait for its effect")
        self._write("".join(map(key_sequence, keys)).encode())

    def click(self, column: int, row: int, button: int = 0) -> None:
        """Press and release a mouse button over a cell, counted from 0."""
        at = f"{column + 1};{row + 1}"
        self._write(f"\x1b[<{button};{at}M\x1b[<{button};{at}m".encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the kernel tells the program (SIGWINCH)."""
        _ = self.display
        self.columns, self.rows = columns, rows
        self._display.resize(columns, rows)
        self._set_size(self._fd)

    def wait_for(self, condition: str | Callable[[Terminal], bool], timeout: float = PATIENCE_SECONDS) -> None:
        """Read until the screen holds a text, or `condition` is true of this terminal.

        Raises:
            TerminalTimeoutError: it did not come within `timeout` seconds, or the program ended before.
        """
        deadline = time.monotonic() + timeout
        while not (condition in self.screen_text() if isinstance(condition, str) else condition(self)):
            left = deadline - time.monotonic()
            if left > 0 and self.pump(left):
                continue
            if self._output_ended:
                # It lets go of the terminal a moment before its exit status can be read.
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_GRACE_SECONDS)
            if self._output_ended or left <= 0:
                raise TerminalTimeoutError(self._disappointment(condition, timeout))

    def wait_settled(self, quiet_ms: int = 60, timeout: float = PATIENCE_SECONDS) -> float:
        """Read until nothing came for `quiet_ms`; returns when the last byte came.

        Raises:
            TerminalTimeoutError: it kept writing for `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while self.pump(quiet_ms / 1000):
            if time.monotonic() > deadline:
                raise TerminalTimeoutError(self._disappointment(f"{quiet_ms} ms of quiet", timeout))
        return self.chunks[-1].at if self.chunks else self.started

    def wait_for_exit(self, timeout: float = PATIENCE_SECONDS) -> int:
        """Read until the program ended; returns its exit code.

        Raises:
            TerminalTimeoutError: it still runs after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while (code := self._process.poll()) is None:
            if time.monotonic() > deadline:
                raise TerminalTimeoutError(self._disappointment("the end of the program", timeout))
            if self._output_ended:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(max(0.0, deadline - time.monotonic()))
            else:
                self.pump(_EXIT_POLL_SECONDS)
        while self.pump(0):
            pass
        return code

    def pump(self, timeout: float) -> bool:
        """Read once, waiting up to `timeout` seconds; whether something came. Quick: it understands nothing."""
        if self._output_ended or not select.select([self._fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._fd, _READ_BYTES)
        except OSError:
            # Linux: EIO once no process has the other side open.
            data = b""
        if not data:
            self._output_ended = True
            return False
        self.chunks.append(Chunk(time.perf_counter(), data))
        self._answer_queries(data)
        return True

    def replay(self) -> Iterator[tuple[float, Display]]:
        """The moments at which something came, each with the display as it was then.

        Goes through the chunks that were read but that were not emulated yet, and waits for nothing.
        """
        while self._understood < len(self.chunks):
            yield self._understand_next().at, self._display

    def close(self) -> None:
        """End the program and whatever it started in its process group."""
        if self._closed:
            return
        self._closed = True
        if self._process.poll() is None:
            self._signal_group(signal.SIGTERM)
            with suppress(TerminalTimeoutError):
                self.wait_for_exit(_GRACE_SECONDS)
        self._signal_group(signal.SIGKILL)
        self._process.wait()
        os.close(self._fd)

    def _understand_next(self) -> Chunk:
        chunk = self.chunks[self._understood]
        self._understood += 1
        self._display.feed(chunk.data)
        return chunk

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _write(self, data: bytes) -> float:
        before = time.perf_counter()
        while data:
            data = data[os.write(self._fd, data) :]
        return before

    def _set_size(self, fd: int) -> None:
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def _answer_queries(self, data: bytes) -> None:
        text = self._query_tail + data
        answered = 0
        for query in _QUERY.finditer(text):
            answered = query.end()
            if mode := query["mode"]:
                known = self._synchronized and mode == _SYNCHRONIZED_OUTPUT
                self._write(b"\x1b[?%b;%d$y" % (mode, 2 if known else 0))
            elif query["cursor"]:
                column, row = self.cursor
                self._write(b"\x1b[%d;%dR" % (row + 1, column + 1))
            else:
                self._write(b"\x1b[?62c")
        self._query_tail = text[max(answered, len(text) - _LONGEST_QUERY) :]

    def _disappointment(self, awaited: object, timeout: float) -> str:
        state = "still runs" if self.exit_code is None else f"ended with {self.exit_code}"
        frame = "-" * self.columns
        return (
            f"waited {timeout:g} s in vain for {awaited!r}; the program {state}; its screen:\n"
            f"{frame}\n{self.screen_text()}\n{frame}"
        )


def _spawn(
    command: Sequence[str | Path], fd: int, environment: Mapping[str, str], cwd: Path | None
) -> subprocess.Popen[bytes]:
    def adopt_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with warnings.catch_warnings():
        # Python 3.12 warns of forking beside threads. A controlling terminal (SIGWINCH, /dev/tty) can only be
        # taken between fork and exec, and the child does nothing else there.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=fd,
            stdout=fd,
            stderr=fd,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=adopt_terminal,
        )
