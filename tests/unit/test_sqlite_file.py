"""SQLite files are opened by SQLite alone: no look at one costs this process its locks there."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui.catalog import sqlite_file
from amitui.catalog.index.opening import connect_reader
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.view import CatalogReader
from amitui.errors import CacheError
from amitui.operations.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-west-1"

LOCKED = """
import fcntl, os, struct, sys
with open(sys.argv[1], "r+b") as file:
    asked = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind, *_, pid = struct.unpack("hhqqi", fcntl.fcntl(file, fcntl.F_GETLK, asked))
    print(pid if kind != fcntl.F_UNLCK else 0)
"""

CONNECT_AND_CLOSE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
connection.close()
"""


def python(code: str, path: str) -> str:
    command = [sys.executable, "-I", "-S", "-c", code, path]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def holds_a_lock(path: str) -> bool:
    """Whether another process sees a lock of this one on the file."""
    return python(LOCKED, path) == str(os.getpid())


def index(path: str) -> object:
    return CatalogIndex.open(path, REGION)


def reader(path: str) -> object:
    connection = connect_reader(path, 100)
    assert connection is not None
    return connection


def search(path: str) -> object:
    opened = CatalogReader(os.path.dirname(path))
    assert opened.shards((REGION,)) == []
    assert not opened.changed()
    return opened


@pytest.mark.parametrize("other", [index, reader, search], ids=lambda other: other.__name__)
def test_a_second_opening_in_a_process_leaves_the_locks_of_the_first(
    tmp_path: Path, other: Callable[[str], sqlite3.Connection]
) -> None:
    path = str(tmp_path / f"{REGION}.sqlite")
    with CatalogIndex.open(path, REGION) as first:
        log = os.stat(f"{path}-wal")
        other(path).close()
        assert holds_a_lock(path)
        python(CONNECT_AND_CLOSE, path)
        assert os.stat(f"{path}-wal").st_ino == log.st_ino, "the log that is in use was deleted"
        assert first.count() == 0
    assert not holds_a_lock(path)


def test_a_second_opening_of_the_journal_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.sqlite")
    with Journal.open(path):
        log = os.stat(f"{path}-wal")
        Journal.open(path).close()
        reading = Journal.read(path)
        assert reading is not None
        reading.close()
        assert holds_a_lock(path)
        python(CONNECT_AND_CLOSE, path)
        assert os.stat(f"{path}-wal").st_ino == log.st_ino, "the log that is in use was deleted"


def test_threads_that_create_a_file_at_once_keep_their_locks(tmp_path: Path) -> None:
    for number in range(10):
        path = str(tmp_path / f"{number}.sqlite")
        opened: list[CatalogIndex] = []
        together = threading.Barrier(4)

        def open_one(path: str = path, opened: list[CatalogIndex] = opened, together: object = together) -> None:
            assert isinstance(together, threading.Barrier)
            together.wait()
            opened.append(CatalogIndex.open(path, REGION))

        threads = [threading.Thread(target=open_one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        try:
            assert len(opened) == 4
            assert number or holds_a_lock(path)
        finally:
            for one in opened:
                one.close()


def test_a_write_ahead_log_is_waited_for_where_sqlite_itself_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "new")
    with (
        closing(sqlite_file.open_for_writing(path, busy_ms=0)) as other,
        closing(sqlite_file.open_for_writing(path, busy_ms=0)) as connection,
    ):
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite_file.use_write_ahead_log(connection, busy_ms=0)
        monkeypatch.setattr(sqlite_file, "sleep", lambda _: other.execute("COMMIT"))
        sqlite_file.use_write_ahead_log(connection, busy_ms=60_000)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


WATCHED = """
import os, sys
opened = []

def note(event, arguments):
    if event != "open" or not isinstance(arguments[0], str):
        return
    path, _, flags = arguments
    if (".sqlite" in path or "cache.db" in path) and not path.endswith(".lock") and not flags & os.O_EXCL:
        opened.append(path)

sys.addaudithook(note)
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.search.view import CatalogReader
from amitui.operations.journal import Journal

folder = sys.argv[1]
for _ in range(2):
    with SegmentStore(folder + "/segments"), CatalogIndex.open(folder + "/us-east-1.sqlite", "us-east-1"):
        with CatalogReader(folder) as reader:
            reader.changed()
            reader.shards(("us-east-1",))
    Journal.open(folder + "/journal/journal.sqlite").close()
    Journal.read(folder + "/journal/journal.sqlite").close()
print(opened)
"""


def test_nothing_opens_a_database_as_a_plain_file(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o700)
    command = [sys.executable, "-c", WATCHED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "journal" / "journal.sqlite").exists()


def test_only_one_module_connects_to_sqlite_files() -> None:
    package = Path(sqlite_file.__file__).parents[1]
    connecting = {
        str(path.relative_to(package)) for path in package.rglob("*.py") if "sqlite3.connect(" in path.read_text()
    }
    assert connecting == {"catalog/sqlite_file.py"}


def test_a_new_file_is_for_its_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(sqlite_file.open_for_writing(str(tmp_path / "new"), busy_ms=1000)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE one (x)")
            for name in ("new", "new-wal", "new-shm"):
                assert stat.S_IMODE(os.stat(tmp_path / name).st_mode) == 0o600, name
    finally:
        os.umask(before)


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        if kind == "link":
            (tmp_path / "there").write_bytes(b"")
        path.symlink_to(tmp_path / "there")
    for opening in (sqlite_file.open_for_writing, sqlite_file.open_for_reading):
        with pytest.raises(CacheError, match="cannot be used"):
            opening(str(path), busy_ms=1)
    assert kind != "link" or (tmp_path / "there").read_bytes() == b""
    assert kind != "dangling link" or not (tmp_path / "there").exists()


def test_a_file_that_is_not_there_is_not_created_by_reading(tmp_path: Path) -> None:
    assert sqlite_file.open_for_reading(str(tmp_path / "none"), busy_ms=1) is None
    assert sqlite_file.open_for_reading(str(tmp_path / "no folder" / "none"), busy_ms=1) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%41", "mode=ro&x"])
def test_names_with_the_characters_of_uris_are_read(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    with closing(sqlite_file.open_for_writing(path, busy_ms=1000)) as connection:
        connection.execute("CREATE TABLE one (x)")
    opened = sqlite_file.open_for_reading(path, busy_ms=1000)
    assert opened is not None
    with closing(opened):
        assert opened.execute("SELECT name FROM sqlite_schema").fetchall() == [("one",)]
    with closing(sqlite_file._open_as_it_stands(path, 1000)) as opened:
        assert opened.execute("SELECT name FROM sqlite_schema").fetchall() == [("one",)]
