"""A sync that is stopped or killed while worker processes read its pages: nothing of it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui.catalog.sync.page_workers import worker_count
from tests.support import catalogue_faults as faults
from tests.support.catalogue_changes import synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2
from tests.support.terminal_steps import START_SECONDS, access_keys, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import OpenTerminal

IMAGES = 3500

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see the worker processes"),
    pytest.mark.skipif(not worker_count(1), reason="one core: pages are read in threads"),
]


@pytest.fixture
def fake() -> Iterator[CatalogueEc2]:
    with catalogue_ec2(synthetic_catalogue(IMAGES)) as running:
        faults.hang(running, after=2, times=None)
        yield running


def options(fake: CatalogueEc2, folder: Path) -> list[str]:
    return ["--scope", "community", "--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(folder)]


def workers_of(pid: int) -> list[int]:
    """The processes that read pages for a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # Behind the name, which may hold anything: state and parent.
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid and b"page_worker" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue
    return found


def started_workers(pid: int) -> list[int]:
    """The workers of a process, once there are some."""
    until = time.monotonic() + START_SECONDS
    while not (found := workers_of(pid)):
        assert time.monotonic() < until, "no worker process was started"
        time.sleep(0.02)
    return found


def have_ended(pids: list[int]) -> bool:
    """Whether these processes end within the patience of a test."""
    until = time.monotonic() + START_SECONDS
    while any(is_running(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def is_running(pid: int) -> bool:
    try:
        # A zombie has ended: whoever adopted it has only not asked yet.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_ctrl_c_ends_a_sync_and_its_worker_processes_and_the_next_one_completes_it(
    fake: CatalogueEc2,
    open_terminal: OpenTerminal,
    amitui_command: list[str],
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    words = options(fake, tmp_path / "cache")
    terminal = open_terminal([*amitui_command, "sync", *words], environment=access_keys())
    assert fake.hanging.wait(START_SECONDS)
    workers = started_workers(terminal.pid)
    terminal.press("ctrl+c")
    assert terminal.wait_for_exit(START_SECONDS) == 130
    assert b"Traceback" not in terminal.raw
    assert b"arrived and are kept" in terminal.raw
    assert have_ended(workers)
    fake.recover()
    done = run(amitui_command, environment | access_keys(), "sync", *words)
    assert done.returncode == 0, done.stderr


def test_the_worker_processes_of_a_sync_that_was_killed_end_by_themselves(
    fake: CatalogueEc2, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "amitui", "sync", *options(fake, tmp_path / "cache")]
    with subprocess.Popen(command, env=environment | access_keys(), stderr=subprocess.DEVNULL) as sync:
        assert fake.hanging.wait(START_SECONDS)
        workers = started_workers(sync.pid)
        os.kill(sync.pid, signal.SIGKILL)
        sync.wait()
    assert have_ended(workers)
