"""The pane of launched instances over the demo's EC2: real launches, journal, poller and console."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from moto.ec2.models import ec2_backends

from amitui.domain.launch.instances import Instance, Phase, counts, launched, with_observations
from amitui.domain.operations.awaited import QUICK_S
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import State
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.instances import Target, start_plan, stop_plan, terminate_plan
from amitui.ec2.reads.console import console_output
from amitui.errors import AwsError
from amitui.ui.screens.launched.screen import LaunchedScreen
from tests.support.demo_account import HOME
from tests.support.launched_pane import Host
from tests.support.simulated_ec2 import PATIENCE, OperationsProcess, simulated_ec2
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from amitui.domain.operations.operation import Operation
    from amitui.domain.timeline.observation import Observation, Subject
    from tests.support.simulated_ec2 import SimulatedEc2


class Launches:
    """A cloud, a service that launches in it, and what its host has of operations."""

    def __init__(self, ec2: SimulatedEc2, folder: Path) -> None:
        self.ec2 = ec2
        self.instances: dict[str, Instance] = {}
        self.going = asyncio.Event()
        """Time stands still while it is not set."""
        self.going.set()
        self._news = asyncio.Event()
        self.stops: list[Callable[[], None]] = []
        self.process = OperationsProcess(ec2, folder)
        self.service = self.process.service
        self.service.poller._sleep = self.sleep

    def operations(self) -> Sequence[Operation]:
        return self.service.operations()

    def subscribe(self, notify: Callable[[Operation], None]) -> Callable[[], None]:
        return self.service.subscribe(notify)

    def watch(self, subject: Subject, notify: Callable[[Observation], None]) -> Callable[[], None]:
        self.service.poller.start()
        return self.service.poller.watch(subject, notify)

    def trouble(self, profile: str, region: str) -> str:
        error = self.service.poller.last_error(profile, region)
        return error.what if error is not None else ""

    async def does(self, plan: Plan) -> Operation:
        (begun,) = await self.service.submit([plan], account="", profile="")
        return await self.process.ended(begun.id)

    async def launch(self, count: int, **parameters: Any) -> list[str]:
        image_id = self.ec2.image()
        asked = {
            "ImageId": image_id,
            "MinCount": count,
            "MaxCount": count,
            "InstanceType": "m7i.large",
            **parameters,
        }
        asked["TagSpecifications"] = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "fleet"}]}]
        call = Call("run_instances", HOME, asked, "launch the instances")
        ended = await self.does(Plan(OperationKind.LAUNCH, f"Launch {count}", HOME, image_id, (call,)))
        assert ended.state is State.DONE, ended
        return [one.subject for one in ended.results]

    def follow(self) -> None:
        """Watch all that was launched, as the pane does."""
        for one in launched(self.operations(), self.ec2.now()):
            self.instances[one.key] = one

            def notify(seen: Observation, key: str = one.key) -> None:
                self.instances[key] = self.instances[key]._replace(observation=seen)
                self._news.set()

            self.stops.append(self.watch(one.subject, notify))

    async def until(self, **wanted: int) -> None:
        """Time goes on until so many stand so."""
        async with asyncio.timeout(PATIENCE):
            while {
                phase.name.lower(): count for phase, count in counts(self.instances.values()).items()
            } != wanted:
                self._news.clear()
                await self._news.wait()

    async def sleep(self, seconds: float) -> None:
        """Time passes, unless it stands still."""
        await self.going.wait()
        await self.ec2.sleep(seconds)

    @property
    def calls(self) -> dict[str, int]:
        """The calls of the poller so far."""
        return {operation: count for (_, operation), count in self.service.poller.calls.items()}


@asynccontextmanager
async def launches(folder: Path) -> AsyncIterator[Launches]:
    async with simulated_ec2() as cloud:
        made = Launches(cloud, folder)
        try:
            yield made
        finally:
            for stop in made.stops:
                stop()
            await made.service.close()
            # moto keeps what it has for the whole process, and gets slow with hundreds of instances.
            ec2_backends[cloud.me.caller.account][HOME].reset()


async def test_an_instance_goes_from_pending_to_ready_and_its_console_fills(tmp_path: Path) -> None:
    async with launches(tmp_path) as made:
        (instance_id,) = await made.launch(1)
        connection = made.ec2.connection
        assert (await console_output(connection, HOME, instance_id)).lines == ()
        made.follow()
        await made.until(ready=1)
        (one,) = made.instances.values()
        assert (one.instance_type, one.name) == ("m7i.large", "fleet")
        assert one.fact("zone").startswith(HOME)
        assert one.fact("private_ip")
        output = await console_output(connection, HOME, instance_id)
        assert output.live
        assert output.lines[-1].endswith("login:")
        assert "[  OK  ] Started OpenSSH server daemon." in output.lines
        assert not any("\x1b" in line for line in output.lines)


async def test_the_console_of_an_older_type_is_the_one_that_ec2_kept(tmp_path: Path) -> None:
    async with launches(tmp_path) as made:
        (instance_id,) = await made.launch(1, InstanceType="m4.large")
        made.ec2.me.wait(30)
        early = await console_output(made.ec2.connection, HOME, instance_id)
        assert (early.lines, early.live) == ((), False)
        made.ec2.me.wait(90)
        late = await console_output(made.ec2.connection, HOME, instance_id)
        assert late.lines
        assert not late.live


async def test_there_is_no_console_of_what_is_not_there(tmp_path: Path) -> None:
    async with launches(tmp_path) as made:
        with pytest.raises(AwsError) as refused:
            await console_output(made.ec2.connection, HOME, "i-00000000000000000")
        assert refused.value.code == "InvalidInstanceID.NotFound"


async def test_what_was_launched_is_stopped_started_and_terminated(tmp_path: Path) -> None:
    async with launches(tmp_path) as made:
        ids = await made.launch(3)
        made.follow()
        await made.until(ready=3)
        targets = [Target(one, "fleet") for one in ids]
        assert (await made.does(stop_plan(HOME, targets[:2]))).state is State.DONE
        await made.until(ready=1, stopped=2)
        assert (await made.does(start_plan(HOME, targets[:1]))).state is State.DONE
        await made.until(ready=2, stopped=1)
        assert (await made.does(terminate_plan(HOME, targets))).state is State.DONE
        await made.until(terminated=3)
        assert all(one.phase is Phase.TERMINATED for one in made.instances.values())


async def test_what_others_do_to_an_instance_shows_until_it_is_terminated(tmp_path: Path) -> None:
    async with launches(tmp_path) as made:
        ids = await made.launch(2)
        made.follow()
        await made.until(ready=2)
        await made.ec2.connection.call(HOME, "stop_instances", "another client", InstanceIds=ids[:1])
        await made.until(ready=1, stopped=1)
        await made.ec2.connection.call(HOME, "start_instances", "another client", InstanceIds=ids[:1])
        await made.ec2.connection.call(HOME, "terminate_instances", "another client", InstanceIds=ids[1:])
        await made.until(ready=1, terminated=1)


async def test_another_start_finds_its_instances_in_the_journal(tmp_path: Path) -> None:
    async with launches(tmp_path) as made:
        ids = await made.launch(2)
        await made.service.close()
        later = Launches(made.ec2, tmp_path)
        await later.service.refresh()
        found = launched(later.operations(), made.ec2.now())
        assert sorted(one.instance_id for one in found) == sorted(ids)
        assert len(with_observations(found, {}, made.ec2.now())) == 2
        await later.service.close()


async def test_two_hundred_take_few_calls_and_are_readable_on_a_small_screen(tmp_path: Path) -> None:
    async with launches(tmp_path) as made, WidgetApp().run_test(size=(80, 24)) as pilot:
        ids = await made.launch(200)
        assert len(set(ids)) == 200
        began, before = made.ec2.now(), made.calls.get("DescribeInstances", 0)
        made.follow()
        await made.until(ready=200)
        made.going.clear()
        looks = made.calls["DescribeInstances"] - before
        # 200 ids fit into one filter; DescribeInstanceStatus takes 100 at a time.
        assert made.calls["DescribeInstanceStatus"] <= 2 * looks
        assert looks <= (made.ec2.now() - began) / QUICK_S + 2
        host = Host(made)
        host.time = made.ec2.now()
        await pilot.app.push_screen(LaunchedScreen(host, host.do, host.console))
        await pilot.pause()
        await pilot.pause()
        lines = screen_lines(pilot.app)
        assert "200 instances: 200 ready" in lines[0]
        assert ids[0] in lines[1]
        assert sum("running, checks ok" in line for line in lines) == 13
        await pilot.press("end")
        await pilot.pause()
        assert any(ids[-1] in line for line in screen_lines(pilot.app)[1:14])
        await pilot.press("escape")
        await pilot.pause()
        assert made.calls["DescribeInstances"] - before == looks
