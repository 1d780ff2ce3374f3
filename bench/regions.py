"""What searching all Regions at once costs: `python -m bench.regions --regions 34 --size 8000`.

Builds an index a Region once and measures, with every Region in view: the first search of a start (files are
opened), the first page after each letter, the whole order, families, and facets.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.index.schema import SCHEMA_VERSION
from amitui.catalog.search.facets import FacetReader
from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.view import BEST_FIRST
from amitui.domain.region import PLACES, partition_of
from bench.cache_folder import add_cache_dir
from bench.filled_index import fill
from bench.search import PAGE, QUERIES, typed, view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.domain.catalogue.view import ViewRequest

REGIONS: Final = tuple(name for name in PLACES if partition_of(name) == "aws")
GOAL_MS: Final = 100


def build(folder: Path, regions: Sequence[str], size: int) -> Path:
    """The folder with an index of so many images for each Region, built as far as it is not there yet."""
    target = folder / f"regions-{SCHEMA_VERSION}-{size}"
    for region in regions:
        fill(target / f"{region}.sqlite", region, size)
    return target


class Cost(NamedTuple):
    """Milliseconds of the searching thread: the quickest of some runs."""

    wall: float
    processor: float
    """Which does not depend on what else the machine does."""


def measure(folder: Path, regions: Sequence[str], runs: int) -> dict[str, list[Cost]]:
    """Costs of each kind of question, one for each query or letter."""

    def everywhere(request: ViewRequest) -> ViewRequest:
        return request._replace(regions=tuple(regions))

    with CatalogReader(str(folder)) as reader:
        start = _once(partial(reader.first, everywhere(view("")), PAGE))
    found: dict[str, list[Cost]] = {"first search of a start": [start]}
    with CatalogReader(str(folder)) as reader:
        requests = [everywhere(view(text)) for text in ("", *QUERIES, "arch:arm64", "owner:canonical sort:name")]
        for request in requests:
            reader.keys(request)  # reads the files once
        letters = [everywhere(request) for text in QUERIES for request in typed(text)]
        found["first page of a letter, builds"] = [
            _best(partial(reader.first, request, PAGE), runs) for request in letters
        ]
        found["first page of a letter, families"] = [
            _best(partial(reader.first_families, request, PAGE), runs)
            for request in letters
            if request.order == BEST_FIRST
        ]
        found["whole order"] = [_best(partial(reader.keys, request), runs) for request in requests]
        found["families"] = [
            _best(partial(reader.families, request), runs) for request in requests if request.order == BEST_FIRST
        ]
        found["facets"] = [_best(lambda r=request: FacetReader(reader).facets(r), runs) for request in requests]  # type: ignore[misc]
        found["total and what is cached"] = [
            _once(lambda: (reader.total(requests[0]), reader.shards(regions))) for _ in range(runs)
        ]
        found["whether others wrote"] = [_once(reader.changed) for _ in range(runs)]
    return found


def _once(work: Callable[[], object]) -> Cost:
    return _best(work, 1)


def _best(work: Callable[[], object], runs: int) -> Cost:
    walls, processors = [], []
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.thread_time()
        work()
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.thread_time() - processor) * 1000)
    return Cost(min(walls), min(processors))


def table(found: dict[str, list[Cost]]) -> str:
    """Percentiles of each kind."""
    lines = [
        "| All Regions | Questions | p50 | p95 | p50, processor | p95, processor |",
        "|---|---|---|---|---|---|",
    ]
    for name, costs in found.items():
        figures = [_percentiles([cost.wall for cost in costs]), _percentiles([cost.processor for cost in costs])]
        cells = " | ".join(f"{figure:.1f} ms" for pair in figures for figure in pair)
        lines.append(f"| {name} | {len(costs)} | {cells} |")
    return "\n".join([*lines, f"\ngoal for the first page of a letter: p95 {GOAL_MS} ms"])


def _percentiles(times: list[float]) -> tuple[float, float]:
    return median(times), quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=int, default=34, help="how many (%(default)s)")
    parser.add_argument("--size", type=int, default=8000, help="images in each (%(default)s)")
    parser.add_argument("--runs", type=int, default=2, help="runs per question, of which the quickest counts")
    add_cache_dir(parser)
    options = parser.parse_args()
    regions = REGIONS[: options.regions]
    print(table(measure(build(options.cache_dir, regions, options.size), regions, options.runs)))


if __name__ == "__main__":
    main()
