"""The Storage and the Firmware and boot group of an image's details."""

from __future__ import annotations

from typing import Any, Final

from amitui.domain.image.image import BlockDevice, Image
from amitui.domain.launch.instance_type import instance_type_names
from amitui.presentation.details import explain
from amitui.presentation.details.explain import DetailGroup, DetailLine, Severity

ABSENT: Final = "not stated"
"""Shown where EC2 said nothing."""


def storage_group(image: Image) -> DetailGroup:
    """Root device, total size, encryption, and one line for each block device."""
    summary = image.summary
    root = summary.root_device_type
    instance_store = root == "instance-store"
    lines = [
        DetailLine(
            "Root device type",
            root or ABSENT,
            explain.root_device(root),
            "warn" if instance_store else "plain",
        ),
        DetailLine("Root device", image.root_device_name or ABSENT),
    ]
    volumes = [device for device in image.block_devices if _is_volume(device)]
    if volumes:
        kinds = sorted({device.volume_type for device in volumes if device.volume_type})
        words = (f"{kind}: {explain.volume_type(kind)}" for kind in kinds if explain.volume_type(kind))
        lines.append(DetailLine("Size", _total(summary.size_gib, len(volumes)), "; ".join(words)))
        lines.append(_encryption(volumes))
    elif not image.block_devices:
        note = "The image is a bundle in S3." if instance_store else ""
        lines.append(DetailLine("Block devices", "none listed", note))
    ephemeral = sum(1 for device in image.block_devices if device.virtual_name and not device.no_device)
    if ephemeral:
        note = "Only where the instance type has such disks; lost with the instance. NVMe disks ignore it."
        lines.append(DetailLine("Instance store", f"{ephemeral} mapped", note))
    root_at = image.root_index
    lines.extend(
        _device_line(number, device, root=number - 1 == root_at)
        for number, device in enumerate(image.block_devices, 1)
    )
    return DetailGroup("Storage", tuple(lines))


def firmware_group(image: Image) -> DetailGroup:
    """What the image asks of an instance type."""
    summary = image.summary
    virtualization = summary.virtualization
    mode = summary.boot_mode
    ena_missing = not image.ena_support and virtualization != "paravirtual"
    lines = [
        _coded("Architecture", summary.architecture, explain.architecture(summary.architecture)),
        _coded(
            "Virtualization",
            virtualization,
            explain.virtualization(virtualization),
            "warn" if virtualization == "paravirtual" else "plain",
        ),
        DetailLine("Boot mode", mode or "not set", explain.boot_mode(mode)),
        DetailLine(
            "ENA",
            {True: "supported", False: "not supported", None: ABSENT}[image.ena_support],
            explain.ena(image.ena_support),
            "warn" if ena_missing else "plain",
        ),
        DetailLine("SR-IOV", image.sriov_net_support or "none", explain.sriov(image.sriov_net_support)),
        DetailLine("TPM", image.tpm_support or "none", explain.tpm(image.tpm_support)),
        DetailLine(
            "Metadata (IMDS)",
            image.imds_support or "not set",
            explain.imds(image.imds_support),
            "good" if image.imds_support == "v2.0" else "plain",
        ),
        _coded("Hypervisor", image.hypervisor, explain.hypervisor(image.hypervisor)),
    ]
    if image.kernel_id:
        lines.append(DetailLine("Kernel", image.kernel_id))
    if image.ramdisk_id:
        lines.append(DetailLine("RAM disk", image.ramdisk_id))
    lines.extend(_instance_types(image.record.get("InstanceTypeSpecification")))
    return DetailGroup("Firmware and boot", tuple(lines))


def _coded(label: str, code: str, words: str, severity: Severity = "plain") -> DetailLine:
    """A code and its words, or that EC2 gave none."""
    return DetailLine(label, code or ABSENT, words if code else "", severity)


def _is_volume(device: BlockDevice) -> bool:
    """Whether a mapping makes an EBS volume."""
    return not device.virtual_name and not device.no_device


def _total(size_gib: int, volumes: int) -> str:
    """`38 GiB in 2 volumes`."""
    return f"{size_gib} GiB in {volumes} volume{'' if volumes == 1 else 's'}"


def _encryption(volumes: list[BlockDevice]) -> DetailLine:
    """How many volumes are encrypted, and what that means for sharing."""
    encrypted = sum(1 for device in volumes if device.encrypted)
    if not encrypted:
        return DetailLine("Encryption", "none")
    note = "Cannot be public. Other accounts also need its KMS key, and none can be given the default aws/ebs key."
    value = "all volumes" if encrypted == len(volumes) else f"{encrypted} of {len(volumes)} volumes"
    return DetailLine("Encryption", value, note, "good" if encrypted == len(volumes) else "plain")


def _device_line(number: int, device: BlockDevice, *, root: bool) -> DetailLine:
    """One block device: what it becomes, then how."""
    label = device.device_name or f"device {number}"
    what = []
    if device.no_device:
        what.append("no device")
    if device.virtual_name:
        what.append(f"instance store {device.virtual_name}")
    size = "size not stated" if device.volume_size_gib is None else f"{device.volume_size_gib} GiB"
    # A mapping that names both a disk and a volume is malformed, and exists: imported files hold all sorts.
    if not what or device.volume_size_gib is not None or device.volume_type or device.snapshot_id:
        what.append(f"{size} {device.volume_type}".rstrip())
        what.append(device.snapshot_id or "no snapshot: an empty volume")
    return DetailLine(label, " · ".join(what), ", ".join(_device_facts(device, root=root)))


def _device_facts(device: BlockDevice, *, root: bool) -> list[str]:
    """Performance, encryption, and what becomes of it with the instance."""
    facts = []
    if root:
        facts.append("root")
    if device.iops is not None:
        facts.append(f"{device.iops} IOPS")
    if device.throughput_mib_s is not None:
        facts.append(f"{device.throughput_mib_s} MiB/s")
    if device.encrypted:
        facts.append(f"encrypted with {device.kms_key_id}" if device.kms_key_id else "encrypted")
    elif device.kms_key_id:
        facts.append(f"KMS key {device.kms_key_id}")
    if device.delete_on_termination is not None:
        facts.append("deleted with the instance" if device.delete_on_termination else "kept after the instance")
    return facts


def _instance_types(specification: Any) -> list[DetailLine]:
    """The instance types that the owner allows or rules out."""
    if not isinstance(specification, dict):
        return []
    lines = []
    for field, label in (
        ("SupportedInstanceTypes", "Supported instance types"),
        ("UnsupportedInstanceTypes", "Unsupported instance types"),
    ):
        names = instance_type_names(specification.get(field))
        if names:
            lines.append(DetailLine(label, ", ".join(names), "Set by the owner; launching against it fails."))
    return lines
