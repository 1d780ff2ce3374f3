"""Worker processes: they read what a thread reads, survive each other's deaths, and die with their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from amitui.catalog.sync import page_process, page_workers
from amitui.catalog.sync.page import PageReader, ReadPage
from amitui.catalog.sync.page_worker import NICENESS
from amitui.catalog.sync.page_workers import PageWorkers, worker_count
from tests.support.pages import COMMUNITY, images_body, images_table

PATIENCE_S = 60.0


def read_here(body: bytes) -> ReadPage:
    return PageReader(images_table()).read(body, COMMUNITY)


def state_of(pid: int) -> str:
    """As in /proc: `Z` for a zombie; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def every_page_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_workers, "LARGE_BYTES", 0)


@pytest.fixture
async def workers() -> AsyncIterator[PageWorkers]:
    pool = PageWorkers(1)
    yield pool
    await pool.close()


async def read(workers: PageWorkers, body: bytes) -> ReadPage:
    return await workers.read(body, images_table(), COMMUNITY)


async def test_processes_read_pages_as_this_process_does_and_go_when_it_closes_them(workers: PageWorkers) -> None:
    bodies = [images_body(20, "next", seed=seed) for seed in range(6)]
    assert await asyncio.gather(*(read(workers, body) for body in bodies)) == list(map(read_here, bodies))
    (pid,) = workers.processes
    await workers.close()
    assert workers.processes == []
    assert state_of(pid) == ""
    assert await read(workers, bodies[0]) == read_here(bodies[0])


async def test_a_crawl_of_one_page_or_of_small_ones_starts_no_process(
    workers: PageWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = images_body(3)
    assert await read(workers, body) == read_here(body)
    monkeypatch.setattr(page_workers, "LARGE_BYTES", 10**6)
    for _ in range(3):
        assert await read(workers, images_body(3, "next")) == read_here(images_body(3, "next"))
    assert workers.processes == []


async def test_a_process_is_started_while_the_second_page_is_on_its_way(workers: PageWorkers) -> None:
    await read(workers, images_body(3, "next"))
    await until(lambda: bool(workers.processes))


async def test_a_full_page_is_read_by_a_process_at_once(
    workers: PageWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_workers, "FULL_BYTES", 0)
    assert await read(workers, images_body(3)) == read_here(images_body(3))
    assert workers.processes


async def test_a_body_that_cannot_be_read_is_an_error_and_the_process_stays(workers: PageWorkers) -> None:
    body = images_body(3, "next")
    await read(workers, body)
    await read(workers, body)
    before = workers.processes
    with pytest.raises(ValueError, match="unclosed token"):
        await read(workers, body[:-20])
    with pytest.raises(ValueError, match="begins with <html>"):
        await read(workers, b"<html/>")
    assert await read(workers, body) == read_here(body)
    assert workers.processes == before != []


async def test_a_page_whose_process_is_killed_is_read_again_and_no_zombie_stays(workers: PageWorkers) -> None:
    body = images_body(3, "next")
    await read(workers, body)
    for _ in range(2):
        await read(workers, body)
        (pid,) = workers.processes
        os.kill(pid, signal.SIGKILL)
        assert await read(workers, body) == read_here(body)
        assert pid not in workers.processes
        assert state_of(pid) == ""


async def test_a_process_that_does_not_answer_is_given_up(
    workers: PageWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = images_body(3, "next")
    await read(workers, body)
    await read(workers, body)
    (pid,) = workers.processes
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(page_process, "READ_SECONDS", 0.01)
    assert await read(workers, body) == read_here(body)
    assert state_of(pid) == ""


async def test_where_no_process_can_be_started_pages_are_read_here(
    workers: PageWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in ("", "/nonexistent/python", "/bin/true"):
        monkeypatch.setattr(sys, "executable", program)
        pool = PageWorkers(1)
        body = images_body(3, "next")
        assert [await read(pool, body) for _ in range(3)] == [read_here(body)] * 3
        assert pool.processes == []
        await pool.close()


async def test_processes_end_after_a_while_without_pages_and_start_again_for_more() -> None:
    workers = PageWorkers(1, idle_seconds=0.05)
    body = images_body(3, "next")
    try:
        for _ in range(2):
            await read(workers, body)
            await read(workers, body)
            await until(lambda: not workers.processes)
    finally:
        await workers.close()


async def test_a_crawl_that_is_cancelled_leaves_a_process_that_reads_on(workers: PageWorkers) -> None:
    body = images_body(3, "next")
    await read(workers, body)
    reading = [asyncio.create_task(read(workers, images_body(300, "next"))) for _ in range(3)]
    await until(lambda: bool(workers.processes))
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    assert await read(workers, body) == read_here(body)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="looks into /proc")
async def test_a_process_has_no_terminal_no_files_and_no_credentials_of_its_parent(
    workers: PageWorkers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with (tmp_path / "index.sqlite").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        await read(workers, images_body(3, "next"))
        await read(workers, images_body(3, "next"))
        (pid,) = workers.processes
        names = {os.path.basename(os.readlink(f"/proc/{pid}/fd/{fd}")) for fd in os.listdir(f"/proc/{pid}/fd")}
    assert os.getsid(pid) == pid
    assert "index.sqlite" not in names
    assert b"AWS_" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
    autogroup = Path(f"/proc/{pid}/autogroup")  # of Linux, where that is built in
    assert not autogroup.exists() or autogroup.read_text().endswith(f" nice {NICENESS}\n")


_PARENT = """
import os, sys
from amitui.catalog.sync.page_process import PageProcess
from tests.support.pages import images_table
process = PageProcess(images_table())
print(process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")
async def test_a_process_dies_with_its_parent_however_that_is_killed() -> None:
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
        [sys.executable, "-c", _PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert state_of(pid) not in ("", "Z")
        parent.kill()
    await until(lambda: state_of(pid) in ("", "Z"))  # who adopts it need not reap it


@pytest.mark.parametrize(("cores", "most", "expected"), [(1, 2, 0), (2, 2, 1), (3, 2, 2), (64, 2, 2), (8, 0, 0)])
def test_as_many_processes_as_there_are_cores_to_spare(
    cores: int, most: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert worker_count(most) == expected
    monkeypatch.setattr(page_workers, "_memory", lambda: page_workers.ROOMY_BYTES)
    assert worker_count(most, beside_screen=False) == (min(cores, most) if cores > 1 else 0)
    monkeypatch.setattr(page_workers, "_memory", lambda: page_workers.ROOMY_BYTES // 2)
    assert worker_count(most, beside_screen=False) == expected
