"""One row of a view: what the table, the command line and the exports show without opening the full record."""

from __future__ import annotations

from typing import NamedTuple

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import Trust


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
