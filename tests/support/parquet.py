"""Caches whose stores tests fill record by record, what is exported of them, and what DuckDB reads back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from amitui.catalog.columnar.export import Exported
from amitui.catalog.columnar.plan import Selection
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import line_of
from amitui.domain.catalogue.shard import Segment, Shard
from amitui.paths import Locations, locate
from amitui.services.composition import Services
from amitui.services.export import export_parquet
from amitui.settings import Settings

NOW = 1_760_000_000

Record = dict[str, Any]


@dataclass(slots=True)
class Cache:
    """A cache folder."""

    where: Locations

    @classmethod
    def at(cls, folder: Path) -> Cache:
        return cls(locate({"HOME": str(folder)}, cache_dir=str(folder / "cache")))

    def store(self, shard: Shard, records: Sequence[Record], *, at: int = NOW, chunk: int = 1000) -> None:
        """Have the shard hold these records, in chunks of so many."""
        self.store_lines(shard, [line_of(record) for record in records], at=at, chunk=chunk)

    def store_lines(self, shard: Shard, lines: Sequence[bytes], *, at: int = NOW, chunk: int = 1000) -> None:
        with SegmentStore(self.where.segments_dir) as store:
            chunks = [
                store.put_lines(shard, lines[first : first + chunk])[0] for first in range(0, len(lines), chunk)
            ]
            before = store.segment(shard)
            generation = before.generation + 1 if before else 1
            store.commit(Segment(shard, generation, tuple(chunks), len(lines), at, complete=True))

    def drop(self, shard: Shard) -> None:
        with SegmentStore(self.where.segments_dir) as store:
            store.drop(shard)

    async def export(
        self,
        address: str | Path,
        *,
        regions: Sequence[str] = (),
        scopes: Sequence[str] = (),
        accounts: Sequence[str] = (),
        report: Callable[[int, int], None] = lambda *_: None,
        **settings: Any,
    ) -> Exported:
        services = Services(Settings(locations=self.where, **settings))
        selection = Selection(frozenset(regions), frozenset(scopes), frozenset(accounts))
        try:
            return await export_parquet(services.session, str(address), selection, now=lambda: NOW, report=report)
        finally:
            await services.close()


def read_back(folder: Path, what: str = "*", rest: str = "") -> list[dict[str, Any]]:
    """What DuckDB reads of an export, by column; `rest` follows the table."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(
            f"SELECT {what} FROM read_parquet('{folder}/region=*/scope=*/*.parquet', hive_partitioning = true,"
            f" hive_types = {{'region': VARCHAR, 'scope': VARCHAR}}) {rest}"
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def paths(folder: Path) -> list[str]:
    """The Parquet files of an export."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))
