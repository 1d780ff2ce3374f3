"""Reads pages on other cores than the screen's: worker processes that are started when a crawl turns out large.

Where there is one core only, or no process can be started, pages are read in a thread of this process.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

from amitui.catalog.sync.page import PageFor, PageReader, ReadPage, read_answer
from amitui.catalog.sync.page_process import PageProcess, WorkerDied
from amitui.ec2.response_table import ResponseTable

ROOMY_BYTES: Final = 1 << 30
"""Memory of a machine on which a command reads pages on all cores."""

LARGE_BYTES: Final = 250_000
"""Smaller pages are read in a thread: a crawl of a few hundred images is over before a process has started."""
FULL_BYTES: Final = 1_000_000
"""From this size on also the first page is read by a process: reading it here holds up the screen for as long as
starting one takes, and leaves this process 7 MB larger."""
IDLE_SECONDS: Final = 30.0
"""After so long without a page the processes end."""
_TRIES: Final = 2


class PageWorkers:
    """Worker processes, kept warm. Await `read` on one event loop, and `close` at the end.

    Args:
        most: processes at most; 0: read in threads.
    """

    def __init__(self, most: int, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._large_pages = 0
        self._threads: ThreadPoolExecutor | None = None
        """One thread a process: takes a process, has it read and puts it back."""
        self._lock = threading.Lock()
        self._processes: set[PageProcess] = set()
        self._idle: list[PageProcess] = []
        self._own_reader: PageReader | None = None
        self._closed = False
        self._last_use = 0.0
        self._retiring: asyncio.TimerHandle | None = None

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that are there now."""
        with self._lock:
            return sorted(process.pid for process in self._processes)

    async def read(self, body: bytes, table: ResponseTable, page_for: PageFor) -> ReadPage:
        """What `PageReader.read` makes of a body, by whichever process or thread suits.

        Args:
            table: of the output of DescribeImages; always the same.

        Raises:
            xml.etree.ElementTree.ParseError, ValueError: it is no answer to DescribeImages.
        """
        if not self._most or self._closed or len(body) < LARGE_BYTES:
            return await asyncio.to_thread(self._reader(table).read, body, page_for)
        self._large_pages += 1
        if self._large_pages == 1 and len(body) < FULL_BYTES:
            page = await asyncio.to_thread(self._reader(table).read, body, page_for)
            if page.next_token is not None and not self._closed:
                self._executor().submit(self._prepare, table)  # the second page is under way
                self._retire_later()
            return page
        reading = self._executor().submit(self._read, body, table, page_for)
        try:
            return await asyncio.wrap_future(reading)
        finally:
            self._retire_later()

    async def close(self) -> None:
        """End the processes; pages that are being read are finished first. More than once does no harm."""
        self._closed = True
        if self._retiring is not None:
            self._retiring.cancel()
        if self._threads is not None:
            threads, self._threads = self._threads, None
            threads.submit(self._end_idle, float("inf"))
            await asyncio.to_thread(threads.shutdown)

    def _executor(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="pages")
        return self._threads

    def _retire_later(self) -> None:
        if self._retiring is not None:
            self._retiring.cancel()
        self._last_use = time.monotonic()
        if not self._closed:
            self._retiring = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def _retire(self) -> None:
        self._large_pages = 0
        if not self._closed:
            self._executor().submit(self._end_idle, self._last_use)

    def _reader(self, table: ResponseTable) -> PageReader:
        """Reads in this process."""
        if self._own_reader is None:
            self._own_reader = PageReader(table)
        return self._own_reader

    # In the threads

    def _prepare(self, table: ResponseTable) -> None:
        with suppress(WorkerDied), self._process(table):
            pass

    def _read(self, body: bytes, table: ResponseTable, page_for: PageFor) -> ReadPage:
        for _ in range(_TRIES):
            with suppress(WorkerDied), self._process(table) as process:
                return process.read(body, page_for)
        return self._reader(table).read(body, page_for)

    @contextmanager
    def _process(self, table: ResponseTable) -> Iterator[PageProcess]:
        """A process, started when none is idle, and kept for the next page unless it died.

        Raises:
            WorkerDied: none can be started, or it died.
        """
        if not self._most:
            raise WorkerDied("no process can be started")
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is None:
            try:
                process = PageProcess(table)
            except WorkerDied:
                self._most = 0
                raise
            with self._lock:
                self._processes.add(process)
        try:
            yield process
        except WorkerDied:
            with self._lock:
                self._processes.discard(process)
            raise
        finally:
            with self._lock:
                if process in self._processes:
                    self._idle.append(process)

    def _end_idle(self, last_use: float) -> None:
        """End the processes, unless a page has come since."""
        if self._last_use > last_use:
            return
        with self._lock:
            ended, self._idle = self._idle, []
            self._processes.difference_update(ended)
        for process in ended:
            process.close()


class CrawlReader(NamedTuple):
    """Reads the answers to a crawl's calls (`ec2.answer_reader.AnswerReader`)."""

    workers: PageWorkers
    page_for: PageFor

    async def read_body(self, body: bytes, table: ResponseTable) -> ReadPage:
        return await self.workers.read(body, table, self.page_for)

    async def read_answer(self, answer: dict[str, Any], received_bytes: int) -> ReadPage:
        return await asyncio.to_thread(read_answer, answer, self.page_for, received_bytes)


def worker_count(most: int, *, beside_screen: bool = True) -> int:
    """Processes that suit this machine: none on a single core, where they would only take memory.

    Args:
        most: as the user has set it; two read faster than one thread can write to SQLite.
        beside_screen: whether one core is left to the screen, and to SQLite. A command takes all cores, unless
            the machine has little memory: each process takes some 50 MB.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    if cores == 1:
        return 0
    return max(0, min(cores - 1 if beside_screen or _memory() < ROOMY_BYTES else cores, most))


def _memory() -> int:
    """Bytes of the machine's memory; 0: not known."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0
