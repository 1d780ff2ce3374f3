"""What a search costs as the catalogue grows: first page, full order, and each letter that is typed.

`python -m bench.search --sizes 10000 100000 1000000 2500000` builds an index of each size once and prints a table.
Millions of images take minutes to build and some gigabytes: by default only the two smaller sizes are measured.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Final, NamedTuple

from amitui.catalog.index.schema import SCHEMA_VERSION
from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import QuerySyntaxError, parse_query
from bench.cache_folder import add_cache_dir
from bench.filled_index import NOW, fill

REGION: Final = "us-east-1"
PAGE: Final = 60
SMALL: Final = (10_000, 100_000)
QUERIES: Final = (
    "ubuntu 24.04",
    "ubuntu",
    "rhel 9 byos",
    "windows 2022 core",
    "amazon linux 2023 arm64",
    "debian 12",
    "eks 1.33 gpu",
    "nginx",
    "bitnami wordpress",
    "*ubuntu-noble-24.04-amd64-server-*",
    "arm64",
    "golden base",
)
MOST_GROWTH: Final = 3
"""Goal: times that a first page of 2,500,000 images takes as long as one of 100,000."""


class Measured(NamedTuple):
    """Milliseconds at one size."""

    size: int
    first: float
    """First page, median of the queries."""
    order: float
    """Every key in order, median of the queries."""
    keystroke: float
    """First page after each letter, 95th percentile."""


def build(folder: Path, size: int) -> Path:
    """The folder with the index of so many made-up images, built when it is not there yet."""
    target = folder / f"search-{SCHEMA_VERSION}-{size}"
    started = time.perf_counter()
    if fill(target / f"{REGION}.sqlite", REGION, size):
        print(f"built {size:,} rows in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return target


def view(text: str) -> ViewRequest:
    """What the screen asks once a text is typed."""
    return ViewRequest(parse_query(text, now=NOW), (REGION,), (ALL,), (), False, NOW)


def typed(text: str) -> Iterator[ViewRequest]:
    """What it asks after each letter that makes a query."""
    for length in range(1, len(text) + 1):
        try:
            yield view(text[:length])
        except QuerySyntaxError:
            continue


def measure(folder: Path, size: int, runs: int) -> Measured:
    """Search a catalogue of one size."""
    with CatalogReader(str(build(folder, size))) as reader:
        requests = [view(text) for text in QUERIES]
        for request in requests:
            reader.keys(request)  # reads the file once
        first = [best_of(partial(reader.first, request, PAGE), runs) for request in requests]
        order = [best_of(partial(reader.keys, request), runs) for request in requests]
        letters = [request for text in QUERIES for request in typed(text)]
        keys = [best_of(partial(reader.first, request, PAGE), 1) for request in letters]
    return Measured(size, median(first), median(order), quantiles(keys, n=20)[-1])


def best_of(work: Callable[[], object], runs: int) -> float:
    """Milliseconds of the quickest of some runs: what else the machine does only ever adds to it."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def table(found: Sequence[Measured]) -> str:
    """The figures, and how a first page grows from 100,000 images on."""
    lines = ["| Images | First page | Full order | Keystroke, p95 |", "|---|---|---|---|"]
    lines += [
        f"| {one.size:,} | {one.first:.1f} ms | {one.order:.1f} ms | {one.keystroke:.1f} ms |" for one in found
    ]
    by_size = {one.size: one for one in found}
    small, large = by_size.get(100_000), by_size.get(2_500_000)
    if small and large:
        growth = large.first / small.first
        lines.append(f"\nA first page grows {growth:.1f} times from 100,000 to 2,500,000 (goal: < {MOST_GROWTH}).")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SMALL), help="images (default: the smaller two)"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs per query, of which the quickest counts")
    add_cache_dir(parser)
    options = parser.parse_args()
    print(table([measure(options.cache_dir, size, options.runs) for size in sorted(options.sizes)]))


if __name__ == "__main__":
    main()
