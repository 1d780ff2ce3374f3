"""The texts of images and their full-text entries."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from amitui.catalog.index.prepared import PreparedRow
from amitui.catalog.index.row_places import marks
from amitui.domain.products.reading import read_name

_TEXTS: Final = "FROM image_text t LEFT JOIN note n ON n.id = t.id"


class TextWriter:
    """Writes and removes texts; every method runs within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # What a contentless full-text table holds has to be said again to take it out.
        connection.create_function("numbers_in", 1, lambda name: read_name(name).numbers, deterministic=True)

    def insert(self, rows: Sequence[tuple[int, PreparedRow]]) -> None:
        """Texts and full-text entries; ids ascending: FTS5 flushes whenever an id goes down."""
        self._connection.executemany(
            "INSERT INTO image_text (id, image_id, name) VALUES (?, ?, ?)",
            ((row_id, row.image_id, row.name) for row_id, row in rows),
        )
        self._connection.executemany(
            "INSERT INTO note (id, description, state_reason) VALUES (?, ?, ?)",
            (
                (row_id, None if row.description == row.name else row.description, row.state_reason)
                for row_id, row in rows
                if row.description or row.state_reason
            ),
        )
        self._connection.executemany(
            "INSERT INTO search (rowid, name, description, numbers) VALUES (?, ?, ?, ?)",
            (
                (row_id, row.name, "" if row.description == row.name else row.description, row.numbers)
                for row_id, row in rows
            ),
        )

    def replace(self, row_id: int, name: str, description: str, row: PreparedRow) -> None:
        """Other texts for a row; the ones that it has are told."""
        self._forget(
            [(row_id, name, "" if description == name else description, read_name(name).numbers)],
        )
        self._connection.execute("DELETE FROM image_text WHERE id = ?", (row_id,))
        self._connection.execute("DELETE FROM note WHERE id = ?", (row_id,))
        self.insert([(row_id, row)])

    def unindex(self, ids: Sequence[int]) -> None:
        """Take the full-text entries of rows out while their texts are still there."""
        self._forget(
            self._connection.execute(
                f"SELECT t.id, t.name, coalesce(n.description, ''), numbers_in(t.name) {_TEXTS}"
                f" WHERE t.id IN ({marks(len(ids))}) ORDER BY t.id",
                ids,
            ).fetchall()
        )

    def reindex(self) -> None:
        """Make the full-text entries anew from the texts: cheaper than taking most of them out one by one."""
        self._connection.execute("INSERT INTO search (search) VALUES ('delete-all')")
        self._connection.execute(
            "INSERT INTO search (rowid, name, description, numbers)"
            f" SELECT t.id, t.name, coalesce(n.description, ''), numbers_in(t.name) {_TEXTS} ORDER BY t.id"
        )

    def _forget(self, entries: Sequence[tuple[int, str, str, str]]) -> None:
        self._connection.executemany(
            "INSERT INTO search (search, rowid, name, description, numbers) VALUES ('delete', ?, ?, ?, ?)", entries
        )
