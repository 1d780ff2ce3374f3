"""SQLite files: how they are created and opened. No other module opens one, with SQLite or as a plain file.

POSIX locks belong to a process, not to a descriptor: when a process closes *any* descriptor of a file, it loses
all the locks that its other descriptors hold there, SQLite's included (https://sqlite.org/howtocorrupt.html,
2.2). Another process then believes to be alone, deletes the write-ahead log that is in use, and the file is
corrupt. Therefore a file that may be open in this process is examined by `lstat` only, and opened by SQLite only.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EBUSY
from time import monotonic, sleep
from typing import Final

from amitui.errors import CacheError
from amitui.os_faults import Fault, fault_of
from amitui.paths import belongs_to_another

_CREATING: Final = allocate_lock()
"""Held while a file is created, so that no thread of this process has it open when the creator closes it."""


_RETRY_S: Final = 0.005


def open_for_writing(path: str, *, busy_ms: int) -> sqlite3.Connection:
    """Open a database, creating an empty one that only its user can read.

    Args:
        path: in a folder that exists.
        busy_ms: how long statements wait for the transactions of others.

    Raises:
        OSError: the file cannot be created.
        CacheError: a link or something else that is no plain file stands there, or another user's file.
        sqlite3.Error: SQLite cannot open it. Whether it is a database shows in the first statement.
    """
    _create(path)
    return _connect(path, busy_ms)


def use_write_ahead_log(connection: sqlite3.Connection, *, busy_ms: int) -> None:
    """Let a database be read while it is written; the file keeps the setting.

    Two that change a new file at once cannot both get the lock by waiting for each other: SQLite refuses one of
    them at once, whatever its time-out. It is asked again until the other one is done.

    Raises:
        sqlite3.Error: the file cannot be changed, or others held it for all of `busy_ms`.
    """
    end = monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= end:
                raise
            sleep(_RETRY_S)
        else:
            return


def open_for_reading(path: str, *, busy_ms: int) -> sqlite3.Connection | None:
    """Open a database for reading, also where nothing can be written or locked; `None` when there is none.

    Raises:
        OSError: it cannot be found out whether there is one.
        CacheError: a link or something else that is no plain file stands there, or another user's file.
        sqlite3.Error: SQLite cannot open it.
    """
    if not _exists(path):
        return None
    connection = _connect(f"{_uri(path)}?mode=ro", busy_ms, uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if not _can_be_read_alone(error, path):
            raise
        return _open_as_it_stands(path, busy_ms)
    except BaseException:
        connection.close()  # what is no database at all is found out by another class of error
        raise
    return connection


class ReadOnlyConnection(sqlite3.Connection):
    """Reads a file as it stood when it was opened, where the write-ahead log's shared memory cannot be had.

    It takes no locks. While others can write to the file (the disk was full and is no longer), closing it would
    drop the locks that this process holds there in another way: it then stays open until the process ends.
    """

    stays_open = False

    def close(self) -> None:
        """Close it where that is safe."""
        if self.stays_open:
            _KEPT_OPEN.append(self)
        else:
            super().close()


_KEPT_OPEN: Final[list[ReadOnlyConnection]] = []


def _can_be_read_alone(error: sqlite3.OperationalError, path: str) -> bool:
    """Whether a database that cannot be opened as usual can be read without regard to other processes.

    Nobody writes there: the folder or the disk does not allow it, or the file system has none of what two
    processes need to agree.
    """
    fault = fault_of(error)
    if fault in (Fault.FULL, Fault.UNFIT):
        return True
    return fault in (Fault.FOREIGN, Fault.READ_ONLY) and not _is_writable(path)


def _open_as_it_stands(path: str, busy_ms: int) -> sqlite3.Connection:
    if size_of(path + "-wal"):
        # What is in the log is not in the file yet. Read in exclusive mode the log's index lies in this process'
        # memory instead of a file; VFS unix-none takes no lock, which a file open for reading could not get.
        connection = _connect(f"{_uri(path)}?mode=ro&vfs=unix-none", busy_ms, uri=True, factory=ReadOnlyConnection)
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    else:
        connection = _connect(f"{_uri(path)}?mode=ro&immutable=1", busy_ms, uri=True, factory=ReadOnlyConnection)
    assert isinstance(connection, ReadOnlyConnection)  # noqa: S101
    connection.stays_open = _is_writable(path)
    return connection


def _is_writable(path: str) -> bool:
    return os.access(os.path.dirname(path) or ".", os.W_OK)


def size_of(path: str) -> int:
    """Bytes of a file, found out without opening it; 0: none."""
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0


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


def replace(path: str, by: str) -> None:
    """Put a whole database, which nobody has open any more, in the place of another one.

    Readers of the other one go on reading it until they look again; what is written to it is lost.

    Raises:
        OSError: it cannot be put there, or still has a write-ahead log.
    """
    with guarded(path, exclusive=True):
        if size_of(f"{by}-wal"):
            raise OSError(EBUSY, "another process has it open", by)
        # Nobody has it open, so no lock is lost here.
        handle = os.open(by, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        # The log first: beside a new file it would be taken for that one's.
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.unlink(path + suffix)
        os.replace(by, path)


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
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def written_state_of(path: str) -> tuple[int, ...]:
    """Something that differs once a database has been written to, found out without opening it."""
    state: list[int] = []
    for name in (path, path + "-wal"):
        try:
            found = os.lstat(name)
        except FileNotFoundError:
            continue
        state += (found.st_ino, found.st_size, found.st_mtime_ns)
    return tuple(state)


def _connect(
    path: str, busy_ms: int, *, uri: bool = False, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    return sqlite3.connect(
        path, uri=uri, isolation_level=None, check_same_thread=False, timeout=busy_ms / 1000, factory=factory
    )


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
            why="it is a symbolic link" if stat.S_ISLNK(found.st_mode) else "it is not a regular file",
            remedy="move it away; amitui creates what it needs",
        )
    if found.st_uid not in (os.geteuid(), 0):
        raise belongs_to_another(path, found.st_uid)


def tried_journal_mode(folder: str) -> str:
    """The journal mode that a new database in a folder gets (`wal` where two processes can share one); it is
    written to, and removed."""
    import tempfile  # for those alone who ask what is wrong

    with tempfile.TemporaryDirectory(dir=folder, prefix="check-") as inside:
        connection = sqlite3.connect(os.path.join(inside, "check.sqlite"))
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("CREATE TABLE written (number)")
            connection.commit()
        finally:
            connection.close()
    return str(mode)
