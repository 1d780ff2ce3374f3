"""The order of a crawl's slices: how many requests a catalogue takes, however its images are spread over time."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from amitui.catalog.sync.crawl import SLICES_AT_ONCE
from amitui.catalog.sync.schedule import PAGES_WASTED, Schedule, SliceRun
from amitui.domain.catalogue.slice_plan import Planned, planned
from amitui.domain.catalogue.slices import Slice, is_partition

TODAY = datetime(2026, 11, 26, tzinfo=UTC)
NOW = int(TODAY.timestamp())
PAGE = 1000

Catalogue = Mapping[str, int]
"""Images by day."""


class Crawled(NamedTuple):
    """What a crawl of a catalogue came to."""

    requests: int
    wasted: int
    """Pages of slices that were divided."""
    records: int
    side_by_side: float
    """Requests under way on average."""
    found: tuple[Planned, ...]
    expected: list[int | None]


def day(ago: int) -> str:
    return f"{TODAY - timedelta(ago):%Y-%m-%d}T00:00:00.000Z"


def spread(count: int, days: range) -> dict[str, int]:
    """So many images, evenly over some days before today."""
    return {day(ago): count // len(days) + (place < count % len(days)) for place, ago in enumerate(days)}


def typical(count: int) -> dict[str, int]:
    """Two thirds of the images are of the last three years (catalogue facts)."""
    return {**spread(count // 3, range(1096, 6000)), **spread(count - count // 3, range(1096))}


class Ec2:
    """Gives pages of a catalogue's slices, in an order that has nothing to do with their dates."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lists: dict[Slice, list[str]] = {}

    def page(self, part: Slice, token: str | None) -> tuple[list[str], str | None]:
        if part not in self._lists:
            dates = [one for one, count in self._catalogue.items() if part.holds(one) for _ in range(count)]
            random.Random(5).shuffle(dates)
            self._lists[part] = dates
        start = int(token or 0)
        dates = self._lists[part]
        return dates[start : start + PAGE], str(start + PAGE) if start + PAGE < len(dates) else None


def crawl(catalogue: Catalogue, scope: str, known: tuple[Planned, ...] = ()) -> Crawled:
    """What `sync/crawl.py` does with a schedule, without network and disk."""
    ec2, schedule = Ec2(catalogue), Schedule(scope, planned(known, NOW), ())
    under_way: deque[SliceRun] = deque()
    requests = wasted = rounds = waiting = 0
    expected = [schedule.expected]
    while True:
        while len(under_way) < SLICES_AT_ONCE and (run := schedule.next()) is not None:
            parts = schedule.division_of(run, NOW)
            if parts:
                assert is_partition([one.part for one in parts]) is run.part.is_whole
                assert run.pages <= PAGES_WASTED
                wasted += run.pages
                schedule.divide(run, parts)
            else:
                run.under_way = True
                under_way.append(run)
        if not under_way:
            break
        rounds, waiting = rounds + 1, waiting + len(under_way)
        run = under_way.popleft()
        created, token = ec2.page(run.part, run.token)
        requests += 1
        run.under_way = False
        run.note(created, token, len(created))
        expected.append(schedule.expected)
    assert is_partition([run.part for run in schedule._runs])
    assert schedule.done == schedule.planned
    found = tuple(Planned(run.part, run.records) for run in schedule._runs)
    return Crawled(requests, wasted, schedule.records, waiting / rounds, found, expected)


def test_a_hundred_thousand_images_take_hardly_more_requests_than_pages() -> None:
    first = crawl(typical(100_000), "community")
    assert first.records == 100_000
    assert first.wasted == 1
    assert first.requests <= 125
    assert first.side_by_side > 4.0
    again = crawl(typical(100_000), "community", first.found)
    assert again.wasted == 0
    assert again.requests <= 120
    assert {one.part for one in again.found} == {one.part for one in first.found}, (
        "slices last from crawl to crawl"
    )


SPREADS: dict[str, Callable[[int], Catalogue]] = {
    "in one month": lambda count: spread(count, range(400, 430)),
    "on one day": lambda count: {day(700): count},
    "all of this week": lambda count: spread(count, range(7)),
    "long ago": lambda count: spread(count, range(4000, 6500)),
    "evenly": lambda count: spread(count, range(6500)),
    "in two heaps": lambda count: {
        **spread(count // 2, range(900, 903)),
        **spread(count - count // 2, range(5000, 5100)),
    },
}


@pytest.mark.parametrize("name", SPREADS)
@pytest.mark.parametrize("scope", ["community", "mine"])
def test_images_that_lie_otherwise_than_expected_are_all_fetched_with_few_requests_more(
    name: str, scope: str
) -> None:
    found = crawl(SPREADS[name](60_000), scope)
    assert found.records == 60_000
    assert found.requests <= 60 + 45
    if name != "on one day":
        assert found.side_by_side > 2.0


@pytest.mark.parametrize("scope", ["mine", "amazon"])
@pytest.mark.parametrize("count", [0, 1, 999, 1000])
def test_what_fits_on_a_page_takes_one_request(scope: str, count: int) -> None:
    assert crawl(typical(count), scope).requests == 1


@pytest.mark.parametrize(
    ("scope", "count", "most"), [("mine", 1_900, 2), ("mine", 2_500, 12), ("amazon", 2_500, 9)]
)
def test_small_scopes_cost_few_requests(scope: str, count: int, most: int) -> None:
    assert crawl(typical(count), scope).requests <= most


def test_what_has_grown_since_the_last_crawl_is_divided_without_a_page_wasted() -> None:
    first = crawl(typical(30_000), "amazon")
    grown = tuple(one._replace(expected=(one.expected or 0) * 9) for one in first.found)
    again = crawl(typical(270_000), "amazon", grown)
    assert again.records == 270_000
    assert (again.wasted, len(again.found) > len(first.found)) == (0, True)


def test_how_much_there_will_be_is_told_when_it_is_known_and_not_guessed() -> None:
    first = crawl(typical(40_000), "community")
    known = [one for one in first.expected if one is not None]
    assert first.expected[len(first.expected) // 2] is None
    assert all(abs(one - 40_000) < 10_000 for one in known)
    assert known[-1] == 40_000
    again = crawl(typical(40_000), "community", first.found)
    assert set(again.expected) == {40_000}


def test_a_page_of_each_slice_comes_before_the_rest_of_any() -> None:
    known = crawl(typical(100_000), "community").found
    schedule = Schedule("community", planned(known, NOW), ())
    for _ in known:
        run = schedule.next()
        assert run is not None
        assert run.pages == 0
        run.note(["2026-01-01"] * PAGE, "more", PAGE)
    run = schedule.next()
    assert run is not None
    assert run.pages == 1


def test_a_slice_that_starts_over_forgets_what_it_had() -> None:
    schedule = Schedule("mine", planned((), NOW), ())
    run = schedule.next()
    assert run is not None
    run.note(["2026-01-01"] * 5, "more", 5)
    run.restart()
    assert (run.token, run.records, run.pages, run.restarts) == (None, 0, 0, 1)
    assert schedule.records == 0


def test_a_slice_of_whose_pages_little_is_kept_is_divided_as_well() -> None:
    schedule = Schedule("community", planned((), NOW), ())
    run = schedule.next()
    assert run is not None
    run.note(["2026-01-01"] * 100, "more", PAGE)
    assert schedule.division_of(run, NOW)
