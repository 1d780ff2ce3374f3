"""Writes the images of some shards to one Parquet file, sorted, each once, in bounded memory.

Rows go chunk by chunk into a table of DuckDB, as JSON, which it reads itself. What does not fit into its memory
goes to its temporary folder; so does the sorting.
"""

# ruff: noqa: S608 - what is put into statements are the columns of `export_columns` and an escaped path

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from amitui.catalog.columnar.duck import explained, open_duckdb
from amitui.catalog.columnar.rows import RAW_ID, Source, ids_of, rows_of
from amitui.domain.catalogue.export_columns import (
    FILE_COLUMNS,
    ColumnType,
    ListOf,
    Plain,
    TextMap,
    duckdb_type,
)
from amitui.errors import CacheError

if TYPE_CHECKING:
    from amitui.catalog.store import SegmentStore
    from amitui.domain.catalogue.shard import Segment, Shard
    from amitui.os_faults import Place

ROW_GROUP: Final = 40_960
"""Rows of a row group: some 60 MB before compression. DuckDB holds two at a time, which with 100,000 rows takes
more memory than the whole export may."""

SORTED_BY: Final = ("family", "creation_date", "image_id")
"""Families stand together: a row group has few, and its least and greatest values exclude the others."""

_AT_ONCE: Final = 2000
"""Rows of one statement."""
_TRIES: Final = 3
"""A chunk may be replaced while its shard is read."""


class Stopped(Exception):
    """The export was stopped."""


class Written(NamedTuple):
    """A file that was written."""

    rows: int
    size: int
    """Bytes."""


class FileWriter:
    """Use it from one thread, but for `stop`; close it in the end.

    Args:
        temporary: a folder for what does not fit into memory.
        place: as errors call where is written.

    Raises:
        UsageError: DuckDB is not installed.
    """

    def __init__(self, store: SegmentStore, temporary: str, place: Place) -> None:
        self._store, self._place = store, place
        self._stopped = threading.Event()
        self._connection = open_duckdb(temporary)
        self._connection.execute("CREATE TABLE seen (id VARCHAR)")
        self._number = 0

    def stop(self) -> None:
        """Let whatever another thread is doing here end with `Stopped`."""
        self._stopped.set()
        self._connection.interrupt()

    def close(self) -> None:
        """Give back what it holds."""
        self._connection.close()

    def forget_seen(self) -> None:
        """Begin with other images: those of the next Region."""
        self._connection.execute("DELETE FROM seen")

    def note_seen(self, shards: Iterable[Shard]) -> None:
        """Leave the images of these shards out of the files to come."""
        with explained(self._place):
            for shard in shards:
                segment = stored_segment(self._store, shard)
                for chunk_id in segment.chunk_ids if segment is not None else ():
                    self._go_on()
                    ids = orjson.dumps(ids_of(self._store.lines(chunk_id))).decode()
                    self._connection.execute(
                        """INSERT INTO seen SELECT unnest(from_json(?, '["VARCHAR"]'))""", [ids]
                    )

    def write(self, path: str, shards: Sequence[Shard], *, account: str | None, note: bool) -> Written:
        """Write what is stored of some shards.

        Args:
            path: of the file; it must not be there.
            account: whose private rows they are; `None`: public ones, without those that were seen before.
            note: whether their images have then been seen.

        Raises:
            CacheError: it cannot be written, or a record cannot be read.
            Stopped: see `stop`.
        """
        try:
            with explained(self._place):
                self._load(shards, account)
                self._keep_each_once(public=account is None)
                rows = self._copy(path)
                if note:
                    self._connection.execute("INSERT INTO seen SELECT raw_id FROM loaded")
                return Written(rows, os.path.getsize(path))
        except CacheError:
            self._go_on()
            raise
        finally:
            self._connection.execute("DROP TABLE IF EXISTS loaded")

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def _load(self, shards: Sequence[Shard], account: str | None) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in _LOADED)
        self._connection.execute(f"CREATE OR REPLACE TABLE loaded ({columns})")
        for shard in shards:
            for tried in range(1, _TRIES + 1):
                segment = stored_segment(self._store, shard)
                if segment is None:
                    break  # dropped meanwhile
                try:
                    self._load_segment(segment, account)
                    break
                except CacheError:
                    again = stored_segment(self._store, shard)
                    if tried == _TRIES or (again is not None and again.chunk_ids == segment.chunk_ids):
                        raise
                    self._connection.execute("DELETE FROM loaded WHERE shard = ?", [shard.key])

    def _load_segment(self, segment: Segment, account: str | None) -> None:
        source = Source(segment.shard.region, account, segment.fetched_at)
        waiting: list[dict[str, Any]] = []
        for chunk_id in segment.chunk_ids:
            self._go_on()
            waiting += rows_of(self._store.lines(chunk_id), source)
            if len(waiting) >= _AT_ONCE:
                self._insert(waiting, segment.shard)
                waiting = []
        self._insert(waiting, segment.shard)

    def _insert(self, rows: list[dict[str, Any]], shard: Shard) -> None:
        if not rows:
            return
        for number, row in enumerate(rows, self._number):
            row["number"] = number
        self._number += len(rows)
        self._connection.execute(_INSERT, [shard.key, orjson.dumps(rows).decode()])

    def _keep_each_once(self, *, public: bool) -> None:
        """Of an image that a shard has twice, keep what came last: it was added after the others."""
        run = self._connection.execute
        if run("SELECT 1 FROM loaded GROUP BY raw_id HAVING count(*) > 1 LIMIT 1").fetchone():
            run(
                "DELETE FROM loaded USING (SELECT raw_id AS id, max(number) AS last FROM loaded GROUP BY raw_id)"
                " newest WHERE raw_id = id AND number < last"
            )
        if public:
            run("DELETE FROM loaded WHERE raw_id IN (SELECT id FROM seen)")

    def _copy(self, path: str) -> int:
        """Write what is loaded; returns how many rows that are."""
        self._go_on()
        target = path.replace("'", "''")
        self._connection.execute(
            f"COPY (SELECT {_COPIED} FROM loaded ORDER BY {', '.join(SORTED_BY)}) TO '{target}'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, USE_TMP_FILE false)"
        )
        self._go_on()
        (rows,) = self._connection.execute("SELECT count(*) FROM loaded").fetchone() or (0,)
        return int(rows)


def stored_segment(store: SegmentStore, shard: Shard) -> Segment | None:
    """What is stored of a shard: whole, or as far as a fetch that was cut off came; `None`: nothing."""
    return store.segment(shard) or store.partial(shard)


def _structure(kind: ColumnType) -> Any:
    """A type as `from_json` takes it."""
    match kind:
        case ListOf(fields):
            return [{one.name: _structure(one.type) for one in fields}]
        case TextMap():
            return "MAP(VARCHAR, VARCHAR)"
        case Plain.TIME:
            return "BIGINT"
        case _:
            return duckdb_type(kind)


def _loaded_type(kind: ColumnType) -> str:
    return "BIGINT" if kind is Plain.TIME else duckdb_type(kind)


_LOADED: Final = (
    ("shard", "VARCHAR"),
    ("number", "BIGINT"),
    (RAW_ID, "VARCHAR"),
    *((column.name, _loaded_type(column.type)) for column in FILE_COLUMNS),
)
_ROW: Final = json.dumps(
    [{"number": "BIGINT", RAW_ID: "VARCHAR", **{column.name: _structure(column.type) for column in FILE_COLUMNS}}]
)
_INSERT: Final = f"INSERT INTO loaded SELECT ?, unnest(rows) FROM (SELECT unnest(from_json(?, '{_ROW}')) AS rows)"
_COPIED: Final = ", ".join(
    f"to_timestamp({column.name}) AS {column.name}" if column.type is Plain.TIME else column.name
    for column in FILE_COLUMNS
)
