"""Confirming images: EC2 is asked for them by their ids, and what is cached brought in line with the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.catalog.locks import ShardBusy
from amitui.domain.catalogue.whereabouts import Fate
from amitui.ec2.reads.images import images_by_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.catalog.search.view import CatalogReader
    from amitui.catalog.sync.service import CatalogService
    from amitui.domain.image.row import ImageRow
    from amitui.ec2.session import Ec2Connection
    from amitui.services.members import Member, Members


async def confirm(
    connection: Ec2Connection,
    writer: CatalogService,
    region: str,
    image_ids: Sequence[str],
    account: str | None,
    *,
    tries: int,
) -> dict[str, Fate]:
    """See `Catalogue.confirm`."""
    found = await images_by_id(connection, region, image_ids)
    # EC2 describes a deregistered image for a while.
    left = [record["ImageId"] for record in found.records if record.get("State") == "deregistered"]
    gone = {**found.gone, **dict.fromkeys(left, Fate.DEREGISTERED)}
    records = {record["ImageId"]: record for record in found.records if record["ImageId"] not in gone}
    if not await writer.refresh_rows(region, account or "", image_ids, records, fates=gone, tries=tries):
        raise ShardBusy(
            f"the images of {region} are being fetched by another amitui", remedy="try again when it has ended"
        )
    return gone


async def by_member(
    reader_of: Callable[[], CatalogReader], members: Members, region: str, image_ids: Sequence[str]
) -> dict[Member, list[str]]:
    """The images by the member with whose credentials they are asked for.

    Args:
        reader_of: makes a reader of the cache, for a thread.
    """
    if not members.several:
        return {members.first: list(image_ids)}
    accounts = members.accounts

    def seen() -> dict[str, ImageRow]:
        with reader_of() as reader:
            rows = (row for one in image_ids for row in reader.find_image(one, accounts, (region,)))
            return {row.image_id: row for row in rows}

    rows = await asyncio.to_thread(seen)
    found: dict[Member, list[str]] = {}
    for image_id in image_ids:
        row = rows.get(image_id)
        found.setdefault(members.first if row is None else members.owner_of(row), []).append(image_id)
    return found
