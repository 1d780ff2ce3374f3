"""Running a command's event loop so that a scheduler can end it: SIGTERM and SIGHUP stop it as Ctrl-C does.

The first process of a container has no default for these signals: without a handler they would be ignored until
SIGKILL comes (ECS and Kubernetes send SIGTERM, and SIGKILL 30 s later).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from amitui.cli.messages import say
from amitui.cli.threads import leave_despite_threads

T = TypeVar("T")

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)

ENDS_WITHIN_S: Final = 20.0
"""From the signal to the end of a command that is still writing; what it leaves is as after SIGKILL: whole."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end, or to the signal that ends it.

    Raises:
        SystemExit: it was ended by a signal; 128 and the signal's number.
    """
    ended: list[int] = []
    patience: list[threading.Timer] = []

    async def main() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def end(number: int) -> None:
            if ended:
                return  # once is enough: the way out is not to be cut off
            ended.append(number)
            say(f"ended by {signal.Signals(number).name}")
            patience.append(threading.Timer(ENDS_WITHIN_S, _end_at_once, (128 + number,)))
            patience[0].daemon = True
            patience[0].start()
            if task is not None:
                task.cancel()

        for number in _handled():
            loop.add_signal_handler(number, end, number)
        return await work

    try:
        done = asyncio.run(main())
    except asyncio.CancelledError:
        if not ended:
            raise
    finally:
        for timer in patience:
            timer.cancel()
    if ended:
        raise SystemExit(leave_despite_threads(128 + ended[0]))
    return done


def _handled() -> list[signal.Signals]:
    """The signals that nobody else handles: whoever ignores them (nohup) goes on doing so."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]


def _end_at_once(code: int) -> None:
    sys.stderr.flush()
    os._exit(code)
