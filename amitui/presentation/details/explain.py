"""Words for EC2's codes: what each means for the person who wants to launch the image.

Each function takes a code as EC2 spells it and gives one or two short sentences. A code that is not known here
gives an empty text, since the code itself is shown beside the words; an absent code is "" and gets words only
where its absence means something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from amitui.domain.image.billing import USAGE_OPERATIONS

Severity: TypeAlias = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class DetailLine:
    """One fact of an image: a label, its value, and what follows from it."""

    label: str
    value: str
    note: str = ""
    """What the value means; may be empty."""
    severity: Severity = "plain"


@dataclass(frozen=True, slots=True)
class DetailGroup:
    """Facts that belong together, under a title."""

    title: str
    lines: tuple[DetailLine, ...]


def root_device(root_device_type: str) -> str:
    """What follows from the root device's type: time to boot, stopping, persistence, size limit."""
    return _ROOT_DEVICES.get(root_device_type, "")


def virtualization(virtualization_type: str) -> str:
    """What a virtualization type limits."""
    return _VIRTUALIZATION.get(virtualization_type, "")


def boot_mode(mode: str) -> str:
    """What a boot mode asks of the instance type; "" is an image without one."""
    return _BOOT_MODES.get(mode, "")


def architecture(name: str) -> str:
    """The processors an architecture stands for."""
    return _ARCHITECTURES.get(name, "")


def state(name: str, reason: str = "") -> str:
    """What a state allows, with EC2's reason when there is one."""
    words = _STATES.get(name, "")
    if not reason:
        return words
    return f"{words} EC2 says: {reason}".lstrip()


def usage_operation(code: str) -> str:
    """The platform that a billing code charges for, and whose licence it runs on."""
    platform = USAGE_OPERATIONS.get(code)
    if platform is None:
        return ""
    if code == "RunInstances":
        return f"{platform}: no licence is charged with the instance."
    if "BYOL" in platform:
        return f"{platform}: you bring the licence, none is charged with the instance."
    return f"{platform}: the licence is charged with the instance."


def image_type(name: str) -> str:
    """What can be done with a type of image."""
    return _IMAGE_TYPES.get(name, "")


def hypervisor(name: str) -> str:
    """What EC2 says of a hypervisor's name."""
    return _HYPERVISORS.get(name, "")


def imds(support: str) -> str:
    """What ImdsSupport makes of the metadata service of new instances."""
    return _IMDS.get(support, "")


def tpm(support: str) -> str:
    """What TpmSupport asks of the instance type."""
    return _TPM.get(support, "")


def sriov(support: str) -> str:
    """What SriovNetSupport stands for."""
    return _SRIOV.get(support, "")


def ena(support: bool | None) -> str:
    """What EnaSupport, or its absence, means for launching."""
    if support:
        return "Enhanced networking with ENA."
    return "Instance types that require ENA (t3, t3a, c5, m5a and others) refuse to launch it."


def volume_type(name: str) -> str:
    """The kind of EBS volume."""
    return _VOLUME_TYPES.get(name, "")


def deregistration_protection(value: str) -> str:
    """What deregistration protection prevents; EC2 sends it as a text."""
    if value == "disabled":
        return "Anyone with the IAM permission can deregister it."
    if value.startswith("enabled"):
        words = "Nobody can deregister it, whatever IAM allows."
        if "with-cooldown" in value:
            words += " It continues for 24 hours after it is turned off."
        return words
    return ""


def owner_alias(alias: str) -> str:
    """Who stands behind an alias. AWS gives them; owners cannot set them."""
    return _OWNER_ALIASES.get(alias, "")


_ROOT_DEVICES: Final = {
    "ebs": (
        "Usually boots in under 1 minute. Can be stopped and started. The root volume holds up to 64 TiB and is "
        "deleted with the instance unless its mapping says otherwise."
    ),
    "instance-store": (
        "Usually boots in under 5 minutes. Cannot be stopped. The root holds up to 10 GiB and is lost with the "
        "instance. Linux only, end of life: launches only on C1, C3, D2, I2, M1, M2, M3, R3 and X1."
    ),
}
_VIRTUALIZATION: Final = {
    "hvm": "Full hardware virtualization.",
    "paravirtual": "Launches only on C1, C3, M1, M2, M3 and T1.",
}
_BOOT_MODES: Final = {
    "": "The instance type decides: UEFI on Graviton, Legacy BIOS on Intel and AMD.",
    "legacy-bios": "Boots with Legacy BIOS.",
    "uefi": "Boots with UEFI; needs an instance type that has it, and not a Wavelength Zone.",
    "uefi-preferred": "UEFI where the instance type has it, else Legacy BIOS, silently without Secure Boot.",
}
_ARCHITECTURES: Final = {
    "i386": "32-bit Intel and AMD.",
    "x86_64": "64-bit Intel and AMD.",
    "arm64": "64-bit Arm (Graviton).",
    "x86_64_mac": "Intel Mac.",
    "arm64_mac": "Apple silicon Mac.",
}
_UNDOCUMENTED_STATE: Final = "EC2 does not document this state; only available images launch."
_STATES: Final = {
    "available": "Can be launched.",
    "pending": "Still being created; cannot be launched yet.",
    "failed": "Creation failed; cannot be launched.",
    "disabled": "Disabled by its owner: cannot be launched, its launch permissions are gone, its snapshots are "
    "still billed.",
    "deregistered": "Deregistered: cannot be launched. Running instances are not affected.",
    "invalid": _UNDOCUMENTED_STATE,
    "transient": _UNDOCUMENTED_STATE,
    "error": _UNDOCUMENTED_STATE,
    "": "EC2 gave no state.",
}
_IMAGE_TYPES: Final = {
    "machine": "Instances are launched from it.",
    "kernel": "A kernel for paravirtual images; not launched by itself.",
    "ramdisk": "A RAM disk for paravirtual images; not launched by itself.",
}
_HYPERVISORS: Final = {"xen": "The only value that EC2 supports.", "ovm": "EC2 does not support it."}
_IMDS: Final = {
    "": "The account's or the launch's setting decides whether tokens are required.",
    "v2.0": "Instances require metadata tokens, hop limit 2, unless account or launch settings override it. "
    "Cannot be undone for the image.",
}
_TPM: Final = {"v2.0": "NitroTPM: needs UEFI and an instance type with NitroTPM."}
_SRIOV: Final = {"simple": "Enhanced networking with the Intel 82599 Virtual Function."}
_VOLUME_TYPES: Final = {
    "gp3": "general purpose SSD",
    "gp2": "general purpose SSD, older",
    "io1": "provisioned IOPS SSD",
    "io2": "provisioned IOPS SSD",
    "st1": "throughput optimized HDD",
    "sc1": "cold HDD",
    "standard": "magnetic, older",
}
_OWNER_ALIASES: Final = {
    "amazon": "Amazon, or a partner that Amazon verified.",
    "aws-marketplace": "A listing of AWS Marketplace, sold by a third party.",
    "aws-backup-vault": "Kept by AWS Backup: to remove it, delete its recovery point.",
}
