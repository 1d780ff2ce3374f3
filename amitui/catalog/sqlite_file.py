"""SQLite files: how they are created and opened. No other module opens one, with SQLite or as a plain file.

POSIX locks belong to a process, not to a descriptor: when a process closes *any* descriptor of a file, it loses
all the locks that its other descriptors hold there, SQLite's included (https://sqlite.org/howtocorrupt.html,
2.2). Another process then believes to be alone, deletes the write-ahead log that is in use, and the file is
corrupt. Therefore a file that may be open in this process is looked at by `lstat` only, and opened by SQLite only.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from amitui.errors import CacheError

_CREATING: Final = allocate_lock()
"""Held while a file is created, so that no thread of this process has it open when the creator closes it."""


def open_for_writing(path: str, *, busy_ms: int) -> sqlite3.Connection:
    """Open a database, creating an empty one that only its user can read.

    Args:
        path: in a folder that exists.
        busy_ms: how long statements wait for the transactions of others.

    Raises:
        OSError: the file cannot be created.
        CacheError: a link or something else that is no plain file stands there.
        sqlite3.Error: SQLite cannot open it. Whether it is a database shows in the first statement.
    """
    _create(path)
    return _connect(path, busy_ms)


def open_for_reading(path: str, *, busy_ms: int) -> sqlite3.Connection | None:
    """Open a database for reading; `None` when there is none.

    Raises:
        CacheError: a link or something else that is no plain file stands there.
        sqlite3.Error: SQLite cannot open it.
    """
    if not _exists(path):
        return None
    return _connect(f"{_uri(path)}?mode=ro", busy_ms, uri=True)


def open_immutable(path: str, *, busy_ms: int) -> sqlite3.Connection:
    """Open a database that nobody can write to: without locks, without its write-ahead log.

    Never for a file that this process may also open in another way: closing it drops the other's locks.
    """
    return _connect(f"{_uri(path)}?mode=ro&immutable=1", busy_ms, uri=True)


@contextmanager
def guarded(path: str, *, exclusive: bool = False) -> Iterator[None]:
    """Keep a database from being opened while it is replaced: all who open it share, whoever replaces it is alone.

    A write-ahead log is found by its name: that of the old file would be taken for the new one's.
    The lock is that of a file beside the database, never of the database itself.

    Raises:
        OSError: with `exclusive`, the lock file cannot be used.
    """
    handle = _guard(path, exclusive)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _guard(path: str, exclusive: bool) -> int | None:
    handle = None
    try:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
    except OSError:
        if handle is not None:
            os.close(handle)
        if exclusive:
            raise
        return None  # where no lock file can be, nobody can replace anything either
    return handle


def discard(path: str, identity: tuple[int, int] | None) -> bool:
    """Delete a database, unless it is not the one that is meant any more; whether it was deleted.

    Raises:
        OSError: it cannot be deleted.
    """
    with guarded(path, exclusive=True):
        if identity is None or identity_of(path) != identity:
            return False
        # The log first: beside a new file it would be taken for that one's.
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)
        return True


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction, rolled back on any failure."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk ends the transaction by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def identity_of(path: str) -> tuple[int, int] | None:
    """Which file stands at a path, found out without opening it; `None`: none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connect(path: str, busy_ms: int, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(path, uri=uri, isolation_level=None, check_same_thread=False, timeout=busy_ms / 1000)


def _uri(path: str) -> str:
    return "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _create(path: str) -> None:
    """Create the file unless it is there.

    SQLite would give it the mode of the umask; -wal and -shm get the mode of the file.
    """
    with _CREATING:
        try:
            # O_EXCL: what is closed below is a new file, which nothing else in this process can have open.
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            _require_plain_file(path, os.lstat(path))
        else:
            os.close(handle)


def _exists(path: str) -> bool:
    with _CREATING:
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        _require_plain_file(path, found)
        return True


def _require_plain_file(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise CacheError(
            f"{path} cannot be used",
            why="it is a symbolic link" if stat.S_ISLNK(found.st_mode) else "it is no plain file",
            remedy="move it away; amitui creates what it needs",
        )
