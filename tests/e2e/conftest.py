"""Fixtures of the end-to-end tests: the command, a clean environment for it, terminals that get closed."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Protocol

import pytest

from amitui.demo.launcher import DemoProcess
from tests.support.boto3_account import Boto3Account
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal
from tests.support.terminal_steps import START_SECONDS, has_rows
from tests.support.terminal_user import User

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class OpenTerminal(Protocol):
    """Starts a command in a terminal that is closed when the test ends."""

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> Terminal: ...


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A whole environment without anything of the machine's user; change it freely."""
    return isolated_environment(tmp_path)


@pytest.fixture
def amitui_command() -> list[str]:
    """The amitui of the environment that runs the tests."""
    return [sys.executable, "-m", "amitui"]


@pytest.fixture
def open_terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[OpenTerminal]:
    """Open terminals in the isolated environment; `environment` adds to it."""
    with ExitStack() as stack:

        def open_one(
            command: Sequence[str | Path],
            *,
            columns: int = 80,
            rows: int = 24,
            environment: Mapping[str, str] | None = None,
        ) -> Terminal:
            return stack.enter_context(
                Terminal(
                    command,
                    environment={**isolated, **(environment or {})},
                    columns=columns,
                    rows=rows,
                    cwd=tmp_path,
                )
            )

        isolated = environment
        yield open_one


CLOUD_SPEED: Final = 150
"""By what EC2's times are divided: an image of an instance takes some seconds."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoProcess]:
    """A simulated EC2 that goes on while programs come and go."""
    with DemoProcess(speed=CLOUD_SPEED) as running:
        yield running


@pytest.fixture
def outside(cloud: DemoProcess) -> Iterator[Boto3Account]:
    """Its main account, seen from outside."""
    with Boto3Account(cloud.url) as seen:
        yield seen


@pytest.fixture
def user(cloud: DemoProcess, tmp_path: Path) -> Iterator[User]:
    """Somebody of its main account before the first rows."""
    found = User(tmp_path, cloud.url)
    with found.terminal as terminal:
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        yield found
