"""Rows put aside as compressed JSON Lines, in a file for each range of their order."""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Final

import orjson

from amitui.catalog.columnar.rows import Row

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SORTED_BY: Final = ("family", "creation_date", "image_id")
"""Families stand together: a row group has few, and its least and greatest values exclude the others."""

SortKey = tuple[str, int]
"""Family and time of creation: what decides in which range a row is."""

_OPTIONS: Final[dict[int, int]] = {zstd.CompressionParameter.compression_level: 1}
_LAST_TEXT: Final = "\U0010ffff" * 3
_LAST_TIME: Final = 2**62
"""What is NULL comes last, as DuckDB sorts."""


def sort_key(row: Row) -> SortKey:
    """Where a row stands in the order, as far as ranges go."""
    family, created = row["family"], row["creation_date"]
    return (_LAST_TEXT if family is None else family, _LAST_TIME if created is None else created)


def range_starts(sample: Iterable[SortKey], ranges: int) -> list[SortKey]:
    """The keys with which ranges of about as many rows begin, ascending, without the first one's."""
    keys = sorted(sample)
    return sorted({keys[len(keys) * at // ranges] for at in range(1, ranges)}) if keys else []


class RangeFiles:
    """The files of some ranges, for writing; they are whole when it is left.

    Args:
        folder: where they are made.
        starts: see `range_starts`.
    """

    def __init__(self, folder: str, starts: Sequence[SortKey]) -> None:
        self._starts = starts
        self.paths = [os.path.join(folder, f"range-{at}.jsonl.zst") for at in range(len(starts) + 1)]
        """In their order."""
        self._open = ExitStack()
        self._files: list[zstd.ZstdFile] = []

    def __enter__(self) -> RangeFiles:
        with ExitStack() as opened:
            self._files = [
                opened.enter_context(zstd.ZstdFile(path, "wb", options=_OPTIONS)) for path in self.paths
            ]
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Put rows where they belong."""
        waiting: dict[int, list[Row]] = {}
        for row in rows:
            waiting.setdefault(bisect_right(self._starts, sort_key(row)), []).append(row)
        for at, own in waiting.items():
            self._files[at].write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in own))
