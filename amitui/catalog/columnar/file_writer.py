"""Writes the images of some shards to one Parquet file, sorted, each once, in bounded memory.

Rows go to a file for each of some ranges of the order, as compressed JSON; DuckDB then sorts one range after the
other, each about a row group, and puts them together. To have it sort everything at once takes more memory than an
export may, and more disk: DuckDB does not compress what it puts aside.
"""

# ruff: noqa: S608 - what is put into statements are the columns of `export_columns` and escaped paths

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from amitui.catalog.columnar.duck import explained, open_duckdb
from amitui.catalog.columnar.range_files import SORTED_BY, RangeFiles, SortKey, range_starts, sort_key
from amitui.catalog.columnar.rows import RAW_ID, Row, Source, ids_of, rows_of
from amitui.domain.catalogue.export_columns import FILE_COLUMNS, ColumnType, Plain, duckdb_type
from amitui.errors import CacheError

if TYPE_CHECKING:
    from amitui.catalog.store import SegmentStore
    from amitui.domain.catalogue.shard import Segment, Shard
    from amitui.os_faults import Place

ROW_GROUP: Final = 20_480
"""Rows of a row group, and of a range: some 30 MB before compression. DuckDB holds whole ones while it writes: a
million images need less than 200 MB of its memory; with 40,960 rows, sometimes more than it may take."""

NUMBER: Final = "number"
"""The place of a row among all that were put aside; no column of the files."""

_SAMPLED: Final = 24
"""Chunks whose families say where ranges begin."""
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
        folder: for temporary files; absolute.
        place: as errors call where is written.
        advanced: called on this thread with how many images were put aside, or sorted, since the last time.

    Raises:
        UsageError: DuckDB is not installed.
    """

    def __init__(
        self, store: SegmentStore, folder: str, place: Place, advanced: Callable[[int], None] = lambda _: None
    ) -> None:
        self._store, self._folder, self._place, self._advanced = store, folder, place, advanced
        self._stopped = threading.Event()
        self._connection = open_duckdb(os.path.join(folder, "spill"))
        self._connection.execute("CREATE TABLE seen (id VARCHAR)")

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
            path: of the file.
            account: whose private rows they are; `None`: public ones, without those that were seen before.
            note: whether their images have then been seen.

        Raises:
            CacheError: it cannot be written, or a record cannot be read.
            Stopped: see `stop`.
        """
        run = self._connection.execute
        try:
            with explained(self._place):
                run("CREATE OR REPLACE TABLE met (number BIGINT, id VARCHAR)")
                with RangeFiles(self._folder, self._range_starts(shards, account)) as files:
                    loaded = self._load(files, shards, account)
                rows = self._keep_each_once(public=account is None)
                self._copy(path, files.paths, "" if rows == loaded else _KEPT, rows)
                if note:
                    run("INSERT INTO seen SELECT id FROM met")
                return Written(rows, os.path.getsize(path))
        except CacheError:
            self._go_on()
            raise

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def _range_starts(self, shards: Sequence[Shard], account: str | None) -> list[SortKey]:
        segments = [found for one in shards if (found := stored_segment(self._store, one)) is not None]
        ranges = -(-sum(one.record_count for one in segments) // ROW_GROUP)
        if ranges < 2:
            return []
        chunk_ids = [chunk_id for one in segments for chunk_id in one.chunk_ids]
        source = Source("", account, 0)
        sample: list[SortKey] = []
        for chunk_id in chunk_ids[:: max(1, len(chunk_ids) // _SAMPLED)]:
            self._go_on()
            sample += map(sort_key, rows_of(self._store.lines(chunk_id), source))
        return range_starts(sample, ranges)

    def _load(self, files: RangeFiles, shards: Sequence[Shard], account: str | None) -> int:
        """Put the rows aside; returns how many there are."""
        loaded = 0
        for shard in shards:
            for tried in range(1, _TRIES + 1):
                segment = stored_segment(self._store, shard)
                if segment is None:
                    break  # dropped meanwhile
                first = loaded
                try:
                    for chunk_id in segment.chunk_ids:
                        self._go_on()
                        rows = rows_of(
                            self._store.lines(chunk_id), Source(shard.region, account, segment.fetched_at)
                        )
                        self._put_aside(files, rows, loaded)
                        loaded += len(rows)
                        self._advanced(len(rows))
                    break
                except CacheError:
                    again = stored_segment(self._store, shard)
                    if tried == _TRIES or (again is not None and again.chunk_ids == segment.chunk_ids):
                        raise
                    self._connection.execute("DELETE FROM met WHERE number >= ?", [first])
        return loaded

    def _put_aside(self, files: RangeFiles, rows: list[Row], first: int) -> None:
        for number, row in enumerate(rows, first):
            row[NUMBER] = number
        files.write(rows)
        ids = orjson.dumps([row[RAW_ID] for row in rows]).decode()
        self._connection.execute(_MEET, [first - 1, ids])

    def _keep_each_once(self, *, public: bool) -> int:
        """Of an image that is there twice, keep what came last; returns how many there are then."""
        run = self._connection.execute
        if run("SELECT 1 FROM met GROUP BY id HAVING count(*) > 1 LIMIT 1").fetchone():
            run("DELETE FROM met WHERE number NOT IN (SELECT max(number) FROM met GROUP BY id)")
        if public:
            run("DELETE FROM met WHERE id IN (SELECT id FROM seen)")
        (rows,) = run("SELECT count(*) FROM met").fetchone() or (0,)
        return int(rows)

    def _copy(self, path: str, ranges: Sequence[str], where: str, rows: int) -> None:
        """Sort range by range, and put them together."""
        parts = [path] if len(ranges) == 1 else [f"{one}.sorted" for one in ranges]
        for source, part in zip(ranges, parts, strict=True):
            self._go_on()
            self._connection.execute(
                f"COPY (SELECT {_COPIED} FROM read_json({_literal(source)}, {_READ_JSON}){where}"
                f" ORDER BY {', '.join(SORTED_BY)}) TO {_literal(part)} {_PARQUET}"
            )
            os.unlink(source)
            self._advanced(rows // len(ranges))
        if parts != [path]:
            self._go_on()
            sources = ", ".join(map(_literal, parts))
            self._connection.execute("SET preserve_insertion_order = true")
            self._connection.execute(f"COPY (FROM read_parquet([{sources}])) TO {_literal(path)} {_PARQUET}")
            self._connection.execute("SET preserve_insertion_order = false")
            for part in parts:
                os.unlink(part)
        self._go_on()


def stored_segment(store: SegmentStore, shard: Shard) -> Segment | None:
    """What is stored of a shard: whole, or as far as a fetch that was cut off came; `None`: nothing."""
    return store.segment(shard) or store.partial(shard)


def _literal(text: str) -> str:
    """A text in a statement."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _json_type(kind: ColumnType) -> str:
    """A type as rows that are put aside have it: their times are numbers."""
    return "BIGINT" if kind is Plain.TIME else duckdb_type(kind)


_MEET: Final = (
    "INSERT INTO met SELECT ? + generate_subscripts(ids, 1), unnest(ids)"
    """ FROM (SELECT from_json(?, '["VARCHAR"]') AS ids)"""
)
_KEPT: Final = f" WHERE {NUMBER} IN (SELECT number FROM met)"
_TYPES: Final = {NUMBER: "BIGINT", **{column.name: _json_type(column.type) for column in FILE_COLUMNS}}
_READ_JSON: Final = (
    "format = 'newline_delimited', compression = 'zstd', columns = {"
    + ", ".join(f"{name}: {_literal(kind)}" for name, kind in _TYPES.items())
    + "}"
)
_PARQUET: Final = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, USE_TMP_FILE false)"
_COPIED: Final = ", ".join(
    f"to_timestamp({column.name}) AS {column.name}" if column.type is Plain.TIME else column.name
    for column in FILE_COLUMNS
)
