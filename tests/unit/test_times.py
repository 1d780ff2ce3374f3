"""Reading times as people and programs write them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import Created, QuerySyntaxError
from amitui.domain.times import moment_of, period_of, short_age
from amitui.ui.widgets.fields.date import local_words

NOW = int(datetime(2026, 11, 26, 15, 0, tzinfo=UTC).timestamp())
EVENING = int(datetime(2027, 3, 1, 18, 0, tzinfo=UTC).timestamp())
DAY = int(datetime(2027, 3, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-01T18:00:00.000Z",
        "2027-03-01T18:00:00Z",
        "2027-03-01t18:00z",
        "2027-03-01 18:00",
        "2027-03-01  18:00 UTC",
        "2027-03-01 18:00:00 GMT",
        "2027-03-01T19:00:00+01:00",
        "2027-03-01T13:00:00-0500",
        "2027-03-01 20:00 +02",
        "2027-03-01 20:00 UTC+02:00",
        "2027/03/01 18:00",
        "20270301T180000Z",
        "1 March 2027 18:00",
        "March 1st, 2027 18:00",
        "Mar 1 2027 18:00Z",
        '"2027-03-01T18:00:00.000Z"',
        "2027‐03‐01 18:00",
        "2027–03–01\u00a018:00",
        "２０２７-０３-０１ 18:00",
        "2027-3-1 18:00",
    ],
)
def test_one_moment_in_every_form(text: str) -> None:
    assert moment_of(text, NOW) == EVENING


@pytest.mark.parametrize(
    ("text", "start", "days"),
    [
        ("2027-03-01", DAY, 1),
        ("20270301", DAY, 1),
        ("1 Mar 2027", DAY, 1),
        ("2027-W09", DAY, 7),
        ("2027w09", DAY, 7),
        ("2027-W09-1", DAY, 1),
        ("March 2027", DAY, 31),
        ("2027-03", DAY, 31),
        ("13/03/2027", DAY + 12 * 86_400, 1),
        ("03/13/2027", DAY + 12 * 86_400, 1),
        ("13.03.2027", DAY + 12 * 86_400, 1),
        ("03.03.2027", DAY + 2 * 86_400, 1),
    ],
)
def test_a_date_is_the_whole_of_its_period(text: str, start: int, days: int) -> None:
    assert period_of(text) == (start, start + days * 86_400)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("03/04/2027", "03/04/2027 could be 2027-03-04 or 2027-04-03"),
        ("3.4.2027 18:00", "could be 2027-03-04 or 2027-04-03"),
        ("2027-03-01 18:00 CET", "CET in 2027-03-01 18:00 CET is no zone that is understood"),
        ("2027-03-01 18:00+15:00", "is no zone"),
        ("2027-02-30", "there is no such day or time"),
        ("2027-W54", "there is no such day or time"),
        ("2027-03-01 24:30", "there is no such day or time"),
        ("0000-01-01", "there is no such day or time"),
        ("Market 2027", "not understood"),
        ("1.3.27", "not understood"),
        ("next week", "not understood"),
        ("2027-03-01 18", "not understood"),
        ("", "a date is needed"),
        ("-30d", "a time to come"),
        ("30 days ago", "a time to come"),
        ("9999y", "too far ahead"),
    ],
)
def test_what_is_no_time_or_could_be_two_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        moment_of(text, NOW)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("90d", timedelta(days=90)),
        ("+90d", timedelta(days=90)),
        ("+ 90 days", timedelta(days=90)),
        ("in 90 days", timedelta(days=90)),
        ("90 days from now", timedelta(days=90)),
        ("P90D", timedelta(days=90)),
        ("2w", timedelta(weeks=2)),
        ("36h", timedelta(hours=36)),
        ("1 month", timedelta(days=30)),
        ("in 1 year", timedelta(days=365)),
        ("tomorrow", timedelta(hours=9)),
    ],
)
def test_so_much_from_now(text: str, ahead: timedelta) -> None:
    assert moment_of(text, NOW) == NOW + int(ahead.total_seconds())


moments = st.integers(631_152_000, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets)
def test_iso_times_of_any_offset_are_read_as_python_reads_them(moment: datetime, offset: timezone) -> None:
    second = int(moment.timestamp())
    for text in (moment.isoformat(), moment.astimezone(offset).isoformat(), f"{moment:%Y-%m-%dT%H:%M:%S}.123Z"):
        assert period_of(text) == (second, second + 1)
    assert period_of(f"{moment:%Y-%m-%d %H:%M}")[0] == second // 60 * 60


@given(st.text(max_size=24) | st.text("0123456789-/.: TWZ+", max_size=24))
def test_whatever_is_typed_is_a_time_or_a_problem_in_words(text: str) -> None:
    try:
        start, end = period_of(text)
    except ValueError as problem:
        start, end = 0, len(str(problem))
    assert start < end
    assert short_age(text) == short_age(f" {text} ")


def created(text: str) -> Created:
    (((found, _),),) = parse_query(f"created:{text}", now=NOW).clauses
    assert isinstance(found, Created)
    return found


def test_a_search_reads_times_alike() -> None:
    assert created("2027-03-01T18:00:00.000Z") == Created(EVENING, EVENING + 1)
    assert created(">2027-03-01T19:00:00+01:00") == Created(EVENING, None)
    assert created('"2027-03-01 18:00"') == Created(EVENING, EVENING + 60)
    assert created("2027-W09") == Created(DAY, DAY + 7 * 86_400)
    assert created('"90 days"') == created("90d") == Created(NOW - 90 * 86_400, None)
    with pytest.raises(QuerySyntaxError, match="could be 2027-03-04 or 2027-04-03"):
        created("03/04/2027")


def test_the_hour_of_the_place_is_said_where_it_is_not_that_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone, words in (("UTC", ""), ("XXX-02", ", 20:00 here")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert local_words(EVENING) == words
    monkeypatch.undo()
    time.tzset()
