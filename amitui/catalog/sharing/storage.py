"""Where a catalogue is published: a folder, a web server or a bucket, as one small protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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


def too_slow(title: str, path: str) -> AmituiError:
    """The words for an object of which something arrives again and again, and never the end."""
    return NetworkError(
        f"{path} of {title} did not arrive in time",
        why=f"it was not complete after {limits.OBJECT_SECONDS:.0f} s",
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
