"""Which row ids new images get: in order of creation, at the nearest free places."""

# ruff: noqa: S608 - what is put into statements are lists of question marks

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterator, Sequence
from typing import Final, TypeVar

from amitui.catalog.index.row_key import first_id

_BATCH: Final = 500

_Value = TypeVar("_Value", int, str)


def free_ids(connection: sqlite3.Connection, created: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Free row ids for images that were created then, ascending, each with its image's position.

    Undated images go below zero, so they count as oldest.
    """
    dated = [(at, position) for position, at in enumerate(created) if at is not None]
    undated = [position for position, at in enumerate(created) if at is None]
    if undated:
        (lowest,) = connection.execute("SELECT min(id) FROM image").fetchone()
        yield from enumerate(undated, min(lowest or 0, 0) - len(undated))
    dated.sort()
    wanted: list[int] = []
    for at, _ in dated:
        floor = first_id(at)
        wanted.append(max(floor, wanted[-1] + 1) if wanted else floor)
    taken = _taken(connection, wanted)
    if taken:
        wanted = _free(connection, wanted, taken)
    yield from zip(wanted, (position for _, position in dated), strict=True)


def _taken(connection: sqlite3.Connection, ids: Sequence[int]) -> set[int]:
    return {
        row_id
        for part in parts(ids)
        for (row_id,) in connection.execute(f"SELECT id FROM image WHERE id IN ({marks(len(part))})", part)
    }


def _free(connection: sqlite3.Connection, wanted: Sequence[int], taken: Container[int]) -> list[int]:
    """The nearest free ids at or above the wanted ones, ascending.

    Args:
        wanted: ascending.
        taken: those among them that rows have.
    """
    free: list[int] = []
    for floor in wanted:
        candidate = max(floor, free[-1] + 1) if free else floor
        if candidate == floor:
            is_taken = floor in taken
        else:
            is_taken = connection.execute("SELECT 1 FROM image WHERE id = ?", (candidate,)).fetchone() is not None
        if is_taken:
            (candidate,) = connection.execute(
                "SELECT a.id + 1 FROM image a WHERE a.id >= ?"
                " AND NOT EXISTS (SELECT 1 FROM image b WHERE b.id = a.id + 1) ORDER BY a.id LIMIT 1",
                (candidate,),
            ).fetchone()
        free.append(candidate)
    return free


def marks(count: int) -> str:
    """So many question marks, for the values of a statement."""
    return ", ".join("?" * count)


def parts(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """The values in parts that a statement can take."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
