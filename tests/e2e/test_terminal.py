"""The harness itself: what it says of a terminal must be true before it may judge amitui."""

from __future__ import annotations

import base64
import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal import Terminal, TerminalTimeoutError
from tests.support.terminal_controls import assert_no_foreign_controls, foreign_controls
from tests.support.terminal_display import Display
from tests.support.terminal_keys import key_sequence

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal

BARE_APP = [sys.executable, str(Path(__file__).parents[2] / "bench" / "bare_app.py")]
SHOW_KEYS = """
import os, sys, tty
tty.setraw(0)
print("ready", end="", flush=True)
while (data := os.read(0, 100)) != b"q":
    print(f"<{data.hex()}>", end="", flush=True)
"""


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_a_textual_app_is_drawn_and_takes_keys(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(BARE_APP, columns=100, rows=30)
    terminal.wait_for("bare app is ready")
    assert terminal.display.on_alternate_screen
    terminal.type("Ünïx 🐧")
    terminal.wait_for("Ünïx 🐧")
    terminal.press("backspace", "backspace", "home", "delete")
    terminal.wait_for("\nnïx\n")
    terminal.press("ctrl+q")
    assert terminal.wait_for_exit() == 0
    assert not terminal.display.on_alternate_screen


def test_a_textual_app_follows_a_change_of_size(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal([*BARE_APP, "--replace"], columns=80, rows=24)
    terminal.wait_for("Refresh")
    terminal.resize(120, 40)
    terminal.wait_for(lambda terminal: "Refresh" in terminal.display.lines[39])
    assert len(terminal.display.lines[0]) == 120


def test_what_textual_writes_holds_no_foreign_controls(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal([*BARE_APP, "--replace"])
    terminal.wait_for("bare app is ready")
    terminal.type("abc")
    terminal.wait_for("abc")
    terminal.click(5, 5)
    terminal.press("ctrl+p")
    terminal.wait_for("Search for commands")
    terminal.press("escape")
    terminal.wait_for(lambda terminal: "Search for commands" not in terminal.screen_text())
    terminal.press("ctrl+q")
    terminal.wait_for_exit()
    assert_no_foreign_controls(terminal.raw)


def test_a_terminal_that_knows_synchronized_output_gets_it(environment: dict[str, str]) -> None:
    with Terminal(BARE_APP, environment=environment, synchronized=True) as terminal:
        terminal.wait_for("bare app is ready")
        terminal.wait_settled()
        terminal.take()
        terminal.type("x")
        terminal.wait_for("x")
        terminal.wait_settled()
        assert b"\x1b[?2026h" in terminal.take()
        assert_no_foreign_controls(terminal.raw)


def test_the_size_is_there_from_the_start_and_the_terminal_is_the_controlling_one(
    open_terminal: OpenTerminal,
) -> None:
    terminal = open_terminal(
        python("import os; print(os.get_terminal_size(os.open('/dev/tty', os.O_RDWR)))"), columns=111, rows=33
    )
    assert terminal.wait_for_exit() == 0
    assert "columns=111, lines=33" in terminal.screen_text()


def test_the_exit_code_and_the_last_words_are_kept(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python("import sys; print('last words'); sys.exit(7)"))
    assert terminal.wait_for_exit() == 7
    assert terminal.screen_text().startswith("last words")


def test_waiting_for_a_program_that_ended_fails_at_once_and_shows_the_screen(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python("print('only this')"))
    with pytest.raises(TerminalTimeoutError, match=r"ended with 0[^$]*only this"):
        terminal.wait_for("something else", timeout=3600)


def test_waiting_in_vain_names_what_was_awaited(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python("import time; print('here', flush=True); time.sleep(3600)"))
    terminal.wait_for("here")
    with pytest.raises(TerminalTimeoutError, match="in vain for 'there'; the program still runs"):
        terminal.wait_for("there", timeout=0.05)


def test_keys_arrive_as_a_terminal_sends_them(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python(SHOW_KEYS))
    terminal.wait_for("ready")
    terminal.press("ctrl+x", "up")
    terminal.wait_for("<181b5b41>")
    terminal.press("escape")
    terminal.wait_for("<1b>")
    terminal.press("q")
    assert terminal.wait_for_exit() == 0


@pytest.mark.parametrize(
    ("key", "sequence"),
    [
        ("a", "a"),
        ("shift+up", "\x1b[1;2A"),
        ("ctrl+end", "\x1b[1;5F"),
        ("pagedown", "\x1b[6~"),
        ("ctrl+delete", "\x1b[3;5~"),
        ("f5", "\x1b[15~"),
        ("ctrl+@", "\0"),
        ("alt+b", "\x1bb"),
        ("shift+tab", "\x1b[Z"),
    ],
)
def test_a_key_has_xterms_sequence(key: str, sequence: str) -> None:
    assert key_sequence(key) == sequence


@pytest.mark.parametrize("key", ["esc", "ctrl+", "hyper+x", "f13"])
def test_an_unknown_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no such key"):
        key_sequence(key)


def test_a_key_right_behind_escape_is_refused(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python("input()"))
    with pytest.raises(ValueError, match="escape last"):
        terminal.press("escape", "q")


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches a process that is not its child")
def test_closing_ends_the_whole_process_group(environment: dict[str, str]) -> None:
    source = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])\n"
        "print(f'child {child.pid}.', flush=True)\n"
        "child.wait()\n"
    )
    with Terminal(python(source), environment=environment) as terminal:
        terminal.wait_for(".")
        child = os.pidfd_open(int(terminal.screen_text().split("child ")[1].split(".")[0]))
    try:
        assert terminal.exit_code == -signal.SIGKILL
        # A process' descriptor becomes readable when it ends.
        assert select.select([child], [], [], 20)[0] == [child]
    finally:
        os.close(child)


def test_taking_returns_each_byte_once(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python("print('one', flush=True); input(); print('two')"))
    terminal.wait_for("one")
    assert terminal.take() == b"one\r\n"
    terminal.press("enter")
    terminal.wait_for_exit()
    assert terminal.take().endswith(b"two\r\n")
    assert terminal.take() == b""


def test_a_replay_finds_the_chunk_that_brought_a_text(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(python("import sys\nfor word in 'one', 'two': print(word, flush=True); input()"))
    while b"one" not in terminal.raw:
        assert terminal.pump(20)
    terminal.press("enter")
    while b"two" not in terminal.raw:
        assert terminal.pump(20)
    terminal.wait_settled()
    when = next(at for at, display in terminal.replay() if "two" in "".join(display.lines))
    before = b"".join(chunk.data for chunk in terminal.chunks if chunk.at < when)
    assert b"one" in before
    assert b"two" not in before


class TestDisplay:
    def test_private_sequences_leave_no_trace(self) -> None:
        display = Display(40, 5)
        display.feed(b"\x1b[>25u\x1b[?2026$p\x1b[?2048$p\x1b[<u\x1b]22;text\x07\x1b[1 q\x1b[38;2;1;2;3mhi\x1b[0m")
        assert display.lines[0].rstrip() == "hi"
        assert display.screen.buffer[0][0].fg == "010203"

    def test_a_sequence_cut_in_two_is_put_together(self) -> None:
        display = Display(40, 5)
        for byte in "a\x1b[2;3Hö\x1b]52;c;aGk=\x07b".encode():
            display.feed(bytes([byte]))
        assert [line.rstrip() for line in display.lines[:2]] == ["a", "  öb"]
        assert display.clipboard == ["hi"]

    def test_a_copy_handed_through_tmux_is_seen(self) -> None:
        display = Display(40, 5)
        text = base64.b64encode(b"ami-0123").decode()
        display.feed(f"\x1bPtmux;\x1b\x1b]52;c;{text}\x07\x1b\\".encode())
        assert display.clipboard == ["ami-0123"]
        assert display.lines[0].strip() == ""

    def test_the_main_screen_comes_back(self) -> None:
        display = Display(40, 5)
        display.feed(b"shell\x1b[?1049h\x1b[Hprogram")
        assert display.lines[0].rstrip() == "program"
        display.feed(b"\x1b[?1049l")
        assert display.lines[0].rstrip() == "shell"


class TestForeignControls:
    @pytest.mark.parametrize(
        "hostile",
        [
            "\x1b]0;title\x07",
            "\x1b]52;c;!evil\x07",
            "\x1b]8;;http://x\x1b\\",
            "\x1b[2;1r",
            "\x1b[?47h",
            "\x1b[200~",
            "\x1bc",
            "\x1bP+q\x1b\\",
            "\x1b[31",
            "\x07",
            "\x08",
            "\x00",
            "\x7f",
            "\x9b31m",
            "\u202e",
            "\u200b",
            "\u2028",
            "\ufeff",
            "a\nb",
            "a\rb",
            "a\tb",
        ],
    )
    def test_a_hostile_text_inside_the_screen_is_found(self, hostile: str) -> None:
        raw = f"\x1b[?1049h\x1b[1;1Hname {hostile} end\x1b[2;1H".encode()
        assert [found for _, found, _ in foreign_controls(raw)]
        with pytest.raises(AssertionError, match="foreign controls reached the terminal"):
            assert_no_foreign_controls(raw)

    def test_bytes_that_are_not_utf8_are_found(self) -> None:
        assert [found for _, found, _ in foreign_controls(b"name \x9b31m")] == ["\udc9b"]

    def test_plain_lines_outside_the_screen_are_fine(self) -> None:
        assert_no_foreign_controls("one\r\ntwo\n\x1b[1mthrée\x1b[0m ␦ 日本\r\n".encode())
