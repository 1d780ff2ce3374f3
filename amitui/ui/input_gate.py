"""The order of input: a key, a paste or a click is delivered once everything before it has had its effect.

Textual forwards each key to the widget that has the focus at that moment, and handles it in that widget's own
queue. Keys that arrive in one read (a slow link, a script, a quick hand) are therefore forwarded before the
first of them has moved the focus or opened a screen, and act on the wrong one.

The gate is between the driver and the application. It queues input while the message queues of the
application and of the screen have work, while a layout or what is to follow it is pending, while an action
opens a screen, and while work runs that a key started. The result is the same however quickly the keys come.
Nothing is delayed while the application is idle, and a run of text that is typed into one field waits for that
field alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from contextvars import Context
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

from textual import events
from textual.app import App, ScreenStackError
from textual.message_pump import MessagePump
from textual.worker import Worker, get_current_worker

from amitui.ui.input_kinds import is_edit, is_idle, is_typed
from amitui.ui.workers import ClosingWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.dom import DOMNode
    from textual.message import Message
    from textual.screen import Screen
    from textual.widget import Widget

ReturnT = TypeVar("ReturnT")

OPENING: Final = "action"
"""The group of workers that a key starts and that may open a screen, for which the next keys are meant."""

BACKGROUND: Final = frozenset(
    {
        "background",
        "fetch",
        "later",
        "live",
        "connect",
        "restore",
        "changes",
        "redraw",
        "regions",
        "timeline",
        "load_details",
        "asking",
        "auditing",
        "survey",
        "elsewhere",
        "shared",
        "clipboard",
        "confirm",
        "counts",
        "trim",
        "price",
    }
)
"""Groups of workers for which input does not wait: they change neither the focus nor the screen."""

WORK_S = 2.0
"""Longest that input waits for other workers (a search, the choices of a form), from their beginning on."""

OPENING_S = 5.0
"""Longest that input waits for a screen to open, or for a message to be handled.

What was typed meanwhile is dropped then, because it was not meant for the screen that is there.
"""

LEAVE_KEYS_WAIT_S = 1.0
"""Longest that the keys that quit amitui wait; then they are delivered before all others."""

EAGER_TURNS: Final = 50
"""Turns of the event loop in which the gate polls without a pause."""

PAUSE_S: Final = 0.002
"""Between two polls after that."""

_Input = events.InputEvent | events.Paste | events.AppFocus | events.AppBlur | events.Resize


class Pending(Enum):
    """What input waits for."""

    NOTHING = 0
    WORK = 1
    """Workers that bring what a key may act upon."""
    CHANGE = 2
    """Messages, a layout, a focus or a screen that changes."""


class InputGate:
    """Holds input until what came before it has had its effect.

    Args:
        app: whose input it is.
        deliver: hands an event to the application.
        dropped: called with the number of events that were dropped because a screen did not open in time.
    """

    def __init__(self, app: App[Any], deliver: Callable[[Message], bool], dropped: Callable[[int], None]) -> None:
        self._app = app
        self._deliver = deliver
        self._dropped = dropped
        self._queued: deque[_Input] = deque()
        self._task: asyncio.Task[None] | None = None
        self._last_typed: Widget | None = None
        """Where the last event went, if it was text."""
        self._awaiting_result: dict[Worker[Any], Screen[Any]] = {}
        """Workers that wait for the result of a screen."""
        self._answered: dict[Worker[Any], float] = {}
        """Workers that have received a result, and when."""
        self._given_up: WeakSet[Any] = WeakSet()
        """Workers and message pumps for which nothing waits any more: they took too long."""

    @property
    def has_queued_input(self) -> bool:
        """Whether input waits to be delivered."""
        return bool(self._queued)

    def put(self, event: _Input) -> None:
        """Deliver an event now, or when its turn has come; never while the application exits."""
        if self._app._exit:
            return
        if not self._queued and self._may_pass(event):
            self._pass_on(event)
            return
        if isinstance(event, events.MouseMove) and self._queued and isinstance(self._queued[-1], events.MouseMove):
            self._queued.pop()
        self._queued.append(event)
        if self._leaves(event):
            asyncio.get_running_loop().call_later(LEAVE_KEYS_WAIT_S, self._deliver_leave_keys, event)
        if self._task is None:
            # A context of its own: that of the caller may be inside `prevent`, which is not about this.
            self._task = asyncio.create_task(self._release(), context=Context())

    @contextmanager
    def awaiting_result(self, screen: Screen[Any]) -> Iterator[None]:
        """Record that the running worker waits for this screen's result while the screen is open."""
        worker: Worker[Any] = get_current_worker()
        self._awaiting_result[worker] = screen
        try:
            yield
        finally:
            del self._awaiting_result[worker]
            self._answered = {one: at for one, at in self._answered.items() if not one.is_finished}
            self._answered[worker] = monotonic()

    def pending(self) -> Pending:
        """Running work that a key may depend on."""
        try:
            screen = self._app.screen
        except ScreenStackError:
            return Pending.CHANGE
        if self._changing(screen) is not None or self._to_lay_out(screen):
            return Pending.CHANGE
        return self._working(screen)

    def _may_pass(self, event: _Input) -> bool:
        if isinstance(event, events.MouseMove | events.Resize):
            return True  # only behind what came before: a click is meant for the size that the screen had
        app = self._app
        if not self._is_idle(app):
            return False
        try:
            focused = app.focused
        except ScreenStackError:
            return False
        typed = is_typed(event, focused)
        if typed and focused is not None and focused is self._last_typed:
            return self._is_idle(focused)
        pending = self.pending()
        if pending is Pending.WORK:
            unconcerned = isinstance(event, events.AppFocus | events.AppBlur) or is_edit(event, focused)
            return typed or unconcerned or isinstance(event, events.MouseScrollUp | events.MouseScrollDown)
        return pending is Pending.NOTHING

    def _pass_on(self, event: _Input) -> None:
        try:
            focused = self._app.focused
        except ScreenStackError:
            focused = None
        if not isinstance(event, events.MouseMove | events.Resize):
            self._last_typed = focused if is_typed(event, focused) else None
        self._deliver(event)

    async def _release(self) -> None:
        """Deliver the queued events, each in its turn."""
        with self._app._context():
            try:
                while self._queued and not self._app._exit:
                    await self._until_next_may_pass()
                    if self._queued:
                        self._pass_on(self._queued.popleft())
            except Exception as error:  # noqa: BLE001 - the next key opens the gate anew
                self._app._handle_exception(error)
            finally:
                self._queued.clear()
                self._task = None

    async def _until_next_may_pass(self) -> None:
        began, turns = monotonic(), 0
        while self._queued and not self._may_pass(self._queued[0]):
            if self._app._exit:
                self._queued.clear()
                return
            waited = monotonic() - began
            if waited > WORK_S and self.pending() is Pending.WORK:
                return
            if waited > OPENING_S:
                self._give_up()
                return
            self._lay_out()
            turns += 1
            await asyncio.sleep(0 if turns < EAGER_TURNS else PAUSE_S)

    def _give_up(self) -> None:
        """Drop the queued events, and stop waiting for what does not end."""
        app = self._app
        if not self._is_idle(app):
            self._given_up.add(app)
        try:
            screen = app.screen
        except ScreenStackError:
            pass
        else:
            while (pump := self._changing(screen)) is not None:
                self._given_up.add(pump)
            self._given_up.update(worker for worker in app.workers if not worker.is_finished)
        count = len(self._queued)
        self._queued.clear()
        self._dropped(count)

    def _deliver_leave_keys(self, event: _Input) -> None:
        if event in self._queued:
            self._queued.clear()
            self._pass_on(event)

    def _leaves(self, event: _Input) -> bool:
        if not isinstance(event, events.Key):
            return False
        bindings = self._app._bindings.key_to_bindings.get(event.key, ())
        return event.key == "ctrl+c" or any(one.priority and one.action == "quit" for one in bindings)

    # Running work

    def _is_idle(self, pump: MessagePump) -> bool:
        if is_idle(pump):
            self._given_up.discard(pump)
            return True
        return pump in self._given_up

    def _changing(self, screen: Screen[Any]) -> MessagePump | None:
        """A message pump of the application or the screen that has something to do."""
        if not self._is_idle(self._app):
            return self._app
        nodes: list[DOMNode] = [screen]
        while nodes:
            node = nodes.pop()
            if not self._is_idle(node):
                return node
            nodes.extend(node._nodes)
        return None

    @staticmethod
    def _to_lay_out(screen: Screen[Any]) -> bool:
        """Whether a layout, or what is to be done after it, is pending."""
        return bool(
            screen._layout_required or screen._scroll_required or screen._recompose_required or screen._callbacks
        )

    def _lay_out(self) -> None:
        """Lay out now what Textual would lay out at its next frame: the next key waits for it."""
        try:
            screen = self._app.screen
        except ScreenStackError:
            return
        if not self._to_lay_out(screen) or self._changing(screen) is not None:
            return
        if screen._layout_required or screen._scroll_required or screen._recompose_required:
            screen._on_timer_update()
        else:
            # Nothing moves, so what waits for the next frame need not wait for its painting.
            screen.call_next(screen._invoke_and_clear_callbacks)

    def _working(self, screen: Screen[Any]) -> Pending:
        pending = Pending.NOTHING
        for worker in self._app.workers:
            if worker.is_finished or worker.group in BACKGROUND or worker in self._given_up:
                continue
            awaited_screen = self._awaiting_result.get(worker)
            if awaited_screen is not None and awaited_screen in self._app.screen_stack:
                continue
            if worker.group == OPENING and worker not in self._answered:
                return Pending.CHANGE
            since = self._answered.get(worker, worker._created_time)
            if monotonic() - since < WORK_S and self._is_relevant(worker.node, screen):
                pending = Pending.WORK
        return pending

    @staticmethod
    def _is_relevant(node: DOMNode, screen: Screen[Any]) -> bool:
        return node.is_dom_root or screen in node.ancestors_with_self


class GatedApp(App[ReturnT]):
    """An application whose input passes through a gate."""

    _gate: InputGate | None = None

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._workers = ClosingWorkers(self)

    @property
    def input_gate(self) -> InputGate:
        """What holds input until its turn has come."""
        if self._gate is None:
            self._gate = InputGate(self, super().post_message, self.input_dropped)
        return self._gate

    def input_dropped(self, count: int) -> None:  # noqa: ARG002
        """Report that input was dropped because the screen that it was meant for did not open in time."""
        self.bell()

    def post_message(self, message: Message) -> bool:
        """Take messages; input that has not been forwarded yet, as it comes from the driver, waits its turn."""
        if isinstance(message, _Input) and not message.is_forwarded and not (self._closing or self._closed):
            self.input_gate.put(message)
            return True
        return super().post_message(message)

    async def push_screen_wait(self, screen: Any, *, mode: str | None = None) -> Any:
        """Push a screen and wait for its result; input goes to the screen meanwhile."""
        with self.input_gate.awaiting_result(screen):
            return await super().push_screen_wait(screen, mode=mode)
