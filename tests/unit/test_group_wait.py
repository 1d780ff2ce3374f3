from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from amitui.domain.operations.awaited import STUCK_S
from amitui.domain.operations.operation import EventKind, State, fold
from amitui.domain.operations.plan import Plan, Watch, decode, encode
from amitui.domain.operations.plans.instances import Target, start_plan, terminate_plan
from amitui.domain.timeline.observation import Observation
from amitui.presentation.aws_command import aws_commands
from amitui.presentation.operation_words import short_state, state_words, step_words
from tests.support.plan_samples import NOW
from tests.unit.test_runner import Memory, answered, begun

REGION = "us-east-1"
IDS = [f"i-{number:017x}" for number in range(200)]
TARGETS = [Target(one) for one in IDS]


def accepted(plan: Plan, *events: tuple[EventKind, dict[str, Any]]) -> Memory:
    """An operation whose call EC2 has accepted."""
    return Memory(begun(plan, answered(0), *events)[0])


async def started(memory: Memory) -> asyncio.Task[None]:
    task = asyncio.create_task(memory.runner().run())
    while len(memory.poller.watched) < len(IDS):
        await memory.poller.began.wait()
        memory.poller.began.clear()
    return task


def see(memory: Memory, states: dict[str, str], *, at: float = NOW, reason: str = "") -> None:
    for subject, notify in list(memory.poller.watched.items()):
        if subject.id in states:
            notify(Observation(subject, at, states[subject.id], reason=reason))


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_two_hundred_instances_are_one_step_that_counts_them() -> None:
    memory = accepted(terminate_plan(REGION, TARGETS))
    task = await started(memory)
    see(memory, dict.fromkeys(IDS, "shutting-down"))
    await turns()
    assert (memory.operation.reached, memory.operation.seen) == ((0, 200), "shutting-down")
    see(memory, dict.fromkeys(IDS[:137], "terminated"))
    await turns()
    assert short_state(memory.operation, 15) == "137 of 200"
    assert state_words(memory.operation) == (
        "waiting until all 200 instances are terminated or gone: 137 of 200 so far"
    )
    assert memory.operation.progress == 68
    see(memory, dict.fromkeys(IDS[137:], "terminated"))
    await task
    assert memory.operation.state is State.DONE
    assert memory.operation.reached is None
    assert len(memory.events) == 5, "three rounds of the poller are three events"
    assert memory.poller.watched == {}


async def test_those_that_fail_are_counted_and_named_when_all_others_are_there() -> None:
    memory = accepted(start_plan(REGION, TARGETS))
    task = await started(memory)
    see(memory, dict.fromkeys(IDS[:4], "terminated"), reason="Server.InternalError")
    await turns()
    assert short_state(memory.operation, 15) == "0 of 200"
    assert memory.operation.why == "4 of 200 failed"
    see(memory, dict.fromkeys(IDS[4:], "running"))
    await task
    assert memory.operation.state is State.FAILED
    assert memory.operation.what == "4 of 200 instances did not become running"
    assert IDS[0] in memory.operation.why
    assert IDS[3] not in memory.operation.why
    assert "it is terminated: Server.InternalError" in memory.operation.why
    assert memory.operation.why.endswith("1 more")


async def test_one_that_stays_where_it_is_fails_after_a_while() -> None:
    memory = accepted(start_plan(REGION, TARGETS))
    task = await started(memory)
    see(memory, {one: "stopped" if one == IDS[7] else "running" for one in IDS})
    await turns()
    assert memory.operation.reached == (199, 200)
    see(memory, {IDS[7]: "stopped"}, at=NOW + STUCK_S)
    await task
    assert memory.operation.what == "1 of 200 instances did not become running"
    assert "it is stopped" in memory.operation.why


async def test_after_a_restart_what_is_missing_counts_as_gone() -> None:
    seen = (EventKind.OBSERVED, {"step": 1, "state": "shutting-down", "progress": 50, "reached": 100, "of": 200})
    memory = accepted(terminate_plan(REGION, TARGETS), seen)
    assert memory.operation.reached == (100, 200)
    task = await started(memory)
    see(memory, dict.fromkeys(IDS, ""))
    await task
    assert memory.operation.state is State.DONE


async def test_a_wait_that_is_cancelled_watches_nothing_any_more() -> None:
    memory = accepted(terminate_plan(REGION, TARGETS))
    task = await started(memory)
    see(memory, dict.fromkeys(IDS[:3], "terminated"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert memory.poller.watched == {}


def test_the_printed_command_waits_for_all() -> None:
    waits = [line for line in aws_commands(terminate_plan(REGION, TARGETS[:3])) if " wait " in line]
    assert waits == [
        f"aws ec2 wait instance-terminated --region {REGION} --instance-ids {' '.join(IDS[:3])}",
    ]


def test_the_journal_keeps_all_ids_and_a_single_wait_as_it_was() -> None:
    plan = terminate_plan(REGION, TARGETS)
    assert decode(json.loads(json.dumps(encode(plan)))) == plan
    alone = encode(terminate_plan(REGION, TARGETS[:1]))
    assert "others" not in alone["steps"][1]
    assert decode(json.loads(json.dumps(alone))).steps[1] == Watch(
        "instance", REGION, IDS[0], ("terminated", "gone")
    )


def test_a_step_says_how_many_it_waits_for() -> None:
    assert step_words(terminate_plan(REGION, TARGETS).steps[1]) == (
        "wait until all 200 instances are terminated or gone"
    )
    assert step_words(start_plan(REGION, TARGETS[:2]).steps[1], past=True) == "all 2 instances were running"


def test_an_observation_without_a_count_is_read_as_before() -> None:
    _, events = begun(terminate_plan(REGION, TARGETS), answered(0), (EventKind.OBSERVED, {"state": "running"}))
    assert fold(events).reached is None
