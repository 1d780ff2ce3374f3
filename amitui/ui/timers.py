"""Calling back once, later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.timer import Timer, TimerCallback


def call_later_once(pump: MessagePump, seconds: float, callback: TimerCallback) -> Timer:
    """Call back once after some time, late rather than never; `stop` of the result cancels it.

    Textual's `set_timer` skips what is late already when it begins to wait: the only call of a microsecond's wait,
    or of a process that the machine or Ctrl+Z stopped at that moment, never comes.

    Args:
        pump: whose timer it is: it ends with it.
        seconds: to wait; 0 or less = in the next turn of the event loop.
    """
    timer = pump.set_timer(max(seconds, 0.0), callback)
    timer._skip = False  # before its task has begun; `set_timer` does not pass it on
    return timer
