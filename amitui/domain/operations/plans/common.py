"""What all plans that make an image have in common: its tags in the request, and the wait until it is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from amitui.domain.operations.awaited import GONE, IMAGE
from amitui.domain.operations.plan import Watch
from amitui.domain.operations.validation import Tag

NEVER_AVAILABLE: Final = (GONE, "failed", "error", "invalid", "deregistered")
"""States in which an image that is being made will never be available."""


def image_available(region: str, image_id: str = "") -> Watch:
    """The wait for an image, by default for the one that the plan makes."""
    return Watch(IMAGE, region, image_id, ("available",), NEVER_AVAILABLE)


def deprecation_stamp(at: float) -> str:
    """A date of deprecation as EC2 takes it, which knows no seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:00.000Z", time.gmtime(at // 60 * 60))


def tag_list(tags: Sequence[Tag]) -> list[dict[str, str]]:
    """Tags as EC2 and S3 take them."""
    return [{"Key": key, "Value": value} for key, value in tags]


def tag_specifications(*, image: Sequence[Tag] = (), snapshot: Sequence[Tag] = ()) -> list[dict[str, Any]]:
    """The tags that what is made gets at once; an empty list when there are none."""
    given = (("image", image), ("snapshot", snapshot))
    return [{"ResourceType": kind, "Tags": tag_list(tags)} for kind, tags in given if tags]
