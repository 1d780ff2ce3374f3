"""`amitui pick`: the screen on the terminal, the answer on stdout, whatever stdin and stdout are."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support.terminal_steps import START_SECONDS

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal

SCRIPT = 'answer=$("$@" </dev/null); echo "code $? answer <$answer>"; read line'
"""What people write: stdout is a pipe, and stdin may be anything."""


def has_rows(terminal: Terminal) -> bool:
    return "Canonical" in terminal.screen_text() and "Enter Choose" in terminal.screen_text()


def cursor_id(terminal: Terminal) -> str:
    """The id in the first row."""
    return next(line.split()[0] for line in terminal.screen_text().splitlines() if line.strip().startswith("ami-"))


def test_what_is_chosen_on_the_screen_is_the_answer(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    words = [*amitui_command, "pick", "--demo", "--region", "us-east-1", "ubuntu", "24.04"]
    terminal = open_terminal(["sh", "-c", SCRIPT, "sh", *words])
    terminal.wait_for(has_rows, timeout=START_SECONDS)
    chosen = cursor_id(terminal)
    terminal.press("enter")
    terminal.wait_for(f"code 0 answer <{chosen}>")
    assert b"Traceback" not in terminal.raw


def test_leaving_without_a_choice_answers_nothing_and_fails(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    words = [*amitui_command, "pick", "--offline", "--region", "us-east-1"]
    terminal = open_terminal(["sh", "-c", SCRIPT, "sh", *words])
    terminal.wait_for("q Quit", timeout=START_SECONDS)
    terminal.press("enter")
    terminal.press("q")
    terminal.wait_for("code 1 answer <>")


def test_without_a_terminal_it_says_what_needs_none(
    amitui_command: list[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [*amitui_command, "pick", "ubuntu"],
        env={**environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "amitui pick needs a terminal" in done.stderr
    assert "amitui find" in done.stderr
