"""Where a catalogue is published: a folder, a web server or a bucket, as one small protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.plan import Listed
from amitui.errors import AmituiError, CacheError, NetworkError, UsageError


class Stored(NamedTuple):
    """An object that was read."""

    data: bytes
    version: str
    """Changes with its content; for `replace`."""


class StorageError(CacheError):
    """A published catalogue cannot be read or written."""


class Source(Protocol):
    """Objects by path, relative to one prefix, to be read. Paths are made by `names.py` alone.

    Every method raises an `AmituiError` in words for whatever keeps it from its work.
    """

    @property
    def title(self) -> str:
        """The address, as its user typed it."""
        ...

    async def get(self, path: str, most: int) -> Stored | None:
        """An object; `None`: there is none.

        Args:
            most: bytes at which reading ends with an error.
        """
        ...

    async def copy(self, path: str, write: Callable[[bytes], object], most: int) -> int | None:
        """Hand an object to `write` block by block: what it takes of memory does not grow with it.

        Args:
            write: raises nothing but `AmituiError`.
            most: bytes at which reading ends with an error.

        Returns:
            Its bytes; `None`: there is none.
        """
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


class Storage(Source, Protocol):
    """The same, to be written as well."""

    async def put(self, path: str, data: bytes) -> None:
        """Write an object whose path names its content. One that is there already is as good."""
        ...

    async def replace(self, path: str, data: bytes, version: str | None) -> bool:
        """Write an object if it is still the version that was read; `None`: if there is none yet.

        Returns:
            False if somebody else has written it meanwhile; nothing has changed then.
        """
        ...

    def listing(self, folder: str) -> AsyncIterator[Listed]:
        """The objects whose paths begin with `folder`."""
        ...

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; those that are gone already are passed over."""
        ...


class FileStorage(Storage, Protocol):
    """A place for large files."""

    async def put_file(self, path: str, local: str) -> None:
        """Put a local file in its place, in one step from a reader's view; the local one may be gone then."""
        ...

    async def size_of(self, path: str) -> int | None:
        """Bytes of a file; `None`: there is none."""
        ...

    async def drop_empty_folders(self, paths: Sequence[str]) -> None:
        """Delete the folders that held these files, where nothing else is in them."""
        ...


def too_large(title: str, path: str, most: int) -> AmituiError:
    """The words for an object that is larger than any that amitui publishes."""
    return StorageError(
        f"{path} of {title} is too large",
        why=f"it has more than {most:,} bytes, and nothing that amitui publishes has",
        remedy="check the address; publish it again with amitui publish",
    )


class Arrival:
    """Follows an object as it arrives, within bounds of size and time.

    Args:
        most: bytes.
    """

    def __init__(self, title: str, path: str, most: int) -> None:
        self._title, self._path, self._most = title, path, most
        # The least rate is that of the largest object of a published catalogue.
        self._seconds = limits.OBJECT_SECONDS * max(1.0, most / limits.CHUNK_BYTES)
        self._ends = time.monotonic() + self._seconds
        self.size = 0
        """Bytes that have come."""

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Give up what takes too long, also before the first block: the head of an answer may trickle in, too.

        Raises:
            NetworkError: it took too long.
        """
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except TimeoutError:
            raise _too_slow(self._title, self._path, self._seconds) from None

    def add(self, block: bytes) -> None:
        """Count a block.

        Raises:
            AmituiError: it is too much, or takes too long.
        """
        self.size += len(block)
        if self.size > self._most:
            raise too_large(self._title, self._path, self._most)
        if time.monotonic() > self._ends:
            raise _too_slow(self._title, self._path, self._seconds)


def _too_slow(title: str, path: str, seconds: float) -> AmituiError:
    """The words for an object of which something arrives again and again, and never the end."""
    return NetworkError(
        f"{path} of {title} did not arrive in time",
        why=f"it was not complete after {seconds:.0f} s",
        remedy="try again; check the network and the address",
        code="TooSlow",
    )


def read_only(title: str) -> UsageError:
    """The words for a place that can only be read."""
    return UsageError(
        f"{title} can be read only",
        why="amitui publishes to buckets and folders",
        remedy="amitui publish s3://BUCKET/PREFIX, or a folder that the web server shows",
    )
