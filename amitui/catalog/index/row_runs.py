"""Rows that wait on disk: sorted runs in a temporary file that has no name, merged when they are read.

However many rows wait, memory holds one run and a block of each of the others.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from typing import Final, TypeAlias

from amitui.os_faults import Place, explain

Waiting: TypeAlias = "tuple[int, int, str, int, int, bytes]"
"""A row: creation time, its number in order of arrival, chunk, line, number of what it shares, the packed row.
Plain, for `marshal`."""

BLOCK_ROWS: Final = 100
"""Rows read at a time of each run: some 50 kB."""


class RowRuns:
    """Runs of rows. Whoever can read the folder cannot find the file: it is deleted as soon as it is open."""

    def __init__(self, folder: str | None) -> None:
        self._where = folder or tempfile.gettempdir()
        with self._explained():
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by `close`
        self._runs: list[list[tuple[int, int]]] = []
        """By run, where its blocks are, and how long."""
        self._end = 0

    def add(self, rows: list[Waiting]) -> None:
        """Write one run.

        Args:
            rows: ascending.

        Raises:
            CacheError: the disk is full.
        """
        blocks = []
        for start in range(0, len(rows), BLOCK_ROWS):
            block = memoryview(marshal.dumps(rows[start : start + BLOCK_ROWS]))
            blocks.append((self._end, len(block)))
            with self._explained():
                while block:
                    written = os.pwrite(self._file.fileno(), block, self._end)
                    self._end += written
                    block = block[written:]
        self._runs.append(blocks)

    def merged(self, last: Sequence[Waiting]) -> Iterator[Waiting]:
        """All rows, ascending, together with those of a run that is still in memory."""
        return merge(*map(self._rows, self._runs), last)

    def _rows(self, blocks: Sequence[tuple[int, int]]) -> Iterator[Waiting]:
        for start, length in blocks:
            yield from marshal.loads(os.pread(self._file.fileno(), length, start))  # noqa: S302 - written by `add`

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise explain(
                error, Place(f"a temporary file in {self._where}", mend="make room on the disk")
            ) from error

    def close(self) -> None:
        """Give the disk's room back."""
        self._file.close()

    def __del__(self) -> None:
        # Of a crawl that failed: nobody is left to drain what it had gathered.
        if hasattr(self, "_file"):
            self._file.close()
