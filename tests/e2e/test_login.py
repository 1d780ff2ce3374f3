"""Logging in from a screen that has no credentials yet: with the AWS CLI on the lent terminal, and without it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.app import record
from tests.support.fake_ec2 import fake_ec2
from tests.support.fake_sso import PENDING, SECRET, SSO_CONFIG, USER_CODE, fake_aws, fake_sso, token_script
from tests.support.terminal_steps import START_SECONDS, aws_config, has_rows, hides, leave, shows

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal


def _files_below(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file() and ".aws" not in one.parts and one.name != "aws"]


def _choose_dev(terminal: Terminal) -> None:
    terminal.press("f9")
    terminal.wait_for(shows("Log in: dev", "Log in: old"))
    terminal.wait_settled(60)
    terminal.press("2")


def test_a_login_that_fails_or_is_interrupted_or_succeeds_leaves_the_screen_as_it_has_to_be(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    aws_config(environment, SSO_CONFIG)
    program = tmp_path / "program"
    with fake_ec2([record(1, "acme-web")]) as ec2, fake_sso() as sso:
        path = fake_aws(program, "echo CANNOT OPEN A BROWSER\nexit 3")
        variables = {
            **sso.environment,
            "AWS_ENDPOINT_URL_EC2": ec2.url,
            "AWS_ENDPOINT_URL_STS": ec2.url,
            "PATH": f"{path}:/usr/bin:/bin",
        }
        command = [*amitui_command, "--profile", "dev", "--region", "us-east-1"]
        terminal = open_terminal(command, environment=variables)
        terminal.wait_for(shows("no SSO login for profile dev", "F9 logs in"), timeout=START_SECONDS)

        _choose_dev(terminal)
        terminal.wait_for(shows("CANNOT OPEN A BROWSER", "Enter returns to amitui"))
        terminal.press("enter")
        terminal.wait_for("not logged in: aws exited with 3")
        assert "CANNOT OPEN A BROWSER" not in terminal.screen_text(), "the screen is amitui's again"

        fake_aws(program, f"echo WAITING > {tmp_path}/waiting\necho WAITING FOR A BROWSER\nexec sleep 600")
        _choose_dev(terminal)
        terminal.wait_for("WAITING FOR A BROWSER")
        terminal.press("ctrl+c")
        terminal.wait_for("not logged in: interrupted")

        shutil.rmtree(program)
        sso.answers.append(PENDING)
        _choose_dev(terminal)
        terminal.wait_for(shows("Open this link", USER_CODE), timeout=START_SECONDS)
        terminal.press("y")
        terminal.wait_for("link sent to the clipboard")
        assert terminal.clipboard == [sso.link]
        terminal.press("escape")
        terminal.wait_for(shows("login cancelled", "no SSO login for profile dev"))

        assert not has_rows(terminal)
        fake_aws(program, f"echo CONFIRMED\n{token_script(environment['HOME'])}")
        _choose_dev(terminal)
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        terminal.wait_for(hides("no SSO login"))
        leave(terminal)
        assert SECRET.encode() not in terminal.raw
    assert not [one for one in _files_below(tmp_path) if SECRET.encode() in one.read_bytes()]
