"""Where an image is that `amitui find` was asked for by its ID and that no cached Region holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.domain.catalogue.whereabouts import MOST_IDS, whereabouts
from amitui.errors import AmituiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.domain.catalogue.whereabouts import IdAnswer
    from amitui.services.composition import Services


def where_ids_are(services: Services, image_ids: Sequence[str], regions: Sequence[str]) -> Iterator[str]:
    """Ask EC2 in the Regions that were searched, then in the others, and say what it knows; one line at least."""
    wanted = list(dict.fromkeys(image_ids))[:MOST_IDS]
    remembered = {one: remembered_of(services, one) for one in wanted}
    try:
        answers = asyncio.run(_asked(services, wanted, regions))
    except AmituiError as error:
        yield f"{', '.join(wanted)} could not be asked for: {error.what}"
        for lines in remembered.values():
            yield from lines
        return
    for image_id in wanted:
        yield from whereabouts(image_id, answers, regions, remembered[image_id])


def remembered_of(services: Services, image_id: str) -> list[str]:
    """What is known of an image from before EC2 stopped to show it, a line for each."""
    from amitui.domain.catalogue.gone import gone_words

    return [gone_words(image) for image in services.catalogue.gone.named(image_id, services.members.accounts)]


async def _asked(services: Services, image_ids: Sequence[str], regions: Sequence[str]) -> list[IdAnswer]:
    try:
        return await services.aws.where_ids_are(image_ids, regions)
    finally:
        await services.close()
