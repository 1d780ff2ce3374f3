"""What is called once, later, is called."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

import amitui
from amitui.ui.timers import call_later_once
from tests.support.widget_app import WidgetApp


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-9, 0.4])
async def test_a_call_comes_also_where_its_time_has_passed_before_the_wait_begins(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    called: list[float] = []
    app = WidgetApp()
    async with app.run_test() as pilot:
        clock = itertools.count(0.0, 1.0)  # a second passes between any two looks at the clock
        monkeypatch.setattr("textual.timer._time", SimpleNamespace(get_time=lambda: next(clock)))
        call_later_once(app, seconds, lambda: called.append(seconds))
        await pilot.pause()
        await pilot.pause()
    assert called == [seconds]


async def test_a_call_that_was_stopped_does_not_come() -> None:
    called: list[str] = []
    app = WidgetApp()
    async with app.run_test() as pilot:
        timer = call_later_once(app, 0.0, lambda: called.append("stopped"))
        timer.stop()
        call_later_once(app, 0.0, lambda: called.append("went on"))
        await pilot.pause()
        await pilot.pause()
    assert called == ["went on"]


def test_nothing_calls_later_in_the_way_that_can_lose_a_call() -> None:
    package = Path(amitui.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if ".set_timer(" in path.read_text(encoding="utf-8")
    }
    assert users == {"ui/timers.py"}
