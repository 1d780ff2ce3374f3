"""Amazon's images that are no longer listed: gone from every list, and not to be launched by their ids either."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from amitui.demo.seed.amazon_families import amazon_families

_REGIONS_KEPT: Final = 4


@lru_cache(maxsize=_REGIONS_KEPT)
def retired_images(region: str, as_of: int) -> frozenset[str]:
    """Ids of the builds that came before those which Amazon still lists at `as_of` (epoch seconds)."""
    return frozenset(
        str(family.build(day, arch, region)["ImageId"])
        for family in amazon_families()
        for day in family.all_days(as_of)[: -family.keep]
        for arch in family.archs
    )
