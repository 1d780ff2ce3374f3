"""Screens and syncs on one cache at the same time, round after round of changing data, watched from outside.

`side_by_side(folder, rounds=…)` is a test of a few rounds (`test_side_by_side.py`) and a soak of many.
"""

from __future__ import annotations

import fcntl
import os
import random
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support.fake_ec2 import FakeEc2, fake_ec2
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal
from tests.support.terminal_steps import START_SECONDS, access_keys, has_rows, leave, run

REGION: Final = "us-east-1"
PATIENCE_S: Final = 120
_FLOCK: Final = "hhqqi"


@dataclass(slots=True)
class Seen:
    """What was found out; every check that fails raises AssertionError instead."""

    rounds: int = 0
    syncs: int = 0
    fetched: int = 0
    """Syncs that fetched, rather than leaving it to somebody else who was at it."""
    screens: int = 0
    images: int = 0
    log_peak: int = 0
    """Largest size of the write-ahead log, in bytes."""
    said: list[str] = field(default_factory=list)
    """Lines that syncs printed on stderr."""


def side_by_side(
    folder: Path,
    *,
    rounds: int,
    images: int = 250,
    seed: int = 1,
    command: Sequence[str] = (sys.executable, "-m", "amitui"),
    log: Callable[[str], object] = lambda _: None,
) -> Seen:
    """Let a screen that stays, screens that come and go, and two syncs at a time share a cache below `folder`.

    After each round, from outside: every process ended well, the screen that stays holds its locks on the index,
    the write-ahead log in use was not replaced, both databases are whole, and a search finds exactly what EC2 has.

    Raises:
        AssertionError: a check failed.
    """
    rng = random.Random(seed)
    seen = Seen()
    with fake_ec2(_images(images)) as fake, ExitStack() as stack:
        together = _Together(folder, fake, command, seen)
        together.sync_until_found()
        staying = stack.enter_context(together.screen())
        for number in range(rounds):
            _change(fake, rng)
            with together.watched(staying):
                together.round(staying, quits=number % 2 == 0)
            seen.rounds += 1
            seen.images = len(fake.images)
            log(f"round {number + 1} of {rounds}: {seen.images} images, log of {seen.log_peak:,} bytes")
        leave(staying)
        together.check_files()
    return seen


class _Together:
    def __init__(self, folder: Path, fake: FakeEc2, command: Sequence[str], seen: Seen) -> None:
        self._fake, self._command, self._seen = fake, command, seen
        self._environment = isolated_environment(folder) | access_keys() | {"AMITUI_PAGE_SIZE": "100"}
        cache = folder / "cache"
        self._options = ["--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(cache)]
        self._cache = cache

    def _file(self, pattern: str) -> Path:
        (found,) = self._cache.glob(f"v1/*/{pattern}")
        return found

    @property
    def _index(self) -> Path:
        return self._file(f"index/{REGION}.sqlite")

    @contextmanager
    def screen(self) -> Iterator[Terminal]:
        """A screen with its rows."""
        command = [*self._command, *self._options, "--scope", "amazon"]
        with Terminal(command, environment=self._environment) as terminal:
            terminal.wait_for(has_rows, timeout=START_SECONDS)
            self._seen.screens += 1
            yield terminal

    def round(self, staying: Terminal, *, quits: bool) -> None:
        """Two syncs beside the screen, which fetches too, and beside a second one, which quits in their midst."""
        with self.screen() as second:
            syncs = [self._begin_sync(*words) for words in ((), ("--full",))]
            try:
                staying.press("f5")
                if quits:
                    leave(second)
                self._pump_until_ended(syncs, [staying] if quits else [staying, second])
            finally:
                for sync in syncs:
                    sync.kill()
            if not quits:
                leave(second)
        self.sync_until_found(staying)

    def _begin_sync(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._command, "sync", "--scope", "amazon", *words, *self._options],
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _pump_until_ended(self, syncs: Sequence[subprocess.Popen[str]], screens: Sequence[Terminal]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while any(sync.poll() is None for sync in syncs):
            assert time.monotonic() < deadline, "a sync does not end"
            for screen in screens:
                screen.pump(0.02)
                assert screen.exit_code is None, "a screen ended by itself"
            self._seen.log_peak = max(self._seen.log_peak, self._log_size())
        for sync in syncs:
            said = sync.communicate()[1]
            self._note_sync(sync.returncode, said)

    def _note_sync(self, code: int, said: str) -> None:
        assert code == 0, said
        assert "Traceback" not in said, said
        self._seen.syncs += 1
        self._seen.fetched += " images in " in said or " images compared in " in said
        self._seen.said += said.splitlines()

    def sync_until_found(self, staying: Terminal | None = None) -> None:
        """Sync until a search finds what EC2 has: at once, unless a screen is fetching what was there before."""
        expected = sorted(image["ImageId"] for image in self._fake.images)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            done = run(self._command, self._environment, "sync", "--scope", "amazon", *self._options)
            self._note_sync(done.returncode, done.stderr)
            # Only this scope: screens fetch others too, which hold what this fake EC2 had then.
            find = ("find", "--offline", "-o", "id", "--scope", "amazon", *self._options)
            found = run(self._command, self._environment, *find)
            assert found.returncode == 0, found.stderr
            if sorted(found.stdout.split()) == expected:
                assert "only" not in found.stderr, found.stderr
                return
            assert "is already being fetched by another" in done.stderr, _difference(
                expected, found.stdout, done.stderr
            )
            assert time.monotonic() < deadline, "the rows do not become what EC2 has"
            if staying is not None:
                staying.pump(0.05)

    @contextmanager
    def watched(self, staying: Terminal) -> Iterator[None]:
        """A round, after which locks, log and files are checked."""
        log = _identity(f"{self._index}-wal")
        index = _identity(str(self._index))
        yield
        assert staying.exit_code is None
        assert _identity(str(self._index)) == index, "the index was replaced: somebody found it damaged"
        assert _identity(f"{self._index}-wal") == log, "the write-ahead log was deleted while it was in use"
        assert _locked(self._index), "the screen has lost its locks on the index"
        self.check_files()

    def check_files(self) -> None:
        """Both databases are whole."""
        for path in (self._index, self._file("segments/cache.db")):
            with closing(sqlite3.connect(path, timeout=60)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

    def _log_size(self) -> int:
        try:
            return os.stat(f"{self._index}-wal").st_size
        except OSError:
            return 0


def _locked(path: Path) -> bool:
    """Whether another process has a lock on the file: one of SQLite's, as this process has none open."""
    with open(path, "r+b") as file:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))[0]
    return bool(kind != fcntl.F_UNLCK)


def _difference(expected: Sequence[str], found: str, said: str) -> str:
    there = found.split()
    missing, surplus = sorted({*expected} - {*there}), sorted({*there} - {*expected})
    twice = len(there) - len({*there})
    return f"a sync left something else: {missing} are missing, {surplus} too many, {twice} twice; {said}"


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _images(count: int) -> list[dict[str, Any]]:
    return [_image(number, number) for number in range(count)]


def _image(number: int, minute: int, name: str = "golden") -> dict[str, Any]:
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"{name}-{number:05d}",
        "Description": f"image {number} of a changing catalogue",
        "OwnerId": "137112412989",
        "ImageOwnerAlias": "amazon",
        "Public": True,
        "State": "available",
        "Architecture": "arm64",
        "CreationDate": f"2025-{1 + minute // 40320 % 12:02d}-{1 + minute // 1440 % 28:02d}"
        f"T{minute // 60 % 24:02d}:{minute % 60:02d}:00.000Z",
    }


def _change(fake: FakeEc2, rng: random.Random) -> None:
    """Some images go, others come, some are renamed, some trade their creation times, and the order changes."""
    images = [dict(image) for image in fake.images]
    rng.shuffle(images)
    tenth = max(2, len(images) // 10)
    kept = images[tenth:]
    newest = max(int(image["ImageId"][4:], 16) for image in images)
    for image in kept[:tenth]:
        image["Name"] = f"renamed-{rng.randrange(10**6)}"
    trading = kept[tenth : 3 * tenth]
    times = [image["CreationDate"] for image in trading]
    for image, created in zip(trading, times[1:] + times[:1], strict=True):
        image["CreationDate"] = created
    kept += [_image(newest + 1 + number, rng.randrange(400_000), "new") for number in range(tenth)]
    rng.shuffle(kept)
    fake.images = kept
