"""What a failure of the operating system, or of SQLite at a file, means: one classification for all of it.

Broken, busy, full and foreign are four things with four remedies; read-only and unfit (no locks) are two more.
Clearing a cache helps against the first of them only.
"""

from __future__ import annotations

import errno
import os
from enum import StrEnum
from typing import Final, NamedTuple

from amitui.errors import CacheError


class Fault(StrEnum):
    """What is wrong with a file or its file system."""

    BROKEN = "broken"
    """What was written cannot be read back, or is not what was written."""
    BUSY = "busy"
    """Another process holds it; it goes away by itself."""
    FULL = "full"
    """No room: the disk, a quota or a limit of this process."""
    FOREIGN = "foreign"
    """It is another user's, or its permissions keep this user out."""
    READ_ONLY = "read-only"
    """Nobody can write to it."""
    UNFIT = "unfit"
    """Its file system has no locks or no shared memory, as some network file systems."""
    GONE = "gone"
    """It, or its folder, was there and is not any more."""
    OTHER = "other"
    """None of these: the system's own words have to do."""


_BY_ERRNO: Final = {
    number: fault
    for fault, names in {
        Fault.FULL: ("ENOSPC", "EDQUOT", "EFBIG"),
        Fault.READ_ONLY: ("EROFS",),
        Fault.FOREIGN: ("EACCES", "EPERM", "ELOOP"),
        Fault.BUSY: ("EAGAIN", "EWOULDBLOCK", "EBUSY", "ETXTBSY", "EDEADLK"),
        Fault.GONE: ("ENOENT",),
        Fault.UNFIT: ("ENOLCK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"),
        Fault.BROKEN: ("EIO", "ESTALE", "EUCLEAN", "EREMOTEIO", "ENODEV", "ENXIO"),
    }.items()
    for name in names
    if (number := getattr(errno, name, None)) is not None
}

_BY_RESULT_CODE: Final = {
    3: Fault.FOREIGN,  # SQLITE_PERM
    5: Fault.BUSY,  # SQLITE_BUSY
    6: Fault.BUSY,  # SQLITE_LOCKED
    8: Fault.READ_ONLY,  # SQLITE_READONLY
    10: Fault.BROKEN,  # SQLITE_IOERR
    11: Fault.BROKEN,  # SQLITE_CORRUPT
    13: Fault.FULL,  # SQLITE_FULL
    14: Fault.FOREIGN,  # SQLITE_CANTOPEN
    15: Fault.UNFIT,  # SQLITE_PROTOCOL: the locks of the write-ahead log do not work
    22: Fault.UNFIT,  # SQLITE_NOLFS
    23: Fault.FOREIGN,  # SQLITE_AUTH
    26: Fault.BROKEN,  # SQLITE_NOTADB
}
"""By SQLite's primary result codes, https://sqlite.org/rescode.html; sqlite3 itself is not needed to read them."""

_BY_EXTENDED_CODE: Final = {
    10 | 3 << 8: Fault.FULL,  # IOERR_WRITE: any failed write but ENOSPC, so a quota (EDQUOT) or a limit (EFBIG)
    10 | 6 << 8: Fault.FULL,  # IOERR_TRUNCATE
    10 | 4 << 8: Fault.FULL,  # IOERR_FSYNC: where a network file system says that there is no room
    10 | 19 << 8: Fault.FULL,  # IOERR_SHMSIZE: the -shm file could not be made longer
    10 | 8 << 8: Fault.UNFIT,  # IOERR_UNLOCK
    10 | 9 << 8: Fault.UNFIT,  # IOERR_RDLOCK
    10 | 14 << 8: Fault.UNFIT,  # IOERR_CHECKRESERVEDLOCK
    10 | 15 << 8: Fault.UNFIT,  # IOERR_LOCK
    10 | 18 << 8: Fault.UNFIT,  # IOERR_SHMOPEN
    10 | 20 << 8: Fault.UNFIT,  # IOERR_SHMLOCK
    10 | 21 << 8: Fault.UNFIT,  # IOERR_SHMMAP
    8 | 4 << 8: Fault.BROKEN,  # READONLY_DBMOVED: the file under an open connection is another one now
}


def fault_of(error: BaseException) -> Fault:
    """What a failure says of the file that was worked on; looks at what it was raised from as well."""
    seen: BaseException | None = error
    while seen is not None:
        code = getattr(seen, "sqlite_errorcode", None)
        if isinstance(code, int):
            return _BY_EXTENDED_CODE.get(code) or _BY_RESULT_CODE.get(code & 0xFF, Fault.OTHER)
        if isinstance(seen, OSError):
            return _BY_ERRNO.get(seen.errno or 0, Fault.OTHER)
        seen = seen.__cause__
    return Fault.OTHER


def own_words(error: BaseException) -> str:
    """The system's words for a failure, without its number and path."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


class Place(NamedTuple):
    """A file or folder, as errors about it call it."""

    name: str
    """With its article and path: `the index /home/me/.cache/….sqlite`."""
    elsewhere: str = "use another folder: --cache-dir DIR"
    """How its user puts it somewhere else."""
    mend: str = "amitui cache clear"
    """What helps when it is broken."""
    path: str = ""
    """Where it is, for what its own error does not tell; empty: not looked at."""


def explain(error: BaseException, place: Place) -> CacheError:
    """A failure at a place in words, with the remedy for its kind."""
    fault, words = fault_of(error), own_words(error)
    if fault is Fault.FOREIGN and place.path and _is_on_read_only_disk(place.path):
        # SQLite says of a write-ahead log that it cannot make on such a disk that the file cannot be opened.
        fault, words = Fault.READ_ONLY, "its disk takes no writes"
    name, elsewhere = place.name, place.elsewhere
    match fault:
        case Fault.FULL:
            said = CacheError(
                "the disk is full",
                why=f"{words}; nothing from this step was written to {name}, what was there before is kept",
                remedy=f"free some space, or {elsewhere}",
            )
        case Fault.BUSY:
            said = CacheError(
                f"{name} is in use",
                why="another amitui is still writing to it",
                remedy="try again in a moment",
            )
            said.retryable = True
        case Fault.READ_ONLY:
            said = CacheError(
                f"{name} cannot be written",
                why=f"it is read-only: {words}; what is cached there can still be searched",
                remedy=f"to fetch, {elsewhere}",
            )
        case Fault.FOREIGN:
            said = CacheError(f"{name} cannot be opened", why=words, remedy=elsewhere)
        case Fault.UNFIT:
            said = CacheError(
                f"{name} is on a file system without file locks",
                why=f"{words}; two programs writing there would corrupt each other's data",
                remedy=f"use a local disk; {elsewhere}",
            )
        case Fault.GONE:
            said = CacheError(
                f"{name} is gone",
                why=f"{words}: another program has removed it, or the folder around it",
                remedy=f"run it again; if that does not help, {elsewhere}",
            )
        case Fault.BROKEN:
            said = CacheError(f"{name} is damaged", why=words, remedy=place.mend)
        case _:
            said = CacheError(f"{name} cannot be used", why=words, remedy=elsewhere)
    return said


def _is_on_read_only_disk(path: str) -> bool:
    folder = os.path.dirname(path)
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def explain_call(error: OSError) -> CacheError:
    """A failed system call of which nothing more is known than what it says itself."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file or connection"
    return explain(error, Place(name, elsewhere="use another location", mend="check the disk"))
