"""What `amitui find` prints: the matches on stdout, what one should know about them on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from amitui.charset import for_people
from amitui.cli.grouped import by_family
from amitui.cli.messages import columns_of, say, warn
from amitui.domain.catalogue.view import BEST_FIRST
from amitui.domain.counts import count_of
from amitui.domain.image.trust import Trust
from amitui.domain.query.intent import whole_name
from amitui.errors import CacheError
from amitui.presentation.account_names import NO_NAMES, AccountNames
from amitui.presentation.export import FORMATS, ExportFormat, RecordOf
from amitui.presentation.printed_table import table_lines
from amitui.presentation.wrapping import wrapped

if TYPE_CHECKING:
    from amitui.catalog.search.view import CatalogReader
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.image import Image, RawRecord
    from amitui.domain.image.row import ImageRow

WINDOW = 500
"""Rows read at once."""

TABLE_ROWS = 100
"""Rows of the table where nobody says how many: it is read by people, and the newest come first."""


class Matches(NamedTuple):
    """What there is to print."""

    rows: Iterable[ImageRow]
    some: bool
    """Whether there are any."""
    notes: tuple[str, ...]
    """What should be known about what is not among them."""


def print_matches(
    reader: CatalogReader,
    view: ViewRequest,
    *,
    output: str,
    limit: int | None,
    segments_dir: str,
    explain: bool = False,
    names: AccountNames = NO_NAMES,
    explained: bool = False,
) -> bool:
    """Print a view's rows in a format, built in or a package's; false when there are none.

    Args:
        explain: say of each row why it stands where it does: below it in the table, else on stderr.
        names: of accounts.
        explained: whether it has been said why there can be none.
    """
    found = matches_of(reader, view, output=output, limit=limit)
    lookalikes = 0
    first: ImageRow | None = None

    def counted() -> Iterator[ImageRow]:
        nonlocal lookalikes, first
        for row in found.rows:
            first = first or row
            lookalikes += row.trust is Trust.LOOKALIKE
            yield row

    rows: Iterable[ImageRow] = counted()
    if explain:
        rows = list(rows)
        _explain(reader, view, rows, output=output, segments_dir=segments_dir, names=names)
    else:
        write_rows(reader, rows, output=output, segments_dir=segments_dir, names=names)
    sys.stdout.flush()
    _say_about(reader, view, found, first, lookalikes, explained=explained)
    return found.some


def matches_of(reader: CatalogReader, view: ViewRequest, *, output: str, limit: int | None) -> Matches:
    """What is to be printed of a view in a format, where at most `limit` images are asked for (`None`: all)."""
    if limit is not None:
        found = _top(reader, view, limit, _beyond_limit(view, limit))
    elif output == "table":
        note = f"the first {TABLE_ROWS:,}; there are more: use --limit N, or list all with -o id, csv, jsonl, …"
        found = _top(reader, view, TABLE_ROWS, note)
    else:
        found = _all(reader, view)
    return found if found.some else _elsewhere(reader, view, found)


def _say_about(
    reader: CatalogReader,
    view: ViewRequest,
    found: Matches,
    first: ImageRow | None,
    lookalikes: int,
    *,
    explained: bool,
) -> None:
    """Say on stderr what is to be known of what was printed, or why nothing was."""
    if first is not None and whole_name(view.query):
        from amitui.cli.absence import of_a_name

        if said := of_a_name(reader, view, first):
            say(said)
    for note in found.notes:
        say(note)
    if lookalikes:
        warn(
            f"{lookalikes:,} of these are look-alikes: a known publisher's name under another account; check "
            "the owner"
        )
    if not found.some and not explained:
        from amitui.cli.absence import why_nothing

        for line in why_nothing(reader, view, len(found.notes)):
            say(line)


def _explain(
    reader: CatalogReader,
    view: ViewRequest,
    rows: Sequence[ImageRow],
    *,
    output: str,
    segments_dir: str,
    names: AccountNames,
) -> None:
    """Print rows, and why each stands where it does."""
    why = [", ".join(reasons) for reasons in reader.explain(view, [row.key for row in rows])]
    if output != "table":
        write_rows(reader, rows, output=output, segments_dir=segments_dir, names=names)
        for row, reason in zip(rows, why, strict=True):
            say(f"{row.image_id}: {reason}")
        return
    width = columns_of(sys.stdout)
    for line, reason in zip(table_lines(rows, width, names), ["", *why], strict=False):
        below = wrapped(f"    {reason}", width, rest="    ") if reason and width else []
        beside = f"    {reason}" if reason and not width else ""  # a program reads one line an image
        sys.stdout.write(for_people("\n".join((line + beside, *below)) + "\n"))


def write_rows(
    reader: CatalogReader,
    rows: Iterable[ImageRow],
    *,
    output: str,
    segments_dir: str,
    names: AccountNames = NO_NAMES,
) -> None:
    """Write rows to stdout in a format, built in or a package's."""
    if output == "table":
        for line in table_lines(rows, columns_of(sys.stdout), names):
            sys.stdout.write(for_people(f"{line}\n"))
        return
    chosen = _format_of(output)
    with _records(reader, chosen, segments_dir) as record_of:
        for piece in chosen.written(rows, record_of, names):
            sys.stdout.write(piece)


def _format_of(output: str) -> ExportFormat:
    if output in FORMATS:
        return FORMATS[output]
    from amitui.presentation.exporters import format_of

    return format_of(output)


def _all(reader: CatalogReader, view: ViewRequest) -> Matches:
    keys, hidden = reader.keys(view)

    def rows() -> Iterator[ImageRow]:
        for start in range(0, len(keys), WINDOW):
            yield from filter(None, reader.rows(keys[start : start + WINDOW], view.accounts))

    return Matches(rows(), bool(keys), _hidden(hidden))


def _beyond_limit(view: ViewRequest, limit: int) -> str:
    """What to say where more match than were asked for: in a script nothing, as it asked for so many."""
    if not sys.stderr.isatty():
        return ""
    shorter = "" if view.query.latest else "; --latest keeps one image of each owner, family and architecture"
    return f"more match than the first {count_of(limit, 'image') if limit > 1 else 'image'}{shorter}"


def _top(reader: CatalogReader, view: ViewRequest, limit: int, beyond: str) -> Matches:
    """The first rows; counting the others would take longer than finding these.

    Args:
        beyond: what to say when there are more; empty: nothing.
    """
    _, rows = reader.first(view, limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    if len(view.regions) > 1 and view.order == BEST_FIRST:
        rows = by_family(rows)
    if more:
        return Matches(rows, True, (beyond,) if beyond else ())
    return Matches(rows, bool(rows), _hidden(reader.deprecated_hidden(view)))


def _elsewhere(reader: CatalogReader, view: ViewRequest, nothing: Matches) -> Matches:
    """Images named by their whole ids, in whatever cached region: "not found" mostly means the wrong region."""
    rows = [row for name in view.query.image_ids() for row in reader.find_image(name, view.accounts)]
    if not rows:
        return nothing
    where = ", ".join(dict.fromkeys(row.region for row in rows))
    return Matches(rows, True, (f"not in the Regions searched; found in {where}",))


def _hidden(count: int) -> tuple[str, ...]:
    return (f"{count:,} deprecated hidden (--include-deprecated shows them)",) if count else ()


@contextmanager
def _records(reader: CatalogReader, chosen: ExportFormat, segments_dir: str) -> Iterator[RecordOf]:
    """How full records are read, for the formats that need them; the others open no store."""
    if not chosen.needs_records:
        yield _no_record
        return
    with full_images(reader, segments_dir) as image_behind:
        yield lambda row: image_behind(row).record


@contextmanager
def full_images(reader: CatalogReader, segments_dir: str) -> Iterator[Callable[[ImageRow], Image]]:
    """How the full image behind a row is read."""
    from amitui.catalog.store import SegmentStore
    from amitui.ec2.convert import image_of

    with SegmentStore(segments_dir, repair=False) as store:

        def image_behind(row: ImageRow) -> Image:
            place = reader.locate(row.key)
            if place is None:
                raise CacheError(f"{row.image_id} was just replaced by a refresh", remedy="run it again")
            return image_of(store.record(place.chunk_id, place.line), row.region)

        yield image_behind


def _no_record(row: ImageRow) -> RawRecord:
    raise AssertionError(f"a format that reads no records asked for {row.image_id}")
