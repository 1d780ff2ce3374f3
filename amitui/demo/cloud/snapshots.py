"""The EBS snapshots behind images: their progress, making them of volumes, deleting those that nothing needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import ACCOUNT_ID, check_snapshot_id, invalid, require, specified_tags
from amitui.demo.cloud.world import no_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.making import Making
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.recycle_bin import RecycleBin
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_MOST_RESULTS: Final = 1000
_FEWEST_RESULTS: Final = 5
PER_VOLUME: Final = 15.0
"""Seconds of EC2's work that must lie between two snapshots of one volume."""

_FILTERS: Final = {
    "description": "Description",
    "encrypted": "Encrypted",
    "owner-id": "OwnerId",
    "progress": "Progress",
    "snapshot-id": "SnapshotId",
    "start-time": "StartTime",
    "status": "State",
    "storage-tier": "StorageTier",
    "volume-id": "VolumeId",
    "volume-size": "VolumeSize",
}


class Snapshots:
    """DescribeSnapshots, CreateSnapshot and DeleteSnapshot; each account sees its own."""

    def __init__(self, world: World, making: Making, recycle_bin: RecycleBin, instances: Instances) -> None:
        self._world = world
        self._making = making
        self._bin = recycle_bin
        self._instances = instances
        self._taken: dict[str, float] = {}

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "DescribeSnapshots": self.describe,
            "CreateSnapshot": self.create,
            "DeleteSnapshot": self.delete,
        }

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeSnapshots."""
        ids = params.get("SnapshotIds", [])
        if ids and "MaxResults" in params:
            raise CloudError(
                "InvalidParameterCombination",
                "The parameter snapshotIdsSet cannot be used with the parameter maxResults",
            )
        for owner in (*params.get("OwnerIds", ()), *params.get("RestorableByUserIds", ())):
            if owner not in {"self", "amazon", "all"} and not ACCOUNT_ID.fullmatch(owner):
                raise CloudError("InvalidUserID.Malformed", f'Invalid user id: "{owner}"')
        owners = {caller.account if owner == "self" else owner for owner in params.get("OwnerIds", ())}
        passes = _filter(params.get("Filters", ()))
        if ids:
            chosen = [self._world.own_snapshot(caller, snapshot_id) for snapshot_id in ids]
        else:
            region = self._world.region(caller.region)
            chosen = [region.snapshots[snapshot_id] for snapshot_id in sorted(region.snapshots)]
        now = self._world.now()
        listed = [
            record
            for snapshot in chosen
            if snapshot.owner == caller.account and (not owners or snapshot.owner in owners)
            if passes(record := snapshot.seen_at(now))
        ]
        return page("Snapshots", listed, caller, params, least=_FEWEST_RESULTS, most=_MOST_RESULTS)

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateSnapshot."""
        require(params, "VolumeId")
        given = specified_tags(params, frozenset({"snapshot"}))
        volume = self._instances.volume(caller, params["VolumeId"])
        self.check_rate([volume.volume_id])
        snapshot = self._making.snapshot(
            caller,
            volume.volume_id,
            volume.gib,
            key=volume.key,
            tags=given["snapshot"],
            description=params.get("Description", ""),
        )
        # No progress is said yet, not even 0%: so it was recorded of EC2.
        return snapshot.seen_at(self._world.now()) | {"Progress": ""}

    def check_rate(self, volumes: Sequence[str]) -> None:
        """Count a snapshot of each volume.

        Raises:
            CloudError: one of them was taken a snapshot of a moment ago.
        """
        now, pause = self._world.now(), self._world.clock.after(PER_VOLUME) - self._world.now()
        for volume in volumes:
            if now - self._taken.get(volume, -pause) < pause:
                raise CloudError(
                    "SnapshotCreationPerVolumeRateExceeded",
                    "The maximum per volume CreateSnapshot request rate has been exceeded. "
                    "Use an increasing or variable sleep interval between requests.",
                )
        self._taken.update(dict.fromkeys(volumes, now))

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteSnapshot: not while an image needs it."""
        require(params, "SnapshotId")
        check_snapshot_id(params["SnapshotId"])
        snapshot = self._world.own_snapshot(caller, params["SnapshotId"])
        region = self._world.region(caller.region)
        users = region.users_of(snapshot.snapshot_id)
        if users:
            raise CloudError(
                "InvalidSnapshot.InUse",
                f"The snapshot {snapshot.snapshot_id} is currently in use by {users[0].image_id}",
            )
        if region.snapshots.pop(snapshot.snapshot_id, None) is None:
            raise no_snapshot(snapshot.snapshot_id)
        self._bin.keep_snapshot(region.name, snapshot)
        return {}


def _filter(filters: Sequence[Params]) -> Callable[[Params], bool]:
    tests = [_test(str(given.get("Name", "")), given.get("Values", ())) for given in filters]
    return lambda record: all(test(record) for test in tests)


def _test(name: str, patterns: Sequence[str]) -> Callable[[Params], bool]:
    matches = matcher(patterns)
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda record: any(t["Key"] == key and matches(t["Value"]) for t in record.get("Tags") or ())
    if name == "tag-key":
        return lambda record: any(matches(tag["Key"]) for tag in record.get("Tags") or ())
    member = _FILTERS.get(name)
    if member is None:
        raise invalid(f"The filter '{name}' is invalid")

    def test(record: Params) -> bool:
        value = record.get(member)
        return value is not None and matches(str(value).lower() if isinstance(value, bool) else str(value))

    return test
