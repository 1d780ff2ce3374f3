"""The terminal under Textual: which one is drawn on, how large it is, and how it is given back.

Textual's driver draws on stderr, believes COLUMNS and LINES, and stops the process in the middle of a write. Here
the screen is drawn on the terminal of stdout whatever stderr is, the size is read from the terminal itself, and
signals are taken in the event loop, where nothing is half done.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text
from textual.drivers.linux_driver import LinuxDriver

from amitui.defects import defect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STDIN: Final = 0
STDOUT: Final = 1

MOST_STOPS: Final = 100
"""So often a job may be sent to the background anew. One that cannot be stopped goes on then."""

USUAL_SIZE: Final = (80, 24)
"""Columns and rows of a terminal that does not say (a serial line)."""

_MODES: Final = "?2004l ?7h ?2048l ?1000l ?1003l ?1015l ?1006l <u ?1049l ?25h ?1004l"
_LEAVE: Final = "".join(f"\x1b[{mode}" for mode in _MODES.split()).encode()
"""Undoes what Textual's driver switches on: pasting, mouse, keyboard protocol, alternate screen, hidden cursor."""


def size_of(terminal: int) -> tuple[int, int]:
    """Columns and rows of the terminal behind a descriptor, whatever COLUMNS and LINES say."""
    try:
        columns, rows = os.get_terminal_size(terminal)
    except OSError:
        columns, rows = 0, 0
    return columns or USUAL_SIZE[0], rows or USUAL_SIZE[1]


@contextmanager
def given_back(terminal: int = STDIN) -> Iterator[Callable[[], None]]:
    """Put the terminal back as it was found, however the work on it ends; the value does so at once."""
    try:
        found = termios.tcgetattr(terminal)
    except termios.error:
        found = []
    give_back = partial(_give_back, terminal, found)
    try:
        yield give_back
    finally:
        give_back()


def _give_back(terminal: int, found: list[Any]) -> None:
    """Restore a terminal unless it is as it was found; does not block, and is silent where it has gone."""
    if not found:
        return
    with suppress(OSError, termios.error):
        if termios.tcgetattr(terminal) == found:
            return
        termios.tcsetattr(terminal, termios.TCSANOW, found)
        # A description of its own: O_NONBLOCK on the shared one would change the shell's too.
        handle = os.open(os.ttyname(terminal), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            os.write(handle, _LEAVE)
        finally:
            os.close(handle)


_CHARACTERS: Final = 6
"""Where the control characters stand among a terminal's attributes."""

_USUAL_MODES: Final = "0m ?25h ?7h ?1000l ?1002l ?1003l ?1006l ?1004l ?2004l ?1047l"
_USUAL: Final = "".join(f"\x1b[{mode}" for mode in _USUAL_MODES.split()).encode()
"""Colours, cursor, mouse, pasting and screen as shells expect them. 1047, as 1049 would move the cursor too."""


@contextmanager
def put_right(terminal: int = STDIN, screen: int = STDOUT) -> Iterator[None]:
    """After a program that had the terminal: undo what it was killed before it could, or did not mind to.

    Without that, Enter would be no end of a line after one that left the terminal raw, and amitui would be stopped
    on reading after one that left another process group in front (an interactive shell).
    """
    try:
        found = termios.tcgetattr(terminal)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        usual = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with suppress(OSError):
            os.tcsetpgrp(terminal, os.getpgrp())
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, found)
        signal.signal(signal.SIGTTOU, usual)
        with suppress(OSError):
            if os.isatty(screen):
                os.write(screen, _USUAL)


@contextmanager
def interrupt_ends_line(terminal: int = STDIN) -> Iterator[None]:
    """While it lasts Ctrl+C ends a line that is read, as Enter does, and sends no SIGINT."""
    try:
        found = termios.tcgetattr(terminal)
    except termios.error:
        yield  # a pipe, which has no keys
        return
    changed = [*found[:_CHARACTERS], list(found[_CHARACTERS])]
    changed[_CHARACTERS][termios.VEOL] = changed[_CHARACTERS][termios.VINTR]
    changed[_CHARACTERS][termios.VINTR] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
    termios.tcsetattr(terminal, termios.TCSANOW, changed)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, found)


class TerminalOutput:
    """The text file that Textual's writer thread writes to: UTF-8 on a terminal, and nothing once that is gone."""

    def __init__(self, terminal: int, lost: Callable[[], None]) -> None:
        """Args:
        terminal: a descriptor, of which a copy is kept.
        lost: called once, in the writing thread, when the terminal is gone.
        """
        self._handle = os.dup(terminal)
        self._lost = lost
        self._gone = False

    def fileno(self) -> int:
        """The descriptor that is written to."""
        return self._handle

    def write(self, text: str) -> int:
        """Write all of `text`."""
        if not self._gone:
            try:
                self._write(text.encode("utf-8", "replace"))
            except OSError:
                # Its window was closed (EIO). A thread that ends with an exception would leave its queue to fill
                # up and the application to wait for room in it for ever.
                self._gone = True
                self._lost()
        return len(text)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._handle, left) :]
            except BlockingIOError:  # another program has made the terminal non-blocking
                select.select([], [self._handle], [])

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Close the copy."""
        self._gone = True
        os.close(self._handle)


class TerminalDriver(LinuxDriver):
    """Textual's driver, on the terminal of stdin and stdout."""

    def __init__(
        self, app: Any, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size or size_of(STDOUT))
        self._file = TerminalOutput(STDOUT, self._terminal_lost)  # type: ignore[assignment]
        self._active = False
        self._take_job_control()

    def _get_terminal_size(self) -> tuple[int, int]:
        return size_of(STDOUT)

    def _terminal_lost(self) -> None:
        with suppress(RuntimeError):  # the loop may have ended
            self._loop.call_soon_threadsafe(os.kill, os.getpid(), signal.SIGHUP)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._active = True

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._active = False
        super().stop_application_mode()

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:
            self._terminal_lost()
        except Exception as error:  # noqa: BLE001 - without this thread no key arrives
            words = "\n".join(defect_of(error).lines()[:2])
            self._app.call_later(self._app.panic, Text(words))

    def _stop(self) -> None:
        """Give the terminal back and stop (SIGTSTP); once continued take it again and draw everything."""
        with self._default_job_control():
            if not (self._active and self._auto_restart):
                _stop_process()
                return
            self.suspend_application_mode()
            _stop_process()
            self._take_again()

    def _continued(self) -> None:
        """Take the terminal again after a stop that came without notice (SIGSTOP)."""
        with self._default_job_control():
            if self._active and self._auto_restart:
                _stop_until_in_front()
                self.suspend_application_mode()
                self._take_again()

    def _take_again(self) -> None:
        _stop_until_in_front()
        self._must_signal_resume = True
        self.resume_application_mode()
        self._app.refresh(layout=True)

    @contextmanager
    def _default_job_control(self) -> Iterator[None]:
        """While it lasts the kernel's own ways with SIGTSTP and SIGCONT are in force."""
        self._loop.remove_signal_handler(signal.SIGTSTP)
        self._loop.remove_signal_handler(signal.SIGCONT)
        try:
            yield
        finally:
            self._take_job_control()

    def _take_job_control(self) -> None:
        # The base class' handlers run in the middle of anything, a write to the terminal included.
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)


def _stop_process() -> None:
    """Stop like a program that knows nothing of signals; returns when it is continued.

    The kernel leaves the members of an orphaned process group running, as no shell could continue them. A signal
    to this thread alone acts before the call returns.
    """
    signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)


def _stop_until_in_front() -> None:
    """Stay stopped while the shell has this job in the background: its terminal is another's then."""
    for _ in range(MOST_STOPS):
        try:
            if os.tcgetpgrp(STDIN) == os.getpgrp():
                return
        except OSError:
            return  # not the controlling terminal: nobody moves jobs on it
        _stop_process()
