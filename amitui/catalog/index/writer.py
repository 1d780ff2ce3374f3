"""The searchable catalogue of one region, from the writing side: shards begin, rows arrive, shards finish.

Readers (`catalog/search/view.py`) see each batch as soon as it is in. Every method is one transaction: when it
fails, the file is as it was. Use one instance from one thread at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from types import TracebackType
from typing import NamedTuple, Self

from amitui.catalog.index import facts as facts
from amitui.catalog.index.codes import Vocabulary
from amitui.catalog.index.opening import Opened, connect_writer, explained, truncate_log
from amitui.catalog.index.prepared import PreparedRow, prepared
from amitui.catalog.index.row_places import marks, parts
from amitui.catalog.index.rows import Batch, Place, RowWriter
from amitui.catalog.index.schema import PRIVATE_BITS, PUBLIC_AUDIENCE, PUBLIC_BITS, SLOT_BITS
from amitui.catalog.sqlite_file import transaction
from amitui.domain.catalogue.shard import Located, Shard, ShardStatus
from amitui.domain.image.row import ImageSummary
from amitui.errors import CacheError


class AddResult(NamedTuple):
    """What a batch did."""

    added: int
    """Images that had no row."""
    changed: int
    """Images whose row says something else now."""
    met: int
    """Images that this generation of the shard had not brought before."""


class Placed(NamedTuple):
    """An image's row, and where its record is kept."""

    row: PreparedRow
    chunk_id: str
    line: int


class FinishResult(NamedTuple):
    """What the end of a crawl did."""

    removed: int
    """Rows of the shard that the crawl did not meet."""
    kept: int
    """Rows of the shard now."""


class StaleGeneration(CacheError):
    """A newer crawl of the shard has begun; what an older one brings is not written."""


class CatalogIndex:
    """One region's index, open for writing."""

    def __init__(self, path: str, region: str) -> None:
        self.path = path
        self.region = region
        self._adopt(connect_writer(path))

    @classmethod
    def open(cls, path: str, region: str) -> Self:
        """Open the file, making it and its tables when needed. Its folder must exist.

        Raises:
            CacheError: it cannot be written or is damaged, or SQLite lacks what the index needs.
        """
        return cls(path, region)

    def reopen(self) -> None:
        """Close the file and open the one that stands at the path now."""
        self.close()
        self._adopt(connect_writer(self.path))

    def _adopt(self, opened: Opened) -> None:
        self._connection = opened.connection
        self._vocabulary = Vocabulary(opened.connection)
        self._rows = RowWriter(opened.connection, self._vocabulary)
        self._data_version = -1
        self.identity = opened.identity
        """Which file it is, whatever comes to stand at its path."""
        self.needs_rebuild = opened.is_empty
        """Whether it held nothing when it was opened: it is to be filled from the segments."""

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        # A reader that closes its file after this one cannot remove the log, which would stay as long as it got.
        self.shorten_log()
        self._connection.close()

    def shorten_log(self) -> None:
        """Give back the room of the write-ahead log, unless somebody else is in the midst of the file.

        Does nothing where that fails: SQLite copies the log to the file sooner or later, and complains there.
        """
        with suppress(sqlite3.Error):
            if self._connection.total_changes:
                truncate_log(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def release_memory(self) -> None:
        """Give back what the connection keeps of the file for later."""
        with explained(self.path):
            self._connection.execute("PRAGMA shrink_memory")

    def begin_shard(self, shard: Shard, generation: int, *, origin: str = "ec2") -> None:
        """Announce a crawl. Rows of earlier generations stay until it finishes.

        Raises:
            StaleGeneration: a newer one has been announced.
        """
        with self._transaction():
            slot = self._slot(shard)
            self._require_latest(slot, generation)
            if slot is None:
                self._connection.execute(
                    "INSERT INTO shard (slot, key, generation, record_count, fetched_at, complete, origin)"
                    " VALUES (?, ?, ?, 0, 0, 0, ?)",
                    (self._free_slot(shard), shard.key, generation, origin),
                )
            else:
                self._connection.execute(
                    "UPDATE shard SET generation = ?, complete = 0, origin = ? WHERE slot = ?",
                    (generation, origin, slot),
                )

    def add_rows(
        self,
        shard: Shard,
        generation: int,
        summaries: Sequence[ImageSummary],
        chunk_id: str,
        lines: Sequence[int] | None = None,
    ) -> AddResult:
        """Insert or update images of a shard that has begun.

        Args:
            shard: where they come from.
            generation: the crawl's.
            summaries: the images, in any order; of one named twice the last counts.
            chunk_id: the chunk that holds their records.
            lines: where in the chunk each record is; by default in the order of `summaries`.
        """
        numbers = range(len(summaries)) if lines is None else lines
        rows = map(prepared, summaries)
        placed = [Placed(row, chunk_id, line) for row, line in zip(rows, numbers, strict=True)]
        return self.add_placed(shard, generation, placed, chunk_ids=(chunk_id,))

    def add_placed(
        self, shard: Shard, generation: int, placed: Sequence[Placed], *, chunk_ids: Sequence[str] = ()
    ) -> AddResult:
        """Insert or update images of a shard that has begun, whose records are in several chunks.

        Args:
            shard: where they come from.
            generation: the crawl's.
            placed: the images, in any order; of one named twice the last counts.
            chunk_ids: chunks of which no more images come; others count as brought in part (`chunk_rows`).
        """
        with self._transaction():
            slot = self._begun_slot(shard, generation)
            codes = {chunk_id: self._chunk(slot, chunk_id, generation) for chunk_id in chunk_ids}
            for chunk_id in dict.fromkeys(one.chunk_id for one in placed):
                if chunk_id not in codes:
                    codes[chunk_id] = self._part_of_chunk(slot, chunk_id)
            images = {row.image_id: (row, Place(codes[chunk_id], line)) for row, chunk_id, line in placed}
            batch = Batch(slot, self._audience(shard), generation)
            written = self._rows.write(batch, images)
            self._connection.execute(
                "UPDATE shard SET record_count = record_count + ? WHERE slot = ?", (written.joined, slot)
            )
        return AddResult(written.added, written.changed, written.met)

    def amend(
        self,
        shard: Shard,
        generation: int,
        moved: Mapping[str, str],
        images: Mapping[str, Mapping[str, tuple[ImageSummary | PreparedRow, int]]],
        gone: Sequence[str],
        *,
        dropped: Sequence[str] = (),
        fetched_at: int | None = None,
    ) -> None:
        """Change some rows of a shard outside a crawl.

        Args:
            shard: whose rows.
            generation: the shard's from now on, unless it is further already.
            moved: chunks that have been replaced by copies with the same lines.
            images: by chunk and image id, what an image's row says and the line of its record.
            gone: ids of images that leave the shard.
            dropped: chunks that no row names any more.
            fetched_at: when the shard counts as fetched from now on; `None`: as it did.
        """
        with self._transaction():
            slot = self._begun_slot(shard)
            (known,) = self._connection.execute("SELECT generation FROM shard WHERE slot = ?", (slot,)).fetchone()
            generation = max(generation, known)
            self._connection.executemany(
                "UPDATE chunk SET chunk_id = ? WHERE slot = ? AND chunk_id = ?",
                [(new, slot, old) for old, new in moved.items()],
            )
            joined = 0
            for ids in parts(gone):
                named = f"SELECT id FROM image_text WHERE image_id IN ({marks(len(ids))})"  # noqa: S608
                joined -= self._leave(slot, f"id IN ({named})", ids)
            for chunk_id, found in images.items():
                chunk = self._chunk(slot, chunk_id, generation)
                placed = {
                    image_id: (row if isinstance(row, PreparedRow) else prepared(row), Place(chunk, line))
                    for image_id, (row, line) in found.items()
                }
                joined += self._rows.write(Batch(slot, self._audience(shard), generation), placed).joined
            self._connection.executemany(
                "DELETE FROM chunk WHERE slot = ? AND chunk_id = ?", [(slot, chunk_id) for chunk_id in dropped]
            )
            self._connection.execute(
                "UPDATE shard SET generation = ?, fetched_at = coalesce(?, fetched_at),"
                " record_count = record_count + ? WHERE slot = ?",
                (generation, fetched_at, joined, slot),
            )

    def redate_shard(self, shard: Shard, fetched_at: int) -> None:
        """Count a shard, whose rows are as they were, as fetched then."""
        with self._transaction():
            self._connection.execute("UPDATE shard SET fetched_at = ? WHERE key = ?", (fetched_at, shard.key))

    def finish_shard(self, shard: Shard, generation: int, fetched_at: int) -> FinishResult:
        """End a crawl: images that it did not meet leave the shard, and the index when no other shard has them."""
        with self._transaction():
            slot = self._begun_slot(shard, generation)
            removed = self._leave(slot, "generation <> ?", (generation,))
            self._connection.execute(
                "DELETE FROM chunk WHERE slot = ?1 AND code NOT IN (SELECT chunk FROM membership WHERE slot = ?1)",
                (slot,),
            )
            self._connection.execute(
                "UPDATE shard SET generation = ?, fetched_at = ?, complete = 1,"
                " record_count = (SELECT count(*) FROM membership WHERE slot = ?) WHERE slot = ?",
                (generation, fetched_at, slot, slot),
            )
            (kept,) = self._connection.execute("SELECT record_count FROM shard WHERE slot = ?", (slot,)).fetchone()
        with explained(self.path):
            # Copied to the file as far as no reader is in the way: the log begins anew, and stays short.
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return FinishResult(removed, kept)

    def expire_shard(self, shard: Shard) -> None:
        """Count a shard as never fetched, so that it is fetched anew; its rows stay until then."""
        with self._transaction():
            self._connection.execute("UPDATE shard SET complete = 0, fetched_at = 0 WHERE key = ?", (shard.key,))

    def drop_shard(self, shard: Shard) -> None:
        """Forget a shard and the images that no other shard has; nothing happens when it is not known."""
        with self._transaction():
            slot = self._slot(shard)
            if slot is not None:
                self._drop(slot)

    def shrink(self) -> None:
        """Give back the room of what has been removed. Costs a copy of what is left.

        A reader that is in the midst of the file keeps it from getting shorter until the next time.
        """
        with explained(self.path):
            # What was taken out of a full-text index is a further entry in it until its parts are merged.
            self._connection.execute("INSERT INTO search (search) VALUES ('optimize')")
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def shards(self) -> list[ShardStatus]:
        """Every shard, in the order in which they came."""
        with explained(self.path):
            return facts.shard_statuses(self._connection)

    def status(self, shard: Shard) -> ShardStatus | None:
        """What is known of one shard."""
        return next((status for status in self.shards() if status.shard == shard), None)

    def count_of(self, shard: Shard) -> int:
        """Rows of one shard.

        Raises:
            DamagedIndex: the tables disagree about them.
        """
        with explained(self.path):
            return facts.count_of(self._connection, shard, self.path)

    def chunk_rows(self, shard: Shard, generation: int) -> dict[str, int]:
        """The chunks that a generation of the shard brought whole, in their order, each with its rows."""
        with explained(self.path):
            return facts.chunk_rows(self._connection, shard, generation)

    def named_chunks(self, shard: Shard) -> set[str]:
        """The chunks that rows of the shard name, of any generation."""
        with explained(self.path):
            return facts.named_chunks(self._connection, shard)

    def unmet(self, shard: Shard, generation: int) -> list[str]:
        """Ids of the shard's images that a generation has not brought: they leave when it finishes."""
        with explained(self.path):
            return facts.unmet(self._connection, shard, generation)

    def lines_of(self, shard: Shard, chunk_ids: Collection[str]) -> dict[str, list[int]]:
        """By chunk, the lines whose records rows of the shard name; ascending."""
        with explained(self.path):
            return facts.lines_of(self._connection, shard, chunk_ids)

    def keep_chunks(self, shard: Shard, generation: int, chunk_ids: Collection[str]) -> dict[str, int]:
        """Count rows that other chunks brought as not met: of the page during which the crawl was cut off.

        Returns:
            The chunks that stay, each with its rows.
        """
        found = self.chunk_rows(shard, generation)
        others = found.keys() - set(chunk_ids)
        with self._transaction():
            slot = self._begun_slot(shard, generation)
            self._connection.executemany(
                "UPDATE chunk SET generation = generation - 1 WHERE slot = ? AND chunk_id = ?",
                [(slot, chunk_id) for chunk_id in others],
            )
            # Those of chunks that came in part as well.
            self._connection.execute(
                "UPDATE membership SET generation = generation - 1 WHERE slot = ?1 AND generation = ?2"
                " AND chunk NOT IN (SELECT code FROM chunk WHERE slot = ?1 AND generation = ?2)",
                (slot, generation),
            )
        return {chunk_id: rows for chunk_id, rows in found.items() if chunk_id not in others}

    def count(self) -> int:
        """Rows; an image that is public and also seen privately has two."""
        with explained(self.path):
            return int(self._connection.execute("SELECT count(*) FROM image").fetchone()[0])

    def locate(self, image_id: str) -> list[Located]:
        """Where the records of an image are kept, newest first."""
        with explained(self.path):
            return facts.locate(self._connection, image_id)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self.path):
            try:
                with transaction(self._connection):
                    (version,) = self._connection.execute("PRAGMA data_version").fetchone()
                    if version != self._data_version:
                        # Another process wrote, and may have made the tables anew: codes are not the same then.
                        self._vocabulary.forget()
                        self._data_version = version
                    yield
            except BaseException:
                self._vocabulary.forget()
                raise

    def _slot(self, shard: Shard) -> int | None:
        row = self._connection.execute("SELECT slot FROM shard WHERE key = ?", (shard.key,)).fetchone()
        return None if row is None else int(row[0])

    def _begun_slot(self, shard: Shard, generation: int | None = None) -> int:
        slot = self._slot(shard)
        if slot is None:
            raise _unknown(shard)
        if generation is not None:
            self._require_latest(slot, generation)
        return slot

    def _require_latest(self, slot: int | None, generation: int) -> None:
        row = self._connection.execute("SELECT generation FROM shard WHERE slot = ?", (slot,)).fetchone()
        if row is not None and row[0] > generation:
            raise StaleGeneration(
                "the cache was cleared, or its index rebuilt, during the fetch",
                why=f"the index knows of fetch {row[0]} of these images; this one is {generation}",
                remedy="fetch again: amitui sync",
            )

    def _free_slot(self, shard: Shard) -> int:
        """A slot whose bit no shard of the same audience has, and where there is one, none at all."""
        rows = self._connection.execute("SELECT slot, key FROM shard ORDER BY fetched_at, slot")
        taken: dict[int, Shard] = {slot: Shard.from_key(key) for slot, key in rows}
        bits = PUBLIC_BITS if shard.is_public else PRIVATE_BITS
        alike = {slot: other for slot, other in taken.items() if other.has_audience_of(shard)}
        for used in (taken, alike):
            free = sorted({*bits} - {slot % SLOT_BITS for slot in used})
            if free:
                return int(next(slot for slot in count(free[0], SLOT_BITS) if slot not in taken))
        for slot, other in alike.items():
            if other.owner_scope.isdigit():
                self._drop(slot)
                return slot
        raise CacheError(
            f"the index of {self.region} cannot hold another slice",
            why=f"it already holds {len(bits)}",
            remedy="amitui cache clear",
        )

    def _audience(self, shard: Shard) -> int:
        return PUBLIC_AUDIENCE if shard.is_public else self._vocabulary.owner(shard.visibility)

    def _chunk(self, slot: int, chunk_id: str, generation: int) -> int:
        self._connection.execute(
            "INSERT INTO chunk (chunk_id, slot, generation) VALUES (?, ?, ?)"
            " ON CONFLICT (slot, chunk_id) DO UPDATE SET generation = excluded.generation",
            (chunk_id, slot, generation),
        )
        (code,) = self._connection.execute(
            "SELECT code FROM chunk WHERE slot = ? AND chunk_id = ?", (slot, chunk_id)
        ).fetchone()
        return int(code)

    def _part_of_chunk(self, slot: int, chunk_id: str) -> int:
        self._connection.execute(
            "INSERT OR IGNORE INTO chunk (chunk_id, slot, generation) VALUES (?, ?, -1)", (chunk_id, slot)
        )
        (code,) = self._connection.execute(
            "SELECT code FROM chunk WHERE slot = ? AND chunk_id = ?", (slot, chunk_id)
        ).fetchone()
        return int(code)

    def _drop(self, slot: int) -> None:
        self._leave(slot, "TRUE", ())
        self._connection.execute("DELETE FROM chunk WHERE slot = ?", (slot,))
        self._connection.execute("DELETE FROM shard WHERE slot = ?", (slot,))

    def _leave(self, slot: int, which: str, values: Sequence[int | str]) -> int:
        """Take the shard's bit off the rows that `which` names among its members; rows without a bit go."""
        leaving = f"SELECT id FROM membership WHERE slot = ? AND {which}"  # noqa: S608 - `which` is ours
        ids = [row_id for (row_id,) in self._connection.execute(leaving, (slot, *values))]
        if not ids:
            return 0
        gone: list[int] = []
        for part in parts(ids):
            these = f"id IN ({marks(len(part))})"
            self._connection.execute(
                f"UPDATE image SET slots = slots & ~(1 << ?) WHERE {these}",  # noqa: S608
                (slot % SLOT_BITS, *part),
            )
            found = self._connection.execute(f"SELECT id FROM image WHERE {these} AND slots = 0", part)  # noqa: S608
            gone += [row_id for (row_id,) in found]
        self._connection.execute(f"DELETE FROM membership WHERE slot = ? AND {which}", (slot, *values))  # noqa: S608
        self._rows.remove(gone)
        return len(ids)


def _unknown(shard: Shard) -> CacheError:
    return CacheError(
        f"the index of {shard.region} has no entry for {shard.owner_scope}",
        why="it was cleared or rebuilt in the meantime",
        remedy="fetch again: amitui sync",
    )
