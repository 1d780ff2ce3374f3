"""Which JSON objects are images, and how the conventions of other programs become EC2's own field names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from amitui.catalog.dump.window import json_value
from amitui.domain.image.image import RawRecord

_REGION: Final = re.compile(r"[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")

ID_KEYS: Final = ("ImageId", "image_id", "imageId")
"""EC2's and boto3's, Ansible's and Steampipe's, JavaScript's."""

_OTHER_THINGS: Final = {
    "InstanceId": "an instance",
    "instance_id": "an instance",
    "InstanceType": "a launch template, a launch configuration or an instance",
    "instance_type": "a launch template, a launch configuration or an instance",
    "LaunchConfigurationName": "a launch configuration",
    "LaunchPermissions": "an answer of DescribeImageAttribute",
    "ImportTaskId": "an import task",
    "ExportImageTaskId": "an export task",
    "RecycleBinEnterTime": "an image in the Recycle Bin",
}
"""Keys of objects that name an image and are none."""

_SIGNS: Final = frozenset(
    {"Name", "Architecture", "CreationDate", "OwnerId", "State", "Description", "RootDeviceName", "ImageLocation"}
    | {"name", "architecture", "creation_date", "owner_id", "state", "description", "root_device_name"}
)
"""Keys that distinguish an image without its id from an object around images."""

_NOT_EC2S: Final = frozenset(
    {"title", "akas", "partition", "arn", "account_id", "sp_connection_name", "sp_ctx", "_ctx", "tags_src"}
)
"""Steampipe's columns beside those of DescribeImages."""

_LISTS: Final = ("BlockDeviceMappings", "ProductCodes", "LaunchPermissions", "StateReason")
"""Fields that are JSON within a text where a table has passed through CSV."""


def looks_like_region(name: object) -> bool:
    """Whether a key or a text has the shape of a region's name."""
    return isinstance(name, str) and _REGION.fullmatch(name) is not None


def is_image(value: Mapping[str, object], listed: bool) -> bool:
    """Whether an object has an image's id; where no image is expected it must also be a text."""
    key = next((key for key in ID_KEYS if key in value), None)
    return key is not None and (listed or isinstance(value[key], str))


def lacks_id(value: Mapping[str, object]) -> bool:
    """Whether an object without an image's id stands for an image rather than around images."""
    return not _SIGNS.isdisjoint(value) or not any(isinstance(entry, dict | list) for entry in value.values())


def other_thing(value: Mapping[str, object]) -> str | None:
    """What an object with an image's id is when it is no image: a phrase."""
    if _OTHER_THINGS.keys().isdisjoint(value):
        return None
    # Steampipe and Ansible give an image's launch permissions along with the rest.
    return next((kind for key, kind in _OTHER_THINGS.items() if value.get(key) is not None), None)


def region_around(value: Mapping[str, object]) -> str | None:
    """The region that an object says its images are of, as loops of Ansible and scripts write it."""
    invocation = value.get("invocation")
    arguments = invocation.get("module_args") if isinstance(invocation, dict) else None
    found = [value.get(key) for key in ("Region", "region", "RegionName", "item")]
    if isinstance(arguments, dict):
        found.append(arguments.get("region"))
    return next((name for name in found if isinstance(name, str) and looks_like_region(name)), None)


def account_of(value: Mapping[str, object]) -> str | None:
    """The account whose credentials saw a record, where its program says so (Steampipe's `account_id`)."""
    found = value.get("account_id")
    return found if isinstance(found, str) and _ACCOUNT.fullmatch(found) else None


def as_ec2(value: dict[str, Any]) -> RawRecord:
    """The record with EC2's field names and shapes; EC2's own records are returned as they are."""
    record = value if "ImageId" in value else _renamed(value)
    if isinstance(record.get("Tags"), dict):
        record = {**record, "Tags": _tag_list(record["Tags"])}
    return record


def depth_exceeds(value: object, limit: int) -> bool:
    """Whether lists and objects are nested deeper than `limit`."""
    level: list[object] = [value]
    for _ in range(limit + 1):
        level = [
            entry
            for each in level
            for entry in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(entry, dict | list)
        ]
        if not level:
            return False
    return True


def _renamed(value: dict[str, Any]) -> RawRecord:
    record: RawRecord = {}
    for key, entry in value.items():
        if key in _NOT_EC2S or key.startswith(("_cq_", "sp_")):
            continue
        name = _ec2_name(key)
        if entry is None:
            continue
        if name in _LISTS:
            entry = _renamed_within(_unpacked(entry))
        record[name] = entry
    tags = _unpacked(value.get("tags_src")) or _unpacked(value.get("tags"))
    if isinstance(tags, dict | list):
        record["Tags"] = _tag_list(tags)
    return record


def _renamed_within(value: object) -> object:
    if isinstance(value, dict):
        return {_ec2_name(key): _renamed_within(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_renamed_within(entry) for entry in value]
    return value


def _ec2_name(key: str) -> str:
    """`block_device_mappings` and `blockDeviceMappings` as EC2 writes it: `BlockDeviceMappings`."""
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))


def _unpacked(value: object) -> object:
    """A value that is JSON within a text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        found = json_value(value)
    except (ValueError, RecursionError):
        return value
    return value if depth_exceeds(found, 16) else found


def _tag_list(tags: dict[str, Any] | list[Any]) -> list[Any]:
    if isinstance(tags, dict):
        return [{"Key": key, "Value": entry} for key, entry in tags.items()]
    return [_renamed_within(entry) for entry in tags]
