"""A worker that is cancelled before it began leaves nothing for Python to complain of."""

from __future__ import annotations

import gc
from inspect import CORO_CLOSED, getcoroutinestate
from typing import Any

import pytest
from textual.widgets import Static

from amitui.ui.app import AmituiApp
from amitui.ui.workers import ClosingWorkers
from tests.support.widget_app import WidgetApp


@pytest.mark.parametrize("on_the_app", [True, False])
async def test_the_coroutine_of_a_worker_cancelled_before_it_began_is_closed(on_the_app: bool) -> None:
    began: list[int] = []

    async def work(which: int) -> None:
        began.append(which)

    widget = Static()
    app = WidgetApp(widget)
    async with app.run_test():
        node: Any = app if on_the_app else widget
        coroutines = [work(which) for which in range(3)]
        workers = [node.run_worker(coroutine, group="one", exclusive=True) for coroutine in coroutines]
        await workers[-1].wait()
    assert began == [2]
    assert [getcoroutinestate(coroutine) for coroutine in coroutines] == [CORO_CLOSED] * 3
    gc.collect()


def test_every_application_closes_them() -> None:
    assert isinstance(WidgetApp()._workers, ClosingWorkers)
    assert "_workers" not in vars(AmituiApp)
