"""Terminals that are not as assumed: redirected, misdescribed, stopped and continued, ended by signals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.terminal_steps import START_SECONDS, hides, leave, open_and_close, run, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal

OFFLINE: Final = ("--offline", "--region", "eu-central-1")
"""The screen without rows: it starts quickest."""

ALTERNATE_SCREEN: Final = b"\x1b[?1049h"
MAIN_SCREEN: Final = b"\x1b[?1049l"


def stands(terminal: Terminal) -> bool:
    """Whether the screen is drawn down to its last line."""
    lines = terminal.screen_text().splitlines()
    return len(lines) == terminal.rows and "q Quit" in lines[-1]


def modes(terminal: Terminal) -> list[object]:
    """How the terminal is set, seen from outside."""
    return list(termios.tcgetattr(terminal._fd))


def written_since(terminal: Terminal, start: int) -> bytes:
    return terminal.raw[start:]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_a_signal_ends_the_screen_and_leaves_the_terminal_as_it_was(
    open_terminal: OpenTerminal, amitui_command: list[str], number: signal.Signals, code: int
) -> None:
    # A shell in between keeps the terminal open for a look at it.
    terminal = open_terminal(
        ["sh", "-c", '"$@"; echo "ended with $?"; read line', "sh", *amitui_command, *OFFLINE]
    )
    before = modes(terminal)
    terminal.wait_for(stands, timeout=START_SECONDS)
    assert modes(terminal) != before
    os.kill(child_of(terminal.pid), number)
    terminal.wait_for(f"ended with {code}")
    assert modes(terminal) == before
    assert terminal.raw.rindex(MAIN_SCREEN) > terminal.raw.rindex(ALTERNATE_SCREEN)
    assert b"Traceback" not in terminal.raw


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.mark.skipif(shutil.which("bash") is None, reason="job control is the shell's")
def test_a_job_that_was_stopped_comes_back_whole(open_terminal: OpenTerminal, amitui_command: list[str]) -> None:
    terminal = open_terminal(["bash", "--norc", "--noprofile", "-i"], environment={"PS1": "shell> "})
    terminal.wait_for("shell>")
    terminal.type(f"{' '.join(amitui_command)} {' '.join(OFFLINE)}\n")
    terminal.wait_for(stands, timeout=START_SECONDS)
    raw, pid = modes(terminal), child_of(terminal.pid)

    def stop_by(how: Callable[[], None]) -> None:
        start = len(terminal.raw)
        how()
        terminal.wait_for(lambda _: b"Stopped" in written_since(terminal, start))

    def go_on() -> None:
        start = len(terminal.raw)
        terminal.type("fg\n")
        terminal.wait_for(lambda _: ALTERNATE_SCREEN in written_since(terminal, start))
        terminal.wait_for(stands)
        assert modes(terminal) == raw

    for how in (lambda: os.kill(pid, signal.SIGTSTP), lambda: terminal.press("ctrl+z")):
        stop_by(how)
        terminal.wait_for(lambda _: terminal.screen_text().rstrip().endswith("shell>"))
        assert modes(terminal) != raw
        go_on()
    # In the background it stays stopped rather than to draw over the shell.
    stop_by(lambda: os.kill(pid, signal.SIGTSTP))
    terminal.type('bg; echo sent""away\n')
    terminal.wait_for("sentaway")
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        terminal.pump(0.05)
    assert modes(terminal) != raw
    terminal.resize(100, 30)
    go_on()
    # What cannot be caught is noticed afterwards.
    stop_by(lambda: os.kill(pid, signal.SIGSTOP))
    go_on()
    # And keys still act, once each.
    open_and_close(terminal, "?", "Help")
    leave_to(terminal, "shell>")


def leave_to(terminal: Terminal, prompt: str) -> None:
    terminal.press("q")
    terminal.wait_for(lambda _: terminal.screen_text().rstrip().endswith(prompt))
    terminal.type("exit\n")
    terminal.wait_for_exit()


def test_without_a_shell_a_stop_is_no_end(open_terminal: OpenTerminal, amitui_command: list[str]) -> None:
    """Nobody could continue it: the kernel does not stop it, and the screen comes back by itself."""
    terminal = open_terminal([*amitui_command, *OFFLINE])
    terminal.wait_for(stands, timeout=START_SECONDS)
    start = len(terminal.raw)
    os.kill(terminal.pid, signal.SIGTSTP)
    terminal.wait_for(lambda _: ALTERNATE_SCREEN in written_since(terminal, start))
    terminal.wait_for(stands)
    leave(terminal)


def test_the_screen_is_drawn_on_the_terminal_wherever_stderr_goes_and_in_its_own_size(
    open_terminal: OpenTerminal, amitui_command: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    terminal = open_terminal(
        ["sh", "-c", f'exec "$@" 2>{log}', "sh", *amitui_command, *OFFLINE],
        columns=100,
        rows=30,
        environment={"COLUMNS": "60", "LINES": "9"},
    )
    terminal.wait_for(stands, timeout=START_SECONDS)
    assert max(map(len, terminal.screen_text().splitlines())) > 90
    terminal.resize(72, 20)
    terminal.wait_for(stands)
    open_and_close(terminal, "?", "Help")
    leave(terminal)
    assert log.read_bytes() == b""


def test_stderr_may_be_closed(open_terminal: OpenTerminal, amitui_command: list[str]) -> None:
    terminal = open_terminal(["sh", "-c", 'exec "$@" 2>&-', "sh", *amitui_command, *OFFLINE])
    terminal.wait_for(stands, timeout=START_SECONDS)
    leave(terminal)


@pytest.mark.parametrize(
    ("redirection", "stream"), [("</dev/null", "stdin"), (">/dev/null", "stdout"), ("<&-", "stdin")]
)
def test_without_a_terminal_to_draw_on_or_type_at_it_is_refused(
    open_terminal: OpenTerminal, amitui_command: list[str], redirection: str, stream: str
) -> None:
    terminal = open_terminal(["sh", "-c", f'exec "$@" {redirection}', "sh", *amitui_command, *OFFLINE])
    assert terminal.wait_for_exit(START_SECONDS) == 2
    terminal.wait_for(
        shows(
            "amitui needs a terminal",
            f"{stream} is not a terminal",
            "run amitui find QUERY instead; it needs none",
        )
    )


@pytest.mark.parametrize("kind", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_place_its_cursor_is_refused_and_find_works_there(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str], kind: str
) -> None:
    terminal = open_terminal([*amitui_command, *OFFLINE], environment={"TERM": kind})
    assert terminal.wait_for_exit(START_SECONDS) == 2
    assert "TERM" in terminal.screen_text()
    assert b"\x1b" not in terminal.raw
    assert run(amitui_command, {**environment, "TERM": kind}, "find", "x", *OFFLINE).returncode == 1


def test_without_utf8_every_byte_on_the_screen_is_ascii(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    terminal = open_terminal([*amitui_command, *OFFLINE], environment={"LANG": "C"})
    terminal.wait_for(stands, timeout=START_SECONDS)
    for key, title in (("?", "- Help"), (":", "Search for commands~"), ("o", "0 in progress")):
        terminal.press(key)
        terminal.wait_for(title)
        terminal.wait_settled()
        terminal.press("escape")
        terminal.wait_for(hides(title))
    leave(terminal)
    assert terminal.raw.isascii()


def test_a_terminal_that_closes_ends_it_also_where_no_signal_says_so(
    amitui_command: list[str], environment: dict[str, str]
) -> None:
    ours, its = os.openpty()
    # Not its controlling terminal: the kernel sends no SIGHUP.
    with subprocess.Popen(
        [*amitui_command, *OFFLINE], stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True
    ) as process:
        try:
            os.close(its)
            seen = b""
            while b"Quit" not in seen:
                seen += os.read(ours, 65536)
            os.close(ours)
            assert process.wait(START_SECONDS) == 128 + signal.SIGHUP
        finally:
            process.kill()
