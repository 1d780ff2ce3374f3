"""Running the screen, and leaving it at once: an event loop and a process whose end waits for no thread.

`asyncio.run` and the interpreter wait for every thread: one that looks up a name while the network is away keeps
the prompt from coming back for half a minute, which nobody who presses q wants to wait.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from amitui.ui.app import AmituiApp

TASKS_END_WITHIN_S = 0.5

SCREEN_ENDS_WITHIN_S: Final = 10.0
"""From a signal to the end of a screen that cannot go: its terminal takes no output, so the loop stands still."""

_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
"""Signals that ask for an orderly end. Ctrl-C is none of them: on the screen it is a key."""

_OF_THE_KEYBOARD: Final = (128 + signal.SIGINT, 128 + signal.SIGQUIT)


def run_screen(app: AmituiApp, *, mouse: bool) -> int:
    """Run the application until its user, a signal or the terminal's end (SIGHUP) ends it; the exit code."""
    from amitui.ui.terminal import given_back

    with given_back() as give_back:
        return _run(app, give_back, mouse=mouse)


def _run(app: AmituiApp, give_back: Callable[[], None], *, mouse: bool) -> int:
    loop = _Loop()
    patience: list[threading.Timer] = []

    def end(code: int) -> None:
        if app.lends_terminal and code in _OF_THE_KEYBOARD:
            return  # meant for the program that has the terminal
        if not patience:
            patience.append(threading.Timer(SCREEN_ENDS_WITHIN_S, _end_at_once, (give_back, code)))
            patience[0].daemon = True
            patience[0].start()
        app.exit(None, code)

    for number in _ENDING:
        loop.add_signal_handler(number, end, 128 + number)
    try:
        app.run(loop=loop, mouse=mouse)
    finally:
        for timer in patience:
            timer.cancel()
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=TASKS_END_WITHIN_S))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    return app.return_code or 0


class _Loop(asyncio.SelectorEventLoop):
    """An event loop at whose end no signal but SIGKILL keeps the process from tidying up.

    A terminal that is closed sends SIGHUP more than once: as the kernel, as the shell, and as the emulator.
    asyncio's own loop, when it closes, gives the signals back their default, which ends the process where it
    stands. Blocking them meanwhile would not do: another thread, which does not block them, takes them.
    """

    def close(self) -> None:
        """Close it; from here on the signals are ignored."""
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        super().close()

    def remove_signal_handler(self, sig: int) -> bool:
        """Handle a signal no more: one that asks for the end is ignored, others get their default."""
        if sig not in _ENDING:
            return super().remove_signal_handler(sig)
        signal.signal(sig, signal.SIG_IGN)
        return True


def _end_at_once(give_back: Callable[[], None], code: int) -> None:
    give_back()
    os._exit(code)


class ForgetfulExecutor(ThreadPoolExecutor):
    """An event loop's threads, for whose end `asyncio.run` does not wait."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002
        """Give no more work; `wait` is what this class is there to ignore."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
