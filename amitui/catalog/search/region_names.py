"""Which regions the keys of a reader and of its siblings mean."""

from __future__ import annotations

from _thread import allocate_lock

from amitui.catalog.index.row_key import SLOTS
from amitui.errors import CacheError


class RegionNames:
    """Which slot of a key means which region, for a reader and its siblings."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._lock = allocate_lock()

    def slot(self, name: str) -> int:
        """The slot of a region, given to it when it is first asked for.

        Raises:
            CacheError: there is none left.
        """
        with self._lock:
            if name not in self._names:
                if len(self._names) == SLOTS:
                    raise CacheError(f"more than {SLOTS} regions are cached", remedy="amitui cache clear")
                self._names.append(name)
            return self._names.index(name)

    def name(self, slot: int) -> str | None:
        """The region of a slot; `None`: no region has it yet."""
        return self._names[slot] if slot < len(self._names) else None
