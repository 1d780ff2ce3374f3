"""The volumes of a launch: the image's, with what the request says of them laid over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.archiving import ARCHIVE
from amitui.demo.cloud.keys import default_key
from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.launching.templates import overlaid
from amitui.demo.cloud.launching.volume_limits import check_volume, size_of, volume_type_of
from amitui.demo.cloud.rules import check_snapshot_id
from amitui.domain.image.devices import device_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import CloudImage, CloudSnapshot, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_EVERYONE: Final = "all"
_SPEED: Final = frozenset({"Iops", "Throughput"})


def launch_volumes(world: World, caller: Caller, image: CloudImage, requested: Sequence[Params]) -> list[Params]:
    """The mappings of what is launched, one for each volume of EBS, sizes and encryption filled in.

    Raises:
        CloudError: by the first rule that is broken.
    """
    brought = {str(one["DeviceName"]): one for one in image.record.get("BlockDeviceMappings", ())}
    _check_devices(image, brought, requested)
    asked = {str(one["DeviceName"]): one.get("Ebs") or {} for one in requested}
    volumes = []
    for mapping in overlaid(list(brought.values()), requested):
        device = str(mapping["DeviceName"])
        if "NoDevice" in mapping:
            if device == image.record.get("RootDeviceName"):
                raise refusal("root-left-out", device=device)
        elif "Ebs" in mapping:
            of_image = brought.get(device, {}).get("Ebs") or {}
            volumes.append(_volume(world, caller, image, device, of_image, asked.get(device, {})))
    return volumes


def _check_devices(image: CloudImage, brought: dict[str, Params], requested: Sequence[Params]) -> None:
    virtualization = str(image.record.get("VirtualizationType", ""))
    taken = {_bare(device): device for device in brought}
    named: set[str] = set()
    for mapping in requested:
        device = str(mapping.get("DeviceName", ""))
        if not device:
            raise refusal("device-missing")
        if device not in brought and device_problem(device, virtualization):
            raise refusal("device-name", device=device)
        if device in named or taken.setdefault(_bare(device), device) != device:
            raise refusal("device-twice", device=_bare(device))
        named.add(device)


def _bare(device: str) -> str:
    return device.removeprefix("/dev/")


def _volume(
    world: World, caller: Caller, image: CloudImage, device: str, of_image: Params, asked: Params
) -> dict[str, Any]:
    """One volume, as it will be.

    Args:
        of_image: what the image says of it; empty for one that the image does not have.
        asked: what the request says of it.
    """
    root = device == image.record.get("RootDeviceName")
    kind = volume_type_of({**of_image, **asked})
    # What the image says of the speed is said of its own type of volume.
    below = {k: v for k, v in of_image.items() if kind == of_image.get("VolumeType") or k not in _SPEED}
    ebs = {**below, **asked}
    if root and ebs.get("SnapshotId") != of_image.get("SnapshotId"):
        raise refusal("root-snapshot")
    snapshot = _snapshot(world, caller, image, ebs.get("SnapshotId"))
    gib = size_of(ebs, snapshot)
    if asked:
        # What the image says is not doubted as long as nobody changes it.
        check_volume(kind, gib, ebs, root=root)
    ebs |= {"VolumeType": kind, "VolumeSize": gib, **_encryption(caller, device, of_image, asked, snapshot)}
    ebs.setdefault("DeleteOnTermination", root)
    return {"DeviceName": device, "Ebs": ebs}


def _encryption(
    caller: Caller, device: str, of_image: Params, asked: Params, snapshot: CloudSnapshot | None
) -> dict[str, Any]:
    """Whether it is encrypted, and with which key: never less than its snapshot."""
    sealed = bool(of_image.get("Encrypted") or (snapshot and snapshot.record.get("Encrypted")))
    if "KmsKeyId" in asked and not asked.get("Encrypted"):
        raise refusal("key-without-encryption")
    if sealed and asked.get("Encrypted") is False:
        raise refusal("encryption-removed", device=device)
    if not (sealed or asked.get("Encrypted")):
        return {"Encrypted": False}
    key = asked.get("KmsKeyId")
    if not key and snapshot is not None and snapshot.owner == caller.account:
        # Someone else's key is not taken over.
        key = snapshot.record.get("KmsKeyId")
    return {"Encrypted": True, "KmsKeyId": key or default_key(caller.account, caller.region)}


def _snapshot(world: World, caller: Caller, image: CloudImage, snapshot_id: str | None) -> CloudSnapshot | None:
    """The snapshot from which a volume is made; those of an image go with it, whoever owns them."""
    if not snapshot_id:
        return None
    check_snapshot_id(snapshot_id)
    found = world.region(caller.region).snapshots.get(snapshot_id)
    readable = found is not None and (
        found.owner == caller.account
        or snapshot_id in image.snapshot_ids
        or not {caller.account, _EVERYONE}.isdisjoint(found.readers)
    )
    if found is None or not readable:
        raise refusal("snapshot-unknown", snapshot=snapshot_id)
    if found.seen_at(world.now())["State"] == "pending":
        raise refusal("snapshot-pending", snapshot=snapshot_id)
    if found.record.get("StorageTier") == ARCHIVE:
        raise refusal("snapshot-archived", snapshot=snapshot_id)
    return found
