"""Lists what is in a region's recycle bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.recycle_bin import Bin, BinImage, BinSnapshot
from amitui.ec2.convert import epoch_seconds, sanitize
from amitui.ec2.launch_sources import pages
from amitui.ec2.session import Ec2Connection

_PAGE: Final = 1000


async def recycle_bin(connection: Ec2Connection, region: str) -> Bin:
    """The caller's images and snapshots in the region's bin, those that leave it first in front.

    Raises:
        AwsError: in words.
    """
    images: list[BinImage] = []
    snapshots: list[BinSnapshot] = []
    action = "list the images in the recycle bin"
    async for answer in pages(connection, region, "list_images_in_recycle_bin", action, MaxResults=_PAGE):
        images += [_image(region, entry) for entry in answer.get("Images", [])]
    action = "list the snapshots in the recycle bin"
    async for answer in pages(connection, region, "list_snapshots_in_recycle_bin", action, MaxResults=_PAGE):
        snapshots += [_snapshot(region, entry) for entry in answer.get("Snapshots", [])]
    return Bin(
        tuple(sorted(images, key=lambda image: (image.leaves or 0, image.image_id))),
        tuple(sorted(snapshots, key=lambda snapshot: (snapshot.leaves or 0, snapshot.snapshot_id))),
    )


def _image(region: str, entry: Mapping[str, Any]) -> BinImage:
    return BinImage(
        sanitize(region),
        _text(entry, "ImageId"),
        _text(entry, "Name"),
        _text(entry, "Description"),
        epoch_seconds(entry.get("RecycleBinEnterTime")),
        epoch_seconds(entry.get("RecycleBinExitTime")),
    )


def _snapshot(region: str, entry: Mapping[str, Any]) -> BinSnapshot:
    return BinSnapshot(
        sanitize(region),
        _text(entry, "SnapshotId"),
        _text(entry, "Description"),
        _text(entry, "VolumeId"),
        epoch_seconds(entry.get("RecycleBinEnterTime")),
        epoch_seconds(entry.get("RecycleBinExitTime")),
    )


def _text(entry: Mapping[str, Any], name: str) -> str:
    return sanitize(str(entry.get(name) or ""))
