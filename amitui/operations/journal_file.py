"""The journal's file: its tables, how it is opened, and what SQLite's failures mean in words.

Unlike an index it is derived from nothing, so a file that cannot be read is never replaced: only the user may
decide what to do with a record of calls to AWS.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from amitui.catalog.sqlite_file import open_for_reading, open_for_writing, transaction, use_write_ahead_log
from amitui.errors import CacheError
from amitui.os_faults import Fault, Place, explain, fault_of
from amitui.paths import private_dir

SCHEMA_VERSION: Final = 2
"""Raise it with any change here, and with any new kind of event: an older amitui could not read it. Since 2, plans
have a format (`domain/operations/plan.py`); plans of version 1 are read as the first format."""
_READABLE: Final = (1, SCHEMA_VERSION)

_TABLES: Final = (
    # Appended to and never changed.
    "CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL, at REAL NOT NULL,"
    " what TEXT NOT NULL, data TEXT NOT NULL)",
    "CREATE INDEX event_operation ON event (operation)",
    "CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are kept'); END",
    "CREATE TRIGGER event_unchanged BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are kept'); END",
    # Which process drives an operation, and whether it has ended: in the events too, but slower to read.
    "CREATE TABLE operation (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " driver TEXT NOT NULL, began_at REAL NOT NULL, ended_at REAL)",
    "CREATE INDEX operation_open ON operation (ended_at)",
    "CREATE TABLE calls (day TEXT NOT NULL, region TEXT NOT NULL, api TEXT NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (day, region, api)) WITHOUT ROWID",
)

_BUSY_MS: Final = 10_000
"""How long to wait for another process' transaction; the longest takes milliseconds and a flush of the disk."""


def connect(path: str) -> sqlite3.Connection:
    """Open the journal for writing, making it when there is none. A commit then survives the loss of power.

    Raises:
        CacheError: it cannot be written, is damaged, or another version's.
    """
    private_dir(os.path.dirname(path))
    with explained(path):
        connection = open_for_writing(path, busy_ms=_BUSY_MS)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA fullfsync=ON")  # macOS' plain fsync leaves it in the drive's memory
            connection.execute("PRAGMA cell_size_check=ON")
            # First of all: what is another version's is left exactly as it is.
            if not has_schema(connection, path):
                use_write_ahead_log(connection, busy_ms=_BUSY_MS)
                _make_tables(connection, path)
            _raise_version(connection)
            _sync_folders(os.path.dirname(path))
        except BaseException:
            connection.close()
            raise
        return connection


def connect_reader(path: str) -> sqlite3.Connection | None:
    """Open the journal for reading; `None` when there is none.

    Raises:
        CacheError: it cannot be read, is damaged, or another version's.
    """
    with explained(path):
        connection = open_for_reading(path, busy_ms=_BUSY_MS)
        if connection is None:
            return None
        try:
            connection.execute("PRAGMA cell_size_check=ON")
            if not has_schema(connection, path):
                connection.close()
                return None
        except BaseException:
            connection.close()
            raise
        return connection


def has_schema(connection: sqlite3.Connection, path: str) -> bool:
    """Whether the tables are there; false for a file in which there is nothing at all."""
    # In one statement: another process may make the tables at any moment.
    version, tables = connection.execute(
        "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version"
    ).fetchone()
    if version == 0 and tables == 0:
        return False
    if version in _READABLE and tables:
        return True
    raise CacheError(
        f"the journal {path} was written by another version of amitui",
        why=f"it has format {version}, this amitui reads format {SCHEMA_VERSION}",
        remedy="use that version; or move the file away, and this one begins a new journal",
    )


def _make_tables(connection: sqlite3.Connection, path: str) -> None:
    with transaction(connection):
        if has_schema(connection, path):
            return  # another process was faster while this one waited for the lock
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _raise_version(connection: sqlite3.Connection) -> None:
    """Keep older versions from reading what is going to be written; the tables are the same."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < SCHEMA_VERSION:
        with transaction(connection):
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _sync_folders(directory: str) -> None:
    """Make the new file's name as durable as its content, and those of the folders that were made for it."""
    for _ in range(3):
        handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that has no such thing
                raise
        finally:
            os.close(handle)
        directory = os.path.dirname(directory)


def damaged(path: str, why: str) -> CacheError:
    """The error about a journal that does not hold what was written to it."""
    return CacheError(
        f"the journal {path} is damaged",
        why=why,
        remedy="move it away to start a new one; then check in AWS what its operations did",
    )


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turns the system's and SQLite's errors about the journal into `CacheError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _cache_error(error, path) from error


def _cache_error(error: sqlite3.Error | OSError, path: str) -> CacheError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    found = explain(
        error,
        Place(
            f"the journal {path}",
            elsewhere="make its folder writable, or choose another with AMITUI_STATE_DIR",
            mend="check the disk: what was noted before may still be read",
        ),
    )
    if fault_of(error) is Fault.FULL:
        found.remedy = "free some space; earlier records are intact, and nothing is sent before it is recorded"
    return found
