"""An image as EC2 describes it, in EC2's own terms, with every text already safe to show.

`Image` is everything DescribeImages said (details, diff). It is built in `ec2/convert.py` only, where text is
sanitized.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageSummary

RawRecord: TypeAlias = dict[str, Any]
"""One image as DescribeImages returned it: EC2's field names, JSON values, text unsanitized."""


class ImageFlag(IntFlag):
    """Yes/no facts of an image, packed into one integer column."""

    PUBLIC = 1
    PAID = 2
    """Has a product code: someone is paid beyond EC2."""
    ENCRYPTED = 4
    """At least one volume is encrypted."""
    IMDS_V2 = 8
    ENA = 16
    TPM = 32
    LOOKALIKE = 64
    """Carries a known publisher's name pattern but belongs to a stranger (domain/image/trust.py)."""
    FREE_TIER = 128
    PROTECTED = 256
    """Deregistration protection is on."""
    TAGGED = 512
    NOT_ALLOWED = 1024
    """ImageAllowed is false: the account's Allowed AMIs setting (would) hide it."""


class BlockDevice(NamedTuple):
    """One entry of BlockDeviceMappings: an EBS volume, an instance-store volume, or a suppressed device."""

    device_name: str
    virtual_name: str
    """`ephemeral0` …: an instance-store volume; empty for EBS."""
    no_device: bool
    snapshot_id: str
    volume_size_gib: int | None
    volume_type: str
    iops: int | None
    throughput_mib_s: int | None
    encrypted: bool | None
    kms_key_id: str
    delete_on_termination: bool | None

    @property
    def is_volume(self) -> bool:
        """Whether the entry says anything of a volume of EBS."""
        return bool(self.snapshot_id or self.volume_type or self.volume_size_gib is not None)


class Image(NamedTuple):
    """Everything DescribeImages said about one image. `None` or an empty text: EC2 did not say."""

    region: str
    summary: ImageSummary
    location: str
    """ImageLocation: `owner/name`, or the path of an S3 manifest."""
    usage_operation: str
    hypervisor: str
    kernel_id: str
    ramdisk_id: str
    root_device_name: str
    block_devices: tuple[BlockDevice, ...]
    product_codes: tuple[tuple[str, str], ...]
    """(code, type) pairs."""
    sriov_net_support: str
    ena_support: bool | None
    tpm_support: str
    imds_support: str
    state_reason_code: str
    source_instance_id: str
    source_image_id: str
    source_image_region: str
    deregistration_protection: str
    image_allowed: bool | None
    record: RawRecord
    """The whole record with every text sanitized, in EC2's order: what the Raw tab shows."""

    @property
    def root_index(self) -> int | None:
        """Which of `block_devices` is the root's, as EC2 finds it; `None` = none is."""
        from amitui.domain.image.devices import root_index  # its patterns are not needed to list images

        names = ["" if device.no_device else device.device_name for device in self.block_devices]
        volumes = [index for index, device in enumerate(self.block_devices) if names[index] and device.is_volume]
        stored = self.summary.root_device_type == "instance-store"
        return root_index(self.root_device_name, names, () if stored else volumes)
