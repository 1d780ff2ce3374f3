"""Presses of the key that goes on: one that is held down goes no further than the review that it opens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from amitui.ui.timers import call_later_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer
    from textual.widget import Widget

HELD_SECONDS: Final = 0.75
"""A key that is held down repeats itself sooner: at first after up to 660 ms (X11), then every 30 to 40 ms."""

TOO_SOON: Final = "Ctrl+S came twice at once: read this page, then press it again."


class Presses:
    """When the key was pressed last."""

    held_seconds = HELD_SECONDS
    """Of all forms; tests, which type faster than people, set it to 0."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._timer: Timer | None = None

    def is_repeated(self) -> bool:
        """Note a press; whether it follows the one before so soon that nobody has read anything in between."""
        now, last = self._clock(), self._last
        self._last = now
        return last is not None and now - last < self.held_seconds

    def call_when_over(self, widget: Widget, do: Callable[[], None]) -> None:
        """Call back once a press would count again, if there is none until then."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = call_later_once(widget, self.held_seconds, do)
