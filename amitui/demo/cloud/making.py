"""How images and snapshots come to be: names that are free, ids, and the time that the work takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError, CloudImage, CloudSnapshot
from amitui.demo.cloud.rules import check_description, check_name, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

FINISHING: Final = 20.0
"""Seconds of EC2's work from the last snapshot's completion until the image is available."""
_FAILS_AFTER: Final = 60.0
"""Seconds of EC2's work until it turns out that something cannot be made."""

_INHERITED: Final = (
    "PlatformDetails", "UsageOperation", "ProductCodes", "EnaSupport", "Hypervisor", "Platform", "RootDeviceName",
    "RootDeviceType", "SriovNetSupport", "VirtualizationType", "BootMode", "TpmSupport", "ImdsSupport", "KernelId",
    "RamdiskId", "Architecture", "ImageType", "ImageWatermarks", "InstanceTypeSpecification",
)  # fmt: skip


def snapshot_work(gib: int) -> float:
    """Seconds of EC2's work that a snapshot of so large a volume takes: four minutes for 8 GiB, seven at most."""
    return min(420.0, 180.0 + 25.0 * math.log2(max(1, gib)))


def inherited(record: Params) -> Params:
    """What an image has of the one that it was made from."""
    return {member: record[member] for member in _INHERITED if member in record}


class Making:
    """Puts new images and snapshots into the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check_name(self, caller: Caller, params: Params) -> None:
        """Refuse a new image for its name or description, or because there are too many already."""
        require(params, "Name")
        name = params["Name"]
        check_name(name)
        check_description(params.get("Description", ""))
        region = self._world.region(caller.region)
        standing = 0
        for image in region.images:
            if image.owner == caller.account:
                standing += 1
                if image.name == name:
                    raise CloudError(
                        "InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image.image_id}"
                    )
        if standing >= self._world.quotas.images:
            raise CloudError(
                "ResourceLimitExceeded",
                f"You have reached your quota of {self._world.quotas.images} images in this Region.",
            )

    def snapshot(
        self,
        caller: Caller,
        volume_id: str,
        gib: int,
        *,
        key: str = "",
        tags: Sequence[dict[str, str]] = (),
        description: str = "",
        work: float | None = None,
        failure: str = "",
        **more: Any,
    ) -> CloudSnapshot:
        """A new snapshot whose data begins to be written now.

        Args:
            key: ARN of the key; empty for an unencrypted one.
            work: seconds of EC2's work, if not what its size takes.
            failure: the StateMessage with which it ends instead of completing.
            more: further members of Snapshot.
        """
        clock = self._world.clock
        snapshot_id = self._world.new_id("snap", caller.region, caller.account)
        record: Params = {
            "SnapshotId": snapshot_id,
            "OwnerId": caller.account,
            "VolumeId": volume_id,
            "VolumeSize": gib,
            "StartTime": self._world.stamp(),
            "Description": description,
            "Encrypted": bool(key),
            "KmsKeyId": key or None,
            "StorageTier": "standard",
            "ProductCodes": [],
            "Tags": list(tags) or None,
            **more,
        }
        lasts = _FAILS_AFTER if failure else snapshot_work(gib) if work is None else work
        snapshot = CloudSnapshot(record, clock.now(), clock.after(lasts), failure)
        self._world.region(caller.region).snapshots[snapshot_id] = snapshot
        return snapshot

    def image(
        self,
        caller: Caller,
        record: Params,
        *,
        image_id: str,
        name: str,
        ready: float,
        tags: Sequence[dict[str, str]] = (),
        failure: tuple[str, str] | None = None,
    ) -> CloudImage:
        """A new image, pending until `ready` (epoch seconds).

        Args:
            record: members of Image, other than those that every new one has.
            failure: code and message of the StateReason with which it ends instead of becoming available.
        """
        full = {
            "ImageLocation": f"{caller.account}/{name}",
            "Hypervisor": "xen",
            "ImageType": "machine",
            "DeregistrationProtection": "disabled",
            **record,
            "ImageId": image_id,
            "Name": name,
            "OwnerId": caller.account,
            "CreationDate": self._world.stamp(),
            "Public": False,
            "State": "pending",
            "Tags": list(tags) or None,
        }
        image = CloudImage({member: value for member, value in full.items() if value is not None}, failure=failure)
        self._world.region(caller.region).add(image)
        self._world.agenda.at(ready, lambda: self._world.finish(image))
        return image

    def new_image_id(self, caller: Caller, name: str) -> str:
        """The id for a new image."""
        return self._world.new_id("ami", caller.region, caller.account, name)

    def ready_after(self, snapshots: Sequence[CloudSnapshot]) -> float:
        """When (epoch seconds) an image of these snapshots is available, or has failed."""
        finishing = self._world.clock.after(FINISHING) - self._world.now()
        return max((snapshot.ends for snapshot in snapshots), default=self._world.now()) + finishing
