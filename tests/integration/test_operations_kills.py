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
from tests.support.operation_cases import KINDS
from tests.support.simulated_ec2 import PATIENCE, Failing, Killed, Life, Point, Stage, stage

LONG = {"create", "copy", "unstore"}
"""Kinds that copy data, which would be looked at a hundred times."""


def speed(kind: str) -> float:
    return 20 if kind in LONG else 1


async def begin(life: Life, plan: Plan) -> None:
    with suppress(Killed):
        await life.service.submit([plan], account=MAIN_ACCOUNT, profile="")


async def whole_life(on: Stage, folder: Path, plan: Plan) -> list[Point]:
    """The checkpoints of an operation in whose way nothing comes."""
    life = Life(on, folder)
    await begin(life, plan)
    operation = await life.ended()
    assert operation.state is State.DONE, operation
    await life.service.close()
    return life.points


async def killed_life(on: Stage, folder: Path, plan: Plan, point: Point) -> None:
    """An operation that dies at a checkpoint and is taken up by the next start."""
    first = Life(on, folder, kill_at=point)
    await begin(first, plan)
    async with asyncio.timeout(PATIENCE):
        await first.died.wait()
    await first.kill()
    second = Life(on, folder)
    await second.service.adopt()
    operation = await second.ended()
    assert operation.state is State.DONE, (point, operation)
    await second.service.touches.settled()
    await second.service.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_wherever_it_is_killed_it_has_one_effect(kind: str, tmp_path: Path) -> None:
    prepare, check = KINDS[kind]
    async with stage(speed(kind)) as on:
        plan = await prepare(on)
        points = await whole_life(on, tmp_path / "whole", plan)
        await check(on, plan)
        assert {"planned", "asked", "accepted", "answered", "done"} <= {name for name, _, _ in points}

        for number, point in enumerate(points):
            plan = await prepare(on)
            await killed_life(on, tmp_path / str(number), plan, point)
            await check(on, plan)


@pytest.mark.parametrize("lost", ["request", "answer"])
@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_the_network_loses_it_has_one_effect(kind: str, lost: str, tmp_path: Path) -> None:
    prepare, check = KINDS[kind]
    async with stage(speed(kind)) as on:
        plan = await prepare(on)
        failing = Failing(on, lost, {call.api: 1 for call in plan.calls})
        life = Life(on, tmp_path, connection=failing)
        await begin(life, plan)

        operation = await life.ended()

        assert operation.state is State.DONE, operation
        assert not any(failing.left.values())
        await check(on, plan)
        await life.service.close()


@pytest.mark.parametrize("kind", ["create", "register", "copy", "unstore"])
async def test_a_list_that_lags_behind_makes_no_second_image(kind: str, tmp_path: Path) -> None:
    prepare, check = KINDS[kind]
    async with stage(speed(kind)) as on:
        plan = await prepare(on)
        (api,) = (call.api for call in plan.calls if makes(call.api) is Makes.IMAGE)
        life = Life(on, tmp_path, connection=Failing(on, "answer", {api: 1}, lists_lag=40))
        await begin(life, plan)

        operation = await life.ended()

        assert operation.state is State.DONE, operation
        await check(on, plan)
        await life.service.close()


async def test_it_survives_dying_again_and_again(tmp_path: Path) -> None:
    prepare, check = KINDS["create"]
    async with stage(20) as on:
        plan = await prepare(on)
        points = await whole_life(on, tmp_path / "whole", plan)
        plan = await prepare(on)
        life = Life(on, tmp_path, kill_at=points[0])
        await begin(life, plan)
        deaths = 0
        for point in [*points[1:], None]:
            if not await died_or_ended(life):
                break
            deaths += 1
            await life.kill()
            life = Life(on, tmp_path, kill_at=point)
            with suppress(Killed):
                await life.service.adopt()

        assert (await life.ended()).state is State.DONE
        assert deaths > 10
        await check(on, plan)
        await life.service.close()


async def died_or_ended(life: Life) -> bool:
    """Wait for either; whether it died."""
    died, ended = asyncio.create_task(life.died.wait()), asyncio.create_task(life.ended())
    await asyncio.wait({died, ended}, return_when=asyncio.FIRST_COMPLETED)
    died.cancel()
    ended.cancel()
    return life.died.is_set()
