"""The Recycle Bin: what a retention rule keeps of deregistered images and deleted snapshots, and for how long.

The rules themselves belong to another service; here they are a setting of the cloud, by account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError, CloudImage, CloudSnapshot
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import check_image_id, check_snapshot_id, invalid, require
from amitui.demo.cloud.world import no_snapshot, not_found
from amitui.demo.seed.records import DAY, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import Region, World
    from amitui.demo.seed.accounts import Caller

_MOST_IMAGE_IDS: Final = 20
_MOST_RESULTS: Final = 1000
_FEWEST_SNAPSHOT_RESULTS: Final = 5


@dataclass(frozen=True, slots=True)
class Retention:
    """An account's retention rules, the same ones in every region."""

    image_days: float
    snapshot_days: float
    """Not fewer than `image_days`: images cannot be restored without their snapshots."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something in the bin; times in epoch seconds."""

    thing: CloudImage | CloudSnapshot
    entered: float
    leaves: float

    def times(self) -> Params:
        """The members in which both lists give the times."""
        return {"RecycleBinEnterTime": stamp(int(self.entered)), "RecycleBinExitTime": stamp(int(self.leaves))}


class RecycleBin:
    """The bins of all accounts in all regions, and the operations on them."""

    def __init__(self, world: World, retention: Mapping[str, Retention]) -> None:
        self._world = world
        self._retention = retention
        self._kept: dict[tuple[str, str], Kept] = {}

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "ListImagesInRecycleBin": self.list_images,
            "RestoreImageFromRecycleBin": self.restore_image,
            "ListSnapshotsInRecycleBin": self.list_snapshots,
            "RestoreSnapshotFromRecycleBin": self.restore_snapshot,
        }

    def keep_image(self, region: str, image: CloudImage) -> bool:
        """Keep an image that is about to be deregistered; False where no rule matches it."""
        rule = self._retention.get(image.owner)
        if rule is None or image.record.get("RootDeviceType") != "ebs" or image.state == "failed":
            return False
        copy = CloudImage(image.record, image.shared_with)
        self._keep(region, image.image_id, copy, rule.image_days)
        return True

    def keep_snapshot(self, region: str, snapshot: CloudSnapshot) -> bool:
        """Keep a snapshot that is about to be deleted; False where no rule matches it."""
        rule = self._retention.get(snapshot.owner)
        if rule is None:
            return False
        self._keep(region, snapshot.snapshot_id, snapshot, rule.snapshot_days)
        return True

    def _keep(self, region: str, thing_id: str, thing: CloudImage | CloudSnapshot, days: float) -> None:
        now = self._world.now()
        kept = Kept(thing, now, now + days * DAY)
        self._kept[region, thing_id] = kept

        def leave() -> None:
            if self._kept.get((region, thing_id)) is kept:
                del self._kept[region, thing_id]

        self._world.agenda.at(kept.leaves, leave)

    def _of(self, caller: Caller, kind: type[Any]) -> dict[str, Kept]:
        return {
            thing_id: kept
            for (region, thing_id), kept in sorted(self._kept.items(), key=lambda item: item[0])
            if region == caller.region and isinstance(kept.thing, kind) and kept.thing.owner == caller.account
        }

    def list_images(self, caller: Caller, params: Params) -> Params:
        """ListImagesInRecycleBin."""
        kept, ids = self._of(caller, CloudImage), params.get("ImageIds", [])
        for image_id in ids:
            check_image_id(image_id)
        if len(ids) > _MOST_IMAGE_IDS:
            raise invalid(f"At most {_MOST_IMAGE_IDS} image ids can be given")
        missing = [image_id for image_id in ids if image_id not in kept]
        if missing:
            raise not_found(missing)
        listed = [
            {"ImageId": image_id, "Name": image.name, "Description": image.record.get("Description")}
            | entry.times()
            for image_id, entry in kept.items()
            if (not ids or image_id in ids) and isinstance(image := entry.thing, CloudImage)
        ]
        return page("Images", listed, caller, params, least=1, most=_MOST_RESULTS)

    def list_snapshots(self, caller: Caller, params: Params) -> Params:
        """ListSnapshotsInRecycleBin."""
        kept, ids = self._of(caller, CloudSnapshot), params.get("SnapshotIds", [])
        for snapshot_id in ids:
            check_snapshot_id(snapshot_id)
            if snapshot_id not in kept:
                raise no_snapshot(snapshot_id)
        listed = [
            {
                "SnapshotId": snapshot_id,
                "Description": snapshot.record.get("Description"),
                "VolumeId": snapshot.record.get("VolumeId"),
            }
            | entry.times()
            for snapshot_id, entry in kept.items()
            if (not ids or snapshot_id in ids) and isinstance(snapshot := entry.thing, CloudSnapshot)
        ]
        return page("Snapshots", listed, caller, params, least=_FEWEST_SNAPSHOT_RESULTS, most=_MOST_RESULTS)

    def restore_image(self, caller: Caller, params: Params) -> Params:
        """RestoreImageFromRecycleBin: with its shares, but only after its snapshots."""
        require(params, "ImageId")
        image_id = params["ImageId"]
        check_image_id(image_id)
        kept = self._of(caller, CloudImage).get(image_id)
        if kept is None or not isinstance(kept.thing, CloudImage):
            raise not_found([image_id])
        region, image = self._world.region(caller.region), kept.thing
        for snapshot_id in image.snapshot_ids:
            if snapshot_id not in region.snapshots:
                raise no_snapshot(snapshot_id)
        _check_name_is_free(region, image)
        del self._kept[caller.region, image_id]
        region.gone.pop(image_id, None)
        region.history.pop(image_id, None)
        region.add(image)
        if image.state == "pending":
            ends = max(region.snapshots[snapshot_id].ends for snapshot_id in image.snapshot_ids)
            self._world.agenda.at(ends, lambda: self._world.finish(image))
        return {"Return": True}

    def restore_snapshot(self, caller: Caller, params: Params) -> Params:
        """RestoreSnapshotFromRecycleBin: `recovering` in the answer, as in AWS's example, and complete at once."""
        require(params, "SnapshotId")
        snapshot_id = params["SnapshotId"]
        check_snapshot_id(snapshot_id)
        kept = self._of(caller, CloudSnapshot).get(snapshot_id)
        if kept is None or not isinstance(kept.thing, CloudSnapshot):
            raise no_snapshot(snapshot_id)
        del self._kept[caller.region, snapshot_id]
        self._world.region(caller.region).snapshots[snapshot_id] = kept.thing
        return kept.thing.seen_at(self._world.now()) | {"State": "recovering"}


def _check_name_is_free(region: Region, image: CloudImage) -> None:
    """Refuse an image whose name another one took meanwhile; its own lingering self does not count."""
    for other in region.owned(image.owner):
        if other.name == image.name and other.image_id != image.image_id:
            raise CloudError(
                "InvalidAMIName.Duplicate", f"AMI name {image.name} is already in use by AMI {other.image_id}"
            )
