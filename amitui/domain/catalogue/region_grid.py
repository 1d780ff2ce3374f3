"""Where a family's newest build is: by Region, from what is cached and from what EC2 has answered."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.image.trust import Trust
from amitui.domain.products.order import build_of, release_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from amitui.domain.catalogue.shard import ShardStatus
    from amitui.domain.image.row import ImageRow, ImageSummary


class Presence(Enum):
    """What a Region has of a family."""

    NEWEST = "newest"
    OLDER = "older"
    MISSING = "none"
    UNKNOWN = "not known"


class RegionBuild(NamedTuple):
    """A build in one Region."""

    region: str
    image_id: str
    name: str
    created: int | None
    deprecated: int | None
    state: str


class RegionCell(NamedTuple):
    """A family in one Region."""

    presence: Presence
    build: RegionBuild | None
    """The newest there; `None` when there is none, or none is known."""
    note: str = ""
    """Why nothing is known."""


class FamilyAnswer(NamedTuple):
    """What is known of a family in one Region."""

    builds: tuple[RegionBuild, ...] = ()
    is_complete: bool = False
    """Whether there are no others."""
    note: str = ""
    """Why it is not known."""


def build_in(region: str, image: ImageRow | ImageSummary) -> RegionBuild:
    """A row of the index, or what EC2 says of an image, as a build."""
    return RegionBuild(region, image.image_id, image.name, image.created, image.deprecated, image.state)


def grid_row(answers: Mapping[str, FamilyAnswer], now: int) -> dict[str, RegionCell]:
    """What each Region has, against the newest build of them all.

    Args:
        answers: by Region.
        now: seconds since the epoch; deprecated builds count where there is nothing else.
    """
    best = {region: newest(answer.builds, now) for region, answer in answers.items()}
    overall = newest([build for build in best.values() if build is not None], now)
    cells = {}
    for region, answer in answers.items():
        build = best[region]
        if build is None or overall is None:
            presence = Presence.MISSING if answer.is_complete else Presence.UNKNOWN
        else:
            same = build_of(build.name) == build_of(overall.name)
            presence = Presence.NEWEST if same else Presence.OLDER
        cells[region] = RegionCell(presence, build, answer.note)
    return cells


def newest(builds: Iterable[RegionBuild], now: int) -> RegionBuild | None:
    """The newest that can be launched and is not deprecated; where there is none, the newest of all."""

    def rank(build: RegionBuild) -> tuple[bool, tuple[int, ...], int]:
        live = build.state == "available" and (build.deprecated is None or build.deprecated > now)
        return live, release_rank(build.name), build.created or 0

    return max(builds, key=rank, default=None)


def is_covered(statuses: Sequence[ShardStatus], owner_scope: str, accounts: tuple[str, ...]) -> bool:
    """Whether a Region's cache would hold an image of an owner scope, were it there.

    Args:
        statuses: what is cached of the Region.
        owner_scope: of the shard that holds the image elsewhere.
        accounts: the viewer's.
    """
    return any(
        status.fetched_at and status.shard.owner_scope == owner_scope and status.is_visible_to(accounts)
        for status in statuses
    )


def owners_to_ask(trust: Trust, owner_id: str, accounts: tuple[str, ...]) -> tuple[str, ...]:
    """Whom EC2 is asked for in other Regions: a publisher may own its images under another account there.

    Args:
        trust: in one build of the family.
        owner_id: of that build.
        accounts: of its publisher in the partition; may be empty.
    """
    if trust is Trust.OWN:
        return ("self",)
    if trust is Trust.AMAZON:
        return ("amazon",)
    return tuple(dict.fromkeys((owner_id, *accounts))) if trust is Trust.PUBLISHER else (owner_id,)
