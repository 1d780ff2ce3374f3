"""What `amitui find` prints: the matches on stdout, what one should know about them on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from amitui.domain.trust import Trust
from amitui.errors import CacheError
from amitui.exports import NEEDS_RECORDS, RecordOf, export

if TYPE_CHECKING:
    from amitui.catalog.view import CatalogReader, ViewRequest
    from amitui.domain.image import RawRecord
    from amitui.domain.row import ImageRow

WINDOW = 500
"""Rows read at once."""


def print_matches(
    reader: CatalogReader, view: ViewRequest, *, output: str, limit: int | None, segments_dir: str
) -> bool:
    """Print a view's rows in a format of `exports.FORMATS`; false when there are none.

    An image that is asked for by its whole id and is not in the view is looked for in every cached region: "not
    found" mostly means the wrong region.
    """
    found = reader.keys(view)
    keys: Sequence[int] = found.keys
    if not keys:
        elsewhere = [row for name in view.query.image_ids() for row in reader.find_image(name, view.account)]
        keys = [row.key for row in elsewhere]
        if elsewhere:
            _tell("not in the regions asked for; found in " + ", ".join(row.region for row in elsewhere))
    if limit is not None:
        keys = keys[:limit]
    lookalikes = 0

    def rows() -> Iterator[ImageRow]:
        nonlocal lookalikes
        for start in range(0, len(keys), WINDOW):
            for row in filter(None, reader.rows(keys[start : start + WINDOW], view.account)):
                lookalikes += row.trust is Trust.LOOKALIKE
                yield row

    with _records(reader, output, segments_dir) as record_of:
        for piece in export(output, rows(), record_of):
            sys.stdout.write(piece)
    sys.stdout.flush()
    if found.deprecated_hidden:
        _tell(f"{found.deprecated_hidden:,} deprecated hidden (deprecated:yes shows them)")
    if lookalikes:
        _tell(f"{lookalikes:,} of these only carry a known publisher's name (look-alikes); check the owner")
    return bool(keys)


def _tell(words: str) -> None:
    print(f"amitui: {words}", file=sys.stderr)


@contextmanager
def _records(reader: CatalogReader, output: str, segments_dir: str) -> Iterator[RecordOf]:
    """How full records are read, for the formats that need them; the others open no store."""
    if output not in NEEDS_RECORDS:
        yield _no_record
        return
    from amitui.catalog.store import SegmentStore
    from amitui.ec2.convert import image_of

    with SegmentStore(segments_dir) as store:

        def record_of(row: ImageRow) -> RawRecord:
            place = reader.chunk_of(row.key)
            if place is None:
                raise CacheError(f"{row.image_id} has just been replaced", remedy="ask again")
            return image_of(store.record(place[1], place[2]), row.region).record

        yield record_of


def _no_record(row: ImageRow) -> RawRecord:
    raise AssertionError(f"a format that reads no records asked for {row.image_id}")
