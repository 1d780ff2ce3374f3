"""Reading never needs writing: on read-only, full and lock-less file systems what is stored is read as it stands.

Root may do everything everywhere, so what stands in the way is a file system where it may mount one, and another
user where it may become one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from amitui.catalog import sqlite_file
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.sqlite_file import ReadOnlyConnection, open_for_reading, open_for_writing
from amitui.catalog.store import SegmentStore
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.errors import CacheError
from amitui.operations.drivers import DriverLock, is_driven
from amitui.operations.journal import Journal
from amitui.paths import names_in, private_dir, write_private

SHARD = Shard("aws", PUBLIC, "eu-west-1", "amazon")

LEAVES_A_LOG = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE one (x)")
connection.execute("INSERT INTO one VALUES ('in the file')")
connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
connection.execute("INSERT INTO one VALUES ('in the log')")
os._exit(0)
"""

BOTH = [("in the file",), ("in the log",)]


def database(path: Path, *, log: bool, shared_memory: bool = False) -> str:
    """A database whose last writer was killed, or ended in good order."""
    subprocess.run([sys.executable, "-I", "-S", "-c", LEAVES_A_LOG, str(path)], check=True, timeout=60)
    if not log:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT * FROM one").fetchall()
    elif not shared_memory:
        os.unlink(f"{path}-shm")
    return str(path)


@contextmanager
def mounted(*command: str, folder: Path) -> Iterator[None]:
    if subprocess.run(["mount", *command, str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system of its own")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder cannot be written, by root either where a mount says so."""
    if os.geteuid():
        os.chmod(folder, 0o500)
        try:
            yield
        finally:
            os.chmod(folder, 0o700)
        return
    with mounted("--bind", str(folder), folder=folder):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield


@contextmanager
def full(folder: Path, kib: int = 1024) -> Iterator[Callable[[], None]]:
    """A file system with no room left once the value has been called."""
    with mounted("-t", "tmpfs", "-o", f"size={kib}k", "amitui-test", folder=folder):

        def fill() -> None:
            with open(folder / "ballast", "wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(b"x" * 4096)

        yield fill


@pytest.mark.parametrize(("log", "shared_memory"), [(False, False), (True, False), (True, True)])
def test_a_database_on_a_read_only_disk_is_read_with_what_its_log_holds(
    tmp_path: Path, log: bool, shared_memory: bool
) -> None:
    path = database(tmp_path / "db", log=log, shared_memory=shared_memory)
    before = {found.name: found.read_bytes() for found in tmp_path.iterdir()}
    with read_only(tmp_path):
        connection = open_for_reading(path, busy_ms=100)
        assert connection is not None
        with closing(connection):
            assert connection.execute("SELECT x FROM one ORDER BY x").fetchall() == BOTH
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == before


@pytest.mark.parametrize("log", [True, False])
def test_a_database_on_a_full_disk_is_read(tmp_path: Path, log: bool) -> None:
    with full(tmp_path) as fill:
        path = database(tmp_path / "db", log=log)
        fill()
        connection = open_for_reading(path, busy_ms=100)
        assert connection is not None
        with closing(connection):
            assert connection.execute("SELECT x FROM one ORDER BY x").fetchall() == BOTH


@pytest.mark.parametrize(
    "name", ["SQLITE_IOERR_LOCK", "SQLITE_IOERR_SHMMAP", "SQLITE_PROTOCOL", "SQLITE_IOERR_RDLOCK"]
)
def test_a_database_without_locks_or_shared_memory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As on some network file systems, where the first statement fails."""
    path = database(tmp_path / "db", log=True)

    class Failing(sqlite3.Connection):
        def execute(self, *_: object) -> sqlite3.Cursor:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = getattr(sqlite3, name)
            raise error

    connect = sqlite_file._connect
    monkeypatch.setattr(
        sqlite_file,
        "_connect",
        lambda address, busy_ms, **more: connect(address, busy_ms, **{"factory": Failing, **more}),
    )
    connection = open_for_reading(path, busy_ms=100)
    assert isinstance(connection, ReadOnlyConnection)
    assert connection.execute("SELECT x FROM one ORDER BY x").fetchall() == BOTH


def test_what_fails_in_a_folder_that_can_be_written_is_not_read_past_others(tmp_path: Path) -> None:
    path = database(tmp_path / "db", log=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            open_for_reading(path, busy_ms=1)


def test_a_reader_of_a_full_disk_costs_this_process_no_lock(tmp_path: Path) -> None:
    """Once there is room again a writer may have the file open when the reader lets go of it."""
    path = database(tmp_path / "db", log=True)
    standing = sqlite_file._open_as_it_stands(path, 100)
    assert standing.execute("SELECT count(*) FROM one").fetchone() == (2,)
    with closing(open_for_writing(path, busy_ms=100)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        standing.close()
        # Another process' attempt, as locks do not count within one.
        code = (
            "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None) as other:\n"
            "    try:\n        other.execute('BEGIN IMMEDIATE')\n        print('free')\n"
            "    except sqlite3.OperationalError as error:\n        print(error)\n"
        )
        asked = [sys.executable, "-I", "-S", "-c", code, path]
        done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == "database is locked"
        writer.execute("ROLLBACK")


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_records_are_read_from_a_read_only_disk_and_a_refusal_says_so(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "segments"
    big = {"ImageId": "ami-2", "Description": os.urandom(20_000).hex()}
    with SegmentStore(str(folder)) as store:
        small, _ = store.put_chunk(SHARD, [{"ImageId": "ami-1"}])
        large, _ = store.put_chunk(SHARD, [big])
        store.commit(Segment(SHARD, 1, (small, large), record_count=2, fetched_at=1, complete=True))
    folder.chmod(mode)
    with read_only(folder), SegmentStore(str(folder)) as store:
        assert store.record(small, 0) == {"ImageId": "ami-1"}
        assert store.record(large, 0) == big
        assert store.shards() == [SHARD]
        assert store.shards_with_chunks() == [SHARD]
        found = store.segment(SHARD)
        assert found is not None
        assert found.chunk_ids == (small, large)
        with pytest.raises(CacheError, match="cannot be") as refused:
            store.put_chunk(SHARD, [{"ImageId": "ami-3"}])
        assert "--cache-dir" in refused.value.remedy
        assert "clear" not in refused.value.remedy


def test_a_folder_that_others_may_write_to_is_not_used_on_a_read_only_disk_either(tmp_path: Path) -> None:
    folder = tmp_path / "segments"
    folder.mkdir()
    folder.chmod(0o777)
    if os.geteuid():
        pytest.skip("only root may mount a file system of its own")
    with read_only(folder), pytest.raises(CacheError, match="cannot be written"):
        private_dir(str(folder))
    assert private_dir(str(folder)) == str(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_records_are_read_from_a_full_disk_and_written_once_there_is_room(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with full(folder) as fill:
        with SegmentStore(str(folder / "segments")) as store:
            chunk, _ = store.put_chunk(SHARD, [{"ImageId": "ami-1"}])
        fill()
        with SegmentStore(str(folder / "segments")) as store:
            assert store.record(chunk, 0) == {"ImageId": "ami-1"}
            with pytest.raises(CacheError, match="the disk is full") as refused:
                store.put_chunk(SHARD, [{"ImageId": "ami-2", "Description": os.urandom(20_000).hex()}])
            assert "free some space" in refused.value.remedy
            assert "clear" not in refused.value.remedy
            (folder / "ballast").unlink()
            another, _ = store.put_chunk(SHARD, [{"ImageId": "ami-3"}])
            assert store.record(another, 0) == {"ImageId": "ami-3"}


def test_a_journal_is_read_from_a_read_only_disk(tmp_path: Path) -> None:
    path = str(tmp_path / "state" / "journal.sqlite")
    Journal.open(path).close()
    with read_only(tmp_path):
        journal = Journal.read(path)
        assert journal is not None
        with journal:
            assert journal.operations() == []


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EIO])
def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    driver = DriverLock(str(tmp_path), "a" * 32)
    monkeypatch.setattr(fcntl, "flock", refuse)
    for attempt in (
        lambda: shard_lock(str(tmp_path), SHARD).__enter__(),
        lambda: is_driven(str(tmp_path), "a" * 32),
        lambda: DriverLock(str(tmp_path), "b" * 32),
    ):
        with pytest.raises(CacheError, match="without file locks" if number != errno.EIO else "damaged") as caught:
            attempt()
        assert not isinstance(caught.value, ShardBusy)
        assert os.strerror(number) in caught.value.why
    driver.close()


NOBODY = 65534


def as_nobody(work: Callable[[], object]) -> str:
    """What a failure says when another user does something."""
    if os.geteuid():
        pytest.skip("only root may become another user")
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        said = "nothing failed"
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            work()
        except CacheError as error:
            said = "\n".join(error.lines())
        except BaseException as error:  # noqa: BLE001 - the child ends here whatever happens
            said = repr(error)
        os.write(writes, said.encode())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that everybody may enter: `tmp_path` lies below one that each start of pytest closes to others."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.mark.filterwarnings("ignore:This process.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_another_users_cache_is_named_by_readers_and_writers(open_path: Path, mode: int) -> None:
    folder = open_path / "cache"
    folder.mkdir(mode=0o755)
    path = database(folder / "db", log=False)
    os.chmod(path, 0o644)
    for found in (folder, Path(path)):
        os.chown(found, 12345, 12345)
    os.chmod(folder, mode)

    def reads_the_file() -> None:
        with closing_or_none(open_for_reading(path, busy_ms=1)):
            pass

    attempts: list[Callable[[], object]] = [
        lambda: names_in(str(folder)),
        lambda: private_dir(str(folder)),
        lambda: write_private(str(folder / "new"), "x"),
        lambda: SegmentStore(str(folder)).close(),
    ]
    if mode == 0o755:
        attempts.append(reads_the_file)
    for attempt in attempts:
        said = as_nobody(attempt)
        assert "belongs to another user" in said, said
        assert "uid 12345" in said
        assert "--cache-dir" in said


def closing_or_none(connection: sqlite3.Connection | None) -> closing[sqlite3.Connection]:
    assert connection is not None
    return closing(connection)
