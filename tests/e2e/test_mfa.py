"""MFA codes in a real terminal: by the screen's dialog, and on a command's terminal wherever its streams lead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.app import record
from tests.support.fake_ec2 import FakeEc2, fake_ec2
from tests.support.terminal_steps import START_SECONDS, aws_config, has_rows, hides, leave, run, shows

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal

DEVICE = "arn:aws:iam::111122223333:mfa/me"
WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."
OWNER = "111122223333"


def _configure(environment: dict[str, str], ec2: FakeEc2) -> None:
    """A profile whose role wants a code, of keys that need none."""
    aws_config(
        environment,
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
        f"[profile dev]\nrole_arn = arn:aws:iam::{OWNER}:role/admin\nsource_profile = base\n"
        f"mfa_serial = {DEVICE}\nregion = us-east-1\n",
    )
    environment |= {"AWS_ENDPOINT_URL_EC2": ec2.url, "AWS_ENDPOINT_URL_STS": ec2.url}


def test_the_screen_asks_in_a_dialog_again_after_a_wrong_code_and_commands_then_need_none(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    with fake_ec2([record(1, "acme-web", OWNER)]) as ec2:
        _configure(environment, ec2)
        ec2.fail("AssumeRole", 403, "AccessDenied", WRONG)
        terminal = open_terminal([*amitui_command, "--profile", "dev"], environment=environment)
        terminal.wait_for(shows("MFA code: dev", DEVICE), timeout=START_SECONDS)
        terminal.type("12x34")
        terminal.press("enter")
        terminal.wait_for("a code has 6 digits")
        terminal.press("ctrl+u")
        terminal.type("\x1b[200~918 273\x1b[201~")  # pasted as a device shows it
        terminal.press("enter")
        terminal.wait_for("MultiFactorAuthentication failed")
        assert not has_rows(terminal)
        terminal.type("918274")
        terminal.press("enter")
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        terminal.wait_for(hides("MFA"))
        leave(terminal)
        assert [query["TokenCode"] for query in ec2.calls("AssumeRole")] == ["918273", "918274"]
        said = run(amitui_command, environment, "find", "acme", "--profile", "dev", "--fresh", "-o", "id")
        assert said.returncode == 0, said.stderr
        assert len(ec2.calls("AssumeRole")) == 2
    files = [one for one in tmp_path.rglob("*") if one.is_file() and ".aws" not in one.parts]
    assert not [one for one in files if b"token-of-a-role" in one.read_bytes() or b"91827" in one.read_bytes()]


def test_a_screen_whose_user_gives_no_code_says_so_and_asks_again_at_f5(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str]
) -> None:
    with fake_ec2([record(1, "acme-web", OWNER)]) as ec2:
        _configure(environment, ec2)
        terminal = open_terminal([*amitui_command, "--profile", "dev"], environment=environment)
        terminal.wait_for("MFA code: dev", timeout=START_SECONDS)
        terminal.press("escape")
        terminal.wait_for(shows("the role of profile dev requires an MFA code", "none was given", "F5"))
        terminal.press("f5")
        terminal.wait_for("MFA code: dev")
        terminal.type("918274")
        terminal.press("enter")
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        leave(terminal)


def test_a_command_asks_on_its_terminal_and_not_in_its_streams_and_ctrl_c_ends_the_question(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    with fake_ec2([record(1, "acme-web", OWNER)]) as ec2:
        _configure(environment, ec2)
        words = " ".join([*amitui_command, "find acme --profile dev --scope mine -o id"])
        question = f"MFA code of {DEVICE} for dev:"
        terminal = open_terminal(["/bin/sh", "-c", f"{words} </dev/null >found 2>said"], environment=environment)
        terminal.wait_for(question, timeout=START_SECONDS)
        terminal.press("ctrl+c")
        assert terminal.wait_for_exit() in (130, -2)
        assert not ec2.calls("AssumeRole")

        terminal = open_terminal(["/bin/sh", "-c", f"{words} </dev/null >found 2>said"], environment=environment)
        terminal.wait_for(question, timeout=START_SECONDS)
        terminal.type("91827\n")
        terminal.wait_for("a code has 6 digits")
        terminal.type("918274\n")
        assert terminal.wait_for_exit() == 0
        assert (tmp_path / "found").read_text() == "ami-00000000000000001\n"
        assert "MFA" not in (tmp_path / "said").read_text()

        for file in Path(environment["HOME"], ".aws/cli/cache").iterdir():
            file.unlink()
        said = run(["setsid", *amitui_command], environment, "sync", "--profile", "dev", "--scope", "mine")
        assert said.returncode == 3
        assert "there is no terminal" in said.stderr
        assert len(ec2.calls("AssumeRole")) == 1
