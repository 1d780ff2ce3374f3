"""CreateImage: an image of an instance, with a snapshot of each of its volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.making import inherited
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid, require, specified_tags
from amitui.demo.cloud.volumes import bad_mapping, check_devices, volume_mapping
from amitui.demo.seed.records import ebs

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.instances import Instance, Instances, Volume
    from amitui.demo.cloud.making import Making
    from amitui.demo.cloud.model import CloudImage, CloudSnapshot, Params
    from amitui.demo.cloud.snapshots import Snapshots
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_IMAGED_WHILE: Final = frozenset({"running", "stopped"})
_FIXED: Final = ("VolumeSize", "Encrypted", "SnapshotId", "KmsKeyId")
"""What CreateImage cannot change of a volume that the instance has."""


class Creating:
    """CreateImage, which reboots a running instance unless told not to; moto's reboots take no time."""

    def __init__(self, world: World, making: Making, snapshots: Snapshots, instances: Instances) -> None:
        self._world = world
        self._making = making
        self._snapshots = snapshots
        self._instances = instances
        self._without_reboot: list[tuple[str, CloudImage]] = []

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"CreateImage": self.create}

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateImage."""
        require(params, "InstanceId", "Name")
        given = specified_tags(params)
        requested = params.get("BlockDeviceMappings", [])
        check_devices(requested)
        instance = self._instances.one(caller, params["InstanceId"])
        source = self._source(caller, instance)
        self._check(instance, source, params)
        root = _root_device(instance, source)
        self._making.check_name(caller, params)
        kept = _kept_volumes(instance, root, requested)
        added = [self._added(caller, mapping) for mapping in requested if _is_new(instance, mapping)]
        self._check_no_reboot(instance, params)
        self._snapshots.check_rate([volume.volume_id for volume, _ in kept])
        image_id = self._making.new_image_id(caller, params["Name"])
        taken = self._take(caller, kept, given["snapshot"], source, f"({instance.instance_id}) for {image_id}")
        pairs = zip(kept, taken, strict=True)
        mappings = [_mapping(volume, snapshot, deleted) for (volume, deleted), snapshot in pairs]
        record = inherited(source) | {
            "BlockDeviceMappings": [*mappings, *added],
            "Description": params.get("Description"),
            "RootDeviceName": root,
            "RootDeviceType": "ebs",
            "SourceInstanceId": instance.instance_id,
            "SourceImageId": source.get("ImageId"),
            "SourceImageRegion": caller.region if "ImageId" in source else None,
        }
        if "BootModeOverride" in params:
            record["BootMode"] = params["BootModeOverride"]
        ready = self._making.ready_after(taken)
        image = self._making.image(
            caller, record, image_id=image_id, name=params["Name"], ready=ready, tags=given["image"]
        )
        if params.get("NoReboot"):
            self._without_reboot.append((instance.instance_id, image))
        return {"ImageId": image_id}

    def _take(
        self,
        caller: Caller,
        kept: list[tuple[Volume, bool]],
        tags: list[dict[str, str]],
        source: Params,
        what_for: str,
    ) -> list[CloudSnapshot]:
        """A snapshot of each volume."""
        return [
            self._making.snapshot(
                caller,
                volume.volume_id,
                volume.gib,
                key=volume.key,
                tags=tags,
                description=f"Created by CreateImage{what_for}",
                ProductCodes=source.get("ProductCodes", []),
            )
            for volume, _ in kept
        ]

    def _source(self, caller: Caller, instance: Instance) -> Params:
        """What is known of the image that the instance was launched from, deregistered or not."""
        region = self._world.region(caller.region)
        image = region.find(instance.image_id)
        record = image.record if image is not None else region.history.get(instance.image_id)
        if record is not None:
            return record
        return {
            "PlatformDetails": "Linux/UNIX",
            "UsageOperation": "RunInstances",
            "Architecture": instance.architecture,
            "VirtualizationType": "hvm",
            "EnaSupport": True,
            "SriovNetSupport": "simple",
        }

    def _check(self, instance: Instance, source: Params, params: Params) -> None:
        if instance.state not in _IMAGED_WHILE:
            raise CloudError(
                "IncorrectInstanceState",
                f"The instance '{instance.instance_id}' is not in a state from which an image can be created: "
                f"it is {instance.state}.",
            )
        boot = params.get("BootModeOverride")
        if boot is not None and (boot != "uefi" or source.get("BootMode") not in {"uefi", "uefi-preferred"}):
            raise CloudError(
                "InvalidParameterCombination",
                "The boot mode can only be set to uefi, for an instance whose current boot mode is uefi.",
            )

    def _check_no_reboot(self, instance: Instance, params: Params) -> None:
        self._without_reboot = [entry for entry in self._without_reboot if entry[1].state == "pending"]
        count = sum(instance_id == instance.instance_id for instance_id, _ in self._without_reboot)
        if params.get("NoReboot") and count >= self._world.quotas.no_reboot:
            raise CloudError(
                "ConcurrentCreateImageNoRebootLimitExceeded",
                "The maximum number of concurrent CreateImage requests for the instance has been reached. "
                "Wait for the current ones to complete, and then retry.",
            )

    def _added(self, caller: Caller, mapping: Params) -> dict[str, Any]:
        """A mapping beside the instance's own: an empty volume, a snapshot, or instance store."""
        if "Ebs" not in mapping:
            return mapping
        snapshot_id = mapping["Ebs"].get("SnapshotId")
        snapshot = self._world.own_snapshot(caller, snapshot_id) if snapshot_id else None
        return volume_mapping(mapping["DeviceName"], mapping["Ebs"], snapshot)


def _root_device(instance: Instance, source: Params) -> str:
    """Where the instance's root volume is; moto may not know it, but the image does.

    Raises:
        CloudError: it has none, being gone or an instance-store one.
    """
    attached = {volume.device for volume in instance.volumes}
    for device in (source.get("RootDeviceName", ""), instance.root_device):
        if device in attached:
            return str(device)
    raise invalid(f"Instance does not have a volume attached at root ({instance.root_device})")


def _is_new(instance: Instance, mapping: Params) -> bool:
    return "NoDevice" not in mapping and mapping["DeviceName"] not in {v.device for v in instance.volumes}


def _kept_volumes(instance: Instance, root: str, requested: list[Params]) -> list[tuple[Volume, bool]]:
    """The instance's volumes that go into the image, each with its DeleteOnTermination.

    Raises:
        CloudError: something else of a volume is to be changed, or the root is to be left out.
    """
    by_device = {mapping["DeviceName"]: mapping for mapping in requested}
    kept: list[tuple[Volume, bool]] = []
    for volume in instance.volumes:
        mapping = by_device.get(volume.device, {})
        if "NoDevice" in mapping:
            if volume.device == root:
                raise bad_mapping(f"The root device {volume.device} cannot be left out.")
            continue
        changes = mapping.get("Ebs", {})
        fixed = next((member for member in _FIXED if member in changes), None)
        if fixed is not None:
            raise bad_mapping(f"{fixed} of {volume.device} cannot be changed: the instance has that volume.")
        kept.append((volume, bool(changes.get("DeleteOnTermination", volume.delete_on_termination))))
    return kept


def _mapping(volume: Volume, snapshot: CloudSnapshot, deleted: bool) -> dict[str, Any]:
    more: dict[str, Any] = {"DeleteOnTermination": deleted, "Encrypted": volume.encrypted}
    if volume.key:
        more["KmsKeyId"] = volume.key
    if volume.iops is not None and volume.kind in {"gp3", "io1", "io2"}:
        more["Iops"] = volume.iops
    if volume.throughput is not None and volume.kind == "gp3":
        more["Throughput"] = volume.throughput
    return ebs(volume.device, snapshot.snapshot_id, volume.gib, volume.kind, **more)
