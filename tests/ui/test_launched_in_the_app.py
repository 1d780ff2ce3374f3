"""Launched instances in the whole application; their state is read from the simulated EC2 itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto.ec2.models import ec2_backends

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import State
from amitui.domain.operations.plan import Call, Plan
from amitui.ui.actions.launched_instances import follow
from amitui.ui.forms.confirm import AgreeForm
from amitui.ui.screens.console import ConsoleScreen
from amitui.ui.screens.launched.screen import LaunchedScreen
from amitui.ui.screens.operations import OperationsScreen
from tests.support.app import browse_of, opened, press
from tests.support.boto3_account import Boto3Account
from tests.support.demo_account import HOME
from tests.support.demo_app import (
    DemoApp,
    DemoInstallation,
    command,
    demo_installation,
    type_text,
    until,
    until_said,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoInstallation]:
    with demo_installation(tmp_path, monkeypatch) as made:
        yield made
        # moto keeps what it has for the whole process.
        ec2_backends[made.me.caller.account][HOME].reset()


def app_of(pilot: Pilot[str]) -> DemoApp:
    assert isinstance(pilot.app, DemoApp)
    return pilot.app


def launch_plan(image_id: str, count: int, **parameters: str) -> Plan:
    asked = {"ImageId": image_id, "MinCount": count, "MaxCount": count, "InstanceType": "m7i.large", **parameters}
    named = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "fleet"}]}]
    call = Call("run_instances", HOME, {**asked, "TagSpecifications": named}, "launch the instances")
    return Plan(OperationKind.LAUNCH, f"Launch {count} of life", HOME, image_id, (call,), before={"name": "life"})


async def launched(pilot: Pilot[str], plan: Plan) -> list[str]:
    """Submit a launch as the form does, and see the pane open by itself; the ids of the instances."""
    app = app_of(pilot)

    async def begun() -> None:
        await follow(app, await app.operations.submit([plan]))

    app.work(begun(), "launching")
    await until(pilot, lambda: isinstance(app.screen, LaunchedScreen))
    found = app.operations.engine.operations
    await until(pilot, lambda: found()[0].state.ended, moving=True)
    return [one.subject for one in found()[0].results]


def state(demo: DemoInstallation, instance_id: str) -> str:
    with Boto3Account(demo.url) as outside:
        listed = outside.ec2(HOME).describe_instances(InstanceIds=[instance_id])["Reservations"]
        return str(listed[0]["Instances"][0]["State"]["Name"])


async def test_a_launch_opens_the_pane_where_it_becomes_ready_and_its_console_is_read(
    demo: DemoInstallation,
) -> None:
    image_id = demo.image("life")
    async with opened(demo.app()) as pilot:
        (instance_id,) = await launched(pilot, launch_plan(image_id, 1))
        assert instance_id in words(pilot)
        await until(pilot, lambda: "1 instance: 1 pending" in words(pilot), moving=True)
        await until(pilot, lambda: "1 instance: 1 checks pending" in words(pilot), moving=True)
        await until(pilot, lambda: "1 instance: 1 ready" in words(pilot), moving=True)
        await press(pilot, "C")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConsoleScreen))
        await until_said(pilot, f"Console of {instance_id} fleet", "Cloud-init finished", "login:")
        await press(pilot, "escape")
        await press(pilot, "enter")
        await until(pilot, lambda: pilot.app.screen is browse_of(pilot))
        assert browse_of(pilot).view.text == image_id


async def test_what_was_launched_is_stopped_at_once_and_terminated_when_that_is_typed(
    demo: DemoInstallation,
) -> None:
    image_id = demo.image("life")
    async with opened(demo.app()) as pilot:
        ids = await launched(pilot, launch_plan(image_id, 2))
        await until(pilot, lambda: "2 ready" in words(pilot), moving=True)
        await press(pilot, "full_stop")
        await until_said(pilot, "Stop instances", "EC2 allows it. Nothing has been changed yet.")
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, LaunchedScreen))
        assert "started: Stop fleet" in words(pilot)
        await until(pilot, lambda: "1 ready, 1 stopped" in words(pilot), moving=True)
        assert [state(demo, one) for one in ids] == ["stopped", "running"]
        await press(pilot, "asterisk")
        await press(pilot, "t")
        await until_said(pilot, "To confirm, type terminate 2 instances", "EC2 allows it.")
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, AgreeForm)
        await type_text(pilot, "terminate 2 instances")
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: "2 instances: 2 terminated" in words(pilot), moving=True)
        assert [state(demo, one) for one in ids] == ["terminated", "terminated"]


async def test_they_are_found_by_name_and_from_the_operations_after_another_start(demo: DemoInstallation) -> None:
    image_id = demo.image("life")
    async with opened(demo.app()) as pilot:
        await launched(pilot, launch_plan(image_id, 1))
        (other,) = await launched_again(pilot, launch_plan(image_id, 1))
    async with opened(demo.app()) as pilot:
        await command(pilot, "Show launched instances")
        await until_said(pilot, "2 instances:", "all launches")
        await press(pilot, "escape")
        await press(pilot, "o")
        await until(pilot, lambda: isinstance(pilot.app.screen, OperationsScreen))
        await press(pilot, "enter")
        await until_said(pilot, "1 instance:", "this launch", other)


async def launched_again(pilot: Pilot[str], plan: Plan) -> list[str]:
    await press(pilot, "escape")
    await until(pilot, lambda: pilot.app.screen is browse_of(pilot))
    app_of(pilot).clock.pass_time(5)
    return await launched(pilot, plan)


async def test_a_refused_launch_says_why_where_its_instances_would_be(demo: DemoInstallation) -> None:
    async with opened(demo.app()) as pilot:
        assert await launched(pilot, launch_plan("ami-00000000000000000", 1)) == []
        assert app_of(pilot).operations.engine.operations()[0].state is State.FAILED
        await until_said(pilot, "not launched", "0 instances: 1 refused")


async def test_nothing_launched_is_said_too(demo: DemoInstallation) -> None:
    async with opened(demo.app(read_only=True)) as pilot:
        await press(pilot, "L")
        await until_said(pilot, "No instances were launched with amitui.")
