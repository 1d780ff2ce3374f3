"""`amitui sync` killed as a process: the next one completes it, and nothing of the dead ones stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from itertools import repeat
from typing import TYPE_CHECKING

from tests.support.catalogue_changes import ACCOUNT, synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2
from tests.support.isolation import isolated_environment
from tests.support.terminal_steps import access_keys

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = 1500
PAGE = 100
KILLED_AT = (4, 5, 3)
"""During which of its requests for images a process is killed."""


class Command:
    """`amitui` in an environment of its own."""

    def __init__(self, folder: Path, fake: CatalogueEc2) -> None:
        self.cache = folder / "cache"
        self._environment = isolated_environment(folder) | access_keys()
        self._options = ["--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(self.cache)]

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "amitui", *words, *self._options]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    def found(self) -> set[str]:
        words = ("find", "--include-deprecated", "--scope", "community", "--offline", "-o", "id")
        return set(self.run(*words).split())

    def stored_bytes(self) -> int:
        folders = os.walk(self.cache)
        paths = [os.path.join(at, name) for at, _, names in folders for name in names if name.endswith(".val")]
        return sum(map(os.path.getsize, paths))


SYNC = ("sync", "--scope", "community", "--retry", "0")


def test_syncs_that_are_killed_are_completed_by_the_next_and_leave_nothing(tmp_path: Path) -> None:
    with catalogue_ec2(synthetic_catalogue(IMAGES)) as fake:
        fake.account, fake.sizes = ACCOUNT, repeat(PAGE)
        clean, often = Command(tmp_path / "clean", fake), Command(tmp_path / "often", fake)
        clean.run(*SYNC)
        pages = fake.counts.requests["DescribeImages"]
        asked = 0
        for number in KILLED_AT:
            fake.counts.requests.clear()
            kill_during(fake, often.start(*SYNC), number)
            asked += fake.counts.requests["DescribeImages"]
        fake.counts.requests.clear()
        often.run(*SYNC)
        asked += fake.counts.requests["DescribeImages"]
        assert asked <= pages + 2 * len(KILLED_AT) * 6, "what was stored before is not asked for again"
        assert often.found() == clean.found()
        assert len(often.found()) > IMAGES / 2
        assert often.stored_bytes() <= 1.1 * clean.stored_bytes()


def kill_during(fake: CatalogueEc2, process: subprocess.Popen[str], number: int) -> None:
    """Kill a process while EC2 answers the so many-th of its requests for images, unless it ends before."""
    reached = threading.Event()
    count = 0

    def latency(query: dict[str, str]) -> float:
        nonlocal count
        if query["Action"] == "DescribeImages":
            count += 1
            if count == number:
                os.kill(process.pid, signal.SIGKILL)
                reached.set()
        return 0.0

    fake.latency = latency
    _, err = process.communicate(timeout=120)
    fake.latency = lambda _: 0.0
    assert reached.is_set(), err
    assert process.returncode == -signal.SIGKILL
