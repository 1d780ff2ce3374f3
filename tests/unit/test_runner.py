from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from amitui.domain.operations.awaited import GONE, IMAGE, INSTANCE, STORE_TASK
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, State, apply, fold, planned
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.plans.create import create_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.store import store_plan
from amitui.domain.timeline.observation import Observation, Subject
from amitui.ec2.query import Ec2Client
from amitui.errors import RejectedError
from amitui.operations.recovery import (
    RESUME_WITHIN_S,
    Course,
    ago,
    course_of,
    next_step,
    remaining_plan,
    sent_at,
    unsent_actions,
    unsent_calls,
)
from amitui.operations.runner import Runner
from amitui.operations.runner_context import Resumed, RunnerContext
from amitui.presentation.aws_command import aws_commands
from tests.support.plan_samples import CREATE, FACTS, NOW, SNAPSHOT

ID = "0-0"


def begun(plan: Plan, *events: tuple[EventKind, dict[str, Any]]) -> tuple[Operation, list[Event]]:
    """An operation to which these things have happened, a second each."""
    first = planned(ID, plan, NOW, account="1", profile="", batch=ID, driver="a")
    all_events = [first, *(Event(ID, NOW + number, what, data) for number, (what, data) in enumerate(events, 1))]
    return fold(all_events), all_events


def answered(step: int, **data: Any) -> tuple[EventKind, dict[str, Any]]:
    return EventKind.ACCEPTED, {"step": step, **data}


def failed(step: int) -> tuple[EventKind, dict[str, Any]]:
    return EventKind.STEP_FAILED, {"step": step, "what": "it failed"}


# What is left to do


def test_after_a_failure_only_what_is_always_done_is_left() -> None:
    operation, _ = begun(create_plan(CREATE), answered(0), (EventKind.PASSED, {"step": 1}), failed(2))
    assert next_step(operation) == 3
    assert [call.api for call in unsent_calls(operation)] == ["start_instances"]
    assert unsent_actions(operation) == "not done yet: start the instance again"


def test_a_stop_that_fails_is_followed_by_a_start_at_once() -> None:
    operation, _ = begun(create_plan(CREATE), failed(0))
    assert next_step(operation) == 3


def test_an_image_that_was_made_is_waited_for_although_the_start_failed() -> None:
    operation, _ = begun(create_plan(CREATE), answered(2, made="ami-1"), failed(3), failed(4))
    assert next_step(operation) == 5
    assert unsent_calls(operation) == ()


def test_nothing_is_left_after_a_failure_without_an_image() -> None:
    operation, _ = begun(create_plan(CREATE), failed(2), answered(3), (EventKind.PASSED, {"step": 4}))
    assert next_step(operation) is None


def test_a_step_was_asked_when_it_was_asked_first() -> None:
    operation, events = begun(
        create_plan(CREATE),
        (EventKind.SENDING, {"step": 0}),
        answered(0),
        (EventKind.PASSED, {"step": 1}),
        (EventKind.SENDING, {"step": 2}),
        (EventKind.UNSURE, {"step": 2, "why": "no network"}),
        (EventKind.SENDING, {"step": 2}),
    )
    assert sent_at(events, operation) == NOW + 4
    operation, events = begun(create_plan(CREATE), (EventKind.SENDING, {"step": 0}), answered(0))
    assert sent_at(events, operation) is None


@pytest.mark.parametrize(
    ("events", "age", "read_only", "course"),
    [
        ((), 10, False, Course.RESUME),
        ((), RESUME_WITHIN_S + 10, False, Course.OBSERVE),
        ((), 10, True, Course.LEAVE),
        (((EventKind.ON_HOLD, {"why": "x"}),), 10, False, Course.LEAVE),
        ((answered(0), answered(2), answered(3)), 10, True, Course.OBSERVE),
    ],
)
def test_what_becomes_of_an_orphan_depends_on_its_age_and_on_what_may_be_sent(
    events: tuple[tuple[EventKind, dict[str, Any]], ...], age: float, read_only: bool, course: Course
) -> None:
    operation, _ = begun(create_plan(CREATE), *events)
    assert course_of(operation, operation.changed_at + age, read_only=read_only) is course


def test_how_long_ago_it_was_is_told_in_the_unit_that_fits() -> None:
    assert [ago(seconds) for seconds in (59, 3600, 7200, 3 * 86_400)] == [
        "0 min ago",
        "60 min ago",
        "2 h ago",
        "3 days ago",
    ]


def test_the_rest_of_a_plan_has_what_was_made_in_its_place() -> None:
    steps = (
        Call("create_security_group", "us-east-1", {"GroupName": "web"}, "make the group"),
        Call("authorize_security_group_ingress", "us-east-1", {"GroupId": answer_of(0)}, "open its ports"),
        Call("run_instances", "us-east-1", {"SecurityGroupIds": ["sg-0", answer_of(0)]}, "launch"),
        Watch(INSTANCE, "us-east-1", answer_of(2), ("running",)),
    )
    plan = Plan(OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", steps, confirm="ami-1")
    operation, _ = begun(plan, answered(0, note="sg-1"), (EventKind.ON_HOLD, {"why": "x"}))
    rest = remaining_plan(operation)
    assert [step.parameters for step in rest.calls] == [
        {"GroupId": "sg-1"},
        {"SecurityGroupIds": ["sg-0", "sg-1"]},
    ]
    assert isinstance(rest.steps[-1], Watch)
    assert rest.steps[-1].target == answer_of(1)
    assert rest.confirm == "ami-1"
    assert all("answer" not in line for line in aws_commands(rest))


def test_after_a_failure_the_rest_is_what_is_always_done() -> None:
    operation, _ = begun(create_plan(CREATE), answered(0), (EventKind.PASSED, {"step": 1}), failed(2))
    assert [call.api for call in remaining_plan(operation).calls] == ["start_instances"]


# Watching


class FakePoller:
    """Tells what the test says, when it says so."""

    def __init__(self) -> None:
        self.hurried: list[Subject] = []
        self.watched: dict[Subject, Callable[[Observation], None]] = {}
        self.began = asyncio.Event()

    def watch(
        self,
        subject: Subject,
        notify: Callable[[Observation], None],
        *,
        every: float | None = None,
    ) -> Callable[[], None]:
        self.every = every
        self.watched[subject] = notify
        self.began.set()
        return lambda: self.watched.pop(subject, None) and None

    def observe_soon(self, subject: Subject) -> None:
        self.hurried.append(subject)

    def see(self, state: str, *, at: float = NOW, **more: Any) -> None:
        for subject, notify in list(self.watched.items()):
            notify(Observation(subject, at, state, **more))


class Memory:
    """A runner's surroundings without disk or network."""

    def __init__(self, operation: Operation, *answers: dict[str, Any] | Exception) -> None:
        self.operation = operation
        self.events: list[Event] = []
        self.durable: list[bool] = []
        self.refreshed: list[tuple[str, tuple[str, ...]]] = []
        self.poller = FakePoller()
        self.asleep = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.private: dict[str, str] = {}
        self.passes = False
        """Whether time passes when somebody sleeps."""
        self.time: float = NOW
        self._answers = list(answers)

    async def record(self, event: Event, durable: bool) -> Operation:
        self.events.append(event)
        self.durable.append(durable)
        self.operation = apply(self.operation, event)
        return self.operation

    async def connect(self, _profile: str) -> Ec2Client:
        return self

    async def check(self, _operation: Operation) -> str:
        return ""

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        self.time += seconds if self.passes else 0
        await asyncio.sleep(0)

    @asynccontextmanager
    async def order(self, _operation: Operation) -> AsyncIterator[None]:
        yield

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        self.sent.append(parameters)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def runner(self, resumed: Resumed | None = None) -> Runner:
        context = RunnerContext(
            self.connect,
            self.poller,
            self.record,
            lambda rows, ids: self.refreshed.append((rows.region, tuple(ids))),
            self.check,
            self.order,
            lambda: self.time,
            self.sleep,
            lambda _point, _operation: None,
            lambda _operation: self.private,
        )
        return Runner(self.operation, context, resumed)

    @property
    def whats(self) -> list[EventKind]:
        return [event.kind for event in self.events]


def waiting(watch: Watch) -> Memory:
    operation, _ = begun(Plan(OperationKind.ENABLE, "Enable it", watch.region, str(watch.target), (watch,)))
    return Memory(operation)


async def test_a_wait_ends_when_its_state_is_seen_and_each_change_is_noted() -> None:
    memory = waiting(Watch(IMAGE, "us-east-1", "ami-1", ("available",), ("failed",)))
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    assert memory.poller.hurried == list(memory.poller.watched)
    for state, progress in (("", None), ("pending", 10), ("pending", 10), ("pending", 60), ("available", None)):
        memory.poller.see(state, progress=progress)
    await task

    assert memory.whats == [
        EventKind.OBSERVED,
        EventKind.OBSERVED,
        EventKind.OBSERVED,
        EventKind.PASSED,
        EventKind.DONE,
    ]
    assert memory.durable == [False, False, False, True, True]
    assert memory.refreshed == [("us-east-1", ("ami-1",))] * 2
    assert memory.poller.watched == {}


async def test_a_state_from_which_it_never_gets_there_is_a_failure_with_its_cause() -> None:
    memory = waiting(Watch(IMAGE, "us-east-1", "ami-1", ("available",), ("failed",)))
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    memory.poller.see("failed", reason="the key is not accessible")
    await task

    assert memory.operation.state is State.FAILED
    assert memory.operation.what == "the image ami-1 did not become available: it is failed"
    assert memory.operation.why == "the key is not accessible"


async def test_what_was_asked_to_go_is_gone_when_it_is_not_listed() -> None:
    plan = deregister_plan(FACTS, delete_snapshots=True, snapshot_ids=[SNAPSHOT])
    memory = Memory(begun(plan)[0], {"Return": True})
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    memory.poller.see("")
    await task
    assert (memory.operation.state, memory.operation.seen) == (State.DONE, "")
    assert memory.events[-3].data["state"] == GONE


async def test_what_was_seen_before_a_restart_and_stays_missing_is_gone() -> None:
    watch = Watch(IMAGE, "us-east-1", "ami-1", ("available",))
    plan = Plan(OperationKind.ENABLE, "Enable it", "us-east-1", "ami-1", (watch,))
    memory = Memory(begun(plan, (EventKind.OBSERVED, {"state": "pending"}))[0])
    task = asyncio.create_task(memory.runner(Resumed()).run())
    await memory.poller.began.wait()
    memory.poller.see("")
    await task
    assert memory.asleep.is_set()
    assert memory.operation.state is State.FAILED
    assert "gone" in memory.operation.what


async def test_an_older_task_of_the_same_image_does_not_end_the_wait_for_the_new_one() -> None:
    memory = Memory(begun(store_plan(FACTS, "bucket"))[0], {"ObjectKey": "k"})
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    (subject,) = memory.poller.watched
    assert subject.kind == STORE_TASK
    memory.poller.see("Completed", facts=(("began_at", str(NOW - 86_400)),))
    memory.poller.see("InProgress", progress=5, facts=(("began_at", str(NOW + 1)),))
    memory.poller.see("Completed", facts=(("began_at", str(NOW + 1)),))
    await task
    assert [event.data["state"] for event in memory.events if event.kind is EventKind.OBSERVED] == [
        "InProgress",
        "Completed",
    ]


# Writing down


async def test_it_is_written_down_before_it_is_sent_and_before_the_next_step() -> None:
    plan = deregister_plan(FACTS, delete_snapshots=False, snapshot_ids=[], unprotect_first=True)
    memory = Memory(begun(plan)[0], {"Return": "disabled"}, RejectedError("no", why="protected", code="X"))
    await memory.runner().run()

    assert memory.whats == [EventKind.SENDING, EventKind.ACCEPTED, EventKind.SENDING, EventKind.FAILED]
    assert all(memory.durable)
    assert (memory.operation.what, memory.operation.code) == ("no", "X")
    assert memory.refreshed[-1] == ("us-east-1", (FACTS.image_id,))


async def test_a_runner_that_is_stopped_takes_no_further_step() -> None:
    plan = deregister_plan(FACTS, delete_snapshots=False, snapshot_ids=[], unprotect_first=True)
    memory = Memory(begun(plan)[0], {"Return": "disabled"})
    runner = memory.runner()
    runner.stop()
    await runner.run()
    assert memory.events == []
