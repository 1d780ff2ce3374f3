"""Reads the lines of chunks in a process beside this one, for whoever has many: an import."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from amitui.catalog.sync.page import ReadChunk, read_lines
from amitui.catalog.sync.page_process import PageProcess, WorkerDied


class LineReader:
    """A worker process, started with the second chunk. Where none can be started, this process reads.

    Args:
        process: whether there may be one.
    """

    def __init__(self, *, process: bool) -> None:
        self._may_start = process
        self._thread: ThreadPoolExecutor | None = None
        self._process: PageProcess | None = None
        self._chunks = 0
        self._last: Future[ReadChunk] | None = None
        """What the worker was given last."""

    def read(self, chunk_lines: Sequence[bytes]) -> Future[ReadChunk]:
        """What `page.read_lines` makes of the lines of a chunk, soon."""
        self._chunks += 1
        if self._may_start and self._chunks > 1 and (self._last is None or not self._waits(self._last)):
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="lines")
            self._last = self._thread.submit(self._read, chunk_lines)
            return self._last
        done: Future[ReadChunk] = Future()
        done.set_result(read_lines(chunk_lines))
        return done

    @staticmethod
    def _waits(reading: Future[ReadChunk]) -> bool:
        """Whether the worker has more to do than it can begin with: then this process reads as well."""
        return not reading.running() and not reading.done()

    def _read(self, chunk_lines: Sequence[bytes]) -> ReadChunk:
        if self._may_start:
            with suppress(WorkerDied):
                if self._process is None:
                    self._process = PageProcess(None)
                return self._process.read_lines(chunk_lines)
            self._may_start = False
        return read_lines(chunk_lines)

    def close(self) -> None:
        """End the process; chunks that nobody has begun to read are not read."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None
        if self._process is not None:
            self._process.close()
            self._process = None
