"""The index's tables, how a file is opened, and what SQLite's failures mean in words.

One file per region. Everything in it is derived from segments: a file of another schema is emptied and filled
again, never migrated.

image       narrow: what is filtered, sorted and grouped by, as small integers; scanned whole in ~20 ms per 250,000
image_text  what is shown and looked up of every image; note: the texts that many images lack
search      trigrams of name and description, contentless: the texts are in image_text and note
membership  which shard said so, and where the record is; an image may be in several (Amazon's, Publishers')
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from amitui.errors import CacheError

SCHEMA_VERSION: Final = 1
"""Raise it with any change here, and when `family_of` or `is_lookalike` judge names differently."""

MINIMUM_SQLITE: Final = (3, 34, 0)
"""The first with the trigram tokenizer."""

PUBLIC_AUDIENCE: Final = 0
"""`image.audience` of rows that every account sees; else the code of the owner whose credentials saw them."""

MAX_SLOTS: Final = 62
"""Shards in one file: bits of `image.slots`, which SQLite keeps in a signed 64-bit integer."""

_TABLES: Final = (
    "CREATE TABLE shard (slot INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL,"
    " record_count INTEGER NOT NULL, fetched_at INTEGER NOT NULL, complete INTEGER NOT NULL,"
    " origin TEXT NOT NULL)",
    "CREATE TABLE owner (code INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE)",
    "CREATE TABLE term (code INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (kind, text))",
    "CREATE TABLE chunk (code INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL, slot INTEGER NOT NULL,"
    " generation INTEGER NOT NULL, UNIQUE (slot, chunk_id))",
    # The order of the columns is that of how often a search reads them: SQLite decodes a row from the left.
    "CREATE TABLE image (id INTEGER PRIMARY KEY, key TEXT NOT NULL, slots INTEGER NOT NULL, deprecated INTEGER,"
    " owner INTEGER NOT NULL, arch INTEGER NOT NULL, platform INTEGER NOT NULL, alias INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, created INTEGER, family INTEGER NOT NULL, audience INTEGER NOT NULL,"
    " state INTEGER NOT NULL, root INTEGER NOT NULL, virt INTEGER NOT NULL, boot INTEGER NOT NULL,"
    " type INTEGER NOT NULL, size INTEGER NOT NULL, launched INTEGER)",
    "CREATE INDEX image_owner ON image (owner)",
    "CREATE INDEX image_private ON image (audience) WHERE audience <> 0",
    "CREATE TABLE image_text (id INTEGER PRIMARY KEY, name TEXT NOT NULL, image_id TEXT NOT NULL)",
    "CREATE INDEX image_text_image_id ON image_text (image_id)",
    # A description of NULL is the name once more; a missing row, empty texts.
    "CREATE TABLE note (id INTEGER PRIMARY KEY, description TEXT, state_reason TEXT NOT NULL)",
    "CREATE TABLE tag (id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (id, key))"
    " WITHOUT ROWID",
    "CREATE TABLE membership (slot INTEGER NOT NULL, id INTEGER NOT NULL, generation INTEGER NOT NULL,"
    " chunk INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (slot, id)) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE search USING fts5(name, description, content='', columnsize=0, tokenize='trigram')",
)

_WRITE_CACHE_KIB: Final = 8000
_BUSY_MS: Final = 10_000
"""How long a writer waits for another process' transaction; one of a whole shard's removal takes seconds."""


def connect_writer(path: str) -> tuple[sqlite3.Connection, bool]:
    """Open a region's file for writing, with the schema in place.

    Returns:
        The connection, and whether the tables were made just now and want filling.

    Raises:
        CacheError: SQLite is too old, or the file cannot be written or is damaged.
    """
    _require_trigrams()
    with explained(path):
        try:
            # SQLite makes files with the umask's mode, and its -wal and -shm with the mode of the file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise CacheError(
                f"the index {path} cannot be written",
                why=error.strerror or str(error),
                remedy="another folder: --cache-dir DIR",
            ) from error
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=OFF")
            connection.execute("PRAGMA journal_size_limit=16777216")
            connection.execute(f"PRAGMA cache_size=-{_WRITE_CACHE_KIB}")
            return connection, _ensure_schema(connection)
        except BaseException:
            connection.close()
            raise


def connect_reader(path: str, cache_kib: int) -> sqlite3.Connection | None:
    """Open a region's file for reading; `None` when there is none, or one of another schema.

    Raises:
        CacheError: the file cannot be read or is damaged.
    """
    if not os.path.exists(path):
        return None
    with explained(path):
        connection = _open_read_only(path)
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                connection.close()
                return None
            connection.execute("PRAGMA query_only=ON")
            connection.execute(f"PRAGMA cache_size=-{cache_kib}")
        except BaseException:
            connection.close()
            raise
        return connection


def _open_read_only(path: str) -> sqlite3.Connection:
    uri = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=2)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if os.access(os.path.dirname(path) or ".", os.W_OK):
            raise
        # In a folder that cannot be written, WAL's shared memory cannot be made; nor can anybody write there.
        return sqlite3.connect(
            uri + "&immutable=1", uri=True, isolation_level=None, check_same_thread=False, timeout=2
        )
    except BaseException:
        connection.close()  # what is no database at all is found out by another class of error
        raise
    return connection


def _require_trigrams() -> None:
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise CacheError(
            f"SQLite {sqlite3.sqlite_version} has no trigram search",
            why=f"amitui needs {'.'.join(map(str, MINIMUM_SQLITE))} or newer",
            remedy="run amitui with a Python that was built with a newer SQLite",
        )


def _ensure_schema(connection: sqlite3.Connection) -> bool:
    """Make the tables unless they are there; drop those of another version first."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
        return False
    with transaction(connection):
        # Another process may have been faster while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
            return False
        _drop_tables(connection)
        for statement in _TABLES:
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
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    return True


def _drop_tables(connection: sqlite3.Connection) -> None:
    # Virtual tables first: they take their shadow tables along, which cannot be dropped by themselves.
    rows = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND type IN ('table', 'view')"
        " ORDER BY sql LIKE 'CREATE VIRTUAL TABLE%' DESC"
    ).fetchall()
    for kind, name in rows:
        connection.execute(f'DROP {kind} IF EXISTS "{name}"')


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction, rolled back on any failure."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk ends the transaction by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turns SQLite's errors about the file into `CacheError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise cache_error(error, path) from error


def is_damaged(error: BaseException) -> bool:
    """Whether a failure says that a file holds no (whole) database: waiting or trying again will not mend it."""
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    return isinstance(cause, sqlite3.Error) and code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def cache_error(error: sqlite3.Error, path: str) -> CacheError:
    """What an SQLite failure means for the user."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        busy = CacheError(
            f"the index {path} is in use",
            why="another amitui has been writing to it for a while",
            remedy="try again in a moment",
        )
        busy.retryable = True
        return busy
    if code == sqlite3.SQLITE_FULL:
        return CacheError(
            "the disk is full",
            why=f"nothing of this step was written to {path}",
            remedy="make room, or use another folder: --cache-dir DIR",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return CacheError(
            f"the index {path} cannot be opened", why=str(error), remedy="another folder: --cache-dir DIR"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CacheError(f"the index {path} is damaged", why=str(error), remedy="amitui cache clear")
    return CacheError(f"the index {path} cannot be read", why=str(error), remedy="amitui cache clear")
