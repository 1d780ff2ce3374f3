"""What a roll-out knows of one Region, and the same image's copies in others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.fleet.findings import AuditImage
from amitui.domain.fleet.inventory import FleetInventory
from amitui.domain.products.order import build_of
from amitui.domain.rollout.candidates import NewImage

if TYPE_CHECKING:
    from amitui.domain.catalogue.region_grid import FamilyAnswer
    from amitui.domain.image.row import ImageRow


class RegionFleet(NamedTuple):
    """What stands on images in the Region of an image that is rolled out."""

    image: NewImage
    inventory: FleetInventory
    images: Mapping[str, AuditImage]
    """What is known of the images that something stands on, by id."""


def copies_of(row: ImageRow, answers: Mapping[str, FamilyAnswer]) -> tuple[tuple[NewImage, ...], tuple[str, ...]]:
    """The image and its copies, one a Region, and the Regions in which none is known.

    Args:
        answers: what is known of its family, by Region.
    """
    found = {row.region: _own(row)}
    missing = []
    for region, answer in answers.items():
        if region == row.region:
            continue
        same = [build for build in answer.builds if build_of(build.name) == build_of(row.name)]
        if not row.name or not same:
            missing.append(region)
            continue
        newest = max(same, key=lambda build: build.created or 0)
        found[region] = _own(row)._replace(
            region=region,
            image_id=newest.image_id,
            name=newest.name,
            state=newest.state,
            created=newest.created,
            deprecated=newest.deprecated,
        )
    return tuple(found.values()), tuple(missing)


def _own(row: ImageRow) -> NewImage:
    return NewImage(
        row.region,
        row.image_id,
        row.name,
        row.owner_id,
        row.architecture,
        row.state,
        row.created,
        row.deprecated,
    )
