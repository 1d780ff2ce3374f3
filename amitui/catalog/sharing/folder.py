"""A folder as the place of a published catalogue: a network file system, or what a web server shows."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.names import hash_of
from amitui.catalog.sharing.plan import Listed
from amitui.catalog.sharing.storage import Stored, too_large
from amitui.errors import CacheError
from amitui.os_faults import Place, explain

_T = TypeVar("_T")
_PARTIAL: Final = ".partial-"
"""Beginning of the names of files that are being written."""


class FolderStorage:
    """See `storage.Storage`. Files are written beside their places, synced and renamed.

    Readers of other users are let in as the folder itself lets them in: publishing is meant for others.

    Args:
        folder: absolute.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

        # It is no cache: neither clearing that nor moving it helps.
        self._named = Place(f"the folder {folder}", "use another folder for the catalogue", "check its disk")

    @property
    def title(self) -> str:
        return self._folder

    async def get(self, path: str, most: int) -> Stored | None:
        return await self._run(lambda: self._get(path, most))

    async def copy(self, path: str, write: Callable[[bytes], object], most: int) -> int | None:
        found = await self.get(path, most)  # a folder's files are read in place where they may be large
        if found is None:
            return None
        write(found.data)
        return len(found.data)

    async def put(self, path: str, data: bytes) -> None:
        await self._run(lambda: self._write(self._place(path), data))

    async def replace(self, path: str, data: bytes, version: str | None) -> bool:
        return await self._run(lambda: self._replace(path, data, version))

    async def listing(self, folder: str) -> AsyncIterator[Listed]:
        for one in await self._run(lambda: self._list(folder)):
            yield one

    async def delete(self, paths: Sequence[str]) -> None:
        def work() -> None:
            for path in paths:
                with suppress(FileNotFoundError):
                    os.unlink(self._place(path))

        await self._run(work)

    async def put_file(self, path: str, local: str) -> None:
        """Put a file of the same file system in its place; it is moved there."""
        await self._run(lambda: self._move(local, self._place(path)))

    async def size_of(self, path: str) -> int | None:
        """Bytes of what is there; `None`: nothing is."""

        def work() -> int | None:
            try:
                return os.lstat(self._place(path)).st_size
            except (FileNotFoundError, NotADirectoryError):
                return None

        return await self._run(work)

    async def drop_empty_folders(self, paths: Sequence[str]) -> None:
        """Delete the folders above these paths in which nothing is left."""

        def work() -> None:
            for path in paths:
                while path := os.path.dirname(path):
                    try:
                        os.rmdir(self._place(path))
                    except OSError:
                        break  # somebody has something there, or it is gone already

        await self._run(work)

    async def close(self) -> None:
        pass

    def _place(self, path: str) -> str:
        place = os.path.normpath(os.path.join(self._folder, path))
        if os.path.commonpath((place, self._folder)) != self._folder:
            raise CacheError(f"{path!r} leads out of {self._folder}")
        return place

    def _get(self, path: str, most: int) -> Stored | None:
        try:
            # What lies there is another's: no link is followed, and no pipe waited for.
            handle = os.open(self._place(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise CacheError(
                    f"{path} of {self._folder} is not a file",
                    why="it is a folder, a pipe or a device; nothing was read",
                    remedy="ask the owner of the folder; publish it again with amitui publish",
                )
            data = file.read(most + 1)
        if len(data) > most:
            raise too_large(self.title, path, most)
        return Stored(data, hash_of(data))

    def _write(self, place: str, data: bytes) -> None:
        folder = os.path.dirname(place)
        self._make(folder)
        partial = os.path.join(folder, f"{_PARTIAL}{secrets.token_hex(8)}")
        try:
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as file:
                file.write(data)
                file.flush()
                self._settle(file.fileno())
            os.replace(partial, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(partial)
            raise

    def _make(self, folder: str) -> None:
        """Make a folder with those above it; others are let in as the storage's own folder lets them in."""
        if os.path.isdir(folder):
            return
        if folder == self._folder:
            os.makedirs(folder, mode=0o755, exist_ok=True)
            return
        self._make(os.path.dirname(folder))
        with suppress(FileExistsError):
            os.mkdir(folder)
            os.chmod(folder, stat.S_IMODE(os.stat(self._folder).st_mode) | 0o700)

    def _settle(self, handle: int) -> None:
        """Make a file that is to be moved to its place durable, and readable for others as the folder is."""
        # amitui's umask keeps others out of its cache; who may read this is for the folder to say.
        os.fchmod(handle, stat.S_IMODE(os.stat(self._folder).st_mode) & 0o666 | 0o600)
        os.fsync(handle)

    def _move(self, local: str, place: str) -> None:
        self._make(os.path.dirname(place))
        handle = os.open(local, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._settle(handle)
        finally:
            os.close(handle)
        os.replace(local, place)

    def _replace(self, path: str, data: bytes, version: str | None) -> bool:
        place = self._place(path)
        self._make(os.path.dirname(place))
        lock = os.open(f"{place}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = self._get(path, limits.MANIFEST_BYTES)
            if (None if found is None else found.version) != version:
                return False
            self._write(place, data)
            return True
        finally:
            os.close(lock)

    def _list(self, folder: str) -> list[Listed]:
        found = []
        for root, _, names in os.walk(self._place(folder), onerror=_unless_gone):
            for name in names:
                place = os.path.join(root, name)
                with suppress(FileNotFoundError):
                    status = os.lstat(place)
                    path = os.path.relpath(place, self._folder)
                    found.append(Listed(path, status.st_size, int(status.st_mtime)))
        return found

    async def _run(self, work: Callable[[], _T]) -> _T:
        def explained() -> _T:
            try:
                return work()
            except OSError as error:
                raise explain(error, self._named) from error

        return await asyncio.to_thread(explained)


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
