"""A roll-out that dies at any checkpoint, or loses a request or an answer, has one effect; so has its way back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Plan, Watch
from amitui.domain.operations.plans.undo import undo_plan
from amitui.domain.rollout.candidates import Candidate, MovedKind, NewImage
from amitui.domain.rollout.moved import roll_out
from amitui.domain.rollout.options import RollOutOptions
from amitui.domain.rollout.plan import roll_out_plan
from amitui.domain.rollout.way_back import pause_plan
from amitui.ec2.reads.fleet import fleet
from tests.integration.test_operations_kills import begin, run_and_kill, run_to_the_end
from tests.support.demo_account import HOME
from tests.support.simulated_ec2 import (
    PATIENCE,
    Failing,
    OperationsProcess,
    Point,
    SimulatedEc2,
    simulated_ec2,
)

SPEED = 20


class Stand(NamedTuple):
    """What a roll-out moves."""

    parameter: str
    template: str
    group: str
    old: str
    new: str
    plan: Plan


async def ask(ec2: SimulatedEc2, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    return await ec2.connection.service_call(service, HOME, operation, "prepare it", **parameters)


async def prepare(ec2: SimulatedEc2, options: RollOutOptions | None = None) -> Stand:
    """A parameter, a launch template and a group that names its version, all on an old image."""
    old, new = ec2.image(), ec2.image()
    parameter, template, group = (ec2.name(word) for word in ("/golden/p", "template", "group"))
    await ask(ec2, "ssm", "put_parameter", Name=parameter, Value=old, Type="String", DataType="aws:ec2:image")
    data = {"ImageId": old, "InstanceType": "t3.micro"}
    made = await ask(ec2, "ec2", "create_launch_template", LaunchTemplateName=template, LaunchTemplateData=data)
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]
    source = {"LaunchTemplateId": template_id, "Version": "1"}
    await ask(
        ec2,
        "autoscaling",
        "create_auto_scaling_group",
        AutoScalingGroupName=group,
        MinSize=0,
        MaxSize=2,
        DesiredCapacity=1,
        AvailabilityZones=[f"{HOME}a"],
        DefaultInstanceWarmup=0,
        LaunchTemplate=source,
    )
    await ec2.sleep(120)
    inventory = await fleet(ec2.connection, HOME, account=MAIN_ACCOUNT)
    image = NewImage(HOME, new, "acme-web-new", MAIN_ACCOUNT, "x86_64")
    wanted = [
        (MovedKind.PARAMETER, parameter),
        (MovedKind.TEMPLATE, template),
        (MovedKind.GROUP, group),
    ]
    chosen = {Candidate(HOME, kind, name, "").key for kind, name in wanted}
    plan = roll_out_plan(roll_out(inventory, image, chosen, options or RollOutOptions(min_healthy=0)))
    return Stand(parameter, template_id, group, old, new, plan)


async def state_of(ec2: SimulatedEc2, stand: Stand) -> dict[str, Any]:
    """What there is to see of it."""
    history = await ask(ec2, "ssm", "get_parameter_history", Name=stand.parameter)
    versions = await ask(
        ec2, "ec2", "describe_launch_template_versions", LaunchTemplateId=stand.template, MaxResults=200
    )
    refreshes = await ask(ec2, "autoscaling", "describe_instance_refreshes", AutoScalingGroupName=stand.group)
    groups = await ask(ec2, "autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[stand.group])
    filters = [
        {"Name": "tag:aws:autoscaling:groupName", "Values": [stand.group]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ]
    found = await ask(ec2, "ec2", "describe_instances", Filters=filters)
    listed = versions["LaunchTemplateVersions"]
    return {
        "values": [one["Value"] for one in history["Parameters"]],
        "versions": sorted((one["VersionNumber"], one["LaunchTemplateData"]["ImageId"]) for one in listed),
        "default": next(one["VersionNumber"] for one in listed if one["DefaultVersion"]),
        "refreshes": [one["Status"] for one in reversed(refreshes["InstanceRefreshes"])],
        "group": groups["AutoScalingGroups"][0]["LaunchTemplate"]["Version"],
        "running": [one["ImageId"] for entry in found["Reservations"] for one in entry["Instances"]],
    }


async def check_moved(ec2: SimulatedEc2, stand: Stand) -> None:
    """Fails unless each thing was moved exactly once."""
    assert await state_of(ec2, stand) == {
        "values": [stand.old, stand.new],
        "versions": [(1, stand.old), (2, stand.new)],
        "default": 2,
        "refreshes": ["Successful"],
        "group": "2",
        "running": [stand.new],
    }


def once_each(points: list[Point]) -> list[Point]:
    """The checkpoints, of those at which something was seen the last of each step."""
    return list({(name, step): (name, step, seen) for name, step, seen in points}.values())


async def test_wherever_a_roll_out_is_killed_each_thing_is_moved_once(tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stand = await prepare(on)
        points = await run_to_the_end(on, tmp_path / "whole", stand.plan)
        await check_moved(on, stand)
        kept = once_each(points)
        assert {name for name, _, _ in kept} >= {"planned", "asked", "accepted", "answered", "passed", "done"}
        whole = stand
        for number, point in enumerate(kept):
            stand = await prepare(on)
            # What is seen of a parameter is an image, which is another one each time.
            seen = {whole.old: stand.old, whole.new: stand.new}.get(point[2], point[2])
            await run_and_kill(on, tmp_path / str(number), stand.plan, (point[0], point[1], seen))
            await check_moved(on, stand)


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_whatever_the_network_loses_each_thing_is_moved_once(lost: str, tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stand = await prepare(on)
        calls = {call.api: 1 for call in stand.plan.calls if call.undoes is None}
        process = OperationsProcess(on, tmp_path, connection=Failing(on, lost, calls))
        await begin(process, stand.plan)
        operation = await process.ended()
        assert operation.state is State.DONE, operation
        await check_moved(on, stand)
        await process.service.close()


async def test_rolling_back_brings_back_value_default_group_and_instances(tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stand = await prepare(on)
        process = OperationsProcess(on, tmp_path)
        await begin(process, stand.plan)
        back = undo_plan(await process.ended())
        assert back is not None
        (operation,) = await process.service.submit([back], account=MAIN_ACCOUNT, profile="")
        ended = await process.until(lambda one: one.state.ended, operation_id=operation.id)
        assert ended.state is State.DONE, ended
        found = await state_of(on, stand)
        assert found["values"][-1] == stand.old
        assert (found["default"], found["group"], found["running"]) == (1, "1", [stand.old])
        await process.service.close()


async def test_a_refresh_that_fails_is_rolled_back_with_the_parameter_and_the_default(tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stand = await prepare(on)
        # What the demo's EC2 takes for an image whose instances do not come up.
        tags = [{"Key": "demo:boots", "Value": "no"}]
        await ask(on, "ec2", "create_tags", Resources=[stand.new], Tags=tags)
        process = OperationsProcess(on, tmp_path)
        await begin(process, stand.plan)
        operation = await process.ended()
        assert operation.state is State.FAILED, operation
        assert "did not become Successful" in operation.what
        found = await state_of(on, stand)
        assert found["values"][-1] == stand.old
        assert (found["default"], found["group"], found["running"]) == (1, "1", [stand.old])
        await process.service.close()


async def test_a_pause_cancels_and_continuing_begins_again(tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stand = await prepare(on, RollOutOptions(min_healthy=0, bake_s=3600))
        process = OperationsProcess(on, tmp_path)
        await begin(process, stand.plan)
        running = await stopped_in(on, process, lambda one: one.seen in ("InProgress", "Baking"))
        pause = pause_plan(running)
        assert pause is not None
        (paused,) = await process.service.submit([pause], account=MAIN_ACCOUNT, profile="")
        await go_on_after(on, "CancelInstanceRefresh")
        await process.until(lambda one: one.state is State.DONE, operation_id=paused.id)
        held = await process.until(lambda one: one.state is State.ON_HOLD, operation_id=running.id)
        assert "Cancelled" in held.why
        await wait_until_idle(process, held)
        await process.service.resume(held.id)
        ended = await process.until(lambda one: one.state.ended, operation_id=held.id)
        assert ended.state is State.DONE, ended
        found = await state_of(on, stand)
        assert found["refreshes"] == ["Cancelled", "Successful"]
        assert (found["group"], found["running"]) == ("2", [stand.new])
        await process.service.close()


async def test_a_pause_that_finds_a_refresh_ended_holds_the_roll_out_before_the_next_one(tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stand, other = await prepare(on), await prepare(on)
        wait = next(step for step in stand.plan.steps if isinstance(step, Watch) and step.restart is not None)
        last = len(stand.plan.steps)
        start = stand.plan.steps[wait.restart or 0]
        again = wait._replace(target=answer_of(last), restart=last)
        process = OperationsProcess(on, tmp_path)
        await begin(process, stand.plan._replace(steps=(*stand.plan.steps, start, again)))
        watched = stand.plan.steps.index(wait)
        running = await stopped_in(on, process, lambda one: one.step == watched and bool(one.seen))
        pause = pause_plan(running)
        assert pause is not None
        # As if the first refresh had ended meanwhile: no refresh of this group is active.
        calls = [one._replace(parameters={"AutoScalingGroupName": other.group}) for one in pause.calls]
        (paused,) = await process.service.submit(
            [pause._replace(steps=tuple(calls))], account=MAIN_ACCOUNT, profile=""
        )
        await go_on_after(on, "CancelInstanceRefresh")
        await process.until(lambda one: one.state is State.DONE, operation_id=paused.id)
        held = await process.until(lambda one: one.state is State.ON_HOLD, operation_id=running.id)
        assert "paused" in held.why
        assert "u rolls it back" in held.remedy
        assert (await state_of(on, stand))["refreshes"] == ["Successful"]
        await wait_until_idle(process, held)
        await process.service.resume(held.id)
        ended = await process.until(lambda one: one.state.ended, operation_id=held.id)
        assert ended.state is State.DONE, ended
        assert (await state_of(on, stand))["refreshes"] == ["Successful", "Successful"]
        await process.service.close()


async def stopped_in(on: SimulatedEc2, process: OperationsProcess, fits: Callable[[Operation], bool]) -> Operation:
    """The operation as soon as it is as wanted; the clock stands from then on.

    It goes by what waits for the cloud: in the moment that a pause takes to be sent a refresh may be over.
    """

    def look(operation: Operation) -> None:
        on.stands_still = on.stands_still or fits(operation)

    stop = process.service.subscribe(look)
    try:
        return await process.until(fits)
    finally:
        stop()


async def go_on_after(on: SimulatedEc2, action: str) -> None:
    """Let time pass again as soon as this request has arrived."""
    async with asyncio.timeout(PATIENCE):
        while action not in {one for one, _ in on.sent}:  # noqa: ASYNC110 - another thread notes it
            await asyncio.sleep(0)
    on.stands_still = False


async def wait_until_idle(process: OperationsProcess, operation: Operation) -> None:
    """Wait until nothing drives the operation any more."""
    async with asyncio.timeout(PATIENCE):
        while operation.id in process.service._running:  # noqa: ASYNC110 - the engine tells no end of a task
            await asyncio.sleep(0)
