"""How images become rows: codes for repeated texts, row ids in order of creation, full-text entries.

Not for use outside `catalog/index/writer.py`, which brings the transactions.
"""

# ruff: noqa: S608 - what is put into statements are lists of question marks and of columns of this file

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from amitui.catalog.index.codes import Vocabulary
from amitui.catalog.index.row_key import key_text
from amitui.catalog.index.row_places import free_ids, marks, parts
from amitui.catalog.index.texts import TextWriter
from amitui.domain.image.facets import facts_of, family_code
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import INDEX_COLUMNS, ImageSummary, Kept
from amitui.domain.products.kind import subject_of
from amitui.domain.products.reading import NameReading, read_name

_LARGEST: Final = 2**40
"""Bound for numbers that an imported record may hold; SQLite takes 63 bits."""

_KEPT: Final = {kept: [column for column in INDEX_COLUMNS if column.kept is kept] for kept in Kept}
_NAMES: Final = (
    *("family", "kind", "facet", "owner", "flags"),
    *(column.name for kept in (Kept.TIME, Kept.NUMBER, Kept.TEXT) for column in _KEPT[kept]),
)
"""The columns of `image` that say something of an image, in the order in which `_columns` gives their values."""
_COLUMNS: Final = ", ".join(_NAMES)
_FLAGS, _CREATED = (_NAMES.index(name) for name in ("flags", "created"))
_PLAIN: Final = 3
"""Columns before this one are made of several others."""

_TERMS: Final = tuple(column.name for column in _KEPT[Kept.TEXT])
_times, _texts = (attrgetter(*(column.field for column in _KEPT[kept])) for kept in (Kept.TIME, Kept.TEXT))
"""Each gives a tuple of values."""
_NUMBERS: Final = tuple(column.field for column in _KEPT[Kept.NUMBER])

_TEXTS: Final = "FROM image_text t LEFT JOIN note n ON n.id = t.id"

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

    summary: ImageSummary
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

    def write(self, batch: Batch, images: Mapping[str, tuple[ImageSummary, Place]]) -> Written:
        """Insert or update images, each with where its record is."""
        bit = 1 << batch.slot
        stored = self._stored(batch.audience, list(images))
        new: list[_New] = []
        kept: list[tuple[int, Place]] = []
        joined = changed = 0
        for image_id, (summary, place) in images.items():
            row = stored.get(image_id)
            joined += row is None or not row.slots & bit
            if row is None:
                new.append(_New(summary, place, 0, None))
            elif row.columns[_CREATED] != summary.created:
                new.append(_New(summary, place, row.slots, row.id))
            else:
                changed += self._update(row, summary, bit)
                kept.append((row.id, place))
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

    def _stored(self, audience: int, image_ids: Sequence[str]) -> dict[str, _Stored]:
        found: dict[str, _Stored] = {}
        columns = ", ".join(f"i.{name}" for name in _NAMES)
        for part in parts(image_ids):
            for row in self._connection.execute(
                "SELECT t.image_id, t.name, n.id IS NOT NULL, n.description, n.state_reason,"
                f" i.id, i.slots, {columns} {_TEXTS} JOIN image i ON i.id = t.id"
                f" WHERE t.image_id IN ({marks(len(part))}) AND i.audience = ?",
                (*part, audience),
            ):
                image_id, name, has_note, description, state_reason, row_id, slots, *values = row
                if not has_note:
                    description = state_reason = ""
                elif description is None:
                    description = name
                found[image_id] = _Stored(row_id, slots, tuple(values), name, description, state_reason)
        return found

    def _columns(self, summary: ImageSummary, reading: NameReading) -> tuple[int | str | None, ...]:
        subject = subject_of(reading, summary.owner_id, summary.owner_alias, summary.flags, summary.architecture)
        return (
            family_code(reading.family or summary.image_id),
            self._vocabulary.kind(subject),
            self._vocabulary.facet(facts_of(summary, reading.family if reading.identity else "")),
            *self._plain_columns(summary),
        )

    def _plain_columns(self, summary: ImageSummary) -> tuple[int | None, ...]:
        """The columns from `_PLAIN` on."""
        term = self._vocabulary.term
        flags = int(summary.flags) | (ImageFlag.TAGGED.value if summary.tags else 0)
        return (
            self._vocabulary.owner(summary.owner_id),
            flags,
            *_times(summary),
            *[max(0, min(getattr(summary, field), _LARGEST)) for field in _NUMBERS],
            *map(term, _TERMS, _texts(summary)),
        )

    def _update(self, row: _Stored, summary: ImageSummary, bit: int) -> bool:
        """Bring a row up to date; whether anything but its shards changed."""
        columns: tuple[int | str | None, ...] = (*row.columns[:_PLAIN], *self._plain_columns(summary))
        same_texts = (row.name, row.description, row.state_reason) == (
            summary.name,
            summary.description,
            summary.state_reason,
        )
        if columns != row.columns or row.name != summary.name:
            columns = self._columns(summary, read_name(summary.name))
        if columns != row.columns or not row.slots & bit:
            self._connection.execute(
                f"UPDATE image SET (slots, {_COLUMNS}) = (?, {marks(len(_NAMES))}) WHERE id = ?",
                (row.slots | bit, *columns, row.id),
            )
        if not same_texts:
            self._texts.replace(row.id, row.name, row.description, summary)
        if summary.tags or int(row.columns[_FLAGS] or 0) & ImageFlag.TAGGED:
            self._connection.execute("DELETE FROM tag WHERE id = ?", (row.id,))
            self._insert_tags([(row.id, summary)])
        return columns != row.columns or not same_texts

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
            for row_id, position in free_ids(self._connection, [image.summary.created for image in new])
        ]
        readings = [read_name(image.summary.name) for _, image in placed]
        self._connection.executemany(
            f"INSERT INTO image (id, key, slots, audience, {_COLUMNS}) VALUES ({marks(4 + len(_NAMES))})",
            [
                (
                    row_id,
                    key_text(row_id),
                    image.slots | 1 << batch.slot,
                    batch.audience,
                    *self._columns(image.summary, reading),
                )
                for (row_id, image), reading in zip(placed, readings, strict=True)
            ],
        )
        self._texts.insert(
            [
                (row_id, image.summary, reading.numbers)
                for (row_id, image), reading in zip(placed, readings, strict=True)
            ]
        )
        self._insert_tags([(row_id, image.summary) for row_id, image in placed if image.summary.tags])
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

    def _insert_tags(self, rows: Iterable[tuple[int, ImageSummary]]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO tag (id, key, value) VALUES (?, ?, ?)",
            [(row_id, key, value) for row_id, summary in rows for key, value in summary.tags],
        )
