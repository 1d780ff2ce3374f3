"""Crawling: a shard's pages from EC2 into its segment and the index, resumable, one writer thread for all shards.

The network wait, the parsing and the writing of neighbouring pages overlap: while page n is written on the writer
thread, page n+1 is under way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.ingest import ShardWriter
from amitui.domain.catalogue.shard import Shard
from amitui.domain.image.image import RawRecord
from amitui.ec2.errors.translate import is_stale_token
from amitui.errors import AmituiError, RejectedError

RESUME_WITHIN_S = 30 * 60
"""How long a NextToken is tried before a crawl starts over. EC2 documents no life time; a refusal restarts."""
RESTARTS_MOST = 3
"""How often one crawl starts over because EC2 forgot where the list was left off."""


class Page(Protocol):
    """One answer of EC2's (`ec2.images.ImagePage`)."""

    @property
    def records(self) -> Sequence[RawRecord]: ...
    @property
    def next_token(self) -> str | None: ...
    @property
    def received_bytes(self) -> int: ...


class ImageSource(Protocol):
    """Where a crawl's pages come from: EC2, or a fake in tests."""

    def pages(self, shard: Shard, token: str | None) -> AsyncGenerator[Page, None]:
        """The shard's pages from the one that `token` names (`None`: the first) to the last."""
        ...

    def keeps(self, shard: Shard, record: RawRecord) -> bool:
        """Whether a record that EC2 returned belongs to the shard."""
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
    error: AmituiError | None = None

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


async def crawl(
    shard: Shard,
    source: ImageSource,
    writer: WriterThread,
    *,
    locks_dir: str,
    report: Callable[[CrawlProgress], None],
    now: Callable[[], int],
    full: bool = False,
) -> CrawlProgress:
    """Fetch one shard to its end.

    Args:
        report: called on the event loop after each page.
        full: start over even where an interrupted crawl could go on.

    Raises:
        AmituiError: what stopped it. What had arrived is kept, shown, and resumed by the next crawl.
        ShardBusy: another process is crawling this shard.
    """
    loop = asyncio.get_running_loop()
    started = time.monotonic()
    with shard_lock(locks_dir, shard):

        def prepare() -> tuple[ShardWriter, str | None]:
            work = ShardWriter(writer.store(), writer.index(shard.region), shard)
            return work, work.start(full=full, not_before=now() - RESUME_WITHIN_S)

        work, token = await loop.run_in_executor(writer.executor, prepare)
        progress = CrawlProgress(shard, records=work.progress.record_count, resumed=token is not None)
        report(progress)
        restarts = 0
        while True:
            try:
                progress = await _pages(work, source, token, writer, progress, started, report, now)
                break
            except RejectedError as error:
                sent = token or work.progress.next_token
                if sent is None or restarts == RESTARTS_MOST or not is_stale_token(error):
                    raise
                # EC2 forgets where a list was left off, also in the midst of one that is being read.
                restarts, token = restarts + 1, None
                await loop.run_in_executor(writer.executor, work.restart)
                progress = CrawlProgress(shard)
                report(progress)
        removed = await loop.run_in_executor(writer.executor, lambda: work.finish(now()))
    progress = _advanced(progress, started, done=True, removed=removed, unreadable=work.unreadable)
    report(progress)
    return progress


async def _pages(
    work: ShardWriter,
    source: ImageSource,
    token: str | None,
    writer: WriterThread,
    progress: CrawlProgress,
    started: float,
    report: Callable[[CrawlProgress], None],
    now: Callable[[], int],
) -> CrawlProgress:
    loop = asyncio.get_running_loop()
    writing: asyncio.Future[int] | None = None
    try:
        async with aclosing(source.pages(work.shard, token)) as pages:
            async for page in pages:
                if writing is not None:
                    await writing
                kept = [record for record in page.records if source.keeps(work.shard, record)]
                writing = loop.run_in_executor(
                    writer.executor,
                    lambda kept=kept, page=page: work.add(kept, next_token=page.next_token, now=now()),  # type: ignore[misc]
                )
                progress = _advanced(
                    progress,
                    started,
                    records=progress.records + len(kept),
                    pages=progress.pages + 1,
                    received_bytes=progress.received_bytes + page.received_bytes,
                )
                report(progress)
    finally:
        if writing is not None:
            # Also when cancelled: the page that is being written is finished, so that resuming starts behind it.
            await asyncio.shield(writing)
            await asyncio.shield(loop.run_in_executor(writer.executor, work.flush))
    return progress


def _advanced(progress: CrawlProgress, started: float, **changes: object) -> CrawlProgress:
    return replace(progress, seconds=time.monotonic() - started, **changes)  # type: ignore[arg-type]
