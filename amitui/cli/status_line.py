"""How far a command has come, as one line of stderr that is drawn again in place."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from amitui.cli.messages import columns_of, say
from amitui.cli.quiet import is_quiet

REDRAW_S = 0.2
"""Least time between two drawings."""


@contextmanager
def status_line(what: str) -> Iterator[StatusLine]:
    """A line such as `amitui: exporting 31%`, on a terminal only and not with `--quiet`; gone in the end."""
    line = StatusLine(what)
    try:
        yield line
    finally:
        line.end()


class StatusLine:
    """See `status_line`. One thread at a time uses it.

    Args:
        now: seconds of a clock that is never set.
    """

    def __init__(self, what: str, now: Callable[[], float] = time.monotonic) -> None:
        self._what, self._now = what, now
        self._columns = 0 if is_quiet() else columns_of(sys.stderr) or 0
        self._drawn: float | None = None

    def report(self, done: int, total: int) -> None:
        """Draw how much of how much is done, unless the line was drawn a moment ago."""
        now = self._now()
        if not self._columns or (self._drawn is not None and now - self._drawn < REDRAW_S):
            return
        self._drawn = now
        share = min(100, 100 * done // total) if total > 0 else 0
        # The last column stays free: some terminals begin a new line once it is written.
        self._write(f"amitui: {self._what} {share}%"[: self._columns - 1])

    def say(self, words: str) -> None:
        """Print a message above it."""
        self.end()
        say(words)

    def end(self) -> None:
        """Leave the terminal's line clean."""
        if self._drawn is not None:
            self._drawn = None
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K" if text else "\r\x1b[K")
        sys.stderr.flush()
