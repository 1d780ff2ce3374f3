"""The volumes of an instance that is to be launched: what the image brings, what is chosen, and the difference.

Only the difference is sent: EC2 lays it over the image's mapping, device by device and field by field, so that
what the image says of a volume, its snapshot above all, need not be repeated and cannot be got wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.image.devices import device_problem, same_device
from amitui.domain.image.image import BlockDevice, Image
from amitui.domain.operations.validation import key_problem, volume_problem

DEFAULT_TYPE: Final = "gp3"


class VolumeChoice(NamedTuple):
    """One device of an instance: a volume of EBS, or one of the host's own where `virtual_name` says so."""

    device_name: str
    snapshot_id: str = ""
    """What it is made of; empty = an empty volume."""
    snapshot_gib: int = 0
    """The least that it may have; 0 = there is no snapshot, or its size is not known."""
    gib: int | None = None
    """`None` = as large as the snapshot."""
    volume_type: str = DEFAULT_TYPE
    iops: int | None = None
    """`None` = the type's default, which io1 and io2 do not have."""
    throughput: int | None = None
    """MiB/s, of gp3 only; `None` = its default."""
    encrypted: bool = False
    """False = as its snapshot, or as the account encrypts by default; of an image's volume, True means that its
    snapshot is encrypted."""
    kms_key_id: str = ""
    """Empty = the snapshot's own key, or the account's default key."""
    delete_on_termination: bool = True
    root: bool = False
    dropped: bool = False
    """The image has it and the instance shall not."""
    added: bool = False
    """The image does not have it."""
    virtual_name: str = ""
    """`ephemeral0`, …: a volume of the host, of which nothing can be chosen but to drop it."""


class Limits(NamedTuple):
    """What EBS makes of a type of volume. Pairs are the least and the most."""

    gib: tuple[int, int]
    iops: tuple[int, int] | None = None
    """`None` = IOPS cannot be chosen."""
    iops_default: int | None = None
    """`None` = they have to be chosen, where they can be."""
    iops_per_gib: int = 0
    """The most that fit a GiB; the least IOPS of the type may always be had."""
    throughput: tuple[int, int] | None = None
    """MiB/s; `None` = it cannot be chosen."""
    throughput_default: int | None = None
    boots: bool = True
    """Whether it can be a root volume."""


LIMITS: Final[Mapping[str, Limits]] = {
    "gp3": Limits((1, 65_536), (3_000, 80_000), 3_000, 500, (125, 2_000), 125),
    "gp2": Limits((1, 16_384)),
    "io1": Limits((4, 16_384), (100, 64_000), None, 50),
    "io2": Limits((4, 65_536), (100, 256_000), None, 1_000),
    "st1": Limits((125, 16_384), boots=False),
    "sc1": Limits((125, 16_384), boots=False),
    "standard": Limits((1, 1_024)),
}
"""By type (EbsBlockDevice of EC2's API, and the EBS user guide for the ratios)."""

IOPS_PER_THROUGHPUT: Final = 4
"""IOPS that gp3 needs for each MiB/s."""


def volumes_of(image: Image) -> tuple[VolumeChoice, ...]:
    """The devices that an image brings, as it brings them; those that it suppresses are none."""
    return tuple(
        _of_device(device, root=index == image.root_index)
        for index, device in enumerate(image.block_devices)
        if device.device_name and not device.no_device and (device.is_volume or device.virtual_name)
    )


def overrides(before: Sequence[VolumeChoice], after: Sequence[VolumeChoice]) -> list[dict[str, Any]]:
    """BlockDeviceMappings for what differs from what the image brings.

    Args:
        before: what `volumes_of` said.
        after: what was chosen, without `volume_problems`; a device that is missing is dropped.
    """
    chosen = {volume.device_name: volume for volume in after}
    mappings: list[dict[str, Any]] = []
    for old in before:
        new = chosen.pop(old.device_name, None)
        if new is None or new.dropped:
            mappings.append({"DeviceName": old.device_name, "NoDevice": ""})
        elif not old.virtual_name:
            changed = _difference(old, new)
            if changed:
                mappings.append({"DeviceName": old.device_name, "Ebs": changed})
    added = (volume for volume in chosen.values() if not volume.dropped)
    return mappings + [{"DeviceName": volume.device_name, "Ebs": _whole(volume)} for volume in added]


def volume_problems(
    before: Sequence[VolumeChoice], after: Sequence[VolumeChoice], *, region: str = "", virtualization: str = ""
) -> tuple[tuple[str, str], ...]:
    """What is wrong with the volumes that were chosen, as (device name, words) pairs.

    Args:
        region: where keys have to be; empty = that is not checked.
        virtualization: of the image; empty = not known.
    """
    brought = {volume.device_name: volume for volume in before}
    found: list[tuple[str, str]] = []
    counted = Counter(volume.device_name for volume in after)
    found += [(name, "two volumes have this device name") for name, times in counted.items() if times > 1]
    found += _doubled([volume for volume in after if not volume.dropped])
    found += [
        (old.device_name, "an instance requires its root volume")
        for old in before
        if old.root and old.device_name not in counted
    ]
    for new in after:
        words = next(filter(None, _problems(brought.get(new.device_name), new, region, virtualization)), "")
        if words:
            found.append((new.device_name, words))
    return tuple(found)


def volume_words(volume: VolumeChoice) -> str:
    """A volume in a few words: `/dev/xvda 8 GiB gp3, encrypted, deleted with the instance`."""
    if volume.dropped:
        return f"{volume.device_name} dropped"
    if volume.virtual_name:
        return f"{volume.device_name} instance store ({volume.virtual_name})"
    size = volume.gib or volume.snapshot_gib
    parts = [
        f"{volume.iops} IOPS" if volume.iops is not None else "",
        f"{volume.throughput} MiB/s" if volume.throughput is not None else "",
        f"of {volume.snapshot_id}" if volume.added and volume.snapshot_id else "",
        "encrypted" + (f" with {volume.kms_key_id}" if volume.kms_key_id else "") if volume.encrypted else "",
        "deleted with the instance" if volume.delete_on_termination else "kept after the instance is terminated",
    ]
    head = " ".join(
        part for part in (volume.device_name, f"{size} GiB" if size else "", volume.volume_type) if part
    )
    return ", ".join([head, *(part for part in parts if part)])


def with_type(volume: VolumeChoice, volume_type: str) -> VolumeChoice:
    """The volume as one of another type, without numbers that were chosen for the old one."""
    if volume_type == volume.volume_type:
        return volume
    return volume._replace(volume_type=volume_type, iops=None, throughput=None)


def settled(volume: VolumeChoice) -> VolumeChoice:
    """A volume with the defaults of its type in place of `None`."""
    limits = LIMITS.get(volume.volume_type, Limits((1, 0)))
    return volume._replace(
        gib=volume.gib or volume.snapshot_gib or None,
        iops=None if limits.iops is None else volume.iops or limits.iops_default,
        throughput=None if limits.throughput is None else volume.throughput or limits.throughput_default,
    )


def _of_device(device: BlockDevice, *, root: bool) -> VolumeChoice:
    size = device.volume_size_gib
    volume_type = device.volume_type or ("" if device.virtual_name else "standard")
    limits = LIMITS.get(volume_type)
    return VolumeChoice(
        device_name=device.device_name,
        snapshot_id=device.snapshot_id,
        snapshot_gib=size or 0 if device.snapshot_id else 0,
        gib=size,
        volume_type=volume_type,
        # Of other types EC2 reports values that cannot be requested.
        iops=device.iops if limits is None or limits.iops else None,
        throughput=device.throughput_mib_s if limits is None or limits.throughput else None,
        encrypted=bool(device.encrypted),
        kms_key_id=device.kms_key_id,
        delete_on_termination=root if device.delete_on_termination is None else device.delete_on_termination,
        root=root,
        virtual_name=device.virtual_name,
    )


def _difference(old: VolumeChoice, new: VolumeChoice) -> dict[str, Any]:
    was, is_ = settled(old), settled(new)
    changed: dict[str, Any] = {}
    if is_.gib != was.gib:
        changed["VolumeSize"] = is_.gib
    retyped = is_.volume_type != was.volume_type
    if retyped:
        changed["VolumeType"] = is_.volume_type
    # After another type, nothing is left to what EC2 makes of the numbers that were the old one's.
    if is_.iops is not None and (retyped or is_.iops != was.iops):
        changed["Iops"] = is_.iops
    if is_.throughput is not None and (retyped or is_.throughput != was.throughput):
        changed["Throughput"] = is_.throughput
    if is_.delete_on_termination != was.delete_on_termination:
        changed["DeleteOnTermination"] = is_.delete_on_termination
    # Encryption is never taken away, so it is never sent as false; a key is refused without it.
    if is_.encrypted and (not was.encrypted or is_.kms_key_id != was.kms_key_id):
        changed["Encrypted"] = True
        if is_.kms_key_id:
            changed["KmsKeyId"] = is_.kms_key_id
    return changed


def _whole(volume: VolumeChoice) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "SnapshotId": volume.snapshot_id or None,
        "VolumeSize": volume.gib,
        "VolumeType": volume.volume_type,
        "Iops": volume.iops,
        "Throughput": volume.throughput,
        "DeleteOnTermination": volume.delete_on_termination,
        "Encrypted": True if volume.encrypted else None,
        "KmsKeyId": volume.kms_key_id or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _problems(old: VolumeChoice | None, new: VolumeChoice, region: str, virtualization: str) -> Iterator[str]:
    """The most important first."""
    if new.dropped:
        if old is not None and old.root:
            yield "an instance requires its root volume"
        return
    if old is None:
        yield device_problem(new.device_name, virtualization)
        yield "the image has no such device" if not new.added else ""
        yield "instance store volumes come with the instance type" if new.virtual_name else ""
    else:
        yield "the image has this device: edit that volume" if new.added else ""
        if old.virtual_name:
            return
        yield from _fixed(old, new)
    yield from _out_of_range(old, new)
    if new.kms_key_id and not new.encrypted:
        yield "only an encrypted volume has a key"
    if region:
        yield key_problem(new.kms_key_id, region)


def _doubled(volumes: Sequence[VolumeChoice]) -> Iterator[tuple[str, str]]:
    """Added volumes whose name means a device that is there already under another one."""
    for volume in volumes:
        for other in volumes if volume.added else ():
            twins = same_device(volume.device_name) == same_device(other.device_name)
            if twins and other.device_name != volume.device_name:
                which = "the root" if other.root else "already listed"
                yield volume.device_name, f"an instance treats it as {other.device_name}, which is {which}"


def _fixed(old: VolumeChoice, new: VolumeChoice) -> Iterator[str]:
    if new.snapshot_id != old.snapshot_id:
        yield "its snapshot comes from the image: exclude it and add another volume"
    if old.encrypted and not new.encrypted:
        yield "its snapshot is encrypted, and encryption cannot be removed"
    if old.kms_key_id and not new.kms_key_id:
        yield "its key can be changed but not removed"


def _out_of_range(old: VolumeChoice | None, new: VolumeChoice) -> Iterator[str]:
    limits = LIMITS.get(new.volume_type)
    if limits is None:
        yield f"{new.volume_type or 'no type'} is not one of {', '.join(LIMITS)}"
        return
    # What the image says is EC2's own affair as long as nobody changes it.
    if old is not None and settled(old) == settled(new._replace(root=old.root, snapshot_gib=old.snapshot_gib)):
        return
    least = max(new.snapshot_gib, old.snapshot_gib if old else 0)
    # The size of a snapshot may not be known here; then any will do, and EC2 knows better.
    gib = 1 if new.snapshot_id and not least and new.gib is None else new.gib
    yield volume_problem(new.volume_type, gib, snapshot_gib=least, iops=new.iops, throughput=new.throughput)
    is_ = settled(new)
    if is_.gib is not None:
        yield _outside(is_.gib, limits.gib, f"{new.volume_type} has", "GiB")
    if not limits.boots and (new.root or (old is not None and old.root)):
        yield f"{new.volume_type} cannot be a root volume"
    if limits.iops and is_.iops is not None:
        yield _outside(is_.iops, limits.iops, f"{new.volume_type} has", "IOPS")
        most = max(limits.iops[0], limits.iops_per_gib * is_.gib) if is_.gib else limits.iops[1]
        if is_.iops > most:
            yield f"{is_.gib} GiB of {new.volume_type} have at most {most} IOPS ({limits.iops_per_gib} each)"
    if limits.throughput and is_.throughput is not None:
        yield _outside(is_.throughput, limits.throughput, f"{new.volume_type} has", "MiB/s")
        needed = is_.throughput * IOPS_PER_THROUGHPUT
        if is_.iops is not None and is_.iops < needed:
            yield f"{is_.throughput} MiB/s require {needed} IOPS, {IOPS_PER_THROUGHPUT} each"


def _outside(number: int, limits: tuple[int, int], subject: str, unit: str) -> str:
    least, most = limits
    return "" if least <= number <= most else f"{subject} {least:,} to {most:,} {unit}, not {number:,}"
