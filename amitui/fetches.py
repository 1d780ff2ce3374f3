"""Crawls under way for the screen: each shard once at a time, counted, cancellable, failures remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from amitui.defects import defect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from amitui.catalog.crawl import CrawlProgress
    from amitui.domain.shard import Shard
    from amitui.errors import AmituiError
    from amitui.services import Services


class Running(Protocol):
    """What `spawn` gives back: a Textual worker, or a task in tests."""

    def cancel(self) -> object: ...


class Fetches:
    """Starts and follows crawls.

    Args:
        spawn: runs a coroutine for as long as the application lives.
        changed: called after each page and at each end.
        failed: called with what stopped a crawl.
    """

    def __init__(
        self,
        services: Services,
        *,
        spawn: Callable[[Coroutine[None, None, None]], Running],
        changed: Callable[[CrawlProgress], None],
        failed: Callable[[Shard, AmituiError], None],
    ) -> None:
        self._services = services
        self._spawn = spawn
        self._changed = changed
        self._failed = failed
        self._running: dict[Shard, Running] = {}
        self.active: dict[Shard, CrawlProgress] = {}
        """Crawls that wait or run, in the order in which they were started."""
        self.failures: dict[Shard, AmituiError] = {}
        """Why the last crawl of a shard did not end, until one does."""

    def start(self, shards: Iterable[Shard]) -> None:
        """Fetch those of the shards that are not being fetched already; interrupted ones go on."""
        # What writes the catalogue is imported when it is first needed: the first paint does not wait for it.
        from amitui.catalog.crawl import CrawlProgress

        for shard in shards:
            if shard not in self.active:
                self.active[shard] = CrawlProgress(shard)
                self._running[shard] = self._spawn(self._fetch(shard))

    def cancel(self) -> int:
        """Stop all of them and say how many there were; what has arrived stays and is resumed next time."""
        running = list(self._running.values())
        for one in running:
            one.cancel()
        return len(running)

    async def _fetch(self, shard: Shard) -> None:
        from amitui.catalog.locks import ShardBusy

        last = self.active[shard]
        try:
            last = await self._services.refresh(shard, self._report)
            self.failures.pop(shard, None)
        except ShardBusy:
            pass  # the other amitui's rows show up by themselves
        except Exception as raised:  # noqa: BLE001 - whatever it is, the shard is no longer being fetched
            error = defect_of(raised)
            self.failures[shard] = error
            self._failed(shard, error)
        finally:
            last = self.active.pop(shard, last)
            self._running.pop(shard, None)
            self._changed(last)

    def _report(self, progress: CrawlProgress) -> None:
        if progress.shard in self.active:
            self.active[progress.shard] = progress
            self._changed(progress)
