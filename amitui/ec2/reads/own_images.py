"""Reads all own images of a Region with their snapshots, disabled ones too: what clean-ups judge.

Two calls as a rule: DescribeImages and DescribeSnapshots, both of the account's own. Only their owner sees when an
image was last launched, and only he sees disabled ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from amitui.domain.costs import StoredSnapshot
from amitui.domain.image.family import family_of
from amitui.domain.image.image import Image
from amitui.domain.image.publishers import BACKUP_ALIAS
from amitui.domain.retention.own_image import OwnImage
from amitui.ec2.convert import images_of
from amitui.ec2.query import dicts, pages, text_of, whole
from amitui.ec2.reads.images import ImagesRequest, image_pages
from amitui.ec2.reads.launch_sources import cannot_tell
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError

_PAGE: Final = 1000
_GIB: Final = 1024**3
_ARCHIVE: Final = "archive"


class OwnImages(NamedTuple):
    """The own images of a Region."""

    images: tuple[OwnImage, ...]
    unknown: tuple[str, ...] = ()
    """What could not be read of them, a sentence each; it makes estimates larger, and nothing else."""


async def own_images(connection: Ec2Connection, region: str) -> OwnImages:
    """All own images of a Region that are registered.

    Raises:
        AwsError: the images could not be listed.
    """
    request = ImagesRequest(owners=("self",), include_disabled=True)
    found: list[Image] = []
    async for page in image_pages(connection, region, request):
        found += images_of(page.records, region)
    unknown: tuple[str, ...] = ()
    try:
        sizes = await _snapshot_sizes(connection, region)
    except AmituiError as error:
        # The sizes of the volumes are an upper bound as well.
        sizes, unknown = {}, (cannot_tell("how large the snapshots are", error),)
    # EC2 lists a deregistered image for a while.
    there = [image for image in found if image.summary.state != "deregistered"]
    return OwnImages(tuple(_own_image(image, sizes) for image in there), unknown)


async def _snapshot_sizes(connection: Ec2Connection, region: str) -> Mapping[str, tuple[int, bool]]:
    """Full size in bytes (0 = EC2 does not say) and whether it is archived, by the snapshot's id."""
    found: dict[str, tuple[int, bool]] = {}
    answers = pages(
        connection.call,
        region,
        "describe_snapshots",
        "list the snapshots",
        OwnerIds=["self"],
        MaxResults=_PAGE,
    )
    async for answer in answers:
        for entry in dicts(answer.get("Snapshots")):
            size = whole(entry.get("FullSnapshotSizeInBytes")) or 0
            found[text_of(entry, "SnapshotId")] = size, text_of(entry, "StorageTier") == _ARCHIVE
    return found


def _own_image(image: Image, sizes: Mapping[str, tuple[int, bool]]) -> OwnImage:
    summary = image.summary
    return OwnImage(
        region=image.region,
        image_id=summary.image_id,
        name=summary.name,
        family=family_of(summary.name),
        architecture=summary.architecture,
        created=summary.created,
        last_launched=summary.last_launched,
        deprecated=summary.deprecated,
        state=summary.state,
        protection=image.deregistration_protection,
        backup=summary.owner_alias == BACKUP_ALIAS,
        public=image.record.get("Public") is True,
        source_image_id=image.source_image_id,
        source_region=image.source_image_region,
        from_instance=bool(image.source_instance_id),
        snapshots=tuple(_snapshots(image, sizes)),
    )


def _snapshots(image: Image, sizes: Mapping[str, tuple[int, bool]]) -> list[StoredSnapshot]:
    """The snapshots of its volumes, each once."""
    found: dict[str, StoredSnapshot] = {}
    for device in image.block_devices:
        if device.snapshot_id:
            size, archived = sizes.get(device.snapshot_id, (0, False))
            gib = size / _GIB if size else float(device.volume_size_gib or 0)
            found.setdefault(device.snapshot_id, StoredSnapshot(device.snapshot_id, gib, archived))
    return list(found.values())
