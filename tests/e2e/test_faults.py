"""EC2 and STS that refuse, stall, expire or vanish: words for each, F5 retries, cached rows stay, q leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.e2e.test_crashes import REGION, images
from tests.support.fake_ec2 import FakeEc2, fake_ec2
from tests.support.terminal_steps import (
    LEAVE_SECONDS,
    START_SECONDS,
    access_keys,
    aws_config,
    hides,
    leave,
    run,
    shows,
    shows_an_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal


@pytest.fixture
def fake() -> Iterator[FakeEc2]:
    with fake_ec2(images(150)) as fake:
        yield fake


@pytest.fixture
def command(
    fake: FakeEc2, amitui_command: list[str], environment: dict[str, str], tmp_path: Path
) -> Callable[..., list[str]]:
    """The command with some words, on the fake."""
    environment |= access_keys() | {"AMITUI_PAGE_SIZE": "100"}
    options = ["--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(tmp_path / "cache")]
    return lambda *words: [*amitui_command, *words, *options, "--scope", "amazon"]


def status_line(terminal: Terminal) -> str:
    return terminal.screen_text().splitlines()[-2]


FAULTS = {
    "RequestExpired": (400, "clock"),
    "ExpiredToken": (403, "expired"),
    "UnauthorizedOperation": (403, "ec2:DescribeImages"),
    "AuthFailure": (401, "credentials"),
    "InternalError": (500, "EC2"),
    "RequestLimitExceeded": (503, "throttled"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_refusal_has_its_words_beside_the_cached_rows_and_f5_tries_again(
    fake: FakeEc2,
    command: Callable[..., list[str]],
    open_terminal: OpenTerminal,
    environment: dict[str, str],
    code: str,
) -> None:
    status, word = FAULTS[code]
    assert run(command("sync"), environment).returncode == 0
    fake.images = images(151)
    fake.fail("DescribeImages", status, code, "validate the provided access credentials", times=500)
    if status < 500:  # what is tried again for a while is slow enough once
        done = run(command("sync"), environment)
        assert done.returncode == 3, done.stderr
        assert word in done.stderr
    terminal = open_terminal(command(), environment=environment)
    terminal.wait_for("golden-00149", timeout=START_SECONDS)
    terminal.press("f5")
    terminal.wait_for(shows_an_error, timeout=START_SECONDS)
    terminal.press("!")
    terminal.wait_for(shows("─ Errors", word))
    terminal.press("escape")
    terminal.wait_for(hides("─ Errors"))
    assert "golden-00149" in terminal.screen_text()
    fake.recover()
    terminal.press("f5")
    terminal.wait_for("golden-00150", timeout=START_SECONDS)
    leave(terminal)
    assert b"do-not-show-this" not in terminal.raw


def test_credentials_that_expire_are_read_anew_by_f5(
    fake: FakeEc2,
    command: Callable[..., list[str]],
    open_terminal: OpenTerminal,
    environment: dict[str, str],
) -> None:
    for name in access_keys():
        del environment[name]
    credentials = Path(environment["AWS_SHARED_CREDENTIALS_FILE"])
    aws_config(environment, "")
    credentials.write_text("[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = x\n")
    fake.fail("GetCallerIdentity", 403, "ExpiredToken", "The security token included in the request is expired")
    terminal = open_terminal(command(), environment=environment)
    terminal.wait_for("expired", timeout=START_SECONDS)
    credentials.write_text("[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = x\n")
    terminal.press("f5")
    terminal.wait_for("golden-00149", timeout=START_SECONDS)
    assert "AKIAOLD" in fake.headers[0]["authorization"]
    assert "AKIANEW" in fake.headers[-1]["authorization"]
    leave(terminal)


@pytest.mark.parametrize("action", ["GetCallerIdentity", "DescribeImages"])
def test_q_leaves_at_once_while_a_request_hangs(
    fake: FakeEc2, command: Callable[..., list[str]], open_terminal: OpenTerminal, action: str
) -> None:
    fake.hang(action)
    terminal = open_terminal(command())
    assert fake.hanging.wait(START_SECONDS)
    terminal.wait_for("q Quit", timeout=START_SECONDS)
    leave(terminal)


@pytest.fixture
def lost(command: Callable[..., list[str]], environment: dict[str, str], tmp_path: Path) -> LostCommand:
    """The command on an endpoint whose name nobody answers for."""
    patch, called = tmp_path / "patch", tmp_path / "asked"
    patch.mkdir()
    patch.joinpath("sitecustomize.py").write_text(
        "import pathlib, socket, threading\n"
        "def getaddrinfo(*_, **__):\n"
        f"    pathlib.Path({str(called)!r}).touch()\n"
        "    threading.Event().wait()\n"
        "socket.getaddrinfo = getaddrinfo\n"
    )
    environment["PYTHONPATH"] = str(patch)

    def with_lost_name(*words: str) -> list[str]:
        found = command(*words)
        found[found.index("--endpoint-url") + 1] = "http://ec2.invalid:9"
        return found

    return LostCommand(with_lost_name, called)


class LostCommand(NamedTuple):
    command: Callable[..., list[str]]
    called: Path

    def wait_until_called(self, terminal: Terminal) -> None:
        """Wait until the name is being looked up."""
        while not self.called.exists():
            assert terminal.exit_code is None, terminal.screen_text()
            terminal.pump(0.05)


def test_q_leaves_at_once_while_a_name_is_looked_up_in_vain(
    lost: LostCommand, open_terminal: OpenTerminal
) -> None:
    terminal = open_terminal(lost.command())
    terminal.wait_for("q Quit", timeout=START_SECONDS)
    lost.wait_until_called(terminal)
    leave(terminal)


def test_ctrl_c_ends_a_find_at_once_while_a_name_is_looked_up(
    lost: LostCommand, open_terminal: OpenTerminal
) -> None:
    terminal = open_terminal(lost.command("find", "golden"))
    lost.wait_until_called(terminal)
    terminal.press("ctrl+c")
    assert terminal.wait_for_exit(LEAVE_SECONDS) == 130
    assert b"Traceback" not in terminal.raw


def test_a_fetch_is_cancelled_by_ctrl_x_and_f5_fetches_the_rest(
    fake: FakeEc2, command: Callable[..., list[str]], open_terminal: OpenTerminal, environment: dict[str, str]
) -> None:
    fake.images = images(350)
    fake.hang_at = lambda query: query.get("NextToken", "").startswith("0/200")
    terminal = open_terminal(command())
    assert fake.hanging.wait(START_SECONDS)
    terminal.wait_for("golden-00199", timeout=START_SECONDS)
    terminal.press("ctrl+x")
    terminal.wait_for("fetched images are kept")
    assert "golden-00199" in terminal.screen_text()
    fake.recover()
    fake.requests.clear()
    terminal.press("f5")
    terminal.wait_for("golden-00349", timeout=START_SECONDS)
    first = next(query for query in fake.calls("DescribeImages") if query.get("Owner.1") == "amazon")
    assert "NextToken" in first
    leave(terminal)


def test_find_asks_aws_for_nothing_that_is_cached(
    fake: FakeEc2, command: Callable[..., list[str]], environment: dict[str, str]
) -> None:
    assert run(command("find", "golden"), environment).returncode == 0
    fake.requests.clear()
    done = run(command("find", "golden", "-o", "id"), environment)
    assert len(done.stdout.split()) == 150
    assert fake.requests == []


def test_find_answers_from_the_cache_when_aws_cannot_be_asked(
    fake: FakeEc2, command: Callable[..., list[str]], environment: dict[str, str]
) -> None:
    assert run(command("sync"), environment).returncode == 0
    fake.fail("GetCallerIdentity", 403, "ExpiredToken", "expired", times=10)
    environment["AWS_ACCESS_KEY_ID"] = "AKIAANOTHER"
    done = run(command("find", "golden", "-o", "id", "--scope", "mine"), environment)
    assert done.returncode == 0
    assert len(done.stdout.split()) == 150
    assert "expired" in done.stderr
    done = run(command("find", "no such image", "-o", "id", "--scope", "mine"), environment)
    assert done.returncode == 3, "nobody knows whether there is none"


def test_ctrl_c_ends_a_find_that_hangs_with_130(
    fake: FakeEc2, command: Callable[..., list[str]], open_terminal: OpenTerminal
) -> None:
    fake.hang("DescribeImages")
    terminal = open_terminal(command("find", "golden"))
    assert fake.hanging.wait(START_SECONDS)
    terminal.press("ctrl+c")
    assert terminal.wait_for_exit(LEAVE_SECONDS) == 130
    assert b"Traceback" not in terminal.raw
