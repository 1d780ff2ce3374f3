"""Commands of the user's own that run in the background: their output, their end, and stopping them.

A run outlives the dialog that shows it, and ends with amitui at the latest: whoever leaves is told what stopped.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from amitui.child_process import KILLED_WITHIN_S
from amitui.defects import defect_of
from amitui.domain.terminal_output import shown_line
from amitui.services.programs import not_started

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amitui.domain.commands.command import UserCommand

MOST_LINES: Final = 5_000
"""Lines of output that are kept of a run, the newest."""
MOST_LINE_CHARACTERS: Final = 2_000
"""Of one line; a longer one goes on in the next."""
MOST_RUNS: Final = 20
"""Runs that are kept once they have ended, the newest."""

READ_BYTES: Final = 65_536
PAUSE_S: Final = 0.01
"""Between two full reads: a program that writes without end takes no more than this leaves it."""
KILLED_AFTER_S: Final = 3.0
"""For how long a program that is asked to stop may tidy up."""
KILLED_AT_EXIT_S: Final = 0.3
DRAINED_WITHIN_S: Final = 0.5
"""From the end of the program to that of its output, which what it has left running may hold open."""


class CommandRun:
    """One start of a command."""

    def __init__(self, command: UserCommand, about: str, ended: Callable[[CommandRun], None]) -> None:
        """Args:
        about: what it is about, for people.
        ended: called at its end.
        """
        self.command, self.about = command, about
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        """What it wrote to stdout and stderr, without terminal controls."""
        self.left_out = 0
        """How many lines there were before these."""
        self.code: int | None = None
        """Its exit code, below zero the signal that ended it; `None` = it runs."""
        self.stopped = False
        """Whether it was asked to stop."""
        self._ended = ended
        self._began = time.monotonic()
        self._took = 0.0
        self._partial = ""
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.code is None

    @property
    def seconds(self) -> float:
        """For how long it has run, or ran."""
        return time.monotonic() - self._began if self.is_running else self._took

    @property
    def how(self) -> str:
        """How it is going, or how it ended, in words."""
        if self.code is None:
            return f"{'stopping' if self.stopped else 'running'}, {self.seconds:.0f} s"
        if self.stopped:
            return f"stopped after {self._took:.0f} s"
        ended = f"exit code {self.code}" if self.code >= 0 else f"ended by signal {-self.code}"
        return f"{ended} after {self._took:.0f} s"

    @property
    def output(self) -> list[str]:
        """The lines so far, with the one that is not complete yet."""
        return [*self.lines, *([shown_line(self._partial)] if self._partial else [])]

    async def begin(self, environ: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            UsageError: the program cannot be started.
        """
        reading, writing = os.pipe()
        try:
            # In a session of its own: it has no terminal to write to, and is stopped with all that it started.
            self._process = await asyncio.create_subprocess_exec(
                *self.command.run,
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            os.close(reading)
            raise not_started(self.command.run[0], error) from error
        finally:
            os.close(writing)
        self._task = asyncio.create_task(self._follow(self._process, reading))

    def stop(self) -> None:
        """Ask it to stop; what does not is killed a moment later."""
        if self.is_running and not self.stopped:
            self.stopped = True
            self._signal(signal.SIGTERM)
            asyncio.get_running_loop().call_later(KILLED_AFTER_S, self.kill)

    def kill(self) -> None:
        """End it now, if it has not ended."""
        if self.is_running:
            self.stopped = True
            self._signal(signal.SIGKILL)

    async def wait(self) -> None:
        """Wait for its end."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    async def _follow(self, process: asyncio.subprocess.Process, reading: int) -> None:
        """Read what it writes until it has ended."""
        try:
            code = await self._until_its_end(process, reading)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody could see the output any more
            self._signal(signal.SIGKILL)
            self._add(" - ".join(defect_of(error).lines()))
            code = await process.wait()
        if self._partial:
            self._add(self._partial)
            self._partial = ""
        self._took = time.monotonic() - self._began
        self.code = code
        self._ended(self)

    async def _until_its_end(self, process: asyncio.subprocess.Process, reading: int) -> int:
        reader = asyncio.StreamReader(limit=READ_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
        )
        copying = asyncio.create_task(self._copy(reader))
        try:
            code = await process.wait()
            await asyncio.wait({copying}, timeout=DRAINED_WITHIN_S)
        finally:
            copying.cancel()
            transport.close()
        return code

    async def _copy(self, reader: asyncio.StreamReader) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            while data := await reader.read(READ_BYTES):
                self._take(decoder.decode(data))
                await asyncio.sleep(PAUSE_S if len(data) >= READ_BYTES // 2 else 0)
            self._take(decoder.decode(b"", final=True))
        except Exception as error:  # noqa: BLE001 - the output says that it is not all
            self._add(" - ".join(defect_of(error).lines()))

    def _take(self, text: str) -> None:
        *whole, rest = (self._partial + text).split("\n")
        for line in whole[-MOST_LINES:]:
            self._add(_latest(line))
        self.left_out += max(0, len(whole) - MOST_LINES)
        rest = _latest(rest)
        while len(rest) > MOST_LINE_CHARACTERS:
            self._add(rest[:MOST_LINE_CHARACTERS])
            rest = rest[MOST_LINE_CHARACTERS:]
        self._partial = rest

    def _add(self, line: str) -> None:
        for start in range(0, len(line) or 1, MOST_LINE_CHARACTERS):
            self.left_out += len(self.lines) == MOST_LINES
            self.lines.append(shown_line(line[start : start + MOST_LINE_CHARACTERS]))


def _latest(partial: str) -> str:
    """What a terminal shows of a line so far: progress is written over what stood there."""
    _, begun_anew, text = partial.rstrip("\r").rpartition("\r")
    return text + partial[len(partial.rstrip("\r")) :] if begun_anew else partial


class CommandRuns:
    """All runs of this start of amitui."""

    def __init__(self, ended: Callable[[CommandRun], None]) -> None:
        """Args:
        ended: called at the end of each run, unless amitui is leaving.
        """
        self.all: list[CommandRun] = []
        """The newest last."""
        self.cut_off: tuple[str, ...] = ()
        """Of those that `close` stopped, in words."""
        self._ended = ended
        self._closing = False

    @property
    def running(self) -> Sequence[CommandRun]:
        """Those that have not ended."""
        return [run for run in self.all if run.is_running]

    async def begin(
        self, command: UserCommand, about: str, environ: Mapping[str, str], tidy_up: Callable[[], None]
    ) -> CommandRun:
        """Start a command.

        Args:
            tidy_up: called at its end, however it ends.

        Raises:
            UsageError: the program cannot be started.
        """

        def ended(run: CommandRun) -> None:
            tidy_up()
            if not self._closing:
                self._ended(run)

        run = CommandRun(command, about, ended)
        await run.begin(environ)
        over = [one for one in self.all if not one.is_running]
        for one in over[: max(0, len(over) + 1 - MOST_RUNS)]:
            self.all.remove(one)
        self.all.append(run)
        return run

    async def close(self) -> None:
        """Stop what runs: first with a moment to tidy up, then at once."""
        self._closing = True
        running = self.running
        self.cut_off = tuple(
            f"{run.command.called}{f' ({run.about})' if run.about else ''}, after {run.seconds:.0f} s"
            for run in running
        )
        for run in running:
            run.stop()
        ends = [asyncio.create_task(run.wait()) for run in running]
        if not ends:
            return
        try:
            await asyncio.wait(ends, timeout=KILLED_AT_EXIT_S)
        finally:
            for run in running:
                run.kill()
        await asyncio.wait(ends, timeout=KILLED_WITHIN_S)
