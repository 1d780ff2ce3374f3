"""How a region's index file is opened for writing and for reading, and what SQLite's failures mean in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from amitui.catalog.index.schema import READABLE, SCHEMA_VERSION, ensure_schema, require_trigrams
from amitui.catalog.sqlite_file import (
    guarded,
    identity_of,
    open_for_reading,
    open_for_writing,
    use_write_ahead_log,
)
from amitui.domain.image.row import INDEX_COLUMNS
from amitui.errors import CacheError
from amitui.os_faults import Place, explain

_WRITE_CACHE_KIB: Final = 8000
_LOG_BYTES: Final = 16 << 20
"""How long the write-ahead log may get: a page that is written often is copied to the file once in so much."""

_BUSY_MS: Final = 10_000
"""How long a writer waits for another process' transaction; one of a whole shard's removal takes seconds."""

_READER_BUSY_MS: Final = 2000


class Opened(NamedTuple):
    """A region's file, open for writing."""

    connection: sqlite3.Connection
    identity: tuple[int, int] | None
    """Which file it is, whatever comes to stand at its path."""
    is_empty: bool
    """Whether it holds nothing: it is new, was of another schema, or nobody has filled it yet."""


def connect_writer(path: str) -> Opened:
    """Open a region's file for writing, with the schema in place.

    Raises:
        CacheError: SQLite is too old, or the file cannot be written or is damaged.
    """
    require_trigrams()
    with explained(path), guarded(path):
        connection = open_for_writing(path, busy_ms=_BUSY_MS)
        try:
            check_not_newer(connection.execute("PRAGMA user_version").fetchone()[0], path)
            use_write_ahead_log(connection, busy_ms=_BUSY_MS)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=OFF")
            connection.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_BYTES // 4096}")
            connection.execute(f"PRAGMA cache_size=-{_WRITE_CACHE_KIB}")
            ensure_schema(connection)
            (shards,) = connection.execute("SELECT count(*) FROM shard").fetchone()
            return Opened(connection, identity_of(path), not shards)
        except BaseException:
            connection.close()
            raise


def truncate_log(connection: sqlite3.Connection) -> None:
    """Copy a writer's log to its file and empty it; without a wait, and so in part, where others use the file.

    Raises:
        sqlite3.Error: the file is closed, locked or cannot be written.
    """
    connection.execute("PRAGMA busy_timeout=0")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")


def connect_reader(path: str, cache_kib: int) -> sqlite3.Connection | None:
    """Open a region's file for reading; `None` when there is none, or one that is too old to be searched.

    Raises:
        CacheError: the file cannot be read or is damaged.
    """
    with explained(path):
        if identity_of(path) is None:
            return None
    with explained(path), guarded(path):
        connection = open_for_reading(path, busy_ms=_READER_BUSY_MS)
        if connection is None:
            return None
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            check_not_newer(version, path)
            if version < READABLE or (version < SCHEMA_VERSION and not _has_all_columns(connection)):
                connection.close()
                return None
            connection.execute("PRAGMA query_only=ON")
            connection.execute(f"PRAGMA cache_size=-{cache_kib}")
        except BaseException:
            connection.close()
            raise
        return connection


def _has_all_columns(connection: sqlite3.Connection) -> bool:
    """Whether an older schema has what searches ask of every image."""
    found = {row[1] for row in connection.execute("PRAGMA table_info(image)")}
    return found.issuperset(column.name for column in INDEX_COLUMNS)


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turns the system's and SQLite's errors about the file into `CacheError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise cache_error(error, path) from error


class NewerIndex(CacheError):
    """A newer amitui has written a file. It is neither read nor replaced."""


def check_not_newer(version: int, path: str) -> None:
    """Leave a file of a newer schema alone: the amitui that wrote it would have to fill it anew.

    Raises:
        NewerIndex: it is of one.
    """
    if version > SCHEMA_VERSION:
        raise NewerIndex(
            f"a newer amitui wrote the index {path}",
            why=f"it has schema {version}, and this version knows {SCHEMA_VERSION}; it was left as it is",
            remedy="update amitui, or use another cache folder: --cache-dir DIR",
        )


class DamagedIndex(CacheError):
    """A file holds no (whole) index: waiting or trying again will not mend it, filling it anew will."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"the index {path} is damaged", why=why, remedy="amitui sync rebuilds it")


_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT)
"""A constraint that fails says that a row is missing or too many: what is written here never breaks one."""


def is_damaged(error: BaseException) -> bool:
    """Whether a failure says that an index has to be filled anew."""
    return isinstance(error, DamagedIndex)


def cache_error(error: sqlite3.Error | OSError, path: str) -> CacheError:
    """What a failure means for the user."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
        return DamagedIndex(path, str(error))
    mend = "check the disk; amitui sync rebuilds the index"
    return explain(error, Place(f"the index {path}", mend=mend, path=path))
