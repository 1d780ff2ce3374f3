"""The family of the image under the cursor: its page, and going to one of its builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import AmituiError, CacheError

if TYPE_CHECKING:
    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.ui.app import AmituiApp


async def family(host: AmituiApp) -> None:
    """Show the family's page, and go to the build that is chosen there."""
    from amitui.ui.actions.images import sent
    from amitui.ui.screens.family import FamilyScreen

    browse = host.browse
    row = browse.table.cursor_row
    if row is None:
        browse.notice("no image is selected")
        return
    try:
        found = await browse.search.relatives(row, (row.region,), host.services.session.account)
    except AmituiError as error:
        host.log_error(error, "reading the family")
        return
    builds = found.get(row.region)
    if not builds:
        browse.notice(f"{row.image_id} is no longer in the catalogue")
        return

    async def image_of(build: ImageRow) -> Image:
        place = browse.search.locate(build.key)
        image = None if place is None else await host.services.catalogue.image(place)
        # A key means nothing any more once the catalogue has changed.
        if image is None or image.summary.image_id != build.image_id:
            raise CacheError(f"{build.image_id} has just been replaced", remedy="open the family again")
        return image

    screen = FamilyScreen(
        builds,
        image_of,
        lambda build: sent(host, [build.image_id], [build])[0],
        now=host.services.now,
        ascii_only=browse.glyphs.ascii,
    )
    chosen: ImageRow | None = await host.push_screen_wait(screen)
    if chosen is not None:
        go_to(host, chosen)


def go_to(host: AmituiApp, row: ImageRow) -> None:
    """Put the cursor on an image; search for its ID where the view does not show it."""
    browse = host.browse
    keys = browse.loader.answer.keys
    if row.key in keys:
        browse.table.move_cursor(list(keys).index(row.key))
        current = browse.table.cursor_row
        if current is not None and current.image_id == row.image_id:
            return
    browse.change_view(text=row.image_id)
