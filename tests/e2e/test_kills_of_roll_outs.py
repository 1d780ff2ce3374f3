"""Processes that roll images out, and back, die by SIGKILL again and again; each thing is moved once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plans.undo import undo_plan
from amitui.operations.journal import Journal
from tests.integration.test_roll_out_kills import Stand, check_moved, prepare, state_of
from tests.support.isolation import isolated_environment
from tests.support.killed_process import Orders
from tests.support.simulated_ec2 import SimulatedEc2, simulated_ec2

pytestmark = pytest.mark.xdist_group("kills")

SPEED: Final = 200
TICK_S: Final = 0.05
PATIENCE: Final = 180
"""Seconds for a process that takes a few."""
ROOT: Final = Path(__file__).parents[2]
DEATHS: Final = (2, 7, 11, 16, 9, 6)
"""After how many checkpoints of all its operations each process dies: before a call is sent, between a call and
its answer, while a refresh is watched."""


def run(orders: Orders, folder: Path) -> int:
    """Let a process live until it kills itself or nothing is under way any more; its exit code."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.support.killed_process"],
        input=orders.written(),
        cwd=ROOT,
        env=dict(isolated_environment(folder)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode


@asynccontextmanager
async def passing(on: SimulatedEc2) -> AsyncIterator[None]:
    """The simulated EC2's time goes on by itself, as the processes see the real one."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK_S)
            on.me.wait(TICK_S)

    ticking = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)


async def killed_again_and_again(orders: Orders, folder: Path) -> list[Operation]:
    """The operations of the journal, after processes that died and one that did not."""
    died = 0
    for number in DEATHS:
        code = await asyncio.to_thread(run, orders._replace(die_at=number), folder)
        died += code == -signal.SIGKILL
        orders = orders._replace(plans=())  # the others take up what was left
    assert died >= len(DEATHS) // 2
    assert await asyncio.to_thread(run, orders, folder) == 0
    journal = Journal.read(orders.journal)
    assert journal is not None
    with journal:
        return journal.operations()


async def test_a_roll_out_and_its_way_back_survive_any_number_of_kills(tmp_path: Path) -> None:
    async with simulated_ec2(SPEED) as on:
        stands: list[Stand] = [await prepare(on) for _ in range(2)]
        url = on.connection.target.endpoint_url or ""
        orders = Orders(
            str(tmp_path / "journal.sqlite"),
            url,
            tuple(stand.plan for stand in stands),
        )
        async with passing(on):
            operations = await killed_again_and_again(orders, tmp_path)
        assert [one.state for one in operations] == [State.DONE] * 2
        for stand in stands:
            await check_moved(on, stand)

        backs = [undo_plan(one) for one in operations]
        back = orders._replace(plans=tuple(plan for plan in backs if plan is not None))
        async with passing(on):
            operations = await killed_again_and_again(back, tmp_path)
        assert [one.state for one in operations] == [State.DONE] * 4
        for stand in stands:
            found = await state_of(on, stand)
            assert found["values"] == [stand.old, stand.new, stand.old]
            assert (found["default"], found["group"], found["running"]) == (1, "1", [stand.old])
            assert found["refreshes"] == ["Successful", "Successful"]
            assert len(found["versions"]) == 2, "no version was made twice"
