"""Age limits of slices: short where new images appear, longer the older the images are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest

from amitui.domain.catalogue.coverage import CLOCK_SLACK_S, AgeLimits, days_past, shares_due
from amitui.domain.catalogue.shard import PUBLIC, Shard, ShardStatus
from amitui.domain.catalogue.slice_plan import divided
from amitui.domain.catalogue.slices import DATELESS, WHOLE, Slice, rest_of

NOW = int(datetime(2026, 9, 21, 14, 0, tzinfo=UTC).timestamp())
DAY = 86_400
COMMUNITY = Shard("aws", PUBLIC, "eu-west-1", "community")
MINE = Shard("aws", "123456789012", "eu-west-1", "mine")
LIMITS = AgeLimits(public_seconds=DAY, own_seconds=600)


def part(*within: str, without: tuple[str, ...] = ()) -> Slice:
    return Slice(within, without)


@pytest.mark.parametrize(
    ("one", "last"),
    [
        (WHOLE, ""),
        (part("2026"), ""),
        (part("2026-09"), ""),
        (part("2026-09-21"), ""),
        (part("2026-09-2"), ""),
        (part("2019", "2026-09-21"), ""),
        (part("20", without=("200", "201")), ""),
        (part("2026-09-20"), "2026-09-20"),
        (part("2026-09-1"), "2026-09-19"),
        (part("2026-08"), "2026-08-31"),
        (part("2026-0", without=("2026-08", "2026-09")), "2026-07-31"),
        (part("2026", without=("2026-0", "2026-1")), None),
        (part("20", without=tuple(f"20{digit}" for digit in "123456789")), "2009-12-31"),
        (part("2024-02"), "2024-02-29"),
        (part("2025-1"), "2025-12-31"),
        (part("201"), "2019-12-31"),
        (part("2024", "2026", without=("2026-0", "2026-1")), "2024-12-31"),
    ],
)
def test_the_last_day_of_a_slice_decides_how_old_its_images_are(one: Slice, last: str | None) -> None:
    found = days_past(one, NOW)
    if last is None:
        assert found is None
    else:
        assert found is not None
        assert found <= 0 if last == "" else found == (date(2026, 9, 21) - date.fromisoformat(last)).days


@pytest.mark.parametrize("one", [DATELESS, rest_of(""), rest_of("2026"), rest_of("2026-09"), part("x", "2026/")])
def test_a_slice_of_odd_dates_has_no_last_day_and_the_longest_limit(one: Slice) -> None:
    assert days_past(one, NOW) is None
    assert LIMITS.of(COMMUNITY, one, NOW) == 21 * DAY
    assert not LIMITS.is_young(COMMUNITY, one, NOW)


@pytest.mark.parametrize(
    ("one", "days"),
    [(WHOLE, 1), (part("2026-09"), 1), (part("2026-09-20"), 3), (part("2026-08"), 4),
     (part("2026-0", without=("2026-09",)), 4), (part("2026-05"), 10), (part("2025"), 20), (part("200"), 21)],
)  # fmt: skip
def test_the_limit_grows_from_the_setting_to_three_weeks(one: Slice, days: int) -> None:
    assert LIMITS.of(COMMUNITY, one, NOW) == days * DAY
    assert AgeLimits(3600, 600).of(COMMUNITY, one, NOW) == days * 3600


def test_what_one_account_sees_has_one_limit_whatever_its_age() -> None:
    for one in (WHOLE, part("2012"), DATELESS):
        assert LIMITS.of(MINE, one, NOW) == 600
        assert LIMITS.is_young(MINE, one, NOW)


def test_a_slice_is_due_at_its_limit_and_when_it_is_dated_ahead_of_the_clock() -> None:
    old = part("2026-05")
    assert not LIMITS.is_due(COMMUNITY, old, NOW - 10 * DAY + 1, NOW)
    assert LIMITS.is_due(COMMUNITY, old, NOW - 10 * DAY, NOW)
    assert not LIMITS.is_due(COMMUNITY, old, NOW + CLOCK_SLACK_S, NOW)
    assert LIMITS.is_due(COMMUNITY, old, NOW + CLOCK_SLACK_S + 1, NOW)
    assert LIMITS.is_due(COMMUNITY, old, 0, NOW)


def test_a_shard_is_due_when_one_of_its_slices_is() -> None:
    """The age that a shard is given stands for all its slices, with the limit of the young ones."""
    rng = Random(4)
    parts = [planned.part for planned in divided(WHOLE, 200_000, NOW)]
    assert len(parts) > 10
    for _ in range(200):
        fetched = [NOW - rng.randrange(30 * DAY) for _ in parts]
        age = min(LIMITS.as_young(COMMUNITY, one, at, NOW) for one, at in zip(parts, fetched, strict=True))
        due = any(LIMITS.is_due(COMMUNITY, one, at, NOW) for one, at in zip(parts, fetched, strict=True))
        assert (NOW - age >= LIMITS.public_seconds) == due
        assert age <= NOW


def test_few_slices_of_a_large_scope_have_new_images() -> None:
    parts = divided(WHOLE, 100_000, NOW)
    young = [one for one in parts if LIMITS.is_young(COMMUNITY, one.part, NOW)]
    assert len(young) == 1
    assert (young[0].expected or 0) * 10 < 100_000


def shared(number: int, records: int, age: int, *, complete: bool = True) -> ShardStatus:
    shard = Shard("aws", f"{number:012}", "eu-west-1", "shared")
    return ShardStatus(shard, 1, records, NOW - age, complete, "ec2")


def due(*statuses: ShardStatus, own_seconds: int = 600) -> list[ShardStatus]:
    shards = [status.shard for status in statuses]
    found = shares_due(shards, statuses, own_seconds=own_seconds, now=NOW)
    return [status for status in statuses if status.shard in found]


def test_shares_in_view_are_due_five_times_as_often_as_own_images() -> None:
    assert due(shared(1, 20, 119)) == []
    assert due(shared(1, 20, 120)) == [shared(1, 20, 120)]
    assert due(shared(1, 20, 119), own_seconds=590) == [shared(1, 20, 119)]
    assert due(shared(1, 0, 120)) == [shared(1, 0, 120)], "the first share is to appear too"


@pytest.mark.parametrize(("pages", "every"), [(20, 120), (21, 126), (50, 300), (100, 600), (5000, 600)])
def test_many_pages_of_shares_are_due_more_seldom_but_no_more_so_than_own_images(pages: int, every: int) -> None:
    assert due(shared(1, pages * 1000, every - 1)) == []
    assert due(shared(1, pages * 1000, every)) != []
    many = [shared(number, 1, every - 1) for number in range(pages)]
    assert due(*many) == []
    assert due(*many[1:], shared(0, 1000, every)) == [shared(0, 1000, every)]


def test_nothing_but_complete_shares_in_view_is_due() -> None:
    mine = ShardStatus(MINE, 1, 20, NOW - 599, complete=True, origin="ec2")
    assert shares_due([MINE, COMMUNITY], [mine], own_seconds=600, now=NOW) == []
    assert due(shared(1, 20, 500, complete=False)) == []
    assert shares_due([], [shared(1, 20, 500)], own_seconds=600, now=NOW) == []
    ahead = shared(1, 20, -CLOCK_SLACK_S - 1)
    assert due(ahead) == [ahead], "nobody knows its age"
