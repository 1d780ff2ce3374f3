"""The folder of a demo, which goes with it; what a demo that was killed has left goes with the next one.

A demo holds a lock on a file in its folder for as long as it lives, which the system drops however it dies. Only
folders of this user whose lock is free are removed.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "amitui-demo-"
_UNFINISHED: Final = ".amitui-demo-"
"""What a folder is called until its lock is held."""
_LOCK: Final = "demo.lock"
_UNLOCKED_S: Final = 86_400
"""Age from which a folder without a lock is nobody's any more."""


@contextmanager
def demo_folder(parent: str | None = None) -> Iterator[str]:
    """A new folder of this process under the temporary directory; those of dead demos are removed first.

    Args:
        parent: the directory to use instead.
    """
    parent = parent or tempfile.gettempdir()
    remove_abandoned(parent)
    made = tempfile.mkdtemp(prefix=_UNFINISHED, dir=parent)
    lock = _locked(os.open(os.path.join(made, _LOCK), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    folder = os.path.join(parent, PREFIX + os.path.basename(made).removeprefix(_UNFINISHED))
    try:
        os.rename(made, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(made, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_abandoned(parent: str) -> list[str]:
    """Remove the folders of demos that are no more.

    Returns:
        Their names.
    """
    try:
        names = [name for name in os.listdir(parent) if name.startswith((PREFIX, _UNFINISHED))]
    except OSError:
        return []
    return [name for name in names if _removed(os.path.join(parent, name))]


def _removed(folder: str) -> bool:
    with suppress(OSError):
        about = os.lstat(folder)
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
            return False
        lock: int | None = None
        try:
            lock = _locked(os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_NOFOLLOW))
            abandoned = lock is not None
        except FileNotFoundError:
            abandoned = time.time() - about.st_mtime > _UNLOCKED_S
        try:
            if abandoned:
                # It follows no links, neither the folder itself nor what lies in it.
                shutil.rmtree(folder)
        finally:
            if lock is not None:
                os.close(lock)
        return abandoned
    return False


def _locked(file: int) -> int | None:
    """The file with its lock held; closed and `None` when another process holds it, or there are no locks here."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
