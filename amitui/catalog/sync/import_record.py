"""A record of a file as an import writes it: all that costs time is done in whichever process reads its run."""

from __future__ import annotations

import marshal
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.catalog.dump.limits import LIMITS
from amitui.catalog.dump.runs import RunRecord, run_records
from amitui.catalog.index.prepared import PackedRow, packed_row, prepared
from amitui.catalog.stored_form import line_of
from amitui.domain.image.facets import KNOWN_OWNERS
from amitui.domain.image.image import RawRecord
from amitui.ec2.convert import ownership_of, summary_of

Whose: TypeAlias = tuple[str, str, bool]
"""An `Ownership`. Of a public image's owner only counts whether it is a publisher; others are empty here."""

_WHOSE_KNOWN: Final = 10_000
_known: Final[dict[Whose, Whose]] = {}


class ReadRecord(NamedTuple):
    """A record that has been read."""

    line: bytes
    """Of the store: `stored_form.line_of`."""
    row: PackedRow | None
    """`None`: it is kept in the store and absent from the index."""
    whose: Whose
    region: Any
    """What it says about its Region."""


def read_record(record: RawRecord) -> ReadRecord:
    """What is stored and indexed of a record.

    Raises:
        ValueError: it is no image; the message says so in words.
    """
    owner, alias, public = ownership_of(record)
    whose = ("" if public and owner not in KNOWN_OWNERS else owner, alias, public)
    # One value for many records, which `marshal` writes once.
    if len(_known) >= _WHOSE_KNOWN:
        _known.clear()
    whose = _known.setdefault(whose, whose)
    try:
        row = packed_row(prepared(summary_of(record)))
    except ValueError:
        row = None
    return ReadRecord(line_of(record), row, whose, record.get("Region"))


def read_run(head: str, text: str) -> list[RunRecord] | None:
    """The records of a run, each a `ReadRecord`; `None` when it is none."""
    found = run_records(head, text, LIMITS)
    if found is None:
        return None
    try:
        return [one._replace(record=read_record(one.record)) for one in found]
    except ValueError:
        return None  # read one by one it will be said which record is no image


def packed_run(records: list[RunRecord] | None) -> bytes:
    """What `read_run` gave, for the way between two processes of one program."""
    return marshal.dumps(None if records is None else [(tuple(one.record), *one[1:]) for one in records])


def unpacked_run(packed: bytes) -> list[RunRecord] | None:
    """The run that was packed."""
    plain = marshal.loads(packed)  # noqa: S302 - from a process that this one started
    if plain is None:
        return None
    return [RunRecord(ReadRecord._make(record), account, length) for record, account, length in plain]
