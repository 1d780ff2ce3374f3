"""One region's file from the reading side: a connection that follows the file, and what the file calls things.

A file may be replaced, deleted or emptied under a reader at any time (another process clears the cache or has a
newer schema): each look begins by asking whether the path still is the file that is open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.catalog.index.opening import NewerIndex, cache_error, check_not_newer, connect_reader, explained
from amitui.catalog.index.schema import FACETS_SINCE, PUBLIC_AUDIENCE, READABLE, SCHEMA_VERSION, SLOT_BITS
from amitui.catalog.search.conditions import Sql
from amitui.catalog.search.doubles import Doubles
from amitui.catalog.search.slots import Slots
from amitui.catalog.sqlite_file import ReadOnlyConnection, identity_of, written_state_of
from amitui.domain.catalogue.shard import Shard, ShardStatus

if TYPE_CHECKING:
    from amitui.domain.image.facets import FacetFacts

_OPCODES_BETWEEN_LOOKS: Final = 4000
"""How often a bounded statement looks at the clock: about every 0.1 ms."""


class QueryInterrupted(Exception):
    """A search was overtaken by a later one (`CatalogReader.interrupt`)."""


class OutOfTime(Exception):
    """A bounded statement took longer than it may."""


class Interruption:
    """Whether what is being done has been overtaken; shared by the files of a reader."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked = False


class SlottedShard(NamedTuple):
    """A shard and its bit in `image.slots`, as a mask."""

    bit: int
    status: ShardStatus


class RegionFile:
    """A region's file, opened when first looked at. Not for several threads at once, except `interrupt`."""

    def __init__(self, path: str, region: str, slot: int, *, cache_kib: int, interruption: Interruption) -> None:
        self.path = path
        self.region = region
        self.slot = slot
        self._cache_kib = cache_kib
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._written: tuple[int, ...] = ()
        self._version = 0
        self._schema = 0
        self._terms: dict[str, dict[int, str]] | None = None
        self._shards: list[SlottedShard] | None = None
        self._kind_words: dict[str, bool] = {}
        self._accounts: dict[int, str] = {}
        self._facets: dict[int, FacetFacts] | None = None
        self._unknown_kinds: list[tuple[int, int]] | None = None
        self.doubles = Doubles(self)
        """Rows of one image among its rows."""
        self._interruption = interruption

    def close(self) -> None:
        """Close the file; it opens again when looked at."""
        connection, self._connection = self._connection, None
        self._identity = None
        self._version = 0
        self._forget()
        if connection is not None:
            connection.close()

    def interrupt(self) -> None:
        """Make the statement that runs fail. From any thread."""
        connection = self._connection
        if connection is not None:
            try:
                connection.interrupt()
            except sqlite3.ProgrammingError:
                return  # closed in this very moment: nothing runs on it

    def look(self) -> bool:
        """Be ready to read the file as it is now; false when there is none, or one that is too old."""
        with explained(self.path):
            identity = identity_of(self.path)
        if self._connection is not None and (identity != self._identity or self._has_outlived_its_file()):
            self.close()
        if self._connection is None:
            if identity is None:
                return False
            self._written = written_state_of(self.path)
            self._connection = connect_reader(self.path, self._cache_kib)
            self._identity = identity
        if self._connection is None:
            return False
        version = self._pragma("data_version")
        if version != self._version:
            schema = self._pragma("user_version")
            check_not_newer(schema, self.path)
            self._version = version
            self._schema = schema
            self._forget()
        return self._schema >= READABLE

    @property
    def is_current(self) -> bool:
        """Whether the file, as `look` found it, is of this version's schema; an older one is to be made anew."""
        return self._schema == SCHEMA_VERSION

    @property
    def has_facets(self) -> bool:
        """Whether the file, as `look` found it, says what images are counted by."""
        return self._schema >= FACETS_SINCE

    def _has_outlived_its_file(self) -> bool:
        """Whether a connection that takes no notice of others reads what others have changed."""
        return isinstance(self._connection, ReadOnlyConnection) and self._written != written_state_of(self.path)

    def state(self) -> tuple[object, ...]:
        """Something that differs whenever the content may differ."""
        readable = self.look()
        with explained(self.path):
            identity = identity_of(self.path)
        # The version of a standing connection never changes.
        standing = isinstance(self._connection, ReadOnlyConnection)
        return identity, self._version if readable else 0, *(self._written if standing else ())

    def _pragma(self, name: str) -> int:
        return int(self.fetch(f"PRAGMA {name}")[0][0])

    def _forget(self) -> None:
        self._terms = None
        self._shards = None
        self._facets = None
        self._kind_words.clear()
        self._accounts.clear()
        self._unknown_kinds = None
        self.doubles.forget()

    # Statements

    def give_way(self) -> None:
        """Stop what is done between two statements, when a later request waits.

        Raises:
            QueryInterrupted: by `interrupt`.
        """
        if self._interruption.asked:
            raise QueryInterrupted

    def execute(self, statement: str, values: Sequence[str | int] = ()) -> sqlite3.Cursor:
        """Run a statement.

        Raises:
            QueryInterrupted: by `interrupt`.
            CacheError: the file is damaged, locked or gone.
        """
        assert self._connection is not None, "look() first"  # noqa: S101
        with self._explained():
            self.give_way()
            return self._connection.execute(statement, values)

    def fetch(self, statement: str, values: Sequence[str | int] = ()) -> list[Any]:
        """All rows of a statement; raises what `execute` does."""
        with self._explained():
            return self.execute(statement, values).fetchall()

    def rows(self, statement: str, values: Sequence[str | int] = ()) -> Iterator[Any]:
        """The rows of a statement as they are read; raises what `execute` does."""
        with self._explained():
            yield from self.execute(statement, values)

    def fetch_within(self, seconds: float, statement: str, values: Sequence[str | int]) -> list[Any]:
        """All rows of a statement that may take so long.

        Raises:
            OutOfTime: it took longer.
        """
        assert self._connection is not None, "look() first"  # noqa: S101
        deadline = monotonic() + seconds
        late = False

        def look_at_clock() -> int:
            nonlocal late
            late = monotonic() > deadline
            return late

        self._connection.set_progress_handler(look_at_clock, _OPCODES_BETWEEN_LOOKS)
        try:
            return self.fetch(statement, values)
        except QueryInterrupted:
            if late and not self._interruption.asked:
                raise OutOfTime from None
            raise
        finally:
            self._connection.set_progress_handler(None, 0)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise QueryInterrupted from None
            raise cache_error(error, self.path) from error

    # What the file calls things (`compile.Dictionary`)

    def terms(self, kind: str) -> dict[int, str]:
        """Every text of a kind, by its code."""
        if self._terms is None:
            self._terms = {}
            for code, found, text in self.fetch("SELECT code, kind, text FROM term"):
                self._terms.setdefault(found, {})[code] = text
        return self._terms.get(kind, {})

    def facets(self) -> dict[int, FacetFacts]:
        """What images are counted by, by its code."""
        from amitui.catalog.search.facets import facets_of

        self._facets = facets_of(self) if self._facets is None else self._facets
        return self._facets

    def is_kind_word(self, word: str) -> bool:
        """Whether images of known patterns here can be asked for by a word."""
        if word not in self._kind_words:
            found = self.fetch("SELECT 1 FROM kind WHERE instr(words, ?) LIMIT 1", (f" {word} ",))
            self._kind_words[word] = bool(found)
        return self._kind_words[word]

    def unknown_kinds(self) -> list[tuple[int, int]]:
        """Code and tier of the kinds whose names follow no known pattern."""
        if self._unknown_kinds is None:
            self._unknown_kinds = self.fetch("SELECT code, tier FROM kind WHERE product = '' ORDER BY code")
        return self._unknown_kinds

    def owners(self, accounts: Iterable[str]) -> list[int]:
        """Codes of these accounts, as far as they are known here, in their order."""
        wanted = list(dict.fromkeys(accounts))
        if not wanted:
            return []
        marks = ", ".join("?" * len(wanted))
        found = dict(self.fetch(f"SELECT account, code FROM owner WHERE account IN ({marks})", wanted))  # noqa: S608
        return [found[account] for account in wanted if account in found]

    def account(self, code: int) -> str:
        """The account of an owner's code; empty when there is none."""
        if code not in self._accounts:
            found = self.fetch("SELECT account FROM owner WHERE code = ?", (code,))
            self._accounts[code] = found[0][0] if found else ""
        return self._accounts[code]

    def owners_beginning(self, digits: str) -> list[int]:
        """Codes of the accounts whose id begins so."""
        return self._column("SELECT code FROM owner WHERE account >= ? AND account < ?", (digits, f"{digits}:"))

    def rows_with_id(self, begins: str, like: str, limit: int) -> list[int]:
        """At most `limit` rows whose image id begins so and is LIKE the pattern."""
        return self._column(
            "SELECT id FROM image_text WHERE image_id >= ? AND image_id < ? AND image_id LIKE ? ESCAPE '\\'"
            " LIMIT ?",
            (begins, f"{begins}\U0010ffff", like, limit),
        )

    def rows_with_text(self, match: str, limit: int) -> list[int]:
        """At most `limit` rows that match an FTS5 expression."""
        return self._column("SELECT rowid FROM search WHERE search MATCH ? LIMIT ?", (match, limit))

    def count(self, tables: Sql, limit: int) -> int:
        """How many rows a FROM clause yields, counting no further than `limit`."""
        statement = f"SELECT count(*) FROM (SELECT 1 {tables.text} LIMIT {limit})"  # noqa: S608
        return int(self.fetch(statement, tables.values)[0][0])

    def _column(self, statement: str, values: Sequence[str | int]) -> list[int]:
        return [value for (value,) in self.fetch(statement, values)]

    # What it holds

    def shards(self) -> list[SlottedShard]:
        """Its shards, public ones first."""
        if self._shards is None:
            self._shards = [
                SlottedShard(
                    1 << slot % SLOT_BITS,
                    ShardStatus(Shard.from_key(key), generation, records, fetched_at, bool(complete), origin),
                )
                for slot, key, generation, records, fetched_at, complete, origin in self.fetch(
                    "SELECT slot, key, generation, record_count, fetched_at, complete, origin FROM shard"
                    " ORDER BY slot"
                )
            ]
        return self._shards

    def bits_of_several(self) -> int:
        """Mask of the bits that several of its shards have."""
        once = several = 0
        for bit, _ in self.shards():
            several |= once & bit
            once |= bit
        return several


def slots_of(file: RegionFile, shards: Iterable[SlottedShard]) -> Slots:
    """The rows of some of a file's shards."""
    mask, audiences = 0, dict[int, list[str]]()
    several = file.bits_of_several()
    for bit, status in shards:
        if bit & several:
            audiences.setdefault(bit, []).append("" if status.shard.is_public else status.shard.visibility)
        else:
            mask |= bit
    if not audiences:
        return Slots(mask)
    meant: dict[tuple[int, ...], int] = {}
    for bit, accounts in audiences.items():
        codes = (*file.owners(filter(None, accounts)), *((PUBLIC_AUDIENCE,) if "" in accounts else ()))
        meant[codes] = meant.get(codes, 0) | bit
    return Slots(mask, tuple((bits, codes) for codes, bits in meant.items()))


def visible_slots(file: RegionFile, accounts: tuple[str, ...]) -> Slots:
    """The rows that these accounts may be shown."""
    return slots_of(file, (one for one in file.shards() if one.status.is_visible_to(accounts)))


def holds_anything(file: RegionFile) -> bool:
    """Whether a file can be read by this version and has a shard."""
    try:
        return file.look() and bool(file.shards())
    except NewerIndex:
        return False
