"""When things are not as they should be: each case has its own words, a way out, and no traceback."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal_steps import START_SECONDS, aws_config, hides, leave, open_and_close, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import OpenTerminal


@pytest.mark.parametrize(
    ("config", "words", "code", "told"),
    [
        ("", ["find", "x"], 3, "no Region is set"),
        ("[default]\nregion = eu-west-1\n", ["find", "x"], 3, "credentials"),
        ("[default]\nregion = eu-west-1\n", ["find", "x", "--profile", "nobody"], 3, "nobody"),
        ("", ["find", "x", "--region", "Mars"], 3, "not a Region name"),
        ("", ["find", "colour:red", "--offline"], 2, "colour"),
        ("", ["find", "x", "--scope", "everyone", "--offline"], 2, "unknown scope"),
        ("", ["find", "x", "--config", "/nowhere/config.toml"], 2, "config file not found"),
        ("", ["import", "/nowhere/file.json"], 2, "cannot read"),
        ("", ["find", "x", "--offline"], 3, "no Region is set"),
        ("", ["find", "x", "--offline", "--region", "eu-west-1"], 1, ""),
        ("", ["--offline"], 2, "needs a terminal"),
        (
            "[profile sso]\nregion = eu-west-1\nsso_start_url = https://x.example/start\nsso_region = eu-west-1\n"
            "sso_account_id = 111122223333\nsso_role_name = r\n",
            ["find", "x", "--profile", "sso"],
            3,
            "aws sso login --profile sso",
        ),
    ],
)
def test_each_trouble_has_its_own_words_and_exit_code(
    amitui_command: list[str], environment: dict[str, str], config: str, words: list[str], code: int, told: str
) -> None:
    aws_config(environment, config)
    done = run(amitui_command, environment, *words)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_credentials_the_screen_says_what_to_do_and_q_leaves(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str]
) -> None:
    aws_config(environment, "[default]\nregion = eu-west-1\n")
    terminal = open_terminal(amitui_command)
    terminal.wait_for("credentials", timeout=START_SECONDS)
    open_and_close(terminal, "!", "Errors")
    leave(terminal)


def test_a_machine_without_any_region_is_asked_for_one(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    terminal = open_terminal([*amitui_command, "--offline"])
    terminal.wait_for("af-south-1", timeout=START_SECONDS)
    terminal.type("ireland")
    terminal.wait_for(lambda t: "eu-west-1" in t.screen_text() and "af-south-1" not in t.screen_text())
    terminal.press("escape")
    terminal.wait_for("af-south-1")
    terminal.press("escape")
    terminal.wait_for(hides("af-south-1"))
    leave(terminal)


def test_a_dead_endpoint_is_named_and_cached_rows_stay(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    dead = "http://127.0.0.1:9"
    dump = tmp_path / "dump.jsonl"
    dump.write_text('{"ImageId": "ami-0123456789abcdef0", "Name": "still here", "Public": true}')
    environment |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    done = run(amitui_command, environment, "import", str(dump), "--region", "us-east-1", "--endpoint-url", dead)
    assert done.returncode == 0, done.stderr
    terminal = open_terminal(
        [*amitui_command, "--endpoint-url", dead, "--region", "us-east-1", "--scope", "all"],
        environment=environment,
    )
    terminal.wait_for("still here", timeout=START_SECONDS)
    terminal.wait_for("error", timeout=START_SECONDS)
    assert "still here" in terminal.screen_text()
    assert b"secret" not in terminal.raw
    leave(terminal)


def test_a_reader_that_leaves_with_what_it_asked_for_is_no_failure_and_one_that_read_nothing_is(
    amitui_command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    dump = tmp_path / "dump.jsonl"
    dump.write_text("\n".join(f'{{"ImageId": "ami-{n:08x}", "Public": true}}' for n in range(20_000)))
    assert run(amitui_command, environment, "import", str(dump), "--region", "us-east-1").returncode == 0
    words = " ".join([*amitui_command, "find", "--offline", "-o", "id"])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{{ {words}; echo code=$? >&2; }} | head -n 1"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == "code=0\n"

    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:
        nothing = subprocess.run(
            words.split(), env=environment, stdout=gone, stderr=subprocess.PIPE, timeout=180, check=False
        )
    assert (nothing.returncode, nothing.stderr) == (130, b"")


def test_a_profile_that_is_not_there_is_said_before_a_screen_opens(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str]
) -> None:
    aws_config(environment, "[profile a]\nregion = eu-west-1\n")
    terminal = open_terminal(amitui_command, environment={"AWS_PROFILE": "nosuch"})
    assert terminal.wait_for_exit(START_SECONDS) == 3
    said = terminal.raw.decode()
    assert "amitui: there is no profile nosuch" in said
    assert "AWS_PROFILE names it" in said
    assert "no Region" not in said
