"""Exporting: what changed since the last export is written file by file, each put in its place in one step.

A partition is one file, so a reader sees the former one or the new one, whole. Whoever is killed leaves the former
ones and those that were done; the next export goes on. Files that the list of the export does not name are
somebody else's: they are neither replaced nor deleted.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from amitui.catalog.columnar.file_writer import FileWriter, Written, stored_segment
from amitui.catalog.columnar.manifest import (
    MANIFEST,
    MANIFEST_BYTES,
    ExportedFile,
    ExportManifest,
    dump_manifest,
    parse_manifest,
)
from amitui.catalog.columnar.plan import PlannedFile, Selection, plan, selected, stale
from amitui.errors import CacheError, UsageError

if TYPE_CHECKING:
    from amitui.catalog.sharing.storage import FileStorage
    from amitui.catalog.store import SegmentStore
    from amitui.domain.catalogue.shard import Segment
    from amitui.os_faults import Place

_T = TypeVar("_T")


class Exported(NamedTuple):
    """What an export did."""

    rows: int
    """Images in all files of the selection."""
    written: int
    """Files."""
    written_bytes: int
    kept: int
    """Files that were up to date."""
    deleted: int


class _Steps:
    """Counts what is done."""

    def __init__(self, total: int, report: Callable[[int, int], None]) -> None:
        self._total, self._report, self._done = total, report, 0

    def add(self, steps: int) -> None:
        # A chunk that was replaced meanwhile is read again, and counts again.
        self._done = min(self._done + steps, self._total)
        self._report(self._done, self._total)


def nothing_to_export(segments: Sequence[Segment], selection: Selection) -> CacheError:
    """The words for a selection of which nothing is cached, or nothing that everybody sees."""
    private = [one for one in segments if not one.shard.is_public]
    if any(selection.has(one.shard.region, one.shard.owner_scope, None) for one in private):
        return CacheError(
            "there is nothing to export",
            why="of what was asked for, only images are cached that were read as the account alone sees them",
            remedy="fetch public ones: amitui sync; or add --include-mine",
        )
    return CacheError(
        "there is nothing to export",
        why="no images are cached of what was asked for",
        remedy="fetch some: amitui sync",
    )


class Exporter:
    """Exports what is stored.

    Args:
        on_thread: does something on the thread that owns the store.
        now: seconds since the epoch.
        report: called, on any thread, with how much is done and how much there is to do: each image counts twice,
            as it is read and sorted.
    """

    def __init__(
        self,
        store: SegmentStore,
        storage: FileStorage,
        realm: str,
        on_thread: Callable[[Callable[[], object]], Awaitable[object]],
        now: Callable[[], int],
        report: Callable[[int, int], None],
    ) -> None:
        self._store, self._storage, self._realm = store, storage, realm
        self._on_thread, self._now, self._report = on_thread, now, report
        self._manifest = ExportManifest(realm)
        self._version: str | None = None
        self._steps = _Steps(0, report)

    async def export(self, selection: Selection, folder: str, place: Place) -> Exported:
        """Export a selection.

        Args:
            folder: where files are made.
            place: of the export, as errors call it.

        Raises:
            AmituiError: what stopped it; what was done stays.
        """
        before = await self._read()
        segments = await self._run(lambda: _segments(self._store))
        planned = plan(segments, selection, before)
        chosen = selected(planned, selection)
        old = stale(before, planned, selection)
        if not chosen and not old:
            raise nothing_to_export(segments, selection)
        due = [one for one in chosen if not await self._is_current(one)]
        await self._announce(due)
        records = {one.shard: one.record_count for one in segments}
        self._steps = _Steps(2 * sum(records[shard] for one in due for shard in one.shards), self._report)
        done = await self._write_all(planned, due, folder, place) if due else 0
        if old:
            await self._storage.delete(old)
            await self._storage.drop_empty_folders(old)
            await self._save({path: one for path, one in self._manifest.files.items() if path not in set(old)})
        rows = sum(self._manifest.files[one.path].rows for one in chosen)
        return Exported(rows, len(due), done, len(chosen) - len(due), len(old))

    async def _read(self) -> ExportManifest:
        found = await self._storage.get(MANIFEST, MANIFEST_BYTES)
        if found is not None:
            self._manifest = await asyncio.to_thread(parse_manifest, found.data, self._storage.title)
            self._version = found.version
        if self._manifest.realm != self._realm:
            raise UsageError(
                f"{self._storage.title} holds the images of {self._manifest.realm}",
                why=f"these are of {self._realm}, and one folder holds those of one partition and endpoint",
                remedy="export to another folder",
            )
        return self._manifest

    async def _save(self, files: dict[str, ExportedFile]) -> None:
        manifest = ExportManifest(self._realm, files, self._now())
        replaced = await self._storage.replace(MANIFEST, dump_manifest(manifest), self._version)
        found = await self._storage.get(MANIFEST, MANIFEST_BYTES) if replaced else None
        if found is None or found.data != dump_manifest(manifest):
            raise CacheError(
                f"another amitui is exporting to {self._storage.title}",
                why=f"{MANIFEST} was changed meanwhile",
                remedy="run it again when the other is done",
            )
        self._manifest, self._version = manifest, found.version

    async def _is_current(self, file: PlannedFile) -> bool:
        known = self._manifest.files.get(file.path)
        if known is None and await self._storage.size_of(file.path) is not None:
            raise UsageError(
                f"{file.path} of {self._storage.title} is not amitui's",
                why=f"{MANIFEST} does not name it, so it was left as it is, and nothing was exported",
                remedy="export to another folder, or move that file away",
            )
        if known is None or known.fingerprint != file.fingerprint:
            return False
        return await self._storage.size_of(file.path) == known.size

    async def _announce(self, due: Sequence[PlannedFile]) -> None:
        """Say which files are about to be written."""
        if due:
            await self._save({**self._manifest.files, **{one.path: ExportedFile("") for one in due}})

    async def _write_all(
        self, planned: Sequence[PlannedFile], due: Sequence[PlannedFile], folder: str, place: Place
    ) -> int:
        """Write files; returns their bytes."""
        writer = await self._run(lambda: FileWriter(self._store, folder, place, self._steps.add))
        left, done = {one.path for one in due}, 0
        try:
            for _, files in groupby(planned, key=lambda one: one.region):
                in_region = list(files)
                await self._run(writer.forget_seen)
                for at, file in enumerate(in_region):
                    # Whether a public file comes after it, which leaves out what this one has.
                    note = file.account is None and any(
                        other.account is None and other.path in left for other in in_region[at + 1 :]
                    )
                    if file.path in left:
                        done += await self._write(writer, file, os.path.join(folder, "images"), note)
                        left.discard(file.path)
                    elif note:
                        await self._run(lambda file=file: writer.note_seen(file.shards))  # type: ignore[misc]
        except asyncio.CancelledError:
            writer.stop()
            raise
        finally:
            await self._run(writer.close)
        return done

    async def _write(self, writer: FileWriter, file: PlannedFile, local: str, note: bool) -> int:
        def work() -> Written:
            return writer.write(local, file.shards, account=file.account, note=note)

        written = await self._run(work)
        await self._storage.put_file(file.path, local)
        exported = ExportedFile(file.fingerprint, written.rows, written.size)
        await self._save({**self._manifest.files, file.path: exported})
        return written.size

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await self._on_thread(work)  # type: ignore[return-value]


def _segments(store: SegmentStore) -> list[Segment]:
    """What is stored of every shard, without records."""
    found = (stored_segment(store, shard) for shard in store.shards())
    return [one for one in found if one is not None and one.record_count]
