"""What watching operations costs and how late it is: 1, 20 and 200 copies of images into five regions.

`python -m bench.poller` starts the simulated EC2, copies images in it, and prints how many calls the poller made
until all were available, and how long after each became available its watcher was told. When it really did is said
by `bench.witness`, another process whose calls are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import time
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.launcher import DemoProcess
from amitui.domain.operations.awaited import IMAGE
from amitui.domain.timeline.observation import Observation, Subject
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.operations.poller import Poller
from bench.figures import Figure, markdown_table
from bench.witness import PERIOD_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REGIONS: Final = ("eu-west-1", "eu-central-1", "us-west-2", "us-east-2", "ap-northeast-1")
SOURCE_REGION: Final = "us-east-1"
OPERATIONS: Final = (1, 20, 200)
AT_ONCE: Final = 4
"""Copies that are asked for at the same time, as a form that is submitted does."""
MOST_CALLS_TIMES: Final = 1.5
"""Goal: calls a region, of many operations by those of one. Many take longer to submit and to finish."""
_SPEED: Final = 20.0
"""A copy takes some twenty seconds, ten polls."""
_QUICK_SPEED: Final = 40.0


@dataclass(slots=True)
class Copies:
    """One run: so many copies, from being asked for until all are known to be available."""

    count: int
    looks: dict[str, list[float]] = field(default_factory=dict)
    """When the poller began to read the images of a region."""
    told: dict[str, float] = field(default_factory=dict)
    """When the watcher of an image was told that it is available."""
    regions: dict[str, str] = field(default_factory=dict)
    """The region of each image."""
    calls: dict[str, int] = field(default_factory=dict)
    """By region."""
    seconds: float = 0.0

    def interval(self, image_id: str) -> float:
        """Seconds between the look that found the image available and the one before."""
        looks = self.looks[self.regions[image_id]]
        found = bisect_left(looks, self.told[image_id]) - 1
        return looks[found] - looks[found - 1]


class Noting:
    """A connection that notes when it is asked for images."""

    def __init__(self, connection: Ec2Connection, looks: dict[str, list[float]]) -> None:
        self._connection = connection
        self._looks = looks

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        if operation == "describe_images":
            self._looks.setdefault(region, []).append(time.time())
        return await self._connection.call(region, operation, action, **parameters)


async def sources(connection: Ec2Connection) -> list[str]:
    """Own images of one volume, one of each size, those whose copies take longest first."""
    filters = [
        {"Name": "state", "Values": ["available"]},
        {"Name": "block-device-mapping.encrypted", "Values": ["false"]},
    ]
    answer = await connection.call(
        SOURCE_REGION, "describe_images", "list own images", Owners=["self"], Filters=filters
    )
    by_size: dict[int, str] = {}
    for image in answer["Images"]:
        volumes = [mapping["Ebs"]["VolumeSize"] for mapping in image["BlockDeviceMappings"] if "Ebs" in mapping]
        if len(volumes) == 1 and not image.get("ProductCodes"):
            by_size.setdefault(volumes[0], image["ImageId"])
    return [by_size[size] for size in sorted(by_size, reverse=True)]


async def run(connection: Ec2Connection, count: int, images: Sequence[str]) -> Copies:
    """Copy, watch, and wait for all."""
    copies = Copies(count)
    noting = Noting(connection, copies.looks)

    async def connect(_: str) -> Noting:
        return noting

    began = time.time()
    poller = Poller(connect, now=time.time)
    poller.start()
    all_there = asyncio.Event()

    def tell(observation: Observation) -> None:
        if observation.state == "failed":
            raise RuntimeError(observation.reason)
        if observation.state == "available":
            copies.told[observation.subject.id] = time.time()
            if len(copies.told) == count:
                all_there.set()

    turns = asyncio.Semaphore(AT_ONCE)

    async def copy(number: int) -> None:
        region = REGIONS[number % len(REGIONS)]
        async with turns:
            answer = await connection.call(
                region,
                "copy_image",
                "copy an image",
                SourceImageId=images[number // len(REGIONS) % len(images)],
                SourceRegion=SOURCE_REGION,
                Name=f"copy {number} of {count}",
            )
        image_id = answer["ImageId"]
        copies.regions[image_id] = region
        poller.watch(Subject("", region, IMAGE, image_id), tell)

    try:
        await asyncio.gather(*map(copy, range(count)))
        await all_there.wait()
    finally:
        await poller.close()
    copies.seconds = time.time() - began
    for (region, _), calls in poller.calls.items():
        copies.calls[region] = copies.calls.get(region, 0) + calls
    return copies


@contextmanager
def witness(url: str) -> Iterator[dict[str, float]]:
    """What the other process says: image → when it was surely pending still. Complete when the block has ended."""
    pending_at: dict[str, float] = {}
    command = [sys.executable, "-m", "bench.witness", url, *REGIONS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield pending_at
        said, _ = process.communicate()
    for line in said.splitlines():
        image_id, asked, _ = line.split()
        pending_at[image_id] = float(asked)


async def measure(url: str) -> list[Copies]:
    """All runs, one after the other."""
    async with Ec2Connection(AwsTarget(endpoint_url=url, demo=True)) as connection:
        images = await sources(connection)
        for region in REGIONS:
            # A region of the demo is made when it is first asked for, and so is its client.
            await connection.call(region, "describe_images", "make the region", Owners=["self"])
        runs = []
        for count in OPERATIONS:
            print(f"copies: {count}", file=sys.stderr)
            runs.append(await run(connection, count, images))
        # The witness may be a moment behind.
        await asyncio.sleep(1)
        return runs


def figures(runs: Sequence[Copies], pending_at: dict[str, float]) -> list[Figure]:
    """What is compared with what."""
    alone = next(iter(runs[0].calls.values()))
    found = []
    for copies in runs:
        name = f"{copies.count} copies" if copies.count > 1 else "1 copy"
        calls = Figure(f"{name}: calls a region until all are available", "calls", digits=0)
        if copies.count > 1:
            calls.against, calls.most_times = "1 copy", MOST_CALLS_TIMES
        for of_region in copies.calls.values():
            calls.add(of_region, alone if copies.count > 1 else None)
        late = Figure(f"{name}: from available to told", "s", digits=2)
        intervals = Figure(f"{name}: the same", "poll intervals", most=1, digits=2)
        latest = Figure(f"{name}: the latest of all", "poll intervals", digits=2)
        for image_id, told in copies.told.items():
            late.add(told - pending_at[image_id])
            intervals.add((told - pending_at[image_id]) / copies.interval(image_id))
        latest.add(max(intervals.ours))
        found += [calls, late, intervals, latest]
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--speed", type=float, default=_SPEED, help="times as fast as EC2 copies images (%(default)g)"
    )
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_SPEED:g} times as fast")
    options = parser.parse_args()
    speed = _QUICK_SPEED if options.quick else options.speed
    with DemoProcess(speed=speed, warm_region=SOURCE_REGION) as demo, witness(demo.url) as pending_at:
        runs = asyncio.run(measure(demo.url))
    print(f"{len(REGIONS)} regions, {speed:g} times as fast as EC2; {_machine()}\n")
    print(markdown_table(figures(runs, pending_at)))
    print()
    for copies in runs:
        total = sum(copies.calls.values())
        print(f"- copies: {copies.count}, regions: {len(copies.calls)}, calls: {total} in {copies.seconds:.0f} s")
    print(f"\nWhen an image became available is known to {PERIOD_S:g} s, and counts from the beginning of those.")


def _machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = models[0].partition(":")[2].strip() if models else platform.machine()
    return f"{os.cpu_count()} × {name}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
