"""Begins a crawl again whose files are removed or replaced while it writes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from amitui.catalog.index.writer import StaleGeneration
from amitui.catalog.store_file import RecordsLost
from amitui.catalog.sync.crawl import CrawlProgress
from amitui.domain.catalogue.shard import Shard
from amitui.errors import CacheError
from amitui.os_faults import Fault, fault_of

STARTS_MOST: Final = 3
"""How often a crawl begins whose files are removed while it writes them."""


async def until_it_holds(
    fetch: Callable[[bool], Awaitable[CrawlProgress]],
    shard: Shard,
    report: Callable[[CrawlProgress], None],
    *,
    full: bool,
    realm: str,
) -> CrawlProgress:
    """Crawl, and crawl everything again when what was written is lost meanwhile.

    Args:
        fetch: crawls; its argument says whether everything is fetched, whatever is cached.
        report: told when the crawl begins again.
        realm: the folder of the catalogue, as errors name it.

    Raises:
        CacheError: it was lost again and again, or could not be written.
    """
    for _ in range(STARTS_MOST - 1):
        try:
            return await fetch(full)
        except CacheError as error:
            # The cache was cleared, or an index filled anew announced what is newer than this crawl.
            if not _is_lost(error):
                raise
            full = True
            report(CrawlProgress(shard, restarted=True))
    try:
        return await fetch(full)
    except CacheError as error:
        if not _is_lost(error):
            raise
        raise CacheError(
            f"the cache was cleared or replaced {STARTS_MOST} times during a fetch",
            why=f"another program removes files in {realm}",
            remedy="end it, or choose another folder with --cache-dir; then fetch again: amitui sync",
        ) from error


def _is_lost(error: CacheError) -> bool:
    """Whether a crawl failed because what it had written, or the folder that it writes to, is gone."""
    return isinstance(error, RecordsLost | StaleGeneration) or fault_of(error) is Fault.GONE
