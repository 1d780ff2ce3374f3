"""`amitui info --check`: each check says what is wrong and what helps, and none keeps the others from running."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

import botocore
import pytest

from amitui.catalog.locks import held_locks, shard_lock
from amitui.cli import main
from amitui.domain.catalogue.shard import Shard
from amitui.ec2.endpoint_probe import Probe, Step, endpoint_of, probe, trusted_certificates, without_password
from amitui.errors import UsageError
from amitui.paths import locate
from amitui.services.checks import machine
from amitui.services.checks.aws import REFUSED_S, findings_of
from amitui.services.checks.finding import Finding, Verdict, bounded, in_thread, ok
from amitui.services.checks.terminal import check_clipboard, check_terminal, colours_of
from amitui.settings import Settings
from tests.support.isolation import move_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CERTIFICATES = str(Path(botocore.__file__).parent / "cacert.pem")
MODERN = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(locations=locate({"HOME": str(tmp_path)}))


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """Host and port of a server that answers each connection once."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return  # closed
                with connection:
                    received = connection.recv(65_536)
                    connection.sendall(answer(received))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def http(ahead_s: float = 0.0) -> Callable[[bytes], bytes]:
    """The answer of a server whose clock is behind, so that this machine's is ahead by so much."""
    date = formatdate(time.time() - ahead_s, usegmt=True)
    return lambda _: f"HTTP/1.1 302 Found\r\nDate: {date}\r\n\r\n".encode()


def of(found: list[Finding], name: str) -> Finding:
    (one,) = (each for each in found if each.name == name)
    return one


# The way to the endpoint


@pytest.mark.parametrize(
    ("ahead_s", "verdict", "said"),
    [
        (0.0, Verdict.OK, "within"),
        (120.0, Verdict.WARN, "ahead of"),
        (-120.0, Verdict.WARN, "behind"),
        (REFUSED_S + 60, Verdict.FAIL, "ahead of"),
        (-86_400.0, Verdict.FAIL, "behind"),
    ],
)
def test_the_clock_is_compared_with_the_one_that_answers(ahead_s: float, verdict: Verdict, said: str) -> None:
    with answering(http(ahead_s)) as address:
        found = findings_of(probe(f"http://{address}", CERTIFICATES, {}))
    clock = of(found, "clock")
    assert (clock.verdict, said in clock.words) == (verdict, True)
    assert bool(clock.remedy) == (verdict is not Verdict.OK)
    assert all(of(found, name).verdict is Verdict.OK for name in ("proxy", "DNS", "TCP", "HTTP"))


def test_each_step_that_fails_is_named_and_the_rest_is_not_reached() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{unused.getsockname()[1]}"
        failing = {
            "DNS": "http://no-such-host.invalid",
            "TCP": refused,
        }
        with answering(lambda _: b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as address:
            failing |= {"TLS": f"https://{address}", "HTTP": f"http://{address}"}
            for name, url in failing.items():
                found = findings_of(probe(url, CERTIFICATES, {}))
                wrong = [one.name for one in found if one.verdict is Verdict.FAIL]
                assert wrong == [name]
                assert of(found, name).remedy
                assert of(found, "clock").verdict is Verdict.SKIP


def test_a_proxy_that_refuses_is_named_and_its_password_is_not() -> None:
    asked: list[bytes] = []

    def refuse(request: bytes) -> bytes:
        asked.append(request)
        return b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"

    with answering(refuse) as address:
        found = findings_of(
            probe("https://ec2.eu-west-1.amazonaws.com", CERTIFICATES, {"https": f"http://me:hunter2@{address}"})
        )
    (wrong,) = (one for one in found if one.verdict is Verdict.FAIL)
    assert wrong.name == "proxy"
    assert "407" in wrong.words
    assert asked[0].startswith(b"CONNECT ec2.eu-west-1.amazonaws.com:443 ")
    assert "hunter2" not in str(found)


def test_a_certificate_that_is_not_trusted_is_named_and_the_clock_is_read_all_the_same() -> None:
    found = findings_of(Probe((Step("proxy", True, "none"), Step("TLS", False, "not yet valid")), REFUSED_S * 2))
    assert of(found, "TLS").verdict is Verdict.FAIL
    assert of(found, "clock").verdict is Verdict.FAIL


def test_the_endpoint_is_that_of_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    assert endpoint_of("eu-west-1", None) == "https://ec2.eu-west-1.amazonaws.com"
    assert endpoint_of("cn-north-1", None) == "https://ec2.cn-north-1.amazonaws.com.cn"
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    assert endpoint_of("us-east-1", None) == "https://ec2-fips.us-east-1.amazonaws.com"
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/own.pem")
    assert trusted_certificates(None) == "/etc/own.pem"


@pytest.mark.parametrize("url", ["http://a:b@proxy:3128", "a:b@proxy:3128", "http://proxy:3128"])
def test_a_url_is_shown_without_its_password(url: str) -> None:
    assert without_password(url) == "http://proxy:3128"


# Terminal and clipboard


@pytest.mark.parametrize(
    ("environ", "size", "verdict"),
    [
        (MODERN, (120, 40), Verdict.OK),
        (MODERN, (60, 15), Verdict.WARN),
        (MODERN, None, Verdict.WARN),
        ({**MODERN, "TERM": "dumb"}, (80, 24), Verdict.FAIL),
        ({"LANG": "C.UTF-8"}, (80, 24), Verdict.FAIL),
        ({**MODERN, "LC_ALL": "C"}, (80, 24), Verdict.WARN),
    ],
)
def test_a_terminal_is_judged_by_what_it_says(
    environ: dict[str, str], size: tuple[int, int] | None, verdict: Verdict
) -> None:
    found = check_terminal(environ, size, mouse=True)
    assert found.verdict is verdict
    assert bool(found.remedy) == (verdict is not Verdict.OK)


def test_colours_are_those_of_the_environment() -> None:
    assert colours_of(MODERN) == "16 million colours"
    assert colours_of({"TERM": "screen-256color"}) == "256 colours"
    assert colours_of({"TERM": "vt220"}) == "16 colours"
    assert colours_of({**MODERN, "NO_COLOR": "1"}).startswith("no colours")


@pytest.mark.parametrize(
    ("option", "passed", "verdict"),
    [
        ("external", "off", Verdict.OK),
        ("on", "", Verdict.OK),
        ("off", "on", Verdict.OK),
        ("off", "off", Verdict.WARN),
        ("off", "", Verdict.WARN),
    ],
)
def test_tmux_is_asked_whether_it_lets_text_through(
    option: str, passed: str, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tmux"
    program.write_text(f'#!/bin/sh\ncase "$3" in set-clipboard) echo {option};; *) echo "{passed}";; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = check_clipboard({**MODERN, "TMUX": "/tmp/tmux-0/default,1,0"})
    assert found.verdict is verdict
    assert f"set-clipboard is {option}" in found.words


def test_a_terminal_without_a_clipboard_is_named() -> None:
    assert check_clipboard({**MODERN, "TERM_PROGRAM": "Apple_Terminal"}).verdict is Verdict.WARN
    assert check_clipboard({"TERM": "linux"}).verdict is Verdict.WARN
    assert check_clipboard(MODERN).verdict is Verdict.OK
    assert "GNU screen" in check_clipboard({**MODERN, "STY": "1.pts"}).words


# This machine


def test_a_cache_is_tried_and_nothing_of_the_trial_stays(settings: Settings) -> None:
    found = machine.check_cache(settings)
    assert found.verdict is Verdict.OK
    assert "journal mode wal" in found.words
    assert os.listdir(settings.locations.realm) == []


def test_a_cache_on_a_network_disk_is_warned_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "file_system_of", lambda _: "nfs4")
    found = machine.check_cache(settings)
    assert found.verdict is Verdict.WARN
    assert "nfs4" in found.words
    assert "--cache-dir" in found.remedy


def test_the_file_system_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/b {tmp_path} nfs4 rw 0 0\nx {tmp_path}-other tmpfs rw 0 0\n")
    assert machine.file_system_of(str(tmp_path / "deep/er"), str(mounts)) == "nfs4"
    assert machine.file_system_of("/", str(mounts)) == "ext4"
    assert machine.file_system_of("/", str(tmp_path / "none")) == ""


def test_who_holds_a_lock_is_named(settings: Settings) -> None:
    folder = settings.locations.locks_dir
    assert machine.check_locks(settings).words.startswith("none")
    with shard_lock(folder, Shard("aws", "public", "eu-west-1", "amazon")):
        assert len(held_locks(folder)) == 1
        words = machine.check_locks(settings).words
    assert words.startswith("1 fetch in progress")
    if os.path.exists("/proc/locks"):
        assert f"process {os.getpid()}" in words
    assert held_locks(folder) == []


def test_a_config_that_others_can_change_is_warned_of(settings: Settings) -> None:
    path = Path(settings.locations.config_file)
    assert machine.check_config(settings, None).verdict is Verdict.OK
    path.parent.mkdir(parents=True)
    path.write_text("")
    path.chmod(0o666)
    assert machine.check_config(settings, None).verdict is Verdict.WARN
    path.chmod(0o600)
    assert machine.check_config(settings, None).verdict is Verdict.OK
    assert machine.check_config(settings, UsageError("wrong", remedy="correct it")).verdict is Verdict.FAIL


def test_the_packages_that_are_installed_are_within_their_bounds() -> None:
    assert machine.check_python().verdict is Verdict.OK
    found = machine.check_dependencies()
    assert found.verdict is Verdict.OK
    assert "textual" in found.words
    assert "moto" not in found.words


def test_packages_outside_their_bounds_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["textual<3,>=2", "no-such-package>=1", "moto>=99; extra == 'demo'"]
    monkeypatch.setattr(machine, "requires", lambda _: needed)
    found = machine.check_dependencies()
    assert (found.verdict, found.words) == (Verdict.FAIL, "not installed: no-such-package")
    monkeypatch.setattr(machine, "requires", lambda _: needed[:1])
    assert machine.check_dependencies().verdict is Verdict.WARN


# All together


async def test_a_check_that_hangs_or_breaks_is_a_finding() -> None:
    found = await bounded("slow", asyncio.sleep(3600, ok("slow", "")), 0.01)
    assert (found.name, found.verdict) == ("slow", Verdict.FAIL)

    def broken() -> Finding:
        raise KeyError("hunter2")

    found = await in_thread("broken", broken)
    assert found.verdict is Verdict.FAIL
    assert "KeyError" in found.words
    assert "hunter2" not in found.words


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    move_home(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # Of a process of its own; here it would end the tests.
    monkeypatch.setattr("amitui.cli.check.leave_despite_threads", lambda code: code)
    return tmp_path


NAMES = ("Python", "dependencies", "config", "terminal", "clipboard", "cache", "locks", "journal")


@pytest.mark.parametrize(("key", "verdict"), [("q", "fail"), ("ctrl+m", "fail"), ("f6", "ok")])
def test_a_config_whose_commands_have_keys_with_which_the_screen_does_not_start_fails(
    home: Path, capsys: pytest.CaptureFixture[str], key: str, verdict: str
) -> None:
    config = home / ".config/amitui/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[commands.mine]\nrun = "true"\nkey = "{key}"\n')
    with answering(http()) as address:
        main(["info", "--check", "-o", "json", "--endpoint-url", f"http://{address}"])
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert found["config"]["verdict"] == verdict
    assert verdict == "ok" or f"key = '{key}' in [commands.mine]" in found["config"]["words"]


def test_all_checks_run_when_several_fail(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = home / ".config/amitui/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("no_such_setting = 1\n")
    journal = Path(locate({"HOME": str(home)}).journal_file)
    journal.parent.mkdir(parents=True, mode=0o700)
    journal.write_text("no database " * 100)
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with answering(http()) as address:
        code = main(["info", "--check", "-o", "json", "--endpoint-url", f"http://{address}"])
    assert code == 3
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert set(NAMES) < set(found)
    assert {name for name, one in found.items() if one["verdict"] == "fail"} >= {"config", "credentials"}
    assert "no_such_setting" in found["config"]["words"]
    assert "no-such-profile" in found["credentials"]["words"]
    assert all(one["remedy"] for one in found.values() if one["verdict"] == "fail")


def test_without_the_network_nothing_is_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--check", "--offline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    skipped = [line.split()[1] for line in lines if line.startswith("skip")]
    assert skipped == ["credentials", "Region", "endpoint", "clock"]


def test_keys_are_never_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "FwoGZXIvYXdzEXAMPLE")
    with answering(http()) as address:
        main(["info", "--check", "--endpoint-url", f"http://user:hunter2@{address}"])
    printed = capsys.readouterr()
    for secret in ("wJalrXUtnFEMI", "FwoGZXIvYXdz", "hunter2"):
        assert secret not in printed.out + printed.err
