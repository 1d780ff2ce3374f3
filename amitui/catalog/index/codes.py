"""Codes of what many rows share: owners, repeated texts, kinds, facets."""

from __future__ import annotations

import sqlite3

from amitui.catalog.index.row_key import facet_text
from amitui.domain.image.facets import FacetFacts
from amitui.domain.products.kind import Subject, kind_of


class Vocabulary:
    """Codes of the texts that many rows share; grows within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._owners: dict[str, int] = {}
        self._terms: dict[tuple[str, str], int] = {}
        self._kinds: dict[Subject, int] = {}
        self._facets: dict[FacetFacts, str] = {}

    def forget(self) -> None:
        """After a rollback, or another process' schema: what was learnt may not be in the file."""
        self._owners.clear()
        self._terms.clear()
        self._kinds.clear()
        self._facets.clear()

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

    def kind(self, subject: Subject) -> int:
        code = self._kinds.get(subject)
        if code is None:
            kind = kind_of(subject)
            self._connection.execute(
                "INSERT OR IGNORE INTO kind (tier, product, words, extras, release, architecture)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                kind,
            )
            (code,) = self._connection.execute(
                "SELECT code FROM kind WHERE tier = ? AND product = ? AND words = ? AND extras = ? AND release = ?"
                " AND architecture = ?",
                kind,
            ).fetchone()
            self._kinds[subject] = code
        return code

    def facet(self, facts: FacetFacts) -> str:
        """The character for what an image is counted by."""
        text = self._facets.get(facts)
        if text is None:
            names = ", ".join(FacetFacts._fields)
            marks = ", ".join("?" * len(facts))
            self._connection.execute(f"INSERT OR IGNORE INTO facet ({names}) VALUES ({marks})", facts)  # noqa: S608
            (code,) = self._connection.execute(
                f"SELECT code FROM facet WHERE ({names}) = ({marks})",  # noqa: S608 - names of ours
                facts,
            ).fetchone()
            text = self._facets[facts] = facet_text(code)
        return text
