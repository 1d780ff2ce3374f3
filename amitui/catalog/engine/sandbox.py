"""DuckDB with tables to read and nothing else: no other file, no network, no extension, no setting to change.

Three fences, each enough by itself for most of what a statement can try:

* one statement, and it is a SELECT (`statements.py`);
* `allowed_paths` names the very files of the tables; `enable_external_access = false` closes everything else:
  files, network and extensions;
* `lock_configuration` keeps both as they are, and no variable of this process is taken for a table.

Sources: https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.catalog.engine.faults import EXPLAINED, PlanningTimeout, explained, load_duckdb, unreadable
from amitui.catalog.engine.memory import memory_of
from amitui.catalog.engine.statements import check_statement
from amitui.domain.catalogue.export_columns import COLUMNS, duckdb_type
from amitui.errors import AmituiError

if TYPE_CHECKING:
    import duckdb

IMAGES: Final = "images"
"""The table of the catalogue."""

_ROWS_AT_ONCE: Final = 200
_SPILLED: Final = "8GiB"
_THREADS: Final = 8

CHECKED_WITHIN_S: Final = 20.0
"""For how long DuckDB may plan a statement. For a long chain of UNION ALL, or of names with dots between them, it
takes minutes; what people write takes a part of a second."""

_INTERRUPTED_EACH_S: Final = 0.05
"""Between two attempts to interrupt what runs."""
_INTERRUPTED_TIMES: Final = 20
"""Before it is left to itself: DuckDB hears of it between two calls of a function, and one may take a minute."""

_SETTINGS: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}


class UserTable(NamedTuple):
    """A file that the user has named as a table."""

    name: str
    path: str
    reader: str
    """DuckDB's function that reads it."""
    options: str = ""
    """What else it is given."""


class Answer(NamedTuple):
    """What a statement gives."""

    names: tuple[str, ...]
    """Of the columns; several may have one name."""
    rows: Iterator[tuple[Any, ...]]
    """Python's values: text, numbers, `datetime` with its time zone, lists and dicts of nested types."""


class Sandbox:
    """A connection of DuckDB's over some files.

    Args:
        images: SELECT of the table of images, over `files`; `None`: there are none.
        files: that the SELECT reads; absolute.
        temporary: a private folder for what does not fit into memory.

    Raises:
        AmituiError: DuckDB is not installed, or one of the files cannot be read.
    """

    def __init__(
        self, images: str | None, files: Sequence[str], tables: Sequence[UserTable] = (), *, temporary: str
    ) -> None:
        self._duckdb = load_duckdb()
        self.memory = 0
        """Bytes that DuckDB may take before it writes to the temporary folder."""
        self._is_left = False
        """Whether something runs that could not be interrupted."""
        with explained(self._duckdb):
            self._connection: duckdb.DuckDBPyConnection = self._duckdb.connect(":memory:", config=_SETTINGS)
            self._limit(temporary)
            self._make_images(images)
            for table in tables:
                source = f"{table.reader}({literal(escaped(table.path))}{table.options})"
                self._make_table(f'CREATE TABLE "{table.name}" AS FROM {source}')
            self._lock(files)

    def run(self, statement: str) -> Answer:
        """Run one statement; its rows come as they are asked for.

        Raises:
            UsageError: it is refused, or wrong.
            KeyboardInterrupt: Ctrl-C, at once.
        """
        with explained(self._duckdb):
            check_statement(self._duckdb, self._connection, statement)
            self._wait(lambda: self._connection.execute(statement))
            names = tuple(str(one[0]) for one in self._connection.description or ())
        return Answer(names, self._rows())

    def check(self, statement: str) -> None:
        """Check a statement against the columns, in `CHECKED_WITHIN_S` and without running it; raises as `run`."""
        with explained(self._duckdb):
            check_statement(self._duckdb, self._connection, statement)
        with explained(self._duckdb, line_before=True):
            # A relation would do, but its errors do not say where. The line before is taken off in `faults.py`.
            # It is planned, and what is constant in it is worked out.
            self._wait(lambda: self._connection.execute(f"{EXPLAINED}{statement}"), within_s=CHECKED_WITHIN_S)

    def close(self) -> None:
        """Give back what it holds; what runs and cannot be interrupted is left to the end of the process."""
        if not self._is_left:
            self._connection.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        while True:
            with explained(self._duckdb):
                rows = self._wait(lambda: self._connection.fetchmany(_ROWS_AT_ONCE))
            if not rows:
                return
            yield from rows

    def _make_table(self, statement: str) -> None:
        self._wait(lambda: self._connection.execute(statement))

    def _make_images(self, images: str | None) -> None:
        if images is None:
            columns = ", ".join(f'"{one.name}" {duckdb_type(one.type)}' for one in COLUMNS)
            self._connection.execute(f"CREATE TABLE {IMAGES} ({columns})")
            return
        try:
            self._connection.execute(f"CREATE VIEW {IMAGES} AS {images}")
        except self._duckdb.Error as error:
            raise unreadable(error) from error

    def _limit(self, temporary: str) -> None:
        (default,) = self._connection.execute("SELECT current_setting('memory_limit')").fetchone() or ("",)
        self.memory = memory_of(str(default))
        self._set("TimeZone", "'UTC'")
        self._set("memory_limit", f"'{self.memory >> 20}MiB'")
        self._set("enable_progress_bar", "false")  # it is drawn on stdout, in the midst of the answer
        self._set("threads", str(min(os.cpu_count() or 1, _THREADS)))
        self._set("temp_directory", literal(temporary))
        self._set("max_temp_directory_size", f"'{_SPILLED}'")

    def _lock(self, files: Sequence[str]) -> None:
        # As patterns too: that is how the view names them.
        paths = sorted({*files, *map(escaped, files)})
        self._set("allowed_paths", f"[{', '.join(map(literal, paths))}]")
        self._set("enable_external_access", "false")
        self._set("lock_configuration", "true")

    def _set(self, name: str, value: str) -> None:
        self._connection.execute(f"SET {name} = {value}")

    def _wait(self, work: Any, *, within_s: float | None = None) -> Any:
        """What some work gives, done in a thread: DuckDB hears of Ctrl-C only from another one.

        Raises:
            PlanningTimeout: it takes longer than it may.
        """
        done = Event()
        found: list[Any] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                found.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                failed.append(error)
            finally:
                done.set()

        # No daemon: whoever leaves the process looks for threads that are still at work (`cli/threads.py`).
        thread = Thread(target=run, name="duckdb")
        try:
            thread.start()
            if not done.wait(within_s):
                raise PlanningTimeout(
                    f"DuckDB could not plan the statement within {within_s:.0f} seconds",
                    why="it is too long, or too deeply nested",
                    remedy="shorten it; many values can stand in a file: --table NAME=FILE",
                )
        except (KeyboardInterrupt, PlanningTimeout):
            # It may come before the work has begun, when there is nothing to interrupt yet.
            self._is_left = thread.ident is not None
            for _ in range(_INTERRUPTED_TIMES if self._is_left else 0):
                if done.wait(_INTERRUPTED_EACH_S):
                    self._is_left = False
                    break
                self._connection.interrupt()
            raise
        if failed:
            raise failed[0]
        return found[0]


def escaped(path: str) -> str:
    """A path as a pattern for itself: DuckDB takes `*`, `?` and `[` for more than they are."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in path)


def literal(text: str) -> str:
    """A text as SQL writes it.

    Raises:
        AmituiError: it has a character that SQL cannot hold.
    """
    if "\0" in text:
        raise AmituiError("a path holds a NUL character")
    return "'" + text.replace("'", "''") + "'"
