"""RegisterImage: from a snapshot of a root volume, or from a manifest in S3.

Nothing looks into the bucket: any location that has the form of a manifest is taken for one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid, require, specified_tags
from amitui.demo.cloud.volumes import bad_mapping, check_devices, volume_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amitui.demo.cloud.making import Making
    from amitui.demo.cloud.model import CloudSnapshot, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_REGISTRATION: Final = 20.0
"""Seconds of EC2's work until a registered image is available."""
_MANIFEST: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*\.manifest\.xml")
_MOST_UEFI_DATA: Final = 64_000
_DEFAULT_ROOT: Final = "/dev/sda1"
_MODERN: Final = frozenset({"arm64", "x86_64_mac", "arm64_mac"})
"""Architectures that came after paravirtual images and BIOS."""
_ALLOWED: Final[dict[str, frozenset[str]]] = {
    "Architecture": frozenset({"i386", "x86_64"}) | _MODERN,
    "VirtualizationType": frozenset({"paravirtual", "hvm"}),
    "BootMode": frozenset({"legacy-bios", "uefi", "uefi-preferred"}),
    "TpmSupport": frozenset({"v2.0"}),
    "ImdsSupport": frozenset({"v2.0"}),
    "SriovNetSupport": frozenset({"simple"}),
}
_TAKEN_OVER: Final = (
    "BootMode", "TpmSupport", "UefiData", "ImdsSupport", "SriovNetSupport", "EnaSupport", "KernelId", "RamdiskId",
    "Description",
)  # fmt: skip


class Registering:
    """RegisterImage, with the API's own defaults: i386 and paravirtual."""

    def __init__(self, world: World, making: Making) -> None:
        self._world = world
        self._making = making

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"RegisterImage": self.register}

    def register(self, caller: Caller, params: Params) -> Params:
        """RegisterImage; asking twice makes a duplicate name."""
        params = {"Architecture": "i386", "VirtualizationType": "paravirtual"} | params
        self._making.check_name(caller, params)
        _check_firmware(params)
        given = specified_tags(params, frozenset({"image"}))
        source = self._of_manifest(params) if "ImageLocation" in params else self._of_snapshots(caller, params)
        image_id = self._making.new_image_id(caller, params["Name"])
        self._making.image(
            caller,
            {
                "PlatformDetails": "Linux/UNIX",
                "UsageOperation": "RunInstances",
                "Architecture": params["Architecture"],
                "VirtualizationType": params["VirtualizationType"],
                **{member: params[member] for member in _TAKEN_OVER if member in params},
                **source,
            },
            image_id=image_id,
            name=params["Name"],
            ready=self._world.clock.after(_REGISTRATION),
            tags=given["image"],
        )
        return {"ImageId": image_id}

    def _of_manifest(self, params: Params) -> Params:
        location = params["ImageLocation"]
        if not _MANIFEST.fullmatch(location):
            raise CloudError(
                "InvalidManifest", f"HTTP 404 (Not Found) response for URL https://s3.amazonaws.com/{location}"
            )
        return {"ImageLocation": location, "RootDeviceType": "instance-store", "BlockDeviceMappings": []}

    def _of_snapshots(self, caller: Caller, params: Params) -> Params:
        require(params, "BlockDeviceMappings")
        check_devices(params["BlockDeviceMappings"])
        root = params.get("RootDeviceName", _DEFAULT_ROOT)
        mappings: list[dict[str, Any]] = []
        products: dict[str, Params] = {}
        rooted = False
        for requested, snapshot in self._volumes(caller, params):
            if "Ebs" not in requested:
                mappings.append(requested)
                continue
            mappings.append(volume_mapping(requested["DeviceName"], requested["Ebs"], snapshot))
            if snapshot is not None:
                rooted = rooted or requested["DeviceName"] == root
                products |= {code["ProductCodeId"]: code for code in snapshot.record.get("ProductCodes", ())}
        if not rooted:
            raise bad_mapping(f"The root device {root} is not mapped to a snapshot.")
        found: Params = {"RootDeviceName": root, "RootDeviceType": "ebs", "BlockDeviceMappings": mappings}
        return found | ({"ProductCodes": list(products.values())} if products else {})

    def _volumes(self, caller: Caller, params: Params) -> Iterator[tuple[Params, CloudSnapshot | None]]:
        """The mappings that were asked for, each with its snapshot."""
        for mapping in params["BlockDeviceMappings"]:
            volume = mapping.get("Ebs", {})
            if "SnapshotId" not in volume:
                yield mapping, None
                continue
            if "Encrypted" in volume:
                raise bad_mapping(
                    "the encrypted flag cannot be specified since device "
                    f"{mapping['DeviceName']} has a snapshot specified."
                )
            snapshot = self._world.own_snapshot(caller, volume["SnapshotId"])
            if snapshot.seen_at(self._world.now())["State"] != "completed":
                raise CloudError("IncorrectState", f"The snapshot '{snapshot.snapshot_id}' is not completed.")
            yield mapping, snapshot


def _check_firmware(params: Params) -> None:
    """Refuse architectures, firmware and drivers that do not go together."""
    for member, allowed in _ALLOWED.items():
        if member in params and params[member] not in allowed:
            raise invalid(f"Value ({params[member]}) for parameter {member} is invalid.")
    hvm, boot = params["VirtualizationType"] == "hvm", params.get("BootMode", "")
    modern = params["Architecture"] in _MODERN
    wrong = (
        (modern and not hvm, f"{params['Architecture']} images have the virtualization type hvm"),
        (modern and boot == "legacy-bios", f"{params['Architecture']} images do not boot with legacy-bios"),
        (not hvm and bool(boot), "A boot mode needs the virtualization type hvm"),
        (not hvm and bool(params.get("EnaSupport")), "ENA needs the virtualization type hvm"),
        (not hvm and "SriovNetSupport" in params, "SR-IOV needs the virtualization type hvm"),
        (hvm and ("KernelId" in params or "RamdiskId" in params), "A kernel needs the type paravirtual"),
        ("TpmSupport" in params and boot != "uefi", "NitroTPM needs the boot mode uefi"),
        ("UefiData" in params and boot not in {"uefi", "uefi-preferred"}, "UEFI data needs a UEFI boot mode"),
    )
    for is_wrong, text in wrong:
        if is_wrong:
            raise CloudError("InvalidParameterCombination", text)
    if len(params.get("UefiData", "")) > _MOST_UEFI_DATA:
        raise invalid(f"The UEFI data is longer than {_MOST_UEFI_DATA} characters")
