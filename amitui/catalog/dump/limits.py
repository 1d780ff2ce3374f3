"""How much of a file of images is read at most: what a hostile or a wrong file may cost."""

from __future__ import annotations

from typing import Final, NamedTuple


class Limits(NamedTuple):
    """Bounds of one file. DescribeImages stays far below each of them."""

    record_chars: int = 1 << 20
    """Longest record; EC2's are about 1,000 characters. Nothing longer is ever held in one piece."""
    record_depth: int = 64
    """Nesting within a record; DescribeImages has 5."""
    record_parts: int = 20_000
    """Lists and objects in a record; the longest of EC2's have some hundreds."""
    wrapper_depth: int = 24
    """Lists and objects around a record; the output of an Ansible callback has 8."""
    barren_chars: int = 32 << 20
    """Text without one image in it, after which the rest of a file is not worth reading."""
    barren_values: int = 3_000_000
    """The same for JSON values."""
    unreadable: int = 10_000
    """Unreadable things in a row after which the rest is not worth reading."""
    records: int = 5_000_000
    """Images of one file; all regions together have about 3,000,000."""
    regions: int = 100
    """Regions of one import; each is a file of the cache."""


LIMITS: Final = Limits()

BLOCK_BYTES: Final = 64 * 1024
"""What is read, decompressed and decoded at a time."""

RATIO: Final = 250
"""Most that compressed text may expand; records differ in their ids, so dumps stay below 30."""

RATIO_APPLIES_FROM: Final = 64 << 20
"""Decompressed bytes from which on the ratio counts."""
