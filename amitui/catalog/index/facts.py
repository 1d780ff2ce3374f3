"""What an open index says of its shards: for `catalog/index/writer.py`, which brings the connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final

from amitui.catalog.index.opening import DamagedIndex
from amitui.catalog.index.schema import PUBLIC_AUDIENCE, SLOT_BITS
from amitui.domain.catalogue.shard import Located, Shard, ShardStatus


def shard_statuses(connection: sqlite3.Connection) -> list[ShardStatus]:
    """Every shard of a file, in the order in which they came."""
    return [
        ShardStatus(Shard.from_key(key), generation, record_count, fetched_at, bool(complete), origin)
        for key, generation, record_count, fetched_at, complete, origin in connection.execute(
            "SELECT key, generation, record_count, fetched_at, complete, origin FROM shard ORDER BY rowid"
        )
    ]


def count_of(connection: sqlite3.Connection, shard: Shard, path: str) -> int:
    """Rows of a shard, counted in the two tables that say so.

    Raises:
        DamagedIndex: they disagree.
    """
    # One statement, so that no other process writes between the two counts.
    rows, members = connection.execute(
        "SELECT (SELECT count(*) FROM image i WHERE i.slots >> (s.slot % ?) & 1 AND i.audience ="
        " coalesce((SELECT code FROM owner WHERE account = ?), ?)),"
        " (SELECT count(*) FROM membership m WHERE m.slot = s.slot) FROM shard s WHERE s.key = ?",
        (SLOT_BITS, "" if shard.is_public else shard.visibility, PUBLIC_AUDIENCE, shard.key),
    ).fetchone() or (0, 0)
    if rows != members:
        raise DamagedIndex(path, f"{members:,} images of {shard.owner_scope} have {rows:,} rows")
    return int(rows)


def chunk_rows(connection: sqlite3.Connection, shard: Shard, generation: int) -> dict[str, int]:
    """The chunks that a generation of a shard brought whole, in their order, each with its rows."""
    # Counted in one pass over the memberships: joined to the chunks, each chunk would go through all of them.
    found = connection.execute(
        "SELECT c.chunk_id, coalesce(n.met, 0) FROM shard s JOIN chunk c ON c.slot = s.slot"
        " LEFT JOIN (SELECT chunk, count(*) AS met FROM membership"
        " WHERE slot = (SELECT slot FROM shard WHERE key = ?1) AND generation = ?2 GROUP BY chunk) n"
        " ON n.chunk = c.code WHERE s.key = ?1 AND c.generation = ?2 ORDER BY c.code",
        (shard.key, generation),
    )
    return dict(found.fetchall())


def named_chunks(connection: sqlite3.Connection, shard: Shard) -> set[str]:
    """The chunks that rows of a shard name, whichever generation brought them."""
    found = connection.execute(
        "SELECT DISTINCT c.chunk_id FROM shard s JOIN membership m ON m.slot = s.slot"
        " JOIN chunk c ON c.code = m.chunk WHERE s.key = ?",
        (shard.key,),
    )
    return {chunk_id for (chunk_id,) in found}


def unmet(connection: sqlite3.Connection, shard: Shard, generation: int) -> list[str]:
    """Ids of a shard's images that a generation of it has not brought."""
    found = connection.execute(
        "SELECT t.image_id FROM shard s JOIN membership m ON m.slot = s.slot JOIN image_text t ON t.id = m.id"
        " WHERE s.key = ? AND m.generation <> ?",
        (shard.key, generation),
    )
    return [image_id for (image_id,) in found]


def lines_of(connection: sqlite3.Connection, shard: Shard, chunk_ids: Collection[str]) -> dict[str, list[int]]:
    """By chunk, the lines whose records rows of the shard name; ascending."""
    found: dict[str, list[int]] = {chunk_id: [] for chunk_id in chunk_ids}
    for chunk_id, line in connection.execute(
        "SELECT c.chunk_id, m.line FROM shard s JOIN membership m ON m.slot = s.slot"
        " JOIN chunk c ON c.code = m.chunk WHERE s.key = ? ORDER BY m.line",
        (shard.key,),
    ):
        if chunk_id in found:
            found[chunk_id].append(line)
    return found


_LOCATE: Final = (
    # CROSS JOIN keeps the order: SQLite would rather read all memberships, 5,000 times slower at 37,000 rows.
    "SELECT s.key, c.chunk_id, m.line FROM image_text t CROSS JOIN shard s"
    " CROSS JOIN membership m ON m.slot = s.slot AND m.id = t.id"
    " CROSS JOIN chunk c ON c.code = m.chunk WHERE t.image_id = ? ORDER BY c.code DESC"
)


def locate(connection: sqlite3.Connection, image_id: str) -> list[Located]:
    """Where the records of an image are kept, newest first."""
    rows = connection.execute(_LOCATE, (image_id,)).fetchall()
    return [Located(Shard.from_key(key), chunk_id, line) for key, chunk_id, line in rows]
