"""What the pane of launched instances looks like, kept as SVG like the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from amitui.domain.launch.console import ConsoleOutput
from amitui.domain.operations.operation import EventKind
from amitui.ui.screens.console import ConsoleScreen
from tests.support.app import stable_environment
from tests.support.launch_journals import NOW
from tests.support.launched_pane import Shown, launch, seen, web
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = [(80, 24), (160, 40)]
sized = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")

CONSOLE = (
    *(f"[{n / 10:12.6f}] kernel: line {n}" for n in range(40)),
    "[  OK  ] Started OpenSSH server daemon.",
    "ip-10-0-0-7 login:",
)
ADDRESSES = [{"public_ip": f"203.0.113.{n + 10}", "private_ip": f"10.0.0.{n + 10}"} for n in range(16)]


class SnapCompare(Protocol):
    def __call__(self, app: WidgetApp, *, terminal_size: tuple[int, int], run_before: object = None) -> bool: ...


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def mixed(*keys: str) -> object:
    """A launch in all states, one that is under way and one that was refused; then keys are pressed."""

    async def run(pilot: Pilot[Any]) -> None:
        refused = (
            EventKind.FAILED,
            {"what": "EC2 did not launch it", "why": "there is no t3.micro left in us-east-1a"},
        )
        shown = await Shown(pilot, launch(3, []), web(2, 16), launch(1, [], refused)).open()
        checks = ["ok", "impaired", "initializing", ""]
        observations = [
            seen(2000 + n, "running", checks=checks[n] if n < 4 else "ok", **ADDRESSES[n]) for n in range(11)
        ]
        observations += [seen(2011 + n, state) for n, state in enumerate(("pending", "stopped", "stopping"))]
        observations.append(seen(2014, "terminated", reason="Client.VolumeLimitExceeded: Volume limit exceeded"))
        await shown.see(*observations)
        await shown.press(*keys)

    return run


def console() -> object:
    async def read() -> ConsoleOutput:
        return ConsoleOutput("i-1", int(NOW), CONSOLE, live=True)

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(ConsoleScreen("i-00000000000007d1 web", read, lambda text: text))
        await pilot.pause()
        await pilot.pause()

    return run


@sized
def test_launched(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    keys = ("down", "space", "space", "up")
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=mixed(*keys))


def test_only_what_is_impaired(snap_compare: SnapCompare) -> None:
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=mixed("b", "b", "b"))


@pytest.mark.parametrize("theme", ["amitui-light", "amitui-mono"])
def test_themes(snap_compare: SnapCompare, theme: str) -> None:
    assert snap_compare(WidgetApp(theme=theme), terminal_size=(80, 24), run_before=mixed("down", "space"))


def test_a_console(snap_compare: SnapCompare) -> None:
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=console())
