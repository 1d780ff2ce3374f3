"""The commands in the README and the documentation do what they are said to do, in the simulated EC2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from amitui.cli import main
from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from tests.support.doc_pages import Command, commands
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[[Command], int]

NEEDS: Final = {
    "s3://": "a bucket",
    "--organization": "roles and profiles of an organization",
    "--profile": "several profiles",
    "--apply": "the hash of a plan of today",
    "--watch": "an operation in progress",
    "--time": "half a minute for a Region's whole Community",
    "…": "an ID",
    "@web": "a saved view and a terminal",
}
"""What commands are not run for, by a part of them."""

NOT_RUN: Final = 21
"""How many commands are not run. Find a way to run the next one rather than to raise this."""

SCREENS: Final = ((), ("--offline",), ("--demo",))
SERVERS: Final = (("demo", "--port", "5000"),)


def is_left_out(command: Command) -> bool:
    """Whether a test cannot run it: it needs something, draws a screen, or serves until it is stopped."""
    text = " ".join(command.words)
    return command.words in (*SCREENS, *SERVERS) or any(part in text for part in NEEDS)


FILES: Final = {
    "images.json": ("find", "ubuntu 24.04 arm64", "-o", "json", "--limit", "2"),
    "uses.csv": ("audit", "-o", "csv"),
}
"""Files that commands read, and the command that writes each."""

FLEET_FAILS: Final = 5
"""What `audit --fail-on` ends with: the demo's fleet has what it is there to find."""

RUN: Final = [command for command in commands() if not is_left_out(command)]

CONFIG: Final = """
regions = ["us-east-1"]

[clean.golden]
keep = 3

[clean.old]
keep = 1
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    root = tmp_path_factory.mktemp("documentation")
    with pytest.MonkeyPatch.context() as patch, DemoProcess(speed=100_000) as demo:
        _enter(patch, root, demo.url)

        def once(command: Command) -> int:
            try:
                return main(list(command.words))
            except SystemExit as ended:  # argparse's --version
                return ended.code if isinstance(ended.code, int) else 1

        yield once


def _enter(patch: pytest.MonkeyPatch, root: Path, url: str) -> None:
    """Stand where a reader stands: a home with a config, credentials, and nothing cached."""
    for name in tuple(os.environ):
        if name.startswith(("AWS_", "AMITUI_", "XDG_")):
            patch.delenv(name)
    for name, value in isolated_environment(root).items():
        patch.setenv(name, value)
    patch.setenv("AWS_ACCESS_KEY_ID", MAIN_ACCESS_KEY)
    patch.setenv("AWS_SECRET_ACCESS_KEY", "demo")
    patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    patch.setenv("AWS_ENDPOINT_URL", url)
    patch.chdir(root)
    config = root / "home" / ".config" / "amitui" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(CONFIG)


def _allowed(command: Command) -> tuple[int, ...]:
    return (FLEET_FAILS,) if "--fail-on" in command.words else command.codes


def test_commands_of_the_documentation_end_as_it_says(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for name, words in FILES.items():
        assert run(Command("", words, (0,))) == 0
        Path(name).write_text(capsys.readouterr().out)
    seen: dict[tuple[str, ...], int] = {}
    wrong = []
    for command in RUN:
        if command.words not in seen:
            seen[command.words] = run(command)
        said = capsys.readouterr()
        code = seen[command.words]
        if code not in _allowed(command) or "usage:" in said.err:
            wrong.append((command.line, code, said.err[-300:]))
    assert not wrong, wrong


def test_no_more_commands_than_known_are_left_out() -> None:
    left_out = [command.line for command in commands() if is_left_out(command)]
    assert len(left_out) == NOT_RUN, left_out
    assert len(RUN) >= 40
