"""Programs that a test's event loop started and left: Python says so later, in whichever test runs by then."""

from __future__ import annotations

from asyncio.base_subprocess import BaseSubprocessTransport
from typing import Any
from weakref import WeakKeyDictionary

_started: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
"""What was started since it was asked last, and with which words."""


def watch() -> None:
    """Note every program that an event loop starts from now on."""
    begin = BaseSubprocessTransport.__init__

    def noted(self: Any, loop: Any, protocol: Any, args: Any, *others: Any, **named: Any) -> None:
        _started[self] = str(args)
        begin(self, loop, protocol, args, *others, **named)

    BaseSubprocessTransport.__init__ = noted  # type: ignore[method-assign]


def left() -> list[str]:
    """The programs, started since it was asked last, for which nobody has waited to the end."""
    found = [words for transport, words in _started.items() if not transport._closed]
    _started.clear()
    return found
