"""What the simulated cloud holds: the images of one region on one day, the same ones whenever they are asked for.

Publishers' images have the same names everywhere and other ids in each region, as in the real catalogue;
strangers' and Marketplace images differ in number by region.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from amitui.demo.cloud.model import CloudImage
from amitui.demo.seed.accounts import REGIONS
from amitui.demo.seed.amazon_families import amazon_families
from amitui.demo.seed.findings import scan_results
from amitui.demo.seed.marketplace import marketplace_record
from amitui.demo.seed.neighbours import neighbours_images
from amitui.demo.seed.oddities import lookalikes, oddities
from amitui.demo.seed.partner_families import partner_families
from amitui.demo.seed.strangers import community_record
from amitui.demo.seed.synthetic import SYNTHETIC_AS_OF, synthetic_records
from amitui.demo.seed.team import own_images

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SYNTHETIC_AS_OF", "region_images", "synthetic_records"]


def region_images(region: str, as_of: int) -> list[CloudImage]:
    """Every image of the region at `as_of` (epoch seconds), by ascending id; none where not opted in."""
    if region not in REGIONS or not REGIONS[region].enabled:
        return []
    images = {image.image_id: image for image in _all_images(region, as_of)}
    for image in images.values():
        if results := scan_results(image.record, as_of):
            image.record["ScanResults"] = results
    return [images[image_id] for image_id in sorted(images)]


def _all_images(region: str, as_of: int) -> Iterator[CloudImage]:
    seed = REGIONS[region]
    rng = Random(f"demo/{region}")  # noqa: S311 - repeatable, not secret
    for _ in range(seed.community):
        yield CloudImage(community_record(rng, as_of))
    for _ in range(seed.marketplace):
        yield CloudImage(marketplace_record(rng, as_of))
    for families in (amazon_families(), partner_families()):
        for family in families:
            for record in family.records(region, as_of):
                yield CloudImage(record)
    for record in (*oddities(region), *lookalikes(region, as_of)):
        yield CloudImage(record)
    yield from own_images(region, as_of)
    yield from neighbours_images(region, as_of)
