"""A simulated EC2 on a socket of this process, its clock, and services that can be killed at any point."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from amitui.demo.server.dispatch import Answer, Dispatcher, Request
from amitui.demo.server.http import DemoHttpServer
from amitui.demo.server.main import listen
from amitui.domain.operations.may_change import READ_ONLY
from amitui.domain.operations.operation import Operation
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.query import Ec2Client
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import AwsError, NetworkError
from amitui.operations.engine import OperationEngine
from amitui.operations.row_refresher import Rows
from tests.support.demo_account import HOME, Account

PATIENCE = 180.0
"""Seconds; what is waited for takes a fraction of one."""

Point: TypeAlias = tuple[str, int, str]
"""A checkpoint: its name, the operation's step, and the state that was last seen."""


class Killed(BaseException):
    """What ends a service at once: nothing catches it."""


class AlteredAnswer(NamedTuple):
    """What is answered to a request instead of what the cloud says."""

    status: int
    body: str
    happened: bool
    """Whether the cloud carries the request out all the same."""

    @property
    def answer(self) -> Answer:
        return Answer(self.status, self.body.encode())


def refusal(code: str, message: str = "no") -> str:
    """An error as EC2 writes it."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<Response><Errors>{error}</Errors><RequestID>r-1</RequestID></Response>"


class SimulatedEc2:
    """The cloud, who works in it, and what it accepted.

    Args:
        speed: by what the time is divided that EC2's work takes.
    """

    def __init__(self, speed: float = 1) -> None:
        self.me = Account()
        self.me.cloud.world.clock.speed = speed
        self.accepted: list[tuple[str, dict[str, str]]] = []
        """Every request that changed something: its action and its parameters as they were on the wire."""
        self.refreshed: list[tuple[str, str]] = []
        """(region, image id) pairs whose rows were to be refreshed."""
        self.altered: dict[str, list[AlteredAnswer]] = {}
        """What the next requests are answered with instead, by their action."""
        self.sent: list[tuple[str, dict[str, str]]] = []
        """Every request that was to change something, whatever was answered."""
        self.stands_still = False
        """Whether no time passes, however long somebody waits."""
        dispatcher = Dispatcher(self.me.cloud)
        self._answer = dispatcher.answer
        self._serial = count(1)
        server = DemoHttpServer(listen(0), dispatcher)
        setattr(dispatcher, "answer", self._noted)  # noqa: B010 - a method of the instance alone
        self.server = server.start()
        self.connection: Ec2Connection

    def _noted(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode()))
        action = form.get("Action", "")
        changes = not action.startswith(("Describe", "Get", "List"))
        if changes:
            self.sent.append((action, form))
        bend = self.altered[action].pop(0) if self.altered.get(action) else None
        if bend is not None and not bend.happened:
            return bend.answer
        answer = self._answer(request)
        if answer.status == 200 and changes:
            self.accepted.append((action, form))
        return answer if bend is None else bend.answer

    def now(self) -> float:
        return self.me.now

    async def sleep(self, seconds: float) -> None:
        """Time passes, and everybody else has a turn."""
        if not self.stands_still:
            self.me.wait(seconds)
        await asyncio.sleep(0)

    async def refresh_rows(self, rows: Rows, image_ids: Sequence[str]) -> None:
        self.refreshed += [(rows.region, image_id) for image_id in image_ids]

    def times(self, action: str, **parameters: str) -> int:
        """How often a request with these parameters was accepted."""
        return sum(
            one == action and all(form.get(name) == value for name, value in parameters.items())
            for one, form in self.accepted
        )

    def name(self, word: str) -> str:
        """A name that no image has."""
        return f"{word}-{next(self._serial)}"

    def image(self, account: Account | None = None) -> str:
        """A new image of an account's own, available, with a snapshot that no other image has."""
        whose = account or self.me
        own = whose.ask("DescribeImages", Owners=["self"])["Images"]
        source = next(image["ImageId"] for image in own if _is_plain(image))
        region = whose.caller.region
        name = self.name("subject")
        copy: str = whose.ask("CopyImage", SourceImageId=source, SourceRegion=region, Name=name)["ImageId"]
        self.me.wait(2000)
        return copy

    def facts(self, image_id: str) -> ImageFacts:
        image = self.me.image(image_id)
        return ImageFacts(
            HOME,
            image_id,
            name=image["Name"],
            owner_id=image["OwnerId"],
            state=image["State"],
            protection=image.get("DeregistrationProtection", ""),
        )

    async def instance(self) -> dict[str, Any]:
        """The instance web-1, running."""
        filters = [{"Name": "tag:Name", "Values": ["web-1"]}]
        while True:
            found = await self.connection.call(HOME, "describe_instances", "look", Filters=filters)
            instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
            if instance["State"]["Name"] == "running":
                self.me.wait(20)
                return instance
            self.me.wait(60)


def _is_plain(image: dict[str, Any]) -> bool:
    volumes = [mapping["Ebs"] for mapping in image["BlockDeviceMappings"] if "Ebs" in mapping]
    fits = image["State"] == "available" and image["VirtualizationType"] == "hvm" and not image.get("ProductCodes")
    return fits and len(volumes) == 1 and not volumes[0].get("Encrypted")


@asynccontextmanager
async def simulated_ec2(speed: float = 1) -> AsyncIterator[SimulatedEc2]:
    """A new cloud, and a connection to it."""
    made = SimulatedEc2(speed)
    try:
        target = AwsTarget(endpoint_url=made.server.url, demo=True)
        async with Ec2Connection(target) as connection:
            made.connection = connection
            yield made
    finally:
        made.server.stop()


class Failing:
    """A connection that fails the first calls of some kinds.

    Args:
        ec2: whose connection is used.
        lost: `request`: they never arrive; `answer`: they are carried out, and nobody hears of it.
        left: how many calls of each method are to fail.
        lists_lag: for how many seconds from the first failure on nothing new is listed.
        error: the failure.
    """

    def __init__(
        self,
        ec2: SimulatedEc2,
        lost: str,
        left: dict[str, int],
        *,
        lists_lag: float = 0,
        error: AwsError | None = None,
    ) -> None:
        self.left = left
        self._error = error or NetworkError("the connection broke off", code="ConnectionClosedError")
        self._ec2 = ec2
        self._lost = lost
        self._lists_lag = lists_lag
        self._failed_at: float | None = None

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        return await self.service_call("ec2", region, operation, action, once=once, **parameters)

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        fails = self.left.get(operation, 0) > 0
        answer: dict[str, Any] = {}
        if not fails or self._lost == "answer":
            answer = await self._ec2.connection.service_call(
                service, region, operation, action, once=once, **parameters
            )
        if fails:
            self.left[operation] -= 1
            self._failed_at = self._failed_at or self._ec2.now()
            raise self._error
        if (
            operation == "describe_images"
            and self._failed_at
            and self._ec2.now() < self._failed_at + self._lists_lag
        ):
            answer = {"Images": []}
        return answer


class OperationsProcess:
    """The operations service of one process; runs until it is closed, or killed at one of its checkpoints.

    Args:
        ec2: what it works on.
        folder: of its journal, unless `journal` says where that is.
        kill_at: the checkpoint at which it dies, and with it all that it does.
        connection: used instead of the one of `ec2`.
    """

    def __init__(
        self,
        ec2: SimulatedEc2,
        folder: Path,
        *,
        kill_at: Point | None = None,
        connection: Ec2Client | None = None,
        read_only: bool = False,
        journal: str = "",
        **options: Any,
    ) -> None:
        self.points: list[Point] = []
        """The checkpoints that were reached, each once."""
        self.died = asyncio.Event()
        self._kill_at = kill_at
        if read_only:
            options["forbidden"] = lambda _profile, _account: READ_ONLY
        self._asks = connection or ec2.connection
        self.service = OperationEngine(
            journal or str(folder / "journal" / "journal.sqlite"),
            self._connect,
            now=ec2.now,
            refresh_rows=ec2.refresh_rows,
            sleep=ec2.sleep,
            checkpoint=self._reached,
            **options,
        )

    async def _connect(self, _profile: str) -> Ec2Client:
        return self._asks

    def _reached(self, name: str, operation: Operation) -> None:
        point = (name, operation.step, operation.seen)
        if self.died.is_set():
            raise Killed
        if point not in self.points:
            self.points.append(point)
        if point == self._kill_at:
            self.died.set()
            raise Killed

    async def kill(self) -> None:
        """What the system does when a process is killed: everything stops, files are closed, locks are free."""
        self.died.set()
        service = self.service
        tasks = [task for _, task in service._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await service.poller.close()
        await service.row_refresher.close()
        journal = service._ledger._journal
        if journal is not None:
            journal.close()
        service._ledger._thread.shutdown()

    async def until(self, fits: Callable[[Operation], bool], *, operation_id: str = "") -> Operation:
        """The operation, once it is as wanted."""
        reached = asyncio.Event()
        stop = self.service.subscribe(lambda _: reached.set())
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    for operation in self.service.operations():
                        if operation_id in ("", operation.id) and fits(operation):
                            return operation
                    reached.clear()
                    await reached.wait()
        finally:
            stop()

    async def ended(self, operation_id: str = "") -> Operation:
        """The operation once it has ended, or waits for its user."""
        return await self.until(
            lambda operation: operation.state.ended or operation.state == "held", operation_id=operation_id
        )
