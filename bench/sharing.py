"""What publishing and pulling made-up images through a bucket costs: seconds, bytes, requests, memory.

`python -m bench.sharing [--count 100000]` crawls them, publishes them to moto's S3 in another process of this
machine, pulls them elsewhere, and does both again after a day's changes and after none. Each step is a process of
its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from amitui.catalog.sharing.s3 import S3Storage
from amitui.catalog.sync.service import CatalogService
from amitui.demo.seed.region import synthetic_records
from amitui.ec2.kept import keeps
from bench.growth import SHARD, Source
from tests.support.moto_server import BUCKET, moto_server
from tests.support.shared_machines import NOW, Machine

ADDRESS: Final = f"s3://{BUCKET}/catalogue"
DAY_S: Final = 86_400
NEW: Final = 0.005
"""Of all images, those that a day brings."""
GONE: Final = 0.0002
"""Of all images, those that are deregistered in a day, wherever they are."""


def records_of(count: int, day: int) -> list[dict[str, Any]]:
    """The images on the first day, or on the second."""
    made = [one for one in synthetic_records(count, SHARD.region, seed=7) if keeps(SHARD, one, None)]
    made.sort(key=lambda one: str(one["CreationDate"]))
    if not day:
        return made[: -int(len(made) * NEW)]
    dice = random.Random(1)
    return [one for one in made if dice.random() >= GONE]


async def crawl(machine: Machine, records: list[dict[str, Any]]) -> None:
    """Have the machine hold these."""
    service = CatalogService(machine.where, now=lambda: machine.now)
    try:
        await service.refresh(SHARD, Source(records), lambda _: None, full=False)
    finally:
        await service.close()


def step(name: str, folder: Path, count: int, day: int) -> dict[str, Any]:
    """Do one step, and say what it cost."""
    requests: Counter[str] = Counter()
    call = S3Storage._call

    async def counted(self: S3Storage, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        requests[operation] += 1
        return await call(self, operation, action, **parameters)

    S3Storage._call = counted  # type: ignore[method-assign]
    machine = Machine.at(folder / ("reader" if name == "pull" else "publisher"), now=NOW + day * DAY_S)
    records = records_of(count, day) if name == "crawl" else []
    began, used = time.monotonic(), time.process_time()
    if name == "crawl":
        asyncio.run(crawl(machine, records))
        sent = 0
    elif name == "publish":
        (done,) = asyncio.run(machine.publish(ADDRESS, grace_s=DAY_S))
        sent = done.sent_bytes
    else:
        (pulled,) = asyncio.run(machine.pull(ADDRESS))
        sent = pulled.received_bytes
    return {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - used,
        "bytes": sent,
        "requests": sum(requests.values()),
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Run the steps and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--step", nargs=3, metavar=("NAME", "FOLDER", "DAY"), help="one step, of a run under way")
    options = parser.parse_args()
    if options.step:
        name, folder, day = options.step
        print(json.dumps(step(name, Path(folder), options.count, int(day))))
        return
    print(f"{'':34}{'s':>8}{'CPU s':>8}{'MB':>8}{'requests':>10}{'RSS MB':>8}")
    with tempfile.TemporaryDirectory() as folder, moto_server(BUCKET) as url:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for day, when in ((0, ""), (0, ", nothing new"), (1, ", a day later")):
            for name in ("publish", "pull") if when == ", nothing new" else ("crawl", "publish", "pull"):
                command = [sys.executable, "-m", "bench.sharing", "--count", str(options.count)]
                done = subprocess.run(
                    [*command, "--step", name, folder, str(day)],
                    env=environment,
                    check=True,
                    capture_output=True,
                    text=True,
                )
                cost = json.loads(done.stdout)
                print(
                    f"{name + when:34}{cost['seconds']:8.1f}{cost['cpu']:8.1f}{cost['bytes'] / 1e6:8.1f}"
                    f"{cost['requests']:10}{cost['rss']:8.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
