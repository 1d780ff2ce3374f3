"""Rows of a crawl that are written together, in order of creation.

EC2 lists images in no order of creation; the rows of one page are all over the index. Written page by page,
all of the file is written again and again (48 GB for 1,000,000 images). Therefore a crawl writes its first pages
one by one, and the more it has written the more it gathers before it writes again: the file is then written
about ten times over, however many images there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from amitui.catalog.index.writer import Placed
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageSummary

GROWTH: Final = 4
"""A fourth of what has been written is gathered before more is written."""

MOST: Final = 50_000
"""Rows gathered at most: about 30 MB."""

AT_ONCE: Final = 5000
"""Rows in one transaction: a second of work, for which other writers wait."""


class _Waiting(NamedTuple):
    """A row that is not written yet; sorted, the oldest image comes first."""

    created: int
    chunk_id: str
    line: int
    summary: str
    """As JSON, which takes a fifth of the memory."""


class RowBuffer:
    """Gathers rows. What it holds is in the store already, and lost with the process: the next crawl adds it."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        """By image id."""
        self._chunk_ids: list[str] = []
        self._written = 0

    def add(self, summaries: Sequence[ImageSummary], chunk_id: str, lines: Sequence[int]) -> None:
        """Take the rows of one chunk; of an image that comes again the last counts."""
        self._chunk_ids.append(chunk_id)
        for summary, line in zip(summaries, lines, strict=True):
            self._waiting[summary.image_id] = _Waiting(summary.created or 0, chunk_id, line, json.dumps(summary))

    @property
    def is_due(self) -> bool:
        """Whether it is time to write."""
        return len(self._waiting) >= min(MOST, self._written / GROWTH)

    def drain(self) -> Iterator[tuple[list[Placed], list[str]]]:
        """What it holds, in portions for a transaction each, by creation time, and the chunks that it is from."""
        waiting, chunk_ids = list(self._waiting.values()), self._chunk_ids
        self._waiting, self._chunk_ids = {}, []
        self._written += len(waiting)
        waiting.sort()
        for start in range(0, len(waiting), AT_ONCE):
            last = start + AT_ONCE >= len(waiting)
            portion = waiting[start : start + AT_ONCE]
            yield (
                [Placed(_summary(one.summary), one.chunk_id, one.line) for one in portion],
                (chunk_ids if last else []),
            )
        if not waiting and chunk_ids:
            yield [], chunk_ids


def _summary(text: str) -> ImageSummary:
    summary = ImageSummary(*json.loads(text))
    return summary._replace(
        flags=ImageFlag(summary.flags), tags=tuple((key, value) for key, value in summary.tags)
    )
