"""What a statement of `amitui sql` can reach: the tables that it is given, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from amitui.catalog.engine.faults import PlanningTimeout, SqlError, explained, nearest
from amitui.catalog.engine.images_view import images_of
from amitui.catalog.engine.memory import memory_of
from amitui.catalog.engine.sandbox import CHECKED_WITHIN_S, Sandbox, UserTable, literal
from amitui.domain.catalogue.export_columns import FILE_COLUMNS, duckdb_type
from amitui.errors import AmituiError, CacheError, UsageError

secret_of_python = "not a table"
"""A variable that DuckDB would take for a table if it were let."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export with two images, in a folder that reads like a pattern, beside a secret."""
    top = tmp_path_factory.mktemp("of[a]*b")
    place = top / "region=eu-west-1" / "scope=099720109477"
    place.mkdir(parents=True)
    (top / "secret.txt").write_text("secret")
    (top / "secret.csv").write_text("secret\n1\n")
    columns = ", ".join(f"{one.name} {duckdb_type(one.type)}" for one in FILE_COLUMNS)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE images ({columns})")
        connection.execute(
            "INSERT INTO images (image_id, name, size_gib) VALUES ('ami-1', 'one', 8), ('ami-2', 'two', 9)"
        )
        connection.execute(f"COPY images TO {literal(str(place / 'images.parquet'))}")
    return top


@pytest.fixture(scope="module")
def parquet(folder: Path) -> str:
    return str(folder / "region=eu-west-1" / "scope=099720109477" / "images.parquet")


@pytest.fixture(scope="module")
def sandbox(parquet: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    spill = tmp_path_factory.mktemp("spill")
    with Sandbox(images_of([parquet]), [parquet], temporary=str(spill)) as opened:
        yield opened


ATTACKS = [
    "SELECT * FROM read_text('{top}/secret.txt')",
    "SELECT * FROM read_blob('{top}/secret.txt')",
    "SELECT * FROM read_csv('{top}/secret.csv')",
    "SELECT * FROM '{top}/secret.csv'",
    "FROM read_csv_auto('{top}/region=eu-west-1/../secret.csv')",
    "SELECT * FROM read_json('{top}/secret.txt')",
    "SELECT * FROM read_json_objects('{top}/secret.txt')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_text('~/.aws/credentials')",
    "SELECT * FROM read_text('file:///etc/passwd')",
    "SELECT * FROM read_text('/dev/stdin')",
    "SELECT * FROM read_parquet('{top}/region=*/scope=*/*.parquet')",
    "SELECT * FROM parquet_schema('{top}/*')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('{top}/secret.csv')",
    "SELECT * FROM query('COPY images TO ''{top}/out.csv''')",
    "SELECT * FROM query_table('{top}/secret.csv')",
    "SELECT getenv('HOME')",
    "SELECT * FROM secret_of_python",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT * FROM sqlite_scan('{top}/x.db', 't')",
    "SELECT * FROM (COPY images TO '{top}/out.csv')",
    "WITH x AS (INSERT INTO images (image_id) VALUES ('x') RETURNING *) SELECT * FROM x",
    "COPY images TO '{top}/out.csv'",
    "COPY (SELECT 1) TO '{top}/out.parquet'",
    "EXPORT DATABASE '{top}/out'",
    "IMPORT DATABASE '{top}/out'",
    "ATTACH '{top}/out.db'",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{top}/secret.txt'",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "SET VARIABLE x = 1",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW images AS SELECT 1",
    "CREATE SECRET s (TYPE s3)",
    "CREATE MACRO m() AS 1",
    "INSERT INTO images (image_id) VALUES ('x')",
    "UPDATE images SET name = 'x'",
    "DELETE FROM images",
    "DROP VIEW images",
    "ALTER VIEW images RENAME TO x",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN COPY images TO '{top}/out.csv'",
    "SELECT 1; COPY images TO '{top}/out.csv'",
    "SELECT 1; SELECT 2",
    "SELECT 1 /* ; */; ATTACH '{top}/out.db' --",
    "PIVOT images ON name",
    "",
    "-- nothing",
    ";",
    "SELECT '\0'",
    "SELECT" + " " * (1 << 20) + "1",
    "SELECT '\udcff'",
    "SELECT set_config('memory_limit', '1TB')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM read_duckdb('{top}/x.db')",
    "UPDATE EXTENSIONS",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{top}/secret.txt'')'))",
    "FROM query('FROM read_text(''{top}/secret.txt'')')",
    "FROM query_table(['{top}/secret.csv'])",
    "FROM sniff_csv('{top}/secret.csv')",
    "FROM parquet_kv_metadata('{top}/secret.txt')",
    "FROM arrow_scan(1::POINTER, 1::POINTER, 1::POINTER)",
    "FROM pandas_scan(12345::POINTER)",
    "CALL enable_logging(storage = 'file')",
    "MERGE INTO images USING images ON true WHEN MATCHED THEN DELETE",
    "COMMENT ON VIEW images IS 'x'",
]


@pytest.mark.parametrize("statement", ATTACKS, ids=lambda text: ascii(text[:60]))
def test_nothing_but_the_tables_is_read_and_nothing_is_written(
    sandbox: Sandbox, folder: Path, statement: str
) -> None:
    before = sorted(folder.rglob("*"))
    text = statement.replace("{top}", str(folder).replace("[", "[[]").replace("*", "[*]"))
    for written in {text, statement.replace("{top}", str(folder))}:
        with pytest.raises(UsageError):
            list(sandbox.run(written).rows)
    assert sorted(folder.rglob("*")) == before
    assert list(sandbox.run("SELECT image_id, name FROM images ORDER BY 1").rows) == [
        ("ami-1", "one"),
        ("ami-2", "two"),
    ]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("SELECT region, scope FROM images LIMIT 1", [("eu-west-1", "099720109477")]),
        ("FROM images SELECT count(*)", [(2,)]),
        ("WITH a AS (SELECT 1) SELECT * FROM a", [(1,)]),
        ("(SELECT 1)", [(1,)]),
        ("VALUES (1)", [(1,)]),
        ("SELECT 1; ", [(1,)]),
        ("SELECT count(*) FROM (DESCRIBE images) WHERE column_name = 'tags'", [(1,)]),
        (
            "SELECT one FROM (PIVOT (SELECT name, size_gib FROM images) ON name IN ('one') USING sum(size_gib))",
            [(8,)],
        ),
        ("SELECT TIMESTAMPTZ '2026-01-01 12:00:00+02'::VARCHAR", [("2026-01-01 10:00:00+00",)]),
        ("SELECT json_extract_string('{\"a\": 1}', 'a')", [("1",)]),
    ],
)
def test_what_reads_the_tables_is_run_and_passes_the_check(
    sandbox: Sandbox, statement: str, rows: list[tuple[object, ...]]
) -> None:
    sandbox.check(statement)
    assert list(sandbox.run(statement).rows) == rows


@pytest.mark.parametrize(
    "one",
    ["lock_configuration", "enable_external_access", "python_enable_replacements", "enable_progress_bar"],
)
def test_the_fences_stand(sandbox: Sandbox, one: str) -> None:
    ((value,),) = sandbox.run(f"SELECT current_setting('{one}')").rows
    assert value is (one == "lock_configuration")


def test_without_files_the_table_is_empty_and_has_every_column(tmp_path: Path, sandbox: Sandbox) -> None:
    described = "SELECT column_name, column_type FROM (DESCRIBE images)"
    with Sandbox(images_of([]), [], temporary=str(tmp_path / "spill")) as empty:
        assert list(empty.run("FROM images").rows) == []
        assert list(empty.run(described).rows) == list(sandbox.run(described).rows)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT nam FROM images", "did you mean name?"),
        ("SELECT CreationDate FROM images", "did you mean creation_date?"),
        ("SELECT i.ImageID FROM images i", "did you mean image_id?"),
        ("SELECT quantum FROM images", "--schema"),
        ("SELECT 1 FROM imags", "--table"),
    ],
)
def test_an_unknown_name_is_pointed_at_and_the_nearest_is_named(
    sandbox: Sandbox, statement: str, words: str
) -> None:
    for work in (sandbox.check, sandbox.run):
        with pytest.raises(SqlError) as refused:
            work(f"\n{statement}")
        line, mark = refused.value.excerpt
        assert line == f"LINE 2: {statement}"
        name = line[mark.index("^") : mark.rindex("^") + 1]
        assert name in ("nam", "CreationDate", "i.ImageID", "quantum", "imags")
        assert words in refused.value.remedy


def test_a_long_statement_is_shown_around_what_is_wrong(sandbox: Sandbox) -> None:
    with pytest.raises(SqlError) as refused:
        sandbox.check(f"SELECT {'name, ' * 100} nosuch, {'name, ' * 100} name FROM images")
    line, mark = refused.value.excerpt
    assert max(len(line), len(mark)) < 72
    assert line[mark.index("^") : mark.rindex("^") + 1] == "nosuch"


def test_what_strangers_wrote_into_an_error_cannot_reach_the_terminal(sandbox: Sandbox) -> None:
    with pytest.raises(SqlError) as refused:
        list(sandbox.run("SELECT CAST('\x1b[31m\u202e' || name AS INTEGER) FROM images").rows)
    assert "\x1b" not in " ".join(refused.value.lines())
    assert "\u202e" not in " ".join(refused.value.lines())


def test_what_takes_too_much_memory_is_said_in_words(sandbox: Sandbox) -> None:
    with pytest.raises(SqlError, match="memory"):
        list(sandbox.run("SELECT list(repeat('x', 1000000) || range) FROM range(4000)").rows)


_BOUNDED = """
import resource
from amitui.catalog.engine.images_view import images_of
from amitui.catalog.engine.memory import bounded_process, with_rows
from amitui.catalog.engine.sandbox import Sandbox
from amitui.errors import UsageError

before = resource.getrlimit(resource.RLIMIT_DATA)
with Sandbox(None, (), temporary="spill") as sandbox:
    with bounded_process(with_rows(64 << 20)):
        for statement in (
            "SELECT length(repeat('x', 4000000000))",
            "SELECT repeat('x', 10000000) FROM range(2000)",
        ):
            try:
                sandbox.check(statement)
                list(sandbox.run(statement).rows)
            except UsageError as error:
                print(error.what)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    print(list(sandbox.run("SELECT 1").rows))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count what is mapped")
def test_texts_that_are_no_buffers_of_duckdb_are_bounded_as_well(tmp_path: Path) -> None:
    # In a process of its own: what this one has allocated and freed would be counted as free to use.
    environ = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _BOUNDED], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert (done.stdout.splitlines(), done.stderr) == (
        ["the statement needs more memory than it may take"] * 2 + ["[(1,)]"],
        "",
    )


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_rows_that_python_cannot_hold_are_said_in_words(error: Exception) -> None:
    with pytest.raises(SqlError, match="needs more memory than it may take"), explained(duckdb):
        raise error


_CHECKED = """
import resource
from amitui.services.engine import EngineRequest, check

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
check("SELECT printf('%1000000000s', 'x')", EngineRequest())
check(f"FROM (VALUES {','.join(f'({n},{n})' for n in range(20000))}) t(a, b)", EngineRequest())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10 < 600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count what is mapped")
def test_a_check_takes_no_memory_for_a_huge_constant(tmp_path: Path) -> None:
    environ = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _CHECKED], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize(
    ("default", "mebibytes"),
    [
        ("400.0 MiB", 250),  # a machine or container of 500 MiB
        ("80.0 MiB", 192),
        ("3.2 GiB", 2048),
        ("1.5 TiB", 2048),
        ("512 bytes", 192),
        ("unlimited", 192),
    ],
)
def test_half_of_the_machines_memory_is_taken_within_bounds(default: str, mebibytes: int) -> None:
    assert memory_of(default) >> 20 == mebibytes


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (duckdb.IOException('Could not write "/x": No space left on device'), "the disk is full"),
        (duckdb.OutOfMemoryException("No space left on device"), "the disk is full"),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: … 'max_temp_directory_size' …"),
            "the statement needs more memory than it may take",
        ),
    ],
)
def test_a_full_disk_is_told_apart_from_a_statement_that_is_too_large(error: Exception, words: str) -> None:
    with pytest.raises(AmituiError) as refused, explained(duckdb):
        raise error
    assert refused.value.what == words


@pytest.mark.parametrize("value", ["INTERVAL 1000000000 DAY", "[INTERVAL 1000000000 DAY]"])
def test_a_value_that_python_has_no_number_for_is_said_in_words(sandbox: Sandbox, value: str) -> None:
    with pytest.raises(SqlError, match="a value of the answer is beyond what can be printed") as raised:
        list(sandbox.run(f"SELECT {value}").rows)
    assert "999999999" in raised.value.why
    assert list(sandbox.run(f"SELECT ({value})::VARCHAR").rows)


def test_a_file_that_is_gone_is_no_mistake_of_the_statement(tmp_path: Path) -> None:
    with pytest.raises(CacheError):
        Sandbox(images_of([str(tmp_path / "gone.parquet")]), [], temporary=str(tmp_path / "spill"))


def test_a_file_that_the_user_names_is_a_table_and_cannot_be_written(
    sandbox: Sandbox, parquet: str, folder: Path, tmp_path: Path
) -> None:
    uses = tmp_path / "uses [1].csv"
    uses.write_text("image_id,account\nami-1,099720109477\n")
    table = UserTable("uses", str(uses), "read_csv", ", all_varchar = true")
    with Sandbox(images_of([parquet]), [parquet], [table], temporary=str(tmp_path / "spill")) as opened:
        joined = opened.run("SELECT uses.account, name FROM uses JOIN images USING (image_id)")
        assert joined.names == ("account", "name")
        assert list(joined.rows) == [("099720109477", "one")]
        with pytest.raises(UsageError):
            opened.run(f"SELECT * FROM read_csv({literal(str(uses))})")


def test_ctrl_c_ends_a_statement_at_once_and_the_next_one_runs(sandbox: Sandbox) -> None:
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range + b.range) = 1"
    presser = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        list(sandbox.run(endless).rows)
    presser.join()
    assert list(sandbox.run("SELECT 1").rows) == [(1,)]


def test_ctrl_c_does_not_wait_for_what_cannot_be_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox(None, (), temporary=str(tmp_path / "spill"))
    monkeypatch.setattr("amitui.catalog.engine.sandbox._INTERRUPTED_EACH_S", 0.001)
    released, ended = threading.Event(), threading.Event()

    def work() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        released.wait(60)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        sandbox._wait(work)
    assert not ended.is_set()
    (left,) = [one for one in threading.enumerate() if one.name == "duckdb"]
    assert not left.daemon, "at the end of the process it is looked for"
    sandbox.close()
    assert sandbox._connection.execute("SELECT 1").fetchall() == [(1,)], "closing would wait for it"
    released.set()
    left.join()
    sandbox._connection.close()


def test_a_statement_that_takes_too_long_to_plan_is_refused_and_left_to_the_end_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox(None, (), temporary=str(tmp_path / "spill"))
    waited: list[float] = []
    released = threading.Event()

    class Late(threading.Event):
        """An end that comes only when the work is released, however long is waited for it."""

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None, "without end"
            waited.append(timeout)
            return False

    real = sandbox._wait

    def wait(work: Callable[[], object], *, within_s: float | None = None) -> object:
        return real(lambda: released.wait(60) and work(), within_s=within_s)

    monkeypatch.setattr(sandbox, "_wait", wait)
    monkeypatch.setattr("amitui.catalog.engine.sandbox.Event", Late)
    with pytest.raises(PlanningTimeout, match="could not plan the statement within 20 seconds"):
        sandbox.check("SELECT 1")
    assert waited[0] == CHECKED_WITHIN_S
    (left,) = [one for one in threading.enumerate() if one.name == "duckdb"]
    sandbox.close()
    released.set()
    left.join()
    sandbox._connection.close()


def test_a_refused_statement_ends_the_process_whatever_it_has_left_running() -> None:
    program = """
import threading
from amitui.cli.guard import guarded
from amitui.catalog.engine.faults import PlanningTimeout
def command():
    threading.Thread(target=threading.Event().wait).start()
    raise PlanningTimeout("refused")
raise SystemExit(guarded(command))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (2, "amitui: refused\n")


def test_rows_of_an_endless_answer_come_as_they_are_asked_for(sandbox: Sandbox) -> None:
    rows = sandbox.run("SELECT range FROM range(1000000000000)").rows
    assert [next(rows) for _ in range(3)] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("typed", "column"),
    [("OwnerID", "owner_id"), ("imgae_id", "image_id"), ("Tag", "tags"), ("blockdevice", "block_devices")],
)
def test_the_nearest_column_is_found(typed: str, column: str) -> None:
    assert nearest(typed) == column
