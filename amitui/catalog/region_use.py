"""When each cached Region was last used: the time of an empty file for each, beside the indexes.

No process reads, changes and writes a list: two of them never lose what the other noted. It is a hint: where it
cannot be written, nothing is lost but the order in which Regions make room.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from amitui.catalog.sqlite_file import identity_of
from amitui.errors import CacheError
from amitui.paths import Locations, private_dir

NOTED_EVERY_S: Final = 600
"""Least time between two notes of one Region: a view is loaded with each letter that is typed."""


class RegionUse:
    """Notes and tells when Regions were used.

    Args:
        locations: of the cache.
        now: seconds since the epoch.
    """

    def __init__(self, locations: Locations, now: Callable[[], int]) -> None:
        self._folder = locations.use_dir
        self._index_dir = locations.index_dir
        self._now = now
        self._noted: dict[str, int] = {}

    def note(self, regions: Iterable[str]) -> None:
        """These are in use now; of those that are not cached nothing is noted."""
        now = self._now()
        for region in regions:
            is_due = abs(now - self._noted.get(region, 0)) >= NOTED_EVERY_S
            if is_due and identity_of(os.path.join(self._index_dir, f"{region}.sqlite")):
                self._noted[region] = now
                self._write(region, now)

    def last_used(self, region: str) -> int:
        """Seconds since the epoch; 0: nobody has noted it."""
        try:
            return int(os.lstat(self._path(region)).st_mtime)
        except OSError:
            return 0

    def forget(self, region: str) -> None:
        """It is no longer cached."""
        self._noted.pop(region, None)
        with suppress(OSError):
            os.unlink(self._path(region))

    def _path(self, region: str) -> str:
        return os.path.join(self._folder, region)

    def _write(self, region: str, now: int) -> None:
        with suppress(OSError, CacheError):
            private_dir(self._folder)
            os.close(os.open(self._path(region), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            os.utime(self._path(region), (now, now))
