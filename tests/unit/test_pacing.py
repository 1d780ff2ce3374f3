"""Pacing: how fast EC2 is asked, whatever it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.ec2.pacing import BURST_S, THROTTLED_TRIES, Pacer, Pacing, TokenBucket
from amitui.ec2.patience import end_early, retry_after_of
from amitui.errors import AwsError, CredentialsError, NetworkError, ThrottledError


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def bucket_of(ceiling: float, clock: Clock) -> TokenBucket:
    return TokenBucket(ceiling, clock, lambda: 1.0)


def pacer_of(clock: Clock, ceiling: float = 18.0) -> Pacer:
    return Pacer(ceiling, now=clock, sleep=clock.sleep, spread=lambda: 1.0)


class Answered(Exception):
    def __init__(self, headers: dict[str, str]) -> None:
        self.response = {"ResponseMetadata": {"HTTPHeaders": headers}}


def throttled(**headers: str) -> ThrottledError:
    error = ThrottledError("EC2 throttled the requests", code="RequestLimitExceeded")
    error.__cause__ = Answered({name.replace("_", "-"): value for name, value in headers.items()})
    return error


def failing(times: int, error: Callable[[], AwsError]) -> Callable[[], Awaitable[str]]:
    left = times

    async def call() -> str:
        nonlocal left
        if left:
            left -= 1
            raise error()
        return "answer"

    return call


EVENTS = st.lists(
    st.one_of(
        st.just("answer"),
        st.sampled_from([0.0, 0.5, 3.0, 40.0]).map(lambda seconds: ("refusal", seconds)),
        st.floats(0.0, 30.0).map(lambda seconds: ("rest", seconds)),
    ),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([0.2, 1.0, 5.0, 18.0, 100.0]), EVENTS)
def test_whatever_ec2_answers_calls_stay_below_the_ceiling_and_never_stop(
    ceiling: float, events: list[Any]
) -> None:
    clock = Clock()
    bucket = bucket_of(ceiling, clock)
    sent: list[float] = []
    quiet_until = 0.0
    for event in events:
        if isinstance(event, tuple) and event[0] == "rest":
            clock.now += event[1]
            continue
        wait = bucket.wait()
        assert 0.0 <= wait < 330.0, "a call's turn always comes"
        clock.now += wait
        assert clock.now >= quiet_until - 1e-6, "Retry-After is honoured"
        at = bucket.take()
        sent.append(at)
        if event == "answer":
            bucket.answered()
        else:
            before = bucket.rate
            bucket.refused(at, event[1])
            quiet_until = max(quiet_until, clock.now + event[1])
            assert bucket.rate == max(before / 2, min(0.2, ceiling)), "half of the speed goes"
        assert min(0.2, ceiling) <= bucket.rate <= ceiling
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            most = max(1.0, ceiling * BURST_S) + ceiling * (sent[last] - sent[first])
            assert last - first <= most + 1e-6


def test_it_begins_slowly_and_grows_with_each_answer() -> None:
    clock = Clock()
    bucket = bucket_of(18.0, clock)
    sent = []
    for _ in range(40):
        clock.now += bucket.wait()
        sent.append(bucket.take())
        bucket.answered()
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps[0] == pytest.approx(1 / 12)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] == pytest.approx(1 / 54), "a rested bucket may be emptied at three times the ceiling"


def test_the_lasting_rate_is_the_ceiling_once_the_burst_is_spent() -> None:
    clock = Clock()
    bucket = bucket_of(18.0, clock)
    for _ in range(1000):
        clock.now += bucket.wait()
        bucket.take()
        bucket.answered()
    assert clock.now - 1000.0 == pytest.approx((1000 - 72) / 18, abs=0.5)


def test_refusals_of_calls_that_were_under_way_together_count_once() -> None:
    clock = Clock()
    bucket = bucket_of(20.0, clock)
    sent = [bucket.take() for _ in range(6)]
    for at in sent:
        clock.now += 0.01
        bucket.refused(at)
    assert bucket.rate == 10.0


def test_the_rate_comes_back_when_ec2_answers_again() -> None:
    clock = Clock()
    bucket = bucket_of(20.0, clock)
    bucket.refused(bucket.take())
    for _ in range(25):
        assert bucket.is_slowed
        clock.now += bucket.wait()
        bucket.take()
        bucket.answered()
    assert not bucket.is_slowed


async def test_a_refused_call_is_made_again_after_pauses_that_double() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    assert await pacer.call(failing(4, throttled)) == "answer"
    assert clock.slept == pytest.approx([0.5, 1.0, 2.0, 4.0])
    assert (pacer.counts.calls, pacer.counts.throttled) == (5, 4)
    assert pacer.counts.throttled_seconds == pytest.approx(7.5)


async def test_retry_after_is_waited_for_by_all_calls() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    assert await pacer.call(failing(1, lambda: throttled(retry_after="33"))) == "answer"
    assert sum(clock.slept) == pytest.approx(33.0)


async def test_a_storm_of_refusals_ends_in_the_error_and_in_few_calls() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    with pytest.raises(ThrottledError):
        await pacer.call(failing(1000, throttled))
    assert pacer.counts.calls == THROTTLED_TRIES


async def test_many_calls_in_a_storm_do_not_hammer() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    results = await asyncio.gather(
        *(pacer.call(failing(1000, throttled)) for _ in range(6)), return_exceptions=True
    )
    assert all(isinstance(result, ThrottledError) for result in results)
    assert pacer.counts.calls / (clock.now - 1000.0) < 1.0, "calls a second"


async def test_a_page_that_cannot_be_read_is_asked_for_again_after_pauses() -> None:
    def unreadable() -> AwsError:
        error = NetworkError("the response did not come from EC2", code="ResponseParserError")
        error.__cause__ = ValueError("mismatched tag")
        return error

    clock = Clock()
    pacer = pacer_of(clock)
    assert await pacer.call(failing(2, unreadable)) == "answer"
    assert [seconds for seconds in clock.slept if seconds >= 0.4] == [0.4, 0.8]
    with pytest.raises(NetworkError):
        await pacer.call(failing(3, unreadable))
    assert pacer.counts.throttled == 0


async def test_what_lasts_is_not_tried_again() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    with pytest.raises(CredentialsError):
        await pacer.call(failing(1, lambda: CredentialsError("the credentials have expired")))
    assert pacer.counts.calls == 1


async def test_botocore_sends_a_paced_call_once() -> None:
    asked: list[bool | None] = []

    async def call() -> None:
        asked.append(end_early(1, caught_exception=None, response=None))

    await pacer_of(Clock()).call(call)
    assert asked == [False]
    assert end_early(1, caught_exception=None, response=None) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("", 0.0), ("soon", 0.0), ("-3", 0.0), ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0), ("٣", 0.0)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float) -> None:
    assert retry_after_of(throttled(retry_after=value), now=lambda: 100.0) == seconds


def test_an_account_a_region_and_an_action_have_a_pacer_of_their_own() -> None:
    pacing = Pacing(5.0)
    one = pacing.of("111122223333", "us-east-1")
    assert pacing.of("111122223333", "us-east-1") is one
    others = [
        pacing.of("111122223333", "eu-west-1"),
        pacing.of(None, "us-east-1"),
        pacing.of("111122223333", "us-east-1", "x"),
    ]
    assert len({id(each) for each in (one, *others)}) == 4
