"""Crawling: a shard's pages from EC2 into its segment and the index, in slices side by side, resumable.

The network waits of several slices overlap each other and the writing, which one thread does for all shards. A
slice's pages come one after the other, as each names the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.departures import Departing, nobody_misses
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.refresh_slices import ShardRefresh, refresh_of
from amitui.catalog.sync.schedule import Schedule, SliceRun
from amitui.catalog.sync.slice_change import Refreshed
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import Shard
from amitui.domain.catalogue.slices import Slice
from amitui.ec2.errors.translate import is_stale_token
from amitui.ec2.pacing import CallCounts
from amitui.ec2.query import ENDLESS
from amitui.errors import AmituiError, AwsError

SLICES_AT_ONCE = 6
"""Slices of one shard whose pages are asked for side by side."""
RESTARTS_MOST = 3
"""How often a slice starts over because EC2 forgot where its list was left off."""
FAILURES_MOST = 3
"""Slices that may fail one after the other without a page between them: then nothing works."""

_T = TypeVar("_T")


class ImageSource(Protocol):
    """Where a crawl's pages come from: EC2, or a fake in tests."""

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        """The page of a slice that `token` names (`None`: the first): of its records those that belong there."""
        ...


@dataclass(frozen=True, slots=True)
class CrawlProgress:
    """How far the crawl of one shard has come. Posted after each page and at the end."""

    shard: Shard
    records: int = 0
    """Records stored so far, resumed ones included."""
    pages: int = 0
    received_bytes: int = 0
    """On the wire in this crawl."""
    seconds: float = 0.0
    resumed: bool = False
    done: bool = False
    removed: int = 0
    """Images gone from EC2 since the last crawl; known when done."""
    unreadable: int = 0
    slices_done: int = 0
    slices: int = 1
    """Slices that are planned; more when one turns out large."""
    may_divide: bool = True
    """Whether one may yet turn out large; a refresh asks for what it has planned."""
    expected: int | None = None
    """Records that there will be in the end, as far as anybody knows; `None`: nobody does."""
    calls: int = 0
    """Sent for images in the Region since the crawl began, for this one and others."""
    throttled: int = 0
    """Of these, refused by EC2 because there were too many."""
    throttled_seconds: float = 0.0
    """For how long calls waited because of that."""
    refreshed: Refreshed | None = None
    """What came of comparing the records with the stored ones; `None`: they were fetched in full."""
    restarted: bool = False
    """Whether this says that it begins anew, because what it had written was removed."""
    published: bool = False
    """Whether it comes from a published catalogue, and not from EC2."""

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class WriterThread:
    """The one thread that owns the store and the indexes, and how to reach them on it."""

    executor: Executor
    store: Callable[[], SegmentStore]
    index: Callable[[str], CatalogIndex]
    limits: AgeLimits
    """Decide which slices of what is cached are fetched."""
    departing: Departing = nobody_misses
    """Told of images that leave."""


async def crawl(
    shard: Shard,
    source: ImageSource,
    writer: WriterThread,
    *,
    locks_dir: str,
    report: Callable[[CrawlProgress], None],
    now: Callable[[], int],
    full: bool = False,
    room: asyncio.Semaphore | None = None,
    counts: Callable[[], CallCounts] = CallCounts,
) -> CrawlProgress:
    """Fetch one shard to its end, or, of one that is cached, the slices that are due.

    Args:
        report: called on the event loop after each page.
        full: fetch all of it anew, even where an interrupted crawl could go on.
        room: how many pages may wait to be written, shared by all crawls.
        counts: what calls have been made for images in the Region, by this crawl and others.

    Raises:
        AmituiError: what stopped it. What had arrived is kept, shown, and resumed by the next crawl.
        ShardBusy: another process is crawling this shard.
    """
    with shard_lock(locks_dir, shard):
        one = _Crawl(shard, source, writer, report, now, room or asyncio.Semaphore(SLICES_AT_ONCE), counts)
        return await one.run(full=full)


class _Crawl:
    """One crawl of a shard whose lock is held."""

    def __init__(
        self,
        shard: Shard,
        source: ImageSource,
        writer: WriterThread,
        report: Callable[[CrawlProgress], None],
        now: Callable[[], int],
        room: asyncio.Semaphore,
        counts: Callable[[], CallCounts],
    ) -> None:
        self._shard, self._source, self._writer = shard, source, writer
        self._report_to, self._now, self._room = report, now, room
        self._counts, self._counts_before = counts, counts()
        self._started = time.monotonic()
        self._progress = CrawlProgress(shard)
        self._under_way: dict[asyncio.Task[ReadPage], SliceRun] = {}
        self._writes: set[asyncio.Future[None]] = set()
        self._failures: list[AmituiError] = []
        self._failures_in_a_row = 0

    async def run(self, *, full: bool) -> CrawlProgress:
        await self._begin(full=full)
        try:
            await self._fetch()
        finally:
            await self._stop()
        if self._failures:
            raise self._failures[0]
        removed = await self._write(lambda: self._work.finish(self._now()))
        refreshed = self._work.total if isinstance(self._work, ShardRefresh) else None
        self._report(done=True, removed=removed, unreadable=self._work.unreadable, refreshed=refreshed)
        return self._progress

    async def _begin(self, *, full: bool) -> None:
        def prepare() -> tuple[ShardWriter | ShardRefresh, Schedule]:
            writer, shard, now = self._writer, self._shard, self._now()
            store, index = writer.store(), writer.index(shard.region)
            refresh: ShardRefresh | None = None
            if not full:
                refresh = refresh_of(store, index, shard, limits=writer.limits, departing=writer.departing)
            if refresh is not None:
                return refresh, Schedule(shard.owner_scope, refresh.start(now), refresh.progress.slices)
            work = ShardWriter(store, index, shard, departing=writer.departing)
            plan = work.start(full=full, now=now)
            return work, Schedule(shard.owner_scope, plan, work.progress.slices)

        self._work, self._schedule = await self._write(prepare)
        self._report(resumed=self._schedule.records > 0)

    async def _fetch(self) -> None:
        """Ask for pages until every slice has its last one or has failed."""
        while True:
            while len(self._under_way) < SLICES_AT_ONCE and (run := self._schedule.next()) is not None:
                await self._divide_if_large(run)
            if not self._under_way:
                return
            done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await self._settle(self._under_way.pop(task), task)

    async def _divide_if_large(self, run: SliceRun) -> None:
        """Ask for a slice's next page, or have smaller slices take its place."""
        work = self._work
        # A slice that is compared with what is stored of it stays what it is until the next crawl of everything.
        parts = () if isinstance(work, ShardRefresh) else self._schedule.division_of(run, self._now())
        if not parts or isinstance(work, ShardRefresh):
            run.under_way = True
            task = asyncio.ensure_future(self._source.page(self._shard, run.part, run.token))
            self._under_way[task] = run
            return
        await self._write(lambda: work.redo(run.part, [one.part for one in parts]))
        self._schedule.divide(run, parts)

    async def _settle(self, run: SliceRun, task: asyncio.Task[ReadPage]) -> None:
        """Take in a page, or what came instead of one."""
        self._check_writes()
        run.under_way = False
        try:
            page = task.result()
        except AwsError as error:
            if is_stale_token(error) and run.token is not None and run.restarts < RESTARTS_MOST:
                # EC2 forgets where a list was left off, also in the midst of one that is being read.
                await self._write(lambda: self._work.redo(run.part))
                run.restart()
                self._report()
                return
            self._fail(run, error)
            return
        self._failures_in_a_row = 0
        circling: AwsError | None = None
        try:
            token = run.tokens.after({"NextToken": page.next_token}, empty=not page.received)
        except AwsError as error:
            # What came is kept; the token that would be followed for ever is not.
            token, circling = None, error
        await self._room.acquire()
        self._add(run.part, page, token, complete=token is None and circling is None)
        run.note(page.created, token, page.received)
        self._report(
            pages=self._progress.pages + 1, received_bytes=self._progress.received_bytes + page.received_bytes
        )
        if circling is not None:
            self._fail(run, circling)

    def _add(self, part: Slice, page: ReadPage, token: str | None, *, complete: bool) -> None:
        """Have a page written; its room is given back when it is."""
        now = self._now()

        def add() -> None:
            self._work.add_page(part, page, next_token=token, complete=complete, now=now)

        writing = asyncio.get_running_loop().run_in_executor(self._writer.executor, add)
        self._writes.add(writing)
        writing.add_done_callback(lambda _: self._room.release())

    def _fail(self, run: SliceRun, error: AmituiError) -> None:
        """A slice has failed: the others go on, unless they would fail as well.

        Raises:
            AmituiError: they would.
        """
        run.failed = True
        self._failures.append(error)
        self._failures_in_a_row += 1
        lasting = not error.retryable and getattr(error, "code", "") != ENDLESS
        if lasting or self._failures_in_a_row >= FAILURES_MOST:
            raise error

    async def _stop(self) -> None:
        """End what is under way; pages that have come are written, so that resuming starts behind them."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.shield(asyncio.wait(self._under_way))
        for task in self._under_way:
            if not task.cancelled():
                task.exception()  # one that failed beside the one that ended the crawl: it is asked for again
        if self._writes:
            await asyncio.shield(asyncio.wait(self._writes))
        self._check_writes()
        await self._write(self._work.flush)

    def _check_writes(self) -> None:
        """Raises:
        CacheError: a page could not be written.
        """
        done = [writing for writing in self._writes if writing.done()]
        self._writes.difference_update(done)
        failures = [writing.exception() for writing in done if not writing.cancelled()]
        for error in failures:
            if error is not None:
                raise error

    async def _write(self, work: Callable[[], _T]) -> _T:
        """Do something on the writer thread; also when cancelled it is done before this returns."""
        writing = asyncio.get_running_loop().run_in_executor(self._writer.executor, work)
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.wait([writing]))
            raise

    def _report(self, **changes: object) -> None:
        schedule, counts = self._schedule, self._counts().since(self._counts_before)
        self._progress = replace(
            self._progress,
            seconds=time.monotonic() - self._started,
            records=schedule.records,
            slices_done=schedule.done,
            slices=schedule.planned,
            may_divide=not isinstance(self._work, ShardRefresh),
            expected=schedule.expected,
            calls=counts.calls,
            throttled=counts.throttled,
            throttled_seconds=counts.throttled_seconds,
            **changes,  # type: ignore[arg-type]
        )
        self._report_to(self._progress)
