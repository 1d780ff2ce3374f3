"""The cache: cut off by SIGKILL, damaged, of another version, full or read-only. Rows survive, words come."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_ec2 import FakeEc2, fake_ec2
from tests.support.terminal_steps import (
    START_SECONDS,
    access_keys,
    has_rows,
    hides,
    leave,
    open_and_close,
    run,
    shows,
    shows_an_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import OpenTerminal

REGION = "us-east-1"


def images(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "ImageId": f"ami-{number:017x}",
            "Name": f"golden-{number:05d}",
            "OwnerId": "137112412989",
            "ImageOwnerAlias": "amazon",
            "Public": True,
            "State": "available",
            "Architecture": "arm64",
            "CreationDate": f"2025-01-{1 + number // 1440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00.000Z",
            **more,
        }
        for number in range(count)
    ]


class Installation:
    """amitui with a cache of its own, on a fake EC2."""

    def __init__(self, command: list[str], environment: dict[str, str], fake: FakeEc2, root: Path) -> None:
        self.fake = fake
        self.environment = environment | access_keys() | {"AMITUI_PAGE_SIZE": "100"}
        self.cache = root / "cache"
        self.options = ["--endpoint-url", fake.url, "--region", REGION, "--cache-dir", str(self.cache)]
        self.command = command

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run(self.command, self.environment, *words, *self.options)

    def found(self, *words: str) -> list[str]:
        done = self("find", "--offline", "-o", "id", *words)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout.split()

    def screen(self, *words: str) -> list[str]:
        return [*self.command, *words, *self.options, "--scope", "amazon"]

    def file(self, pattern: str) -> Path:
        (found,) = self.cache.glob(f"v1/*/{pattern}")
        return found


@pytest.fixture
def amitui(amitui_command: list[str], environment: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    with fake_ec2(images(250)) as fake:
        yield Installation(amitui_command, environment, fake, tmp_path)


@pytest.fixture
def synced(amitui: Installation) -> Installation:
    assert amitui("sync", "--scope", "amazon").returncode == 0
    assert len(amitui.found()) == 250
    return amitui


def test_a_crawl_that_was_killed_shows_what_had_come_and_goes_on_there(amitui: Installation) -> None:
    with hanging_sync(amitui) as sync:
        os.kill(sync.pid, signal.SIGKILL)
        sync.wait()
    # Asking for the third page means that the first is stored; the second was perhaps being written.
    assert len(amitui.found()) in (100, 200)
    amitui.fake.requests.clear()
    assert amitui("sync", "--scope", "amazon").returncode == 0
    first, *_ = amitui.fake.calls("DescribeImages")
    assert first["NextToken"].split("/")[1] in ("100", "200")
    assert len(amitui.found()) == 250


@contextmanager
def hanging_sync(amitui: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """A sync whose third page never comes."""
    amitui.fake.hang_after("DescribeImages", 2)
    command = [*amitui.command, "sync", "--scope", "amazon", *amitui.options]
    with subprocess.Popen(command, env=amitui.environment, stderr=subprocess.PIPE) as sync:
        try:
            assert amitui.fake.hanging.wait(START_SECONDS)
            yield sync
        finally:
            sync.kill()


def test_ctrl_c_ends_a_sync_quietly_with_130_and_the_next_one_goes_on(amitui: Installation) -> None:
    with hanging_sync(amitui) as sync:
        os.kill(sync.pid, signal.SIGINT)
        assert sync.wait(START_SECONDS) == 130
        assert sync.stderr is not None
        said = sync.stderr.read()
        assert b"Traceback" not in said
        assert b"images arrived and are kept" in said
    amitui.fake.requests.clear()
    assert amitui("sync", "--scope", "amazon").returncode == 0
    assert "NextToken" in amitui.fake.calls("DescribeImages")[0]


def test_a_killed_screen_leaves_no_simulated_ec2_behind(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for(has_rows, timeout=START_SECONDS)
    children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
    assert children
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.wait_for_exit()
    for child in children:
        pidfd = os.pidfd_open(int(child)) if Path(f"/proc/{child}").exists() else None
        if pidfd is not None:
            assert signal.SIGKILL not in signal.sigpending()
            wait_for_end(pidfd)


def wait_for_end(pidfd: int) -> None:
    import select

    try:
        assert select.select([pidfd], [], [], START_SECONDS)[0], "the simulated EC2 outlives its screen"
    finally:
        os.close(pidfd)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_screen_that_is_ended_from_outside_takes_its_simulated_ec2_and_folder_along(
    open_terminal: OpenTerminal,
    amitui_command: list[str],
    environment: dict[str, str],
    number: signal.Signals,
    code: int,
) -> None:
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for(has_rows, timeout=START_SECONDS)
    os.kill(terminal.pid, number)
    assert terminal.wait_for_exit() == code
    assert b"Traceback" not in terminal.raw
    assert list(Path(environment["TMPDIR"]).iterdir()) == []


def test_signals_that_come_again_and_again_do_not_keep_a_demo_from_tidying_up(
    open_terminal: OpenTerminal, amitui_command: list[str], environment: dict[str, str]
) -> None:
    """A terminal that is closed sends SIGHUP more than once."""
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for(has_rows, timeout=START_SECONDS)
    left = threading.Event()

    def hang_up() -> None:
        while not left.wait(0.001):
            with suppress(ProcessLookupError):
                os.kill(terminal.pid, signal.SIGHUP)

    hanging_up = threading.Thread(target=hang_up)
    hanging_up.start()
    try:
        assert terminal.wait_for_exit() == 128 + signal.SIGHUP
    finally:
        left.set()
        hanging_up.join()
    assert list(Path(environment["TMPDIR"]).iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_without_a_screen_that_is_ended_tidies_up(
    amitui_command: list[str], environment: dict[str, str], number: signal.Signals
) -> None:
    folder = Path(environment["TMPDIR"])
    command = [*amitui_command, "sync", "--demo", "--scope", "all"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as sync:
        while not list(folder.glob("amitui-demo-*")):
            assert sync.poll() is None
        sync.send_signal(number)
        assert sync.stderr is not None
        assert b"Traceback" not in sync.stderr.read()
        assert sync.wait(START_SECONDS) == 128 + number
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("harm", ["header", "pages", "schema", "gone"])
def test_an_index_that_cannot_be_read_is_filled_again_without_the_network(
    synced: Installation, open_terminal: OpenTerminal, harm: str
) -> None:
    synced.fake.requests.clear()
    spoil(synced.file(f"index/{REGION}.sqlite"), harm)
    terminal = open_terminal(synced.screen("--offline"), environment=synced.environment)
    terminal.wait_for("golden-00249", timeout=START_SECONDS)
    leave(terminal)
    spoil(synced.file(f"index/{REGION}.sqlite"), harm)
    done = synced("find", "golden", "--offline", "-o", "id")
    assert f"rebuilding the index of {REGION}" in done.stderr
    if harm == "pages":
        # Found out while answering, when half of it may have been printed.
        assert done.returncode == 4
        done = synced("find", "golden", "--offline", "-o", "id")
    assert done.returncode == 0
    assert len(done.stdout.split()) == 250
    assert synced.fake.requests == []


def spoil(index: Path, harm: str) -> None:
    """Do to an index what disks, earlier versions and people do."""
    with closing(sqlite3.connect(index)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if harm == "schema":
            connection.execute("PRAGMA user_version=1")
            connection.commit()
    if harm == "header":
        index.write_bytes(b"this is no database" * 100)
    elif harm == "pages":
        whole = index.read_bytes()
        index.write_bytes(whole[: 4096 * 2] + b"\xff" * (len(whole) - 4096 * 2))
    elif harm == "gone":
        index.unlink()


def test_damaged_records_are_named_rows_stay_and_a_sync_fetches_them_again(
    synced: Installation, open_terminal: OpenTerminal
) -> None:
    synced.file("segments/cache.db").write_bytes(b"nonsense" * 1000)
    terminal = open_terminal(synced.screen("--offline"), environment=synced.environment)
    terminal.wait_for("golden-00249", timeout=START_SECONDS)
    terminal.press("enter")
    terminal.wait_for("damaged")
    terminal.press("escape")
    terminal.wait_for("golden-00249")
    leave(terminal)
    synced.file("segments/cache.db").write_bytes(b"nonsense" * 1000)
    done = synced("sync", "--scope", "amazon")
    assert done.returncode == 0, done.stderr
    assert "the stored image records were damaged" in done.stderr
    done = synced("find", "golden-00249", "--offline", "-o", "json")
    assert json.loads(done.stdout)["Images"][0]["Name"] == "golden-00249"


@pytest.mark.parametrize("harm", ["header", "pages"])
def test_a_sync_fills_a_damaged_index_by_itself(synced: Installation, harm: str) -> None:
    spoil(synced.file(f"index/{REGION}.sqlite"), harm)
    done = synced("sync", "--scope", "amazon")
    assert done.returncode == 0, done.stderr
    assert len(synced.found()) == 250


def test_where_no_more_can_be_written_what_was_cached_stays(
    synced: Installation, open_terminal: OpenTerminal
) -> None:
    synced.fake.images = images(4000, Description="x" * 60)
    limit = ["bash", "-c", 'ulimit -f 300; trap "" XFSZ; exec "$@"', "-"]
    command = [*limit, *synced.command, "sync", "--full", "--scope", "amazon", *synced.options]
    done = subprocess.run(
        command, env=synced.environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert len(synced.found()) >= 250
    terminal = open_terminal([*limit, *synced.screen()], environment=synced.environment)
    terminal.wait_for("golden", timeout=START_SECONDS)
    terminal.press("f5")
    terminal.wait_for(shows_an_error, timeout=START_SECONDS)
    leave(terminal)
    assert synced("sync", "--scope", "amazon").returncode == 0
    assert len(synced.found()) == 4000


def test_a_small_full_file_system_is_survived(synced: Installation, open_terminal: OpenTerminal) -> None:
    with tiny_disk(synced.cache.parent / "tiny") as folder:
        options = [*synced.options[:-1], str(folder)]
        synced.fake.images = images(4000, Description="x" * 60)
        done = run(synced.command, synced.environment, "sync", "--scope", "amazon", *options)
        assert done.returncode == 4, done.stderr
        assert "the disk is full" in done.stderr
        assert run(synced.command, synced.environment, "find", "--offline", *options).returncode in (0, 1)
        terminal = open_terminal([*synced.command, "--scope", "amazon", *options], environment=synced.environment)
        terminal.wait_for(shows_an_error, timeout=START_SECONDS)
        terminal.press("!")
        terminal.wait_for(shows("─ Errors", "the disk is full", "free some space"))
        terminal.press("escape")
        terminal.wait_for(hides("─ Errors"))
        leave(terminal)


def test_on_a_full_disk_what_was_cached_is_shown_and_the_remedy_is_room(
    amitui: Installation, open_terminal: OpenTerminal
) -> None:
    with tiny_disk(amitui.cache.parent / "tiny", kib=4000) as folder:
        options = [*amitui.options[:-1], str(folder)]
        done = run(amitui.command, amitui.environment, "sync", "--scope", "amazon", *options)
        assert done.returncode == 0, done.stderr
        with open(folder.parent / "ballast", "wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)
        for words in (["-o", "id"], ["-o", "json"]):
            done = run(amitui.command, amitui.environment, "find", "golden", "--offline", *words, *options)
            assert done.returncode == 0, done.stderr
            assert done.stdout.count("ami-") >= 250
        done = run(amitui.command, amitui.environment, "sync", "--full", "--scope", "amazon", *options)
        assert done.returncode == 4
        terminal = open_terminal([*amitui.command, "--scope", "amazon", *options], environment=amitui.environment)
        terminal.wait_for("golden-00249", timeout=START_SECONDS)
        terminal.press("enter")
        terminal.wait_for("Architecture")
        terminal.press("escape")
        terminal.wait_for("golden-00249")
        terminal.press("f5")
        terminal.wait_for(shows_an_error, timeout=START_SECONDS)
        terminal.press("!")
        terminal.wait_for(shows("─ Errors", "the disk is full", "free some space"))
        assert "cache clear" not in terminal.screen_text()
        terminal.press("escape")
        terminal.wait_for(hides("─ Errors"))
        leave(terminal)


@contextmanager
def tiny_disk(where: Path, *, kib: int = 400) -> Iterator[Path]:
    """A file system of its own with room for little."""
    where.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "amitui-test", where], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    try:
        (where / "cache").mkdir(mode=0o700)
        yield where / "cache"
    finally:
        subprocess.run(["umount", "-l", where], check=True)


def test_a_cache_that_cannot_be_written_is_still_read(synced: Installation, open_terminal: OpenTerminal) -> None:
    with read_only(synced.cache):
        assert len(synced.found()) == 250
        terminal = open_terminal(synced.screen(), environment=synced.environment)
        terminal.wait_for("golden-00249", timeout=START_SECONDS)
        terminal.press("f5")
        terminal.wait_for(shows_an_error, timeout=START_SECONDS)
        open_and_close(terminal, "!", "Errors")
        terminal.wait_for("golden-00249")
        leave(terminal)
        done = synced("sync", "--scope", "amazon")
        assert done.returncode == 4
        assert "--cache-dir" in done.stderr


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder cannot be written: by its mode, or for root by a mount."""
    if os.geteuid():
        everything = [folder, *folder.rglob("*")]
        modes = {path: path.stat().st_mode for path in everything}
        for path in everything:
            path.chmod(modes[path] & ~0o222)
        try:
            yield
        finally:
            for path in everything:
                path.chmod(modes[path])
        return
    bound = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
    if bound.returncode:
        pytest.skip("root, yet not allowed to mount: nothing is read-only here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_sync_beside_the_screen_brings_its_rows_onto_it(
    amitui: Installation, open_terminal: OpenTerminal
) -> None:
    dump = amitui.cache.parent / "dump.jsonl"
    dump.write_text(json.dumps(images(1, Name="the first one")[0]))
    assert amitui("import", str(dump)).returncode == 0
    terminal = open_terminal(amitui.screen("--offline"), environment=amitui.environment)
    terminal.wait_for("the first one", timeout=START_SECONDS)
    assert amitui("sync", "--scope", "amazon").returncode == 0
    terminal.wait_for("golden-00249")
    leave(terminal)


def test_two_screens_on_one_cache_fetch_once_and_both_see_it(
    amitui: Installation, open_terminal: OpenTerminal
) -> None:
    both = [open_terminal(amitui.screen(), environment=amitui.environment) for _ in range(2)]
    for terminal in both:
        terminal.wait_for("golden-00249", timeout=START_SECONDS)
    for terminal in both:
        leave(terminal)
        assert b"Traceback" not in terminal.raw
    assert len(amitui.found()) == 250
