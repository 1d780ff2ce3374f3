"""Periods in words say of which dates a request asks for images."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.catalogue.slice_plan import divided
from amitui.domain.catalogue.slices import DATELESS, WHOLE, Slice, children, rest_of
from amitui.presentation.periods import ANY, ODD, period_words

NOW = int(datetime(2026, 11, 27, tzinfo=UTC).timestamp())
"""Whatever the clock of the machine says."""


@pytest.mark.parametrize(
    ("beginnings", "words"),
    [
        (("2024",), "2024"),
        (("2024-05",), "May 2024"),
        (("2024-0",), "Jan–Sep 2024"),
        (("2024-1",), "Oct–Dec 2024"),
        (("2019", "2020", "2021"), "2019–2021"),
        (("2019-1", "2020-0"), "Oct 2019–Sep 2020"),
        (("2024-02",), "Feb 2024"),
        (("2024-02-2",), "20–29 Feb 2024"),
        (("2023-02-2",), "20–28 Feb 2023"),
        (("2024-05-07",), "7 May 2024"),
        (("2024-05-0", "2024-05-1"), "1–19 May 2024"),
        (("2024-04-3", "2024-05-0"), "30 Apr 2024–9 May 2024"),
        (("201",), "2010–2019"),
        (("200", "2010"), "until 2010"),
        (("200", "2010-0"), "until Sep 2010"),
        (("2026-11", "2026-12", "2027", "2028", "2029", "203"), "since Nov 2026"),
        (("20",), ANY),
    ],
)
def test_a_period_is_as_exact_as_its_patterns(beginnings: tuple[str, ...], words: str) -> None:
    assert period_words(Slice(beginnings).patterns) == words


def test_no_pattern_is_every_date_and_what_no_date_matches_is_odd() -> None:
    assert period_words(()) == ANY
    assert period_words(rest_of("2024-05").patterns) == ODD
    assert period_words(("2024-02-30*",)) == ODD
    assert period_words(("\\*x*", "garbage")) == ODD


@given(st.integers(7000, 3_000_000), st.integers(NOW - 10 * 365 * 86_400, NOW))
def test_the_slices_of_a_plan_have_short_words_that_tell_them_apart(images: int, now: int) -> None:
    plan = [one.part for one in divided(WHOLE, images, now) if one.part != DATELESS]
    words = [period_words(part.patterns) for part in plan]
    told_apart = [one for one in words if one != ODD]  # what no well-formed date matches has no period
    assert len(set(told_apart)) == len(told_apart)
    assert max(map(len, words)) <= 25


@given(st.data())
def test_every_day_of_a_slice_lies_within_its_words(data: st.DataObject) -> None:
    node = "20"
    for _ in range(data.draw(st.integers(1, 6))):
        if not (below := children(node)):
            break
        node = data.draw(st.sampled_from(below))
    words = period_words((f"{node}*",))
    days = [
        date(2000 + year, month, day) for year in range(6, 30) for month in range(1, 13) for day in (1, 15, 28)
    ]
    inside = [day for day in days if f"{day}".startswith(node)]
    if inside and words not in (ANY, ODD):
        assert f"{inside[-1].year}" in words or words.startswith("since")
