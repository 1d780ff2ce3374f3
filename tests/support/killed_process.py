"""A process that drives operations and dies by SIGKILL where it is told to, as `orders_of` reads them from stdin.

Run as `python -m tests.support.killed_process`: it submits plans, or adopts what others left behind, and ends by
itself only when no operation is under way any more.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan, decode, encode
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.operations.engine import OperationEngine
from amitui.operations.row_refresher import Rows


class Orders(NamedTuple):
    """What a process is to do."""

    journal: str
    url: str
    plans: tuple[Plan, ...] = ()
    """What is submitted; without any, what others left is taken up."""
    places: Mapping[str, tuple[str, int]] = {}
    """By the plan's title: after which checkpoint, and the how manieth of that name, nothing more happens to it.
    The process dies when all have got there."""
    die_at: int = 0
    """After how many checkpoints of all operations it dies at once, whatever is under way; 0 = it does not."""

    def written(self) -> str:
        return json.dumps({**self._asdict(), "plans": [encode(plan) for plan in self.plans]})


def orders_of(text: str) -> Orders:
    """The orders that `Orders.written` gave."""
    found = json.loads(text)
    places = {title: (str(point), int(nth)) for title, (point, nth) in found["places"].items()}
    plans = tuple(decode(plan) for plan in found["plans"])
    return Orders(found["journal"], found["url"], plans, places, int(found["die_at"]))


class Parked(BaseException):
    """Ends an operation's task where it stands: nothing catches it, and nothing is written on its way out."""


class KillSchedule:
    """Where each operation stops, and when the process dies."""

    def __init__(self, orders: Orders) -> None:
        self._places = orders.places
        self._die_at = orders.die_at
        self._reached = 0
        self._times: Counter[tuple[str, str]] = Counter()
        self._parked: set[str] = set()
        self._ended: set[str] = set()

    def reached(self, point: str, operation: Operation) -> None:
        """The service's checkpoint."""
        title = operation.plan.title
        self._reached += 1
        if self._reached == self._die_at:
            die({"reached": self._reached})
        self._times[title, point] += 1
        if operation.state.ended or operation.state is State.ON_HOLD:
            self._ended.add(title)
        here = self._places.get(title) == (point, self._times[title, point])
        if here:
            self._parked.add(title)
        if self._places and self._parked | self._ended >= self._places.keys():
            die({"parked": sorted(self._parked)})
        if here:
            raise Parked


def die(last_words: Mapping[str, Any]) -> None:
    """SIGKILL, which nobody can prepare for."""
    os.write(1, json.dumps(last_words).encode())
    os.kill(os.getpid(), signal.SIGKILL)


async def live(orders: Orders) -> None:
    """Do as ordered until no operations in progress."""
    asyncio.get_running_loop().set_exception_handler(log_unless_parked)
    async with Ec2Connection(AwsTarget(endpoint_url=orders.url, demo=True)) as connection:

        async def connect(_profile: str) -> Ec2Connection:
            return connection

        async def account_of(_profile: str) -> str:
            return (await connection.caller_identity()).account_id

        service = OperationEngine(
            orders.journal,
            connect,
            now=time.time,
            refresh_rows=no_rows,
            account_of=account_of,
            checkpoint=KillSchedule(orders).reached,
        )
        changed = asyncio.Event()
        service.subscribe(lambda _operation: changed.set())
        if orders.plans:
            await service.submit(orders.plans, account=MAIN_ACCOUNT, profile="")
        else:
            await service.adopt()
        while not all(one.state.ended or one.state is State.ON_HOLD for one in service.operations()):
            changed.clear()
            await changed.wait()
        await service.close()


def log_unless_parked(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Complain as usual, but not of what was stopped on purpose."""
    if not isinstance(context.get("exception"), Parked):
        loop.default_exception_handler(context)


async def no_rows(_where: Rows, _image_ids: Sequence[str]) -> None:
    """There are no rows here."""


if __name__ == "__main__":
    asyncio.run(live(orders_of(sys.stdin.read())))
