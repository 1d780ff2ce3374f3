"""`amitui import`: files of DescribeImages output become part of the cache."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from amitui.catalog.imports import Importer
from amitui.catalog.index import CatalogIndex
from amitui.catalog.service import open_index
from amitui.catalog.store import SegmentStore
from amitui.domain.region import checked_region
from amitui.domain.scope import Scope
from amitui.errors import AmituiError, RegionError, UsageError
from amitui.settings import Settings

COMPLAINTS_SHOWN = 20
"""Broken lines named one by one; the rest are counted."""


def import_files(settings: Settings, files: tuple[str, ...]) -> int:
    """Import the files; broken lines are named on stderr and the rest goes in."""
    if len(settings.regions) > 1 or len(settings.scopes) > 1:
        raise UsageError("an import takes one --region and one --scope")
    region = checked_region(settings.regions[0]) if settings.regions else None
    scope = Scope.parse(settings.scopes[0]) if settings.scopes else None
    broken = 0
    indexes: dict[str, CatalogIndex] = {}
    with SegmentStore(settings.locations.segments_dir) as store:

        def index_of(region: str) -> CatalogIndex:
            if region not in indexes:
                indexes[region] = open_index(settings.locations, store, region)
            return indexes[region]

        try:
            importer = Importer(store, index_of, region=region, scope=scope, account=None)
            for name in files:
                for where, record in _records(name):
                    try:
                        if isinstance(record, BadRecord):
                            raise ValueError(record.why)
                        importer.add(record, now=int(time.time()))
                    except (ValueError, RegionError) as error:
                        broken += 1
                        if broken <= COMPLAINTS_SHOWN:
                            print(f"amitui: {where}: {error}", file=sys.stderr)
            importer.finish(int(time.time()))
        finally:
            for index in indexes.values():
                index.close()
    return _summary(importer.imported, broken)


def _summary(imported: dict[str, int], broken: int) -> int:
    if broken > COMPLAINTS_SHOWN:
        print(f"amitui: … and {broken - COMPLAINTS_SHOWN:,} more that could not be read", file=sys.stderr)
    for region, count in sorted(imported.items()):
        print(f"imported {count:,} images of {region}", file=sys.stderr)
    if not imported:
        print("amitui: nothing was imported", file=sys.stderr)
        return 2
    return 0


class BadRecord:
    """Stands where a record could not be read."""

    def __init__(self, why: str) -> None:
        self.why = why


def _records(name: str) -> Iterator[tuple[str, object]]:
    """(where it stands, record) pairs of a file, whichever of the two forms it has."""
    with _open(name) as file:
        try:
            first, number = file.readline(), 1
            while first and not first.strip():
                first, number = file.readline(), number + 1
            if _is_json_line(first):
                yield from _lines(name, first, number, file)
            else:
                yield from _document(name, first + file.read())
        except (OSError, EOFError) as error:  # a damaged .gz is found out while reading
            raise AmituiError(f"cannot read {name}", why=str(error)) from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{name} is not UTF-8 text", why=str(error)) from error


@contextmanager
def _open(name: str) -> Iterator[IO[str]]:
    if name == "-":
        yield sys.stdin
        return
    import gzip

    try:
        opened: IO[str] = (gzip.open if name.endswith(".gz") else open)(name, "rt", encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot open {name}", why=error.strerror or str(error)) from error
    with opened as file:
        yield file


def _is_json_line(line: str) -> bool:
    """Whether a first line is a record of its own; a broken first line counts when it looks like one."""
    text = line.strip()
    try:
        value = json.loads(text)
    except ValueError:
        return text not in ("", "{", "[") and not text.startswith(("[", '{"Images"')) and not text.endswith("[")
    return isinstance(value, dict) and "Images" not in value


def _lines(name: str, first: str, number: int, file: IO[str]) -> Iterator[tuple[str, object]]:
    line = first
    while line:
        if line.strip():
            try:
                yield f"{name}:{number}", json.loads(line)
            except ValueError as error:
                yield f"{name}:{number}", BadRecord(f"not JSON: {error}")
        line, number = file.readline(), number + 1


def _document(name: str, text: str) -> Iterator[tuple[str, object]]:
    if not text.strip():
        return
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{name}:{error.lineno}: not JSON", why=error.msg) from error
    images = document.get("Images") if isinstance(document, dict) else document
    if isinstance(document, dict) and images is None:
        images = [document]
    if not isinstance(images, list):
        raise UsageError(f"{name} holds no list of images", remedy="what `aws ec2 describe-images` prints does")
    for position, record in enumerate(images):
        yield f"{os.path.basename(name)} image {position + 1}", record
