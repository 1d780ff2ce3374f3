"""Fills the detail pane: the record from the cache at once, what only EC2 can tell a moment later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from amitui.domain.details import detail_groups
from amitui.errors import AmituiError
from amitui.presentation.reading_order import in_reading_order

if TYPE_CHECKING:
    from amitui.catalog.search import CatalogSearch
    from amitui.domain.row import ImageRow
    from amitui.services import Services
    from amitui.widgets.detail_pane import DetailPane

REST_S: Final = 0.3
"""How long the cursor rests on an own image before EC2 is asked whom it is shared with."""


class Inspection:
    """Shows images in a detail pane, one at a time; a call that a later one replaces is to be cancelled."""

    def __init__(self, services: Services, search: CatalogSearch) -> None:
        self._services = services
        self._search = search
        self._permissions: dict[tuple[str, str], tuple[str, ...]] = {}
        """By region and image id, as told since the last refresh."""

    def forget(self) -> None:
        """Ask anew about launch permissions: own images were refreshed."""
        self._permissions.clear()

    async def show(self, pane: DetailPane, row: ImageRow | None) -> None:
        """Show an image, or that there is none."""
        if row is None:
            pane.show_nothing("No image under the cursor.")
            return
        services = self._services
        try:
            place = self._search.chunk_of(row.key)
            if place is None:
                pane.show_nothing("This image has just gone.")
                return
            image = await services.image(place[0], place[1], place[2])
        except AmituiError as error:
            pane.show_error(row.image_id, error)
            return
        account, now = services.account, services.now()
        known = self._permissions.get((row.region, row.image_id))
        groups = detail_groups(image, viewer_account=account, now=now, shared_with=known)
        pane.show(row.image_id, in_reading_order(groups), image.record)
        if known is None and account and row.owner_id == account and not services.settings.offline:
            # Scrolling past an image is no reason to ask about it.
            await asyncio.sleep(REST_S)
            told = await self._ask(row)
            if told is not None and pane.is_attached:
                groups = detail_groups(image, viewer_account=account, now=now, shared_with=told)
                pane.renew_groups(in_reading_order(groups))

    async def _ask(self, row: ImageRow) -> tuple[str, ...] | None:
        try:
            told = tuple(await self._services.launch_permissions(row.region, row.image_id))
        except AmituiError:
            # Reading them takes a permission of its own, and the pane is as good without.
            return None
        self._permissions[row.region, row.image_id] = told
        return told
