"""Single simulated image records: ids, times and the fields that every image of EC2 carries."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from amitui.domain.image.image import RawRecord

DAY: Final = 86_400

LINUX: Final = ("Linux/UNIX", "RunInstances")
WINDOWS: Final = ("Windows", "RunInstances:0002")
RHEL: Final = ("Red Hat Enterprise Linux", "RunInstances:0010")
SUSE: Final = ("SUSE Linux", "RunInstances:000g")
UBUNTU_PRO: Final = ("Ubuntu Pro", "RunInstances:0g00")

WINDOWS_EPHEMERAL: Final = tuple(
    {"DeviceName": f"xvdc{chr(ord('a') + n)}", "VirtualName": f"ephemeral{n}"} for n in range(26)
)
"""The 26 instance-store mappings that Amazon's Windows images carry after their root volume."""


def digest(*parts: str) -> str:
    """Thirty-two hex digits that depend on nothing but the parts: where all simulated ids come from."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def stamp(seconds: int) -> str:
    """EC2's form of a time: `2026-11-03T06:12:44.000Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def without_milliseconds(moment: str | None) -> str | None:
    """A time of `stamp` as EC2 writes it outside of DescribeImages: recorded of LastLaunchedTime as an attribute,
    and of DescribeInstanceImageMetadata."""
    return moment.replace(".000Z", "Z") if moment else moment


def minute_stamp(seconds: int) -> str:
    """EC2's form of a DeprecationTime, which has no seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:00.000Z", time.gmtime(seconds))


def tags(**values: str) -> list[dict[str, str]]:
    """Tags in EC2's shape."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def ebs(device: str, snapshot_id: str, gib: int, volume_type: str = "gp3", **more: Any) -> dict[str, Any]:
    """One entry of BlockDeviceMappings: unencrypted and deleted with its instance, unless `more` says not."""
    volume: dict[str, Any] = {
        "DeleteOnTermination": True,
        "SnapshotId": snapshot_id,
        "VolumeSize": gib,
        "VolumeType": volume_type,
        "Encrypted": False,
    }
    if volume_type == "gp3":
        volume["Iops"] = 3000
        volume["Throughput"] = 125
    volume.update(more)
    return {"DeviceName": device, "Ebs": volume}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an image is, before it has an id and a region; `record_of` makes EC2's record of it."""

    name: str
    owner: str
    created: int
    """Epoch seconds."""
    alias: str = ""
    description: str | None = None
    architecture: str = "x86_64"
    billing: tuple[str, str] = LINUX
    """PlatformDetails and UsageOperation."""
    gib: int = 8
    volume_type: str = "gp3"
    root_device: str = "/dev/sda1"
    boot_mode: str = ""
    public: bool = True
    deprecated_after_days: int | None = 730
    """From creation; `None` means no DeprecationTime."""
    salt: str = ""
    """Tells images apart that share owner and name."""
    fields: dict[str, Any] = field(default_factory=dict)
    """More members of Image, or other values for those set here; `None` takes a member away."""


def image_id_of(region: str, owner: str, name: str, salt: str = "") -> str:
    """The id that the named image has in the region; the same on every day the demo is started."""
    return "ami-0" + digest(region, owner, name, salt)[:16]


def record_of(draft: Draft, region: str) -> RawRecord:
    """The image's record in the region, its members in the order of EC2's own Image shape."""
    ids = digest(region, draft.owner, draft.name, draft.salt)
    windows = draft.billing[0].startswith("Windows")
    record: RawRecord = {
        "PlatformDetails": draft.billing[0],
        "UsageOperation": draft.billing[1],
        "BlockDeviceMappings": [
            ebs(draft.root_device, "snap-0" + ids[16:], draft.gib, draft.volume_type),
            *(WINDOWS_EPHEMERAL if windows else ()),
        ],
        "Description": draft.description,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "ImageOwnerAlias": draft.alias or None,
        "Name": draft.name,
        "RootDeviceName": draft.root_device,
        "RootDeviceType": "ebs",
        "SriovNetSupport": "simple",
        "VirtualizationType": "hvm",
        "BootMode": draft.boot_mode or None,
        "DeprecationTime": None,
        "ImageId": "ami-0" + ids[:16],
        "ImageLocation": f"{draft.alias or draft.owner}/{draft.name}",
        "State": "available",
        "OwnerId": draft.owner,
        "CreationDate": stamp(draft.created),
        "Public": draft.public,
        "Architecture": draft.architecture,
        "ImageType": "machine",
    }
    if draft.deprecated_after_days is not None:
        record["DeprecationTime"] = minute_stamp(draft.created + draft.deprecated_after_days * DAY)
    if windows:
        record["Platform"] = "windows"
    record.update(draft.fields)
    return {name: value for name, value in record.items() if value is not None}
