"""What is in a region's recycle bin, and which snapshots an image in it needs.

EC2 does not name the latter: an image in the bin cannot be described. What is left are what amitui noted when it
deregistered the image, what a snapshot's description says, and what went into the bin at the same moment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

SAME_MOMENT_S: Final = 120
"""An image and the snapshots that were deleted with it enter the bin within this time."""

_NAMED: Final = re.compile(r"\bami-(?:[0-9a-f]{17}|[0-9a-f]{8})\b")

_COPIED_FROM: Final = re.compile(r"\bfrom SourceAmi ami-[0-9a-f]+")


class BinImage(NamedTuple):
    """A deregistered image that can still be restored. Text is sanitized; times are seconds since the epoch."""

    region: str
    image_id: str
    name: str
    description: str
    entered: int | None
    leaves: int | None
    """When it is gone for good."""


class BinSnapshot(NamedTuple):
    """A deleted snapshot that can still be restored."""

    region: str
    snapshot_id: str
    description: str
    volume_id: str
    entered: int | None
    leaves: int | None


class Bin(NamedTuple):
    """The bin of one region."""

    images: tuple[BinImage, ...] = ()
    snapshots: tuple[BinSnapshot, ...] = ()


class Grounds(StrEnum):
    """Why a snapshot is taken for an image's."""

    NOTED = "recorded when the image was deregistered"
    NAMED = "its description names the image"
    MOMENT = "it entered the Recycle Bin at the same time"


class Needed(NamedTuple):
    """A snapshot in the bin that an image there needs, or seems to."""

    snapshot: BinSnapshot
    grounds: Grounds


def needed(
    image: BinImage, snapshots: Sequence[BinSnapshot], noted: Mapping[tuple[str, str], Sequence[str]]
) -> tuple[Needed, ...]:
    """The snapshots in the bin that go before the image when it is restored.

    Args:
        image: in the bin.
        snapshots: in the bin, of any region.
        noted: ids of the snapshots that images had, by region and image id, as far as they were noted.
    """
    here = [snapshot for snapshot in snapshots if snapshot.region == image.region]
    known = noted.get((image.region, image.image_id))
    if known is not None:
        return tuple(Needed(one, Grounds.NOTED) for one in here if one.snapshot_id in known)
    found = []
    for one in here:
        # A copy's description also names the image that it was copied from.
        names = _NAMED.findall(_COPIED_FROM.sub("", one.description))
        if names:
            if image.image_id in names:
                found.append(Needed(one, Grounds.NAMED))
        elif _same_moment(image, one):
            found.append(Needed(one, Grounds.MOMENT))
    return tuple(found)


def time_left(leaves: int | None, now: float) -> str:
    """Until something leaves the bin: `6 days`, `5 hours`, `40 minutes`, `no time`."""
    if leaves is None:
        return "not known"
    seconds = leaves - now
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "no time" if seconds <= 0 else "under a minute"


def _same_moment(image: BinImage, snapshot: BinSnapshot) -> bool:
    if image.entered is None or snapshot.entered is None:
        return False
    return abs(image.entered - snapshot.entered) <= SAME_MOMENT_S
