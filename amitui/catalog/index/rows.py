"""How images become rows: codes for repeated texts, row ids in order of creation, full-text entries.

Not for use outside `catalog/index/writer.py`, which brings the transactions.
"""

# ruff: noqa: S608 - what is put into statements are lists of question marks and of columns of this file

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.catalog.index.codes import Vocabulary
from amitui.catalog.index.prepared import KEPT, PreparedRow
from amitui.catalog.index.row_key import first_id, key_text
from amitui.catalog.index.row_places import free_ids, marks, parts
from amitui.catalog.index.schema import SLOT_BITS
from amitui.catalog.index.texts import TextWriter
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import Kept

_NAMES: Final = (
    *("family", "kind", "facet", "owner", "flags"),
    *(column.name for kept in (Kept.TIME, Kept.NUMBER, Kept.TEXT) for column in KEPT[kept]),
)
"""The columns of `image` that say something of an image, in the order in which `_columns` gives their values."""
_COLUMNS: Final = ", ".join(_NAMES)
_FLAGS, _CREATED = (_NAMES.index(name) for name in ("flags", "created"))

_TEXTS: Final = "FROM image_text t LEFT JOIN note n ON n.id = t.id"

_CONTEMPORARY_S: Final = 3600
"""Images of one second get ids of the following ones when they are many."""

_MANY: Final = 5000
"""Removals from which on it is worth counting whether they are most of the rows."""


class _Stored(NamedTuple):
    """A row as the file has it."""

    id: int
    slots: int
    columns: tuple[int | str | None, ...]
    name: str
    description: str
    state_reason: str


class Place(NamedTuple):
    """Where a record is kept."""

    chunk: int
    """The chunk's code in the file."""
    line: int


class _New(NamedTuple):
    """An image that gets a row of its own."""

    row: PreparedRow
    place: Place
    slots: int
    """Shards that an earlier row of the image was in."""
    old_id: int | None
    """That earlier row's id, when the image moves because its creation time changed."""


class _Membership(NamedTuple):
    """Where a row's record is, in one of the shards that hold the image."""

    slot: int
    generation: int
    chunk: int
    line: int


class Batch(NamedTuple):
    """Where a batch of rows comes from."""

    slot: int
    audience: int
    generation: int


class Written(NamedTuple):
    """What a batch came to."""

    added: int
    changed: int
    """Rows whose content changed."""
    joined: int
    """Rows that had not been in this shard."""
    met: int
    """Rows that this generation of the shard meets for the first time."""


class RowWriter:
    """Writes and removes rows; every method runs within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, vocabulary: Vocabulary) -> None:
        self._connection = connection
        self._vocabulary = vocabulary
        self._texts = TextWriter(connection)
        self.by_time = False
        """Whether images that are there already are looked for among those of the same time only (`bulk.py`)."""

    def write(self, batch: Batch, images: Mapping[str, tuple[PreparedRow, Place]]) -> Written:
        """Insert or update images, each with where its record is."""
        bit = 1 << batch.slot % SLOT_BITS
        stored = (
            self._stored_then(batch.audience, images) if self.by_time else self._stored(batch.audience, images)
        )
        new: list[_New] = []
        kept: list[tuple[int, Place]] = []
        joined = changed = 0
        for image_id, (row, place) in images.items():
            was = stored.get(image_id)
            if was is None:
                joined += 1
                new.append(_New(row, place, 0, None))
                continue
            joined += not was.slots & bit
            if was.columns[_CREATED] != row.created:
                new.append(_New(row, place, was.slots, was.id))
            else:
                changed += self._update(was, row, bit)
                kept.append((was.id, place))
        moved = [image.old_id for image in new if image.old_id is not None]
        # Every moving row is taken out before one is put in: they may move to each other's places.
        self.remove(moved)
        known = self._met(batch, [row_id for row_id, _ in kept])
        elsewhere = self._take_memberships(moved)
        known += sum(
            (was.slot, was.generation) == (batch.slot, batch.generation)
            for memberships in elsewhere.values()
            for was in memberships
        )
        kept += self._insert(batch, new, elsewhere)
        kept.sort()
        self._connection.executemany(
            "INSERT OR REPLACE INTO membership (slot, id, generation, chunk, line) VALUES (?, ?, ?, ?, ?)",
            [(batch.slot, row_id, batch.generation, *place) for row_id, place in kept],
        )
        return Written(len(new) - len(moved), changed + len(moved), joined, len(kept) - known)

    def remove(self, ids: Sequence[int]) -> None:
        """Take rows out of every table but `membership`."""
        if len(ids) > _MANY and len(ids) * 2 > self._count():
            for part in parts(ids):
                self._delete(part)
            self._texts.reindex()
            return
        for part in parts(sorted(ids)):
            self._texts.unindex(part)
            self._delete(part)

    def _count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM image").fetchone()[0])

    def _delete(self, ids: Sequence[int]) -> None:
        for table in ("image", "image_text", "note", "tag"):
            self._connection.execute(f"DELETE FROM {table} WHERE id IN ({marks(len(ids))})", ids)

    def _stored(self, audience: int, images: Iterable[str]) -> dict[str, _Stored]:
        """The rows of these images."""
        if self._connection.execute("SELECT 1 FROM image LIMIT 1").fetchone() is None:
            return {}
        return self._stored_where("t.image_id", list(images), audience)

    def _stored_then(self, audience: int, images: Mapping[str, tuple[PreparedRow, Place]]) -> dict[str, _Stored]:
        """The rows of these images among those created when they were."""
        dated = [row.created for row, _ in images.values() if row.created is not None]
        ranges = [(first_id(min(dated)), first_id(max(dated) + _CONTEMPORARY_S))] if dated else []
        if len(dated) < len(images):
            ranges.append((-len(images) - self._count(), 0))
        found = [
            row_id
            for first, last in ranges
            for row_id, image_id in self._connection.execute(
                "SELECT id, image_id FROM image_text WHERE id BETWEEN ? AND ?", (first, last)
            )
            if image_id in images
        ]
        return self._stored_where("t.id", found, audience)

    def _stored_where(self, column: str, values: Sequence[Any], audience: int) -> dict[str, _Stored]:
        found: dict[str, _Stored] = {}
        columns = ", ".join(f"i.{name}" for name in _NAMES)
        for part in parts(values):
            for row in self._connection.execute(
                "SELECT t.image_id, t.name, n.id IS NOT NULL, n.description, n.state_reason,"
                f" i.id, i.slots, {columns} {_TEXTS} JOIN image i ON i.id = t.id"
                f" WHERE {column} IN ({marks(len(part))}) AND i.audience = ?",
                (*part, audience),
            ):
                image_id, name, has_note, description, state_reason, row_id, slots, *narrow = row
                if not has_note:
                    description = state_reason = ""
                elif description is None:
                    description = name
                found[image_id] = _Stored(row_id, slots, tuple(narrow), name, description, state_reason)
        return found

    def _columns(self, row: PreparedRow) -> tuple[int | str | None, ...]:
        kind, facet, terms = self._vocabulary.shared(row.shared)
        return (row.family, kind, facet, self._vocabulary.owner(row.owner), *row.values, *terms)

    def _update(self, was: _Stored, row: PreparedRow, bit: int) -> bool:
        """Bring a row up to date; whether anything but its shards changed."""
        columns = self._columns(row)
        same_texts = (was.name, was.description, was.state_reason) == (
            row.name,
            row.description,
            row.state_reason,
        )
        if columns != was.columns or not was.slots & bit:
            self._connection.execute(
                f"UPDATE image SET (slots, {_COLUMNS}) = (?, {marks(len(_NAMES))}) WHERE id = ?",
                (was.slots | bit, *columns, was.id),
            )
        if not same_texts:
            self._texts.replace(was.id, was.name, was.description, row)
        if row.tags or int(was.columns[_FLAGS] or 0) & ImageFlag.TAGGED:
            self._connection.execute("DELETE FROM tag WHERE id = ?", (was.id,))
            self._insert_tags([(was.id, row)])
        return columns != was.columns or not same_texts

    def _met(self, batch: Batch, ids: Sequence[int]) -> int:
        """How many of these rows the batch's generation has met before."""
        return sum(
            self._connection.execute(
                "SELECT count(*) FROM membership WHERE slot = ? AND generation = ?"
                f" AND id IN ({marks(len(part))})",
                (batch.slot, batch.generation, *part),
            ).fetchone()[0]
            for part in parts(ids)
        )

    def _take_memberships(self, ids: Sequence[int]) -> dict[int, list[_Membership]]:
        """Take rows out of `membership`; by row id, what was there."""
        taken: dict[int, list[_Membership]] = {}
        slots = [slot for (slot,) in self._connection.execute("SELECT slot FROM shard")] if ids else []
        for slot in slots:
            for part in parts(ids):
                where = f"WHERE slot = ? AND id IN ({marks(len(part))})"
                for row_id, *values in self._connection.execute(
                    f"SELECT id, slot, generation, chunk, line FROM membership {where}", (slot, *part)
                ):
                    taken.setdefault(row_id, []).append(_Membership(*values))
                self._connection.execute(f"DELETE FROM membership {where}", (slot, *part))
        return taken

    def _insert(
        self, batch: Batch, new: Sequence[_New], elsewhere: Mapping[int, Sequence[_Membership]]
    ) -> list[tuple[int, Place]]:
        """Make rows for images that have none.

        Args:
            batch: where they come from.
            new: the images.
            elsewhere: by old row id, the memberships of images that move.

        Returns:
            Row id and place of each.
        """
        placed = [
            (row_id, new[position])
            for row_id, position in free_ids(self._connection, [image.row.created for image in new])
        ]
        bit = 1 << batch.slot % SLOT_BITS
        self._vocabulary.learn_owners(image.row.owner for image in new)
        self._connection.executemany(
            f"INSERT INTO image (id, key, slots, audience, {_COLUMNS}) VALUES ({marks(4 + len(_NAMES))})",
            (
                (row_id, key_text(row_id), image.slots | bit, batch.audience, *self._columns(image.row))
                for row_id, image in placed
            ),
        )
        rows = [(row_id, image.row) for row_id, image in placed]
        self._texts.insert(rows)
        self._insert_tags(rows)
        self._connection.executemany(
            "INSERT OR REPLACE INTO membership (slot, id, generation, chunk, line) VALUES (?, ?, ?, ?, ?)",
            [
                (place.slot, row_id, place.generation, place.chunk, place.line)
                for row_id, image in placed
                if image.old_id is not None
                for place in elsewhere.get(image.old_id, ())
            ],
        )
        return [(row_id, image.place) for row_id, image in placed]

    def _insert_tags(self, rows: Iterable[tuple[int, PreparedRow]]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO tag (id, key, value) VALUES (?, ?, ?)",
            [(row_id, key, value) for row_id, row in rows for key, value in row.tags],
        )
