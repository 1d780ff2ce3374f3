"""Rows of a crawl that are written together, in order of creation.

EC2 lists images in no order of creation; the rows of one page are all over the index. Written page by page,
all of the file is written again and again (48 GB for 1,000,000 images). Therefore a crawl writes its first page at
once, and then gathers as many rows as it has written before it writes again: the file is then written about twice,
however many images there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from amitui.catalog.index.prepared import PackedRow, Shared, packed_row, prepared, unpacked_row
from amitui.catalog.index.row_runs import RowRuns, Waiting
from amitui.catalog.index.writer import Placed
from amitui.domain.image.row import ImageSummary

GROWTH: Final = 1
"""As many rows as have been written are gathered before more are."""

IN_MEMORY: Final = 6_000
"""Rows held in memory at most: about 3 MB. What is more waits on disk."""

AT_ONCE: Final = 6_000
"""Rows in one transaction: about a quarter of a second of work, for which other writers wait, and 10 MB."""


class RowBuffer:
    """Gathers rows. What it holds is in the store already, and lost with the process: the next crawl adds it.

    Of an image that comes again the last counts. (One that has another creation time by then may be in another
    run, and then the younger counts: EC2 changes no creation times.)

    Args:
        folder: for what does not fit into memory; by default the system's for temporary files.
        hold: whether nothing is due before the end: for whoever shows no rows on the way.
    """

    def __init__(self, folder: str | None = None, *, hold: bool = False) -> None:
        self._folder = folder
        self._hold = hold
        self._waiting: dict[str, Waiting] = {}
        """By image id."""
        self._shared: list[Shared] = []
        self._numbers: dict[Shared, int] = {}
        """What rows share, by number, and the numbers."""
        self._chunk_ids: list[str] = []
        self._runs: RowRuns | None = None
        self._in_runs = 0
        self._arrived = 0
        self._written = 0

    def add(self, summaries: Sequence[ImageSummary], chunk_id: str, lines: Sequence[int]) -> None:
        """Take the rows of one chunk."""
        self.add_packed([packed_row(prepared(summary)) for summary in summaries], chunk_id, lines)

    def add_packed(self, rows: Sequence[PackedRow], chunk_id: str, lines: Sequence[int]) -> None:
        """Take the rows of one chunk.

        Raises:
            CacheError: they have to wait on disk, and it is full.
        """
        self._chunk_ids.append(chunk_id)
        waiting, arrived = self._waiting, self._arrived
        known: dict[int, int] = {}
        for (image_id, created, shared, packed), line in zip(rows, lines, strict=True):
            arrived += 1
            number = known.get(id(shared))
            if number is None:
                number = known[id(shared)] = self._number_of(shared)
            waiting[image_id] = (created or 0, arrived, chunk_id, line, number, packed)
        self._arrived = arrived
        if len(waiting) >= IN_MEMORY and not self.is_due:
            if self._runs is None:
                self._runs = RowRuns(self._folder)
            self._runs.add(sorted(waiting.values()))
            self._in_runs += len(waiting)
            waiting.clear()

    def _number_of(self, shared: Shared) -> int:
        number = self._numbers.get(shared)
        if number is None:
            number = self._numbers[shared] = len(self._shared)
            self._shared.append(shared)
        return number

    @property
    def is_due(self) -> bool:
        """Whether it is time to write."""
        return not self._hold and len(self._waiting) + self._in_runs >= self._written / GROWTH

    def drain(self) -> Iterator[tuple[list[Placed], list[str]]]:
        """What it holds, in portions for a transaction each, by creation time, and the chunks that it is from.

        To be run through to its end.
        """
        last, chunk_ids, runs = sorted(self._waiting.values()), self._chunk_ids, self._runs
        count = len(last) + self._in_runs
        shared = self._shared
        self._waiting, self._chunk_ids, self._runs, self._in_runs = {}, [], None, 0
        self._shared, self._numbers = [], {}
        self._written += count
        rows = iter(last) if runs is None else runs.merged(last)
        try:
            portion: list[Placed] = []
            for _, _, chunk_id, line, number, packed in rows:
                portion.append(Placed(unpacked_row(packed, shared[number]), chunk_id, line))
                count -= 1
                if len(portion) == AT_ONCE or not count:
                    yield portion, [] if count else chunk_ids
                    portion = []
            if chunk_ids and not last and runs is None:
                yield [], chunk_ids
        finally:
            if runs is not None:
                runs.close()
