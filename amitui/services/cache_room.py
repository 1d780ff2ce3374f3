"""How large the cache of an endpoint may be, and what makes room in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from amitui.catalog.region_use import RegionUse
from amitui.defects import only_amitui_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from amitui.catalog.retention import Trimmed
    from amitui.catalog.sync.service import CatalogService
    from amitui.settings import Settings


@only_amitui_errors()
class CacheRoom:
    """The limit of the cache.

    Args:
        writer: the catalogue's writing side.
        now: seconds since the epoch.
    """

    def __init__(self, settings: Settings, writer: Callable[[], CatalogService], now: Callable[[], int]) -> None:
        self._settings = settings
        self._writer = writer
        self._now = now

    @cached_property
    def use(self) -> RegionUse:
        """When each Region was last used."""
        return RegionUse(self._settings.locations, self._now)

    @property
    def limit_bytes(self) -> int:
        """How large the cache may be; 0: there is no limit."""
        return int(self._settings.cache_limit_mb * 1_000_000)

    async def trim(self, keep: Collection[str] = ()) -> Trimmed | None:
        """Bring the cache within its limit; `None` when it has none.

        Args:
            keep: Regions that stay whatever the limit: those in view.

        Raises:
            CacheError: it cannot be written.
        """
        limit = self.limit_bytes
        return await self._writer().trim(limit_bytes=limit, keep=keep) if limit else None
