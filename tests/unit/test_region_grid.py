"""Which Regions have the newest build of a family."""

from __future__ import annotations

import pytest

from amitui.domain.catalogue.region_grid import (
    FamilyAnswer,
    Presence,
    RegionBuild,
    RegionCell,
    grid_row,
    is_covered,
    owners_to_ask,
)
from amitui.domain.catalogue.shard import PUBLIC, Shard, ShardStatus
from amitui.domain.image.trust import Trust
from amitui.domain.products.order import build_of, release_rank
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.region_grid import legend, region_group, region_row, summary

NOW = 1_790_000_000
DAY = 86_400


def build(region: str, name: str, days_ago: int, **changes: object) -> RegionBuild:
    made = RegionBuild(region, f"ami-{days_ago:017x}", name, NOW - days_ago * DAY, None, "available")
    return made._replace(**changes)  # type: ignore[arg-type]


def presences(**answers: FamilyAnswer) -> dict[str, Presence]:
    return {region: cell.presence for region, cell in grid_row(answers, NOW).items()}


def has(*builds: RegionBuild) -> FamilyAnswer:
    return FamilyAnswer(builds, is_complete=True)


def test_a_region_has_the_newest_an_older_one_none_or_is_not_known() -> None:
    new, old = "debian-13-amd64-20260901-2", "debian-13-amd64-20260801-1"
    assert presences(
        a=has(build("a", new, 1), build("a", old, 31)),
        b=has(build("b", new, 2)),
        c=has(build("c", old, 31)),
        d=has(),
        e=FamilyAnswer(),
    ) == {
        "a": Presence.NEWEST,
        "b": Presence.NEWEST,
        "c": Presence.OLDER,
        "d": Presence.MISSING,
        "e": Presence.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # The Region is a part of the name.
        ("talos-v1.12.6-us-east-1-amd64", "talos-v1.12.6-eu-west-1-amd64"),
        ("RHEL-8.5_HVM-20211104-x86_64-0-Hourly2-GP2", "RHEL-8.5_HVM-20211104-x86_64-0-Hourly2-GP3"),
        ("golden-web-7", "golden-web-7"),
    ],
)
def test_one_build_is_the_same_in_all_regions(one: str, other: str) -> None:
    assert build_of(one) == build_of(other)
    assert presences(a=has(build("a", one, 1)), b=has(build("b", other, 5))) == {
        "a": Presence.NEWEST,
        "b": Presence.NEWEST,
    }


def test_the_release_decides_before_the_date() -> None:
    assert release_rank("Rocky-8-EC2-Base-8.10-20240528.0.x86_64") > release_rank(
        "Rocky-8-EC2-Base-8.9-20231119.0.x86_64"
    )
    assert presences(
        a=has(build("a", "Rocky-8-EC2-Base-8.9-20240718.0.x86_64", 1)),
        b=has(build("b", "Rocky-8-EC2-Base-8.10-20240528.0.x86_64", 9)),
    ) == {"a": Presence.OLDER, "b": Presence.NEWEST}


def test_what_is_deprecated_or_failed_counts_only_where_there_is_nothing_else() -> None:
    gone = build("a", "debian-13-amd64-20260901-2", 1, deprecated=NOW - DAY)
    failed = build("b", "debian-13-amd64-20260902-3", 1, state="failed")
    live = build("c", "debian-13-amd64-20260801-1", 31)
    assert presences(a=has(gone), b=has(failed), c=has(live)) == {
        "a": Presence.OLDER,
        "b": Presence.OLDER,
        "c": Presence.NEWEST,
    }


@pytest.mark.parametrize(
    ("trust", "owners"),
    [
        (Trust.OWN, ("self",)),
        (Trust.AMAZON, ("amazon",)),
        (Trust.PUBLISHER, ("099720109477", "513442679011")),
        (Trust.SHARED, ("099720109477",)),
        (Trust.UNVERIFIED, ("099720109477",)),
        (Trust.LOOKALIKE, ("099720109477",)),
    ],
)
def test_elsewhere_the_same_owners_are_asked_for(trust: Trust, owners: tuple[str, ...]) -> None:
    assert owners_to_ask(trust, "099720109477", ("099720109477", "513442679011")) == owners


def test_a_region_is_covered_by_a_complete_slice_that_the_account_may_see() -> None:
    shard = Shard("aws", PUBLIC, "eu-west-1", "amazon")
    mine = Shard("aws", "111122223333", "eu-west-1", "mine")
    statuses = [ShardStatus(shard, 1, 5, NOW, True, "ec2"), ShardStatus(mine, 1, 5, NOW, True, "ec2")]
    assert is_covered(statuses, "amazon", ())
    assert not is_covered(statuses, "publishers", ())
    assert is_covered(statuses, "mine", ("111122223333",))
    assert not is_covered(statuses, "mine", ("444455556666",))
    assert not is_covered([ShardStatus(shard, 1, 5, 0, False, "ec2")], "amazon", ())


def test_a_line_of_the_grid_reads_without_colour_and_without_more_than_ascii() -> None:
    cell = RegionCell(Presence.OLDER, build("sa-east-1", "x", 31))
    unknown = RegionCell(Presence.UNKNOWN, None, "not cached")
    one = "".join(text for text, _ in region_row("sa-east-1", [cell], ASCII))
    assert (
        one == f"sa-east-1       S?o Paulo       o older     {cell.build.image_id}  2026-08-21"
        if cell.build
        else ""
    )
    several = "".join(text for text, _ in region_row("us-east-1", [cell, unknown], UNICODE))
    assert several == "us-east-1       N. Virginia      ○ ?"
    assert legend(UNICODE) == "✓ the newest, ○ an older one, ✗ none, ? not known"
    assert legend(ASCII).isascii()


def test_details_of_a_region_name_each_family_and_the_summary_counts() -> None:
    cells = [RegionCell(Presence.NEWEST, build("eu-west-1", "x", 1)), RegionCell(Presence.UNKNOWN, None, "why")]
    group = region_group("eu-west-1", ["A", "B"], cells)
    assert group.title == "eu-west-1 · Ireland"
    assert [(line.label, line.value.split(":")[0], line.note) for line in group.lines] == [
        ("A", "newest", "x"),
        ("B", "not known", "why"),
    ]
    assert summary([cells, [cells[1], cells[0]]]) == "newest in 1, not known in 1"
