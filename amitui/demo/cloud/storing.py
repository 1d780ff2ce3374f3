"""Images as objects in S3: stored, listed with their progress, restored under a new id.

The buckets are taken for granted: one is in the region in which it was first stored into, and its objects are
known to these operations only, not to S3's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.making import inherited, snapshot_work
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import invalid, require, specified_tags
from amitui.demo.seed.records import DAY, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.making import Making
    from amitui.demo.cloud.model import CloudImage, CloudSnapshot, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MOST_RESULTS: Final = 200
_LISTED_FOR: Final = 31 * DAY
"""Seconds for which a task is described."""


@dataclass(slots=True)
class _Task:
    """One CreateStoreImageTask; times in epoch seconds."""

    caller: Caller
    image_id: str
    gib: int
    bucket: str
    key: str
    began: float
    ends: float

    def described(self, now: float) -> Params:
        done = now >= self.ends
        percent = 100 if done else min(99, int(100 * (now - self.began) / (self.ends - self.began)))
        return {
            "AmiId": self.image_id,
            "TaskStartTime": stamp(int(self.began)),
            "Bucket": self.bucket,
            "S3objectKey": self.key,
            "ProgressPercentage": percent,
            "StoreTaskState": "Completed" if done else "InProgress",
        }


@dataclass(frozen=True, slots=True)
class _Stored:
    """What an object holds."""

    record: Params
    owner: str
    ready: float
    """When (epoch seconds) all of it has been written."""


class Storing:
    """CreateStoreImageTask, DescribeStoreImageTasks and CreateRestoreImageTask."""

    def __init__(self, world: World, making: Making) -> None:
        self._world = world
        self._making = making
        self._tasks: list[_Task] = []
        self._objects: dict[tuple[str, str], _Stored] = {}
        self._bucket_regions: dict[str, str] = {}
        self._restoring: list[tuple[Caller, CloudImage, int]] = []

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "CreateStoreImageTask": self.store,
            "DescribeStoreImageTasks": self.describe,
            "CreateRestoreImageTask": self.restore,
        }

    def store(self, caller: Caller, params: Params) -> Params:
        """CreateStoreImageTask."""
        require(params, "ImageId", "Bucket")
        image = self._world.usable_image(caller, params["ImageId"])
        self._check_storable(caller, image)
        bucket = self._bucket(caller, params["Bucket"])
        gib = _gib(image.record)
        now = self._world.now()
        busy = sum(task.gib for task in self._tasks if task.ends > now and task.caller == caller)
        if busy + gib > self._world.quotas.store_gib:
            raise CloudError(
                "ResourceLimitExceeded",
                f"More than {self._world.quotas.store_gib} GB would be stored at the same time.",
            )
        key = f"{image.image_id}.bin"
        ends = self._world.clock.after(snapshot_work(gib))
        self._tasks.append(_Task(caller, image.image_id, gib, bucket, key, now, ends))
        self._objects[bucket, key] = _Stored(image.record, caller.account, ends)
        self._bucket_regions[bucket] = caller.region
        return {"ObjectKey": key}

    def _check_storable(self, caller: Caller, image: CloudImage) -> None:
        record = image.record
        if image.owner != caller.account and caller.account not in image.shared_with:
            raise CloudError("AuthFailure", f"Not authorized for image:{image.image_id}", 403)
        if record.get("RootDeviceType") != "ebs":
            raise invalid("Only EBS-backed images can be stored.")
        if record.get("VirtualizationType") == "paravirtual":
            raise invalid("Paravirtual images cannot be stored.")
        if _gib(record) > self._world.quotas.tasks_image_gib:
            raise invalid(f"Images of more than {self._world.quotas.tasks_image_gib} GB cannot be stored.")

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeStoreImageTasks: the newest first, of the last 31 days."""
        ids = params.get("ImageIds", [])
        if ids and "MaxResults" in params:
            raise CloudError(
                "InvalidParameterCombination", "The parameter imageIds cannot be used with maxResults"
            )
        tests = [_test(given) for given in params.get("Filters", ())]
        now = self._world.now()
        self._tasks = [task for task in self._tasks if task.began > now - _LISTED_FOR]
        described = [
            task.described(now)
            for task in reversed(self._tasks)
            if task.caller == caller and (not ids or task.image_id in ids)
        ]
        listed = [record for record in described if all(test(record) for test in tests)]
        return page("StoreImageTaskResults", listed, caller, params, least=1, most=_MOST_RESULTS)

    def restore(self, caller: Caller, params: Params) -> Params:
        """CreateRestoreImageTask: the image gets a new id, and its old name unless another one is given."""
        require(params, "Bucket", "ObjectKey")
        bucket = self._bucket(caller, params["Bucket"])
        stored = self._objects.get((bucket, params["ObjectKey"]))
        if stored is None or stored.owner != caller.account or stored.ready > self._world.now():
            raise invalid(f"The object {params['ObjectKey']} does not exist in the bucket {bucket}.")
        given = specified_tags(params)
        name = params.get("Name") or str(stored.record["Name"])
        self._making.check_name(caller, {"Name": name})
        gib = _gib(stored.record)
        self._check_room(caller, gib)
        image_id = self._making.new_image_id(caller, name)
        mappings, snapshots = self._volumes(caller, stored.record, image_id, given["snapshot"])
        image = self._making.image(
            caller,
            {
                **inherited(stored.record),
                "BlockDeviceMappings": mappings,
                "Description": stored.record.get("Description"),
            },
            image_id=image_id,
            name=name,
            ready=self._making.ready_after(snapshots),
            tags=given["image"] or stored.record.get("Tags", ()),
        )
        self._restoring.append((caller, image, gib))
        return {"ImageId": image_id}

    def _volumes(
        self, caller: Caller, record: Params, image_id: str, tags: list[dict[str, str]]
    ) -> tuple[list[Params], list[CloudSnapshot]]:
        mappings: list[Params] = []
        snapshots: list[CloudSnapshot] = []
        for mapping in record.get("BlockDeviceMappings", ()):
            volume = mapping.get("Ebs", {})
            if "SnapshotId" not in volume:
                mappings.append(mapping)
                continue
            snapshot = self._making.snapshot(
                caller,
                "vol-ffffffff",
                int(volume["VolumeSize"]),
                key=volume.get("KmsKeyId", ""),
                tags=tags,
                description=f"Created by CreateRestoreImageTask for {image_id}",
            )
            snapshots.append(snapshot)
            mappings.append(mapping | {"Ebs": volume | {"SnapshotId": snapshot.snapshot_id}})
        return mappings, snapshots

    def _check_room(self, caller: Caller, gib: int) -> None:
        self._restoring = [entry for entry in self._restoring if entry[1].state == "pending"]
        busy = sum(size for whose, _, size in self._restoring if whose == caller)
        if busy + gib > self._world.quotas.restore_gib:
            raise CloudError(
                "ResourceLimitExceeded",
                f"More than {self._world.quotas.restore_gib} GB would be restored at the same time.",
            )

    def _bucket(self, caller: Caller, bucket: str) -> str:
        if not _BUCKET.fullmatch(bucket):
            raise invalid(f"The bucket name {bucket} is invalid.")
        if self._bucket_regions.get(bucket, caller.region) != caller.region:
            raise invalid(f"The bucket {bucket} is not in this Region.")
        return bucket


def _gib(record: Params) -> int:
    return sum(int(m["Ebs"].get("VolumeSize", 0)) for m in record.get("BlockDeviceMappings", ()) if "Ebs" in m)


def _test(given: Params) -> Callable[[Params], bool]:
    members = {"task-state": "StoreTaskState", "bucket": "Bucket"}
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    if name not in members:
        raise invalid(f"The filter '{name}' is invalid")
    return lambda record: matches(record[members[name]])
