"""Block device mappings of requests: what EC2 checks of a volume before it makes an image of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amitui.demo.cloud.launching.volume_limits import check_volume, size_of, volume_type_of
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.records import ebs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import CloudSnapshot, Params


def bad_mapping(message: str) -> CloudError:
    """InvalidBlockDeviceMapping with that text."""
    return CloudError("InvalidBlockDeviceMapping", message)


def check_devices(mappings: Sequence[Params]) -> None:
    """Refuse mappings without a device, or two of one device."""
    devices = [mapping.get("DeviceName", "") for mapping in mappings]
    if not all(devices):
        raise CloudError("MissingParameter", "The request must contain the parameter deviceName")
    if len(set(devices)) != len(devices):
        raise bad_mapping("A device name is given more than once.")


def volume_mapping(device: str, requested: Params, snapshot: CloudSnapshot | None) -> dict[str, Any]:
    """The mapping that an image gets for a volume that was asked for.

    Args:
        requested: EbsBlockDevice of the request.
        snapshot: what it is made from; `None` for an empty volume.

    Raises:
        CloudError: a size, speed or type that there is not.
    """
    kind = volume_type_of(requested, "gp2" if "Iops" not in requested else "io1")
    gib = size_of(requested, snapshot)
    check_volume(kind, gib, requested)
    more: dict[str, Any] = {"DeleteOnTermination": bool(requested.get("DeleteOnTermination", False))}
    more |= {member: int(requested[member]) for member in ("Iops", "Throughput") if member in requested}
    if snapshot:
        more["Encrypted"] = bool(snapshot.record.get("Encrypted"))
        if snapshot.record.get("KmsKeyId"):
            more["KmsKeyId"] = snapshot.record["KmsKeyId"]
    elif requested.get("Encrypted"):
        more["Encrypted"] = True
    mapping = ebs(device, requested.get("SnapshotId", ""), gib, kind, **more)
    if snapshot is None:
        del mapping["Ebs"]["SnapshotId"]
    return mapping
