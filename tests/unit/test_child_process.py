"""Programs that are started beside amitui end when nobody waits for them any more."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from typing import TYPE_CHECKING, Any

import pytest

from amitui import child_process
from amitui.ec2.boto import _start_helper
from amitui.ui.widgets.clipboard import to_tmux_buffer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60
"""Until a test gives up: nothing takes that long."""

HANGING = """
import os, signal, sys, time
{ignoring}
pipe = os.open({pipe!r}, os.O_WRONLY)
os.fork()
os.write(pipe, b"started ")
time.sleep(3600)
"""


class Pipe:
    """Open in a program and in all that it has started: at its end when the last of them is gone."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> bytes:
        """What is written next; nothing at the end."""
        assert select.select([self._reading], [], [], SECONDS)[0], "neither written nor ended"
        return os.read(self._reading, 1000)

    def close(self) -> None:
        os.close(self._reading)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    opened = Pipe(tmp_path / "pipe")
    yield opened
    opened.close()


async def _started(pipe: Pipe) -> None:
    """Wait until the program and its child have both written."""
    written = b""
    while written.count(b"started") < 2:
        written += await asyncio.to_thread(pipe.read)


@pytest.mark.parametrize("ignoring", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
async def test_a_helper_that_is_given_up_ends_with_all_that_it_started(
    pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignoring: str
) -> None:
    if ignoring:
        monkeypatch.setattr(child_process, "ENDS_WITHIN_S", 0.0)
    options: dict[str, Any] = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    hanging = HANGING.format(pipe=str(pipe.path), ignoring=ignoring)
    helper = await _start_helper(sys.executable, "-c", hanging, **options)
    asked = asyncio.create_task(helper.communicate())
    await _started(pipe)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await asyncio.to_thread(pipe.read) == b""


async def test_a_tmux_that_hangs_ends_when_the_screen_does(
    pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text(f"#!{sys.executable}\n{HANGING.format(pipe=str(pipe.path), ignoring='')}")
    tmux.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    copying = asyncio.create_task(to_tmux_buffer("ami-1"))
    await _started(pipe)
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert await asyncio.to_thread(pipe.read) == b""
