"""Makes an index of an older schema anew, beside the old one, which answers until the new one is whole.

A process that dies meanwhile leaves the new file as far as it is; the next one goes on with it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from amitui.catalog.index.opening import explained, is_damaged
from amitui.catalog.index.schema import SCHEMA_VERSION
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.sqlite_file import discard, identity_of, open_for_reading, replace
from amitui.errors import CacheError

BESIDE: Final = ".new"
"""Behind the name of the file that is made anew."""

_BUSY_MS: Final = 10_000


def is_outdated(path: str) -> bool:
    """Whether the file at a path is of an older schema.

    Raises:
        CacheError: it cannot be read or is damaged.
    """
    with explained(path):
        connection = open_for_reading(path, busy_ms=_BUSY_MS) if identity_of(path) is not None else None
        if connection is None:
            return False
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        finally:
            connection.close()
    return bool(0 < version < SCHEMA_VERSION)


def renew(path: str, region: str, fill: Callable[[CatalogIndex], object]) -> bool:
    """Make a file of an older schema anew, unless another process does; then wait for it.

    Args:
        path: the file's.
        region: whose index it is.
        fill: brings an index, empty or filled in part, in line with the segments.

    Returns:
        Whether the file was of an older schema.

    Raises:
        CacheError: the new file cannot be written; the old one is as it was.
    """
    if not is_outdated(path):
        if identity_of(path + BESIDE) is not None:
            _forget(path)
        return False
    with alone(path):
        if is_outdated(path):
            _build(path + BESIDE, region, fill)
            with explained(path):
                replace(path, path + BESIDE)
    return True


def _forget(path: str) -> None:
    """Delete what a process that died left of a file that is not wanted any more."""
    with alone(path):
        if not is_outdated(path):
            with explained(path):
                discard(path + BESIDE, identity_of(path + BESIDE))


def _build(path: str, region: str, fill: Callable[[CatalogIndex], object]) -> None:
    try:
        _fill(path, region, fill)
    except CacheError as error:
        if not is_damaged(error):
            raise
        with explained(path):
            discard(path, identity_of(path))
        _fill(path, region, fill)


def _fill(path: str, region: str, fill: Callable[[CatalogIndex], object]) -> None:
    with CatalogIndex.open(path, region) as index:
        fill(index)


@contextmanager
def alone(path: str) -> Iterator[None]:
    """While others wait who would do the same."""
    with explained(path):
        handle = os.open(f"{path}.renewal", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with explained(path):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
