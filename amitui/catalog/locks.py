"""One crawl of a shard at a time on a machine: an advisory lock that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from amitui.domain.catalogue.shard import Shard
from amitui.errors import CacheError
from amitui.os_faults import Place, explain
from amitui.paths import names_in, private_dir


class ShardBusy(CacheError):
    """Another amitui on this machine is fetching the shard right now."""


@contextmanager
def shard_lock(directory: str, shard: Shard) -> Iterator[None]:
    """Hold the shard's lock.

    Raises:
        ShardBusy: somebody else holds it.
    """
    private_dir(directory)
    path = os.path.join(directory, hashlib.sha256(shard.key.encode()).hexdigest()[:24] + ".lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explain(error, Place(f"the folder {directory}")) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ShardBusy(
                f"{shard.owner_scope} in {shard.region} is already being fetched by another amitui",
                remedy="its rows appear here as they arrive",
            ) from error
        except OSError as error:
            raise explain(error, Place(f"the folder {directory}")) from error
        yield
    finally:
        os.close(handle)  # closing gives the lock back


class HeldLock(NamedTuple):
    """A lock that somebody holds."""

    path: str
    pids: tuple[int, ...]
    """Of the processes that hold it; empty where the system does not say."""


def held_locks(directory: str) -> list[HeldLock]:
    """The locks that are held, found without disturbing their holders for longer than a moment."""
    held = []
    for name in sorted(names_in(directory)):
        path = os.path.join(directory, name)
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # it has gone, or is none
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            held.append(HeldLock(path, _holders(os.fstat(handle).st_ino)))
        finally:
            os.close(handle)
    return held


def _holders(inode: int) -> tuple[int, ...]:
    """The processes that hold a lock on a file, by Linux' list (proc_locks(5))."""
    try:
        with open("/proc/locks", encoding="ascii", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return ()
    found = {int(line[4]) for line in lines if len(line) > 5 and line[5].rpartition(":")[2] == str(inode)}
    return tuple(sorted(pid for pid in found if pid > 0))
