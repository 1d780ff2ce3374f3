"""What crawling a Region costs, against `aws ec2 describe-images` on the same server in the same run.

`python -m bench.crawl --images 100000` starts a fake EC2 (1,000 images and 120 ms a page, a bucket of 100 calls
that gets 20 a second), lets both sides read its public images in turns, changes 1% of them, and crawls again.
`--import 250000` also imports a file, with this tree and with an older one. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench import growth_plot, processes
from bench.browse import machine
from bench.crawl_echo import echo_figure, measure_echo
from bench.figures import Figure, markdown_table
from bench.imports import AGAINST, ImportFigures, archived, measure_import, write_dump
from tests.support.catalogue_process import CatalogueProcess
from tests.support.isolation import isolated_environment
from tests.support.terminal_steps import access_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.catalogue_changes import Churn
    from tests.support.catalogue_ec2 import Counts

REGION: Final = "us-east-1"
SCOPE: Final = "community"
CHURN: Final = 0.01
LATER_H: Final = 24.0
"""Hours after the first crawl at which the second one runs, as amitui's clock has it."""
CHECKED: Final = 20
"""Changed images that are looked at one by one."""

MB: Final = 1e6


def _found_figure(kind: str) -> Figure:
    return Figure(f"{kind} images found a day later", "%", digits=0)


@dataclass(slots=True)
class CrawlFigures:
    """Everything that is measured with one number of images, in the order of the table."""

    images: int
    wall: Figure = field(
        default_factory=lambda: Figure("first crawl, wall", "s", "aws ec2 describe-images", most_times=0.2)
    )
    cpu: Figure = field(
        default_factory=lambda: Figure("CPU for 1,000 images received", "ms", "aws ec2 describe-images", most=60)
    )
    cpu_stored: Figure = field(default_factory=lambda: Figure("CPU for 1,000 images stored", "ms"))
    memory: Figure = field(
        default_factory=lambda: Figure("peak RSS, all processes", "MB", "aws ec2 describe-images", most=200)
    )
    shared: Figure = field(default_factory=lambda: Figure("the same, shared pages counted once (PSS)", "MB"))
    largest: Figure = field(default_factory=lambda: Figure("peak RSS, largest process", "MB"))
    requests: Figure = field(default_factory=lambda: Figure("requests", "", "aws ec2 describe-images", digits=0))
    throttled: Figure = field(default_factory=lambda: Figure("throttled answers", "%", most=1, digits=2))
    received: Figure = field(default_factory=lambda: Figure("received", "MB", "aws ec2 describe-images"))
    kept: Figure = field(default_factory=lambda: Figure("cache on disk", "MB"))
    again_requests: Figure = field(
        default_factory=lambda: Figure(
            "requests a day later, 1% changed", "", "first crawl", most_times=0.1, digits=0
        )
    )
    again_received: Figure = field(
        default_factory=lambda: Figure("received a day later, 1% changed", "MB", "first crawl")
    )
    again_wall: Figure = field(default_factory=lambda: Figure("wall a day later, 1% changed", "s", "first crawl"))
    found_new: Figure = field(default_factory=lambda: _found_figure("new"))
    found_changed: Figure = field(default_factory=lambda: _found_figure("changed"))
    found_gone: Figure = field(default_factory=lambda: _found_figure("vanished"))
    echo: Figure = field(default_factory=echo_figure)
    server: Figure = field(
        default_factory=lambda: Figure("the fake's own CPU during the first crawl", "s", "aws ec2 describe-images")
    )

    def all(self) -> list[Figure]:
        """Those that were measured, in the order of the table."""
        figures = [getattr(self, name) for name in self.__slots__ if name != "images"]
        measured = [figure for figure in figures if figure.ours]
        for figure in measured:
            if not figure.theirs:
                figure.against, figure.most_times = "", None
        return measured


class Bench:
    """Both sides on one fake.

    Args:
        folder: below which everything is written.
        fake: the running server.
    """

    def __init__(self, folder: Path, fake: CatalogueProcess, images: int) -> None:
        self._folder = folder
        self._fake = fake
        self._environment = isolated_environment(folder / "elsewhere") | access_keys()
        self._environment["PYTHONPATH"] = str(Path(__file__).parent.parent)
        self._cache = folder / "cache"
        self.figures = CrawlFigures(images)

    def turn(self, seed: int, *, compare: bool) -> None:
        """Crawl into an empty cache, let the AWS CLI read the same, change some images and crawl again.

        Args:
            compare: whether the AWS CLI has its turn.
        """
        figures = self.figures
        shutil.rmtree(self._cache, ignore_errors=True)
        ours, counts, server = self._measured(self._amitui("sync"))
        stored = self._stored()
        wanted = self._fake.community()
        if stored != wanted:
            raise RuntimeError(f"{stored:,} images were stored of {wanted:,}: {ours.stderr[-2000:]}")
        kept = processes.folder_bytes(self._cache)
        compared = (
            figures.wall, figures.cpu, figures.memory, figures.requests, figures.received, figures.server
        )  # fmt: skip
        theirs = _compared(*self._measured(self._aws())) if compare else [None] * len(compared)
        for figure, our, their in zip(compared, _compared(ours, counts, server), theirs, strict=True):
            figure.add(our, their)
        figures.cpu_stored.add(_each(ours, stored))
        figures.shared.add(ours.peak_shared / MB)
        figures.largest.add(ours.peak_largest / MB)
        figures.throttled.add(100 * sum(counts.throttled.values()) / _requests(counts))
        figures.kept.add(kept / MB)
        self._again(ours, counts, seed)

    def _again(self, first: processes.Cost, first_counts: Counts, seed: int) -> None:
        figures = self.figures
        changes = self._fake.churn(CHURN, seed)
        again, counts, _ = self._measured(self._amitui("sync", later=LATER_H))
        figures.again_requests.add(_requests(counts), _requests(first_counts))
        figures.again_received.add(counts.sent_bytes / MB, first_counts.sent_bytes / MB)
        figures.again_wall.add(again.wall, first.wall)
        self._note_found(changes)

    def _measured(self, command: Sequence[str]) -> tuple[processes.Cost, Counts, float]:
        self._fake.counts()
        before = processes.cpu_seconds(self._fake.pid)
        cost = processes.run(command, self._environment, self._folder)
        return cost, self._fake.counts(), processes.cpu_seconds(self._fake.pid) - before

    def _amitui(self, *words: str, later: float = 0.0) -> list[str]:
        clock = ["-m", "bench.shifted", str(later)] if later else ["-m", "amitui"]
        options = ["--scope", SCOPE, "--region", REGION, "--endpoint-url", self._fake.url]
        return [sys.executable, *clock, *words, *options, "--cache-dir", str(self._cache)]

    def _aws(self) -> list[str]:
        return [
            str(Path(sys.executable).with_name("aws")), "ec2", "describe-images",
            "--filters", "Name=is-public,Values=true", "--include-deprecated",
            "--page-size", "1000", "--output", "json", "--region", REGION, "--endpoint-url", self._fake.url,
        ]  # fmt: skip

    def _output(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, env=self._environment, check=False, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def _stored(self) -> int:
        info = [sys.executable, "-m", "amitui", "info", "-o", "json", "--endpoint-url", self._fake.url]
        shards = json.loads(self._output([*info, "--cache-dir", str(self._cache)]))["catalogue"]
        return sum(shard["images"] for shard in shards if shard["complete"])

    def _ids(self) -> set[str]:
        find = self._amitui("find", "--offline", "--include-deprecated", "-o", "id")
        return set(self._output(find).split())

    def _note_found(self, changes: Churn) -> None:
        """Hold the cache against the changes: all that came or went, and some of the images that changed."""
        cached, added = self._ids(), {*changes.added}
        ours = self._fake.community_of([*changes.added, *changes.changed])
        changed = [one for one in ours if one not in added][:CHECKED]
        figures = self.figures
        figures.found_new.add(_percent([one in cached for one in ours if one in added]))
        figures.found_changed.add(_percent([self._fake.record(one) == self._record(one) for one in changed]))
        figures.found_gone.add(_percent([one not in cached for one in changes.gone]))

    def _record(self, image_id: str) -> object:
        found = self._output(self._amitui("find", image_id, "--offline", "--include-deprecated", "-o", "json"))
        image: dict[str, object] = next(iter(json.loads(found)["Images"]), {}) if found else {}
        image.pop("Amitui", None)
        return image


def _compared(cost: processes.Cost, counts: Counts, server: float) -> list[float]:
    """What both sides are compared by."""
    sent = counts.sent_bytes / MB
    return [cost.wall, _each(cost, counts.images), cost.peak_all / MB, _requests(counts), sent, server]


def _each(cost: processes.Cost, images: int) -> float:
    """Milliseconds of CPU for a thousand images."""
    return cost.cpu * 1e6 / max(1, images)


def _percent(checks: Sequence[bool]) -> float:
    return 100 * sum(checks) / max(1, len(checks))


def _requests(counts: Counts) -> int:
    return counts.requests.get("DescribeImages", 0)


def crawl(folder: Path, images: int, runs: int, *, compare: bool, echo: bool) -> CrawlFigures:
    """Measure with so many images.

    Args:
        compare: against the AWS CLI.
        echo: type during a crawl, too.
    """
    with CatalogueProcess(images, folder) as fake:
        bench = Bench(folder, fake, images)
        for run in range(runs):
            bench.turn(run, compare=compare)
            print(f"{images:,} images, run {run + 1}: {bench.figures.wall.ours[-1]:.1f} s", file=sys.stderr)
            if echo:
                measure_echo(folder, fake, bench.figures.echo)
    return bench.figures


def marginal(crawls: Sequence[CrawlFigures]) -> str:
    """CPU of the images that a crawl has more than a smaller one: neither starting nor ending is in it."""
    lines = []
    for smaller, larger in pairwise(sorted(crawls, key=lambda one: one.images)):
        more = larger.images - smaller.images
        spent = [median(one.cpu.ours) * one.images for one in (smaller, larger)]
        lines.append(
            f"CPU for 1,000 images more, from {smaller.images:,} to {larger.images:,}:"
            f" {(spent[1] - spent[0]) / more:.0f} ms"
        )
    return "\n".join(lines)


def written(crawls: Sequence[CrawlFigures], imports: Sequence[ImportFigures]) -> dict[str, object]:
    """All samples, to be kept as JSON."""

    def samples(figures: Sequence[Figure]) -> Mapping[str, object]:
        return {
            one.name: {"unit": one.unit, "ours": one.ours, one.against or "against": one.theirs} for one in figures
        }

    return {
        "machine": machine(),
        "crawl": {one.images: samples(one.all()) for one in crawls},
        "import": {one.images: samples(one.all()) for one in imports},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="*", default=[100_000], help="images of the Region")
    parser.add_argument(
        "--compare-up-to", type=int, default=250_000, metavar="IMAGES",
        help="the others take minutes and gigabytes of more: they are given so many at most (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--import", type=int, nargs="*", default=[], dest="imports", help="images of the file")
    parser.add_argument("--against", default=AGAINST, help="revision whose import is measured too (%(default)s)")
    parser.add_argument("--echo", action="store_true", help="also type in a terminal during a crawl")
    parser.add_argument("--runs", type=int, default=3, help="turns per figure (%(default)s)")
    parser.add_argument("--write", type=Path, help="file for the samples as JSON")
    parser.add_argument("--plot", type=Path, help="file for the plot of growth as SVG")
    options = parser.parse_args()
    crawls, imports = [], []
    print(f"{machine()}\n")
    for images in options.images:
        with tempfile.TemporaryDirectory() as folder:
            compare = images <= options.compare_up_to
            crawls.append(crawl(Path(folder), images, options.runs, compare=compare, echo=options.echo))
        print(f"{images:,} images, crawled\n\n{markdown_table(crawls[-1].all())}\n", flush=True)
    if len(crawls) > 1:
        print(marginal(crawls), flush=True)
    for images in options.imports:
        with tempfile.TemporaryDirectory() as folder:
            dump = write_dump(Path(folder) / "dump.json", images)
            compare = options.against and images <= options.compare_up_to
            older = archived(options.against, Path(folder) / "older") if compare else None
            imports.append(measure_import(Path(folder), dump, images, older, options.runs))
        print(f"{images:,} images, imported\n\n{markdown_table(imports[-1].all())}\n", flush=True)
    if options.write:
        options.write.write_text(json.dumps(written(crawls, imports), indent=1) + "\n")
    if options.plot:
        options.plot.write_text(growth_plot.render(crawls, imports))


if __name__ == "__main__":
    main()
