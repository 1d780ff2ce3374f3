"""What many pending operations cost: how late a key is and how long the pane takes to open, with 10 and with 500.

`python -m bench.operations` runs the application on operations whose images are forever pending: each look of the
poller sees new progress of all of them, as in the worst minute of a large batch of copies. EC2 is a function of
this process, so what is measured is amitui's own work.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from textual import events

from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from amitui.paths import locate
from amitui.services.composition import Services
from amitui.services.operations import OperationsService
from amitui.services.remembered import ScreenState
from amitui.settings import Settings
from amitui.ui.app import AmituiApp
from amitui.ui.screens.operations import OperationsScreen
from bench.figures import Figure, markdown_table

FEW: Final = 10
MANY: Final = 500
MOST_TIMES: Final = 2.0
"""Goal: with many, at most so many times what it takes with few."""
ROUNDS: Final = 3
KEYS: Final = 30
"""A round."""
REGION: Final = "eu-west-1"
_PROMPT_S: Final = 120.0


class PendingCloud:
    """An EC2 in which copies are made and never get ready; each look sees them a little further."""

    def __init__(self) -> None:
        self._made = 0
        self._looks = 0

    async def call(
        self,
        region: str,  # noqa: ARG002
        operation: str,
        action: str,  # noqa: ARG002
        *,
        once: bool = False,  # noqa: ARG002
        **parameters: Any,
    ) -> dict[str, Any]:
        """Answer as EC2 does, after a moment on the wire."""
        await asyncio.sleep(0.005)
        if operation == "copy_image":
            self._made += 1
            return {"ImageId": f"ami-{self._made:017x}"}
        if operation == "describe_images":
            self._looks += 1
            wanted = next(one["Values"] for one in parameters["Filters"] if one["Name"] == "image-id")
            return {"Images": [self._image(image_id) for image_id in wanted]}
        if operation == "describe_snapshots":
            wanted = next(
                (one["Values"] for one in parameters.get("Filters", ())), parameters.get("SnapshotIds", ())
            )
            progress = f"{self._looks % 100}%"
            snapshots = [
                {"SnapshotId": one, "State": "pending", "Progress": progress, "VolumeSize": 8} for one in wanted
            ]
            return {"Snapshots": snapshots}
        return {}

    def _image(self, image_id: str) -> dict[str, Any]:
        snapshot = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": image_id.replace("ami-", "snap-")}}
        return {"ImageId": image_id, "State": "pending", "Name": image_id, "BlockDeviceMappings": [snapshot]}


class PendingOperations(OperationsService):
    """Operations in that cloud."""

    cloud: PendingCloud

    async def open(self) -> None:
        """As when it is not offline, which here only keeps the catalogue from being fetched."""
        await self.engine.adopt()

    async def _connect(self, _profile: str) -> Any:
        return self.cloud

    async def _account_of(self, _profile: str) -> str:
        return "123456789012"

    async def _refresh_rows(self, *_: object) -> None:
        """There are no rows."""


class PendingApp(AmituiApp):
    """The application on that cloud."""

    def __init__(self, folder: Path) -> None:
        where = locate(
            {"HOME": str(folder), "XDG_STATE_HOME": str(folder)}, cache_dir=str(folder), config_file=None
        )
        settings = Settings(where, regions=(REGION,), offline=True)
        services = Services(settings)
        state = ScreenState(regions=(REGION,))
        super().__init__(services, state, state.view(accounts=(), now=services.now()))
        self.operations = PendingOperations(
            services,
            changed=self.operation_notices.changed,
            refreshed=self.operation_notices.rows_refreshed,
            failed=self.log_error,
        )
        self.operations.cloud = PendingCloud()


@asynccontextmanager
async def pending(count: int) -> AsyncIterator[PendingApp]:
    """The application with so many operations that are waited for."""
    with tempfile.TemporaryDirectory() as folder:
        app = PendingApp(Path(folder))
        async with app.run_test(size=(120, 40)):
            engine = app.operations.engine
            destinations = tuple(Destination(REGION, f"copy-{number}") for number in range(count))
            plans = copy_plans(CopyRequest("us-east-1", "ami-0123456789abcdef0", "source", "", destinations))
            for plan in plans:  # one by one: many that are submitted together are one row
                await engine.submit([plan], account="123456789012", profile="")
            await until(lambda: sum(bool(one.seen) for one in engine.operations()) == count)
            yield app


async def until(reached: Any) -> None:
    """Wait for it."""
    async with asyncio.timeout(_PROMPT_S):
        while not reached():  # noqa: ASYNC110 - what is waited for is on the screen
            await asyncio.sleep(0.002)


async def opening(app: PendingApp) -> float:
    """Milliseconds from the key to the pane with its rows."""
    began = time.perf_counter()
    app.post_message(events.Key("o", "o"))
    await until(lambda: isinstance(app.screen, OperationsScreen) and app.screen.list.current is not None)
    return 1000 * (time.perf_counter() - began)


async def closed(app: PendingApp) -> None:
    """Leave the pane."""
    app.post_message(events.Key("escape", None))
    await until(lambda: not isinstance(app.screen, OperationsScreen))


async def key(app: PendingApp, number: int) -> float:
    """Milliseconds from a key to the cursor's new place, in the pane."""
    screen = app.screen
    assert isinstance(screen, OperationsScreen)
    before = screen.list.current
    began = time.perf_counter()
    app.post_message(events.Key("up" if number % 2 else "down", None))
    await until(lambda: screen.list.current is not before and _id(screen.list.current) != _id(before))
    return 1000 * (time.perf_counter() - began)


def _id(operation: Any) -> str:
    return "" if operation is None else str(operation.id)


async def measured(count: int, chance: random.Random) -> tuple[list[float], list[float]]:
    """Milliseconds of openings and of keys with so many operations."""
    openings, keys = [], []
    async with pending(count) as app:
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            openings.append(await opening(app))
            for number in range(KEYS):
                await asyncio.sleep(chance.uniform(0.02, 0.15))
                keys.append(await key(app, number))
            await closed(app)
    return openings, keys


async def bench(few: int, many: int) -> list[Figure]:
    """Both, in one run."""
    chance = random.Random(7)
    against = f"with {few}"
    figures = [
        Figure(f"pane of {many} operations opens", "ms", against, most_times=MOST_TIMES),
        Figure(f"key among {many} operations", "ms", against, most_times=MOST_TIMES),
    ]
    for theirs, ours in zip(await measured(few, chance), await measured(many, chance), strict=True):
        figure = figures[0] if len(theirs) == ROUNDS else figures[1]
        figure.theirs, figure.ours = theirs, ours
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--many", type=int, default=MANY)
    options = parser.parse_args()
    figures = asyncio.run(bench(options.few, options.many))
    print(markdown_table(figures))


if __name__ == "__main__":
    main()
