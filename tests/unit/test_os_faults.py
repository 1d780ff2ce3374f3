"""Broken, busy, full, foreign, read-only and unfit are told apart, each with its own remedy."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from amitui.os_faults import Fault, Place, explain, explain_call, fault_of

INDEX = Place("the index /home/me/x.sqlite")


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, Fault.FULL),
        (errno.EDQUOT, Fault.FULL),
        (errno.EFBIG, Fault.FULL),
        (errno.EROFS, Fault.READ_ONLY),
        (errno.EACCES, Fault.FOREIGN),
        (errno.EPERM, Fault.FOREIGN),
        (errno.ELOOP, Fault.FOREIGN),
        (errno.EAGAIN, Fault.BUSY),
        (errno.EBUSY, Fault.BUSY),
        (errno.ENOLCK, Fault.UNFIT),
        (errno.EOPNOTSUPP, Fault.UNFIT),
        (errno.ENOSYS, Fault.UNFIT),
        (errno.EIO, Fault.BROKEN),
        (errno.ESTALE, Fault.BROKEN),
        (errno.ENOENT, Fault.GONE),
        (errno.EMFILE, Fault.OTHER),
    ],
)
def test_an_error_number_says_what_is_wrong(number: int, fault: Fault) -> None:
    assert fault_of(OSError(number, "words")) is fault


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("SQLITE_FULL", Fault.FULL),
        ("SQLITE_IOERR_WRITE", Fault.FULL),
        ("SQLITE_IOERR_FSYNC", Fault.FULL),
        ("SQLITE_IOERR_TRUNCATE", Fault.FULL),
        ("SQLITE_IOERR_SHMSIZE", Fault.FULL),
        ("SQLITE_BUSY", Fault.BUSY),
        ("SQLITE_BUSY_SNAPSHOT", Fault.BUSY),
        ("SQLITE_LOCKED", Fault.BUSY),
        ("SQLITE_PROTOCOL", Fault.UNFIT),
        ("SQLITE_IOERR_LOCK", Fault.UNFIT),
        ("SQLITE_IOERR_RDLOCK", Fault.UNFIT),
        ("SQLITE_IOERR_UNLOCK", Fault.UNFIT),
        ("SQLITE_IOERR_CHECKRESERVEDLOCK", Fault.UNFIT),
        ("SQLITE_IOERR_SHMMAP", Fault.UNFIT),
        ("SQLITE_IOERR_SHMOPEN", Fault.UNFIT),
        ("SQLITE_IOERR_SHMLOCK", Fault.UNFIT),
        ("SQLITE_READONLY", Fault.READ_ONLY),
        ("SQLITE_READONLY_DIRECTORY", Fault.READ_ONLY),
        ("SQLITE_READONLY_DBMOVED", Fault.BROKEN),
        ("SQLITE_CANTOPEN", Fault.FOREIGN),
        ("SQLITE_PERM", Fault.FOREIGN),
        ("SQLITE_AUTH", Fault.FOREIGN),
        ("SQLITE_CORRUPT", Fault.BROKEN),
        ("SQLITE_CORRUPT_VTAB", Fault.BROKEN),
        ("SQLITE_NOTADB", Fault.BROKEN),
        ("SQLITE_IOERR_READ", Fault.BROKEN),
        ("SQLITE_IOERR_SHORT_READ", Fault.BROKEN),
        ("SQLITE_CONSTRAINT", Fault.OTHER),
    ],
)
def test_an_sqlite_result_code_says_what_is_wrong(name: str, fault: Fault) -> None:
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = getattr(sqlite3, name)
    assert fault_of(error) is fault


def test_sqlites_own_errors_are_classified(tmp_path: Path) -> None:
    found = {}
    path = str(tmp_path / "db")
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as one:
        one.execute("CREATE TABLE t (x)")
        one.execute("PRAGMA max_page_count=3")
        found[Fault.FULL] = failure(one, "INSERT INTO t VALUES (zeroblob(100000))")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
            one.execute("BEGIN EXCLUSIVE")
            found[Fault.BUSY] = failure(other, "SELECT * FROM t")
            one.execute("ROLLBACK")
        one.execute("PRAGMA query_only=ON")
        found[Fault.READ_ONLY] = failure(one, "INSERT INTO t VALUES (1)")
    (tmp_path / "text").write_text("no database, and longer than a header would be" * 20)
    with closing(sqlite3.connect(tmp_path / "text")) as broken:
        found[Fault.BROKEN] = failure(broken, "SELECT * FROM sqlite_schema")
    assert {fault: fault_of(error) for fault, error in found.items()} == {fault: fault for fault in found}


def failure(connection: sqlite3.Connection, statement: str) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute(statement)
    return caught.value


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full", "free some space"),
        (OSError(errno.EROFS, "Read-only file system"), "cannot be written", "use another folder: --cache-dir"),
        (OSError(errno.EACCES, "Permission denied"), "cannot be opened", "--cache-dir"),
        (OSError(errno.ENOLCK, "No locks available"), "without file locks", "use a local disk"),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), "is in use", "try again"),
        (OSError(errno.EIO, "Input/output error"), "is damaged", "amitui cache clear"),
        (OSError(errno.EMFILE, "Too many open files"), "cannot be used", "--cache-dir"),
    ],
)
def test_each_kind_has_its_own_remedy_and_clearing_helps_only_what_is_broken(
    error: OSError, what: str, remedy: str
) -> None:
    said = explain(error, INDEX)
    assert what in said.what
    assert remedy in said.remedy
    assert str(error.strerror) in said.why or said.retryable
    assert ("cache clear" in said.remedy) is (fault_of(error) is Fault.BROKEN)
    assert said.exit_code == 4
    words = said.remedy.split()
    assert all(one != other for one, other in pairwise(words)), "a word is there twice"


def test_a_cause_counts() -> None:
    error = ValueError("cannot go on")
    error.__cause__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert fault_of(error) is Fault.FULL
    assert fault_of(ValueError("nothing of the kind")) is Fault.OTHER


def test_a_system_call_is_named_by_its_file() -> None:
    said = explain_call(PermissionError(errno.EACCES, "Permission denied", "/etc/shadow"))
    assert said.what == "/etc/shadow cannot be opened"
    assert "cache" not in said.remedy


def test_what_cannot_be_opened_on_a_read_only_disk_is_called_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    place = Place("the index /ro/i.sqlite", path="/ro/i.sqlite")
    assert "cannot be opened" in explain(error, place).what
    flags = os.statvfs("/")
    read_only = os.statvfs_result((*flags[:8], flags.f_flag | os.ST_RDONLY, *flags[9:]))
    monkeypatch.setattr("os.statvfs", lambda folder: read_only if folder == "/ro" else flags)
    said = explain(error, place)
    assert said.what == "the index /ro/i.sqlite cannot be written"
    assert "can still be searched" in said.why
    assert "--cache-dir" in said.remedy
