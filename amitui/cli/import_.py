"""`amitui import`: files of what other programs printed about images become part of the cache."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from amitui.catalog.dump.reader import DumpReader, Found
from amitui.catalog.dump.source import WANTED, DumpSource
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.imports import Importer
from amitui.catalog.sync.service import open_index
from amitui.cli.cache import trim_after
from amitui.cli.messages import say, warn
from amitui.cli.quiet import is_quiet
from amitui.domain.catalogue.scope import Scope
from amitui.domain.counts import count_of
from amitui.domain.region import checked_region
from amitui.errors import AmituiError, CacheError, RegionError, UsageError
from amitui.settings import Settings

ACCOUNTS_SHOWN = 3
COMPLAINTS_SHOWN = 20
"""Unreadable records named one by one; the rest are counted."""

_SELDOM = 200_000
"""New objects after which the collector looks for cycles. Records make none; looking takes 7% of an import."""


def import_files(settings: Settings, files: tuple[str, ...]) -> int:
    """Import the files: what cannot be read is named on stderr and the rest goes in.

    Returns:
        0, or 2 when a file could not be opened or read to its end, or held no image.
    """
    if settings.problem is not None:
        raise settings.problem  # it is not known whose catalogue is meant
    if len(settings.regions) > 1 or len(settings.scopes) > 1:
        raise UsageError("import accepts one --region and one --scope")
    region = checked_region(settings.regions[0]) if settings.regions else None
    scope = Scope.parse(settings.scopes[0]) if settings.scopes else None
    with ExitStack() as stack:
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(_SELDOM, *gc.get_threshold()[1:])
        store = stack.enter_context(SegmentStore(settings.locations.segments_dir))
        indexes: dict[str, CatalogIndex] = {}

        def index_of(region: str) -> CatalogIndex:
            if region not in indexes:
                indexes[region] = stack.enter_context(open_index(settings.locations, store, region))
            return indexes[region]

        locks_dir = settings.locations.locks_dir
        importer = stack.enter_context(Importer(store, index_of, locks_dir=locks_dir, region=region, scope=scope))
        run = _Run(importer)
        try:
            for name in files:
                run.read(name)
        except KeyboardInterrupt:
            # What was read is made part of the cache: the next import has that much less to change.
            importer.finish(int(time.time()))
            run.summary()
            raise
        importer.finish(int(time.time()))
    run.summary()
    trim_after(settings, keep=importer.imported)
    if not importer.imported:
        warn("nothing was imported")
    return 0 if importer.imported and not run.failed else 2


class _Run:
    """One import: what was taken, and what was said about the rest."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer
        self._unreadable = 0
        self.failed = False
        """Whether a file is missing in the cache, or its end is."""

    def read(self, name: str) -> None:
        """Import one file as far as it can be read."""
        taken = sum(self._importer.imported.values())
        complaints = self._unreadable
        try:
            with _opened(name) as file:
                source = DumpSource(file)
                reader = DumpReader(source.text(), read_run=self._importer.read_run)
                try:
                    self._take(name, reader)
                finally:
                    for remark in source.remarks:
                        self.failed = self.failed or remark.fatal
                        warn(f"{name}: {remark.text}")
        except CacheError:
            raise
        except AmituiError as error:
            self._fail(": ".join((name, *error.lines())))
        except OSError as error:
            self._fail(f"cannot read {name}: {error.strerror or error}")
        else:
            if sum(self._importer.imported.values()) == taken:
                self.failed = True
                if self._unreadable == complaints:
                    warn(f"{name}: it contains no images; expected {WANTED}")

    def _take(self, name: str, reader: DumpReader) -> None:
        now = int(time.time())
        add = self._importer.add
        for item in reader.items():
            if isinstance(item, Found):
                try:
                    add(item.record, now=now, region=item.region, account=item.account, weight=item.weight)
                except (ValueError, RegionError) as error:
                    self._complain(name, reader.place, str(error))
            else:
                self._complain(name, (item.line, item.column), item.why)
                self.failed = self.failed or item.cut_off

    def _complain(self, name: str, place: tuple[int, int], why: str) -> None:
        self._unreadable += 1
        if self._unreadable <= COMPLAINTS_SHOWN:
            line, column = place
            warn(f"{name}:{line}{f':{column}' if column > 1 else ''}: {why}")

    def _fail(self, why: str) -> None:
        self.failed = True
        warn(why)

    def summary(self) -> None:
        """Say what came of it."""
        if self._unreadable > COMPLAINTS_SHOWN:
            warn(f"… and {self._unreadable - COMPLAINTS_SHOWN:,} more that could not be read")
        for region, count in sorted(self._importer.imported.items()):
            if not is_quiet():
                print(f"imported {count_of(count, 'image')} of {region}", file=sys.stderr)
        if self._importer.shown_to:
            accounts = sorted(self._importer.shown_to)
            shown = ", ".join(accounts[:ACCOUNTS_SHOWN]) + (" …" if len(accounts) > ACCOUNTS_SHOWN else "")
            say(f"those that are not public are shown to their accounts only ({shown}), and without credentials")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name != "-":
        with open(name, "rb") as file:
            yield file
    elif sys.stdin is None:
        raise UsageError("standard input is closed")
    else:
        yield sys.stdin.buffer
