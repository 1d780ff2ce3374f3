"""What storing a catalogue writes to the disk, and how large the cache gets when it is stored again and again.

`python -m bench.growth` imports and crawls made-up images, several rounds each in a process of its own, and prints
ratios: bytes written for each byte kept, and size against that of one round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.crawl import CrawlProgress
from amitui.catalog.sync.imports import Importer
from amitui.catalog.sync.page import PageFor, ReadPage, read_page
from amitui.catalog.sync.service import CatalogService, open_index
from amitui.demo.seed.region import synthetic_records
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slices import Slice
from amitui.paths import Locations, locate

REGION: Final = "us-east-1"
SHARD: Final = Shard("aws", PUBLIC, REGION, "community")
EVERYTHING: Final = PageFor(Shard("aws", "111122223333", REGION, "mine"), None)
PAGE: Final = 1000
NOW: Final = 1_750_000_000


class Round(NamedTuple):
    """What one round wrote and left."""

    written: int
    """Bytes that the process gave to the kernel's files (`wchar` of /proc/self/io)."""
    kept: int
    """Size of the cache after it."""


class Source:
    """Pages of made-up images, in an order that has nothing to do with their creation, as EC2's has not."""

    def __init__(self, records: Sequence[dict[str, Any]], *, dies_after: int | None = None) -> None:
        self._records = records
        self._dies_after = dies_after
        self._pages = 0
        self._parts: dict[Slice, Sequence[dict[str, Any]]] = {}

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:  # noqa: ARG002
        if self._pages == self._dies_after:
            os._exit(0)  # as by SIGKILL
        self._pages += 1
        if part not in self._parts:
            self._parts[part] = [record for record in self._records if part.holds(record.get("CreationDate"))]
        records, start = self._parts[part], int(token or 0)
        end = start + PAGE
        following = str(end) if end < len(records) else None
        return read_page(records[start:end], EVERYTHING, next_token=following)


def _where(folder: str) -> Locations:
    return locate({"HOME": folder}, cache_dir=os.path.join(folder, "cache"))


def import_once(folder: str, count: int) -> None:
    """Import the images, as `amitui import` does."""
    where = _where(folder)
    indexes: dict[str, CatalogIndex] = {}
    with SegmentStore(where.segments_dir) as store:

        def index_of(region: str) -> CatalogIndex:
            if region not in indexes:
                indexes[region] = open_index(where, store, region)
            return indexes[region]

        with Importer(store, index_of, locks_dir=where.locks_dir, region=REGION, scope=None) as importer:
            for record in synthetic_records(count, REGION, seed=7):
                importer.add(record, now=NOW)
            importer.finish(NOW)
        for index in indexes.values():
            index.close()


def crawl_once(folder: str, count: int, *, dies_after: int | None = None) -> None:
    """Crawl the images to the end, as `amitui sync --full` does, or die before."""

    async def crawl() -> None:
        service = CatalogService(_where(folder), now=lambda: NOW)
        source = Source(list(synthetic_records(count, REGION, seed=7)), dies_after=dies_after)
        await service.refresh(SHARD, source, _ignore, full=True)
        await service.sweep()
        await service.close()

    asyncio.run(crawl())


def _ignore(progress: CrawlProgress) -> None:
    """Nobody looks."""


def killed_and_once(folder: str, count: int) -> None:
    """Five crawls that are killed half-way, and one to the end."""
    if _fork() == 0:
        crawl_once(folder, count, dies_after=count // PAGE // 2)
    crawl_once(folder, count)


def _fork() -> int:
    for _ in range(5):
        child = os.fork()
        if child == 0:
            return 0
        os.waitpid(child, 0)
    return 1


KINDS: Final[dict[str, Callable[[str, int], None]]] = {
    "import": import_once,
    "crawl": crawl_once,
    "killed": killed_and_once,
}


def measured(kind: str, folder: str, count: int) -> Round:
    """One round in a process of its own."""
    command = [sys.executable, "-m", "bench.growth", "--measure", kind, "--images", str(count), "--folder", folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Round(*json.loads(done.stdout))


def _measure(kind: str, folder: str, count: int) -> None:
    KINDS[kind](folder, count)
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    print(json.dumps((int(counters["wchar"]), _size(folder))))


def _size(folder: str) -> int:
    return sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(folder) for name in names)


def table(kind: str, rounds: Sequence[Round]) -> str:
    """A row of the table: what the first and the last round wrote for what is kept, and how much that grew."""
    first, last = rounds[0], rounds[-1]
    return (
        f"| {kind} | {first.kept / 1e6:,.0f} MB | {first.written / first.kept:.1f} |"
        f" {last.written / last.kept:.1f} | {last.kept / first.kept:.2f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000, help="images of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=4, help="rounds of each kind (%(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="what is measured")
    parser.add_argument("--measure", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.measure, options.folder, options.images)
        return
    print(f"{options.images:,} images, {options.rounds} rounds\n")
    print("| | kept after one round | written/kept, first | written/kept, last | last round's size/first's |")
    print("|---|---|---|---|---|")
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as folder:
            rounds = [measured(kind, folder, options.images) for _ in range(options.rounds)]
        print(table(kind, rounds), flush=True)


if __name__ == "__main__":
    main()
