"""Somebody who uses amitui in a real terminal, against a simulated EC2 that others read too."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from tests.support.boto3_account import HOME
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal
from tests.support.terminal_steps import run

if TYPE_CHECKING:
    from pathlib import Path


class User:
    """Somebody before amitui on a screen of 80 columns.

    Args:
        folder: in which everything of theirs lies.
        key: who they are.
    """

    def __init__(self, folder: Path, url: str, *options: str, key: str = MAIN_ACCESS_KEY) -> None:
        self._environment = isolated_environment(folder) | {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_REGION": HOME,
        }
        self._amitui = [sys.executable, "-m", "amitui"]
        self._where = ("--endpoint-url", url)
        self.terminal = Terminal(
            [*self._amitui, *self._where, *options], environment=self._environment, cwd=folder
        )

    def operations(self) -> list[dict[str, Any]]:
        """What `amitui ops` lists, the newest first."""
        said = run(self._amitui, self._environment, "ops", "-o", "json", *self._where)
        assert said.returncode == 0, said.stderr
        found: list[dict[str, Any]] = json.loads(said.stdout)
        return found
