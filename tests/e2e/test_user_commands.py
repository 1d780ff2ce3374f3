"""A command of the user's own on a real terminal: it has the terminal while the screen is suspended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.terminal_steps import START_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import OpenTerminal

ALTERNATE_SCREEN = b"\x1b[?1049h"
MAIN_SCREEN = b"\x1b[?1049l"

CONFIG = """
[commands.ask]
key = "f6"
applies = "anywhere"
run = '''
trap "echo interrupted" INT
printf "name? "
until read answer; do :; done
echo "hello $answer from $AMITUI_REGION"
exit 7
'''
[commands.rude]
key = "alt+x"
applies = "anywhere"
run = 'printf "\\033[?1003h\\033[?1049h"; stty raw -echo; kill -9 $$'
[commands.shell]
key = "alt+y"
applies = "anywhere"
run = ["/bin/bash", "--norc", "-ic", "kill -9 $$"]
[commands.missing]
key = "ctrl+e"
applies = "anywhere"
run = ["/no/such/program"]
[commands.wait]
key = "f7"
applies = "anywhere"
background = true
run = 'echo "$$" > pid; echo ready; sleep 1000'
"""


def test_a_command_reads_from_the_terminal_and_the_screen_comes_back(
    open_terminal: OpenTerminal, amitui_command: list[str], tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    terminal = open_terminal([*amitui_command, "--offline", "--region", "eu-central-1", "--config", str(config)])
    terminal.wait_for("q Quit", timeout=START_SECONDS)
    terminal.press("f6")
    terminal.wait_for("name?")
    assert terminal.raw.rindex(MAIN_SCREEN) > terminal.raw.rindex(ALTERNATE_SCREEN)
    terminal.press("ctrl+c")
    terminal.wait_for("interrupted")
    terminal.type("you\n")
    terminal.wait_for("hello you from eu-central-1")
    terminal.wait_for("ended with exit code 7; Enter returns to amitui")
    terminal.press("enter")
    terminal.wait_for(lambda one: "ask: exit code 7" in one.screen_text() and "q Quit" in one.screen_text())
    assert terminal.raw.rindex(ALTERNATE_SCREEN) > terminal.raw.rindex(MAIN_SCREEN)

    terminal.press("ctrl+e")
    terminal.wait_for(
        lambda one: "cannot start /no/such/program" in one.screen_text() and "q Quit" in one.screen_text()
    )

    terminal.press("f7")
    terminal.wait_for("ready")
    terminal.press("ctrl+q")
    assert terminal.wait_for_exit() == 0
    assert b"Traceback" not in terminal.raw
    assert "stopped, as it was still running: wait, after" in terminal.screen_text()


def test_enter_and_ctrl_c_end_the_pause_after_programs_that_were_killed_before_they_put_the_terminal_right(
    open_terminal: OpenTerminal, amitui_command: list[str], tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    terminal = open_terminal([*amitui_command, "--offline", "--region", "eu-central-1", "--config", str(config)])
    terminal.wait_for("q Quit", timeout=START_SECONDS)
    for key, name, end in (("alt+x", "rude", "enter"), ("alt+y", "shell", "ctrl+c")):
        terminal.press(key)
        terminal.wait_for("[ended by signal 9; Enter returns to amitui]")
        terminal.press(end)
        terminal.wait_for(f"{name}: ended by signal 9")
    assert terminal.raw.rindex(b"\x1b[?1003l") > terminal.raw.index(b"\x1b[?1003h\x1b[?1049h")
    terminal.press("ctrl+q")
    assert terminal.wait_for_exit() == 0
