"""The file that the store writes: opened, found again where another process replaced it, its faults in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import diskcache

from amitui.catalog.plain_disk import PlainDisk
from amitui.catalog.read_only_cache import ReadOnlyCache
from amitui.catalog.sqlite_file import discard, guarded, identity_of
from amitui.errors import CacheError
from amitui.os_faults import Fault, Place, explain, fault_of
from amitui.paths import private_dir

DISK_MIN_FILE_SIZE = 8 * 1024
"""Bytes from which a value gets a file of its own."""


_T = TypeVar("_T")


class RecordsLost(CacheError):
    """The stored records were damaged. They have been thrown away: what is wanted is fetched again."""


class StoreFile:
    """diskcache's files in a folder.

    Args:
        repair: whether a damaged database is thrown away; what is wanted is then fetched again.
        forget: called when what was read of the file counts no more.
    """

    def __init__(self, directory: str, *, repair: bool, forget: Callable[[], None]) -> None:
        self._directory = directory
        self._repair = repair
        self._forget = forget
        self.lost_records = False
        """Whether damaged records were thrown away."""
        try:
            self._connect()
        except RecordsLost:
            self._connect()

    def _connect(self) -> None:
        private_dir(self._directory)
        path = self._database
        with self.explained("open"), guarded(path):
            try:
                self._opened: diskcache.Cache | ReadOnlyCache = _cache_in(self._directory)
            except (OSError, sqlite3.Error, diskcache.Timeout) as error:
                if not _may_be_read(error):
                    raise
                # What nobody can write can be read all the same.
                disk = PlainDisk(self._directory, min_file_size=DISK_MIN_FILE_SIZE)
                self._opened = ReadOnlyCache(self._directory, disk, error)
            self._identity = identity_of(path)

    def _open_for_writing(self) -> None:
        with guarded(self._database):
            opened = _cache_in(self._directory)
        self._opened.close()
        self._opened = opened
        self._identity = identity_of(self._database)

    @property
    def _database(self) -> str:
        """diskcache's own file."""
        return os.path.join(self._directory, "cache.db")

    @property
    def cache(self) -> Any:
        """The store that stands at the path now: another process may have cleared or replaced it."""
        if identity_of(self._database) != self._identity:
            self.close()
            self._connect()
        return self._opened

    def close(self) -> None:
        """Close the connection of this thread."""
        self._forget()
        self._opened.close()

    @contextmanager
    def explained(self, doing: str) -> Iterator[None]:
        """Faults of the file in words; a damaged database is thrown away."""
        identity = None
        try:
            identity = identity_of(self._database)
            yield
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            if not _is_damage(error):
                raise _failure(error, doing) from error
            if self._repair:
                self._throw_away(identity)
            raise RecordsLost(
                "the stored records of images were damaged", why=str(error), remedy="fetch again: amitui sync"
            ) from error

    def _throw_away(self, identity: tuple[int, int] | None) -> None:
        """Delete the damaged database. Its chunks' files go with a sweep, when no process can be writing one."""
        with suppress(AttributeError):  # it was damaged when it was opened
            self.close()
        self.lost_records = True
        try:
            discard(self._database, identity)
        except OSError as error:
            raise _failure(error, "repair") from error

    def write(self, write: Callable[[], _T]) -> _T:
        """Do something that writes.

        Raises:
            CacheError: it cannot be written.
        """
        with self.explained("write"):
            if isinstance(self._opened, ReadOnlyCache):
                self._open_for_writing()  # there may be room by now
            return write()


def _cache_in(directory: str) -> diskcache.Cache:
    return diskcache.Cache(
        directory,
        disk=PlainDisk,
        disk_min_file_size=DISK_MIN_FILE_SIZE,
        eviction_policy="none",
        cull_limit=0,
        size_limit=2**50,
        # Descriptors are few; the defaults would let SQLite take 32 MB of memory and map 64.
        sqlite_cache_size=500,
        sqlite_mmap_size=0,
    )


def _may_be_read(error: BaseException) -> bool:
    """Whether a folder that cannot be written may still be read."""
    return fault_of(_cause_of(error)) in (Fault.FULL, Fault.READ_ONLY, Fault.FOREIGN, Fault.UNFIT)


def _failure(error: Exception, doing: str) -> CacheError:
    cause = _cause_of(error)
    if isinstance(error, diskcache.Timeout) and fault_of(cause) is Fault.OTHER:
        busy = CacheError(f"cannot {doing} the stored records of images", why="another amitui is writing them")
        busy.retryable = True
        return busy
    mend = "check the disk; run amitui cache clear, then fetch again"
    return explain(cause, Place("the stored records of images", mend=mend))


def _cause_of(error: BaseException) -> BaseException:
    """The failure itself: diskcache makes a Timeout of every OperationalError of its transactions."""
    return error.__context__ or error if type(error) is diskcache.Timeout else error


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
