"""The terminal lent to another program: the screen steps back, and comes back when the program has ended."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Final

from amitui import child_process
from amitui.errors import AmituiError, UsageError
from amitui.services.programs import not_started
from amitui.ui.terminal import STDIN, interrupt_ends_line, put_right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.ui.app import AmituiApp


INTERRUPTED: Final = (128 + signal.SIGINT, -signal.SIGINT)
"""Exit codes of a program that Ctrl+C ended."""


_LINE: Final = 4096
"""Bytes of the longest line that a terminal keeps."""


class Pause(Enum):
    """When Enter is waited for after a program has ended."""

    NEVER = 0
    AFTER_FAILURE = 1
    ALWAYS = 2


async def run_in_terminal(
    app: AmituiApp, words: Sequence[str], *, environ: Mapping[str, str] | None = None, pause: Pause = Pause.NEVER
) -> int:
    """Run a program on the terminal; what amitui does in the background goes on meanwhile.

    Args:
        words: the program and its arguments; no shell reads them.
        environ: its environment; `None` = amitui's own.
        pause: when to wait for Enter after it has ended, so that its output can be read.

    Returns:
        Its exit code; below zero, the signal that ended it.

    Raises:
        UsageError: the terminal cannot be lent, or the program cannot be started.
    """
    if not app.can_suspend_process:
        raise UsageError("this terminal cannot be lent to another program", remedy=f"run it yourself: {words[0]}")
    # Nothing may be drawn meanwhile, though the event loop goes on. Ctrl+C is the program's.
    app.lends_terminal = True
    try:
        failure: AmituiError | None = None
        code = 0
        with app.batch_update(), app.suspend():
            # Textual takes the terminal back only if nothing is raised in here.
            try:
                code = await _run(words, environ, pause=pause)
            except AmituiError as error:
                failure = error
        if failure is not None:
            raise failure
        return code
    finally:
        app.lends_terminal = False
        app.refresh(layout=True)


async def _run(words: Sequence[str], environ: Mapping[str, str] | None, *, pause: Pause) -> int:
    with put_right():
        code = await _code_of(words, environ)
    if pause is Pause.ALWAYS or (pause is Pause.AFTER_FAILURE and code not in (0, *INTERRUPTED)):
        ended = f"ended with exit code {code}" if code >= 0 else f"ended by signal {-code}"
        await _wait_for_enter(f"\n[{ended}; Enter returns to amitui] ")
    return code


async def _code_of(words: Sequence[str], environ: Mapping[str, str] | None) -> int:
    try:
        program = await asyncio.create_subprocess_exec(*words, env=environ)
    except (OSError, ValueError) as error:
        raise not_started(words[0], error) from error
    try:
        return await program.wait()
    except asyncio.CancelledError:
        # amitui is ending, and the shell takes the terminal back: the program would go on reading from it.
        with suppress(ProcessLookupError):
            program.send_signal(signal.SIGHUP)
        with suppress(TimeoutError):
            await asyncio.wait_for(program.wait(), child_process.ENDS_WITHIN_S)
        raise


async def _wait_for_enter(prompt: str) -> None:
    """Wait for the end of a line; Ctrl+C, which would go to nobody now, is one."""
    import sys

    with interrupt_ends_line():
        sys.__stdout__.write(prompt)  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]
        await asyncio.to_thread(os.read, STDIN, _LINE)
