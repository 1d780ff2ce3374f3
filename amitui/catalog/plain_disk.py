"""How diskcache keeps keys and values on disk, with pickle refused in both directions.

diskcache's own `Disk` unpickles whatever lies in its folder (CVE-2025-69872).
"""

from __future__ import annotations

from typing import Any

import diskcache
from diskcache.core import MODE_PICKLE

from amitui.errors import CacheError


class PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """A diskcache `Disk` for bytes, text and numbers, which refuses pickle in both directions."""

    def put(self, key: object) -> tuple[Any, bool]:
        """Refuse keys that diskcache would pickle."""
        if type(key) not in (bytes, str, int, float):
            raise TypeError(f"not a plain key: {type(key).__name__}")
        database_key, raw = super().put(key)
        if not raw:
            raise TypeError("the key would have to be pickled")
        return database_key, raw

    def get(self, key: Any, raw: bool) -> Any:
        """Refuse keys that were pickled."""
        if not raw:
            raise CacheError(*_PLANTED)
        return super().get(key, raw)

    def store(self, value: object, read: bool, key: object = diskcache.UNKNOWN) -> Any:
        """Refuse values that diskcache would pickle."""
        if read or type(value) not in (bytes, str, int, float):
            raise TypeError(f"not a plain value: {type(value).__name__}")
        columns = super().store(value, read, key=key)
        if columns[1] == MODE_PICKLE:  # an integer beyond 64 bits
            raise TypeError("the value would have to be pickled")
        return columns

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """Refuse values that were pickled, and file names that lead out of the folder."""
        if mode == MODE_PICKLE:
            raise CacheError(*_PLANTED)
        if filename is not None and (filename.startswith("/") or ".." in filename):
            raise CacheError(*_PLANTED)
        return super().fetch(mode, filename, value, read)


_PLANTED = ("the cache contains an entry that amitui did not write",)
