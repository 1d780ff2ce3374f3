"""Reads runs of records in a process beside this one, for whoever has many: an import."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from amitui.catalog.dump.runs import RunRecords, done
from amitui.catalog.sync.import_record import read_run
from amitui.catalog.sync.page_process import PageProcess, WorkerDied

_FEW: Final = 4
"""Runs that are over before a process has started."""


class RunReader:
    """A worker process, started when there are many runs. Where none can be started, this process reads.

    Args:
        process: whether there may be one.
    """

    def __init__(self, *, process: bool) -> None:
        self._may_start = process
        self._thread: ThreadPoolExecutor | None = None
        self._process: PageProcess | None = None
        self._runs = 0
        self._last: Future[RunRecords] | None = None
        """What the worker was given last."""

    def read(self, head: str, text: str) -> Future[RunRecords]:
        """What `import_record.read_run` makes of a run, soon."""
        self._runs += 1
        if self._may_start and self._runs > _FEW and (self._last is None or not self._waits(self._last)):
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="runs")
            self._last = self._thread.submit(self._read, head, text)
            return self._last
        return done(read_run(head, text))

    @staticmethod
    def _waits(reading: Future[RunRecords]) -> bool:
        """Whether the worker has more to do than it can begin with: then this process reads as well."""
        return not reading.running() and not reading.done()

    def _read(self, head: str, text: str) -> RunRecords:
        if self._may_start:
            with suppress(WorkerDied):
                if self._process is None:
                    self._process = PageProcess(None)
                return self._process.read_run(head, text)
            self._may_start = False
        return read_run(head, text)

    def close(self) -> None:
        """End the process; runs that nobody has begun to read are not read."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None
        if self._process is not None:
            self._process.close()
            self._process = None
