"""The tables that `amitui sql` asks: files of Parquet, made of what is cached, or fetched from where it is shared.

What is cached is copied to Parquet in the cache itself, in the form of an export: a first statement waits for all
of it, later ones for the parts that have changed since.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.columnar.manifest import (
    MANIFEST,
    MANIFEST_BYTES,
    ExportedFile,
    ExportManifest,
    dump_manifest,
    parse_manifest,
    path_parts,
)
from amitui.catalog.columnar.plan import Selection
from amitui.catalog.engine.sandbox import IMAGES, Sandbox, UserTable, images_of
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.paths import literal_path, private_dir, write_private
from amitui.services.composition import Services

if TYPE_CHECKING:
    from amitui.catalog.sharing.storage import Source
    from amitui.settings import Settings

FILE_BYTES: Final = 1 << 30
"""Of one file that is fetched; a million images take a third of it."""
ALL_BYTES: Final = 16 << 30
_AGAIN_S: Final = 0.2
"""Between two looks whether another process has finished the copy."""
_TABLE: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
_READERS: Final = {
    "csv": "read_csv",
    "tsv": "read_csv",
    "json": "read_json",
    "jsonl": "read_json",
    "ndjson": "read_json",
    "parquet": "read_parquet",
}


class EngineRequest(NamedTuple):
    """What is to be asked."""

    source: str = ""
    """Address of a published or exported catalogue; empty: what is cached."""
    regions: tuple[str, ...] = ()
    """Empty: all."""
    scopes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    """`NAME=FILE`."""


def check(statement: str, request: EngineRequest) -> None:
    """Find out what is wrong with a statement before anything is fetched or copied for it.

    With further tables, whose columns are not known yet, it is found out when it runs.

    Raises:
        UsageError: it is refused, or wrong.
    """
    if not request.tables:
        with tempfile.TemporaryDirectory() as spill, Sandbox(None, (), temporary=spill) as sandbox:
            sandbox.check(statement)


@contextmanager
def opened_engine(
    settings: Settings, request: EngineRequest, *, report: Callable[[int], None], say: Callable[[str], None]
) -> Iterator[Sandbox]:
    """DuckDB over the catalogue, as the accounts of this start may see it.

    Args:
        report: called with how many parts of the copy are still to be written.
        say: told what its user should know.

    Raises:
        AmituiError: there is nothing to ask, or it cannot be read.
    """
    tables = [user_table(text) for text in request.tables]
    folder = private_dir(os.path.join(settings.locations.realm, "engine"))
    files = asyncio.run(_files(settings, request, folder, report, say))
    _sweep(folder)
    spill = tempfile.mkdtemp(prefix=f"spill-{os.getpid()}-", dir=folder)
    try:
        with Sandbox(images_of(files), files, tables, temporary=os.path.join(spill, "duckdb")) as sandbox:
            yield sandbox
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def user_table(text: str) -> UserTable:
    """A table that is named as `NAME=FILE`.

    Raises:
        UsageError: the name is none, or the file is not one that can be read.
    """
    name, _, path = text.partition("=")
    if not _TABLE.fullmatch(name) or name == IMAGES:
        raise UsageError(
            f"{show_invisible(name)!r} cannot be the name of a table",
            why="images is the catalogue" if name == IMAGES else "a name is of lower-case letters, digits and _",
            remedy="--table uses=uses.csv",
        )
    place = literal_path(path, os.environ, "the file of --table")
    suffix = place.removesuffix(".gz").rpartition(".")[2].lower()
    if suffix not in _READERS:
        raise UsageError(
            f"what {show_invisible(os.path.basename(place))} is cannot be told by its name",
            remedy=f"name it *.{', *.'.join(_READERS)}; CSV and JSON also with .gz",
        )
    if not os.path.isfile(place):
        raise UsageError(f"there is no file {show_invisible(place)}", remedy="--table NAME=FILE")
    reader = _READERS[suffix]
    # Account ids begin with zeros: whoever wants numbers of a CSV file casts them.
    return UserTable(name, place, reader, ", all_varchar = true" if reader == "read_csv" else "")


async def _files(
    settings: Settings,
    request: EngineRequest,
    folder: str,
    report: Callable[[int], None],
    say: Callable[[str], None],
) -> list[str]:
    """The files of the images in view."""
    services = Services(settings)
    try:
        services.members.recall()
        scopes = [Scope.parse(text) for text in request.scopes]
        selection = Selection(
            frozenset(request.regions),
            frozenset() if ALL in scopes else frozenset(scope.name for scope in scopes),
            frozenset(services.members.accounts),
        )
        if not request.source:
            return await _local(services, selection, os.path.join(folder, "cache"), report, say)
        return await _shared(services, request.source, selection, folder, report, say)
    finally:
        await services.close()


async def _local(
    services: Services,
    selection: Selection,
    folder: str,
    report: Callable[[int], None],
    say: Callable[[str], None],
) -> list[str]:
    """The files of what is cached, once those are written anew of which the cache has changed."""
    from amitui.services.export import export_parquet

    if not services.catalogue.has_segments:
        raise nothing_to_ask()
    private_dir(folder)
    waiting = False
    while True:
        try:
            await export_parquet(services.session, folder, selection, now=services.now, report=report)
            break
        except AmituiError as error:
            if not error.retryable:
                raise
            if not waiting:
                say("another amitui is copying what changed in the cache; waiting for it")
            waiting = True
            await asyncio.sleep(_AGAIN_S)
    return _in_view(_manifest_in(folder), folder, selection)


async def _shared(
    services: Services,
    address: str,
    selection: Selection,
    folder: str,
    report: Callable[[int], None],
    say: Callable[[str], None],
) -> list[str]:
    """The files of what is exported or published elsewhere."""
    from amitui.services.sharing import open_source

    source = await open_source(services.session, address)
    try:
        found = await source.get(MANIFEST, MANIFEST_BYTES)
        if found is None:
            return await _published(services, address, selection, folder, report, say)
        manifest = parse_manifest(found.data, source.title)
        if "://" not in address:
            return _in_view(manifest, source.title, selection)
        copy = private_dir(os.path.join(folder, f"exported-{_hashed(source.title)}"))
        await _fetch(source, manifest, copy, selection, report)
        return _in_view(manifest, copy, selection)
    finally:
        await source.close()


async def _published(
    services: Services,
    address: str,
    selection: Selection,
    folder: str,
    report: Callable[[int], None],
    say: Callable[[str], None],
) -> list[str]:
    """The files of what is published, pulled into a cache of its own."""
    own = private_dir(os.path.join(folder, f"published-{_hashed(address)}"))
    settings = services.settings
    apart = Services(settings._replace(locations=settings.locations._replace(cache=own), catalogue=""))
    apart.members.recall()
    apart.session.account = services.session.account
    shared = apart.catalogue.shared_at(address)
    try:
        wanted = [
            shard
            for shard in await shared.published(services.session.account)
            if selection.has(shard.region, shard.owner_scope, None if shard.is_public else shard.visibility)
        ]
        if not wanted:
            raise CacheError(
                f"nothing to ask is published at {show_invisible(address)}",
                why="it holds neither an export nor a published catalogue with what was asked for",
                remedy="check the address; amitui export --parquet or amitui publish fills it",
            )
        for left, shard in zip(range(len(wanted), 0, -1), wanted, strict=True):
            report(left)
            await shared.pull(shard, apart.catalogue.writer(), lambda _progress: None)
        return await _local(apart, selection, os.path.join(own, "parquet"), report, say)
    finally:
        await shared.close()
        await apart.close()


async def _fetch(
    source: Source, manifest: ExportManifest, folder: str, selection: Selection, report: Callable[[int], None]
) -> None:
    """Fetch the files in view that are not here yet, or have changed."""
    here = _manifest_in(folder).files
    wanted = _selected(manifest, selection)
    if sum(one.size for one in wanted.values()) > ALL_BYTES or any(o.size > FILE_BYTES for o in wanted.values()):
        raise CacheError(
            f"{source.title} is larger than what is fetched",
            why=f"at most {FILE_BYTES >> 30} GiB a file and {ALL_BYTES >> 30} GiB in all",
            remedy="name some with --region and --scope, or ask it with Athena, Spark or Trino",
        )
    got = dict(here)
    due = [path for path, one in wanted.items() if here.get(path) != one or not _is_file(folder, path, one.size)]
    for left, path in zip(range(len(due), 0, -1), due, strict=True):
        report(left)
        stored = await source.get(path, FILE_BYTES)
        if stored is None or len(stored.data) != wanted[path].size:
            raise CacheError(
                f"{path} of {source.title} is not as its list says",
                why="it is missing, or has another size: it is being exported, or was changed",
                remedy="run it again when the export is done",
            )
        await asyncio.to_thread(write_private, os.path.join(folder, path), stored.data)
        got[path] = wanted[path]
        write_private(os.path.join(folder, MANIFEST), dump_manifest(manifest._replace(files=got)))


def _in_view(manifest: ExportManifest, folder: str, selection: Selection) -> list[str]:
    """The files of a selection that have rows, absolute."""
    return [os.path.join(folder, path) for path, one in sorted(_selected(manifest, selection).items()) if one.rows]


def _selected(manifest: ExportManifest, selection: Selection) -> dict[str, ExportedFile]:
    """The whole files of a selection, by path."""
    return {
        path: one
        for path, one in manifest.files.items()
        if one.fingerprint and (parts := path_parts(path)) is not None and selection.has(*parts)
    }


def _manifest_in(folder: str) -> ExportManifest:
    try:
        with open(os.path.join(folder, MANIFEST), "rb") as file:
            return parse_manifest(file.read(MANIFEST_BYTES), folder)
    except FileNotFoundError:
        return ExportManifest("")


def _is_file(folder: str, path: str, size: int) -> bool:
    try:
        return os.path.getsize(os.path.join(folder, path)) == size
    except OSError:
        return False


def _hashed(address: str) -> str:
    return blake2b(address.encode(), digest_size=8).hexdigest()


def _sweep(folder: str) -> None:
    """Delete what processes that died have left of their temporary files."""
    for name in os.listdir(folder):
        if (
            name.startswith("spill-")
            and not os.path.exists(f"/proc/{name.split('-')[1]}")
            and os.path.isdir("/proc")
        ):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def nothing_to_ask() -> CacheError:
    """The words where nothing is cached."""
    return CacheError(
        "there is nothing to ask",
        why="no images are cached",
        remedy="fetch some with amitui sync, or name a shared catalogue with --from",
    )
