"""The keys that leave, on every screen alike: Ctrl+C, Ctrl+Q and Ctrl+Z.

Ctrl+C first copies what is selected, then clears the field that is typed into, and else leaves as `q` does.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.actions import SkipAction
from textual.binding import Binding
from textual.widgets import Input, TextArea

from amitui.domain.counts import count_of

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from amitui.ui.app import AmituiApp

INTERRUPTED: Final = 130
"""The exit code of what Ctrl+C ended, as shells have it."""

LEAVE_KEYS: Final = (
    Binding(
        "ctrl+c",
        "interrupt",
        "Leave",
        show=False,
        priority=True,
        id="interrupt",
        tooltip="Copy what is selected; else clear the field; without text in it leave, like q",
    ),
    Binding(
        "ctrl+q",
        "quit",
        "Quit",
        show=False,
        priority=True,
        id="quit_always",
        tooltip="Quit amitui from any screen",
    ),
    Binding(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        show=False,
        priority=True,
        id="suspend",
        tooltip="Suspend amitui; fg in the shell comes back",
    ),
)
"""They have priority: no field and no dialog takes them for itself."""


async def interrupt(app: AmituiApp) -> None:
    """What Ctrl+C does.

    Raises:
        SkipAction: text is selected, which Textual's own binding copies.
    """
    screen, focused = app.screen, app.focused
    if _has_selection(screen, focused):
        raise SkipAction
    if screen is app.browse and app.choosing:
        app.exit(return_code=INTERRUPTED)
    elif not _cleared(focused):
        await _leave(app, screen, focused)


def _has_selection(screen: Screen[Any], focused: Widget | None) -> bool:
    own = isinstance(focused, Input | TextArea) and bool(focused.selected_text)
    return own or screen.get_selected_text() is not None


def _cleared(focused: Widget | None) -> bool:
    """Whether the field that is typed into had text, which is gone now."""
    if isinstance(focused, Input) and focused.value:
        focused.value = ""
        return True
    if isinstance(focused, TextArea) and focused.text:
        focused.clear()
        return True
    return False


async def _leave(app: AmituiApp, screen: Screen[Any], focused: Widget | None) -> None:
    if screen is not app.browse:
        await screen.run_action("leave")
    elif focused is not None and focused in app.browse.search_bar.walk_children():
        app.browse.search_bar.action_clear()
    elif focused is not None and hasattr(focused, "action_close"):
        await focused.run_action("close")
    else:
        app.action_act("quit")


def suspend(app: AmituiApp) -> None:
    """Stop the job, as Ctrl+Z does elsewhere: this process and whatever script it was started from."""
    if app.choosing and os.getpgrp() != os.getpid():
        # Nobody could continue it: the shell itself waits for the answer, as in `id=$(amitui pick)`.
        app.tell("not suspended: the shell waits for an image to be chosen")
    elif not app.can_suspend_process or not can_be_continued():
        app.tell("not suspended: no shell with job control could continue it")
    else:
        os.kill(0, signal.SIGTSTP)


def can_be_continued() -> bool:
    """Whether a shell could continue this process group: the kernel stops no orphaned one.

    A group is orphaned unless the parent of one of its processes is in another group of the same session (POSIX).
    """
    group, session = os.getpgrp(), os.getsid(0)
    child = os.getpid()
    while (parent := _parent(child)) is not None:
        try:
            if os.getpgid(parent) != group:
                return os.getsid(parent) == session
        except OSError:
            return False  # in another session, or gone
        child = parent
    return group != session


def _parent(pid: int) -> int | None:
    """The parent of a process; `None` = not known, or there is none."""
    if pid == os.getpid():
        return os.getppid() or None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1]) or None


def parting_words(under_way: int, on_hold: int) -> str:
    """What the shell is told when amitui quits while operations have not ended; empty = they all have.

    Args:
        under_way: operations that have not ended.
        on_hold: those of them that wait for their user.
    """
    if not under_way:
        return ""
    are, them = ("is", "it") if under_way == 1 else ("are", "them")
    held = f", {on_hold} of them held for you" if on_hold and under_way > 1 else ""
    return (
        f"{count_of(under_way, 'operation')} {are} in progress{held}. EC2 goes on with what was sent; the next "
        f"start of amitui follows {them} and sends what is left. amitui ops --watch shows {them}."
    )
