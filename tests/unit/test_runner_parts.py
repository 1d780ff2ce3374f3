"""Steps that need what earlier ones made, plans of many parts, and what must not be sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from amitui.domain.operations.awaited import IMAGE, INSTANCE, SNAPSHOT, STUCK_S
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import EventKind, Result, State, fold
from amitui.domain.operations.placeholders import WITHHELD, answer_of
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.ec2.errors.refusals import PASSING
from amitui.errors import NetworkError, RejectedError, ThrottledError
from amitui.operations.runner_context import Resumed
from tests.support.plan_samples import NOW
from tests.unit.test_runner import Memory, begun


def changing(api: str, about: str = "", **parameters: Any) -> Call:
    return Call(api, "us-east-1", parameters, f"do {api}", always=bool(about), about=about)


async def test_what_a_step_made_is_sent_with_the_later_ones() -> None:
    steps = (
        changing("create_security_group", GroupName="web"),
        changing("authorize_security_group_ingress", GroupId=answer_of(0)),
        changing("run_instances", SecurityGroupIds=["sg-old", answer_of(0)]),
    )
    memory = Memory(
        begun(Plan(OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", steps))[0],
        {"GroupId": "sg-1"},
        {"Return": True},
        {"Instances": [{"InstanceId": "i-1"}]},
    )
    await memory.runner().run()
    assert memory.operation.state is State.DONE
    assert memory.sent == [
        {"GroupName": "web"},
        {"GroupId": "sg-1"},
        {"SecurityGroupIds": ["sg-old", "sg-1"]},
    ]
    assert memory.operation.answers == ((0, "sg-1"), (2, "i-1"))
    assert memory.operation.plan.steps == steps, "the plan stays as it was asked for"


async def test_what_an_earlier_step_made_is_waited_for() -> None:
    steps = (changing("run_instances"), Watch(INSTANCE, "us-east-1", answer_of(0), ("running",)))
    plan = Plan(OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", steps)
    memory = Memory(begun(plan)[0], {"Instances": [{"InstanceId": "i-1"}]})
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    assert [subject.id for subject in memory.poller.watched] == ["i-1"]
    memory.poller.see("running")
    await task
    assert memory.operation.state is State.DONE


async def test_a_step_that_needs_what_was_not_made_fails_without_being_sent() -> None:
    steps = (
        changing("create_security_group"),
        changing("authorize_security_group_ingress", "rule", GroupId=answer_of(0)),
    )
    plan = Plan(OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", steps)
    memory = Memory(begun(plan)[0], RejectedError("the name is taken", code="InvalidGroup.Duplicate"))
    await memory.runner().run()
    assert memory.operation.what == "the name is taken"
    assert len(memory.sent) == 1
    (result,) = memory.operation.results
    assert (result.subject, result.ok) == ("rule", False)
    assert "do create_security_group" in result.words


@pytest.mark.parametrize("refused", [0, 1, 2])
async def test_each_part_of_a_plan_has_its_result_although_one_is_refused(refused: int) -> None:
    steps = tuple(changing("modify_image_attribute", about) for about in "abc")
    plan = Plan(OperationKind.SHARE, "Share", "us-east-1", "ami-1", steps)
    answers: list[dict[str, Any] | Exception] = [{"Return": True}] * 3
    answers[refused] = RejectedError("no such account", why="malformed", code="InvalidAMIAttributeItemValue")
    memory = Memory(begun(plan)[0], *answers)
    await memory.runner().run()

    operation = memory.operation
    assert (operation.state, operation.what) == (State.FAILED, "no such account")
    expected = [Result(about, True, "done") for about in "abc"]
    expected[refused] = Result("abc"[refused], False, "no such account: malformed")
    assert list(operation.results) == expected
    assert fold([begun(plan)[1][0], *memory.events]) == operation


async def test_the_first_of_several_refusals_is_the_cause_and_each_has_its_words() -> None:
    steps = tuple(changing("modify_image_attribute", about) for about in "ab")
    memory = Memory(
        begun(Plan(OperationKind.SHARE, "Share", "us-east-1", "ami-1", steps))[0],
        RejectedError("one"),
        RejectedError("two"),
    )
    await memory.runner().run()
    assert (memory.operation.state, memory.operation.what) == (State.FAILED, "one")
    assert [one.words for one in memory.operation.results] == ["one", "two"]


async def test_what_may_have_happened_and_must_not_twice_waits_for_its_user() -> None:
    plan = Plan(
        OperationKind.STOP, "Reboot", "us-east-1", "i-1", (changing("reboot_instances", InstanceIds=["i-1"]),)
    )
    memory = Memory(begun(plan)[0], NetworkError("the connection broke off", code="X"))
    await memory.runner().run()
    assert memory.operation.state is State.ON_HOLD
    assert "could not check whether" in memory.operation.why
    assert len(memory.sent) == 1

    again = Memory(memory.operation, {})
    await again.runner(Resumed(NOW, insist=True)).run()
    assert again.operation.state is State.DONE


async def test_without_what_is_private_nothing_is_sent() -> None:
    plan = Plan(
        OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", (changing("run_instances", UserData=WITHHELD),)
    )
    memory = Memory(begun(plan)[0])
    await memory.runner(Resumed()).run()
    assert memory.sent == []
    assert (memory.operation.state, memory.whats) == (State.ON_HOLD, [EventKind.ON_HOLD])
    assert "not stored on disk" in memory.operation.why

    memory = Memory(begun(plan)[0], {"Instances": [{"InstanceId": "i-1"}]})
    memory.private = {"UserData": "echo"}
    await memory.runner().run()
    assert memory.sent == [{"UserData": "echo"}]
    assert "echo" not in repr(memory.events)


# What EC2 answers with an error


STARTED = Call("start_instances", "us-east-1", {"InstanceIds": ["i-1"]}, "start the instance again", always=True)


def refused(code: str, *, documented: bool = True) -> RejectedError:
    error = RejectedError(f"EC2 says {code}", why="for now", code=code)
    error.refusal = documented
    return error


def states(state: str) -> dict[str, Any]:
    return {"Reservations": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": state}}]}]}


@pytest.mark.parametrize("code", sorted(PASSING))
async def test_what_must_be_done_is_asked_for_again_when_it_is_refused_for_now(code: str) -> None:
    plan = Plan(OperationKind.CREATE, "Create", "us-east-1", "i-1", (STARTED,))
    memory = Memory(begun(plan)[0], refused(code), states("stopped"), refused(code), states("stopped"), {})
    await memory.runner().run()
    assert memory.operation.state is State.DONE
    assert memory.whats.count(EventKind.SENDING) == 3


async def test_what_must_be_done_and_never_is_ends_with_the_command_that_does_it() -> None:
    plan = Plan(OperationKind.CREATE, "Create", "us-east-1", "i-1", (STARTED,))
    answers = [answer for _ in range(40) for answer in (refused("IncorrectInstanceState"), states("stopped"))]
    memory = Memory(begun(plan)[0], *answers)
    memory.passes = True
    await memory.runner().run()
    assert (memory.operation.state, memory.operation.code) == (State.FAILED, "IncorrectInstanceState")
    assert memory.operation.what == "could not start the instance again"
    assert "EC2 says IncorrectInstanceState: for now" in memory.operation.why
    assert memory.operation.remedy == "aws ec2 start-instances --region us-east-1 --instance-ids i-1"


async def test_a_refusal_that_lasts_ends_other_steps_at_once() -> None:
    plan = Plan(OperationKind.START, "Start", "us-east-1", "i-1", (STARTED._replace(always=False),))
    memory = Memory(begun(plan)[0], refused("IncorrectInstanceState"))
    await memory.runner().run()
    assert memory.operation.state is State.FAILED
    assert memory.whats == [EventKind.SENDING, EventKind.FAILED]


async def test_an_instance_that_runs_meanwhile_need_not_be_started() -> None:
    plan = Plan(OperationKind.CREATE, "Create", "us-east-1", "i-1", (STARTED,))
    memory = Memory(begun(plan)[0], refused("IncorrectInstanceState"), states("running"))
    await memory.runner().run()
    assert memory.operation.state is State.DONE
    assert memory.whats.count(EventKind.SENDING) == 1


async def test_a_refusal_after_throttling_may_come_from_what_had_its_effect() -> None:
    step = changing("register_image", Name="golden")
    made = {"Images": [{"ImageId": "ami-1", "Name": "golden", "CreationDate": "2999-01-01T00:00:00.000Z"}]}
    throttled = ThrottledError("too often", code="RequestLimitExceeded")
    plan = Plan(OperationKind.REGISTER, "Register", "us-east-1", "snap-1", (step,))
    memory = Memory(begun(plan)[0], throttled, refused("InvalidAMIName.Duplicate"), made)
    await memory.runner().run()
    assert (memory.operation.state, memory.operation.made) == (State.DONE, "ami-1")


@pytest.mark.parametrize(
    ("watch", "state"),
    [
        (Watch(INSTANCE, "us-east-1", "i-1", ("running",), ("terminated",)), "stopped"),
        (Watch(INSTANCE, "us-east-1", "i-1", ("stopped",), ("terminated",)), "running"),
        (Watch(INSTANCE, "us-east-1", "i-1", ("terminated",)), "running"),
        (Watch(IMAGE, "us-east-1", "ami-1", ("available",), ("failed",)), "disabled"),
        (Watch(IMAGE, "us-east-1", "ami-1", ("available",)), "deregistered"),
        (Watch(SNAPSHOT, "us-east-1", "snap-1", ("completed",)), "error"),
        (Watch(IMAGE, "us-east-1", "ami-1", ("available",)), ""),
    ],
)
async def test_a_wait_ends_when_something_rests_in_another_state(watch: Watch, state: str) -> None:
    plan = Plan(OperationKind.ENABLE, "Confirm", watch.region, str(watch.target), (watch,))
    memory = Memory(begun(plan)[0])
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    assert memory.poller.every is not None, "it is told again that nothing has changed"
    for seconds in (0, 60, STUCK_S - 1, STUCK_S):
        memory.poller.see(state, at=NOW + seconds)
        memory.poller.see("", at=NOW + seconds) if not state else None
    await task
    assert memory.operation.state is State.FAILED
    assert f"did not become {watch.until[0]}" in memory.operation.what


@pytest.mark.parametrize("state", ["pending", "stopping"])
async def test_what_is_on_its_way_is_waited_for_however_long_it_takes(state: str) -> None:
    watch = Watch(INSTANCE, "us-east-1", "i-1", ("running", "stopped"))
    memory = Memory(begun(Plan(OperationKind.START, "Confirm", watch.region, "i-1", (watch,)))[0])
    task = asyncio.create_task(memory.runner().run())
    await memory.poller.began.wait()
    for seconds in range(0, 86_400, 60):
        memory.poller.see(state, at=NOW + seconds)
    memory.poller.see("running", at=NOW + 86_400)
    await task
    assert memory.operation.state is State.DONE
    assert len(memory.events) == 4, "what has not changed is not written down"
