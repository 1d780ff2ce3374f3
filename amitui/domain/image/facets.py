"""What images are counted by beside a view: the few facts of an image by which a catalogue is narrowed."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from time import gmtime
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.image.publishers import MARKETPLACE_ACCOUNT, PUBLISHERS, publisher_name

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageSummary

_YEARS: Final = range(-30_610_224_000, 253_402_300_800)
"""Epoch seconds of the years that are written in four digits, as queries write them."""

KNOWN_OWNERS: Final = frozenset(
    (MARKETPLACE_ACCOUNT, *(account for publisher in PUBLISHERS for account in publisher.every_account))
)
"""The accounts of publishers."""


class FacetFacts(NamedTuple):
    """What an image is counted by; the same for all builds of one product and year. Unknown is empty."""

    architecture: str
    platform: str
    root_device_type: str
    state: str
    year: int
    """Of creation, UTC; 0: not known."""
    owner_id: str
    """Of a known publisher."""
    owner_alias: str
    """Only what AWS gives; old records hold account ids there."""
    family: str
    """Of a name that follows a known pattern (`family.family_of`)."""


def facts_of(summary: ImageSummary, family: str) -> FacetFacts:
    """What an image is counted by.

    Args:
        summary: the image.
        family: if its name follows a known pattern.
    """
    return FacetFacts(
        summary.architecture,
        summary.platform,
        summary.root_device_type,
        summary.state,
        0 if summary.created is None else year_of(summary.created),
        summary.owner_id if summary.owner_id in KNOWN_OWNERS else "",
        summary.owner_alias if publisher_name("", summary.owner_alias) else "",
        family,
    )


def year_of(created: int) -> int:
    """The year of a time in epoch seconds, UTC; 0: it is written in more than four digits."""
    return _year_of_day(created // 86_400) if created in _YEARS else 0


@lru_cache(maxsize=8192)
def _year_of_day(day: int) -> int:
    return gmtime(day * 86_400).tm_year


def family_code(family: str) -> int:
    """What indexes know a family by: 48 bits of a hash, since most families of strangers have one member.

    Args:
        family: as `family.family_of` has it; of an image without one, the image's id.
    """
    return int.from_bytes(blake2b(family.encode(), digest_size=6).digest(), "big")
