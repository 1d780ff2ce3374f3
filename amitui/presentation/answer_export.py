"""An SQL answer as text for other programs, row by row: JSON, JSON Lines, CSV, TSV, and the ids of images."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from amitui.domain.visible import show_invisible
from amitui.errors import UsageError
from amitui.presentation.answer_values import distinct, json_value, text_value
from amitui.presentation.export import csv_cell, tsv_cell

Rows = Iterable[Sequence[Any]]

_ID: Final = ("image_id", "imageid", "id")
"""Names of the column that `-o id` prints, folded."""


def _json(names: Sequence[str], rows: Rows) -> Iterator[str]:
    separator = '{"Rows": [\n'
    for line in _jsonl(names, rows):
        yield separator + line.removesuffix("\n")
        separator = ",\n"
    yield '{"Rows": []}\n' if separator.startswith("{") else "\n]}\n"


def _jsonl(names: Sequence[str], rows: Rows) -> Iterator[str]:
    keys = distinct(names)
    for row in rows:
        yield json.dumps({key: json_value(value) for key, value in zip(keys, row, strict=True)}) + "\n"


def _csv(names: Sequence[str], rows: Rows) -> Iterator[str]:
    yield ",".join(csv_cell(show_invisible(name)) for name in names) + "\r\n"
    for row in rows:
        yield ",".join(_guarded(value, csv_cell) for value in row) + "\r\n"


def _tsv(names: Sequence[str], rows: Rows) -> Iterator[str]:
    yield "\t".join(tsv_cell(show_invisible(name)) for name in names) + "\n"
    for row in rows:
        yield "\t".join(_guarded(value, tsv_cell) for value in row) + "\n"


def _guarded(value: Any, cell: Callable[[str], str]) -> str:
    """A cell; a negative number is a number, and what begins like a formula elsewhere is a text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return cell(text_value(value))


def _ids(names: Sequence[str], rows: Rows) -> Iterator[str]:
    folded = [name.lower() for name in names]
    at = next((folded.index(name) for name in _ID if name in folded), None)
    if at is None:
        raise UsageError(
            "-o id prints image ids, and the answer has no column image_id",
            remedy="select image_id too, or choose another form: -o csv, -o table, …",
        )
    for row in rows:
        if row[at] is not None:
            yield f"{show_invisible(text_value(row[at]))}\n"


FORMATS: Final[dict[str, Callable[[Sequence[str], Rows], Iterator[str]]]] = {
    "id": _ids,
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "jsonl": _jsonl,
}
"""By what `-o` takes."""
