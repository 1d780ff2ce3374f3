"""User data is sent, and is nowhere else: not on the disk, not in what is printed, not in words on a failure."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from amitui.cli.ops import OpsRequest, ops
from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import State
from amitui.domain.operations.placeholders import WITHHELD
from amitui.domain.operations.plan import Call, Plan, encode
from amitui.errors import RejectedError, UsageError
from amitui.operations.runner_context import NOT_KEPT
from amitui.paths import locate
from amitui.settings import Settings
from tests.support.demo_account import HOME
from tests.support.simulated_ec2 import PATIENCE, Failing, Killed, OperationsProcess, SimulatedEc2, simulated_ec2

USER_DATA = "#!/bin/sh\nexport TOKEN=correct-horse-battery\necho staple > /etc/secret\n"
SECRETS = (b"correct-horse", b"staple", base64.b64encode(USER_DATA.encode())[:40])


@pytest.fixture
async def on() -> AsyncIterator[SimulatedEc2]:
    async with simulated_ec2() as made:
        yield made


def launch(image: str) -> Plan:
    parameters = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "UserData": WITHHELD}
    call = Call("run_instances", HOME, parameters, "launch the instance")
    return Plan(OperationKind.LAUNCH, "Launch it", HOME, image, (call,), private={"UserData": USER_DATA})


def give_away(text: str | bytes) -> bool:
    found = text.encode() if isinstance(text, str) else text
    return any(secret in found for secret in SECRETS)


def on_disk(folder: Path) -> list[Path]:
    """The files that hold any of it; fails when there is none to look into."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "journal.sqlite" for path in files)
    assert any(b'"$withheld"' in path.read_bytes() for path in files), "the plan is written, without it"
    return [path for path in files if give_away(path.read_bytes())]


async def instances(on: SimulatedEc2, operation_token: str) -> list[dict[str, Any]]:
    wanted = [{"Name": "client-token", "Values": [operation_token]}]
    answer = await on.connection.call(HOME, "describe_instances", "look", Filters=wanted)
    return [one for reservation in answer["Reservations"] for one in reservation["Instances"]]


async def test_user_data_arrives_and_is_nowhere_else(
    on: SimulatedEc2, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(locate({"HOME": str(tmp_path)}, state_dir=str(tmp_path / "state")))
    process = OperationsProcess(on, tmp_path, journal=settings.locations.journal_file)
    said: list[str] = []
    process.service.subscribe(lambda operation: said.append(repr(operation)))
    (asked,) = await process.service.submit([launch(on.image())], account=MAIN_ACCOUNT, profile="")
    operation = await process.ended()

    assert operation.state is State.DONE, operation
    ((instance, ok, _words),) = operation.results
    assert ok
    answer = await on.connection.call(
        HOME, "describe_instance_attribute", "look", InstanceId=instance, Attribute="userData"
    )
    assert base64.b64decode(answer["UserData"]["Value"]).decode() == USER_DATA

    assert on_disk(tmp_path) == []
    events = process.service.events(asked.id)
    assert not give_away(repr([asked, operation, events, said, vars(process.service)]))
    assert not give_away(json.dumps([encode(operation.plan), [dict(event.data) for event in events]]))
    assert dict(process.service.plan_again(asked.id).private) == {}, "it was forgotten once it was answered"
    await process.service.close()
    assert on_disk(tmp_path) == []
    for output in ("jsonl", "json", "table"):
        ops(settings, OpsRequest(output=output, all=True))
    printed = capsys.readouterr()
    assert asked.id in printed.out
    assert not give_away(printed.out + printed.err)


async def test_wherever_it_dies_it_launches_once_or_waits_for_what_is_lost(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    whole = OperationsProcess(on, tmp_path / "whole")
    await whole.service.submit([launch(on.image())], account=MAIN_ACCOUNT, profile="")
    await whole.ended()
    await whole.service.close()
    states = {}
    for number, point in enumerate(whole.points):
        folder = tmp_path / str(number)
        process = OperationsProcess(on, folder, kill_at=point)
        with suppress(Killed):
            await process.service.submit([launch(on.image())], account=MAIN_ACCOUNT, profile="")
        async with asyncio.timeout(PATIENCE):
            await process.died.wait()
        await process.kill()
        assert on_disk(folder) == []

        again = OperationsProcess(on, folder)
        await again.service.adopt()
        operation = await again.ended()
        token = operation.plan.calls[0].parameters["ClientToken"]
        launched = len(await instances(on, token))
        states[point[0]] = (operation.state, launched)
        if operation.state is State.ON_HOLD:
            assert NOT_KEPT in operation.why
            assert "launch again" in operation.remedy
            await again.service.resume(operation.id)
            await again.until(lambda one: one.state is State.ON_HOLD)
            with pytest.raises(UsageError, match="not stored"):
                await again.service.submit([operation.plan], account=MAIN_ACCOUNT, profile="")
            await again.service.drop(operation.id)
            assert await instances(on, token) == []
        await again.service.close()

    assert states == {
        "planned": (State.ON_HOLD, 0),
        "asked": (State.ON_HOLD, 0),
        "accepted": (State.DONE, 1),
        "answered": (State.DONE, 1),
        "done": (State.DONE, 1),
    }


async def test_a_refusal_that_quotes_it_is_told_without_it_and_can_be_asked_for_again(
    on: SimulatedEc2, tmp_path: Path
) -> None:
    quoted = f"the value {' '.join(USER_DATA.split())} is malformed"
    refusal = RejectedError("EC2 refused it", why=quoted, remedy="correct it", code="InvalidUserData")
    process = OperationsProcess(
        on, tmp_path, connection=Failing(on, "request", {"run_instances": 1}, error=refusal)
    )
    await process.service.submit([launch(on.image())], account=MAIN_ACCOUNT, profile="")
    failed = await process.ended()

    assert (failed.state, failed.what, failed.remedy) == (State.FAILED, "EC2 refused it", "correct it")
    assert failed.why
    assert not give_away(repr(failed))
    assert on_disk(tmp_path) == []

    again = await process.service.retry(failed.id)
    assert (await process.ended(again.id)).state is State.DONE
    await process.service.close()
    assert on_disk(tmp_path) == []

    later = OperationsProcess(on, tmp_path)
    await later.service.refresh()
    with pytest.raises(UsageError, match="not stored"):
        await later.service.retry(failed.id)
    await later.service.close()
