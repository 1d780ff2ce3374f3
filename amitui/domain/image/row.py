"""An image in the index: what is put in, what comes out as a row of a view, and how its narrow values are kept.

The table, the command line and the exports show rows without opening the full record.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from amitui.domain.image.image import ImageFlag
    from amitui.domain.image.trust import Trust


class Kept(Enum):
    """How the index keeps a value."""

    TEXT = auto()
    """A text that many images share, as a code."""
    NUMBER = auto()
    """A number; 0 = none."""
    TIME = auto()
    """Seconds since the epoch, or nothing."""


class IndexColumn(NamedTuple):
    """A narrow value of an image: filtered and sorted by without opening its texts."""

    name: str
    """In the index, and of the screen's column that it sorts."""
    field: str
    """Of `ImageSummary` and of `ImageRow`."""
    kept: Kept
    sorts: bool = True
    """Whether a view can be sorted by it."""


INDEX_COLUMNS: Final = (
    IndexColumn("deprecated", "deprecated", Kept.TIME),
    IndexColumn("arch", "architecture", Kept.TEXT),
    IndexColumn("platform", "platform", Kept.TEXT),
    IndexColumn("alias", "owner_alias", Kept.TEXT, sorts=False),
    IndexColumn("created", "created", Kept.TIME),
    IndexColumn("state", "state", Kept.TEXT),
    IndexColumn("root", "root_device_type", Kept.TEXT),
    IndexColumn("virt", "virtualization", Kept.TEXT),
    IndexColumn("boot", "boot_mode", Kept.TEXT),
    IndexColumn("type", "image_type", Kept.TEXT, sorts=False),
    IndexColumn("size", "size_gib", Kept.NUMBER),
    IndexColumn("launched", "last_launched", Kept.TIME),
)
"""With any change here `SCHEMA_VERSION` of `catalog/index/schema.py` is raised: every index is then made anew."""


class ImageSummary(NamedTuple):
    """What the index keeps of one image; built in `ec2/convert.py`. Text is sanitized; absent text is empty."""

    image_id: str
    name: str
    description: str
    owner_id: str
    owner_alias: str
    architecture: str
    platform: str
    """PlatformDetails when given, else `Windows` or `Linux/UNIX` from Platform."""
    created: int | None
    """Seconds since the epoch; `None` when EC2 gave none (real: instance-store images with an empty date)."""
    deprecated: int | None
    """DeprecationTime, seconds since the epoch; `None` = never."""
    last_launched: int | None
    state: str
    state_reason: str
    image_type: str
    root_device_type: str
    virtualization: str
    boot_mode: str
    size_gib: int
    """Sum of the EBS volumes."""
    flags: ImageFlag
    tags: tuple[tuple[str, str], ...]


class ImageRow(NamedTuple):
    """An image as the index holds it. All text is sanitized; absent text is empty; times are epoch seconds."""

    key: int
    """Opaque handle of the row in the view that gave it; valid until the catalogue changes."""
    region: str
    image_id: str
    name: str
    description: str
    owner_id: str
    owner_alias: str
    publisher: str
    """Known publisher's name, `Self` for the viewer's own images, else empty (show the owner id)."""
    trust: Trust
    architecture: str
    platform: str
    created: int | None
    deprecated: int | None
    last_launched: int | None
    state: str
    state_reason: str
    image_type: str
    root_device_type: str
    virtualization: str
    boot_mode: str
    size_gib: int
    flags: ImageFlag
    seen_by: str = ""
    """Whose credentials saw it: of several of the viewer's accounts the owner, else the first. Empty: all."""
