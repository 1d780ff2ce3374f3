"""Shared tags: those that everybody sees with whom an image is shared, the public included.

EC2 shows tags whose key begins so to them, read-only; all other tags are their owner's alone. Copies of an image
do not get them (EC2 User Guide and API reference, since October 2026).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

PREFIX: Final = "ec2:SharedTag/"


def is_shared(key: str) -> bool:
    """Whether a tag of this key is seen by whom the image is shared with."""
    return key.startswith(PREFIX)


def shared_tags(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Of (key, value) pairs, those that others see."""
    return tuple((key, value) for key, value in tags if is_shared(key))
