"""Attacks on operations: whatever is answered to a call that changes something, it has one effect."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.operations.operation import State
from bench.soak.attack import Attack, Attempt
from tests.integration.test_operations_altered_answers import ALTERED, action
from tests.support.operation_cases import OPERATION_CASES
from tests.support.simulated_ec2 import AlteredAnswer, OperationsProcess, refusal, simulated_ec2

_CODES: Final = (
    "InternalError",
    "Unavailable",
    "ServiceUnavailable",
    "RequestLimitExceeded",
    "NeverHeardOf",
    "Busy",
)
_MOST_IN_A_ROW: Final = 3


def _bend(choose: random.Random) -> AlteredAnswer:
    status, body = choose.choice(
        (
            *ALTERED.values(),
            (choose.choice((500, 502, 503, 504, 520, 599)), refusal(choose.choice(_CODES))),
            (choose.choice((200, 500)), "".join(map(chr, choose.choices(range(32, 0x2000), k=200)))),
        )
    )
    if choose.random() < 0.3:
        body = body[: choose.randrange(len(body) + 1)]
    return AlteredAnswer(status, body, happened=choose.random() < 0.5)


@contextmanager
def _faults(folder: Path) -> Iterator[Attempt]:
    async def operate(choose: random.Random) -> list[str]:
        kind = choose.choice(sorted(OPERATION_CASES))
        prepare, check = OPERATION_CASES[kind]
        place = folder / f"life-{choose.randrange(10**9)}"
        place.mkdir()
        async with simulated_ec2(20) as on:
            plan = await prepare(on)
            bends = []
            for call in plan.calls:
                these = [_bend(choose) for _ in range(choose.randint(0, _MOST_IN_A_ROW))]
                on.altered.setdefault(action(call.api), []).extend(these)
                bends += [(call.api, one.status, one.body[:40], one.happened) for one in these]
            process = OperationsProcess(on, place)
            (begun,) = await process.service.submit([plan], account=MAIN_ACCOUNT, profile="")
            operation = await process.ended(begun.id)
            found = []
            if operation.state is not State.DONE:
                found.append(
                    f"{kind}, answered {bends}: it is {operation.state.name}: {operation.what} {operation.why}"
                )
            try:
                await check(on, plan)
            except AssertionError as error:
                found.append(f"{kind}, answered {bends}: not one effect: {error}")
            await process.service.close()
            return found

    def attempt(choose: random.Random) -> Iterator[str]:
        yield from asyncio.run(operate(choose))

    with patch.dict("os.environ", {"AWS_EC2_METADATA_DISABLED": "true"}):
        yield attempt


FAULTS: Final = Attack(
    "faults",
    "operations of every kind whose calls are answered by errors, pages, garbage or part of an answer",
    "tests/integration/test_operations_altered_answers.py",
    _faults,
)
