"""What an event means for the widget that has the focus, and whether a message pump is idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import events
from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from textual.message_pump import MessagePump
    from textual.widget import Widget

_EDITING: Final = ("cursor_", "delete_", "home", "end", "select")
"""How the actions of text fields begin that move in the text or take some of it away."""


def is_idle(pump: MessagePump) -> bool:
    """Whether a message pump waits for its next message."""
    if pump._closed or (pump._is_mounted and not pump._running):
        return True
    # Its task sleeps in the queue's `get`, which waits for this event, and nowhere else.
    waiters: Iterable[asyncio.Future[bool]] = pump._message_queue.ready_event._waiters
    return any(not waiter.done() for waiter in waiters)


def is_typed(event: events.Event, focused: Widget | None) -> bool:
    """Whether the widget that has the focus takes the event as text."""
    if isinstance(event, events.Paste):
        return isinstance(focused, Input | TextArea)
    return (
        isinstance(event, events.Key)
        and focused is not None
        and focused.check_consume_key(event.key, event.character)
    )


def is_edit(event: events.Event, focused: Widget | None) -> bool:
    """Whether the event moves the cursor in a text field or takes text away."""
    if not isinstance(event, events.Key) or not isinstance(focused, Input | TextArea):
        return False
    bindings = focused._bindings.key_to_bindings.get(event.key, ())
    return any(binding.action.startswith(_EDITING) for binding in bindings)
