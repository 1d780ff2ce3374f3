"""Snapshots in the archive tier, from which nothing is launched until they are restored.

Archiving takes EC2 a day and restoring up to three; here both are done at once. Snapshots of images that are not
disabled cannot be archived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import CloudSnapshot, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

ARCHIVE: Final = "archive"
_STANDARD: Final = "standard"


class Archiving:
    """ModifySnapshotTier and RestoreSnapshotTier."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"ModifySnapshotTier": self.archive, "RestoreSnapshotTier": self.restore}

    def archive(self, caller: Caller, params: Params) -> Params:
        """ModifySnapshotTier."""
        require(params, "SnapshotId")
        if params.get("StorageTier", ARCHIVE) != ARCHIVE:
            raise invalid(f"Value ({params['StorageTier']}) for parameter storageTier is invalid.")
        snapshot = self._world.own_snapshot(caller, params["SnapshotId"])
        users = self._world.region(caller.region).users_of(snapshot.snapshot_id)
        if any(image.state != "disabled" for image in users):
            raise CloudError(
                "InvalidSnapshot.InUse",
                f"The snapshot {snapshot.snapshot_id} is currently in use by {users[0].image_id}",
            )
        _move(snapshot, ARCHIVE)
        return {"SnapshotId": snapshot.snapshot_id, "TieringStartTime": self._world.stamp()}

    def restore(self, caller: Caller, params: Params) -> Params:
        """RestoreSnapshotTier, for good or for some days: the days do not end here."""
        require(params, "SnapshotId")
        snapshot = self._world.own_snapshot(caller, params["SnapshotId"])
        if snapshot.record.get("StorageTier") != ARCHIVE:
            raise CloudError("IncorrectState", f"The snapshot '{snapshot.snapshot_id}' is not archived.")
        _move(snapshot, _STANDARD)
        return {
            "SnapshotId": snapshot.snapshot_id,
            "RestoreStartTime": self._world.stamp(),
            "RestoreDuration": params.get("TemporaryRestoreDays"),
            "IsPermanentRestore": bool(params.get("PermanentRestore")),
        }


def _move(snapshot: CloudSnapshot, tier: str) -> None:
    snapshot.record = {**snapshot.record, "StorageTier": tier}
