"""Which processes drive operations: each holds a file lock that the system releases when the process dies.

A process id may be reused, and a missing heartbeat may only mean a suspended laptop. A lock on a file with a
random name, which no other process ever takes, shows reliably whether the process is alive.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress

from amitui.errors import CacheError
from amitui.os_faults import Place, explain
from amitui.paths import private_dir

_SUFFIX = ".lock"


def new_driver() -> str:
    """An id that no other process has."""
    return secrets.token_hex(16)


class DriverLock:
    """This process' lock, held until it is closed or the process ends.

    Raises:
        CacheError: another process has this id, or the folder cannot be written.
    """

    def __init__(self, directory: str, driver: str) -> None:
        private_dir(directory)
        self._path = _lock_path(directory, driver)
        if is_driven(directory, driver):
            raise CacheError(
                f"another amitui is using {self._path}", why="two processes must not run the same steps"
            )
        # Locked before it is renamed, so that no process finds the file of a live driver unlocked.
        temporary = f"{self._path}.{os.getpid()}.new"
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._handle: int | None = os.open(temporary, flags, 0o600)
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.replace(temporary, self._path)
            except BaseException:
                os.close(self._handle)
                raise
        except OSError as error:
            raise explain(error, _place(self._path)) from error

    def close(self) -> None:
        """Give the lock back; more than once does no harm."""
        if self._handle is None:
            return
        with suppress(OSError):
            os.unlink(self._path)
        os.close(self._handle)
        self._handle = None


def is_driven(directory: str, driver: str) -> bool:
    """Whether the process with this id is alive. One whose file is gone has ended normally.

    Raises:
        CacheError: that cannot be found out. No process may adopt its operations then.
    """
    path = _lock_path(directory, driver)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise explain(error, _place(path)) from error
    try:
        # Shared, so that two processes that check at the same time do not take each other for the driver.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        raise explain(error, _place(path)) from error
    finally:
        os.close(handle)
    return False


def _place(path: str) -> Place:
    return Place(
        f"the lock file {path}",
        elsewhere="make its folder writable, or choose another with AMITUI_STATE_DIR: "
        "operations are recorded there before they are sent",
        mend="check the disk",
    )


def sweep(directory: str) -> None:
    """Remove the lock files of drivers that died; a driver without a file counts as dead too."""
    with suppress(FileNotFoundError):
        for name in os.listdir(directory):
            driver = name.removesuffix(_SUFFIX)
            if driver != name and not is_driven(directory, driver):
                with suppress(OSError):
                    os.unlink(os.path.join(directory, name))


def _lock_path(directory: str, driver: str) -> str:
    if not driver or not driver.isalnum():
        # The id comes from the journal's data; it must not name a file elsewhere.
        raise CacheError("the journal names a driver that amitui did not make", why=repr(driver[:40]))
    return os.path.join(directory, driver + _SUFFIX)
