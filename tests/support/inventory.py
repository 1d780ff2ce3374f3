"""An account's resources in memory, a host for forms, and a form opened in a bare app."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.worker import WorkerCancelled

from amitui.domain.launch.limits import LaunchLimits
from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo, KeyInfo, SnapshotInfo
from amitui.domain.operations.may_change import MayChange
from tests.support.widget_app import screen_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot
    from textual.worker_manager import WorkerManager

    from amitui.domain.operations.plan import Plan
    from amitui.errors import AmituiError
    from amitui.ui.forms.form import OperationForm

NOW = 1_795_219_200
"""2026-11-21"""
NOTHING: Any = object()
ACCOUNT = "123456789012"


class Allowed(NamedTuple):
    """EC2's answer to a DryRun."""

    allowed: bool | None = True
    words: str = ""


class Host:
    """What the application gives a form; allows everything."""

    may_change = MayChange()
    production = False
    typed_name = "acme"
    whose = "profile acme"
    production_words = ""
    endpoint_url = ""
    launch_limits = LaunchLimits()
    ssh_client = ""
    asks_no_address = ""

    async def public_address(self) -> str:
        return "198.51.100.7"

    def profile_of(self, plan: Plan) -> str:
        return "acme"

    def now(self) -> int:
        return NOW

    async def check(self, plans: Sequence[Plan]) -> list[Allowed]:
        return [Allowed() for plan in plans for _ in plan.calls]

    def copy(self, text: str) -> str:
        return f"copied {len(text)} characters"


def device(name: str, number: int, *, leaves: bool = True, **more: Any) -> DeviceInfo:
    return DeviceInfo(name, f"vol-{number:017x}", leaves, **more)


def instance(number: int, name: str, state: str = "running", **more: Any) -> InstanceInfo:
    given = {
        "type": "m7i.large",
        "image_id": f"ami-{number:017x}",
        "architecture": "x86_64",
        "boot_mode": "",
        "root_device": "/dev/xvda",
        "root_device_type": "ebs",
        "devices": (device("/dev/xvda", number),),
        "tags": (("Name", name),) if name else (),
        "launched_at": NOW - 86_400,
        **more,
    }
    return InstanceInfo(f"i-{number:017x}", name, state, **given)


def snapshot(number: int, name: str = "", **more: Any) -> SnapshotInfo:
    given = {
        "description": "",
        "volume_id": f"vol-{number:017x}",
        "gib": 8,
        "state": "completed",
        "progress": "100%",
        "encrypted": False,
        "tier": "standard",
        "started_at": NOW - number * 86_400,
        "tags": (),
        **more,
    }
    return SnapshotInfo(f"snap-{number:017x}", name, **given)


def key(region: str, alias: str, **more: Any) -> KeyInfo:
    arn = f"arn:aws:kms:{region}:{ACCOUNT}:key/{alias.rpartition('/')[2]}"
    given = {"description": "", "manager": "CUSTOMER", "obstacle": "", **more}
    return KeyInfo(arn, alias, **given)


class FakeInventory:
    """An `Inventory` whose lists are the same in all regions unless said otherwise."""

    def __init__(self) -> None:
        data = device("/dev/sdf", 21, leaves=False)
        scratch = device("/dev/sdg", 22)
        self.listed_instances = [
            instance(1, "web-1"),
            instance(2, "db[/]", devices=(device("/dev/xvda", 2), data, scratch)),
            instance(3, "old", "stopped"),
            instance(4, "bundle", root_device_type="instance-store", devices=()),
        ]
        self.listed_snapshots = [
            snapshot(1, "ubuntu-arm64-root"),
            snapshot(2, "data", gib=100),
            snapshot(3, description="Created by CreateImage(i-1) for ami-1", gib=None),
            snapshot(4, "cold", tier="archive"),
        ]
        self.listed_keys: dict[str, list[KeyInfo]] = {}
        self.names: dict[str, set[str]] = {}
        """Taken names by region."""
        self.failure: AmituiError | None = None
        """Raised by every read while set."""
        self.requests: list[tuple[str, ...]] = []
        self.answering = asyncio.Event()
        """Sizes are answered once it is set."""
        self.answering.set()

    def _note(self, *requests: str) -> None:
        self.requests.append(requests)
        if self.failure is not None:
            raise self.failure

    async def instances(self, region: str) -> list[InstanceInfo]:
        self._note("instances", region)
        return self.listed_instances

    async def devices(self, region: str, instance: InstanceInfo) -> list[DeviceInfo]:
        self._note("devices", region, instance.instance_id)
        await self.answering.wait()
        return [one._replace(gib=8, volume_type="gp3", encrypted=False) for one in instance.devices]

    async def snapshots(self, region: str) -> list[SnapshotInfo]:
        self._note("snapshots", region)
        return self.listed_snapshots

    async def keys(self, region: str) -> list[KeyInfo]:
        self._note("keys", region)
        return self.listed_keys.get(region, [key(region, "alias/images")])

    async def image_names(self, region: str, prefix: str) -> frozenset[str]:
        self._note("names", region, prefix)
        return frozenset(name for name in self.names.get(region, ()) if name.startswith(prefix))


class OpenForm:
    """A form on the screen, and what it ended with."""

    def __init__(self, pilot: Pilot[None], form: OperationForm) -> None:
        self.pilot = pilot
        self.form = form
        self.result: Any = NOTHING

    @classmethod
    async def on(cls, pilot: Pilot[None], form: OperationForm) -> OpenForm:
        opened = cls(pilot, form)

        def end(result: Any) -> None:
            opened.result = result

        await pilot.app.push_screen(form, end)
        await opened.settle()
        return opened

    async def settle(self) -> None:
        """Let everything that was begun come to its end."""
        workers = self.pilot.app.workers
        await self._wait(workers)
        await self.pilot.pause()
        # What one of them has brought may begin the next.
        while not all(worker.is_finished for worker in workers):
            await self._wait(workers)
            await self.pilot.pause()

    async def _wait(self, workers: WorkerManager) -> None:
        for worker in tuple(workers):
            # A worker that a newer one of its group has replaced has ended as well.
            with contextlib.suppress(WorkerCancelled):
                await worker.wait()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        await self.press(*("space" if letter == " " else letter for letter in text))

    async def go_to(self, field_id: str) -> None:
        """Move to a field that Tab leads to, without pressing it once for each field on the way."""
        if self.here == field_id:
            return
        field = next(one for one in self.form.fields if one.id == field_id)
        assert any(field in stop.ancestors for stop in self.form.focus_chain), f"Tab does not lead to {field_id}"
        field.focus()
        await self.pilot.wait_for_scheduled_animations()
        assert self.here == field_id

    async def pick(self, field_id: str, typed: str) -> None:
        """Choose what the typed words find first."""
        await self.go_to(field_id)
        await self.press("enter")
        await self.type(typed)
        await self.press("enter")

    async def fill(self, field_id: str, text: str) -> None:
        """Type a text in place of what is there."""
        await self.go_to(field_id)
        await self.press("end", "ctrl+u")
        await self.type(text)

    @property
    def here(self) -> str:
        focused = self.form.focused
        nodes = focused.ancestors_with_self if focused is not None else ()
        return next((node.id or "" for node in nodes if node in self.form.fields), "")

    @property
    def shown(self) -> str:
        """What is on the screen."""
        return "\n".join(screen_lines(self.pilot.app))

    @property
    def plans(self) -> tuple[Plan, ...]:
        assert self.result is not NOTHING, self.shown
        assert self.result is not None
        plans: tuple[Plan, ...] = self.result
        return plans

    async def carry_out(self) -> tuple[Plan, ...]:
        """Review it and do it."""
        await self.press("ctrl+s")
        assert self.form.reviewing, self.shown
        await self.press("ctrl+s")
        return self.plans
