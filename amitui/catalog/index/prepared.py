"""An image's row as far as it can be made without the index: all that costs time is done here, once, anywhere.

Whoever reads pages may prepare rows in a process of its own. A prepared row is made of plain values only, so that
`marshal` takes it: in this form rows wait for being written, in memory, in a pipe or in a temporary file.
"""

from __future__ import annotations

import marshal
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.domain.image.facets import KNOWN_OWNERS, facts_of, family_code, year_of
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import INDEX_COLUMNS, ImageSummary, Kept
from amitui.domain.products.identify import Identity
from amitui.domain.products.kind import Subject, subject_of
from amitui.domain.products.reading import NameReading, read_name
from amitui.domain.products.tier import Tier

PlainSubject: TypeAlias = tuple[int, "tuple[object, ...] | None", str]
"""A `Subject` of plain tuples."""

PlainFacts: TypeAlias = "tuple[str | int, ...]"
"""The values of `FacetFacts`."""

Shared: TypeAlias = "tuple[PlainSubject, PlainFacts, tuple[str, ...]]"
"""What many rows have in common: what decides the image's kind, what it is counted by, and the columns kept as
codes of texts, in the order of `INDEX_COLUMNS`. Rows that are made together share one such value."""

PackedRow: TypeAlias = "tuple[str, int | None, Shared, bytes]"
"""Image id and creation time of a row, what it shares, and all but that for `unpacked_row`. Plain, for `marshal`,
which writes of many rows what they share once."""

_MOST_SHARED: Final = 4000
"""Values that are remembered at once: some MB."""

_LARGEST: Final = 2**40
"""Bound for numbers that an imported record may hold; SQLite takes 63 bits."""

KEPT: Final = {kept: tuple(column for column in INDEX_COLUMNS if column.kept is kept) for kept in Kept}
"""The index's narrow columns by how they are kept."""


def _places(kept: Kept) -> list[int]:
    return [ImageSummary._fields.index(column.field) for column in KEPT[kept]]


_times, _terms = (itemgetter(*_places(kept)) for kept in (Kept.TIME, Kept.TEXT))
"""Each gives a tuple of a summary's values."""
_NUMBERS: Final = _places(Kept.NUMBER)
_TAGGED: Final = ImageFlag.TAGGED.value


class PreparedRow(NamedTuple):
    """What the index is told of one image."""

    image_id: str
    created: int | None
    name: str
    description: str
    state_reason: str
    numbers: str
    """See `reading.numbers_of`."""
    family: int
    """See `facets.family_code`."""
    owner: str
    values: tuple[int | None, ...]
    """Its flags, then the columns kept as times and as numbers, in the order of `INDEX_COLUMNS`."""
    tags: tuple[tuple[str, str], ...]
    shared: Shared


def prepared(summary: ImageSummary) -> PreparedRow:
    """The row of an image."""
    reading = read_name(summary.name)
    flags = int(summary.flags) | (_TAGGED if summary.tags else 0)
    values: tuple[Any, ...] = summary
    numbers: list[int] = [values[place] for place in _NUMBERS]
    if not all(0 <= number <= _LARGEST for number in numbers):
        numbers = [max(0, min(number, _LARGEST)) for number in numbers]
    return PreparedRow(
        summary.image_id,
        summary.created,
        summary.name,
        summary.description,
        summary.state_reason,
        reading.numbers,
        family_code(reading.family or summary.image_id),
        summary.owner_id,
        (flags, *_times(summary), *numbers),
        summary.tags,
        _shared(summary, reading),
    )


_known: Final[dict[tuple[object, ...], Shared]] = {}
"""By all that it depends on, what rows share: to look that up takes a third of the time that making it takes."""


def _shared(summary: ImageSummary, reading: NameReading) -> Shared:
    owner, identity, created, terms = summary.owner_id, reading.identity, summary.created, _terms(summary)
    decisive = (
        # Of strangers only counts that they are.
        owner if owner in KNOWN_OWNERS else "",
        summary.owner_alias,
        int(summary.flags),
        None if identity is None else (identity[:-1], reading.family),
        None if created is None else year_of(created),
        terms,
    )
    shared = _known.get(decisive)
    if shared is None:
        if len(_known) >= _MOST_SHARED:
            _known.clear()
        shared = _known[decisive] = _made(summary, reading, terms)
    return shared


def _made(summary: ImageSummary, reading: NameReading, terms: tuple[str, ...]) -> Shared:
    subject = subject_of(reading, summary.owner_id, summary.owner_alias, summary.flags, summary.architecture)
    return _plain(subject), tuple(facts_of(summary, reading.family if reading.identity else "")), terms


def packed_row(row: PreparedRow) -> PackedRow:
    """A row in a tenth of the memory, for this version of Python; never kept for another process to find."""
    return row.image_id, row.created, row.shared, marshal.dumps(row[:-1])


def unpacked_row(packed: bytes, shared: Shared) -> PreparedRow:
    """The row that was packed, by this program, with what it shares."""
    return tuple.__new__(PreparedRow, (*marshal.loads(packed), shared))  # noqa: S302 - what this program packed


def _plain(subject: Subject) -> PlainSubject:
    identity = subject.identity
    return int(subject.tier), None if identity is None else tuple(identity), subject.architecture


def subject_from(plain: PlainSubject) -> Subject:
    """The subject that a plain one stands for."""
    tier, identity, architecture = plain
    return Subject(Tier(tier), None if identity is None else Identity(*identity), architecture)  # type: ignore[arg-type]
