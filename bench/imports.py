"""What importing a file of images costs, with this tree and with an older one of the same repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from amitui.demo.seed.synthetic import synthetic_records
from bench import processes
from bench.figures import Figure
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Iterable

REGION: Final = "us-east-1"
SEED: Final = 7
AGAINST: Final = "96ac162"
"""The last commit at which imports took as long as the README said."""

MB: Final = 1e6


@dataclass(slots=True)
class ImportFigures:
    """Everything that is measured with one number of images, in the order of the table."""

    images: int
    against: str = ""
    wall: Figure = field(init=False)
    cpu: Figure = field(init=False)
    memory: Figure = field(init=False)
    written: Figure = field(init=False)
    times: Figure = field(init=False)
    kept: Figure = field(init=False)

    def __post_init__(self) -> None:
        self.wall = Figure("import, wall", "s", self.against, most_times=1 / 3 if self.against else None)
        self.cpu = Figure("CPU for 1,000 images", "ms", self.against)
        self.memory = Figure("peak RSS, all processes", "MB", self.against, most=200)
        self.written = Figure("bytes written", "MB", self.against)
        self.times = Figure("bytes written for each kept", "", self.against, most=4)
        self.kept = Figure("cache on disk", "MB", self.against)

    def all(self) -> list[Figure]:
        """In the order of the table."""
        return [self.wall, self.cpu, self.memory, self.written, self.times, self.kept]


def write_dump(path: Path, images: int) -> Path:
    """A file as `aws ec2 describe-images --output json` prints it, an image a line."""
    with path.open("w", encoding="utf-8") as dump:
        dump.write('{"Images": [')
        for number, record in enumerate(synthetic_records(images, REGION, seed=SEED)):
            dump.write(f"{',' * (number > 0)}\n{json.dumps(record)}")
        dump.write("\n]}\n")
    return path


def archived(revision: str, folder: Path) -> Path:
    """The tree of a revision, unpacked."""
    folder.mkdir()
    repository = Path(__file__).parent.parent
    archive = subprocess.run(["git", "archive", revision], cwd=repository, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def measure_import(folder: Path, dump: Path, images: int, older: Path | None, runs: int) -> ImportFigures:
    """Import the file into an empty cache, with both trees in turns.

    Args:
        older: the tree to compare with; `None`: none.
    """
    figures = ImportFigures(images, "" if older is None else "before")
    here = Path(__file__).parent.parent
    for run in range(runs):
        for tree in (here,) if older is None else (here, older):
            cache = folder / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            environment = isolated_environment(folder / "elsewhere") | {"PYTHONPATH": str(tree)}
            command = [sys.executable, "-m", "amitui", "import", str(dump), "--region", REGION]
            cost = processes.run([*command, "--cache-dir", str(cache)], environment, folder)
            kept = processes.folder_bytes(cache)
            samples = _samples(cost, images, kept)
            for figure, sample in zip(figures.all(), samples, strict=True):
                (figure.ours if tree is here else figure.theirs).append(sample)
            name = "this tree" if tree is here else "before"
            print(f"{images:,} images imported, run {run + 1}, {name}: {cost.wall:.1f} s", file=sys.stderr)
    return figures


def _samples(cost: processes.Cost, images: int, kept: int) -> Iterable[float]:
    """In the order of the table."""
    return (
        cost.wall,
        cost.cpu * 1e6 / images,
        cost.peak_all / MB,
        cost.written / MB,
        cost.written / kept,
        kept / MB,
    )
