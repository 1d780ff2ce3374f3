"""The journal: what is appended stays, whoever is killed; each operation has one driver."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, State, planned
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.errors import CacheError
from amitui.operations.drivers import is_driven
from amitui.operations.journal import Journal, NotDrivenHere, new_operation_id
from amitui.operations.journal_file import has_schema

WHEN = 1_790_000_000.0

HOSTILE = "\x1b]52;c;AAAA\x07 [@click=app.quit]x[/] \u202e\x00 \ud800 ' OR 1=1; DROP TABLE event;--\n"


def plan(name: str = "web-7") -> Plan:
    return Plan(
        kind=OperationKind.COPY,
        title=f"Copy {name} to eu-west-1",
        region="eu-west-1",
        subject="ami-0123456789abcdef0",
        steps=(
            Call("copy_image", "eu-west-1", {"Name": name, "SourceRegion": "us-east-1"}, "copy the image"),
            Watch("image", "eu-west-1", "", ("available",), ("failed",)),
        ),
    )


def begin(journal: Journal, operation_id: str, at: float = WHEN, name: str = "web-7") -> None:
    """Journal a copy that nobody has asked for yet."""
    journal.append(
        planned(
            operation_id,
            plan(name),
            at,
            account="123456789012",
            profile="dev",
            batch="b",
            driver=journal.driver,
        )
    )


def say(journal: Journal, operation_id: str, kind: EventKind, at: float = WHEN + 1, /, **data: Any) -> None:
    journal.append(Event(operation_id, at, kind, data))


def known(journal: Journal, operation_id: str) -> Operation:
    found = journal.operation(operation_id)
    assert found is not None
    return found


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    with Journal.open(path) as opened:
        yield opened


def test_an_operation_is_told_from_its_events_by_the_next_start(path: str) -> None:
    with Journal.open(path) as first:
        begin(first, "op1")
        say(first, "op1", EventKind.SENDING, step=0)
        say(first, "op1", EventKind.ACCEPTED, WHEN + 2, step=0, made="ami-1")
        say(first, "op1", EventKind.OBSERVED, WHEN + 9, step=1, state="pending", progress=40)
        before = known(first, "op1")
    with Journal.open(path) as second:
        assert second.operations() == [before]
        assert (before.made, before.progress, before.state) == ("ami-1", 40, State.WAITING)
        assert before.plan == plan()
        assert [event.kind.value for event in second.events("op1")] == ["planned", "asked", "answered", "seen"]


def test_operations_come_newest_first_and_those_that_ended_long_ago_can_be_left_out(journal: Journal) -> None:
    for number, name in enumerate(("old", "recent", "open")):
        begin(journal, name, WHEN + number)
    say(journal, "old", EventKind.DONE, WHEN + 10)
    say(journal, "recent", EventKind.FAILED, WHEN + 20, what="refused")
    assert [operation.id for operation in journal.operations()] == ["open", "recent", "old"]
    assert [operation.id for operation in journal.operations(ended_since=WHEN + 15)] == ["open", "recent"]
    assert [operation.id for operation in journal.operations(limit=1)] == ["open"]
    assert journal.tally() == (3, 1)


def test_events_are_appended_together_or_not_at_all(journal: Journal) -> None:
    begin(journal, "op1")
    events = [Event("op1", WHEN, EventKind.SENDING, {"step": 0}), Event("unheard-of", WHEN, EventKind.DONE, {})]
    with pytest.raises(ValueError, match="never began"):
        journal.append_all(events)
    assert [event.kind for event in journal.events("op1")] == [EventKind.PLANNED]


def test_what_is_no_json_is_refused_and_nothing_written(journal: Journal) -> None:
    begin(journal, "op1")
    for nonsense in ({"at": object()}, {"progress": float("nan")}):
        with pytest.raises((TypeError, ValueError)):
            journal.append(Event("op1", WHEN, EventKind.OBSERVED, nonsense))
    assert len(journal.events("op1")) == 1


def test_hostile_text_is_kept_as_it_is(journal: Journal, path: str) -> None:
    begin(journal, "op1", name=HOSTILE)
    say(journal, "op1", EventKind.FAILED, what=HOSTILE, why=HOSTILE, remedy="", code="X")
    with Journal.open(path) as other:
        found = known(other, "op1")
    assert found.plan.calls[0].parameters["Name"] == HOSTILE
    assert (found.what, found.why) == (HOSTILE, HOSTILE)


def test_an_operation_that_ended_takes_no_more_events(journal: Journal) -> None:
    begin(journal, "op1")
    say(journal, "op1", EventKind.DONE)
    with pytest.raises(NotDrivenHere, match="has ended"):
        say(journal, "op1", EventKind.SENDING, step=0)


def test_nobody_adds_to_what_another_process_drives(journal: Journal, path: str) -> None:
    begin(journal, "op1")
    with Journal.open(path) as other:
        with pytest.raises(NotDrivenHere, match="another amitui"):
            say(other, "op1", EventKind.SENDING, step=0)
        assert len(other.events("op1")) == 1


def test_an_operation_begins_once_and_with_the_journals_own_driver(journal: Journal) -> None:
    begin(journal, "op1")
    with pytest.raises(ValueError, match="began before"):
        begin(journal, "op1")
    foreign = planned("op2", plan(), WHEN, account="", profile="", batch="", driver="somebody")
    with pytest.raises(ValueError, match="another driver"):
        journal.append(foreign)


def test_events_cannot_be_changed_or_deleted_even_behind_the_journals_back(journal: Journal, path: str) -> None:
    begin(journal, "op1")
    connection = sqlite3.connect(path)
    try:
        for statement in ("UPDATE event SET what = 'done'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="events are kept"):
                connection.execute(statement)
    finally:
        connection.close()


def test_the_living_are_not_orphaned_and_the_dead_are(path: str) -> None:
    with Journal.open(path) as first:
        begin(first, "op1")
        with Journal.open(path) as second:
            assert second.orphans() == []
            assert second.is_driven(known(second, "op1"))
            assert second.adopt(known(second, "op1"), WHEN) is None
    with Journal.open(path) as third:
        (orphan,) = third.orphans()
        assert third.orphans(beside={("op1", "another")}) == [orphan]
        assert third.orphans(beside={("op1", orphan.driver)}) == []
        adopted = third.adopt(orphan, WHEN + 5)
        assert adopted is not None
        assert (adopted.driver, adopted.changed_at) == (third.driver, WHEN + 5)
        assert third.orphans() == []
        say(third, "op1", EventKind.SENDING, step=0)
        assert known(third, "op1").state is State.SENDING


def test_what_was_seen_as_an_orphan_and_then_ended_is_not_adopted(path: str) -> None:
    with Journal.open(path) as first:
        begin(first, "op1")
    with Journal.open(path) as second, Journal.open(path) as third:
        (seen,) = third.orphans()
        assert second.adopt(seen, WHEN) is not None
        say(second, "op1", EventKind.DONE)
        assert third.adopt(seen, WHEN) is None
        assert third.orphans() == []


ADOPT = """
import sys
from amitui.operations.journal import Journal
with Journal.open(sys.argv[1]) as journal:
    orphans = journal.orphans()
    print(len(orphans), flush=True)
    sys.stdin.readline()
    won = [orphan.id for orphan in orphans if journal.adopt(orphan, 5.0)]
    print(*won, flush=True)
    sys.stdin.readline()
"""


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_of_processes_that_adopt_at_once_exactly_one_gets_each(path: str) -> None:
    ids = [f"op{number}" for number in range(20)]
    with Journal.open(path) as dead:
        for operation_id in ids:
            begin(dead, operation_id)
    processes = [python(ADOPT, path) for _ in range(3)]
    try:
        assert [hear(process) for process in processes] == ["20"] * 3
        for process in processes:
            tell(process)
        won = [operation_id for process in processes for operation_id in hear(process).split()]
        assert sorted(won) == sorted(ids)
        with Journal.open(path) as journal:
            adoptions = [
                [event for event in journal.events(operation_id) if event.kind is EventKind.ADOPTED]
                for operation_id in ids
            ]
            assert [len(found) for found in adoptions] == [1] * 20
            assert journal.orphans() == []
    finally:
        for process in processes:
            process.communicate("go\n")


APPEND = """
import sys
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, planned
from amitui.domain.operations.plan import Plan
from amitui.operations.journal import Journal
journal = Journal.open(sys.argv[1])
plan = Plan(OperationKind.COPY, "t", "eu-west-1", "ami-1", ())
journal.append(planned("op1", plan, 1.0, account="a", profile="", batch="", driver=journal.driver))
for number in range(1_000_000):
    event = Event("op1", 2.0, EventKind.OBSERVED, {"step": 0, "state": str(number)})
    journal.append(event, durable=number % 3 == 0)
    print(number, flush=True)
"""


@pytest.mark.parametrize("heard", [1, 7, 40])
def test_a_killed_process_leaves_every_event_whose_append_had_returned(path: str, heard: int) -> None:
    process = python(APPEND, path)
    try:
        last = [hear(process) for _ in range(heard)][-1]
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
    finally:
        process.kill()
        process.communicate()
    whole = [line for line in rest.split("\n")[:-1] if line]
    last = whole[-1] if whole else last
    with Journal.open(path) as journal:
        states = [event.data["state"] for event in journal.events("op1")[1:]]
        assert states == [str(number) for number in range(len(states))]
        assert int(last) < len(states)
        assert [operation.id for operation in journal.orphans()] == ["op1"]
        locks = os.listdir(os.path.join(os.path.dirname(path), "drivers"))
        assert locks == [f"{journal.driver}.lock"]


def test_a_commit_waits_for_the_disk_unless_it_need_not(journal: Journal) -> None:
    levels: list[int] = []
    connection = journal._connection
    connection.set_trace_callback(
        lambda statement: levels.append(int(statement.endswith("=FULL"))) if "synchronous" in statement else None
    )
    begin(journal, "op1")
    journal.append(Event("op1", WHEN, EventKind.OBSERVED, {"step": 1, "state": "pending"}), durable=False)
    say(journal, "op1", EventKind.DONE)
    assert levels == [1, 0, 1]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_new_file_and_its_folders_are_flushed_by_name(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    Journal.open(path).close()
    folder = os.path.dirname(path)
    assert flushed[:2] == [folder, os.path.dirname(folder)]


def test_the_file_and_its_folders_are_for_their_owner_only(journal: Journal, path: str) -> None:
    begin(journal, "op1")
    folder = os.path.dirname(path)
    for name in os.listdir(folder):
        mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
        assert mode == (0o700 if name == "drivers" else 0o600), name
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(path: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700)
    Path(path).write_bytes(b"no database at all " * 100)
    for opening in (Journal.open, Journal.read):
        with pytest.raises(CacheError, match="damaged") as raised:
            opening(path)
        assert "move it away" in raised.value.remedy
    assert Path(path).read_bytes() == b"no database at all " * 100


def test_a_file_whose_pages_were_overwritten_says_so(path: str) -> None:
    with Journal.open(path) as journal:
        for number in range(200):
            begin(journal, f"op{number}")
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    with pytest.raises(CacheError, match="damaged"), Journal.open(path) as journal:
        journal.operations()


@pytest.mark.parametrize("data", ["{", "[1]", "{}", '{"plan": {"kind": "copy"}}'])
def test_an_event_that_makes_no_sense_names_its_operation(path: str, data: str) -> None:
    Journal.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO operation (id, driver, began_at) VALUES ('op9', 'x', 1)")
    connection.execute("INSERT INTO event (operation, at, what, data) VALUES ('op9', 1, 'planned', ?)", (data,))
    connection.commit()
    connection.close()
    with Journal.open(path) as journal, pytest.raises(CacheError, match="damaged") as raised:
        journal.operations()
    assert "op9" in raised.value.why


@pytest.mark.parametrize("version", [3, 99])
def test_a_journal_of_another_version_is_left_alone(path: str, version: int) -> None:
    with Journal.open(path) as journal:
        begin(journal, "op1")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={version}")
    connection.close()
    before = Path(path).read_bytes()
    for opening in (Journal.open, Journal.read):
        with pytest.raises(CacheError, match="another version") as raised:
            opening(path)
        assert f"format {version}" in raised.value.why
    assert Path(path).read_bytes() == before


def test_a_database_of_another_program_is_left_alone(path: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(CacheError, match="another version"):
        Journal.open(path)


def test_a_symlink_is_not_followed(path: str, tmp_path: Path) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700)
    os.symlink(tmp_path / "elsewhere", path)
    with pytest.raises(CacheError, match="cannot be used"):
        Journal.open(path)
    assert not (tmp_path / "elsewhere").exists()


FILL = """
import resource, sys
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, planned
from amitui.domain.operations.plan import Plan
from amitui.errors import CacheError
from amitui.operations.journal import Journal
journal = Journal.open(sys.argv[1])
plan = Plan(OperationKind.COPY, "t", "eu-west-1", "ami-1", ())
journal.append(planned("op1", plan, 1.0, account="a", profile="", batch="", driver=journal.driver))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
written = 0
try:
    for number in range(1000):
        journal.append(Event("op1", 2.0, EventKind.OBSERVED, {"step": 0, "state": "x" * 2000}))
        written += 1
except CacheError as error:
    print(error.what, "|", error.why, "|", written, len(journal.events("op1")) - 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append(Event("op1", 3.0, EventKind.DONE, {}))
print(len(journal.events("op1")) - 2)
"""


def test_a_full_disk_is_said_and_what_was_noted_before_stays(path: str) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    process = python(FILL, path)
    output, _ = process.communicate()
    assert process.returncode == 0
    said, there = output.splitlines()
    what, why, counts = said.split(" | ")
    written, kept = map(int, counts.split())
    assert what == "the disk is full"
    assert "journal" in why
    assert written == kept == int(there) > 0


def test_a_full_disk_of_sqlites_own_telling_is_said_too(journal: Journal) -> None:
    begin(journal, "op1")
    journal._connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(CacheError) as raised:
        say(journal, "op1", EventKind.OBSERVED, step=0, state="x" * 100_000)
    assert raised.value.what == "the disk is full"
    assert len(journal.events("op1")) == 1


def test_processes_that_make_the_journal_at_once_all_get_it(path: str) -> None:
    code = (
        "import sys; from amitui.operations.journal import Journal; sys.stdin.readline();"
        "Journal.open(sys.argv[1]).close(); print('fine')"
    )
    processes = [python(code, path) for _ in range(4)]
    for process in processes:
        tell(process)
    assert [process.communicate()[0].strip() for process in processes] == ["fine"] * 4


def test_tables_that_another_process_makes_meanwhile_are_no_other_version(path: str) -> None:
    class Overtaken(sqlite3.Connection):
        """After its first statement another process makes the tables."""

        asked = 0

        def execute(self, sql: str, *parameters: Any) -> Any:
            rows = super().execute(sql, *parameters).fetchall()
            self.asked += 1
            if self.asked == 1:
                Journal.open(path).close()
            return SimpleNamespace(fetchone=lambda: rows[0])

    os.mkdir(os.path.dirname(path))
    connection = sqlite3.connect(path, factory=Overtaken, isolation_level=None)
    try:
        assert not has_schema(connection, path)
        assert has_schema(connection, path)
    finally:
        connection.close()


def test_a_reader_makes_nothing_and_cannot_write(path: str) -> None:
    assert Journal.read(path) is None
    assert not os.path.exists(path)
    with Journal.open(path) as journal:
        begin(journal, "op1")
        reader = Journal.read(path)
        assert reader is not None
        with reader:
            assert [operation.id for operation in reader.operations()] == ["op1"]
            with pytest.raises(CacheError):
                reader.count_calls("2026-01-31", {("eu-west-1", "DescribeImages"): 1})


def test_another_process_writing_is_noticed_once_and_ones_own_writing_is_not(journal: Journal, path: str) -> None:
    assert not journal.changed()
    begin(journal, "op1")
    assert not journal.changed()
    with Journal.open(path) as other:
        begin(other, "op2")
    assert journal.changed()
    assert not journal.changed()


def test_calls_are_counted_by_day_region_and_operation(journal: Journal) -> None:
    call = ("eu-west-1", "DescribeImages")
    journal.count_calls("2026-01-30", {call: 5})
    journal.count_calls("2026-01-31", {call: 2, ("us-east-1", "DescribeInstances"): 1})
    journal.count_calls("2026-01-31", {call: 1})
    assert journal.calls("2026-01-31") == {call: 3, ("us-east-1", "DescribeInstances"): 1}
    assert journal.calls("2026-01-01")[call] == 8
    assert journal.calls("2026-02-01") == {}


def test_a_driver_that_is_taken_is_refused_and_a_strange_one_leads_nowhere(journal: Journal, path: str) -> None:
    with pytest.raises(CacheError, match="another amitui"):
        Journal.open(path, driver=journal.driver)
    with pytest.raises(CacheError, match="did not make"):
        Journal.open(path, driver="../../elsewhere")


def test_those_who_ask_for_a_driver_do_not_take_each_other_for_it(tmp_path: Path) -> None:
    dead = tmp_path / "dead.lock"
    dead.touch()
    with dead.open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert not is_driven(str(tmp_path), "dead")


def test_closing_twice_does_no_harm_and_leaves_no_lock(path: str) -> None:
    journal = Journal.open(path)
    journal.close()
    journal.close()
    assert os.listdir(os.path.join(os.path.dirname(path), "drivers")) == []


def test_ids_sort_by_time_and_differ_within_a_millisecond() -> None:
    ids = [new_operation_id(WHEN + number / 1000) for number in range(2000)]
    assert ids == sorted(ids)
    assert len({new_operation_id(WHEN) for _ in range(1000)}) == 1000
    assert new_operation_id(0.0, lambda count: bytes(count)) == "0000000000-0000000000"
    assert len(f"amitui-{ids[0]}") <= 64
