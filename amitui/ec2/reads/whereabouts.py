"""Asks for an image by its ID in many Regions, one small call each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.whereabouts import Fate, IdAnswer
from amitui.ec2.convert import is_record, summary_of
from amitui.ec2.query import dicts
from amitui.ec2.reads.images import fate_of
from amitui.errors import AmituiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.ec2.session import Ec2Connection

AT_ONCE: Final = 8
"""Calls at the same time."""


async def ask_for_ids(
    connection: Ec2Connection, image_ids: Sequence[str], regions: Sequence[str]
) -> list[IdAnswer]:
    """What EC2 says of each ID in each Region; a Region that fails is one of the answers."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def ask(image_id: str, region: str) -> IdAnswer:
        async with limit:
            return await _ask(connection, image_id, region)

    return list(await asyncio.gather(*(ask(one, region) for one in image_ids for region in regions)))


async def _ask(connection: Ec2Connection, image_id: str, region: str) -> IdAnswer:
    try:
        answer = await connection.call(
            region,
            "describe_images",
            "find the image",
            ImageIds=[image_id],
            IncludeDeprecated=True,
            IncludeDisabled=True,
        )
    except AmituiError as error:
        return IdAnswer(image_id, region, *_fate(error))
    records = [record for record in dicts(answer.get("Images")) if is_record(record)]
    if not records:
        return IdAnswer(image_id, region, Fate.NOT_THERE)
    summary = summary_of(records[0])
    words = f"{summary.name or summary.description or '(no name)'}, owner {summary.owner_id}"
    return IdAnswer(image_id, region, Fate.FOUND, words)


def _fate(error: AmituiError) -> tuple[Fate, str]:
    fate = fate_of(error)
    return (Fate.NOT_ASKED, error.what) if fate is None else (fate, "")
