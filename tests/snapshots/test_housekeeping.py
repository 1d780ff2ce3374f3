"""What the screen "Clean up images" looks like, kept as SVG like the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from amitui.domain.retention.rule import BUILT_IN
from amitui.ui.screens.housekeeping import HousekeepingScreen, Reads
from amitui.ui.screens.housekeeping_state import HousekeepingState
from tests.support.app import stable_environment
from tests.support.widget_app import WidgetApp
from tests.ui.test_housekeeping import DB, GENTLY, NOW, REGION, WEB, Application, survey

if TYPE_CHECKING:
    from textual.pilot import Pilot

sized = pytest.mark.parametrize("size", [(60, 20), (80, 24), (150, 40)], ids=lambda size: f"{size[0]}x{size[1]}")


class SnapCompare(Protocol):
    def __call__(self, app: WidgetApp, *, terminal_size: tuple[int, int], run_before: object = None) -> bool: ...


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def opened(*keys: str) -> object:
    """Two families, then keys are pressed."""

    async def run(pilot: Pilot[Any]) -> None:
        application = Application(survey([*WEB, *DB]))
        reads = Reads(application.survey, application.shared, lambda: NOW)
        pilot.app.push_screen(HousekeepingScreen(reads, HousekeepingState((BUILT_IN, GENTLY), REGION)))
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        await pilot.press(*keys)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    return run


@sized
def test_families(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened("space"))


@sized
def test_builds(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened("down", "right", "end"))
