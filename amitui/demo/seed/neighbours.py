"""Simulated private images of other accounts: shared with the main one, with the second one, or with nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.cloud.model import CloudImage
from amitui.demo.seed.accounts import (
    MAIN_ACCOUNT,
    ORGANIZATION_ARN,
    PLATFORM_ACCOUNT,
    REGIONS,
    RESEARCH_ACCOUNT,
    SECOND_ACCOUNT,
)
from amitui.demo.seed.records import DAY, RHEL, Draft, record_of, stamp, tags

if TYPE_CHECKING:
    from collections.abc import Iterator


def neighbours_images(region: str, as_of: int) -> Iterator[CloudImage]:
    """What other accounts hold in a region in which the main account works."""
    if REGIONS[region].own_share:
        yield from _platform(region, as_of)
        yield from _research(region, as_of)
        yield from _second(region, as_of)


def _platform(region: str, as_of: int) -> Iterator[CloudImage]:
    """Monthly, shared with the main account by its id and through the organization by turns."""
    for month in range(12):
        draft = Draft(
            f"platform-hardened-rhel9-{stamp(as_of - month * 30 * DAY)[:7].replace('-', '.')}",
            PLATFORM_ACCOUNT,
            as_of - (month * 30 + 2) * DAY,
            description="Hardened RHEL 9",
            billing=RHEL,
            gib=30,
            public=False,
            deprecated_after_days=180,
            fields={"Tags": tags(Internal="yes"), "LastLaunchedTime": stamp(as_of - DAY)},
        )
        yield CloudImage(record_of(draft, region), (ORGANIZATION_ARN,) if month % 2 else (MAIN_ACCOUNT,))


def _research(region: str, as_of: int) -> Iterator[CloudImage]:
    """Shared by account id, two of the eight with the second account only."""
    for build in range(8):
        draft = Draft(
            f"ml-training-cuda-12.{build}-{stamp(as_of - build * 21 * DAY)[:10]}",
            RESEARCH_ACCOUNT,
            as_of - (build * 21 + 1) * DAY,
            description="CUDA and PyTorch",
            gib=120,
            public=False,
            deprecated_after_days=None,
        )
        shared = (SECOND_ACCOUNT,) if build in {3, 6} else (MAIN_ACCOUNT, SECOND_ACCOUNT)
        yield CloudImage(record_of(draft, region), shared)


def _second(region: str, as_of: int) -> Iterator[CloudImage]:
    """The second account's own, shared with nobody; one has the name of an image of the main account."""
    for build in range(10):
        draft = Draft(
            f"orbit-private-{build:02d}" if build else "acme-attested-base",
            SECOND_ACCOUNT,
            as_of - (build * 17 + 1) * DAY,
            description="Nobody else may see this",
            public=False,
            deprecated_after_days=None,
            fields={"Tags": tags(Team="orbit")},
        )
        yield CloudImage(record_of(draft, region))
