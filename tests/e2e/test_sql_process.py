"""`amitui sql` as a process: ended by Ctrl+C, and by a reader that has enough."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.isolation import isolated_environment
from tests.support.shared_machines import Machine, image

ENDLESS = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range + b.range) = 1"


@pytest.fixture
async def cache(tmp_path: Path) -> Path:
    machine = Machine.at(tmp_path / "one")
    await machine.fetch([image(number) for number in range(3)])
    return Path(machine.where.cache)


def started(cache: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "amitui", "sql", "--cache-dir", str(cache), "--offline", *words]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=isolated_environment(cache.parent) | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_ctrl_c_while_a_statement_runs_ends_it_with_130_and_leaves_no_temporary_files(cache: Path) -> None:
    with started(cache, ENDLESS) as process:
        try:
            while not list(cache.glob("v1/aws/engine/spill-*")):
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            printed, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, printed, said) == (130, b"", b"")
    assert not list(cache.glob("v1/aws/engine/spill-*"))


def test_a_reader_that_has_enough_ends_a_statement_whose_answer_has_no_end(cache: Path) -> None:
    with started(cache, "SELECT range AS n FROM range(1000000000000)", "-o", "csv") as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"n\r\n"
            process.stdout.close()
            assert process.stderr is not None
            assert (process.wait(60), process.stderr.read()) == (0, b"")
        finally:
            process.kill()
