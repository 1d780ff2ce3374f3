"""The pane of launched instances in a terminal, with launches and observations that a test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amitui.domain.operations.may_change import MayChange
from amitui.domain.operations.operation import Event, EventKind, Operation, apply, fold
from amitui.ui.screens.launched.actions import Do
from amitui.ui.screens.launched.screen import LaunchedScreen
from tests.support.form_host import FakePaneHost
from tests.support.launch_journals import NOW, REGION, instance_id, launch, launch_plan, seen
from tests.support.widget_app import screen_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.domain.launch.instances import Instance
    from amitui.domain.timeline.observation import Observation, Subject

NOTHING: Any = object()


class Source:
    """Launches and what is seen of their instances."""

    def __init__(self, *journals: list[Event]) -> None:
        self.found = {journal[0].operation_id: fold(journal) for journal in journals}
        self.listeners: list[Callable[[Operation], None]] = []
        self.watched: dict[Subject, Callable[[Observation], None]] = {}
        self.failing = ""

    def operations(self) -> Sequence[Operation]:
        return list(self.found.values())

    def subscribe(self, notify: Callable[[Operation], None]) -> Callable[[], None]:
        self.listeners.append(notify)
        return lambda: self.listeners.remove(notify)

    def watch(self, subject: Subject, notify: Callable[[Observation], None]) -> Callable[[], None]:
        assert subject not in self.watched
        self.watched[subject] = notify
        return lambda: self.watched.pop(subject, None) and None

    def trouble(self, profile: str, region: str) -> str:
        assert region
        assert profile is not None
        return self.failing

    def happens(self, operation_id: str, what: EventKind, data: dict[str, Any]) -> None:
        self.found[operation_id] = apply(self.found[operation_id], Event(operation_id, NOW, what, data))
        for notify in self.listeners:
            notify(self.found[operation_id])

    def sees(self, *observations: Observation) -> None:
        for observation in observations:
            self.watched[observation.subject](observation)


class Host(FakePaneHost):
    """The application, which records the commands."""

    def __init__(self, source: Any, *, read_only: bool = False, closed: str = "") -> None:
        super().__init__(source, read_only=read_only)
        self.closed = closed
        self.done: list[tuple[Do, list[str]]] = []
        self.consoles: list[str] = []
        self.time = NOW

    def clock(self) -> float:
        return self.time

    def may_switch(self, instance: Instance) -> MayChange:
        return MayChange(self.closed) if instance.profile == "prod" else self.may_change

    def do(self, what: Do, instances: Sequence[Instance], say: Callable[[str], None]) -> None:
        self.done.append((what, [one.instance_id for one in instances]))
        say(f"{what} is under way")

    def console(self, instance: Instance) -> None:
        self.consoles.append(instance.instance_id)


class Shown:
    """An open pane and what it gave back."""

    def __init__(
        self, pilot: Any, *journals: list[Event], read_only: bool = False, closed: str = "", **options: Any
    ) -> None:
        self.pilot = pilot
        self.source = Source(*journals)
        self.host = Host(self.source, read_only=read_only, closed=closed)
        self.screen = LaunchedScreen(self.host, self.host.do, self.host.console, **options)
        self.result: Any = NOTHING

    async def open(self, *observations: Observation) -> Shown:
        await self.pilot.app.push_screen(self.screen, self._closed)
        await self.pilot.pause()
        await self.see(*observations)
        return self

    async def see(self, *observations: Observation) -> None:
        self.source.sees(*observations)
        await self.pilot.pause()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in screen_lines(self.pilot.app))

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def _closed(self, result: Any) -> None:
        self.result = result


def web(number: int, count: int, **options: Any) -> list[Event]:
    """A launch of some instances named web."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    plan = launch_plan(TagSpecifications=tags)
    return launch(number, [instance_id(number * 1000 + n) for n in range(count)], plan=plan, **options)


def ready(number: int, address: str = "203.0.113.7") -> Observation:
    return seen(number, "running", checks="ok", public_ip=address, private_ip="10.0.0.7")


__all__ = ["NOW", "REGION", "Do", "Host", "Shown", "Source", "instance_id", "launch", "ready", "seen", "web"]
