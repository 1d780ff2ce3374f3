"""Confirming images: EC2 is asked for them by their ids, and what is cached brought in line with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.catalog.locks import ShardBusy
from amitui.domain.catalogue.whereabouts import Fate
from amitui.ec2.reads.images import images_by_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.catalog.sync.service import CatalogService
    from amitui.ec2.session import Ec2Connection


async def confirm(
    connection: Ec2Connection,
    writer: CatalogService,
    region: str,
    image_ids: Sequence[str],
    *,
    account: str | None,
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
