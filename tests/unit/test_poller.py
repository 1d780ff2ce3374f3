from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.operations.awaited import GONE, IMAGE, INSTANCE, QUICK_S, RESOURCES, SNAPSHOT, STORE_TASK
from amitui.domain.timeline.observation import Observation, Subject
from amitui.errors import AwsError, CredentialsError, DeniedError, NetworkError, ThrottledError
from amitui.operations.poll_schedule import (
    GONE_AFTER_S,
    IDLE_S,
    LONGEST_BACK_OFF_S,
    RELAXED_S,
    SLOW_S,
    SLOWER,
    SOONEST_S,
)
from amitui.operations.poller import Poller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

HOME = "us-east-1"
AWAY = "eu-west-1"
BEGAN = 1_795_219_200.0
MINUTE = 60.0


class Clock:
    """A time that goes on only when a test says so, and wakes who sleeps by it."""

    def __init__(self) -> None:
        self.time = BEGAN
        self.set_back = 0.0
        """Seconds by which the clock of the day is behind what sleepers sleep by."""
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.time - self.set_back

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sleeper = (self.time + seconds, waking)
        self.sleepers.append(sleeper)
        try:
            await waking
        finally:
            self.sleepers.remove(sleeper)

    async def settle(self) -> None:
        """Let everything happen that can without time going on."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def go_on(self, seconds: float) -> None:
        """Let so much time pass, stopping wherever somebody wakes."""
        end = self.time + seconds
        await self.settle()
        while self.sleepers and (first := min(when for when, _ in self.sleepers)) <= end:
            self.time = max(self.time, first)
            for when, waking in list(self.sleepers):
                if when <= self.time and not waking.done():
                    waking.set_result(None)
            await self.settle()
        self.time = end


@dataclass
class Ec2:
    """A connection whose answers a test writes; what is not there is not listed."""

    clock: Clock
    states: dict[str, str] = field(default_factory=dict)
    """Of images, instances and store tasks, by id."""
    snapshots: dict[str, tuple[int, int]] = field(default_factory=dict)
    """(GiB, per cent) by id; an image's are those called after it: `snap-…-1`."""
    faults: dict[str, AwsError] = field(default_factory=dict)
    """By region or operation: what every call raises."""
    requests: list[tuple[float, str, str, tuple[str, ...]]] = field(default_factory=list)
    """(when, region, operation, ids)."""
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: calls into `slow` get no answer."""
    slow: str = ""

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        ids = tuple(
            parameters["Filters"][0]["Values"]
            if "Filters" in parameters
            else parameters.get("ImageIds") or parameters["InstanceIds"]
        )
        self.requests.append((self.clock.time, region, operation, ids))
        if region == self.slow:
            await self.answering.wait()
        for key in (region, operation):
            if key in self.faults:
                raise self.faults[key]
        found = [one for one in ids if one in self.states]
        if operation == "describe_images":
            return {"Images": [self.image(one) for one in found]}
        if operation == "describe_instances":
            return {"Reservations": [{"Instances": [self.instance(one) for one in found]}]}
        if operation == "describe_instance_status":
            ok = {"Status": "ok"}
            return {
                "InstanceStatuses": [
                    {"InstanceId": one, "SystemStatus": ok, "InstanceStatus": ok} for one in found
                ]
            }
        if operation == "describe_store_image_tasks":
            tasks = [{"AmiId": one, "StoreTaskState": self.states[one]} for one in found]
            return {"StoreImageTaskResults": tasks}
        assert operation == "describe_snapshots"
        return {"Snapshots": [self.snapshot(one) for one in ids if one in self.snapshots]}

    def image(self, image_id: str) -> dict[str, Any]:
        own = [one for one in self.snapshots if one.startswith(image_id.replace("ami", "snap"))]
        mappings = [{"Ebs": {"SnapshotId": one, "VolumeSize": self.snapshots[one][0]}} for one in own]
        return {"ImageId": image_id, "State": self.states[image_id], "BlockDeviceMappings": mappings}

    def instance(self, instance_id: str) -> dict[str, Any]:
        return {"InstanceId": instance_id, "State": {"Name": self.states[instance_id]}}

    def snapshot(self, snapshot_id: str) -> dict[str, Any]:
        gib, progress = self.snapshots[snapshot_id]
        state = "completed" if progress == 100 else "pending"
        return {"SnapshotId": snapshot_id, "State": state, "Progress": f"{progress}%", "VolumeSize": gib}

    def times(self, region: str = HOME) -> list[float]:
        """Seconds from the test's begin to each call into a region."""
        return [when - BEGAN for when, where, _, _ in self.requests if where == region]


class Harness:
    """A poller with all that it needs, and what its watchers were told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ec2 = Ec2(self.clock)
        self.observations: list[Observation] = []
        self.faults: list[Exception] = []
        self.connected: Counter[str] = Counter()
        self.poller = Poller(self.connect, now=self.clock.now, sleep=self.clock.sleep, failed=self.faults.append)

    async def connect(self, profile: str) -> Ec2:
        self.connected[profile] += 1
        return self.ec2

    def watch(self, subject: Subject, notify: Callable[[Observation], None] | None = None) -> Callable[[], None]:
        return self.poller.watch(subject, notify or self.observations.append)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Let time pass until it has happened."""
        for _ in range(600):
            if happened():
                return
            await self.clock.go_on(1)
        raise AssertionError("it did not happen within ten minutes")

    @property
    def states(self) -> list[str]:
        return [observation.state for observation in self.observations]


@asynccontextmanager
async def opened() -> AsyncIterator[Harness]:
    harness = Harness()
    harness.poller.start()
    try:
        yield harness
    finally:
        await harness.poller.close()
        assert not harness.clock.sleepers
        assert not harness.faults, harness.faults


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with opened() as made:
        yield made


def image(number: int = 1, region: str = HOME, profile: str = "") -> Subject:
    return Subject(profile, region, IMAGE, f"ami-{number}")


def gaps_of(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


# What is asked


async def test_calls_grow_with_regions_and_kinds_and_not_with_subjects() -> None:
    async def calls(subjects: list[Subject]) -> int:
        async with opened() as harness:
            harness.ec2.states = dict.fromkeys((subject.id for subject in subjects), "pending")
            for subject in subjects:
                harness.watch(subject)
            await harness.clock.go_on(10 * MINUTE)
            assert {observation.subject for observation in harness.observations} == set(subjects)
            assert sum(harness.poller.calls.values()) == len(harness.ec2.requests)
            return len(harness.ec2.requests)

    one = await calls([image()])
    assert one > 10
    assert await calls([image(n) for n in range(150)]) == one
    assert await calls([image(n, region) for n in range(30) for region in (HOME, AWAY)]) == 2 * one
    stopping = [Subject("", HOME, INSTANCE, f"i-{n}") for n in range(30)]
    assert await calls([*(image(n) for n in range(30)), *stopping]) == 2 * one
    assert await calls([image(n, HOME, profile) for n in range(30) for profile in ("a", "b")]) == 2 * one


async def test_calls_are_counted_by_region_and_operation(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.snapshots = {"snap-1": (8, 10)}
    harness.watch(image())
    harness.watch(Subject("", AWAY, STORE_TASK, "ami-9"))
    await harness.clock.settle()

    assert harness.poller.calls == {
        (HOME, "DescribeImages"): 1,
        (HOME, "DescribeSnapshots"): 1,
        (AWAY, "DescribeStoreImageTasks"): 1,
    }


async def test_two_watchers_of_a_subject_cost_one_call_and_are_both_notified(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    others: list[Observation] = []
    harness.watch(image())
    harness.watch(image(), others.append)
    await harness.clock.settle()

    assert len(harness.ec2.requests) == 1
    assert others == harness.observations
    assert harness.states == ["pending"]


async def test_who_comes_later_gets_the_newest_observation_without_a_call(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.watch(image())
    await harness.clock.settle()
    late: list[Observation] = []
    harness.watch(image(), late.append)
    assert not late, "not before `watch` has returned what stops it"
    await harness.clock.settle()

    assert late == harness.observations
    assert len(harness.ec2.requests) == 1


async def test_nothing_watched_is_no_call_and_no_timer(harness: Harness) -> None:
    await harness.clock.settle()
    assert not harness.clock.sleepers

    harness.ec2.states = {"ami-1": "pending"}
    stop = harness.watch(image())
    await harness.clock.go_on(MINUTE)
    assert harness.clock.sleepers
    stop()
    before = len(harness.ec2.requests)
    await harness.clock.go_on(60 * MINUTE)

    assert not harness.clock.sleepers
    assert len(harness.ec2.requests) == before


async def test_more_ids_than_a_filter_takes_are_split(harness: Harness) -> None:
    subjects = [image(n) for n in range(401)]
    harness.ec2.states = {subject.id: "available" for subject in subjects}
    for subject in subjects:
        harness.watch(subject)
    await harness.clock.settle()

    assert [len(ids) for *_, ids in harness.ec2.requests] == [200, 200, 1]
    assert [observation.subject for observation in harness.observations] == subjects


async def test_a_hundred_operations_one_after_the_other_are_not_a_hundred_rounds(harness: Harness) -> None:
    for n in range(100):
        harness.ec2.states[f"ami-{n}"] = "pending"
        harness.watch(image(n))
        harness.poller.observe_soon(image(n))
        await harness.clock.go_on(0.1)

    assert len(harness.ec2.requests) <= 10 / SOONEST_S + 1
    assert len(harness.observations) >= 90


async def test_no_such_kind_can_be_watched(harness: Harness) -> None:
    with pytest.raises(KeyError):
        harness.watch(Subject("", HOME, "volume", "vol-1"))


# How often


async def test_it_is_quick_after_a_change_and_slower_while_nothing_moves(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.snapshots = {"snap-1": (8, 0)}
    harness.watch(image())
    await harness.clock.go_on(10 * MINUTE)
    images = [when - BEGAN for when, _, operation, _ in harness.ec2.requests if operation == "describe_images"]
    gaps = gaps_of(images)
    assert gaps[0] == QUICK_S
    assert gaps == sorted(gaps)
    assert gaps[-1] == SLOW_S

    harness.ec2.snapshots = {"snap-1": (8, 1)}
    await harness.until(lambda: len(harness.observations) > 1)
    assert harness.poller.interval(image()) == QUICK_S


async def test_what_is_at_rest_is_observed_once_a_minute(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available", "i-1": "running"}
    harness.watch(image())
    instance = Subject("", HOME, INSTANCE, "i-1")
    harness.watch(instance)
    await harness.clock.go_on(10 * MINUTE)

    assert harness.poller.interval(image()) == IDLE_S
    assert harness.poller.interval(instance) == IDLE_S, "its checks are ok"
    harness.ec2.states["i-1"] = "stopping"
    await harness.clock.go_on(10 * MINUTE)
    assert harness.poller.interval(instance) == SLOW_S


async def test_relaxed_watchers_are_content_with_less_until_another_one_waits(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending", "ami-2": "pending"}
    for one in (image(1), image(2)):
        harness.poller.watch(one, harness.observations.append, relaxed=True)
    await harness.clock.settle()
    assert harness.states == ["pending", "pending"], "the first observation is made at once"
    assert harness.poller.interval(image(1)) == RELAXED_S
    await harness.clock.go_on(MINUTE)
    assert set(gaps_of(harness.ec2.times())) == {RELAXED_S, SLOW_S}

    stop = harness.watch(image(1))
    before = len(harness.ec2.requests)
    await harness.clock.go_on(QUICK_S)
    assert len(harness.ec2.requests) > before
    assert harness.poller.interval(image(1)) == QUICK_S * SLOWER
    await harness.clock.go_on(MINUTE)
    stop()
    harness.poller.watch(image(2), harness.observations.append, relaxed=True)
    assert harness.poller.interval(image(1)) == SLOW_S, "one more of those changes nothing"


async def test_an_error_is_that_of_the_subjects_own_kind_or_place(harness: Harness) -> None:
    harness.ec2.faults["describe_instances"] = DeniedError("not permitted")
    instance = Subject("", HOME, INSTANCE, "i-1")
    harness.watch(instance)
    harness.watch(image())
    await harness.clock.settle()
    assert isinstance(harness.poller.error_about(instance), DeniedError)
    assert harness.poller.error_about(image()) is None
    assert harness.poller.error_about(image(2)) is None
    harness.ec2.faults[HOME] = NetworkError("no route")
    await harness.clock.go_on(MINUTE)
    assert isinstance(harness.poller.error_about(image()), NetworkError)


async def test_store_tasks_are_asked_for_no_more_often_than_ec2_allows(harness: Harness) -> None:
    harness.watch(Subject("", HOME, STORE_TASK, "ami-1"))
    for percent in range(20):
        harness.ec2.states["ami-1"] = f"state {percent}"
        await harness.clock.go_on(RESOURCES[STORE_TASK].quick_s)

    assert min(gaps_of(harness.ec2.times())) >= RESOURCES[STORE_TASK].quick_s


async def test_observe_soon_interrupts_a_pause(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available"}
    harness.watch(image())
    await harness.clock.go_on(10 * MINUTE + 1)
    before = len(harness.ec2.requests)
    harness.ec2.states = {"ami-1": "disabled"}
    harness.poller.observe_soon(image())
    await harness.clock.settle()

    assert len(harness.ec2.requests) == before + 1
    assert harness.states == ["available", "disabled"]
    assert harness.poller.interval(image()) == QUICK_S


async def test_what_was_seen_before_something_was_asked_is_given_to_nobody_who_comes_later(
    harness: Harness,
) -> None:
    harness.ec2.states = {"ami-1": "available"}
    harness.watch(image())
    await harness.clock.settle()
    harness.poller.observe_soon(image())
    late: list[str] = []
    harness.watch(image(), lambda observation: late.append(observation.state))
    harness.ec2.states = {"ami-1": "disabled"}
    await harness.clock.go_on(SOONEST_S)

    assert late == ["disabled"]


async def test_who_was_notified_is_not_notified_of_the_same_again(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available"}
    harness.watch(image())
    await harness.clock.settle()
    harness.poller.observe_soon(image())
    await harness.clock.go_on(MINUTE)

    assert harness.states == ["available"]
    assert len(harness.ec2.requests) > 1


async def test_to_observe_soon_what_nobody_watches_is_no_call(harness: Harness) -> None:
    harness.poller.observe_soon(image())
    await harness.clock.go_on(MINUTE)

    assert not harness.ec2.requests


async def test_a_round_that_began_before_something_was_sent_says_nothing(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available"}
    harness.watch(image())
    harness.ec2.slow = HOME
    await harness.clock.settle()
    assert len(harness.ec2.requests) == 1
    harness.poller.observe_soon(image())
    harness.ec2.answering.set()
    await harness.clock.settle()
    assert harness.observations == []

    await harness.clock.go_on(SOONEST_S)
    assert harness.states == ["available"]


async def test_a_place_that_does_not_answer_keeps_no_other_waiting(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.slow = AWAY
    harness.watch(image(1, AWAY))
    harness.watch(image(1, HOME))
    await harness.clock.go_on(MINUTE)

    assert {observation.subject.region for observation in harness.observations} == {HOME}
    assert len(harness.ec2.times(HOME)) > 3
    assert len(harness.ec2.times(AWAY)) == 1, "and is not asked again meanwhile"


async def test_a_clock_that_is_set_back_does_not_stop_the_rounds(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.watch(image())
    await harness.clock.go_on(MINUTE)
    harness.clock.set_back = 3600.0
    before = len(harness.ec2.requests)
    await harness.clock.go_on(MINUTE)

    assert len(harness.ec2.requests) >= before + 3


# What is told


async def test_only_changes_are_notified(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.snapshots = {"snap-1": (8, 10)}
    harness.watch(image())
    await harness.clock.go_on(MINUTE)
    assert [(observation.state, observation.progress) for observation in harness.observations] == [("pending", 10)]

    harness.ec2.snapshots = {"snap-1": (8, 60)}
    await harness.clock.go_on(SLOW_S)
    harness.ec2.states = {"ami-1": "available"}
    await harness.clock.go_on(SLOW_S)
    assert [(observation.state, observation.progress) for observation in harness.observations] == [
        ("pending", 10),
        ("pending", 60),
        ("available", None),
    ]


async def test_progress_is_weighted_by_the_size_of_the_snapshots(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.snapshots = {"snap-1-root": (8, 100), "snap-1-data": (72, 20), "snap-2": (1000, 0)}
    harness.watch(image())
    await harness.clock.settle()

    assert harness.observations[0].progress == (8 * 100 + 72 * 20) // 80 == 28


async def test_an_id_that_is_not_listed_yet_is_not_gone(harness: Harness) -> None:
    harness.watch(image())
    await harness.clock.go_on(10 * MINUTE)
    assert harness.states == [""]

    harness.ec2.states = {"ami-1": "pending"}
    await harness.clock.go_on(SLOW_S)
    assert harness.states == ["", "pending"]


async def test_what_was_listed_is_gone_when_it_is_not_listed_for_a_while(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available"}
    harness.watch(image())
    await harness.clock.go_on(10 * MINUTE)
    # One old answer is nothing …
    before = len(harness.ec2.requests)
    del harness.ec2.states["ami-1"]
    await harness.until(lambda: len(harness.ec2.requests) > before)
    harness.ec2.states["ami-1"] = "available"
    await harness.clock.go_on(10 * MINUTE)
    assert harness.states == ["available"]

    # … and after several there is no doubt, which is found out quickly.
    del harness.ec2.states["ami-1"]
    await harness.clock.go_on(IDLE_S + GONE_AFTER_S)
    assert harness.states == ["available", GONE]
    await harness.clock.go_on(10 * MINUTE)
    harness.ec2.states["ami-1"] = "available"
    await harness.clock.go_on(IDLE_S)
    assert harness.states == ["available", GONE, "available"]


async def test_what_was_listed_before_something_was_asked_is_gone_too(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available"}
    harness.watch(image())
    await harness.clock.go_on(MINUTE)
    del harness.ec2.states["ami-1"]
    harness.poller.observe_soon(image())
    await harness.clock.go_on(GONE_AFTER_S)

    assert harness.states == ["available", GONE]


# Those who watch


async def test_a_watcher_may_stop_inside_its_own_callback(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    others: list[str] = []

    def notify(observation: Observation) -> None:
        harness.observations.append(observation)
        stop()
        stop()

    stop = harness.watch(image(), notify)
    harness.watch(image(), lambda observation: others.append(observation.state))
    await harness.clock.settle()
    harness.ec2.states = {"ami-1": "available"}
    await harness.clock.go_on(MINUTE)

    assert harness.states == ["pending"]
    assert others == ["pending", "available"]


async def test_a_watcher_may_stop_another_one_before_that_is_notified(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    stops: list[Callable[[], None]] = []
    harness.watch(image(), lambda _: stops[0]())
    stops.append(harness.watch(image()))
    await harness.clock.go_on(MINUTE)

    assert harness.observations == []


async def test_who_stopped_before_the_newest_observation_is_not_notified(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.watch(image())
    await harness.clock.settle()
    late: list[Observation] = []
    harness.watch(image(), late.append)()
    await harness.clock.go_on(MINUTE)

    assert late == []


async def test_who_stops_twice_does_not_stop_those_who_came_between(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "available"}
    stop = harness.watch(image())
    stop()
    await harness.clock.go_on(MINUTE)
    assert harness.ec2.requests == []

    harness.watch(image())
    stop()
    await harness.clock.settle()
    assert harness.states == ["available"]


async def test_a_callback_that_raises_stops_neither_the_loop_nor_the_others_and_is_reported(
    harness: Harness,
) -> None:
    harness.ec2.states = {"ami-1": "pending"}

    def notify(observation: Observation) -> None:
        raise LookupError(observation.state)

    harness.watch(image(), notify)
    harness.watch(image())
    await harness.clock.settle()
    harness.ec2.states = {"ami-1": "available"}
    await harness.clock.go_on(MINUTE)

    assert harness.states == ["pending", "available"]
    assert [(type(error), error.args) for error in harness.faults] == [
        (LookupError, ("pending",)),
        (LookupError, ("available",)),
    ]
    harness.faults.clear()


async def test_without_anybody_to_report_to_the_event_loop_gets_it() -> None:
    harness = Harness()
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    poller = Poller(harness.connect, now=harness.clock.now, sleep=harness.clock.sleep)
    poller.start()
    fault = LookupError()

    def notify(_: Observation) -> None:
        raise fault

    poller.watch(image(), notify)
    await harness.clock.settle()
    await poller.close()

    assert [context["exception"] for context in heard] == [fault]


# Trouble


async def test_throttling_backs_off_only_its_region_and_recovers(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending", "i-1": "pending"}
    for subject in (image(1, HOME), image(1, AWAY), Subject("", AWAY, INSTANCE, "i-1")):
        harness.watch(subject)
    await harness.clock.go_on(MINUTE)
    harness.ec2.requests.clear()
    harness.ec2.faults[AWAY] = ThrottledError("too often", code="RequestLimitExceeded")
    await harness.clock.go_on(60 * MINUTE)

    error = harness.poller.last_error("", AWAY)
    assert isinstance(error, ThrottledError)
    assert harness.poller.last_error("", HOME) is None
    assert len(harness.ec2.times(HOME)) >= 60 * MINUTE / SLOW_S
    throttled = harness.ec2.times(AWAY)
    assert max(gaps_of(throttled)) == LONGEST_BACK_OFF_S
    assert len(throttled) <= 60 * MINUTE / LONGEST_BACK_OFF_S + 10, "all kinds together"

    # An operation that was asked meanwhile does not make it impatient.
    harness.poller.observe_soon(image(1, AWAY))
    before = len(harness.ec2.times(AWAY))
    await harness.clock.settle()
    assert len(harness.ec2.times(AWAY)) == before

    harness.ec2.faults.clear()
    await harness.until(lambda: harness.poller.last_error("", AWAY) is None)
    assert harness.poller.interval(image(1, AWAY)) == LONGEST_BACK_OFF_S / 2, "not at once at the old pace"
    await harness.clock.go_on(10 * MINUTE)
    assert harness.poller.interval(image(1, AWAY)) == SLOW_S


async def test_expired_credentials_are_exposed_and_recover_when_they_work_again(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.watch(image())
    await harness.clock.settle()
    harness.ec2.faults[HOME] = CredentialsError("expired", code="RequestExpired")
    await harness.clock.go_on(10 * MINUTE)
    assert harness.poller.last_error("", HOME) is harness.ec2.faults[HOME]
    assert harness.states == ["pending"], "nothing wrong was told"

    connections = harness.connected[""]
    harness.ec2.faults.clear()
    harness.ec2.states = {"ami-1": "available"}
    await harness.clock.go_on(LONGEST_BACK_OFF_S)
    assert harness.poller.last_error("", HOME) is None
    assert harness.states == ["pending", "available"]
    assert harness.connected[""] > connections, "the connection is asked for anew"


async def test_no_connection_is_trouble_of_its_profile_alone(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    error = CredentialsError("no such profile")

    async def connect(profile: str) -> Ec2:
        if profile == "bad":
            raise error
        return harness.ec2

    poller = Poller(connect, now=harness.clock.now, sleep=harness.clock.sleep)
    poller.start()
    for profile in ("bad", "good"):
        poller.watch(image(1, HOME, profile), harness.observations.append)
    await harness.clock.go_on(MINUTE)
    errors = poller.last_error("bad", HOME), poller.last_error("good", HOME)
    await poller.close()

    assert errors == (error, None)
    assert {observation.subject.profile for observation in harness.observations} == {"good"}


async def test_an_operation_that_was_answered_ends_the_wait_after_network_trouble(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.faults[HOME] = NetworkError("away")
    harness.watch(image())
    await harness.clock.go_on(10 * MINUTE)
    harness.ec2.faults.clear()
    harness.poller.observe_soon(image())
    await harness.clock.settle()

    assert harness.states == ["pending"]
    assert harness.poller.last_error("", HOME) is None


async def test_what_one_may_not_ask_of_one_kind_slows_no_other(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending", "i-1": "pending"}
    denied = DeniedError("not allowed", code="UnauthorizedOperation")
    harness.ec2.faults["describe_instances"] = denied
    harness.watch(Subject("", HOME, INSTANCE, "i-1"))
    harness.watch(image())
    await harness.clock.go_on(30 * MINUTE)

    assert harness.poller.last_error("", HOME) is denied
    assert harness.states == ["pending"]
    assert harness.poller.interval(image()) == SLOW_S
    assert harness.poller.interval(Subject("", HOME, INSTANCE, "i-1")) == LONGEST_BACK_OFF_S


async def test_an_error_is_forgotten_when_nothing_is_watched_there(harness: Harness) -> None:
    harness.ec2.faults[HOME] = NetworkError("away")
    stop = harness.watch(image())
    await harness.clock.settle()
    assert harness.poller.last_error("", HOME) is not None
    stop()

    assert harness.poller.last_error("", HOME) is None


async def test_a_fault_of_the_program_is_reported_and_slows_the_rounds(harness: Harness) -> None:
    async def connect(_: str) -> Ec2:
        raise ZeroDivisionError

    poller = Poller(connect, now=harness.clock.now, sleep=harness.clock.sleep, failed=harness.faults.append)
    poller.start()
    poller.watch(image(), harness.observations.append)
    await harness.clock.go_on(10 * MINUTE)
    error = poller.last_error("", HOME)
    await poller.close()

    assert {type(fault) for fault in harness.faults} == {ZeroDivisionError}
    assert 3 <= len(harness.faults) <= 10
    assert error is not None
    assert error.why == "ZeroDivisionError"
    harness.faults.clear()


# The end


async def test_closing_ends_a_round_and_a_pause_at_once(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.ec2.slow = AWAY
    harness.watch(image(1, HOME))
    stop = harness.watch(image(1, AWAY))
    await harness.clock.settle()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await harness.poller.close()
    harness.ec2.answering.set()
    await harness.clock.settle()

    assert all(task.done() for task in others)
    assert not harness.clock.sleepers
    assert [observation.subject.region for observation in harness.observations] == [HOME]
    stop()
    await harness.poller.close()


async def test_nobody_is_notified_after_the_end(harness: Harness) -> None:
    harness.ec2.states = {"ami-1": "pending"}
    harness.watch(image())
    await harness.clock.settle()
    late: list[Observation] = []
    harness.watch(image(), late.append)
    await harness.poller.close()
    await harness.clock.settle()

    assert late == []


async def test_snapshots_are_watched_for_themselves(harness: Harness) -> None:
    harness.ec2.snapshots = {"snap-1": (8, 40)}
    harness.watch(Subject("", HOME, SNAPSHOT, "snap-1"))
    await harness.clock.settle()
    harness.ec2.snapshots = {"snap-1": (8, 100)}
    await harness.clock.go_on(QUICK_S)

    assert [(observation.state, observation.progress) for observation in harness.observations] == [
        ("pending", 40),
        ("completed", 100),
    ]
