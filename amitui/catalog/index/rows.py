"""How images become rows: codes for repeated texts, row ids in order of creation, full-text entries.

Not for use outside `catalog/index/writer.py`, which brings the transactions.
"""

# ruff: noqa: S608 - what is put into statements are lists of question marks and of columns of this file

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Final, NamedTuple

from amitui.catalog.index.row_key import key_text
from amitui.catalog.index.row_places import free_ids, marks, parts
from amitui.domain.image.family import family_of
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import INDEX_COLUMNS, ImageSummary, Kept

_LARGEST: Final = 2**40
"""Bound for numbers that an imported record may hold; SQLite takes 63 bits."""

_KEPT: Final = {kept: [column for column in INDEX_COLUMNS if column.kept is kept] for kept in Kept}
_NAMES: Final = (
    *("owner", "flags", "family"),
    *(column.name for kept in (Kept.TIME, Kept.NUMBER, Kept.TEXT) for column in _KEPT[kept]),
)
"""The columns of `image` that say something of an image, in the order in which `_columns` gives their values."""
_COLUMNS: Final = ", ".join(_NAMES)
_FLAGS, _FAMILY, _CREATED = (_NAMES.index(name) for name in ("flags", "family", "created"))

_TERMS: Final = tuple(column.name for column in _KEPT[Kept.TEXT])
_times, _texts = (attrgetter(*(column.field for column in _KEPT[kept])) for kept in (Kept.TIME, Kept.TEXT))
"""Each gives a tuple of values."""
_NUMBERS: Final = tuple(column.field for column in _KEPT[Kept.NUMBER])

_TEXTS: Final = "FROM image_text t LEFT JOIN note n ON n.id = t.id"

_MANY: Final = 5000
"""Removals from which on it is worth counting whether they are most of the rows."""


class Vocabulary:
    """Codes of the texts that many rows share; grows within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._owners: dict[str, int] = {}
        self._terms: dict[tuple[str, str], int] = {}

    def forget(self) -> None:
        """After a rollback, or another process' schema: what was learnt may not be in the file."""
        self._owners.clear()
        self._terms.clear()

    def owner(self, account: str) -> int:
        code = self._owners.get(account)
        if code is None:
            self._connection.execute("INSERT OR IGNORE INTO owner (account) VALUES (?)", (account,))
            (code,) = self._connection.execute("SELECT code FROM owner WHERE account = ?", (account,)).fetchone()
            self._owners[account] = code
        return code

    def term(self, kind: str, text: str) -> int:
        code = self._terms.get((kind, text))
        if code is None:
            self._connection.execute("INSERT OR IGNORE INTO term (kind, text) VALUES (?, ?)", (kind, text))
            (code,) = self._connection.execute(
                "SELECT code FROM term WHERE kind = ? AND text = ?", (kind, text)
            ).fetchone()
            self._terms[kind, text] = code
        return code


class _Stored(NamedTuple):
    """A row as the file has it."""

    id: int
    slots: int
    columns: tuple[int | None, ...]
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


class RowWriter:
    """Writes and removes rows; every method runs within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, vocabulary: Vocabulary) -> None:
        self._connection = connection
        self._vocabulary = vocabulary

    def write(self, batch: Batch, images: Mapping[str, tuple[ImageSummary, Place]]) -> tuple[int, int, int, int]:
        """Insert or update images, each with where its record is.

        Returns:
            Rows added, rows whose content changed, rows that had not been in this shard, and rows that this
            generation of it meets for the first time.
        """
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
        return len(new) - len(moved), changed + len(moved), joined, len(kept) - known

    def remove(self, ids: Sequence[int]) -> None:
        """Take rows out of every table but `membership`."""
        if len(ids) > _MANY and len(ids) * 2 > self._count():
            for part in parts(ids):
                self._delete(part)
            self._reindex()
            return
        for part in parts(sorted(ids)):
            texts = self._connection.execute(
                f"SELECT t.id, t.name, coalesce(n.description, '') {_TEXTS} WHERE t.id IN ({marks(len(part))})"
                " ORDER BY t.id",
                part,
            ).fetchall()
            self._connection.executemany(
                "INSERT INTO search (search, rowid, name, description) VALUES ('delete', ?, ?, ?)", texts
            )
            self._delete(part)

    def _count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM image").fetchone()[0])

    def _delete(self, ids: Sequence[int]) -> None:
        for table in ("image", "image_text", "note", "tag"):
            self._connection.execute(f"DELETE FROM {table} WHERE id IN ({marks(len(ids))})", ids)

    def _reindex(self) -> None:
        """Make the full-text entries anew from the texts: cheaper than taking most of them out one by one."""
        self._connection.execute("INSERT INTO search (search) VALUES ('delete-all')")
        self._connection.execute(
            "INSERT INTO search (rowid, name, description)"
            f" SELECT t.id, t.name, coalesce(n.description, '') {_TEXTS} ORDER BY t.id"
        )

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

    def _columns(self, summary: ImageSummary, family: int) -> tuple[int | None, ...]:
        term = self._vocabulary.term
        flags = int(summary.flags) | (ImageFlag.TAGGED.value if summary.tags else 0)
        return (
            self._vocabulary.owner(summary.owner_id),
            flags,
            family,
            *_times(summary),
            *[max(0, min(getattr(summary, field), _LARGEST)) for field in _NUMBERS],
            *map(term, _TERMS, _texts(summary)),
        )

    def _update(self, row: _Stored, summary: ImageSummary, bit: int) -> bool:
        """Bring a row up to date; whether anything but its shards changed."""
        known_family = row.columns[_FAMILY]
        family = known_family if row.name == summary.name and known_family is not None else _family(summary)
        columns = self._columns(summary, family)
        same_texts = (row.name, row.description, row.state_reason) == (
            summary.name,
            summary.description,
            summary.state_reason,
        )
        if columns != row.columns or not row.slots & bit:
            self._connection.execute(
                f"UPDATE image SET (slots, {_COLUMNS}) = (?, {marks(len(_NAMES))}) WHERE id = ?",
                (row.slots | bit, *columns, row.id),
            )
        if not same_texts:
            self._replace_texts(row, summary)
        if summary.tags or (row.columns[_FLAGS] or 0) & ImageFlag.TAGGED:
            self._connection.execute("DELETE FROM tag WHERE id = ?", (row.id,))
            self._insert_tags([(row.id, summary)])
        return columns != row.columns or not same_texts

    def _replace_texts(self, row: _Stored, summary: ImageSummary) -> None:
        self._connection.execute(
            "INSERT INTO search (search, rowid, name, description) VALUES ('delete', ?, ?, ?)",
            (row.id, row.name, "" if row.description == row.name else row.description),
        )
        self._connection.execute("DELETE FROM image_text WHERE id = ?", (row.id,))
        self._connection.execute("DELETE FROM note WHERE id = ?", (row.id,))
        self._insert_texts([(row.id, summary)])

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
        self._connection.executemany(
            f"INSERT INTO image (id, key, slots, audience, {_COLUMNS}) VALUES ({marks(4 + len(_NAMES))})",
            [
                (
                    row_id,
                    key_text(row_id),
                    image.slots | 1 << batch.slot,
                    batch.audience,
                    *self._columns(image.summary, _family(image.summary)),
                )
                for row_id, image in placed
            ],
        )
        self._insert_texts([(row_id, image.summary) for row_id, image in placed])
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

    def _insert_texts(self, rows: Sequence[tuple[int, ImageSummary]]) -> None:
        """Texts and full-text entries, ids ascending: FTS5 flushes whenever an id goes down."""
        self._connection.executemany(
            "INSERT INTO image_text (id, image_id, name) VALUES (?, ?, ?)",
            [(row_id, summary.image_id, summary.name) for row_id, summary in rows],
        )
        self._connection.executemany(
            "INSERT INTO note (id, description, state_reason) VALUES (?, ?, ?)",
            [
                (row_id, None if repeats_name(summary) else summary.description, summary.state_reason)
                for row_id, summary in rows
                if summary.description or summary.state_reason
            ],
        )
        self._connection.executemany(
            "INSERT INTO search (rowid, name, description) VALUES (?, ?, ?)",
            [
                (row_id, summary.name, "" if repeats_name(summary) else summary.description)
                for row_id, summary in rows
            ],
        )

    def _insert_tags(self, rows: Iterable[tuple[int, ImageSummary]]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO tag (id, key, value) VALUES (?, ?, ?)",
            [(row_id, key, value) for row_id, summary in rows for key, value in summary.tags],
        )


def repeats_name(summary: ImageSummary) -> bool:
    """Whether the description is the name again and need not be kept or searched twice."""
    return summary.description == summary.name


def _family(summary: ImageSummary) -> int:
    """A code for the family: 48 bits of a hash, since most families of strangers have one member."""
    family = family_of(summary.name) or summary.image_id
    return int.from_bytes(blake2b(family.encode(), digest_size=6).digest(), "big")
