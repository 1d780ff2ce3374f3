"""Slices: whatever creation dates a catalogue has, each image is found by EC2's filter and kept exactly once."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.domain.catalogue.slice_plan import MOST_SLICES, SMALL, TOO_MANY, Planned, divided, expected_of, planned
from amitui.domain.catalogue.slices import DATELESS, MOST_VALUES, WHOLE, Slice, children, is_partition

NOW = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())

DATES = st.integers(1136073600, 1925000000).map(
    lambda second: f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
)
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
ODD = st.one_of(
    ASCII,
    st.builds(lambda date, cut, tail: date[:cut] + tail, DATES, st.integers(0, 12), ASCII),
    st.sampled_from(
        [
            "2",
            "20",
            "202",
            "2024",
            "2024-",
            "2024-0",
            "2024-00",
            "2024-13",
            "2024-05",
            "2024-05-",
            "2*",
            "2?",
            "2024-05-32",
            "20*",
            "\\",
            "*",
            "?",
            "20\\24",
            "2024/05/07",
            " 2024-05-07",
            "1970-01-01",
            "~",
        ]
    ),
)
CREATED = st.one_of(DATES, ODD, st.none(), st.just(""))


@cache
def expression_of(pattern: str) -> re.Pattern[str]:
    """EC2's wildcards: `*` zero or more characters, `?` none or one, `\\` takes the next one as it is."""
    expression = ""
    letters = iter(pattern)
    for letter in letters:
        expression += {"*": ".*", "?": ".?"}.get(letter) or re.escape(next(letters) if letter == "\\" else letter)
    return re.compile(expression, re.DOTALL)


def found_by(part: Slice, catalogue: Sequence[str | None]) -> list[int]:
    """The images that EC2 returns for a slice; those without a date are the ones backed by instance store."""
    if part.is_whole:
        return list(range(len(catalogue)))
    if part.is_dateless:
        return [number for number, created in enumerate(catalogue) if not created]
    return [
        number
        for number, created in enumerate(catalogue)
        if created and any(expression_of(pattern).fullmatch(created) for pattern in part.patterns)
    ]


def kept(parts: Sequence[Slice], catalogue: Sequence[str | None]) -> Counter[int]:
    return Counter(
        number for part in parts for number in found_by(part, catalogue) if part.holds(catalogue[number])
    )


@st.composite
def plans(draw: st.DrawFn) -> list[Slice]:
    """What any series of divisions makes of a shard."""
    parts = [WHOLE]
    for _ in range(draw(st.integers(0, 4))):
        part = parts.pop(draw(st.integers(0, len(parts) - 1)))
        seen = draw(st.lists(CREATED, max_size=5))
        count = draw(st.sampled_from([4_000, 20_000, 100_000]))
        into = draw(st.sampled_from([2, 5, 12]))
        parts += [one.part for one in divided(part, count, NOW, aim=count / into, seen=seen)]
    return parts


@settings(max_examples=40, deadline=None)
@given(plans(), st.lists(CREATED, max_size=20))
@example([WHOLE], ["", None, "2024-05-07T00:00:00.000Z"])
def test_every_image_is_kept_by_exactly_one_slice_whatever_its_date(
    parts: list[Slice], catalogue: list[str | None]
) -> None:
    assert kept(parts, catalogue) == Counter(range(len(catalogue)))
    assert is_partition(parts)
    assert all(
        len(part.patterns) <= MOST_VALUES and all(len(one) < 256 for one in part.patterns) for part in parts
    )


@settings(max_examples=40, deadline=None)
@given(plans(), st.data())
def test_a_plan_that_lacks_a_slice_or_has_one_twice_is_no_partition(
    parts: list[Slice], data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(parts))
    assert not is_partition([*parts, one])
    parts.remove(one)
    assert not is_partition(parts)


@settings(max_examples=40, deadline=None)
@given(plans(), ODD)
def test_a_filter_finds_what_its_slice_holds_and_nothing_else(parts: list[Slice], created: str) -> None:
    for part in parts:
        if created and not part.is_whole and not part.is_dateless:
            assert bool(found_by(part, [created])) is part.holds(created)


def test_a_large_scope_is_divided_so_that_its_requests_hardly_grow() -> None:
    found = divided(WHOLE, 100_000, NOW)
    pages = sum(-(-one.expected // 1000) or 1 for one in found if one.expected is not None)
    assert 12 <= len(found) <= MOST_SLICES
    assert pages <= 120
    assert max(one.expected or 0 for one in found) < 10_000, "none of them is left over when the others are done"


def test_two_thirds_of_a_scope_are_expected_from_the_last_three_years() -> None:
    recent = sum(
        one.expected or 0 for one in divided(WHOLE, 90_000, NOW) if max(one.part.within, default="") > "2023-12"
    )
    assert 55_000 < recent < 70_000


def test_a_large_slice_is_divided_down_to_days_where_its_images_are() -> None:
    (march,) = (one for one in _months(2026) if one.part.within == ("2026-03",))
    days = divided(march.part, 60_000, NOW, aim=2_000.0)
    assert len(days) == 31
    assert ("2026-03-07",) in [one.part.within for one in days]
    (day,) = (one.part for one in days if one.part.within == ("2026-03-07",))
    assert divided(day, 60_000, NOW) == (Planned(day, 60_000),), "a day is not divided"


def _months(year: int) -> tuple[Planned, ...]:
    return divided(Slice((str(year),)), 12_000, NOW, aim=1_100.0)


def test_a_month_in_which_most_images_were_seen_gets_slices_of_its_own() -> None:
    seen = [f"2012-04-{day:02d}T00:00:00.000Z" for day in range(1, 31)] * 30
    found = divided(WHOLE, 50_000, NOW, seen=seen)
    assert sum("2012-04" in one for part in found for one in part.part.within) >= 3


def test_slices_of_an_earlier_crawl_remain_and_only_those_that_grew_large_are_divided() -> None:
    known = [one._replace(expected=5_000) for one in divided(WHOLE, 60_000, NOW)]
    assert planned(known, NOW) == tuple(known)
    known[2] = known[2]._replace(expected=90_000)
    found = planned(known, NOW)
    assert set(known) - set(found) == {known[2]}
    assert len(found) > len(known) + 3
    assert is_partition([one.part for one in found])


def test_a_shard_that_was_whole_and_grew_large_is_divided() -> None:
    assert planned([Planned(WHOLE, SMALL)], NOW) == (Planned(WHOLE, SMALL),)
    assert len(planned([Planned(WHOLE, 100_000)], NOW)) > 10


@pytest.mark.parametrize(
    "known", [[], [Planned(Slice(("20",)), 50_000)], [Planned(WHOLE, 9), Planned(DATELESS, 1)]]
)
def test_a_shard_of_which_nothing_sound_is_known_is_fetched_whole(known: list[Planned]) -> None:
    assert planned(known, NOW) == (Planned(WHOLE, None),)


def test_the_demo_of_an_empty_scope_joins_its_slices_again() -> None:
    known = [one._replace(expected=10) for one in divided(WHOLE, 60_000, NOW)]
    assert planned(known, NOW) == (Planned(WHOLE, 10 * len(known)),)


@pytest.mark.parametrize("scope", ["mine", "shared", "111122223333"])
def test_small_scopes_have_no_expectation(scope: str) -> None:
    assert expected_of(scope) is None


def test_the_tree_has_every_day_once() -> None:
    nodes, days = [""], []
    while nodes:
        below = children(node := nodes.pop())
        nodes += below
        if len(node) == 10:
            days.append(node)
    assert len(days) == len(set(days)) == 100 * 12 * 31
    assert "2024-02-29" in days


@pytest.mark.parametrize("created", [None, "", 5, ["2024"], {}])
def test_what_is_no_date_belongs_to_the_slice_without_dates(created: Any) -> None:
    parts = [one.part for one in divided(WHOLE, 60_000, NOW)]
    assert [part for part in parts if part.holds(created)] == [DATELESS]


@pytest.mark.parametrize("seed", [1, 2])
def test_slices_that_have_become_too_many_are_put_together_where_they_hold_little(seed: int) -> None:
    counts = random.Random(seed)
    months = [one.part for one in divided(WHOLE, 1_000_000, NOW, aim=1_000_000 / 90)]
    known = [Planned(part, counts.choice([0, 10, 900, 4_000])) for part in months]
    assert len(known) > TOO_MANY
    found = planned(known, NOW)
    total = sum(one.expected or 0 for one in known)
    assert len(found) <= TOO_MANY
    assert is_partition([one.part for one in found])
    assert sum(one.expected or 0 for one in found) == total
    assert all(len(one.part.patterns) <= MOST_VALUES for one in found)
