"""Crawls under way for the screen: each shard once at a time, counted, cancellable, failures remembered.

What fails only for now is tried again by itself, after pauses that grow, for as long as the screen is open.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from amitui.defects import defect_of
from amitui.domain.retrying import Pauses, is_transient
from amitui.services.fetch_totals import FetchTotals

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.catalogue.shard import Shard
    from amitui.errors import AmituiError
    from amitui.services.composition import Services


class Running(Protocol):
    """What `spawn` gives back: a Textual worker, or a task in tests."""

    def cancel(self) -> object: ...


class Fetches:
    """Starts and follows crawls.

    Args:
        spawn: runs a coroutine for as long as the application runs.
        changed: called after each page and at each end.
        failed: called with what stopped a crawl; not again for the same when it was tried again by itself.
        later: called with a failure that is transient, and the seconds until the next attempt.
        wait: runs what waits for that attempt, as `spawn` does; nobody has to wait for its end.
        sleep: lets so many seconds pass.
        now: seconds of a clock that is never set.
    """

    def __init__(
        self,
        services: Services,
        *,
        spawn: Callable[[Coroutine[None, None, None]], Running],
        changed: Callable[[CrawlProgress], None],
        failed: Callable[[Shard, AmituiError], None],
        later: Callable[[AmituiError, float], None],
        wait: Callable[[Coroutine[None, None, None]], Running],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._spawn = spawn
        self._changed = changed
        self._failed = failed
        self._later = later
        self._wait, self._sleep = wait, sleep
        self._pauses = Pauses()
        self._waiting: dict[Shard, None] = {}
        """Shards that are to be tried again, and `_next_attempt` is what waits for it."""
        self._next_attempt: Running | None = None
        self._pause = 0.0
        """Seconds from the first of the last failures to the next attempt."""
        self._callers = 0
        """How often other credentials were taken: what fails with those before is not said."""
        self._by_itself: set[Shard] = set()
        """Automatic retries of crawls that failed."""
        self._running: dict[Shard, Running] = {}
        self._begun: set[Shard] = set()
        """Those of them whose work has begun: what is stopped before that never gets to its end."""
        self.totals = FetchTotals(now)
        """How far all of them have come."""
        self.totals.is_throttled = lambda: services.catalogue.is_throttled
        self.active: dict[Shard, CrawlProgress] = {}
        """Crawls that wait or run, in the order in which they were started."""
        self.failures: dict[Shard, AmituiError] = {}
        """Why the last crawl of a shard did not end, until one does."""

    def expect_answers(self) -> None:
        """The user asks for a fetch: pauses begin with the shortest one again."""
        self._pauses.reset()

    def start(self, shards: Iterable[Shard]) -> None:
        """Fetch those of the shards that are not being fetched already; interrupted ones go on.

        Those that wait for their next attempt are fetched now.
        """
        # What writes the catalogue is imported when it is first needed: the first paint does not wait for it.
        from amitui.catalog.sync.crawl import CrawlProgress

        for shard in shards:
            if shard not in self.active:
                self._waiting.pop(shard, None)
                self.active[shard] = CrawlProgress(shard)
                self.totals.begin([shard])
                self._running[shard] = self._spawn(self._fetch(shard))

    def cancel(self) -> int:
        """Stop all of them and say how many there were; what has arrived stays and is resumed next time."""
        count = len(self._running) + len(self._waiting)
        self._waiting.clear()
        if self._next_attempt is not None:
            self._next_attempt.cancel()
            self._next_attempt = None
        for shard in [*self._running]:
            self._stop(shard)
        return count

    def _stop(self, shard: Shard) -> None:
        self._running[shard].cancel()
        if shard not in self._begun:
            self._ended(shard, self.active[shard])

    def leave_caller(self) -> None:
        """Stop, and forget what failed: somebody else's credentials are used from now on."""
        self.cancel()
        self._callers += 1
        self.failures.clear()
        self._by_itself.clear()
        self._pauses.reset()

    def leave_accounts(self, accounts: tuple[str, ...]) -> None:
        """Stop fetching the private images of these accounts, and forget what failed there: nobody uses them."""

        def is_theirs(shard: Shard) -> bool:
            return shard.is_seen_through(accounts)

        for shard in filter(is_theirs, [*self._waiting]):
            del self._waiting[shard]
        for shard in filter(is_theirs, [*self.failures]):
            del self.failures[shard]
        for shard in filter(is_theirs, [*self._running]):
            self._stop(shard)
            self._running.pop(shard, None)

    async def _fetch(self, shard: Shard) -> None:
        from amitui.catalog.locks import ShardBusy

        self._begun.add(shard)
        last, callers = self.active[shard], self._callers
        try:
            last = await self._services.catalogue.refresh(shard, self._report)
            self.failures.pop(shard, None)
            self._pauses.reset()
        except ShardBusy:
            pass  # the other amitui's rows show up by themselves
        except Exception as raised:  # noqa: BLE001 - whatever it is, the shard is no longer being fetched
            if callers == self._callers and shard in self._running:
                self._fetch_failed(shard, defect_of(raised))
        finally:
            self._ended(shard, last)

    def _ended(self, shard: Shard, last: CrawlProgress) -> None:
        self._by_itself.discard(shard)
        last = self.active.pop(shard, last)
        self.totals.end(shard)
        self._begun.discard(shard)
        self._running.pop(shard, None)
        # That it goes on, or begins anew, was said when it did.
        self._changed(replace(last, resumed=False, restarted=False))

    def _fetch_failed(self, shard: Shard, error: AmituiError) -> None:
        known = self.failures.get(shard)
        self.failures[shard] = error
        if shard not in self._by_itself or known is None or known.lines() != error.lines():
            self._failed(shard, error)
        if is_transient(error):
            self._try_later(shard, error)

    def _try_later(self, shard: Shard, error: AmituiError) -> None:
        self._waiting[shard] = None
        if self._next_attempt is None and (pause := self._pauses.after_failure()) is not None:
            self._next_attempt = self._wait(self._try_again(pause))
            self._pause = pause
        self._later(error, self._pause)

    async def _try_again(self, pause: float) -> None:
        await self._sleep(pause)
        self._next_attempt = None
        shards = [shard for shard in self._waiting if shard not in self.active]
        self._by_itself.update(shards)
        self.start(shards)

    def _report(self, progress: CrawlProgress) -> None:
        if progress.shard in self.active:
            self.active[progress.shard] = progress
            self.totals.report(progress)
            self._changed(progress)
