"""Whatever is answered to a call that changes something, it has one effect, and is reported as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import cycle, product
from pathlib import Path

import pytest

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Call, Plan
from amitui.operations.call_step import MOST_UNCLEAR_ANSWERS
from tests.support.demo_account import HOME
from tests.support.operation_cases import OPERATION_CASES
from tests.support.simulated_ec2 import AlteredAnswer, OperationsProcess, SimulatedEc2, refusal, simulated_ec2

PAGE = "<html><head><title>Sign in</title></head><body><p>to the network</p></body></html>"

ALTERED = {
    "520": (520, "<html><body>Web server is returning an unknown error</body></html>"),
    "500 with another code": (500, refusal("SomethingBroke", "an unexpected error")),
    "500 with a refusal's code": (500, refusal("InvalidParameterValue")),
    "503 of a proxy": (503, "<!doctype html><html><body><br>Service unavailable</body></html>"),
    "502 and nothing": (502, ""),
    "200 and nothing": (200, ""),
    "200 and no XML": (200, "\x1f\x8b garbage"),
    "200 cut off": (
        200,
        '<?xml version="1.0"?>\n<RunInstancesResponse><requestId>r-1</requestId><instancesSet><item>',
    ),
    "200 and a page": (200, PAGE),
    "200 and another answer": (200, "<DescribeTagsResponse><requestId>r-1</requestId></DescribeTagsResponse>"),
    "200 and an error": (200, refusal("InternalError")),
    "302 to a login": (302, PAGE),
    "400 with an unknown code": (400, refusal("NeverHeardOf")),
    "403 of a firewall": (403, PAGE),
    "404 and nothing": (404, ""),
}
"""Statuses and bodies that prove nothing."""


@pytest.fixture
async def on() -> AsyncIterator[SimulatedEc2]:
    async with simulated_ec2(20) as made:
        yield made


async def submit(process: OperationsProcess, plan: Plan) -> Operation:
    (operation,) = await process.service.submit([plan], account=MAIN_ACCOUNT, profile="")
    return await process.ended(operation.id)


def action(api: str) -> str:
    return "".join(part.capitalize() for part in api.split("_"))


GROUPS = [list(OPERATION_CASES)[start::4] for start in range(4)]


@pytest.mark.parametrize("kinds", GROUPS, ids=" ".join)
async def test_whatever_is_answered_it_has_one_effect(kinds: list[str], tmp_path: Path, on: SimulatedEc2) -> None:
    bends = cycle(ALTERED.values())
    for _ in range(3 * GROUPS.index(kinds)):
        next(bends)
    process = OperationsProcess(on, tmp_path)
    for kind, happened in product(kinds, (True, False)):
        prepare, check = OPERATION_CASES[kind]
        plan = await prepare(on)
        sent = len(on.sent)
        for call in plan.calls:
            on.altered.setdefault(action(call.api), []).append(AlteredAnswer(*next(bends), happened))

        operation = await submit(process, plan)

        assert operation.state is State.DONE, operation
        assert not any(on.altered.values())
        await check(on, plan)
        tokens = {form["ClientToken"] for _, form in on.sent[sent:] if "ClientToken" in form}
        planned = {call.parameters.get("ClientToken") for call in operation.plan.calls}
        assert tokens <= planned, "a repetition has the same token"
    await process.service.close()


async def test_an_unknown_refusal_that_stays_is_told_with_what_was_looked_for(
    tmp_path: Path, on: SimulatedEc2
) -> None:
    process = OperationsProcess(on, tmp_path)
    for kind, api in (("launch", "run_instances"), ("tag", "create_tags"), ("create", "create_image")):
        plan = await OPERATION_CASES[kind].prepare(on)
        on.altered[action(api)] = [AlteredAnswer(400, refusal("NeverHeardOf", "not today"), False)] * 50

        operation = await submit(process, plan)

        assert (operation.state, operation.code) == (State.FAILED, "NeverHeardOf")
        assert "not today" in operation.why
        assert "did not happen" in operation.why
        assert len([one for one, _ in on.sent if one == action(api)]) == MOST_UNCLEAR_ANSWERS
    assert (await on.instance())["State"]["Name"] == "running", "it was stopped for the image"
    await process.service.close()


async def test_a_server_that_stays_broken_lets_the_instance_be_started_again(
    tmp_path: Path, on: SimulatedEc2
) -> None:
    plan = await OPERATION_CASES["create"].prepare(on)
    on.altered["CreateImage"] = [AlteredAnswer(*ALTERED["520"], False)] * 500
    process = OperationsProcess(on, tmp_path)

    operation = await submit(process, plan)

    assert operation.state is State.FAILED
    assert "could not create the image" in operation.what
    assert "min nobody could create the image" in operation.why
    assert "did not happen" in operation.why
    assert (await on.instance())["State"]["Name"] == "running"
    await process.service.close()


async def test_an_instance_that_was_stopped_is_started_although_that_is_refused_at_first(
    tmp_path: Path, on: SimulatedEc2
) -> None:
    prepare, check = OPERATION_CASES["create"]
    plan = await prepare(on)
    answers = [
        (400, "IncorrectInstanceState"),
        (500, "InsufficientInstanceCapacity"),
        (503, "RequestLimitExceeded"),
    ]
    on.altered["StartInstances"] = [AlteredAnswer(status, refusal(code), False) for status, code in answers]
    process = OperationsProcess(on, tmp_path)

    operation = await submit(process, plan)

    assert operation.state is State.DONE, operation
    assert on.times("StartInstances") == 1
    await check(on, plan)
    await process.service.close()


async def test_what_was_dropped_unanswered_is_asked_for_again_with_its_token(
    tmp_path: Path, on: SimulatedEc2
) -> None:
    image = on.image()
    parameters = {"ImageId": image, "MinCount": 1, "MaxCount": 1}
    step = Call("run_instances", HOME, parameters, "launch instances")
    on.altered["RunInstances"] = [AlteredAnswer(*ALTERED["200 and nothing"], True)]
    on.altered["DescribeInstances"] = [AlteredAnswer(403, refusal("UnauthorizedOperation"), False)]
    process = OperationsProcess(on, tmp_path)
    on_hold = await submit(process, Plan(OperationKind.LAUNCH, "Launch it", HOME, image, (step,)))
    assert on_hold.state is State.ON_HOLD
    assert "could not check whether this happened" in on_hold.why
    await process.service.drop(on_hold.id)

    again = await process.service.retry(on_hold.id)

    done = await process.ended(again.id)
    assert done.state is State.DONE
    tokens = {form["ClientToken"] for one, form in on.sent if one == "RunInstances"}
    assert tokens == {on_hold.plan.calls[0].parameters["ClientToken"]}
    await process.service.close()


async def test_what_was_made_and_failed_later_is_asked_for_with_a_new_token(
    tmp_path: Path, on: SimulatedEc2
) -> None:
    plan = await OPERATION_CASES["copy"].prepare(on)
    process = OperationsProcess(on, tmp_path)
    done = await submit(process, plan)
    assert done.state is State.DONE
    assert "ClientToken" not in process.service.plan_again(done.id).calls[0].parameters
    await process.service.close()
