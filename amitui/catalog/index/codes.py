"""Codes of what many rows share: owners, repeated texts, kinds, facets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from amitui.catalog.index.prepared import KEPT, PlainFacts, PlainSubject, Shared, subject_from
from amitui.catalog.index.row_key import facet_text
from amitui.catalog.index.row_places import marks, parts
from amitui.domain.image.facets import FacetFacts
from amitui.domain.image.row import Kept
from amitui.domain.products.kind import kind_of

_TERMS: Final = tuple(column.name for column in KEPT[Kept.TEXT])

_MOST: Final = 20_000
"""Codes of one sort that are remembered at once: some MB."""

_FACTS: Final = ", ".join(FacetFacts._fields)
_MARKS: Final = ", ".join("?" * len(FacetFacts._fields))
_INSERT_FACET: Final = f"INSERT OR IGNORE INTO facet ({_FACTS}) VALUES ({_MARKS})"  # noqa: S608 - names of ours
_SELECT_FACET: Final = f"SELECT code FROM facet WHERE ({_FACTS}) = ({_MARKS})"  # noqa: S608 - names of ours


class SharedCodes(NamedTuple):
    """What many rows have in common, as the file knows it."""

    kind: int
    facet: str
    """The character for what an image is counted by."""
    terms: tuple[int, ...]


class Vocabulary:
    """Codes of the texts that many rows share; grows within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._owners: dict[str, int] = {}
        self._terms: dict[tuple[str, str], int] = {}
        self._shared: dict[Shared, SharedCodes] = {}
        self._kinds: dict[PlainSubject, int] = {}
        self._facets: dict[PlainFacts, str] = {}

    def forget(self) -> None:
        """After a rollback, or another process' schema: what was learnt may not be in the file."""
        self._owners.clear()
        self._terms.clear()
        self._shared.clear()
        self._kinds.clear()
        self._facets.clear()

    def owner(self, account: str) -> int:
        code = self._owners.get(account)
        if code is None:
            code = self._code(
                "INSERT OR IGNORE INTO owner (account) VALUES (?)",
                "SELECT code FROM owner WHERE account = ?",
                (account,),
            )
            if len(self._owners) >= _MOST:
                self._owners.clear()
            self._owners[account] = code
        return code

    def learn_owners(self, accounts: Iterable[str]) -> None:
        """Give those a code that have none: together, as there may be as many as rows."""
        unknown = sorted({account for account in accounts if account not in self._owners})
        if not unknown:
            return
        if len(self._owners) + len(unknown) > _MOST:
            self._owners.clear()
        self._connection.executemany(
            "INSERT OR IGNORE INTO owner (account) VALUES (?)", [(account,) for account in unknown]
        )
        for part in parts(unknown):
            self._owners.update(
                self._connection.execute(
                    f"SELECT account, code FROM owner WHERE account IN ({marks(len(part))})",  # noqa: S608
                    part,
                ).fetchall()
            )

    def shared(self, shared: Shared) -> SharedCodes:
        """Codes of what many rows share."""
        codes = self._shared.get(shared)
        if codes is None:
            subject, facts, texts = shared
            codes = SharedCodes(self._kind(subject), self._facet(facts), tuple(map(self._term, _TERMS, texts)))
            if len(self._shared) >= _MOST:
                self._shared.clear()
            self._shared[shared] = codes
        return codes

    def _term(self, kind: str, text: str) -> int:
        code = self._terms.get((kind, text))
        if code is None:
            code = self._code(
                "INSERT OR IGNORE INTO term (kind, text) VALUES (?, ?)",
                "SELECT code FROM term WHERE kind = ? AND text = ?",
                (kind, text),
            )
            if len(self._terms) >= _MOST:
                self._terms.clear()
            self._terms[kind, text] = code
        return code

    def _kind(self, subject: PlainSubject) -> int:
        code = self._kinds.get(subject)
        if code is None:
            code = self._code(
                "INSERT OR IGNORE INTO kind (tier, product, words, extras, release, architecture)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                "SELECT code FROM kind WHERE tier = ? AND product = ? AND words = ? AND extras = ? AND release = ?"
                " AND architecture = ?",
                kind_of(subject_from(subject)),
            )
            if len(self._kinds) >= _MOST:
                self._kinds.clear()
            self._kinds[subject] = code
        return code

    def _facet(self, facts: PlainFacts) -> str:
        """The character for what an image is counted by."""
        text = self._facets.get(facts)
        if text is None:
            text = facet_text(self._code(_INSERT_FACET, _SELECT_FACET, facts))
            if len(self._facets) >= _MOST:
                self._facets.clear()
            self._facets[facts] = text
        return text

    def _code(self, insert: str, select: str, values: tuple[str | int, ...]) -> int:
        inserted = self._connection.execute(insert, values)
        if inserted.rowcount == 1:
            return int(inserted.lastrowid or 0)
        (code,) = self._connection.execute(select, values).fetchone()
        return int(code)
