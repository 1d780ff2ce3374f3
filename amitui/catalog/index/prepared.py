"""An image's row as far as it can be made without the index: all that costs time is done here, once, anywhere.

Whoever reads pages may prepare rows in a process of its own. A prepared row is made of plain values only, so that
`marshal` takes it: in this form rows wait for being written, in memory, in a pipe or in a temporary file.
"""

from __future__ import annotations

import marshal
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from amitui.domain.image.facets import facts_of, family_code
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import INDEX_COLUMNS, ImageSummary, Kept
from amitui.domain.products.identify import Identity
from amitui.domain.products.kind import Subject, subject_of
from amitui.domain.products.reading import read_name
from amitui.domain.products.tier import Tier

PlainSubject: TypeAlias = tuple[int, "tuple[object, ...] | None", str]
"""A `Subject` of plain tuples."""

PlainFacts: TypeAlias = "tuple[str | int, ...]"
"""The values of `FacetFacts`."""

PackedRow: TypeAlias = "tuple[str, int | None, bytes]"
"""Image id and creation time of a row, and the rest of it for `unpacked_row`. Plain, for `marshal`."""

_LARGEST: Final = 2**40
"""Bound for numbers that an imported record may hold; SQLite takes 63 bits."""

KEPT: Final = {kept: tuple(column for column in INDEX_COLUMNS if column.kept is kept) for kept in Kept}
"""The index's narrow columns by how they are kept."""


def _places(kept: Kept) -> list[int]:
    return [ImageSummary._fields.index(column.field) for column in KEPT[kept]]


_times, _terms = (itemgetter(*_places(kept)) for kept in (Kept.TIME, Kept.TEXT))
"""Each gives a tuple of a summary's values."""
_NUMBERS: Final = tuple(column.field for column in KEPT[Kept.NUMBER])
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
    subject: PlainSubject
    """What decides the image's kind."""
    facts: PlainFacts
    """What it is counted by."""
    owner: str
    values: tuple[int | None, ...]
    """Its flags, then the columns kept as times and as numbers, in the order of `INDEX_COLUMNS`."""
    terms: tuple[str, ...]
    """The columns kept as codes of texts, in the order of `INDEX_COLUMNS`."""
    tags: tuple[tuple[str, str], ...]


def prepared(summary: ImageSummary) -> PreparedRow:
    """The row of an image."""
    reading = read_name(summary.name)
    flags = int(summary.flags) | (_TAGGED if summary.tags else 0)
    numbers = [max(0, min(getattr(summary, field), _LARGEST)) for field in _NUMBERS]
    return PreparedRow(
        summary.image_id,
        summary.created,
        summary.name,
        summary.description,
        summary.state_reason,
        reading.numbers,
        family_code(reading.family or summary.image_id),
        _plain(subject_of(reading, summary.owner_id, summary.owner_alias, summary.flags, summary.architecture)),
        tuple(facts_of(summary, reading.family if reading.identity else "")),
        summary.owner_id,
        (flags, *_times(summary), *numbers),
        _terms(summary),
        summary.tags,
    )


def packed_row(row: PreparedRow) -> PackedRow:
    """A row in a tenth of the memory, for this version of Python; never kept for another process to find."""
    return row.image_id, row.created, marshal.dumps(_tuple(row))


def _tuple(row: PreparedRow) -> tuple[Any, ...]:
    return tuple(row)  # `marshal` takes no named ones


def unpacked_row(packed: bytes) -> PreparedRow:
    """The row that was packed, by this program."""
    return PreparedRow(*marshal.loads(packed))  # noqa: S302 - what this program packed


def _plain(subject: Subject) -> PlainSubject:
    identity = subject.identity
    return int(subject.tier), None if identity is None else tuple(identity), subject.architecture


def subject_from(plain: PlainSubject) -> Subject:
    """The subject that `PreparedRow.subject` stands for."""
    tier, identity, architecture = plain
    return Subject(Tier(tier), None if identity is None else Identity(*identity), architecture)  # type: ignore[arg-type]
