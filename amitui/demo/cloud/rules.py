"""What EC2 demands of names, descriptions, tags and ids before it does anything, and how it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME: Final = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
_LONGEST_DESCRIPTION: Final = 255
_LONGEST_KEY: Final = 127
_LONGEST_VALUE: Final = 256
_MOST_TAGS: Final = 50
_IMAGE_ID: Final = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_SNAPSHOT_ID: Final = re.compile(r"snap-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_IMAGE_AND_SNAPSHOT: Final = frozenset({"image", "snapshot"})

ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits of an account in a region; smaller ones make them reachable."""

    images: int = 50_000
    """Pending, disabled and in the Recycle Bin included."""
    public_images: int = 5
    shares: int = 1000
    """Entities that one image is shared with; an organization counts once."""
    copies: int = 300
    """Copies under way into the region."""
    no_reboot: int = 4
    """Images being made of one instance without a reboot."""
    store_gib: int = 1200
    restore_gib: int = 600
    instances: int = 5000
    """Pending and running."""
    standard_vcpus: int = 512
    """Of On-Demand instances of the standard families, and as many again of Spot Instances."""
    tasks_image_gib: int = 5000
    """Size of the largest image that can be stored in S3."""


def invalid(message: str) -> CloudError:
    """InvalidParameterValue with that text."""
    return CloudError("InvalidParameterValue", message)


def require(params: Mapping[str, Any], *names: str) -> None:
    """Refuse a request that lacks one of the parameters."""
    for name in names:
        if params.get(name) in (None, "", []):
            raise CloudError("MissingParameter", f"The request must contain the parameter {name}")


def check_image_id(image_id: str) -> None:
    """Refuse an image id that cannot be one."""
    if not _IMAGE_ID.fullmatch(image_id):
        raise CloudError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}" (expecting "ami-...")')


def check_snapshot_id(snapshot_id: str) -> None:
    """Refuse a snapshot id that cannot be one."""
    if not _SNAPSHOT_ID.fullmatch(snapshot_id):
        raise CloudError("InvalidSnapshotID.Malformed", f'Invalid id: "{snapshot_id}" (expecting "snap-...")')


def check_name(name: str) -> None:
    """Refuse a name that no new image may have."""
    if not _NAME.fullmatch(name):
        raise CloudError(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
            "'(', ')', '[', ']', ' ', '.', '/', '-', ''', '@' and '_'",
        )


def check_description(text: str) -> None:
    """Refuse a description that is too long."""
    if len(text) > _LONGEST_DESCRIPTION:
        raise invalid(f"The description is longer than {_LONGEST_DESCRIPTION} characters")


def check_tags(given: Sequence[Mapping[str, str]]) -> None:
    """Refuse tags that nobody may set."""
    keys = [tag.get("Key", "") for tag in given]
    if len(set(keys)) != len(keys):
        raise invalid("Duplicate tag keys found")
    for tag, key in zip(given, keys, strict=True):
        if not 0 < len(key) <= _LONGEST_KEY:
            raise invalid(f"Tag key exceeds the maximum length of {_LONGEST_KEY} characters or is empty")
        if len(tag.get("Value", "")) > _LONGEST_VALUE:
            raise invalid(f"Tag value exceeds the maximum length of {_LONGEST_VALUE} characters")
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys starting with 'aws:' are reserved for internal use")


def with_tags(present: Sequence[Mapping[str, str]], given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Tags after setting the given ones over those present.

    Raises:
        CloudError: more than a resource can have.
    """
    merged = {tag["Key"]: tag.get("Value", "") for tag in (*present, *given)}
    if sum(not key.startswith("aws:") for key in merged) > _MOST_TAGS:
        raise CloudError("TagLimitExceeded", f"The maximum number of tags per resource is {_MOST_TAGS}")
    return [{"Key": key, "Value": value} for key, value in merged.items()]


def specified_tags(
    params: Mapping[str, Any], kinds: frozenset[str] = _IMAGE_AND_SNAPSHOT
) -> dict[str, list[dict[str, str]]]:
    """TagSpecifications by resource type, an empty list for a type without.

    Raises:
        CloudError: a type that the operation does not make, or tags that nobody may set.
    """
    found: dict[str, list[dict[str, str]]] = {kind: [] for kind in kinds}
    for specification in params.get("TagSpecifications", ()):
        kind = specification.get("ResourceType", "")
        if kind not in kinds:
            raise invalid(f"'{kind}' is not a valid taggable resource type for this operation.")
        check_tags(specification.get("Tags", ()))
        found[kind] = with_tags(found[kind], specification.get("Tags", ()))
    return found
