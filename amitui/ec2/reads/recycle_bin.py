"""Lists what is in a region's recycle bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.operations.recycle_bin import Bin, BinImage, BinSnapshot
from amitui.ec2.convert import sanitize
from amitui.ec2.query import listed, text_of
from amitui.ec2.session import Ec2Connection

_PAGE: Final = 1000


async def recycle_bin(connection: Ec2Connection, region: str) -> Bin:
    """The caller's images and snapshots in the region's bin, those that leave it first in front.

    Raises:
        AwsError: in words.
    """
    what = (region, "list_images_in_recycle_bin", "list the images in the Recycle Bin")
    images = [_image(region, entry) for entry in await listed(connection.call, "Images", *what, MaxResults=_PAGE)]
    what = (region, "list_snapshots_in_recycle_bin", "list the snapshots in the Recycle Bin")
    snapshots = [
        _snapshot(region, entry) for entry in await listed(connection.call, "Snapshots", *what, MaxResults=_PAGE)
    ]
    return Bin(
        tuple(sorted(images, key=lambda image: (image.leaves or 0, image.image_id))),
        tuple(sorted(snapshots, key=lambda snapshot: (snapshot.leaves or 0, snapshot.snapshot_id))),
    )


def _image(region: str, entry: Mapping[str, Any]) -> BinImage:
    return BinImage(
        sanitize(region),
        text_of(entry, "ImageId"),
        text_of(entry, "Name"),
        text_of(entry, "Description"),
        epoch_seconds(entry.get("RecycleBinEnterTime")),
        epoch_seconds(entry.get("RecycleBinExitTime")),
    )


def _snapshot(region: str, entry: Mapping[str, Any]) -> BinSnapshot:
    return BinSnapshot(
        sanitize(region),
        text_of(entry, "SnapshotId"),
        text_of(entry, "Description"),
        text_of(entry, "VolumeId"),
        epoch_seconds(entry.get("RecycleBinEnterTime")),
        epoch_seconds(entry.get("RecycleBinExitTime")),
    )
