"""Region names and the partitions they lie in."""

from __future__ import annotations

import re

from amitui.errors import RegionError

_SHAPE = re.compile(r"[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")

_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)

PLACES = {
    "af-south-1": "Cape Town",
    "ap-east-1": "Hong Kong",
    "ap-east-2": "Taipei",
    "ap-northeast-1": "Tokyo",
    "ap-northeast-2": "Seoul",
    "ap-northeast-3": "Osaka",
    "ap-south-1": "Mumbai",
    "ap-south-2": "Hyderabad",
    "ap-southeast-1": "Singapore",
    "ap-southeast-2": "Sydney",
    "ap-southeast-3": "Jakarta",
    "ap-southeast-4": "Melbourne",
    "ap-southeast-5": "Malaysia",
    "ap-southeast-6": "New Zealand",
    "ap-southeast-7": "Thailand",
    "ca-central-1": "Canada Central",
    "ca-west-1": "Calgary",
    "cn-north-1": "Beijing",
    "cn-northwest-1": "Ningxia",
    "eu-central-1": "Frankfurt",
    "eu-central-2": "Zurich",
    "eu-north-1": "Stockholm",
    "eu-south-1": "Milan",
    "eu-south-2": "Spain",
    "eu-west-1": "Ireland",
    "eu-west-2": "London",
    "eu-west-3": "Paris",
    "il-central-1": "Tel Aviv",
    "me-central-1": "UAE",
    "me-south-1": "Bahrain",
    "mx-central-1": "Mexico Central",
    "sa-east-1": "São Paulo",
    "us-east-1": "N. Virginia",
    "us-east-2": "Ohio",
    "us-gov-east-1": "GovCloud East",
    "us-gov-west-1": "GovCloud West",
    "us-west-1": "N. California",
    "us-west-2": "Oregon",
}
"""Where a region is, for finding it by its city. Unlisted regions are shown by their name alone."""


def checked_region(name: str) -> str:
    """The name, when it has the shape of a region's; it also names files of the cache.

    Raises:
        RegionError: it has not.
    """
    if not is_region(name):
        raise RegionError(
            f"{name[:40]!r} is not a Region name", remedy="a name such as eu-central-1", code="InvalidRegion"
        )
    return name


def is_region(name: str) -> bool:
    """Whether a name has the shape of a region's."""
    return _SHAPE.fullmatch(name) is not None


def partition_of(region: str) -> str:
    """The partition a region lies in: ids and accounts of one mean nothing in another."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")
