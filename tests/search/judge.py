"""Runs look-ups as `find --latest` and as the screen do, and says at which place the right image stands."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.imports import Importer
from amitui.catalog.sync.service import open_index
from amitui.cli import main
from amitui.configuration.load import load_settings
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.row import ImageRow
from amitui.domain.query.parser import parse_query
from amitui.errors import AmituiError
from amitui.services.remembered import write_note
from amitui.settings import Settings
from tests.search.catalogue import build_of, catalogue, label_of
from tests.search.records import COLLEAGUE, ME, NOW, REGION

TABLE = Path(__file__).parent / "lookups.tsv"
SEEN = 3
"""Rows that are looked at."""

_PLACEHOLDER = re.compile(r"\{(id|name|date|short):([^}@]+)(?:@(\d+))?\}")


@dataclass(frozen=True, slots=True)
class Lookup:
    """One row of the table, with what it holds filled in."""

    line: int
    query: str
    options: tuple[str, ...]
    expected: frozenset[str]
    """What may stand first, as `label_of` calls it; empty: nothing is found."""
    hint: tuple[str, ...]
    """Words that standard error has to hold."""
    cause: str

    @property
    def label(self) -> str:
        """The row as a person finds it again."""
        return f"{self.line}: {' '.join((*self.options, self.query))}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up came to."""

    rank: int
    """Place of the first right image, from 1; 0: not among those looked at."""
    first: str
    """What came first; empty: nothing."""
    said: str = ""
    """Standard error, or the words of an error."""
    right: bool = False


@cache
def lookups() -> tuple[Lookup, ...]:
    """The table."""
    found = []
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            query, options, expected, cause = line.split("\t")
            labels, _, hint = expected.partition("~")
            wanted = frozenset(label.strip() for label in labels.split("|") if label.strip(" -"))
            for label in wanted:
                name, _, age = label.partition("@")
                build_of(name, int(age or 0))  # says which label is wrong
            found.append(
                Lookup(number, _filled(query), tuple(options.split()), wanted, tuple(hint.split()), cause)
            )
    return tuple(found)


def _filled(query: str) -> str:
    def value(match: re.Match[str]) -> str:
        build = build_of(match[2], int(match[3] or 0))
        created = str(build.record["CreationDate"])[:10]
        values = {"id": build.image_id, "name": build.name, "date": created.replace("-", ""), "short": created}
        return values[match[1]]

    return _PLACEHOLDER.sub(value, query)


class Stage:
    """A cache with the whole catalogue in a folder of its own, and an environment that knows no AWS."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self.environment():
            self._settings = self._load()
            self._fill()
            write_note(self._settings.locations.identities_file, {self._fingerprint(): ME})

    @contextmanager
    def environment(self) -> Iterator[None]:
        """The day of the catalogue, and nothing of who runs the tests."""
        clock = SimpleNamespace(time=lambda: NOW)
        variables = {"HOME": str(self._folder), "PATH": os.environ.get("PATH", "")}
        with (
            patch.dict(os.environ, variables, clear=True),
            patch("amitui.services.composition.time", clock),
        ):
            yield

    def _load(self) -> Settings:
        given = {"regions": (REGION,), "offline": True, "cache_dir": str(self._folder / "cache")}
        return load_settings(given, os.environ)

    def _fingerprint(self) -> str:
        from amitui.ec2.profiles import identity_fingerprint

        return identity_fingerprint(self._settings.profile, None)

    def _fill(self) -> None:
        locations = self._settings.locations
        with (
            SegmentStore(locations.segments_dir) as store,
            open_index(locations, store, REGION) as index,
            Importer(store, lambda _: index, locks_dir=locations.locks_dir, region=REGION, scope=None) as importer,
        ):
            for record in catalogue().listed:
                account = ME if record["OwnerId"] == COLLEAGUE else None
                importer.add(record, now=NOW, account=account)
            importer.finish(NOW)

    def find(self, query: str, *options: str) -> tuple[list[str], str]:
        """The ids that `find --latest` prints, and what it says on standard error."""
        out, err = io.StringIO(), io.StringIO()
        words = ["find", "--offline", "--cache-dir", str(self._folder / "cache"), "--region", REGION, "--latest"]
        words += ["-o", "id", "--limit", str(SEEN), *options, "--", query]
        with self.environment(), redirect_stdout(out), redirect_stderr(err):
            main(words)
        return out.getvalue().split(), err.getvalue()

    def latest(self, lookup: Lookup) -> Answer:
        """What `find --latest` answers."""
        return _judged(lookup, *self.find(lookup.query, *lookup.options))

    def reader(self) -> CatalogReader:
        """A reader of the filled index."""
        return CatalogReader(self._settings.locations.index_dir)

    def rows(
        self, query: str, reader: CatalogReader, scopes: tuple[Scope, ...] = (), limit: int = SEEN
    ) -> list[ImageRow]:
        """The screen's first rows once the query is typed.

        Raises:
            QuerySyntaxError: it cannot be understood.
        """
        request = ViewRequest(parse_query(query, now=NOW), (REGION,), scopes or (ALL,), (ME,), False, NOW)
        return reader.first(request, limit)[1]

    def screen(self, lookup: Lookup, reader: CatalogReader, typed: str | None = None) -> Answer:
        """What the screen shows once the query, or a part of it, is typed."""
        options = zip(lookup.options, lookup.options[1:], strict=False)
        scopes = tuple(Scope.parse(value) for name, value in options if name == "--scope")
        try:
            rows = self.rows(lookup.query if typed is None else typed, reader, scopes)
        except AmituiError as error:
            return _judged(lookup, [], " ".join(error.lines()))
        return _judged(lookup, [row.image_id for row in rows], None)

    def keystrokes(self, lookup: Lookup, reader: CatalogReader) -> int:
        """How many letters have to be typed until the right image stands under the cursor; 0: it never does."""
        for length in range(1, len(lookup.query) + 1):
            if lookup.query[length - 1] != " " and self.screen(lookup, reader, lookup.query[:length]).rank == 1:
                return length
        return 0


def _judged(lookup: Lookup, ids: list[str], said: str | None) -> Answer:
    labels = [label_of()[image_id] for image_id in ids]
    rank = next((place for place, label in enumerate(labels, 1) if label in lookup.expected), 0)
    spoken = (said or "").lower()
    # A screen says its hints elsewhere.
    told = said is None or all(word.lower() in spoken for word in lookup.hint)
    right = told and (rank == 1 if lookup.expected else not ids)
    return Answer(rank, labels[0] if labels else "", said or "", right)
