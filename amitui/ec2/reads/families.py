"""Reads the builds of families of images: of a publisher's by a name pattern, of the account's own all at once."""

from __future__ import annotations

from typing import NamedTuple

from amitui.domain.catalogue.region_grid import RegionBuild, build_in
from amitui.domain.image.family import family_of
from amitui.domain.image.family_request import FamilyRequest
from amitui.domain.image.row import ImageSummary
from amitui.ec2.convert import is_record, summary_of
from amitui.ec2.reads.images import ImagesRequest, image_pages, images_named
from amitui.ec2.session import Ec2Connection

OwnFamilies = dict[tuple[str, str], list[RegionBuild]]
"""The own builds by family and architecture."""


class FamilyBuilds(NamedTuple):
    """The builds of a family in a Region, in any order."""

    summaries: list[ImageSummary]
    is_whole: bool
    """Whether there are no others."""


async def family_summaries(connection: Ec2Connection, region: str, request: FamilyRequest) -> list[ImageSummary]:
    """The builds of a family in a Region, in any order, deprecated ones too.

    Raises:
        AwsError: in words.
    """
    return (await family_builds(connection, region, request)).summaries


async def family_builds(connection: Ec2Connection, region: str, request: FamilyRequest) -> FamilyBuilds:
    """As `family_summaries`, and whether these are all.

    Raises:
        AwsError: in words.
    """
    found = await images_named(connection, region, request.owners, request.patterns, request.architecture)
    summaries = [one for one in map(summary_of, found.records) if family_of(one.name) == request.family]
    return FamilyBuilds(summaries, found.is_whole)


async def own_families(connection: Ec2Connection, region: str) -> OwnFamilies:
    """All own images of a Region by family, disabled ones too.

    Raises:
        AwsError: in words.
    """
    found: OwnFamilies = {}
    async for page in image_pages(connection, region, ImagesRequest(owners=("self",), include_disabled=True)):
        for record in filter(is_record, page.records):
            summary = summary_of(record)
            key = family_of(summary.name), summary.architecture
            found.setdefault(key, []).append(build_in(region, summary))
    return found
