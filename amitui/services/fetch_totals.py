"""Adds up the progress of all crawls under way to one `FetchState`: images, pace, time left, silence."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.catalogue.fetch_state import WAITING_SHOWN_S, FetchState
from amitui.domain.catalogue.gauge import Gauge
from amitui.domain.catalogue.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.catalogue.shard import Shard


PARTS_TO_JUDGE_BY: Final = 3
"""Parts that must have been done, and be left, before the time of those says anything of these."""


class _Parts(NamedTuple):
    """One crawl's share of the sums."""

    done: int
    planned: int
    images: int
    expected: int | None
    """When all is done; `None` = nobody knows."""


PUBLISHED: Final = "what is published"
"""Where images come from that are pulled, in words."""


class FetchTotals:
    """What all fetches since the last quiet moment have brought, and how fast.

    Args:
        now: seconds of a clock that is never set.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.is_throttled: Callable[[], bool] = lambda: False
        """Says whether EC2 has lately refused requests because there were too many."""
        self.source = "EC2"
        """Where images come from, in words."""
        self._crawls: dict[Shard, CrawlProgress | None] = {}
        """The last report of each, in the order in which they began; `None` until there is one."""
        self._ended: set[Shard] = set()
        self._arrived = 0
        """Images that came since the last quiet moment, without those of crawls that were resumed."""
        self._pace = Pace()
        self._began = 0.0
        self._gauge = Gauge()
        self._most_images = 0
        self._done_before = 0
        """Parts that were done in earlier runs of crawls that were resumed."""
        self._heard = 0.0
        """When the last answer came, or the first call was made."""
        self._asking = ""
        """Whom is asked besides the crawls, in a word; empty = nobody."""

    @property
    def arrived(self) -> int:
        """Images that came since the last quiet moment."""
        return self._arrived

    def begin(self, shards: Iterable[Shard]) -> None:
        """These are to be fetched."""
        if not self._is_busy:
            self._crawls.clear()
            self._ended.clear()
            self._arrived, self._done_before, self._most_images = 0, 0, 0
            self._pace, self._gauge = Pace(), Gauge()
            self._heard = self._began = self._now()
        for shard in shards:
            self._crawls[shard] = None
            self._ended.discard(shard)
        self._pace.note(self._arrived, self._now())

    def asking(self, whom: str) -> None:
        """Somebody else than EC2's lists is asked (`AWS`), or no longer (empty)."""
        if whom and not self._is_busy:
            self._heard = self._now()
        self._asking = whom

    def report(self, progress: CrawlProgress) -> None:
        """A crawl has made progress."""
        before = self._crawls.get(progress.shard)
        if before is not None and progress.pages > before.pages:
            self._arrived += max(0, progress.records - before.records)
            self._heard = self._now()
        if before is None:
            self._done_before += progress.slices_done
        self._crawls[progress.shard] = progress
        self._pace.note(self._arrived, self._now())
        if progress.done:
            self.end(progress.shard)

    def end(self, shard: Shard) -> None:
        """A crawl is over, whatever its end."""
        if shard not in self._crawls:
            return
        self._ended.add(shard)
        self._heard = self._now()

    def state(self) -> FetchState | None:
        """How far all have come; `None` when nothing is under way."""
        if not self._is_busy:
            return None
        now = self._now()
        self._pace.note(self._arrived, now)
        if len(self._ended) == len(self._crawls) and now - self._heard < WAITING_SHOWN_S:
            return None  # identifying the caller usually takes less time than reading about it
        active = [shard for shard in self._crawls if shard not in self._ended]
        first = max(active, key=lambda shard: self._parts(shard).images, default=None)
        sums = [self._parts(shard) for shard in self._crawls]
        done, planned = sum(one.done for one in sums), sum(one.planned for one in sums)
        images = sum(one.images for one in sums)
        known = [one.expected for one in sums if one.expected is not None]
        expected = sum(known) if len(known) == len(sums) else None
        alike = all(one.planned > 1 for one in sums if one.expected is None)
        # What is fetched again because a part was divided has come before.
        self._most_images = max(self._most_images, images)
        crawl = self._crawls[first] if first is not None else None
        is_pulled = crawl is not None and crawl.published
        state = FetchState(
            label=f"{'published ' if is_pulled else ''}{first.owner_scope} {first.region}"
            if first is not None
            else "",
            others=max(0, len(active) - 1),
            parts_done=done,
            parts=planned,
            parts_may_grow=any(self._may_divide(shard) for shard in active),
            parts_are_alike=alike,
            images=self._most_images,
            expected=expected,
            rate=self._pace.rate,
            seconds_left=self._seconds_left(done, planned if alike else 0, images, expected),
            throttled_seconds=self._throttled_seconds(),
            silent_seconds=now - self._heard,
            waits_for=(PUBLISHED if is_pulled else self.source) if active else self._asking,
            is_throttled=bool(active) and self.is_throttled(),
        )
        return replace(state, steady_fraction=self._gauge.after(state.fraction))

    def _may_divide(self, shard: Shard) -> bool:
        crawl = self._crawls[shard]
        return crawl is None or crawl.may_divide

    def _throttled_seconds(self) -> float:
        by_region: dict[str, float] = {}
        for crawl in self._crawls.values():
            if crawl is not None:
                # Each says it of its whole Region, from its own beginning on.
                region = crawl.shard.region
                by_region[region] = max(by_region.get(region, 0.0), crawl.throttled_seconds)
        return sum(by_region.values())

    def _seconds_left(self, done: int, planned: int, images: int, expected: int | None) -> float | None:
        """How long the rest will take.

        Args:
            done: parts.
            planned: parts; 0 = they tell nothing of each other.
            images: stored.
            expected: in the end.
        """
        if expected is not None:
            return self._pace.seconds_left(expected - images) if expected > images else None
        # Nobody knows how many there are: the parts that are left take about as long as those that are done.
        fresh = done - self._done_before
        if min(fresh, planned - done) < PARTS_TO_JUDGE_BY or self._pace.rate is None:
            return None
        return (self._now() - self._began) * (planned - done) / fresh

    def _parts(self, shard: Shard) -> _Parts:
        crawl, ended = self._crawls[shard], shard in self._ended
        if crawl is None:
            return _Parts(int(ended), 1, 0, 0 if ended else None)
        if ended:
            return _Parts(crawl.slices, crawl.slices, crawl.records, crawl.records)
        expected = None if crawl.expected is None else max(crawl.records, crawl.expected)
        return _Parts(crawl.slices_done, crawl.slices, crawl.records, expected)

    @property
    def _is_busy(self) -> bool:
        return bool(self._asking) or len(self._ended) < len(self._crawls)
