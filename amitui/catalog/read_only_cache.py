"""The reading half of `diskcache.Cache`, for a folder in which nothing can be written.

diskcache writes its settings whenever it opens a folder, so on a read-only or full disk it opens none. Values are
read here without that; every method that writes raises the error that explains why it cannot.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, NoReturn

from amitui.catalog.sqlite_file import open_for_reading

if TYPE_CHECKING:
    import sqlite3

    import diskcache

_BUSY_MS: Final = 2000


class ReadOnlyCache:
    """A folder of diskcache's to read from.

    Args:
        directory: the folder.
        disk: decodes what is stored, and says what a key is stored as.
        refusal: why it cannot be written; raised by every method that writes.

    Raises:
        OSError, sqlite3.Error, CacheError: it cannot be read either.
    """

    def __init__(self, directory: str, disk: diskcache.Disk, refusal: Exception) -> None:
        self.directory = directory
        self._disk = disk
        self._refusal = refusal
        self._connection: sqlite3.Connection | None = open_for_reading(
            os.path.join(directory, "cache.db"), busy_ms=_BUSY_MS
        )
        """`None`: nothing was ever stored there."""

    def close(self) -> None:
        """Close the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def get(self, key: str) -> Any:
        """What is stored under a key; `None` for nothing."""
        database_key, raw = self._disk.put(key)
        found = self._sql("SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = ?", (database_key, raw))
        for mode, filename, value in found:
            try:
                return self._disk.fetch(mode, filename, value, False)
            except FileNotFoundError:
                return None  # as diskcache says of a value whose file is gone
        return None

    def iterkeys(self) -> Iterator[Any]:
        """Every key, in order."""
        for key, raw in self._sql("SELECT key, raw FROM Cache ORDER BY key, raw"):
            yield self._disk.get(key, raw)

    def _sql(self, statement: str, values: tuple[object, ...] | list[object] = ()) -> sqlite3.Cursor | _Nothing:
        return _Nothing() if self._connection is None else self._connection.execute(statement, values)

    def set(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise self._refusal

    def delete(self, *_: object) -> NoReturn:
        """Refuse."""
        raise self._refusal

    def clear(self) -> NoReturn:
        """Refuse."""
        raise self._refusal

    def transact(self) -> AbstractContextManager[None]:
        """Refuse."""
        raise self._refusal


class _Nothing:
    """The rows of a folder without a file."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def fetchall(self) -> list[Any]:
        """None."""
        return []
