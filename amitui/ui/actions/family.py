"""The family of the image under the cursor: its page, the Regions that have it, and going to one of its builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.region_grid import FamilyAnswer, build_in, is_covered
from amitui.domain.commands.command import AppliesTo
from amitui.domain.region import PLACES, partition_of
from amitui.errors import AmituiError, CacheError

if TYPE_CHECKING:
    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.ui.app import AmituiApp

MOST_FAMILIES: Final = 8
"""Columns of the grid of Regions."""


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
        found = await browse.search.relatives(row, (row.region,), host.services.members.accounts)
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
    screen.offer(host.user_commands.for_pane(AppliesTo.FAMILY, AppliesTo.IMAGE))
    chosen: ImageRow | None = await host.push_screen_wait(screen)
    if chosen is not None:
        go_to(host, chosen)


def go_to(host: AmituiApp, row: ImageRow) -> None:
    """Put the cursor on an image; search for its ID where the view does not show it."""
    browse = host.browse
    if browse.table.move_to_row(row.key):
        current = browse.table.cursor_row
        if current is not None and current.image_id == row.image_id:
            return
    browse.change_view(text=row.image_id)


async def family_regions(host: AmituiApp) -> None:
    """Show which Regions have the families of the marked images, or of the one under the cursor."""
    from amitui.ui.actions.images import open_image, selected, sent
    from amitui.ui.screens.region_grid import RegionGridScreen

    browse, session = host.browse, host.services.session
    images = selected(host)[:MOST_FAMILIES]
    if not images:
        browse.notice("no image is selected")
        return
    try:
        answers = [await cached_answers(host, image) for image in images]
    except AmituiError as error:
        host.log_error(error, "reading the family")
        return
    why_not = ""
    if host.services.settings.offline:
        why_not = "amitui is offline: start without --offline to ask EC2"
    elif session.account is None:
        why_not = "not signed in to AWS, so EC2 cannot be asked"
    screen = RegionGridScreen(
        images,
        answers,
        why_not or host.services.aws.family_elsewhere,
        lambda lines: sent(host, list(lines), [])[0],
        now=host.services.now,
        ascii_only=browse.glyphs.ascii,
    )
    region: str | None = await host.push_screen_wait(screen)
    chosen = screen.build
    if region is not None and chosen is not None:
        open_image(host, chosen.region, chosen.image_id)


async def cached_answers(host: AmituiApp, image: ImageRow) -> dict[str, FamilyAnswer]:
    """What the cache says of a family, by every Region that the account can use."""
    search, session = host.browse.search, host.services.session
    partition = partition_of(image.region)
    cached = await search.cached_regions()
    known = [region.name for region in session.known_regions() if region.enabled] or list(PLACES)
    names = sorted(name for name in {*known, *cached, image.region} if partition_of(name) == partition)
    names.sort(key=lambda name: name != image.region)
    found = await search.relatives(image, names, host.services.members.accounts)
    place = search.locate(image.key)
    statuses = await search.shards(cached)
    answers = {}
    for name in names:
        builds = tuple(build_in(name, row) for row in found.get(name, ()))
        here = [status for status in statuses if status.shard.region == name]
        complete = place is not None and is_covered(here, place.shard.owner_scope, host.services.members.accounts)
        answers[name] = FamilyAnswer(builds, complete, "" if complete or builds else "not cached")
    return answers
