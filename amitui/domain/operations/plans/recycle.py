"""The plan that brings a deregistered image back from the recycle bin."""

from __future__ import annotations

from collections.abc import Sequence

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.common import image_available


def restore_plan(region: str, image_id: str, name: str, snapshot_ids_in_bin: Sequence[str]) -> Plan:
    """Restore an image after those of its snapshots that are in the bin too: without them EC2 refuses."""
    label = name or image_id
    snapshots = tuple(
        Call(
            "restore_snapshot_from_recycle_bin",
            region,
            {"SnapshotId": snapshot_id},
            f"restore the snapshot {snapshot_id}",
        )
        for snapshot_id in snapshot_ids_in_bin
    )
    image = Call("restore_image_from_recycle_bin", region, {"ImageId": image_id}, "restore the image")
    # An image that was disabled when it was deregistered comes back disabled.
    back = image_available(region, image_id)
    back = back._replace(until=(*back.until, "disabled"))
    first = f"Its snapshots are restored first: {', '.join(snapshot_ids_in_bin)}."
    return Plan(
        kind=OperationKind.RESTORE,
        title=f"Restore {label} from the Recycle Bin",
        region=region,
        subject=image_id,
        steps=(*snapshots, image, back),
        changes=(
            f"{label} ({image_id}) is registered again in {region}, with its ID, tags and launch permissions.",
            *((first,) if snapshot_ids_in_bin else ()),
        ),
        warnings=("It can be launched again by everyone it was shared with.",),
        rows_to_refresh=((region, image_id),),
        before={"name": name},
    )


def restore_snapshot_plan(region: str, snapshot_id: str) -> Plan:
    """Restore a snapshot alone."""
    call = Call("restore_snapshot_from_recycle_bin", region, {"SnapshotId": snapshot_id}, "restore the snapshot")
    return Plan(
        kind=OperationKind.RESTORE,
        title=f"Restore {snapshot_id} from the Recycle Bin",
        region=region,
        subject=snapshot_id,
        steps=(call,),
        changes=(f"{snapshot_id} is a regular snapshot in {region} again, until you delete it.",),
    )
