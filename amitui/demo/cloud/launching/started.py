"""What an instance has of its image and its volumes, which moto does not know of when it launches."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.launching.account import AccountState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.demo.cloud.launching.launching import Launch
    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller
    from amitui.domain.image.image import RawRecord

_INSTANCE_ID: Final = re.compile(rb"<instanceId>(i-[0-9a-f]+)</instanceId>")
_TAKEN_OVER: Final = {
    "Architecture": "architecture",
    "VirtualizationType": "virtualization_type",
    "RootDeviceName": "root_device_name",
    "RootDeviceType": "root_device_type",
    "Platform": "platform",
    "PlatformDetails": "platform_details",
    "UsageOperation": "usage_operation",
    "BootMode": "boot_mode",
    "TpmSupport": "tpm_support",
    "EnaSupport": "ena_support",
}
"""Member of the image → attribute of moto's instance, which is what DescribeInstances prints."""


def instance_ids(answer: bytes) -> list[str]:
    """The instances that an answer names, each once; a refusal names none."""
    return [found.decode() for found in dict.fromkeys(_INSTANCE_ID.findall(answer))]


def complete(caller: Caller, launch: Launch, instance_ids: Iterable[str], now: float) -> None:
    """Give instances that moto has launched what their image and their mappings say.

    Args:
        now: the cloud's time, in epoch seconds; moto has another.
    """
    account = AccountState(caller)
    kept = {
        int(one.get("DeviceIndex", 0))
        for one in launch.params.get("NetworkInterfaces") or ()
        if one.get("DeleteOnTermination") is False
    }
    for instance_id in instance_ids:
        instance = account.instance(instance_id)
        if instance is not None:
            instance.add_tags(launch.tags)
            instance.launch_time = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
            instance.security_groups = instance.security_groups or account.default_groups(instance.vpc_id)
            for index, interface in instance.nics.items():
                interface.delete_on_termination = index not in kept
            take_over(account, instance, launch.image.record, launch.volumes)


def take_over(account: AccountState, instance: Any, image: RawRecord, volumes: Iterable[Params]) -> None:
    """Give moto's instance what its image and its mappings say."""
    for member, attribute in _TAKEN_OVER.items():
        if member in image:
            setattr(instance, attribute, image[member])
    mappings = {one["DeviceName"]: one["Ebs"] for one in volumes}
    for device, attached in instance.get_block_device_mapping:
        volume = account.volume(attached.volume_id)
        if volume is not None and device in mappings:
            _complete_volume(volume, mappings[device])


def _complete_volume(volume: Any, ebs: Params) -> None:
    volume.volume_type = ebs["VolumeType"]
    volume.snapshot_id = ebs.get("SnapshotId")
    volume.iops = ebs.get("Iops", 3000 if ebs["VolumeType"] == "gp3" else None)
    volume.throughput = ebs.get("Throughput", 125 if ebs["VolumeType"] == "gp3" else None)
