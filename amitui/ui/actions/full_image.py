"""Reading the full image behind a row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import CacheError

if TYPE_CHECKING:
    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.ui.app import AmituiApp


async def full_image(host: AmituiApp, row: ImageRow) -> Image:
    """The image.

    Raises:
        CacheError: the catalogue has changed since the row was read, after which its key means nothing or another.
    """
    place = host.browse.search.locate(row.key)
    image = None if place is None else await host.services.catalogue.image(place)
    if image is None or image.summary.image_id != row.image_id:
        raise CacheError(f"{row.image_id} was just replaced by a refresh", remedy="try again")
    return image
