"""Reads the images that a fleet stands on: each by its id, and of those that are gone what EC2 still knows.

Asked for by their ids whatever is cached: whether an image can still be launched is what an audit is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.audit import image_ids
from amitui.domain.fleet.audit_image import audited
from amitui.domain.fleet.findings import AuditImage
from amitui.domain.fleet.inventory import FleetInventory
from amitui.ec2.convert import is_record, summary_of
from amitui.ec2.query import batches, dicts, pages
from amitui.ec2.reads.images import IDS_PER_CALL, ImagesById, images_by_id
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError

_AT_ONCE: Final = 4
"""Calls side by side."""
_DEREGISTERED: Final = "deregistered"


async def fleet_images(connection: Ec2Connection, inventory: FleetInventory) -> dict[str, AuditImage]:
    """The images that something stands on, by id; every id of the inventory has an entry.

    Never raises an `AwsError`: of what could not be read, `AuditImage.why_unknown` says why.
    """
    region, account = inventory.region, inventory.account
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(ids: Sequence[str]) -> tuple[Sequence[str], ImagesById | AmituiError]:
        async with gate:
            try:
                return ids, await images_by_id(connection, region, ids)
            except AmituiError as error:
                return ids, error

    found: dict[str, AuditImage] = {}
    for ids, answer in await asyncio.gather(*map(read, batches(image_ids(inventory), IDS_PER_CALL))):
        if isinstance(answer, AmituiError):
            found |= {one: AuditImage(one, Fate.NOT_ASKED, why_unknown=answer.what) for one in ids}
            continue
        found |= {one: AuditImage(one, fate) for one, fate in answer.gone.items()}
        for record in answer.records:
            summary = summary_of(record)
            # EC2 describes a deregistered image for a while.
            fate = Fate.DEREGISTERED if summary.state == _DEREGISTERED else Fate.FOUND
            found[summary.image_id] = audited(summary, account, fate)
    for image_id, (summary_record, architecture) in (await _gone(connection, inventory, found)).items():
        known = audited(summary_of(summary_record), account, found[image_id].fate)
        # EC2 does not tell the platform here, and hides what the account's Allowed AMIs setting excludes.
        hidden = not known.allowed and known.state == "available"
        fate = Fate.FOUND if hidden else Fate.DEREGISTERED if known.state == _DEREGISTERED else known.fate
        found[image_id] = known._replace(architecture=architecture, fate=fate)
    return found


async def _gone(
    connection: Ec2Connection, inventory: FleetInventory, found: Mapping[str, AuditImage]
) -> dict[str, tuple[dict[str, Any], str]]:
    """What EC2 knows of images that it does not list, by the instances that run them: record and architecture.

    Source: DescribeInstanceImageMetadata, of one instance an image.
    """
    lost = (Fate.DEREGISTERED, Fate.NOT_SHARED, Fate.NOT_THERE)
    wanted = {one.image_id: one for one in inventory.instances if one.image_id in found}
    instances = {
        one.instance_id: one
        for one in wanted.values()
        if found[one.image_id].fate in lost and not found[one.image_id].name
    }
    known: dict[str, tuple[dict[str, Any], str]] = {}
    for ids in batches(sorted(instances), IDS_PER_CALL):
        try:
            answers = pages(
                connection.call,
                inventory.region,
                "describe_instance_image_metadata",
                "read what is known of images that are gone",
                InstanceIds=ids,
            )
            async for answer in answers:
                for entry in dicts(answer.get("InstanceImageMetadata")):
                    record, instance = entry.get("ImageMetadata"), instances.get(str(entry.get("InstanceId")))
                    if instance is not None and isinstance(record, dict) and is_record(record):
                        known[instance.image_id] = _as_image(record, instance.image_id), instance.architecture
        except AmituiError:
            continue  # that they are gone is known; only their names are not
    return known


def _as_image(metadata: Mapping[str, Any], image_id: str) -> dict[str, Any]:
    """The metadata in the words of DescribeImages."""
    public = metadata.get("IsPublic")
    return {**metadata, "ImageId": image_id, "Public": public}
