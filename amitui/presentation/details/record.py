"""The Other group of an image's details: what its record holds beyond the fields that the other groups show.

EC2 grows fields, and imported files hold what they like. Nothing of a record may vanish between its pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from amitui.domain.image.image import RawRecord
from amitui.domain.launch.instance_type import instance_type_names
from amitui.presentation.details.explain import DetailGroup, DetailLine

_TEXT: Final = "text"
_YES_NO: Final = "yes or no"
_NUMBER: Final = "number"
_TYPES: Final = "instance types"

_EBS: Final[dict[str, Any]] = {
    "SnapshotId": _TEXT,
    "VolumeType": _TEXT,
    "KmsKeyId": _TEXT,
    "VolumeSize": _NUMBER,
    "Iops": _NUMBER,
    "Throughput": _NUMBER,
    "Encrypted": _YES_NO,
    "DeleteOnTermination": _YES_NO,
}
_SHOWN: Final[dict[str, Any]] = {
    **dict.fromkeys(
        (
            "Architecture",
            "BootMode",
            "CreationDate",
            "DeprecationTime",
            "DeregistrationProtection",
            "Description",
            "Hypervisor",
            "ImageId",
            "ImageLocation",
            "ImageOwnerAlias",
            "ImageType",
            "ImdsSupport",
            "KernelId",
            "LastLaunchedTime",
            "Name",
            "OwnerId",
            "Platform",
            "PlatformDetails",
            "PublicSsmParameterName",
            "RamdiskId",
            "Region",
            "RootDeviceName",
            "RootDeviceType",
            "SourceImageId",
            "SourceImageRegion",
            "SourceInstanceId",
            "SriovNetSupport",
            "State",
            "TpmSupport",
            "UsageOperation",
            "VirtualizationType",
        ),
        _TEXT,
    ),
    **dict.fromkeys(("EnaSupport", "FreeTierEligible", "ImageAllowed", "Public"), _YES_NO),
    "BlockDeviceMappings": [{"DeviceName": _TEXT, "VirtualName": _TEXT, "NoDevice": _TEXT, "Ebs": _EBS}],
    "ProductCodes": [{"ProductCodeId": _TEXT, "ProductCodeType": _TEXT}],
    "StateReason": {"Code": _TEXT, "Message": _TEXT},
    "Tags": [{"Key": _TEXT, "Value": _TEXT}],
    "ScanResults": dict.fromkeys(
        (
            "HighestFindingSeverityLabel",
            "FindingScanDate",
            "CriticalFixAvailableSince",
            "HighFixAvailableSince",
            "MediumFixAvailableSince",
            "LowFixAvailableSince",
            "InformationalFixAvailableSince",
        ),
        _TEXT,
    ),
    "ImageWatermarks": [
        {
            "WatermarkKey": _TEXT,
            "SourceImageId": _TEXT,
            "SourceImageRegion": _TEXT,
            "SourceImageCreationTime": _TEXT,
            "WatermarkCreationTime": _TEXT,
        }
    ],
    "InstanceTypeSpecification": {"SupportedInstanceTypes": _TYPES, "UnsupportedInstanceTypes": _TYPES},
}
"""The fields that other groups show, with the shape in which they can show them."""


def other_group(record: RawRecord) -> DetailGroup | None:
    """The fields that no other group shows, or not in the shape in which they came; `None` when there are none."""
    lines = tuple(
        DetailLine(path[-1], value_text(value), ".".join(path) if len(path) > 1 else "")
        for path, value in _left_over(record, _SHOWN, ())
    )
    return DetailGroup("Other", lines) if lines else None


def value_text(value: Any) -> str:
    """A value of a record in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def scalar_text(value: Any) -> str:
    """A value in one line when it is a text, a number or yes/no; else "": then it is among the others."""
    return "" if value is None or isinstance(value, dict | list) else value_text(value)


def _left_over(value: Any, shape: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The parts of a value that do not fit the shape, with where they are."""
    if value is None or _fits(value, shape):
        return
    if isinstance(shape, dict) and isinstance(value, dict):
        for key, part in value.items():
            if key in shape:
                yield from _left_over(part, shape[key], (*path, key))
            else:
                yield (*path, key), part
    elif isinstance(shape, list) and isinstance(value, list):
        for number, part in enumerate(value, 1):
            yield from _left_over(part, shape[0], (*path[:-1], f"{path[-1]}[{number}]"))
    else:
        yield path, value


def _fits(value: Any, shape: Any) -> bool:
    """Whether a value is a leaf of its shape, which the other groups show whole."""
    if shape == _TEXT:
        return not isinstance(value, dict | list)
    if shape == _YES_NO:
        return isinstance(value, bool) or str(value).lower() in ("true", "false")
    if shape == _NUMBER:
        text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        return text.isascii() and text.isdigit() and len(text) <= 12
    if shape == _TYPES:
        return isinstance(value, list) and len(instance_type_names(value)) == len(value)
    return False
