"""Instance types: whether there is one, where, and whether an image runs on it.

The records are those of DescribeInstanceTypes, taken from EC2 by moto.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.launching.account import type_record, zones_offering
from amitui.demo.cloud.launching.rules import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amitui.demo.cloud.model import CloudError, Params
    from amitui.domain.image.image import RawRecord

_MODES: Final = {"uefi": "UEFI", "legacy-bios": "Legacy BIOS"}
_NITRO_ONLY: Final = "Only instance types built on the Nitro System support UEFI. "
_EITHER: Final = "uefi-preferred"


def known_type(name: str) -> Params:
    """The record of the type.

    Raises:
        CloudError: there is none.
    """
    record = type_record(name)
    if record is None:
        raise refusal("type-unknown", type=name)
    return record


def zone_for(region: str, type_name: str, zone: str) -> str:
    """The zone in which a type is launched: the one that was asked for, or the first that has it.

    Args:
        zone: empty = any.

    Raises:
        CloudError: the zone, or the whole Region, does not have the type.
    """
    offering = zones_offering(region, type_name)
    if not offering:
        raise refusal("type-not-in-region")
    if not zone:
        return offering[0]
    if zone not in offering:
        raise refusal("type-not-in-zone", type=type_name, zone=zone, others=", ".join(offering))
    return zone


def check_image_on_type(image: RawRecord, instance_type: Params) -> None:
    """Refuse an image that does not run on a type.

    Args:
        image: its record of DescribeImages.
        instance_type: its record of DescribeInstanceTypes.

    Raises:
        CloudError: by the first of the rules that it breaks.
    """
    found = next(_reasons(image, instance_type), None)
    if found is not None:
        raise found


def _reasons(image: RawRecord, instance_type: Params) -> Iterator[CloudError]:
    """Why an image does not run on a type."""
    name, image_id = str(instance_type["InstanceType"]), str(image.get("ImageId", ""))
    architectures = instance_type["ProcessorInfo"]["SupportedArchitectures"]
    wanted = image.get("Architecture")
    if wanted and wanted not in architectures:
        yield refusal("architecture", offered=",".join(architectures), wanted=wanted)
    virtualization = image.get("VirtualizationType")
    if virtualization and virtualization not in instance_type["SupportedVirtualizationTypes"]:
        yield refusal("virtualization", type=name)
    root = image.get("RootDeviceType")
    if root and root not in instance_type["SupportedRootDeviceTypes"]:
        yield refusal("root-device", image=image_id, type=name)
    mode = str(image.get("BootMode", ""))
    if not _boots(mode, instance_type):
        hint = _NITRO_ONLY if mode == "uefi" and instance_type.get("Hypervisor") == "xen" else ""
        yield refusal("boot-mode", type=name, mode=_MODES.get(mode, mode), hint=hint)
    if instance_type["NetworkInfo"].get("EnaSupport") == "required" and image.get("EnaSupport") is not True:
        yield refusal("ena", type=name)
    if image.get("TpmSupport") and instance_type.get("NitroTpmSupport") != "supported":
        yield refusal("tpm", type=name)
    if not _allowed_by_owner(image.get("InstanceTypeSpecification") or {}, name):
        yield refusal("type-excluded-by-owner", type=name, image=image_id)


def _boots(mode: str, instance_type: Params) -> bool:
    """Whether a type has an image's boot mode; without one an image boots as the type does."""
    modes = instance_type.get("SupportedBootModes") or ()
    # Macs boot by Apple's firmware, whatever EC2 calls it.
    is_mac = any(one.endswith("_mac") for one in instance_type["ProcessorInfo"]["SupportedArchitectures"])
    return not mode or not modes or is_mac or mode in modes or mode == _EITHER


def _allowed_by_owner(specification: Mapping[str, Any], name: str) -> bool:
    supported = _patterns(specification.get("SupportedInstanceTypes"))
    if any(pattern.fullmatch(name) for pattern in _patterns(specification.get("UnsupportedInstanceTypes"))):
        return False
    return not supported or any(pattern.fullmatch(name) for pattern in supported)


def _patterns(listed: Any) -> list[re.Pattern[str]]:
    names = [str(entry.get("InstanceType", "")) for entry in listed or ()]
    return [re.compile(re.escape(name).replace(r"\*", ".*")) for name in names]
