"""Fetching an export from a bucket or a web server for `amitui sql`: what changed, file by file."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from amitui.catalog.columnar.manifest import (
    MANIFEST,
    MANIFEST_BYTES,
    ExportManifest,
    dump_manifest,
    parse_manifest,
    path_parts,
)
from amitui.catalog.columnar.work_folder import work_folder
from amitui.errors import CacheError
from amitui.os_faults import Place, explain
from amitui.paths import private_dir, write_private

if TYPE_CHECKING:
    from amitui.catalog.columnar.manifest import ExportedFile
    from amitui.catalog.columnar.plan import Selection
    from amitui.catalog.sharing.storage import Source

FILE_BYTES: Final = 4 << 30
"""Of one file that is fetched: one of a million images has some 350 MB."""
ALL_BYTES: Final = 16 << 30


async def fetch_export(
    source: Source,
    manifest: ExportManifest,
    folder: str,
    selection: Selection,
    report: Callable[[int, int], None],
) -> None:
    """Bring a folder to what an export has of a selection; what it holds beside that is deleted.

    A file goes to disk as it comes, so that memory does not grow with it.

    Args:
        folder: a private one, of this export alone.
        report: called, on any thread, with how many bytes have come, and of how many.

    Raises:
        AmituiError: it is too large, has changed meanwhile, or cannot be read or written; or another process
            is fetching it (`retryable`).
    """
    place = Place(f"the copy {folder}")
    with work_folder(folder, place) as work:
        here = manifest_in(folder).files
        wanted = {path: one for path, one in manifest.files.items() if one.fingerprint and _has(selection, path)}
        _check_size(source.title, wanted.values())
        got = {path: one for path, one in here.items() if manifest.files.get(path) == one}
        for path in here.keys() - got.keys():
            with suppress(OSError):
                os.unlink(os.path.join(folder, path))
        due = [path for path, one in wanted.items() if path not in got or not _is_file(folder, path, one.size)]
        total, done = sum(wanted[path].size for path in due), 0
        for path in due:
            arrived = os.path.join(work, "images")
            await _fetch_file(source, path, wanted[path], arrived, place, _further(report, done, total))
            done += wanted[path].size
            await asyncio.to_thread(_put, arrived, os.path.join(folder, path), place)
            got[path] = wanted[path]
            write_private(os.path.join(folder, MANIFEST), dump_manifest(manifest._replace(files=got)))


def manifest_in(folder: str) -> ExportManifest:
    """The list of the export in a folder; one without files where there is none."""
    try:
        with open(os.path.join(folder, MANIFEST), "rb") as file:
            return parse_manifest(file.read(MANIFEST_BYTES), folder)
    except FileNotFoundError:
        return ExportManifest("")


async def _fetch_file(
    source: Source, path: str, listed: ExportedFile, local: str, place: Place, report: Callable[[int], None]
) -> None:
    changed = CacheError(
        f"{path} of {source.title} is not as its list says",
        why="it is missing, or has another size: it is being exported, or was changed",
        remedy="run it again when the export is done",
    )
    size = 0

    def write(block: bytes) -> None:
        nonlocal size
        size += len(block)
        if size > listed.size:
            raise changed
        try:
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            raise explain(error, place) from error
        report(size)

    with _created(local, place) as file:
        if await source.copy(path, write, FILE_BYTES) != listed.size:
            raise changed


def _further(report: Callable[[int, int], None], before: int, total: int) -> Callable[[int], None]:
    return lambda come: report(before + come, total)


def _created(local: str, place: Place) -> io.FileIO:
    try:
        # Not buffered: closing it cannot fail for want of room.
        return io.FileIO(os.open(local, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
    except OSError as error:
        raise explain(error, place) from error


def _put(arrived: str, path: str, place: Place) -> None:
    private_dir(os.path.dirname(path))
    try:
        os.replace(arrived, path)
    except OSError as error:
        raise explain(error, place) from error


def _check_size(title: str, wanted: Iterable[ExportedFile]) -> None:
    sizes = [one.size for one in wanted]
    if sum(sizes) > ALL_BYTES or max(sizes, default=0) > FILE_BYTES:
        raise CacheError(
            f"{title} is larger than what is fetched",
            why=f"at most {FILE_BYTES >> 30} GiB a file and {ALL_BYTES >> 30} GiB in all, and it has"
            f" {sum(sizes) / (1 << 30):,.1f} GiB",
            remedy="name some with --region and --scope, or ask it with Athena, Spark or Trino",
        )


def _has(selection: Selection, path: str) -> bool:
    parts = path_parts(path)
    return parts is not None and selection.has(*parts)


def _is_file(folder: str, path: str, size: int) -> bool:
    try:
        return os.path.getsize(os.path.join(folder, path)) == size
    except OSError:
        return False
