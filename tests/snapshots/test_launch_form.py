"""What the launch form looks like, with its lists, its dialog and its review, kept as SVG like the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ui.forms.launch.form import LaunchForm
from tests.support.app import stable_environment
from tests.support.inventory import ACCOUNT, Host
from tests.support.launch_inventory import FakeLaunchInventory, image
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = [(80, 24), (60, 15), (120, 40)]
sized = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
TO_VOLUMES = ("tab",) * 7


class SnapCompare(Protocol):
    def __call__(self, app: WidgetApp, *, terminal_size: tuple[int, int], run_before: object = None) -> bool: ...


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def opened(*keys: str, **more: Any) -> object:
    """Opens the form and presses keys."""
    about = image(**more)

    async def settle(pilot: Pilot[Any]) -> None:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    async def run(pilot: Pilot[Any]) -> None:
        form = LaunchForm(
            Host(), FakeLaunchInventory(), image=about, facts=ImageFacts.of_image(about), account=ACCOUNT
        )
        await pilot.app.push_screen(form)
        await pilot.pause()
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        await settle(pilot)

    return run


@sized
def test_the_fields(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened())


def test_the_rest_of_the_fields_with_a_new_group(snap_compare: SnapCompare) -> None:
    keys = ("tab", "tab", "tab", "enter", *"new", "enter", *("tab",) * 17)
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(*keys))


@sized
def test_the_types(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened("enter"))


def test_a_volume(snap_compare: SnapCompare) -> None:
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(*TO_VOLUMES, "enter"))


@sized
def test_the_review_of_a_strangers_image(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    run = opened("ctrl+s", OwnerId="999988887777", Public=True)
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=run)


@pytest.mark.parametrize("theme", ["amitui-light", "amitui-mono"])
def test_themes(snap_compare: SnapCompare, theme: str) -> None:
    assert snap_compare(WidgetApp(theme=theme), terminal_size=(80, 24), run_before=opened(*TO_VOLUMES))
