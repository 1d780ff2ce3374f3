"""What can be read of an image beyond its record: what it was made from, what was made from it, who uses it.

Pure values; `ec2/reads/lineage.py` fills them. Each part may be unknown, and then says why. All text is safe
to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

PARTS: Final = ("image", "snapshots", "ancestry", "shares", "instances", "uses", "copies")
"""What is read by calls of its own, and so may be denied by itself."""


class SnapshotOf(NamedTuple):
    """One snapshot behind the image."""

    snapshot_id: str
    state: str
    progress: int | None
    """Per cent."""
    gib: int
    """The volume's size, by which progress is weighted."""
    started: int | None
    """Seconds since the epoch."""
    reason: str = ""


class Ancestor(NamedTuple):
    """One image that this one was made of, or the image itself."""

    image_id: str
    region: str
    """Empty = EC2 does not name it: that of the image itself."""
    owner_alias: str
    created: int | None


class InstanceOf(NamedTuple):
    """One instance launched from the image."""

    instance_id: str
    name: str
    state: str
    launched_at: int | None


class Descendant(NamedTuple):
    """One image of this account's that was made of this one."""

    region: str
    image_id: str
    name: str
    state: str
    created: int | None
    reason: str = ""
    """Why it is in its state."""
    instance_id: str = ""
    """The instance it was created of; empty = a copy."""


class Use(NamedTuple):
    """Something of this account's that names the image."""

    kind: str
    """In words: `launch template`."""
    name: str


class BinEntry(NamedTuple):
    """The image in the recycle bin; times in seconds since the epoch."""

    entered: int | None
    leaves: int | None


class Lineage(NamedTuple):
    """All of it; a part that is `None` has its reason in `unknown`."""

    state: str | None = None
    """EC2's state of the image at this moment; empty = EC2 no longer lists it; `None` = not known."""
    reason: str = ""
    """Why it is in this state."""
    snapshots: tuple[SnapshotOf, ...] | None = None
    ancestry: tuple[Ancestor, ...] | None = None
    """The image itself first, its oldest known ancestor last."""
    shares: tuple[str, ...] | None = None
    """Whom it is shared with, in words; empty = no one."""
    instances: tuple[InstanceOf, ...] | None = None
    uses: tuple[Use, ...] | None = None
    """Without instances."""
    copies: tuple[Descendant, ...] | None = None
    copy_regions: tuple[str, ...] = ()
    """The Regions that were searched for copies."""
    in_bin: BinEntry | None = None
    unknown: Mapping[str, str] = MappingProxyType({})
    """Why a part is not known, by its name in `PARTS`; for a part that is known, what of it is missing."""
    read_at: int | None = None
    """Seconds since the epoch; `None` = nothing was read yet."""


def unknown_lineage(words: str) -> Lineage:
    """A lineage of which nothing is known, for one reason: it is being read, or must not be."""
    return Lineage(unknown=dict.fromkeys(PARTS, words))
