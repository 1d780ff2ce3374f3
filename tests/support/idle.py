"""Waiting until an application under test has nothing to do, by looking instead of by sleeping.

Textual's pilot posts a callback to every widget of the screen, and then sleeps until the process has used little
processor time for a while. That takes several milliseconds a key, most of them spent on the callbacks, and on a
busy machine it proves nothing. Here the pilot looks at the event loop and at the message queues themselves.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from textual import app as textual_app
from textual import pilot as textual_pilot
from textual._context import active_app
from textual.app import ScreenStackError
from textual.pilot import Pilot, WaitForScreenTimeout

from amitui.ui.input_kinds import is_idle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen

DUE_S: Final = 0.002
"""Timers that fire within this time are waited for."""

PAUSE_S: Final = 0.001
"""Between two looks at what other threads do."""

LONGEST_S: Final = 1.0
"""A test may hold a thread, or let a timer fire again and again, on purpose."""


_submitted: Final[set[Future[Any]]] = set()
"""What threads of any pool have been given and have not done."""


async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = LONGEST_S) -> None:
    """Wait until the event loop has nothing to run, no timer is about to fire and no thread works for it.

    Args:
        min_sleep: seconds to wait at least.
        max_sleep: seconds to wait at most.
    """
    loop: Any = asyncio.get_running_loop()
    until = monotonic() + max_sleep
    if min_sleep:
        await asyncio.sleep(min_sleep)
    while monotonic() < until:
        await asyncio.sleep(0)
        if loop._ready or _paint(active_app.get(None)):
            continue
        wait = _next_timer(loop)
        if wait is not None:
            await asyncio.sleep(wait)
        elif _threads_work():
            await asyncio.sleep(PAUSE_S)
        else:
            return


async def wait_for_screen(pilot: Pilot[Any], timeout: float = 120.0) -> bool:  # noqa: ASYNC109 - as Textual calls it
    """Wait until the application and all widgets of its screen wait for a message.

    Returns:
        whether they do; not when the application has failed.
    """
    app = pilot.app
    until = monotonic() + timeout
    failed: asyncio.Event = app._exception_event
    while not failed.is_set():
        try:
            busy = any(not is_idle(pump) for pump in _pumps(app))
        except ScreenStackError:
            return False
        if not busy:
            return True
        if monotonic() > until:
            raise WaitForScreenTimeout("Timed out while waiting for widgets to process pending messages.")
        await wait_for_idle()
    return False


def install() -> None:
    """Make Textual's pilot wait in this way."""
    submit = ThreadPoolExecutor.submit

    def noted(*args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = submit(*args, **named)
        _submitted.add(future)
        future.add_done_callback(_submitted.discard)
        return future

    ThreadPoolExecutor.submit = noted  # type: ignore[method-assign]
    textual_app.wait_for_idle = wait_for_idle  # type: ignore[attr-defined]
    textual_pilot.wait_for_idle = wait_for_idle  # type: ignore[attr-defined]
    Pilot._wait_for_screen = wait_for_screen  # type: ignore[method-assign, assignment]


def _pumps(app: App[Any]) -> Iterator[MessagePump]:
    yield app
    yield from app.screen.walk_children(with_self=True)


def _paint(app: App[Any] | None) -> bool:
    """Lay out and paint now what Textual would at its next frame; whether there was anything."""
    try:
        screen = app.screen if app is not None else None
    except ScreenStackError:
        return False
    if screen is None or not _has_frame(screen):
        return False
    screen._on_timer_update()
    return True


def _has_frame(screen: Screen[Any]) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _next_timer(loop: Any) -> float | None:
    """Seconds until the next timer fires; `None` = none is about to."""
    now = loop.time()
    due = [timer.when() for timer in loop._scheduled if not timer.cancelled() and timer.when() <= now + DUE_S]
    return max(0.0, min(due) - now) if due else None


def _threads_work() -> bool:
    return any(not future.done() for future in tuple(_submitted))
