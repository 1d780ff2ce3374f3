"""`amitui cache show` and `cache trim`: what each Region takes on disk, and making room."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from amitui.catalog.retention import Opening, RegionSize, Trimmed, folder_bytes, region_sizes, trim
from amitui.catalog.store import SegmentStore
from amitui.cli.guard import print_error
from amitui.cli.messages import say, warn
from amitui.errors import CacheError
from amitui.presentation.cache_text import limit_words, megabytes, trimmed_words
from amitui.presentation.export import iso
from amitui.services.composition import Services

if TYPE_CHECKING:
    from collections.abc import Collection

    from amitui.catalog.index.writer import CatalogIndex
    from amitui.settings import Settings


def show(settings: Settings, *, output: str) -> int:
    """Print what each Region takes on disk, the one that makes room last first."""
    services = Services(settings)
    sizes = sizes_of(services)[::-1]
    total, limit = folder_bytes(settings.locations.realm), services.catalogue.room.limit_bytes
    engine = folder_bytes(settings.locations.engine_dir)
    if output == "json":
        facts = {
            "cache": settings.locations.realm,
            "bytes": total,
            "limit_bytes": limit or None,
            "engine_bytes": engine,
            "regions": [region_facts(size) for size in sizes],
        }
        print(json.dumps(facts, indent=2))
        return 0
    for size in sizes:
        print(f"{size.region:15} {size_words(size)}")
    if engine:
        print(f"{'amitui sql':15} {megabytes(engine):>12}  copies, trimmed first and made again when needed")
    words = f"its limit is {limit_words(limit)}" if limit else "it has no limit"
    print(f"{'whole cache':15} {megabytes(total):>12}  {words}; {settings.locations.realm}")
    return 0


def trim_command(settings: Settings, to_mb: float | None) -> int:
    """Remove what is above the limit, and say what that was.

    Args:
        to_mb: the limit instead of the configured one; 0: everything that may go.
    """
    services = Services(settings)
    limit = services.catalogue.room.limit_bytes if to_mb is None else int(to_mb * 1_000_000)
    if not limit and to_mb is None:
        warn("the cache has no limit (cache_limit_mb = 0): give one with --to MB")
        return 2
    trimmed = _trim(services, limit, keep=())
    lines = list(trimmed_words(trimmed.dropped, trimmed.busy, trimmed.total_bytes, limit, trimmed.copies_bytes))
    size = megabytes(trimmed.total_bytes)
    within = f", within its limit of {limit_words(limit)}" if trimmed.total_bytes <= limit else ""
    for words in lines or [f"nothing to remove: the cache takes {size}{within}"]:
        say(words)
    return 0


def trim_after(settings: Settings, *, keep: Collection[str]) -> None:
    """After something was added to the cache: make room for it, and say what went.

    Args:
        keep: Regions that it was added to.
    """
    services = Services(settings)
    services.catalogue.room.use.note(keep)
    if not (limit := services.catalogue.room.limit_bytes):
        return
    try:
        trimmed = _trim(services, limit, keep=keep)
    except CacheError as error:
        print_error(error)  # what was added is there
        return
    for words in trimmed_words(trimmed.dropped, trimmed.busy, trimmed.total_bytes, limit, trimmed.copies_bytes):
        say(words)


def sizes_of(services: Services) -> list[RegionSize]:
    """What each Region takes, the one that makes room first first."""
    locations = services.settings.locations
    with services.catalogue.reader() as reader:
        statuses = reader.shards(reader.cached_regions())
    if not services.catalogue.has_segments and not statuses:
        return []
    with SegmentStore(locations.segments_dir, repair=False) as store:
        return region_sizes(locations, store, statuses, services.catalogue.room.use)


def region_facts(size: RegionSize) -> dict[str, str | int | None]:
    """What a Region takes, for programs."""
    return {
        "region": size.region,
        "bytes": size.total_bytes,
        "index_bytes": size.index_bytes,
        "segment_bytes": size.segment_bytes,
        "removable_segment_bytes": size.removable_bytes,
        "last_used": iso(size.last_used) if size.last_used else None,
    }


def size_words(size: RegionSize) -> str:
    """What a Region takes, for people."""
    used = f"used {time.strftime('%Y-%m-%d %H:%M', time.localtime(size.last_used))}" if size.last_used else ""
    stays = "" if size.removable_bytes else "  never trimmed: your own or imported images"
    index = f"of which search index {megabytes(size.index_bytes)}"
    return f"{megabytes(size.total_bytes):>12}  {index}  {used}{stays}".rstrip()


def _trim(services: Services, limit_bytes: int, *, keep: Collection[str]) -> Trimmed:
    from amitui.catalog.sync.service import open_index

    locations = services.settings.locations
    with ExitStack() as stack:
        stores: list[SegmentStore] = []

        def store_of() -> SegmentStore:
            if not stores:
                stores.append(stack.enter_context(SegmentStore(locations.segments_dir)))
            return stores[0]

        def index_of(region: str) -> CatalogIndex:
            return stack.enter_context(open_index(locations, store_of(), region))

        opening = Opening(store_of, index_of, {})
        return trim(locations, opening, services.catalogue.room.use, limit_bytes=limit_bytes, keep=keep)
