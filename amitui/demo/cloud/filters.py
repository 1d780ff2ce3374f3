"""EC2's filters on images: names, wildcards and what they compare, as DescribeImages documents them.

Values of one filter are alternatives, filters all hold; `*` is any text, `?` at most one character, a backslash
takes the next character literally; everything is case-sensitive.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amitui.domain.image.image import RawRecord

Matcher: TypeAlias = "Callable[[str], bool]"
Values: TypeAlias = "Callable[[RawRecord], Iterable[str]]"

_MAX_FILTERS: Final = 50
_MAX_VALUES: Final = 200
_MAX_LENGTH: Final = 255


def matcher(patterns: Sequence[str]) -> Matcher:
    """A test whether a text equals or matches any of the patterns."""
    plain = frozenset(p for p in patterns if not set(p) & set("*?\\"))
    wild = [re.compile(_expression(p), re.DOTALL).fullmatch for p in patterns if p not in plain]
    if not wild:
        return plain.__contains__
    return lambda text: text in plain or any(match(text) for match in wild)


def _expression(pattern: str) -> str:
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            parts.append(".*")
        elif character == "?":
            parts.append(".?")
        elif character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append(re.escape(character))
    return "".join(parts)


def _text(value: Any) -> str:
    """A value as EC2 compares it: booleans in lower case, numbers in digits."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def _member(name: str) -> Values:
    def values(record: RawRecord) -> Iterable[str]:
        value = record.get(name)
        return () if value is None else (_text(value),)

    return values


def _flag(name: str) -> Values:
    """A boolean that is false when EC2 leaves it out."""
    return lambda record: ("true" if record.get(name) else "false",)


def _each(list_name: str, *path: str) -> Values:
    """One member, however deep, of every entry of a list."""

    def values(record: RawRecord) -> Iterable[str]:
        for entry in record.get(list_name, ()):
            found: Any = entry
            for step in path:
                found = found.get(step) if isinstance(found, dict) else None
            if found is not None:
                yield _text(found)

    return values


def _inside(name: str, member: str) -> Values:
    return lambda record: (_text(record[name][member]),) if member in record.get(name, ()) else ()


def _listed(name: str, list_name: str) -> Values:
    """The instance types of one of the lists of InstanceTypeSpecification."""
    return lambda record: (entry["InstanceType"] for entry in record.get(name, {}).get(list_name, ()))


_EBS: Final = "BlockDeviceMappings"
_TYPES: Final = "InstanceTypeSpecification"
_WATERMARKS: Final = "ImageWatermarks"

_SCAN_RESULTS: Final = (
    "HighestFindingSeverityLabel",
    "FindingScanDate",
    *(f"{severity}FixAvailableSince" for severity in ("Critical", "High", "Medium", "Low", "Informational")),
)


def _dashed(member: str) -> str:
    """A member's name as filters spell it: `finding-scan-date`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", member).lower()


FILTERS: Final[dict[str, Values]] = {
    "architecture": _member("Architecture"),
    "block-device-mapping.delete-on-termination": _each(_EBS, "Ebs", "DeleteOnTermination"),
    "block-device-mapping.device-name": _each(_EBS, "DeviceName"),
    "block-device-mapping.encrypted": _each(_EBS, "Ebs", "Encrypted"),
    "block-device-mapping.snapshot-id": _each(_EBS, "Ebs", "SnapshotId"),
    "block-device-mapping.volume-size": _each(_EBS, "Ebs", "VolumeSize"),
    "block-device-mapping.volume-type": _each(_EBS, "Ebs", "VolumeType"),
    "boot-mode": _member("BootMode"),
    "creation-date": _member("CreationDate"),
    "description": _member("Description"),
    "ena-support": _flag("EnaSupport"),
    "free-tier-eligible": _flag("FreeTierEligible"),
    "hypervisor": _member("Hypervisor"),
    "image-allowed": _member("ImageAllowed"),
    "image-id": _member("ImageId"),
    "image-type": _member("ImageType"),
    "image-watermark.source-image-creation-time": _each(_WATERMARKS, "SourceImageCreationTime"),
    "image-watermark.source-image-id": _each(_WATERMARKS, "SourceImageId"),
    "image-watermark.source-image-region": _each(_WATERMARKS, "SourceImageRegion"),
    "image-watermark.watermark-creation-time": _each(_WATERMARKS, "WatermarkCreationTime"),
    "image-watermark.watermark-key": _each(_WATERMARKS, "WatermarkKey"),
    "instance-type-specification.supported-instance-type": _listed(_TYPES, "SupportedInstanceTypes"),
    "instance-type-specification.unsupported-instance-type": _listed(_TYPES, "UnsupportedInstanceTypes"),
    "is-public": _flag("Public"),
    "kernel-id": _member("KernelId"),
    "manifest-location": _member("ImageLocation"),
    "name": _member("Name"),
    "owner-alias": _member("ImageOwnerAlias"),
    "owner-id": _member("OwnerId"),
    "platform": _member("Platform"),
    "product-code": _each("ProductCodes", "ProductCodeId"),
    "product-code.type": _each("ProductCodes", "ProductCodeType"),
    "public-ssm-parameter-name": _member("PublicSsmParameterName"),
    "ramdisk-id": _member("RamdiskId"),
    "root-device-name": _member("RootDeviceName"),
    "root-device-type": _member("RootDeviceType"),
    "source-image-id": _member("SourceImageId"),
    "source-image-region": _member("SourceImageRegion"),
    "source-instance-id": _member("SourceInstanceId"),
    "sriov-net-support": _member("SriovNetSupport"),
    "state": _member("State"),
    "state-reason-code": _inside("StateReason", "Code"),
    "state-reason-message": _inside("StateReason", "Message"),
    "tag-key": _each("Tags", "Key"),
    **{f"scan-result.{_dashed(member)}": _inside("ScanResults", member) for member in _SCAN_RESULTS},
    "virtualization-type": _member("VirtualizationType"),
}
"""Every filter of DescribeImages but `tag:<key>`, and what of a record it compares."""


def _tag(key: str) -> Values:
    return lambda record: (tag["Value"] for tag in record.get("Tags", ()) if tag["Key"] == key)


def image_filter(filters: Sequence[dict[str, Any]]) -> Callable[[RawRecord], bool]:
    """One test for all filters of a request; what it is given is the record as the caller may see it.

    Raises:
        CloudError: an unknown filter, or more of them or longer ones than EC2 takes.
    """
    if len(filters) > _MAX_FILTERS:
        raise CloudError(
            "FilterLimitExceeded", f"The maximum number of filters on a single call is {_MAX_FILTERS}"
        )
    tests = [_test(str(given.get("Name", "")), given.get("Values", ())) for given in filters]
    return lambda record: all(test(record) for test in tests)


def _test(name: str, patterns: Sequence[str]) -> Callable[[RawRecord], bool]:
    values = _tag(name[4:]) if name.startswith("tag:") else FILTERS.get(name)
    if values is None:
        raise CloudError("InvalidParameterValue", f"The filter '{name}' is invalid")
    if len(patterns) > _MAX_VALUES:
        raise CloudError(
            "FilterLimitExceeded",
            f"The maximum number of filter values specified on a single call is {_MAX_VALUES}",
        )
    if any(len(pattern) > _MAX_LENGTH for pattern in patterns):
        raise CloudError("InvalidParameterValue", f"A value of the filter '{name}' is longer than {_MAX_LENGTH}")
    matches, read = matcher(patterns), values
    return lambda record: any(matches(text) for text in read(record))
