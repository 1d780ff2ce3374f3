"""Several amituis at one journal: each sees what the others write, and goes on with what a dead one left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from amitui.domain.operations.operation import State
from amitui.operations.journal import Journal
from tests.integration.test_operations_service import left_behind, register, submit
from tests.support.simulated_ec2 import Killed, OperationsProcess, SimulatedEc2, simulated_ec2


@pytest.fixture
async def on() -> AsyncIterator[SimulatedEc2]:
    async with simulated_ec2(20) as made:
        yield made


async def test_one_that_runs_goes_on_with_what_another_left_when_it_died(on: SimulatedEc2, tmp_path: Path) -> None:
    plan = register(on)
    standing = OperationsProcess(on, tmp_path)
    assert await standing.service.adopt() == 0
    dying = OperationsProcess(on, tmp_path, kill_at=("asked", 0, ""))
    with suppress(Killed):
        await submit(dying, plan)
    await dying.died.wait()
    assert await standing.service.adopt() == 0, "it lives"
    assert [one.state for one in standing.service.operations()] == [State.SENDING]

    await dying.kill()
    assert await standing.service.adopt() == 1
    assert (await standing.ended()).state is State.DONE
    assert on.times("RegisterImage", Name=dict(plan.calls[0].parameters)["Name"]) == 1
    assert await standing.service.adopt() == 0
    await standing.service.close()


async def test_looking_again_reads_the_journal_only_when_another_wrote_to_it(
    on: SimulatedEc2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    for name in ("operations", "operation", "events"):
        monkeypatch.setattr(Journal, name, noted(getattr(Journal, name), reads))
    left = await left_behind(on, tmp_path, register(on), "planned")
    process = OperationsProcess(on, tmp_path, read_only=True)
    await process.service.adopt()
    assert "operations" in reads
    assert (await process.ended(left.id)).state is State.ON_HOLD
    for _ in range(3):
        reads.clear()
        assert await process.service.adopt() == 0
        assert reads == []

    other = OperationsProcess(on, tmp_path)
    (asked,) = await submit(other, register(on))
    await other.ended(asked.id)
    await process.service.refresh()
    assert {one.id for one in process.service.operations()} == {left.id, asked.id}
    assert reads
    await other.service.close()
    await process.service.close()


def noted(method: Callable[..., Any], reads: list[str]) -> Callable[..., Any]:
    """The method, which writes its name down before it does its work."""

    def work(*args: Any, **named: Any) -> Any:
        reads.append(method.__name__)
        return method(*args, **named)

    return work
