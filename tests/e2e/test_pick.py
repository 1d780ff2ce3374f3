"""`amitui pick`: the screen on the terminal, the answer on stdout, whatever stdin and stdout are."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.support.terminal_steps import START_SECONDS

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal

SCRIPT = 'answer=$("$@" </dev/null); echo "code $? answer <$answer>"; read line'
"""What people write: stdout is a pipe, and stdin may be anything."""


def ids_shown(terminal: Terminal) -> set[str]:
    return set(re.findall(r"ami-[0-9a-f]{17}", terminal.screen_text()))


def test_what_is_chosen_on_the_screen_is_the_answer(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    words = [*amitui_command, "pick", "--demo", "--region", "us-east-1", "ubuntu", "24.04"]
    terminal = open_terminal(["sh", "-c", SCRIPT, "sh", *words])
    terminal.wait_for(
        lambda seen: bool(ids_shown(seen)) and "Enter Choose" in seen.screen_text(), timeout=START_SECONDS
    )
    terminal.press("down")
    terminal.press("enter")
    terminal.wait_for("code 0 answer <ami-")
    (answer,) = re.findall(r"answer <(ami-[0-9a-f]{17})>", terminal.screen_text())
    drawn, _, _ = terminal.raw.partition(b"code 0 answer")
    assert answer.encode() in drawn
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
