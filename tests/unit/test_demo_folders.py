"""A demo's folder goes with it, a killed one's with the next start: never a live one's, never another user's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from amitui.demo.folders import PREFIX, demo_folder, remove_abandoned

if TYPE_CHECKING:
    from pathlib import Path

LIVE = (
    "import sys\n"
    "from amitui.demo.folders import demo_folder\n"
    "with demo_folder(sys.argv[1]) as folder:\n"
    "    open(folder + '/kept', 'w').close()\n"
    "    print(folder, flush=True)\n"
    "    sys.stdin.read()\n"
)


def _demo(parent: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-c", LIVE, str(parent)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def _ended(child: subprocess.Popen[str]) -> None:
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        pipe.close()
    child.wait()


def test_a_folder_goes_with_its_demo(tmp_path: Path) -> None:
    with demo_folder(str(tmp_path)) as folder:
        assert os.path.basename(folder).startswith(PREFIX)
        assert os.stat(folder).st_mode & 0o777 == 0o700
        os.makedirs(f"{folder}/cache/segments")
    assert os.listdir(tmp_path) == []


def test_a_killed_demo_s_folder_goes_at_the_next_start_and_a_live_one_s_stays(tmp_path: Path) -> None:
    dead, left = _demo(tmp_path)
    live, used = _demo(tmp_path)
    assert os.path.exists(left), "both are alive"
    dead.send_signal(signal.SIGKILL)
    _ended(dead)
    with demo_folder(str(tmp_path)) as own:
        assert sorted(os.listdir(tmp_path)) == sorted(map(os.path.basename, (used, own)))
        assert os.path.exists(f"{used}/kept")
        assert remove_abandoned(str(tmp_path)) == [], "not even by the process that holds the lock itself"
    _ended(live)
    assert os.listdir(tmp_path) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither one in place of the folder, nor in place of its lock, nor in it."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "demo.lock").touch()
    (precious / "letter").write_text("dear")
    parent = tmp_path / "tmp"
    parent.mkdir()
    (parent / f"{PREFIX}linked").symlink_to(precious)
    (parent / f"{PREFIX}lock").mkdir()
    (parent / f"{PREFIX}lock" / "demo.lock").symlink_to(precious / "letter")
    (parent / f"{PREFIX}inside").mkdir()
    (parent / f"{PREFIX}inside" / "demo.lock").touch()
    (parent / f"{PREFIX}inside" / "link").symlink_to(precious)
    assert remove_abandoned(str(parent)) == [f"{PREFIX}inside"]
    assert (precious / "letter").read_text() == "dear"


def test_what_belongs_to_another_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / f"{PREFIX}theirs"
    left.mkdir()
    (left / "demo.lock").touch()
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert remove_abandoned(str(tmp_path)) == []
    monkeypatch.undo()
    assert remove_abandoned(str(tmp_path)) == [left.name]


@pytest.mark.parametrize(("age", "stays"), [(60, True), (2 * 86_400, False)])
def test_a_folder_without_a_lock_stays_for_a_day(tmp_path: Path, age: int, stays: bool) -> None:
    """It may have been made a moment ago."""
    old = tmp_path / f"{PREFIX}of-old"
    old.mkdir()
    os.utime(old, (time.time() - age, time.time() - age))
    assert remove_abandoned(str(tmp_path)) == ([] if stays else [old.name])
    assert old.exists() is stays


def test_other_folders_and_files_stay(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "demo.lock").touch()
    (tmp_path / f"{PREFIX}file").touch()
    assert remove_abandoned(str(tmp_path)) == []
    assert remove_abandoned(str(tmp_path / "nowhere")) == []
    assert sorted(os.listdir(tmp_path)) == [f"{PREFIX}file", "other"]
