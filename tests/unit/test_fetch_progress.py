"""Progress tells the truth: rates and estimates are smoothed, never negative, and unknown at first."""

from __future__ import annotations

import asyncio
import dataclasses
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.catalog.sync.crawl import CrawlProgress
from amitui.cli.fetch_words import failure_words, stopped_words
from amitui.cli.progress_line import ProgressLine, drawn
from amitui.domain.catalogue.fetch_state import WAITING_SHOWN_S, FetchState
from amitui.domain.catalogue.gauge import Gauge
from amitui.domain.catalogue.pace import LONGEST_S, SETTLED_S, SMOOTHING_S, Pace
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.errors import CacheError, DeniedError, NetworkError
from amitui.presentation.fetching import bar, brief_left, command_line, images_words, left_words, status_forms
from amitui.services.fetch_totals import FetchTotals

AMAZON = Shard("aws", PUBLIC, "eu-west-1", "amazon")
COMMUNITY = AMAZON._replace(owner_scope="community")
MINE = AMAZON._replace(owner_scope="mine")
BUSY = FetchState(
    "community eu-west-1", 3, 30, 120, 45_310, 120_000, rate=1234.4, seconds_left=61.0, throttled_seconds=12.0
)

counts = st.integers(0, 10_000_000)
seconds = st.floats(0, 10_000_000)
states = st.builds(
    FetchState,
    label=st.sampled_from(["", "community ap-southeast-7"]),
    others=st.integers(0, 200),
    parts_done=st.integers(0, 500),
    parts=st.integers(0, 5000),
    images=counts,
    expected=st.none() | counts,
    rate=st.none() | st.floats(0, 100_000),
    seconds_left=st.none() | st.floats(0, LONGEST_S),
    throttled_seconds=seconds,
    silent_seconds=seconds,
)


@given(st.lists(st.tuples(st.floats(-1, 100), st.integers(0, 5000)), max_size=40), st.integers(-10, 2_000_000))
def test_a_rate_is_never_negative_nor_above_the_fastest_moment(
    steps: list[tuple[float, int]], remaining: int
) -> None:
    pace, at, count, fastest = Pace(), 0.0, 0, 0.0
    pace.note(0, 0.0)
    for elapsed, more in steps:
        at, count = at + elapsed, count + more
        pace.note(count, at)
        if pace.rate is not None:
            fastest = max(fastest, pace.rate)
    left = pace.seconds_left(remaining)
    assert pace.rate is None or pace.rate >= 0
    assert left is None or 0 <= left <= LONGEST_S


def paced(rates: list[int]) -> Pace:
    """After seconds in which so many arrived."""
    pace, count = Pace(), 0
    pace.note(0, 0.0)
    for second, rate in enumerate(rates, start=1):
        count += rate
        pace.note(count, float(second))
    return pace


def test_a_rate_is_unknown_until_it_was_watched_for_a_while() -> None:
    assert paced([500] * 2).rate is None
    assert paced([500] * 2).seconds_left(1000) is None
    assert paced([500] * int(SETTLED_S)).rate == pytest.approx(500)


def test_a_steady_flow_has_its_rate_and_a_change_is_followed_within_seconds() -> None:
    assert paced([400] * 60).seconds_left(4000) == pytest.approx(10)
    faster = paced([400] * 60 + [800] * int(3 * SMOOTHING_S))
    assert faster.rate == pytest.approx(800, rel=0.06)


def test_one_burst_does_not_make_an_estimate_wild() -> None:
    rate = paced([400] * 60 + [4000]).rate
    assert rate is not None
    assert 400 < rate < 800


def test_where_nothing_arrives_any_more_nobody_knows_how_long_it_takes() -> None:
    assert paced([100] * 5 + [0] * 200).seconds_left(1000) is None
    assert paced([0] * 20).seconds_left(1000) is None
    assert paced([100] * 5).seconds_left(0) == 0


def test_a_clock_that_stands_and_a_count_that_falls_do_no_harm() -> None:
    pace = Pace()
    for count, at in ((0, 0.0), (10, 5.0), (20, 5.0), (5, 6.0), (20, 10.0)):
        pace.note(count, at)
    assert pace.rate is not None
    assert 0 < pace.rate < 10


@pytest.mark.parametrize(
    ("left", "words", "brief"),
    [
        (None, "", ""),
        (0.0, "a few seconds left", "~10 s"),
        (7.9, "a few seconds left", "~10 s"),
        (14.0, "about 10 s left", "~10 s"),
        (38.0, "about 40 s left", "~40 s"),
        (56.0, "about 1 min left", "~1 min"),
        (61.0, "about 2 min left", "~2 min"),
        (3500.0, "about 59 min left", "~59 min"),
        (7300.0, "about 2 h left", "~2 h"),
    ],
)
def test_an_estimate_is_as_rough_as_it_is_uncertain(left: float | None, words: str, brief: str) -> None:
    assert left_words(left) == words
    assert brief_left(left) == brief


@pytest.mark.parametrize(
    ("fraction", "drawn"),
    [(None, "----------"), (0.0, "----------"), (0.55, "#####-----"), (0.99, "#########-"), (1.0, "##########")],
)
def test_a_bar_is_full_only_at_the_end(fraction: float | None, drawn: str) -> None:
    assert bar(fraction, 10, ascii_only=True) == drawn


@given(states)
def test_the_fraction_lies_between_nothing_and_all_and_is_all_only_when_all_is_done(state: FetchState) -> None:
    assert state.fraction is None or 0 <= state.fraction <= 1
    if state.fraction == 1:
        assert state.parts_done >= state.parts > 0


@given(states, st.integers(0, 200))
def test_the_line_of_a_command_fits_and_is_ascii(state: FetchState, width: int) -> None:
    line = command_line(state, width)
    assert len(line) <= width
    assert line.isascii()


@given(states)
def test_each_wording_of_the_status_is_no_longer_than_the_one_before(state: FetchState) -> None:
    forms = status_forms(state, "Ctrl+X")
    assert list(map(len, forms)) == sorted(map(len, forms), reverse=True)
    assert all(forms)
    assert len(forms[-1]) <= 17


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (
            120,
            "[#######-------------]  30 of 120 parts  45,310 of about 120,000 images  1,234/s  about 2 min left"
            "  throttled 12 s",
        ),
        (79, "[###-------]  30/120 parts  45,310 of about 120,000 images  1,234/s  ~2 min"),
        (40, "[###-------]  45,310  ~2 min"),
        (20, "45,310  ~2 min"),
        (5, "45,31"),
    ],
)
def test_a_narrow_terminal_reads_what_matters_most(width: int, line: str) -> None:
    assert command_line(BUSY, width) == line


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (None, "57 images"),
        (57, "57 images"),
        (64, "57 of about 64 images"),
        (12_345, "57 of about 12,000 images"),
        (99_700, "57 of about 100,000 images"),
    ],
)
def test_an_expectation_is_no_more_exact_than_it_can_be(expected: int | None, words: str) -> None:
    assert images_words(FetchState(images=57, expected=expected)) == words


def test_what_nobody_knows_is_left_out() -> None:
    begun = FetchState("amazon eu-west-1", parts=1)
    assert command_line(begun, 79) == "0 images"
    assert status_forms(begun, "Ctrl+X")[1] == "↓ amazon eu-west-1 0"


def test_a_silence_is_shown_in_place_of_rate_and_estimate() -> None:
    silent = dataclasses.replace(BUSY, silent_seconds=12.4)
    assert command_line(silent, 79).endswith("45,310 of about 120,000 images  waiting for EC2: 12 s")
    assert status_forms(silent, "Ctrl+X")[1] == "↓ community eu-west-1 +3 · waiting for EC2: 12 s"
    brief = dataclasses.replace(BUSY, silent_seconds=WAITING_SHOWN_S - 0.1)
    assert "waiting" not in command_line(brief, 120)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def brought(shard: Shard, pages: int, records: int, **more: object) -> CrawlProgress:
    return dataclasses.replace(CrawlProgress(shard), pages=pages, records=records, **more)  # type: ignore[arg-type]


def test_all_crawls_are_added_up_and_what_was_resumed_is_no_pace() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    assert totals.state() is None
    totals.begin([AMAZON, COMMUNITY])
    totals.report(brought(COMMUNITY, 0, 50_000, resumed=True))
    for page in range(1, 11):
        clock.now += 1
        totals.report(brought(COMMUNITY, page, 50_000 + page * 1000))
    state = totals.state()
    assert state is not None
    assert (state.label, state.others, state.images) == ("community eu-west-1", 1, 60_000)
    assert state.rate == pytest.approx(1000)
    assert totals.arrived == 10_000
    totals.report(brought(AMAZON, 1, 500, done=True))
    state = totals.state()
    assert state is not None
    assert (state.parts_done, state.parts, state.others, state.images) == (1, 2, 0, 60_500)
    totals.report(brought(COMMUNITY, 11, 60_000, done=True))
    assert totals.state() is None


def test_slices_are_the_parts_and_what_is_expected_of_each_crawl_is_added_up() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([AMAZON, COMMUNITY])
    totals.report(brought(AMAZON, 0, 0, slices=4, expected=8000))
    totals.report(brought(COMMUNITY, 0, 0, slices=10, expected=50_000))
    for page in range(1, 11):
        clock.now += 1
        totals.report(brought(AMAZON, page, page * 400, slices=4, slices_done=page // 4, expected=8000))
        totals.report(brought(COMMUNITY, page, page * 600, slices=12, slices_done=1, expected=60_000))
    state = totals.state()
    assert state is not None
    assert (state.parts_done, state.parts) == (3, 4 + 12)
    assert (state.images, state.expected) == (10_000, 68_000)
    assert state.seconds_left == pytest.approx(58, rel=0.1)
    totals.report(brought(AMAZON, 12, 7000, slices=4, slices_done=4, expected=8000, done=True))
    state = totals.state()
    assert state is not None
    assert (state.parts_done, state.parts, state.expected) == (5, 16, 67_000), "what is done is known"


def test_where_nobody_knows_how_many_there_are_the_parts_that_are_done_tell_how_long_it_takes() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([AMAZON])
    totals.report(brought(AMAZON, 0, 9000, slices=24, slices_done=4, resumed=True))
    lefts = []
    for page in range(1, 9):
        clock.now += 2
        totals.report(brought(AMAZON, page, 9000 + page * 400, slices=24, slices_done=4 + page))
        state = totals.state()
        assert state is not None
        lefts.append(state.seconds_left)
        assert state.expected is None
    # Eight new parts in 16 s, and 12 left; those of the earlier run tell nothing.
    assert lefts[:2] == [None, None]
    assert lefts[-1] == pytest.approx(2 * 12)


def test_a_crawl_that_was_never_divided_may_be_of_any_size() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([AMAZON, COMMUNITY])
    for page in range(10):
        clock.now += 1
        totals.report(brought(AMAZON, page, page * 400, slices=12, slices_done=page))
        totals.report(brought(COMMUNITY, page, page * 1000))
    state = totals.state()
    assert state is not None
    assert (state.parts_done, state.parts) == (9, 13)
    assert state.fraction is None
    assert state.seconds_left is None


def test_throttling_of_a_region_counts_once_and_that_of_several_is_added_up() -> None:
    totals = FetchTotals(Clock())
    elsewhere = AMAZON._replace(region="us-east-1")
    totals.begin([AMAZON, COMMUNITY, elsewhere])
    totals.report(brought(AMAZON, 1, 10, throttled_seconds=12.0))
    totals.report(brought(COMMUNITY, 1, 10, throttled_seconds=9.0))
    totals.report(brought(elsewhere, 1, 10, throttled_seconds=3.0))
    state = totals.state()
    assert state is not None
    assert state.throttled_seconds == 15
    assert "throttled 15 s" in command_line(state, 79)


def test_a_silence_that_throttling_explains_is_called_that() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([AMAZON])
    throttled = True
    totals.is_throttled = lambda: throttled
    clock.now += 9
    state = totals.state()
    assert state is not None
    assert status_forms(state, "Ctrl+X")[1] == "↓ amazon eu-west-1 · throttled by EC2: 9 s"
    throttled = False
    state = totals.state()
    assert state is not None
    assert command_line(state, 79) == "0 images  waiting for EC2: 9 s"


def test_once_more_than_was_expected_has_come_nobody_knows_how_long_it_takes() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([AMAZON])
    totals.report(brought(AMAZON, 0, 0, expected=10))
    for page in range(1, 6):
        clock.now += 1
        totals.report(brought(AMAZON, page, page * 1000, expected=10))
    state = totals.state()
    assert state is not None
    assert (state.images, state.expected, state.seconds_left) == (5000, 5000, None)
    assert state.fraction == 0.99


def test_a_crawl_that_starts_over_takes_nothing_away_from_what_arrived() -> None:
    totals = FetchTotals(Clock())
    totals.begin([AMAZON])
    totals.report(brought(AMAZON, 0, 0))
    totals.report(brought(AMAZON, 1, 1000))
    totals.report(brought(AMAZON, 0, 0))
    totals.report(brought(AMAZON, 1, 800))
    assert totals.arrived == 1800


def test_what_begins_after_a_quiet_moment_is_counted_anew() -> None:
    totals = FetchTotals(Clock())
    totals.begin([AMAZON])
    totals.report(brought(AMAZON, 0, 0))
    totals.report(brought(AMAZON, 1, 1000, done=True))
    totals.begin([COMMUNITY])
    state = totals.state()
    assert state is not None
    assert (state.parts_done, state.parts, state.images, totals.arrived) == (0, 1, 0, 0)


def test_silence_lasts_from_the_last_answer_or_the_first_call() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([AMAZON])
    clock.now += 5
    state = totals.state()
    assert state is not None
    assert state.silent_seconds == 5
    totals.report(brought(AMAZON, 0, 0))
    totals.report(brought(AMAZON, 1, 1000))
    clock.now += 2
    state = totals.state()
    assert state is not None
    assert state.silent_seconds == 2


def test_waiting_for_the_identity_is_shown_only_when_it_takes_long() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.asking("AWS")
    assert totals.state() is None
    clock.now += 4
    state = totals.state()
    assert state is not None
    assert status_forms(state, "Ctrl+X")[1] == "waiting for AWS: 4 s"
    totals.asking("")
    assert totals.state() is None


class Screen(io.StringIO):
    """A terminal that stderr is."""

    def isatty(self) -> bool:
        return True


def test_the_line_on_a_terminal_tells_how_long_ec2_has_been_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = Screen(), Clock()
    monkeypatch.setattr("sys.stderr", screen)
    line = ProgressLine(clock)
    line.totals.begin([AMAZON])
    line.report(brought(AMAZON, 0, 0))
    line.report(brought(AMAZON, 1, 1000))
    clock.now += 7
    line.draw()
    assert screen.getvalue().endswith("1,000 images  waiting for EC2: 7 s")
    line.report(brought(AMAZON, 2, 1500, done=True, seconds=8.0))
    *_, last = screen.getvalue().split("\r")
    assert last == "eu-west-1 amazon: 1,500 images in 8.0 s\n"


async def test_whoever_stops_a_sync_reads_what_has_arrived(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine(Clock())

    async def stopped() -> None:
        async with drawn(line):
            line.totals.begin([AMAZON])
            line.report(brought(AMAZON, 0, 0))
            line.report(brought(AMAZON, 1, 1000))
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await stopped()
    said = "amitui: stopped; 1,000 images arrived and are kept: the next amitui sync goes on there\n"
    assert capsys.readouterr().err == said


def test_the_demo_does_not_say_that_it_keeps_what_arrived() -> None:
    assert stopped_words(1, kept=True).startswith("stopped; 1 image arrived and is kept")
    assert stopped_words(57, kept=False) == "stopped; 57 images arrived; the demo keeps nothing"


def test_a_failure_of_several_scopes_is_said_once_and_names_them() -> None:
    refused = [DeniedError("EC2 refused", why="no permission") for _ in range(4)]
    elsewhere = AMAZON._replace(region="us-east-1")
    shards = (MINE, AMAZON, COMMUNITY, elsewhere)
    timed_out = NetworkError("EC2 did not answer")
    found = list(failure_words([*zip(shards, refused, strict=True), (MINE, timed_out)], kept=False))
    assert found == [
        (refused[0], "not fetched to the end: mine, amazon and community of eu-west-1; amazon of us-east-1"),
        (timed_out, "not fetched to the end: mine of eu-west-1"),
    ]
    ((_, kept),) = failure_words([(MINE, timed_out)], kept=True)
    assert kept.endswith("what has come is kept: amitui sync eu-west-1 goes on there")
    ((_, kept),) = failure_words([(COMMUNITY, timed_out), (elsewhere, timed_out)], kept=True)
    assert kept.endswith(": amitui sync eu-west-1 us-east-1 --scope community --scope amazon goes on there")
    ((_, said),) = failure_words([(COMMUNITY, CacheError("the disk is full"))], kept=True)
    assert said == "not fetched to the end: community of eu-west-1", "what of it stays nobody knows"


def test_a_sync_that_goes_on_says_once_how_much_is_here_already(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine(Clock())
    line.totals.begin([AMAZON, COMMUNITY])
    line.report(brought(AMAZON, 0, 0))
    line.report(brought(COMMUNITY, 0, 38_000, resumed=True, expected=60_432))
    line.report(brought(COMMUNITY, 1, 39_000, resumed=True, expected=60_432))
    for further_attempt in (COMMUNITY, AMAZON):
        line.report(brought(further_attempt, 0, 39_000, resumed=True, expected=60_432))
    assert capsys.readouterr().err == (
        "eu-west-1 community: resuming: 38,000 of about 60,000 images are here already;"
        " amitui sync --full starts over\n"
    )


@given(st.lists(st.none() | st.floats(0, 1), max_size=40))
def test_a_bar_never_goes_backwards_and_is_full_only_when_all_is_done(reals: list[float | None]) -> None:
    gauge, last = Gauge(), 0.0
    for real in reals:
        shown = gauge.after(real)
        if real == 1:
            assert shown == 1
        elif shown is not None:
            assert 0 <= shown <= 1
        if shown is not None and last < 1:
            assert shown >= min(last, 0.99)
        last = shown or 0.0


def test_a_bar_goes_on_at_once_where_a_part_was_divided() -> None:
    gauge = Gauge()
    assert [gauge.after(real) for real in (0.2, 0.8, 0.4, 0.7, None, 1.0)] == pytest.approx(
        [0.2, 0.8, 0.8, 0.9, 0.9, 1.0]
    )


def test_what_is_fetched_again_because_a_part_was_divided_takes_nothing_from_bar_and_count() -> None:
    clock = Clock()
    totals = FetchTotals(clock)
    totals.begin([COMMUNITY])
    seen: list[tuple[int, float]] = []
    for slices, done, images, expected in (
        (6, 0, 0, None), (6, 1, 4000, 60_000), (6, 2, 9000, 60_000), (11, 2, 7000, 90_000), (11, 5, 30_000, 90_000)
    ):  # fmt: skip
        clock.now += 1
        totals.report(brought(COMMUNITY, len(seen), images, slices=slices, slices_done=done, expected=expected))
        state = totals.state()
        assert state is not None
        assert f" {done} of about {slices} parts" in command_line(state, 120)
        seen.append((state.images, state.shown_fraction or 0.0))
    assert seen == sorted(seen)
    assert seen[3][0] == 9000
    totals.report(brought(COMMUNITY, 9, 30_000, slices=11, slices_done=5, expected=90_000, may_divide=False))
    state = totals.state()
    assert state is not None
    assert " 5 of 11 parts" in command_line(state, 120)
