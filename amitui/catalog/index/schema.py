"""The index's tables.

One file per region. Everything in it is derived from segments: a file of an older schema is made anew beside it
(`catalog/index/renewal.py`), never migrated, and answers until then.

image       narrow: what is filtered, sorted and grouped by, as small integers; scanned whole in ~20 ms per 250,000
kind        what images are ranked by, once for all builds of one release and variant
facet       what images are counted by, once for all that have the same of each; `image.facet` is its code, as a
            character (`facet_text`)
image_text  what is shown and looked up of every image; note: the texts that many images lack
search      trigrams of name and description, and the numbers in names of unknown pattern; contentless: the texts
            are in image_text and note
membership  which shard said so, and where the record is; an image may be in several (Amazon's, Publishers')
"""

from __future__ import annotations

import sqlite3
from typing import Final

from amitui.catalog.sqlite_file import transaction
from amitui.domain.image.row import INDEX_COLUMNS, Kept
from amitui.errors import CacheError

SCHEMA_VERSION: Final = 7
"""Raise it with any change here, and when `family_of`, `kind_of` or `is_lookalike` judge names differently."""

READABLE: Final = 4
"""The oldest schema whose files are searched until they have been made anew; what it lacks is not asked of them.

Raise it with any change to a table that `catalog/search` reads, unless that bears the earlier form as well. A file
without one of `INDEX_COLUMNS` is not searched, whatever its schema.
"""

FACETS_SINCE: Final = 5
"""The first schema with what images are counted by."""

MINIMUM_SQLITE: Final = (3, 34, 0)
"""The first with the trigram tokenizer."""

PUBLIC_AUDIENCE: Final = 0
"""`image.audience` of rows that every account sees; else the code of the owner whose credentials saw them."""

SLOT_BITS: Final = 64
"""A shard's bit in `image.slots` is its slot modulo this. Shards of different audiences may have the same bit, as
no row is of two audiences; earlier schemas give each shard a bit of its own."""

PUBLIC_BITS: Final = range(31)
"""Bits of public shards, each its own: SQLite keeps them in a signed 64-bit integer."""

PRIVATE_BITS: Final = range(31, 62)
"""Bits of each account's private shards; another account's are the same only where all have been given away."""

_HASH_BYTES: Final = 8 << 20
"""What FTS5 gathers before it writes. With the default of 1 MB it writes so many small segments of one transaction
that merging them takes as long as all else."""

_OWN: Final = {name: f"{name} INTEGER NOT NULL" for name in ("owner", "flags", "family", "kind", "audience")}
"""Columns of `image` that are no plain value of it."""

_MOST_READ: Final = (
    "deprecated",
    "owner",
    "arch",
    "platform",
    "alias",
    "flags",
    "created",
    "kind",
    "family",
    "audience",
)
"""The order in which searches read the columns: SQLite decodes a row from the left."""


def _image_columns() -> str:
    declared = _OWN | {
        column.name: f"{column.name} INTEGER" + ("" if column.kept is Kept.TIME else " NOT NULL")
        for column in INDEX_COLUMNS
    }
    return ", ".join(declared[name] for name in dict.fromkeys((*_MOST_READ, *declared)))


_TABLES: Final = (
    "CREATE TABLE shard (slot INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL,"
    " record_count INTEGER NOT NULL, fetched_at INTEGER NOT NULL, complete INTEGER NOT NULL,"
    " origin TEXT NOT NULL)",
    "CREATE TABLE owner (code INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE)",
    "CREATE TABLE term (code INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (kind, text))",
    "CREATE TABLE kind (code INTEGER PRIMARY KEY, tier INTEGER NOT NULL, product TEXT NOT NULL,"
    " words TEXT NOT NULL, extras TEXT NOT NULL, release TEXT NOT NULL, architecture TEXT NOT NULL,"
    " UNIQUE (product, tier, words, extras, release, architecture))",
    "CREATE TABLE chunk (code INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL, slot INTEGER NOT NULL,"
    " generation INTEGER NOT NULL, UNIQUE (slot, chunk_id))",
    "CREATE TABLE facet (code INTEGER PRIMARY KEY, architecture TEXT NOT NULL, platform TEXT NOT NULL,"
    " root_device_type TEXT NOT NULL, state TEXT NOT NULL, year INTEGER NOT NULL, owner_id TEXT NOT NULL,"
    " owner_alias TEXT NOT NULL, family TEXT NOT NULL,"
    " UNIQUE (family, year, owner_id, owner_alias, architecture, platform, root_device_type, state))",
    "CREATE TABLE image (id INTEGER PRIMARY KEY, key TEXT NOT NULL, facet TEXT NOT NULL, slots INTEGER NOT NULL,"
    f" {_image_columns()})",
    "CREATE INDEX image_private ON image (audience) WHERE audience <> 0",
    "CREATE TABLE image_text (id INTEGER PRIMARY KEY, name TEXT NOT NULL, image_id TEXT NOT NULL)",
    # A description of NULL is the name once more; a missing row, empty texts.
    "CREATE TABLE note (id INTEGER PRIMARY KEY, description TEXT, state_reason TEXT NOT NULL)",
    "CREATE TABLE tag (id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (id, key))"
    " WITHOUT ROWID",
    "CREATE TABLE membership (slot INTEGER NOT NULL, id INTEGER NOT NULL, generation INTEGER NOT NULL,"
    " chunk INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (slot, id)) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE search USING fts5(name, description, numbers, content='', columnsize=0,"
    " tokenize='trigram')",
)

LATE_INDEXES: Final = {
    "image_owner": "CREATE INDEX image_owner ON image (owner)",
    "image_kind": "CREATE INDEX image_kind ON image (kind)",
    "image_text_image_id": "CREATE INDEX image_text_image_id ON image_text (image_id)",
}
"""Indexes of tables, by name, whose order is not that of creation: see `bulk.py`."""


def require_trigrams() -> None:
    """Refuse an SQLite that cannot hold the index.

    Raises:
        CacheError: it is too old.
    """
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise CacheError(
            f"SQLite {sqlite3.sqlite_version} has no trigram search",
            why=f"amitui needs {'.'.join(map(str, MINIMUM_SQLITE))} or newer",
            remedy="run amitui with a Python built with a newer SQLite",
        )


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Make the tables unless they are there; drop those of another version first.

    Raises:
        CacheError: SQLite has no full-text search.
    """
    if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
        return
    with transaction(connection):
        # Another process may have been faster while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
            return
        _drop_tables(connection)
        for statement in (*_TABLES, *LATE_INDEXES.values()):
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if "no such module" not in str(error) and "no such tokenizer" not in str(error):
                    raise
                raise CacheError(
                    "this Python's SQLite has no full-text search",
                    why=str(error),
                    remedy="run amitui with a Python whose SQLite has FTS5",
                ) from error
        connection.execute("INSERT INTO search (search, rank) VALUES ('hashsize', ?)", (_HASH_BYTES,))
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _drop_tables(connection: sqlite3.Connection) -> None:
    # Virtual tables first: they take their shadow tables along, which cannot be dropped by themselves.
    rows = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND type IN ('table', 'view')"
        " ORDER BY sql LIKE 'CREATE VIRTUAL TABLE%' DESC"
    ).fetchall()
    for kind, name in rows:
        connection.execute(f'DROP {kind} IF EXISTS "{name}"')
