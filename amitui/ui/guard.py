"""An application that survives its own defects.

Textual ends a program at the first exception that a worker, a timer, a callback or a message handler lets out.
All of these come through `App._handle_exception`, and there they are logged and shown instead; a message
pump goes on with its next message. Operations run in tasks of their own, which this does not affect.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text
from textual import events
from textual._context import active_message_pump
from textual.app import App
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.worker import WorkerFailed

from amitui.defects import defect_of

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.message import Message
    from textual.message_pump import MessagePump
    from textual.screen import Screen

    from amitui.errors import AmituiError

MOST_DEFECTS: Final = 25
DEFECTS_WITHIN_S: Final = 5.0
"""So many defects in so short a time are one that repeats with each repaint, without end."""


class GuardedApp(App[str]):
    """Keeps the application running when a handler raises an unexpected exception."""

    _survives_defects = False
    """True from the first paint until the application exits; an exception before or after ends the program."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._defects: deque[float] = deque(maxlen=MOST_DEFECTS)

    def log_error(self, error: AmituiError, about: str) -> None:
        """Log an error and show it."""
        raise NotImplementedError

    @property
    def is_leaving(self) -> bool:
        """Whether the application is exiting: its parts may be gone already."""
        return self._exit or not self.is_running

    def guard(self) -> None:
        """From now on exceptions do not end the application."""
        self._survives_defects = True

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next message is handled
            self._handle_exception(error)

    def _register(self, parent: DOMNode, *widgets: Widget, **named: Any) -> list[Widget]:
        for widget in widgets:
            _guard(self, widget)
        return super()._register(parent, *widgets, **named)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        _guard(self, widget)
        super()._start_widget(parent, widget)

    def _handle_exception(self, error: Exception) -> None:
        cause = error.error if isinstance(error, WorkerFailed) and isinstance(error.error, Exception) else error
        if isinstance(cause, NoMatches) and self._survives_defects and (self.is_leaving or _has_gone()):
            return  # the widgets of a screen go before what still queries them
        now = time.monotonic()
        endless = len(self._defects) == MOST_DEFECTS and now - self._defects[0] < DEFECTS_WITHIN_S
        self._defects.append(now)
        if not self._survives_defects or endless or self._exit:
            self._end_with(cause)
            return
        try:
            self.log_error(defect_of(cause), "in the background")
            self._leave_unfinished_screen()
        except Exception as second:  # noqa: BLE001 - it cannot even be shown
            self._end_with(second)

    def _end_with(self, error: Exception) -> None:
        self._survives_defects = False
        self._defect = defect_of(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print the values of variables, and there may be tokens and account ids among them. The
        # first one is shown: those that follow may be its consequences.
        if not self._exit_renderables:
            self._exit_renderables.append(Text("\n".join(self._defect.lines()[:2])))
        self._close_messages_no_wait()

    def _leave_unfinished_screen(self) -> None:
        """Close a dialog that could not be composed: nothing would handle its keys."""
        pump = active_message_pump.get(None)
        if isinstance(pump, Widget) and not pump.is_mounted and pump.screen is not self.screen_stack[0]:
            self.call_later(self._leave, pump.screen)

    def _leave(self, screen: Screen[Any]) -> None:
        if self.screen is screen and len(self.screen_stack) > 1:
            screen.dismiss(None)


def _has_gone() -> bool:
    """Whether what handles a message is off the screen: a key can come behind the one that closes it."""
    pump = active_message_pump.get(None)
    return isinstance(pump, Widget) and (pump._pruning or not pump.is_attached)


def _guard(app: GuardedApp, pump: MessagePump) -> None:
    """Let a pump go on with its next message when handling one fails."""
    if "_dispatch_message" in vars(pump):
        return
    dispatch = pump._dispatch_message

    async def guarded(message: Message) -> None:
        if isinstance(message, events.Compose | events.Mount):
            # The pump itself has to know: without them it does not begin.
            await dispatch(message)
            return
        try:
            await dispatch(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next message is handled
            app._handle_exception(error)

    pump._dispatch_message = guarded  # type: ignore[method-assign]
