"""What `amitui sql` keeps in the cache: copies as Parquet, which are made again when they are gone."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from amitui.os_faults import Place, explain
from amitui.paths import private_dir

_LOCK: Final = "lock"
_SPILLED: Final = "spill-"


@contextmanager
def copies_in_use(folder: str) -> Iterator[None]:
    """Make the folder of the copies, and keep `drop_copies` away from it.

    Raises:
        CacheError: it cannot be made or locked.
    """
    handle = _opened(private_dir(folder))
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
        except OSError as error:
            raise explain(error, Place(f"the folder {folder}")) from error
        yield
    finally:
        os.close(handle)


def drop_copies(folder: str) -> bool:
    """Delete all copies; `False`: there are none, or a statement is being run over them.

    Raises:
        CacheError: they cannot be deleted.
    """
    if not os.path.isdir(folder):
        return False
    handle = _opened(private_dir(folder))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        names = [name for name in os.listdir(folder) if name != _LOCK]
        for name in names:
            shutil.rmtree(os.path.join(folder, name))
    except BlockingIOError:
        return False
    except OSError as error:
        raise explain(error, Place(f"the folder {folder}")) from error
    finally:
        os.close(handle)
    return bool(names)


@contextmanager
def spill_folder(folder: str) -> Iterator[str]:
    """A folder for what a statement does not hold in memory; those of processes that were killed are deleted."""
    for name in os.listdir(folder):
        pid = name.removeprefix(_SPILLED).partition("-")[0]
        if name.startswith(_SPILLED) and pid.isdecimal() and len(pid) < 10 and not _is_running(int(pid)):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    try:
        made = tempfile.mkdtemp(prefix=f"{_SPILLED}{os.getpid()}-", dir=folder)
    except OSError as error:
        raise explain(error, Place(f"the folder {folder}")) from error
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _opened(folder: str) -> int:
    try:
        return os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explain(error, Place(f"the folder {folder}")) from error


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True
