"""Filling in forms, reading reviews and following operations in a real terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.ui.forms.presses import TOO_SOON
from tests.support.terminal_steps import START_SECONDS, hides, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.terminal import Terminal

_FOCUSED: Final = re.compile(r"│>(.{12})")
"""The label of the field that keys go to, as far as its column is wide."""

_FRAME: Final = " │╭╮╰╯─▁▂▃▄▅▆▇█▐"

MOST_FIELDS: Final = 30
QUIET_MS: Final = 80


def words(terminal: Terminal) -> str:
    """What is on the screen, its lines joined and without frames: a sentence is found however it was folded."""
    return " ".join(" ".join(line.strip(_FRAME) for line in terminal.screen_text().splitlines()).split())


def says(*texts: str) -> Callable[[Terminal], bool]:
    """Whether all of these are on the screen, folded or not."""
    return lambda terminal: all(text in words(terminal) for text in texts)


def focused(terminal: Terminal) -> str:
    """The label of the field that keys go to; empty = none."""
    found = _FOCUSED.search(terminal.screen_text())
    return found[1].strip() if found else ""


def go_to(terminal: Terminal, label: str) -> None:
    """Press Tab until the field with this label has the keys; a table, which has no label, may have them first."""
    terminal.wait_for("Esc Cancel")
    terminal.wait_settled(QUIET_MS)
    for _ in range(MOST_FIELDS):
        here = focused(terminal)
        if here == label:
            return
        terminal.press("tab")
        terminal.wait_for(lambda t, here=here: focused(t) not in ("", here))  # type: ignore[misc]
    raise AssertionError(f"there is no field {label}:\n{terminal.screen_text()}")


def enter(terminal: Terminal, label: str, text: str) -> None:
    """Replace what is in a field by `text`."""
    go_to(terminal, label)
    terminal.press("end")
    terminal.wait_settled(QUIET_MS)
    terminal.press("ctrl+u")
    terminal.wait_settled(QUIET_MS)
    terminal.type(text)
    terminal.wait_for(
        lambda t: re.search(rf"│>{re.escape(label)} +{re.escape(text[:40])}", t.screen_text()) is not None
    )


def choose(terminal: Terminal, label: str, text: str, *, key: str = "enter") -> None:
    """Open the list of a field, type until only what is meant is left, and take it.

    Args:
        text: what is typed; the field shows it, or what is beside it, afterwards.
    """
    go_to(terminal, label)
    terminal.wait_for(hides("loading…"))
    terminal.press(key)
    pick(terminal, label, text)
    terminal.wait_for(lambda t: focused(t) == label and f"╭─ {label} ─" not in t.screen_text())


def pick(terminal: Terminal, title: str, text: str) -> None:
    """Type into an open list until what is meant is its first row, and take it."""
    terminal.wait_for(f"─ {title}")
    terminal.wait_for("type to filter")
    terminal.type(text)
    terminal.wait_for(hides("type to filter"))
    terminal.wait_settled(QUIET_MS)
    terminal.press("enter")


def search(terminal: Terminal, text: str, *found: str) -> None:
    """Search for another `text`, and go to the table once it shows what is to be found."""
    terminal.press("/")
    terminal.wait_for(hides("Enter Details"))
    terminal.press("end")
    terminal.wait_settled(QUIET_MS)
    terminal.press("ctrl+u")
    terminal.wait_settled(QUIET_MS)
    terminal.type(text)
    terminal.wait_for(f"/ {text}")
    terminal.press("enter")
    terminal.wait_for(shows("Enter Details", *found))


def begin(terminal: Terminal, name: str) -> None:
    """Begin what is called so in the menu of changes."""
    terminal.press("a")
    pick(terminal, "Change", name)
    terminal.wait_for(hides("─ Change"))


def command(terminal: Terminal, name: str) -> None:
    """Do what is called so in the palette."""
    terminal.press(":")
    terminal.wait_for("Search for commands")
    terminal.type(name)
    terminal.wait_for(hides("Search for commands"))
    terminal.wait_settled(300)
    terminal.press("enter")
    terminal.wait_for(lambda t: f" {name}" not in t.screen_text().splitlines()[1])


def review(terminal: Terminal) -> str:
    """Go on to the review, wait for EC2's word on it, and read all of it."""
    terminal.press("ctrl+s")
    return read_review(terminal)


def read_review(terminal: Terminal) -> str:
    """Wait for EC2's word on an open review, and read all of it."""
    terminal.wait_for("EC2 allows it. Nothing has been changed yet.")
    terminal.wait_settled(QUIET_MS)
    read = ""
    while (page := words(terminal)) not in read:
        read += page
        terminal.press("pagedown")
        terminal.wait_settled(QUIET_MS)
    return read


def agree(terminal: Terminal, typed: str = "") -> None:
    """Confirm a review, after typing what it requires."""
    if typed:
        terminal.wait_for(f"To confirm, type  {typed}")
        terminal.type(typed)
        terminal.wait_for(lambda t: re.search(rf"│>Confirm +{re.escape(typed)}", t.screen_text()) is not None)
    confirm(terminal)
    terminal.wait_for(_is_begun)


def confirm(terminal: Terminal) -> None:
    """Confirm a review, and once more where the program finds that it cannot have been read so soon."""
    while True:
        terminal.press("ctrl+s")
        # A screen is read while it is drawn, too: no dialog any more is more than no key of it.
        terminal.wait_for(lambda t: TOO_SOON in t.screen_text() or _is_gone(t))
        if TOO_SOON not in terminal.screen_text():
            return
        terminal.wait_for(hides(TOO_SOON))


def see_done(terminal: Terminal, title: str, *on_the_way: str) -> None:
    """Watch an operation in the operations pane until it is done.

    Args:
        title: its beginning, as far as the list has room for it.
        on_the_way: what is to be seen before, in order.
    """
    terminal.press("o")
    terminal.wait_for(lambda t: title in t.screen_text() and t.screen_text().lstrip().startswith("Operations"))
    for words_on_the_way in on_the_way:
        terminal.wait_for(words_on_the_way, timeout=START_SECONDS)
    terminal.wait_for(lambda t: is_done(t, title), timeout=START_SECONDS)
    terminal.press("escape")
    terminal.wait_for(lambda t: not t.screen_text().lstrip().startswith("Operations"))


def is_done(terminal: Terminal, title: str) -> bool:
    """Whether the operations pane says that the newest operation of that title is done.

    Raises:
        AssertionError: it failed.
    """
    row = next((line for line in terminal.screen_text().splitlines() if line[3:].startswith(title)), "")
    assert " failed " not in row, terminal.screen_text()
    return " done " in row


def row_of(terminal: Terminal, image_id: str) -> str:
    """The line of the table that shows an image; empty = none does."""
    return next((line for line in terminal.screen_text().splitlines()[2:] if image_id in line), "")


def _is_gone(terminal: Terminal) -> bool:
    """Whether no dialog is in front any more: neither its key nor its frame."""
    text = terminal.screen_text()
    return "Ctrl+S Confirm" not in text and "╭" not in text


def _is_begun(terminal: Terminal) -> bool:
    """Whether the form has gone and the status line names the operation, which may have ended already."""
    text = terminal.screen_text()
    return "Ctrl+S" not in text and any(word in text for word in ("started: ", "done: ", "failed, "))
