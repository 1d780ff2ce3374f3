"""Wherever amitui dies in an operation, and wherever the network fails it, it has exactly one effect."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.operations.apis import Makes, makes
from amitui.domain.operations.operation import State
from amitui.domain.operations.plan import Plan
from tests.support.operation_cases import OPERATION_CASES
from tests.support.simulated_ec2 import (
    PATIENCE,
    Failing,
    Killed,
    OperationsProcess,
    Point,
    SimulatedEc2,
    simulated_ec2,
)

LONG = {"create", "copy", "unstore"}
"""Kinds that copy data, which would be observed a hundred times."""


def speed(kind: str) -> float:
    return 20 if kind in LONG else 1


async def begin(process: OperationsProcess, plan: Plan) -> None:
    with suppress(Killed):
        await process.service.submit([plan], account=MAIN_ACCOUNT, profile="")


async def run_to_the_end(on: SimulatedEc2, folder: Path, plan: Plan) -> list[Point]:
    """The checkpoints of an operation in whose way nothing comes."""
    process = OperationsProcess(on, folder)
    await begin(process, plan)
    operation = await process.ended()
    assert operation.state is State.DONE, operation
    await process.service.close()
    return process.points


async def run_and_kill(on: SimulatedEc2, folder: Path, plan: Plan, point: Point) -> None:
    """An operation that dies at a checkpoint and is taken up by the next start."""
    first = OperationsProcess(on, folder, kill_at=point)
    await begin(first, plan)
    async with asyncio.timeout(PATIENCE):
        await first.died.wait()
    await first.kill()
    second = OperationsProcess(on, folder)
    await second.service.adopt()
    operation = await second.ended()
    assert operation.state is State.DONE, (point, operation)
    await second.service.row_refresher.settled()
    await second.service.close()


@pytest.mark.parametrize("kind", OPERATION_CASES)
async def test_wherever_it_is_killed_it_has_one_effect(kind: str, tmp_path: Path) -> None:
    prepare, check = OPERATION_CASES[kind]
    async with simulated_ec2(speed(kind)) as on:
        plan = await prepare(on)
        points = await run_to_the_end(on, tmp_path / "whole", plan)
        await check(on, plan)
        assert {"planned", "asked", "accepted", "answered", "done"} <= {name for name, _, _ in points}

        for number, point in enumerate(points):
            plan = await prepare(on)
            await run_and_kill(on, tmp_path / str(number), plan, point)
            await check(on, plan)


@pytest.mark.parametrize("lost", ["request", "answer"])
@pytest.mark.parametrize("kind", OPERATION_CASES)
async def test_whatever_the_network_loses_it_has_one_effect(kind: str, lost: str, tmp_path: Path) -> None:
    prepare, check = OPERATION_CASES[kind]
    async with simulated_ec2(speed(kind)) as on:
        plan = await prepare(on)
        failing = Failing(on, lost, {call.api: 1 for call in plan.calls})
        process = OperationsProcess(on, tmp_path, connection=failing)
        await begin(process, plan)

        operation = await process.ended()

        assert operation.state is State.DONE, operation
        assert not any(failing.left.values())
        await check(on, plan)
        await process.service.close()


@pytest.mark.parametrize("kind", ["create", "register", "copy", "unstore"])
async def test_a_list_that_lags_behind_makes_no_second_image(kind: str, tmp_path: Path) -> None:
    prepare, check = OPERATION_CASES[kind]
    async with simulated_ec2(speed(kind)) as on:
        plan = await prepare(on)
        (api,) = (call.api for call in plan.calls if makes(call.api) is Makes.IMAGE)
        process = OperationsProcess(on, tmp_path, connection=Failing(on, "answer", {api: 1}, lists_lag=40))
        await begin(process, plan)

        operation = await process.ended()

        assert operation.state is State.DONE, operation
        await check(on, plan)
        await process.service.close()


async def test_it_survives_dying_again_and_again(tmp_path: Path) -> None:
    prepare, check = OPERATION_CASES["create"]
    async with simulated_ec2(20) as on:
        plan = await prepare(on)
        points = await run_to_the_end(on, tmp_path / "whole", plan)
        plan = await prepare(on)
        process = OperationsProcess(on, tmp_path, kill_at=points[0])
        await begin(process, plan)
        deaths = 0
        for point in [*points[1:], None]:
            if not await died_or_ended(process):
                break
            deaths += 1
            await process.kill()
            process = OperationsProcess(on, tmp_path, kill_at=point)
            with suppress(Killed):
                await process.service.adopt()

        assert (await process.ended()).state is State.DONE
        assert deaths > 10
        await check(on, plan)
        await process.service.close()


async def died_or_ended(process: OperationsProcess) -> bool:
    """Wait for either; whether it died."""
    died, ended = asyncio.create_task(process.died.wait()), asyncio.create_task(process.ended())
    await asyncio.wait({died, ended}, return_when=asyncio.FIRST_COMPLETED)
    died.cancel()
    ended.cancel()
    return process.died.is_set()
