"""Reads what images can be made from: instances, their volumes, own snapshots, keys, and names that are taken.

Every list is read to its last page; every text is made safe to show here. Lists come in the order in which one
looks for something: instances by name, snapshots newest first, the account's own keys before AWS's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.image.devices import root_index
from amitui.domain.operations.inventory import AWS_MANAGED, DeviceInfo, InstanceInfo, KeyInfo, SnapshotInfo
from amitui.ec2.query import Tokens, dicts, instances_of, pages, part, tags_of, text_of, whole, yes_no
from amitui.ec2.session import Ec2Connection
from amitui.errors import AwsError, DeniedError

PAGE: Final = 1_000
"""Results in one page, the most that EC2 gives of instances, snapshots and images."""
VOLUMES_PAGE: Final = 500
"""The most that DescribeVolumes gives."""
ALIASES_PAGE: Final = 100
"""The most that ListAliases of KMS gives."""
KEYS_AT_ONCE: Final = 8
"""DescribeKey calls side by side; there is no call for several keys."""

_STANDING: Final = ("pending", "running", "stopping", "stopped")
_EBS_ALIAS: Final = "alias/aws/ebs"
_AWS_ALIASES: Final = "alias/aws/"


async def instances(connection: Ec2Connection, region: str) -> list[InstanceInfo]:
    """The instances of the region that are not terminated, by name; sizes of volumes are not among the answer.

    Raises:
        AwsError: in words.
    """
    answers = pages(
        connection.call,
        region,
        "describe_instances",
        "list the instances",
        MaxResults=PAGE,
        Filters=[{"Name": "instance-state-name", "Values": list(_STANDING)}],
    )
    found = [_instance(entry) async for page in answers for entry in instances_of(page)]
    return sorted(found, key=lambda instance: (not instance.name, instance.name.casefold(), instance.instance_id))


async def devices(connection: Ec2Connection, region: str, instance: InstanceInfo) -> list[DeviceInfo]:
    """The instance's volumes with their sizes and types, or as they are known where DescribeVolumes is denied.

    Raises:
        AwsError: in words, but for a denial.
    """
    volumes: dict[str, Mapping[str, Any]] = {}
    answers = pages(
        connection.call,
        region,
        "describe_volumes",
        "list the instance's volumes",
        MaxResults=VOLUMES_PAGE,
        Filters=[{"Name": "attachment.instance-id", "Values": [instance.instance_id]}],
    )
    try:
        async for page in answers:
            volumes |= {text_of(entry, "VolumeId"): entry for entry in dicts(page.get("Volumes"))}
    except DeniedError:
        return list(instance.devices)
    return [_sized(device, volumes.get(device.volume_id, {})) for device in instance.devices]


async def snapshots(connection: Ec2Connection, region: str) -> list[SnapshotInfo]:
    """The account's own snapshots in the region, newest first.

    Raises:
        AwsError: in words.
    """
    answers = pages(
        connection.call, region, "describe_snapshots", "list the snapshots", MaxResults=PAGE, OwnerIds=["self"]
    )
    found = [_snapshot(entry) async for page in answers for entry in dicts(page.get("Snapshots"))]
    return sorted(found, key=lambda snapshot: (-(snapshot.started_at or 0), snapshot.snapshot_id))


async def image_names(connection: Ec2Connection, region: str, prefix: str) -> frozenset[str]:
    """The names of the account's own images in the region that begin with `prefix`, deprecated and disabled too.

    Raises:
        AwsError: in words.
    """
    answers = pages(
        connection.call,
        region,
        "describe_images",
        "check whether the name is in use",
        MaxResults=PAGE,
        Owners=["self"],
        IncludeDeprecated=True,
        IncludeDisabled=True,
        Filters=[{"Name": "name", "Values": [f"{_escaped(prefix)}*"]}],
    )
    return frozenset([text_of(entry, "Name") async for page in answers for entry in dicts(page.get("Images"))])


async def keys(connection: Ec2Connection, region: str) -> list[KeyInfo]:
    """The region's keys of KMS that have an alias and may encrypt volumes: the account's own, then aws/ebs.

    A key that may not be described is listed as usable: using it may still be allowed.

    Raises:
        AwsError: in words; where KMS is denied or not reached, a key can still be typed by hand.
    """
    aliases: dict[str, str] = {}
    marker: dict[str, Any] = {}
    tokens = Tokens("list the keys")
    while True:
        answer = await connection.service_call(
            "kms", region, "list_aliases", "list the keys", Limit=ALIASES_PAGE, **marker
        )
        for entry in dicts(answer.get("Aliases")):
            alias, arn = text_of(entry, "AliasName"), text_of(entry, "AliasArn")
            named = text_of(entry, "TargetKeyId")
            # AWS's keys of other services cannot encrypt volumes; the one behind aws/ebs is made by its first use.
            if alias == _EBS_ALIAS:
                aliases[alias] = arn
            elif named and arn and alias and not alias.startswith(_AWS_ALIASES):
                aliases[alias] = arn.replace(alias, f"key/{named}")
        following = tokens.after(answer, "NextMarker")
        if answer.get("Truncated") is not True or following is None:
            break
        marker = {"Marker": following}
    gate = asyncio.Semaphore(KEYS_AT_ONCE)

    async def described(alias: str, arn: str) -> KeyInfo | None:
        async with gate:
            return await _key(connection, region, alias, arn)

    found = await asyncio.gather(*(described(alias, arn) for alias, arn in aliases.items()))
    return sorted((key for key in found if key), key=lambda key: (key.alias == _EBS_ALIAS, key.alias.casefold()))


async def _key(connection: Ec2Connection, region: str, alias: str, arn: str) -> KeyInfo | None:
    """What is known of one key; `None` for one that can never encrypt a volume."""
    if alias == _EBS_ALIAS:
        return KeyInfo(arn, alias, "", AWS_MANAGED, "")
    try:
        answer = await connection.service_call("kms", region, "describe_key", "read the key", KeyId=arn)
    except DeniedError:
        return KeyInfo(arn, alias, "", "", "")
    except AwsError as error:
        return KeyInfo(arn, alias, "", "", error.why or error.what)
    about = part(answer, "KeyMetadata")
    spec = text_of(about, "KeySpec") or text_of(about, "CustomerMasterKeySpec")
    if spec not in ("", "SYMMETRIC_DEFAULT") or text_of(about, "KeyUsage") not in ("", "ENCRYPT_DECRYPT"):
        return None
    state = text_of(about, "KeyState")
    obstacle = "" if state in ("", "Enabled") else f"it is {_spaced(state)}"
    return KeyInfo(arn, alias, text_of(about, "Description"), text_of(about, "KeyManager"), obstacle)


def _instance(entry: Mapping[str, Any]) -> InstanceInfo:
    tags = tags_of(entry)
    root = text_of(entry, "RootDeviceName")
    listed = [
        DeviceInfo(name, text_of(ebs, "VolumeId"), ebs.get("DeleteOnTermination") is True)
        for mapping in dicts(entry.get("BlockDeviceMappings"))
        if (name := text_of(mapping, "DeviceName")) and (ebs := part(mapping, "Ebs"))
    ]
    return InstanceInfo(
        instance_id=text_of(entry, "InstanceId"),
        name=dict(tags).get("Name", ""),
        state=text_of(part(entry, "State"), "Name"),
        type=text_of(entry, "InstanceType"),
        image_id=text_of(entry, "ImageId"),
        architecture=text_of(entry, "Architecture"),
        boot_mode=text_of(entry, "CurrentInstanceBootMode") or text_of(entry, "BootMode"),
        root_device=root,
        root_device_type=text_of(entry, "RootDeviceType"),
        devices=_root_first(listed, root),
        tags=tags,
        launched_at=epoch_seconds(entry.get("LaunchTime")),
    )


def _root_first(devices: Sequence[DeviceInfo], root_device: str) -> tuple[DeviceInfo, ...]:
    """The root by its name or, where none fits, by EC2's order; the others by name."""
    index = root_index(root_device, [device.device_name for device in devices], range(len(devices)))
    root = () if index is None else (devices[index],)
    others = (device for place, device in enumerate(devices) if place != index)
    return (*root, *sorted(others, key=lambda device: device.device_name))


def _sized(device: DeviceInfo, volume: Mapping[str, Any]) -> DeviceInfo:
    return device._replace(
        gib=whole(volume.get("Size")),
        volume_type=text_of(volume, "VolumeType"),
        encrypted=yes_no(volume.get("Encrypted")),
    )


def _snapshot(entry: Mapping[str, Any]) -> SnapshotInfo:
    tags = tags_of(entry)
    return SnapshotInfo(
        snapshot_id=text_of(entry, "SnapshotId"),
        name=dict(tags).get("Name", ""),
        description=text_of(entry, "Description"),
        volume_id=text_of(entry, "VolumeId"),
        gib=whole(entry.get("VolumeSize")),
        state=text_of(entry, "State"),
        progress=text_of(entry, "Progress"),
        encrypted=yes_no(entry.get("Encrypted")),
        tier=text_of(entry, "StorageTier"),
        started_at=epoch_seconds(entry.get("StartTime")),
        tags=tags,
    )


def _escaped(text: str) -> str:
    """The text as a filter takes it for itself: `*` and `?` stand for anything there."""
    return "".join(f"\\{character}" if character in "\\*?" else character for character in text)


def _spaced(state: str) -> str:
    """KMS's `PendingDeletion` as words."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in state).strip()
