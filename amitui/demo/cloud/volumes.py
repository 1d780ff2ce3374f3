"""Block device mappings of requests: what EC2 checks of a volume before it makes an image of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid
from amitui.demo.seed.records import ebs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import CloudSnapshot, Params

_SIZES: Final = {
    "gp2": (1, 16_384), "gp3": (1, 65_536), "io1": (4, 16_384), "io2": (4, 65_536), "st1": (125, 16_384),
    "sc1": (125, 16_384), "standard": (1, 1024),
}  # fmt: skip
"""Volume type → least and most GiB."""
_IOPS: Final = {"gp3": (3000, 80_000), "io1": (100, 64_000), "io2": (100, 256_000)}
_NEEDS_IOPS: Final = frozenset({"io1", "io2"})
_THROUGHPUT: Final = (125, 2000)
"""MiB/s of gp3."""


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
    kind = requested.get("VolumeType", "gp2" if "Iops" not in requested else "io1")
    if kind not in _SIZES:
        raise invalid(f"Invalid volume type: {kind}")
    least = int(snapshot.record["VolumeSize"]) if snapshot else 0
    gib = int(requested.get("VolumeSize", least))
    if not gib:
        raise CloudError("MissingParameter", f"The parameter size or snapshotId must be specified for {device}")
    if gib < least:
        raise bad_mapping(
            f"Volume of size {gib}GB is smaller than snapshot '{requested['SnapshotId']}', expect size>= {least}GB"
        )
    _check_range("Volume size", gib, _SIZES[kind])
    more: dict[str, Any] = {"DeleteOnTermination": bool(requested.get("DeleteOnTermination", False))}
    if kind in _NEEDS_IOPS and "Iops" not in requested:
        raise CloudError("MissingParameter", f"The parameter iops must be specified for {kind} volumes.")
    for member, ranges in (("Iops", _IOPS), ("Throughput", {"gp3": _THROUGHPUT})):
        if member in requested:
            if kind not in ranges:
                raise CloudError(
                    "InvalidParameterCombination", f"The parameter {member} is not supported for {kind} volumes."
                )
            _check_range(member, int(requested[member]), ranges[kind])
            more[member] = int(requested[member])
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


def _check_range(what: str, value: int, allowed: tuple[int, int]) -> None:
    least, most = allowed
    if not least <= value <= most:
        raise invalid(f"{what} {value} is not between {least} and {most}.")
