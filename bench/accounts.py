"""What many accounts cost: `python -m bench.accounts --accounts 40 --regions 20`.

A fake of EC2, STS and Organizations answers after 120 ms, with EC2's limits for each account and Region.
The images of all accounts are fetched into an empty cache side by side, and of a few accounts one after the other;
then the first rows are awaited: of a screen with an empty cache, of one with a full one, and of `amitui find`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

from amitui.domain.region import PLACES
from bench import processes
from bench.accounts_fake import account_number
from bench.browse import machine
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal

ROLE: Final = "ImageReader"
ALONE: Final = 3
"""Accounts that are fetched one after the other; what all would take is computed from these."""
MB: Final = 1e6
PATIENCE_S: Final = 300.0


class Bench:
    """The commands, on one fake.

    Args:
        folder: below which everything is written.
        url: of the fake.
    """

    def __init__(self, folder: Path, url: str, regions: Sequence[str]) -> None:
        self._folder, self._url, self._regions = folder, url, regions
        self._environment = isolated_environment(folder / "elsewhere") | {
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "AWS_ACCESS_KEY_ID": "AKIABENCH",
            "AWS_SECRET_ACCESS_KEY": "bench",
        }
        self._opener = build_opener(ProxyHandler({}))

    def command(self, *words: str, cache: str = "cache") -> list[str]:
        regions = [word for region in self._regions for word in ("--region", region)]
        options = [f"--organization={ROLE}", "--endpoint-url", self._url, "--cache-dir", str(self._folder / cache)]
        return [sys.executable, "-m", "amitui", *words, "--scope", "mine", *regions, *options]

    def counts(self) -> dict[str, Any]:
        with self._opener.open(f"{self._url}/counts") as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def fetched(self, *words: str, cache: str = "cache") -> tuple[processes.Cost, dict[str, Any]]:
        """Fetch into an empty cache."""
        shutil.rmtree(self._folder / cache, ignore_errors=True)
        self.counts()
        cost = processes.run(self.command("sync", *words, cache=cache), self._environment, self._folder)
        return cost, self.counts()

    def found(self, *words: str) -> tuple[float, str]:
        """Seconds that a search of the cache takes, and what it prints."""
        started = time.perf_counter()
        done = subprocess.run(
            self.command("find", *words), env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return time.perf_counter() - started, done.stdout

    def first_rows(self, cache: str) -> float:
        """Seconds until the screen shows an image."""
        started = time.perf_counter()
        terminal = Terminal(self.command(cache=cache), columns=140, rows=40, environment=self._environment)
        try:
            terminal.wait_for(lambda one: "web-" in one.screen_text(), timeout=PATIENCE_S)
            return time.perf_counter() - started
        finally:
            terminal.close()


@contextmanager
def fake_process(accounts: int, images: int) -> Iterator[str]:
    """The running fake's URL."""
    command = [sys.executable, "-m", "bench.accounts_fake", "--accounts", str(accounts), "--images", str(images)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(10)


def measure(accounts: int, regions: int, images: int, *, screen: bool) -> None:
    """Measure and print."""
    names = sorted(name for name in PLACES if name.startswith(("us-", "eu-", "ap-", "ca-", "sa-")))[:regions]
    with tempfile.TemporaryDirectory() as folder, fake_process(accounts, images) as url:
        bench = Bench(Path(folder), url, names)
        lines = [f"{accounts} accounts x {len(names)} Regions x {images} images; {machine()}"]

        def say(words: str) -> None:
            lines.append(words)
            print(words, flush=True)

        cost, counts = bench.fetched()
        memory = f"peak RSS {cost.peak_largest / MB:.0f} MB (all processes {cost.peak_all / MB:.0f} MB)"
        say(f"all side by side: {cost.wall:.1f} s, {cost.cpu:.1f} s CPU, {memory}")
        say(f"calls: {counts}")
        seconds, out = bench.found("-o", "id")
        say(f"find of all {len(out.split()):,} images: {seconds:.2f} s")
        wanted = accounts * len(names) * images
        if len(out.split()) != wanted:
            raise RuntimeError(f"{len(out.split()):,} images were found of {wanted:,}: {cost.stderr[-2000:]}")
        first = median(bench.found("-o", "id", "--limit", "1")[0] for _ in range(3))
        say(f"find, the first row from the cache: {first * 1000:.0f} ms")
        alone = [
            bench.fetched("--account", account_number(number), cache="alone")[0].wall
            for number in range(1, 1 + min(ALONE, accounts - 1))
        ]
        if alone:
            all_of_them = f"{accounts} one after the other {accounts * median(alone):.0f} s"
            say(f"one account alone: {median(alone):.1f} s, so {all_of_them}")
        if screen:
            say(f"screen, first row from the cache: {bench.first_rows('cache'):.2f} s")
            say(f"screen, first row from nothing: {bench.first_rows('empty'):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=40)
    parser.add_argument("--regions", type=int, default=20)
    parser.add_argument("--images", type=int, default=25, help="own ones of an account in a Region")
    parser.add_argument("--no-screen", action="store_true", help="measure no screen")
    options = parser.parse_args()
    measure(options.accounts, options.regions, options.images, screen=not options.no_screen)


if __name__ == "__main__":
    main()
