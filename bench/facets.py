"""What facet counts cost beside the view's own count, in one run: `python -m bench.facets --size 250000`.

Each query is asked as the screen asks it, with nothing kept from the query before. Times are of the searching
thread: wall, and processor alone, which does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.search.facets import FacetReader
from amitui.catalog.search.view import CatalogReader
from bench.cache_folder import add_cache_dir
from bench.search import QUERIES, build, typed, view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GOAL_MS: Final = 50
FILTERS: Final = (
    "",
    "arch:x86_64",
    "arch:arm64",
    "os:windows",
    "-os:windows",
    "owner:canonical",
    "owner:amazon",
    "root:ebs",
    "created:2025",
    "created:>2024",
    "state:available",
    "public:yes",
    "paid:no arch:x86_64",
    'family:"ubuntu 24.04 x86_64"',
    "server",
    '"image"',
    "name:*base*",
    "deprecated:no",
    "a",
)
"""Queries without words of products, most of them with answers of a great part of the catalogue."""


class Timed(NamedTuple):
    """A query's costs, milliseconds: the quickest of some runs."""

    text: str
    images: int
    keys: float
    """The view's keys, wall."""
    facets: float
    """The facets, wall."""
    processor: float
    """The facets, processor."""


def measure(reader: CatalogReader, text: str, runs: int) -> Timed:
    """Ask for one query's keys and facets."""
    request = view(text)
    images = FacetReader(reader).facets(request).images

    def ask() -> None:
        FacetReader(reader).facets(request)

    count, _ = _best(lambda: reader.keys(request), runs)
    wall, processor = _best(ask, runs)
    return Timed(text, images, count, wall, processor)


def _best(work: Callable[[], object], runs: int) -> tuple[float, float]:
    walls, processors = [], []
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.thread_time()
        work()
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.thread_time() - processor) * 1000)
    return min(walls), min(processors)


def table(found: Sequence[Timed]) -> str:
    """Each query, and the percentiles of all."""
    lines = ["| Query | Images | Keys | Facets | Facets, processor |", "|---|---|---|---|---|"]
    lines += [
        f"| `{one.text or '(none)'}` | {one.images:,} | {one.keys:.1f} ms | {one.facets:.1f} ms"
        f" | {one.processor:.1f} ms |"
        for one in found
    ]
    for name, times in (
        ("keys", [one.keys for one in found]),
        ("facets", [one.facets for one in found]),
        ("facets, processor", [one.processor for one in found]),
    ):
        lines.append(f"\n{name}: p50 {median(times):.1f} ms, p95 {quantiles(times, n=20)[-1]:.1f} ms")
    return "\n".join([*lines, f"\ngoal for facets: p95 {GOAL_MS} ms"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=250_000, help="images (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="runs per query, of which the quickest counts")
    parser.add_argument("--letters", action="store_true", help="ask after each letter of the worded queries too")
    add_cache_dir(parser)
    options = parser.parse_args()
    texts = [*FILTERS, *QUERIES]
    if options.letters:
        texts += dict.fromkeys(request.text for text in QUERIES for request in typed(text))
    with CatalogReader(str(build(options.cache_dir, options.size))) as reader:
        print(table([measure(reader, text, options.runs) for text in texts]))


if __name__ == "__main__":
    main()
