"""The tables that `amitui sql` asks: files of Parquet, made of what is cached, or fetched from where it is shared.

What is cached is copied to Parquet in the cache itself, in the form of an export: a first statement waits for all
of it, later ones for the parts that have changed since.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.catalog.columnar.manifest import (
    MANIFEST,
    MANIFEST_BYTES,
    ExportManifest,
    parse_manifest,
    path_parts,
)
from amitui.catalog.columnar.plan import Selection
from amitui.catalog.engine.copies import copies_in_use, spill_folder
from amitui.catalog.engine.images_view import images_of
from amitui.catalog.engine.memory import bounded_process, while_checked
from amitui.catalog.engine.sandbox import IMAGES, Sandbox, UserTable
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.paths import literal_path, private_dir
from amitui.services.composition import Services
from amitui.services.engine_fetch import fetch_export, manifest_in

if TYPE_CHECKING:
    from amitui.settings import Settings

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


class Files(NamedTuple):
    """Files of Parquet in view, absolute."""

    public: tuple[str, ...]
    private: tuple[str, ...]
    accounts: tuple[str, ...]
    """The accounts in use, in their order."""


def check(statement: str, request: EngineRequest) -> None:
    """Find out what is wrong with a statement before anything is fetched or copied for it.

    With further tables, whose columns are not known yet, it is found out when it runs.

    Raises:
        UsageError: it is refused, or wrong.
    """
    if not request.tables:
        with (
            tempfile.TemporaryDirectory() as spill,
            Sandbox(None, (), temporary=spill) as sandbox,
            bounded_process(while_checked(statement)),
        ):
            sandbox.check(statement)


@contextmanager
def opened_engine(
    settings: Settings, request: EngineRequest, *, report: Callable[[int, int], None], say: Callable[[str], None]
) -> Iterator[Sandbox]:
    """DuckDB over the catalogue, as the accounts of this start may see it.

    Args:
        report: called, on any thread, with how much of the copy is done and how much there is to do.
        say: told what its user should know.

    Raises:
        AmituiError: there is nothing to ask, or it cannot be read.
    """
    tables = [user_table(text) for text in request.tables]
    folder = settings.locations.engine_dir
    with copies_in_use(folder):
        found = asyncio.run(_files(settings, request, folder, report, say))
        images = images_of(found.public, found.private, found.accounts)
        with (
            spill_folder(folder) as spill,
            Sandbox(
                images, (*found.public, *found.private), tables, temporary=os.path.join(spill, "duckdb")
            ) as sandbox,
        ):
            yield sandbox


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
    report: Callable[[int, int], None],
    say: Callable[[str], None],
) -> Files:
    """The files of the images in view."""
    services = Services(settings)
    try:
        services.members.recall()
        if request.source:
            await _identify(services, say)
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


async def _identify(services: Services, say: Callable[[str], None]) -> None:
    """Find out who several accounts are that were chosen: nothing need have been fetched with them here before."""
    members = services.members
    unknown = [one.profile or "" for one in members.all if not one.account]
    if not members.several or not unknown or services.settings.offline:
        return
    with suppress(AmituiError):  # it is the problem of each member
        await members.identify(only=unknown)
    for one in members.problems:
        if one.problem is not None:
            say(f"profile {show_invisible(one.profile or '')} is left out: {one.problem.what}")


async def _local(
    services: Services,
    selection: Selection,
    folder: str,
    report: Callable[[int, int], None],
    say: Callable[[str], None],
) -> Files:
    """The files of what is cached, once those are written anew of which the cache has changed."""
    from amitui.services.export import export_parquet

    if not services.catalogue.has_segments:
        raise nothing_to_ask()
    private_dir(folder)

    async def work() -> None:
        await export_parquet(services.session, folder, selection, now=services.now, report=report)

    await _in_turn(work, say)
    return _in_view(manifest_in(folder), folder, selection, services.members.accounts)


async def _in_turn(work: Callable[[], Awaitable[None]], say: Callable[[str], None]) -> None:
    """Do some work as soon as no other process does the same."""
    waiting = False
    while True:
        try:
            await work()
            return
        except CacheError as error:
            if not error.retryable:
                raise
            if not waiting:
                say("another amitui is copying the same; waiting for it")
            waiting = True
            await asyncio.sleep(_AGAIN_S)


async def _shared(
    services: Services,
    address: str,
    selection: Selection,
    folder: str,
    report: Callable[[int, int], None],
    say: Callable[[str], None],
) -> Files:
    """The files of what is exported or published elsewhere."""
    from amitui.services.sharing import open_source

    source = await open_source(services.session, address)
    try:
        found = await source.get(MANIFEST, MANIFEST_BYTES)
        if found is None:
            return await _published(services, address, selection, folder, report, say)
        manifest = _listed(found.data, source.title)
        if "://" not in address:
            return _in_view(manifest, source.title, selection, services.members.accounts)
        copy = private_dir(os.path.join(folder, f"exported-{_hashed(source.title)}"))

        async def work() -> None:
            await fetch_export(source, manifest, copy, selection, report)

        await _in_turn(work, say)
        return _in_view(manifest, copy, selection, services.members.accounts)
    finally:
        await source.close()


async def _published(
    services: Services,
    address: str,
    selection: Selection,
    folder: str,
    report: Callable[[int, int], None],
    say: Callable[[str], None],
) -> Files:
    """The files of what is published, pulled into a cache of its own."""
    # For each choice of accounts its own cache: what is pulled for one lacks its images among the public ones.
    whose = " ".join(services.members.accounts)
    own = private_dir(os.path.join(folder, f"published-{_hashed(f'{address} {whose}')}"))
    settings = services.settings
    apart = Services(settings._replace(locations=settings.locations._replace(cache=own), catalogue=""))
    apart.session.account = services.session.account
    apart.members.others = services.members.others
    shared = apart.catalogue.shared_at(address)
    try:
        wanted = [
            shard
            for visibility in shared.visibilities
            for shard in await shared.published(visibility)
            if selection.has(shard.region, shard.owner_scope, None if shard.is_public else shard.visibility)
        ]
        if not wanted:
            raise CacheError(
                f"nothing to ask is published at {show_invisible(address)}",
                why="it holds neither an export nor a published catalogue with what was asked for",
                remedy="check the address; amitui export --parquet or amitui publish fills it",
            )
        for number, shard in enumerate(wanted):
            report(number, len(wanted))
            await shared.pull(shard, apart.catalogue.writer(), lambda _progress: None)
        return await _local(apart, selection, os.path.join(own, "parquet"), report, say)
    finally:
        await apart.close()


def _listed(data: bytes, title: str) -> ExportManifest:
    try:
        return parse_manifest(data, title)
    except CacheError as error:
        error.why = f"{MANIFEST} is not a list that this version of amitui export writes"
        error.remedy = "check the address; export it again with amitui export --parquet, by the same version"
        raise


def _in_view(manifest: ExportManifest, folder: str, selection: Selection, accounts: tuple[str, ...]) -> Files:
    """The files of a selection that are there."""
    public: list[str] = []
    private: list[str] = []
    for path, one in sorted(manifest.files.items()):
        parts = path_parts(path)
        if one.fingerprint and one.rows and parts is not None and selection.has(*parts):
            (public if parts.account is None else private).append(os.path.join(folder, path))
    return Files(tuple(public), tuple(private), accounts)


def _hashed(address: str) -> str:
    return blake2b(address.encode(), digest_size=8).hexdigest()


def nothing_to_ask() -> CacheError:
    """The words where nothing is cached."""
    return CacheError(
        "there is nothing to ask",
        why="no images are cached",
        remedy="fetch some with amitui sync, or name a shared catalogue with --from",
    )
