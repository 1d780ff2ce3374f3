"""`amitui sql`: one statement over the catalogue, its answer on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.charset import for_people
from amitui.cli.demo_session import session_settings
from amitui.cli.messages import columns_of, say
from amitui.cli.status_line import status_line
from amitui.cli.streams import reader_has_enough
from amitui.domain.catalogue.export_columns import COLUMNS, duckdb_type
from amitui.domain.counts import count_of
from amitui.errors import UsageError
from amitui.os_faults import Place, explain
from amitui.presentation.answer_export import FORMATS
from amitui.presentation.answer_table import answer_lines
from amitui.presentation.answer_values import distinct

if TYPE_CHECKING:
    from amitui.settings import Settings

TABLE_ROWS: Final = 100
"""Rows of the table where nobody says how many: it is read by people."""
_MOST_BYTES: Final = 1 << 20
"""Of a statement in a file."""


class SqlRequest(NamedTuple):
    """The arguments of `amitui sql`."""

    statement: str | None
    file: str | None
    output: str
    limit: int | None
    source: str | None
    """Empty: the local cache."""
    tables: tuple[str, ...] = ()
    """`NAME=FILE`."""
    schema: bool = False
    regions: tuple[str, ...] = ()
    """Empty: all that are there."""
    scopes: tuple[str, ...] = ()


def sql(settings: Settings, request: SqlRequest) -> int:
    """Print the answer. Returns 0 when it has rows, 1 when it has none.

    Raises:
        AmituiError: the statement is refused, or the catalogue cannot be read.
    """
    if request.schema:
        names = ("column", "type", "means")
        return print_answer(
            names, iter([(one.name, duckdb_type(one.type), one.about) for one in COLUMNS]), request
        )
    from amitui.catalog.engine.faults import load_duckdb

    load_duckdb()
    from amitui.catalog.engine.memory import bounded_process, with_rows
    from amitui.services.engine import EngineRequest, check, opened_engine

    statement = _statement(request)
    asked = EngineRequest(request.source or "", request.regions, request.scopes, request.tables)
    check(statement, asked)
    with ExitStack() as stack:
        active = stack.enter_context(session_settings(settings))
        with status_line("copying what has changed") as line:
            engine = stack.enter_context(opened_engine(active, asked, report=line.report, say=line.say))
        stack.enter_context(bounded_process(with_rows(engine.memory)))
        if asked.tables:  # without them it is checked already
            engine.check(statement)
        answer = engine.run(statement)
        return print_answer(answer.names, answer.rows, request)


def print_answer(names: Sequence[str], rows: Iterator[Sequence[Any]], request: SqlRequest) -> int:
    """Print an answer as it was asked for. Returns 0 when it has rows, 1 when it has none."""
    counted = _Counted(rows)
    beyond = False
    try:
        if request.output in FORMATS:
            chosen = counted if request.limit is None else islice(counted, request.limit)
            for piece in FORMATS[request.output](names, chosen):
                sys.stdout.write(piece)
        else:
            limit = request.limit or (len(COLUMNS) if request.schema else TABLE_ROWS)
            shown = list(islice(counted, limit))
            beyond = next(counted, None) is not None
            for line in answer_lines(distinct(names), shown, columns_of(sys.stdout)):
                sys.stdout.write(for_people(f"{line}\n"))
        sys.stdout.flush()
    except RecursionError as error:
        raise UsageError("a value is nested too deeply to be printed", remedy="select parts of it") from error
    except BrokenPipeError:
        if not reader_has_enough():
            raise
        return 0
    if beyond and request.limit is None:
        say(f"the first {count_of(TABLE_ROWS, 'row')}; there are more: use --limit N, or -o csv, jsonl, …")
    return 0 if counted.number else 1


class _Counted:
    """Rows, and how many there were."""

    def __init__(self, rows: Iterator[Sequence[Any]]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self

    def __next__(self) -> Sequence[Any]:
        row = next(self._rows)
        self.number += 1
        return row


def _statement(request: SqlRequest) -> str:
    """The statement, wherever it is given.

    Raises:
        UsageError: its file cannot be read.
    """
    if request.file is None and request.statement != "-":
        return request.statement or ""
    try:
        if request.file is None:
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with open(request.file, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            "the statement cannot be read", why=explain(error, Place(request.file or "stdin")).what
        ) from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"the statement is longer than {_MOST_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("the statement is not UTF-8", remedy="save it as UTF-8") from error
