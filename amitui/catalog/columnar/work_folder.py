"""The folder in which files are made before they are put in their places; one export uses it at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from amitui.errors import CacheError
from amitui.os_faults import Place, explain

FOLDER: Final = ".amitui-export"
"""Its name. Engines pass over folders that begin with a full stop; nothing in it has the suffix of Parquet."""
_LOCK: Final = "lock"


@contextmanager
def work_folder(parent: str, place: Place) -> Iterator[str]:
    """The folder below `parent`, empty but for its lock; what a killed export left there is deleted.

    Raises:
        CacheError: another export is using it, or it cannot be made.
    """
    folder = os.path.join(parent, FOLDER)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        lock = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explain(error, place) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            busy = CacheError(
                f"another amitui is exporting to {place.name}",
                why=f"it holds {folder}",
                remedy="try again when it is done",
            )
            busy.retryable = True
            raise busy from error
        except OSError as error:
            raise explain(error, place) from error
        _empty(folder)
        try:
            yield folder
        finally:
            _empty(folder)
    finally:
        os.close(lock)


def _empty(folder: str) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name == _LOCK:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(path)
