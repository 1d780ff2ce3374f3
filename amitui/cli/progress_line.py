"""The line of progress of crawls on stderr, and what is said above it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from amitui.cli.fetch_words import done_words, restarted_words, resumed_words, stopped_words
from amitui.cli.messages import INDENT, columns_of
from amitui.cli.quiet import is_quiet
from amitui.presentation.fetching import command_line
from amitui.presentation.wrapping import wrapped
from amitui.services.fetch_totals import FetchTotals

if TYPE_CHECKING:
    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.catalogue.shard import Shard

REDRAW_S = 0.1
"""Least time between two drawings of the progress line."""


@asynccontextmanager
async def drawn(line: ProgressLine, *, kept: bool = True, again: str = "amitui sync") -> AsyncIterator[None]:
    """Within it the line is kept up to date; whoever stops the command reads what has arrived.

    Args:
        kept: whether it stays when the command has ended.
        again: the command that goes on with it.
    """
    drawing = asyncio.create_task(line.keep_drawing())
    try:
        yield
    except asyncio.CancelledError:
        line.end()
        if line.totals.arrived:
            line.say(f"amitui: {stopped_words(line.totals.arrived, kept=kept, again=again)}")
        raise
    finally:
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing  # what has kept it from drawing is not lost
        line.end()


class ProgressLine:
    """One line on stderr, redrawn in place on a terminal; elsewhere (cron) one line for each finished shard.

    Args:
        now: seconds of a clock that is never set.
        whose: ` of dev` for a shard of one of several accounts.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, *, whose: Callable[[Shard], str] = lambda _: ""
    ) -> None:
        self._now = now
        self.totals = FetchTotals(now)
        """How far all crawls have come."""
        self._whose = whose
        self._later = ""
        self._begun: set[Shard] = set()
        """What this command has begun to fetch: a further attempt resumes its own work, which needs no word."""
        self._terminal = sys.stderr.isatty() and not is_quiet()
        self._drawn = 0.0
        self._width = 0

    def later(self, text: str) -> None:
        """Say that something is tried again later; once for all that fail in the same way."""
        if text != self._later:
            self._later = text
            self.say(text)

    def report(self, progress: CrawlProgress) -> None:
        """Take note of a crawl's progress."""
        if progress.restarted:
            self.say(restarted_words(progress, self._whose(progress.shard)))
        if progress.resumed and progress.shard not in self._begun:
            self.say(resumed_words(progress, self._whose(progress.shard)))
        self._begun.add(progress.shard)
        self.totals.report(progress)
        if progress.pages:
            self._later = ""
        if progress.done:
            self.say(done_words(progress, self._whose(progress.shard)))
        elif self._now() - self._drawn > REDRAW_S:
            self.draw()

    def say(self, text: str) -> None:
        """Print a line of its own above the progress."""
        if is_quiet():
            return
        self._wipe()
        print("\n".join(wrapped(text, columns_of(sys.stderr) or 0, rest=INDENT)), file=sys.stderr)

    def end(self) -> None:
        """Leave the terminal's line clean."""
        self._wipe()

    def draw(self) -> None:
        """Bring the line up to date; on a terminal only."""
        if not self._terminal or (state := self.totals.state()) is None:
            return
        self._drawn = self._now()
        # The last column stays free: some terminals begin a new line once it is written.
        text = command_line(state, (columns_of(sys.stderr) or 80) - 1)
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    async def keep_drawing(self) -> None:
        """Draw the line every second, so that it tells how long EC2 has been silent; until cancelled."""
        while True:
            await asyncio.sleep(1)
            self.draw()

    def _wipe(self) -> None:
        if self._terminal and self._width:
            # Ctrl-C leaves its own two characters behind the line.
            blank = min(self._width + 2, (columns_of(sys.stderr) or 80) - 1)
            sys.stderr.write("\r" + " " * blank + "\r")
            self._width = 0
