"""What an account has that images are made from: instances with their volumes, snapshots, and keys.

All text is safe to show. Forms choose from these values; `amitui.ec2.reads.inventory` reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from amitui.domain.image.devices import root_index

EBS: Final = "ebs"

ARCHIVE: Final = "archive"
"""The storage tier whose snapshots must be restored before an image can use them."""

AWS_MANAGED: Final = "AWS"
"""`KeyInfo.manager` of keys that nobody but their own account can ever use."""


class DeviceInfo(NamedTuple):
    """One EBS volume of an instance, as its block device mapping names it."""

    device_name: str
    volume_id: str
    delete_on_termination: bool
    gib: int | None = None
    """`None`: the volumes have not been read yet, or may not be."""
    volume_type: str = ""
    """Empty like `gib`."""
    encrypted: bool | None = None
    """`None` like `gib`."""


class InstanceInfo(NamedTuple):
    """An instance that an image may be made from."""

    instance_id: str
    name: str
    """Its Name tag; may be empty."""
    state: str
    type: str
    image_id: str
    architecture: str
    boot_mode: str
    """What it was booted in, or is to be, empty where EC2 does not say."""
    root_device: str
    """The device name of its root volume."""
    root_device_type: str
    """`ebs` or `instance-store`."""
    devices: tuple[DeviceInfo, ...]
    """Its EBS volumes, the root first."""
    tags: tuple[tuple[str, str], ...]
    launched_at: int | None

    @property
    def root_mapping(self) -> str:
        """The device name of its root volume as its mapping has it; empty = it has no volume of EBS for it."""
        names = [device.device_name for device in self.devices]
        # Where no name fits it is the first: the root is, of `devices`.
        index = root_index(self.root_device, names, range(min(1, len(names))))
        return names[index] if index is not None and self.root_device_type in ("", EBS) else ""

    @property
    def obstacle(self) -> str:
        """Why no image can be made of it now; empty = one can."""
        if self.root_device_type and self.root_device_type != EBS:
            return "its root is an instance store: only the AMI tools on the instance can create an image"
        if self.state not in ("running", "stopped"):
            return f"it is {self.state or 'in an unknown state'}: only running or stopped instances can be used"
        return ""


class SnapshotInfo(NamedTuple):
    """A snapshot of the account's own."""

    snapshot_id: str
    name: str
    """Its Name tag; may be empty."""
    description: str
    volume_id: str
    """The volume that it was made of; EC2 gives a made-up one for copies."""
    gib: int | None
    state: str
    progress: str
    """`100%`, as EC2 writes it."""
    encrypted: bool | None
    tier: str
    """`standard` or `archive`; may be empty."""
    started_at: int | None
    tags: tuple[tuple[str, str], ...]

    @property
    def obstacle(self) -> str:
        """Why no image can be registered from it now; empty = one can."""
        if self.tier == ARCHIVE:
            return "it is archived: restore it first"
        if self.state != "completed":
            progress = f", {self.progress}" if self.progress and self.state == "pending" else ""
            return f"it is {self.state or 'in an unknown state'}{progress}: only completed snapshots can be used"
        return ""


class KeyInfo(NamedTuple):
    """A key of KMS that may encrypt volumes."""

    arn: str
    alias: str
    """`alias/…`; may be empty."""
    description: str
    manager: str
    """`AWS` for aws/ebs, `CUSTOMER` for the account's own; empty where DescribeKey is denied."""
    obstacle: str
    """Why it cannot be used now; empty = nothing is known against it."""


class KeyInventory(Protocol):
    """Reads the keys of KMS, Region by Region."""

    async def keys(self, region: str) -> Sequence[KeyInfo]:
        """The keys that may encrypt volumes, the account's own first.

        Raises:
            AmituiError: in words.
        """
        ...


class Inventory(KeyInventory, Protocol):
    """Reads it, region by region; each read raises an `AmituiError` in words."""

    async def instances(self, region: str) -> Sequence[InstanceInfo]:
        """The instances that are not terminated, by name."""
        ...

    async def devices(self, region: str, instance: InstanceInfo) -> Sequence[DeviceInfo]:
        """The instance's volumes with what DescribeVolumes says of them."""
        ...

    async def snapshots(self, region: str) -> Sequence[SnapshotInfo]:
        """The account's own snapshots, newest first."""
        ...

    async def image_names(self, region: str, prefix: str) -> frozenset[str]:
        """The names of the account's own images that begin with `prefix`; each is taken."""
        ...
