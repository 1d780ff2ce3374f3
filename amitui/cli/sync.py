"""`amitui sync`, and the fetching that `amitui find` does: crawls with a line of progress on stderr."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amitui.catalog.crawl import CrawlProgress
from amitui.catalog.locks import ShardBusy
from amitui.cli.leaving import ForgetfulExecutor
from amitui.cli.session import session_settings
from amitui.domain.scope import FIRST_START, ON_DEMAND, Scope
from amitui.errors import AmituiError
from amitui.services import Services, no_region

if TYPE_CHECKING:
    from amitui.domain.shard import Shard
    from amitui.settings import Settings

REDRAW_S = 0.1
"""Least time between two drawings of the progress line."""


def sync(settings: Settings, *, full: bool) -> int:
    """Fetch the scopes in the regions; what fails is named and the rest goes on."""
    with session_settings(settings) as active:
        services = Services(active)
        services.recall_account()
        regions = services.starting_regions()
        if not regions:
            raise no_region()
        scopes: Sequence[Scope] = [Scope.parse(name) for name in active.scopes] or FIRST_START
        if any(scope in ON_DEMAND for scope in scopes):
            print("amitui: Marketplace and Community are large: tens of thousands of images", file=sys.stderr)
        return fetch(
            services,
            lambda: services.shards(scopes, regions, everything=True),
            needs_account=True,
            full=full,
        )


def fetch(
    services: Services, shards: Callable[[], list[Shard]], *, needs_account: bool, full: bool = False
) -> int:
    """Crawl shards side by side from a synchronous command.

    Args:
        shards: asked after the account is known, because private shards carry it.

    Raises:
        AmituiError: everything failed; the first failure.
    """
    return asyncio.run(_fetch(services, shards, needs_account=needs_account, full=full))


async def _fetch(services: Services, shards: Callable[[], list[Shard]], *, needs_account: bool, full: bool) -> int:
    asyncio.get_running_loop().set_default_executor(ForgetfulExecutor())
    try:
        if needs_account:
            await services.identify()
        wanted = shards()
        line = ProgressLine(len(wanted))
        outcomes = await asyncio.gather(
            *(_one(services, shard, line, full=full) for shard in wanted),
        )
        line.end()
    finally:
        await services.close()
    failures = [error for error in outcomes if error is not None]
    for error in failures:
        for text in error.lines():
            print(f"amitui: {text}", file=sys.stderr)
    return failures[0].exit_code if failures else 0


async def _one(services: Services, shard: Shard, line: ProgressLine, *, full: bool) -> AmituiError | None:
    try:
        await services.refresh(shard, line.report, full=full)
    except ShardBusy as busy:
        line.say(busy.what)
    except AmituiError as error:
        return error
    return None


class ProgressLine:
    """One line on stderr, redrawn in place on a terminal; elsewhere (cron) one line for each finished shard."""

    def __init__(self, shards: int) -> None:
        self._total = shards
        self._latest: dict[Shard, CrawlProgress] = {}
        self._terminal = sys.stderr.isatty()
        self._drawn = 0.0
        self._width = 0

    def report(self, progress: CrawlProgress) -> None:
        """Take note of a crawl's progress."""
        self._latest[progress.shard] = progress
        if progress.done:
            gone = f", {progress.removed:,} gone" if progress.removed else ""
            self.say(
                f"{progress.shard.region} {progress.shard.owner_scope}: {progress.records:,} images "
                f"in {progress.seconds:.1f} s{gone}"
            )
        elif self._terminal and time.monotonic() - self._drawn > REDRAW_S:
            self._draw()

    def say(self, text: str) -> None:
        """Print a line of its own above the progress."""
        self._wipe()
        print(text, file=sys.stderr)

    def end(self) -> None:
        """Leave the terminal's line clean."""
        self._wipe()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        crawls = self._latest.values()
        done = sum(crawl.done for crawl in crawls)
        records = sum(crawl.records for crawl in crawls)
        rate = sum(crawl.rate for crawl in crawls if not crawl.done)
        filled = 20 * done // max(1, self._total)
        bar = "#" * filled + "-" * (20 - filled)
        text = f"[{bar}] {done}/{self._total} parts  {records:,} images  {rate:,.0f}/s"
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def _wipe(self) -> None:
        if self._terminal and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            self._width = 0
