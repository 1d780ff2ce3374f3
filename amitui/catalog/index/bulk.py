"""Fills a Region's empty index at once: in a file beside it that nobody reads, each page of which is written once.

Ordered by creation the rows of all tables go to the files' ends. What is ordered otherwise, the indexes of tables,
is made when all rows are there, by sorting. Neither a log nor a journal is kept: a file that does not become whole
is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from amitui.catalog.index.opening import explained
from amitui.catalog.index.renewal import alone
from amitui.catalog.index.schema import LATE_INDEXES
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.sqlite_file import discard, identity_of, replace

BESIDE: Final = ".bulk"
"""Behind the name of the file that is filled."""


class ToldTwice(Exception):
    """An image came twice, with two creation times: which one counts shows in an index that is always whole."""


def fill_at_once(path: str, region: str, fill: Callable[[CatalogIndex], object]) -> bool:
    """Put an index that `fill` has filled in the place of an empty one.

    Returns:
        False when that cannot be done at once; the index is as it was.

    Raises:
        CacheError: it cannot be written; the index is as it was.
    """
    beside = path + BESIDE
    with alone(path), explained(path):
        discard(beside, identity_of(beside))  # of a process that died
        try:
            with _BulkIndex(beside, region) as index:
                fill(index)
                index.complete()
            replace(path, beside)
        except ToldTwice:
            return False
        finally:
            discard(beside, identity_of(beside))
    return True


class _BulkIndex(CatalogIndex):
    """An index that takes each shard's images by creation, and is whole once `complete` has been called."""

    def __init__(self, path: str, region: str) -> None:
        super().__init__(path, region)
        with explained(path):
            for statement in ("journal_mode=DELETE", "journal_mode=OFF", "synchronous=OFF"):
                self._connection.execute(f"PRAGMA {statement}").fetchone()
            for name in LATE_INDEXES:
                self._connection.execute(f"DROP INDEX {name}")
        self._rows.by_time = True

    def complete(self) -> None:
        """Make what is ordered otherwise than by creation.

        Raises:
            ToldTwice: an image has two rows.
        """
        with explained(self.path):
            for statement in LATE_INDEXES.values():
                self._connection.execute(statement)
            twice = self._connection.execute(
                "SELECT 1 FROM (SELECT image_id FROM image_text GROUP BY image_id HAVING count(*) > 1) d"
                " JOIN image_text t ON t.image_id = d.image_id JOIN image i ON i.id = t.id"
                " GROUP BY t.image_id, i.audience HAVING count(*) > 1 LIMIT 1"
            ).fetchone()
        if twice is not None:
            raise ToldTwice
