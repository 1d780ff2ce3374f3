"""A catalogue shared through a bucket, a web server or a folder: pulling from it, and publishing to it."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.coverage import age_of, time_to_live
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.paths import literal_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from amitui.catalog.sharing.manifest import Manifest
    from amitui.catalog.sharing.publish import Prepared, Publication, Publisher
    from amitui.catalog.sharing.storage import FileStorage, Source
    from amitui.catalog.store import SegmentStore
    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.catalog.sync.service import CatalogService
    from amitui.domain.catalogue.coverage import AgeLimits
    from amitui.services.members import Members
    from amitui.services.session import Session
    from amitui.settings import Settings

_MANIFEST_S: Final = 60
"""For how long a manifest that was read is not read again."""
_FAILURE_S: Final = 15
"""For how long a place that could not be read is not asked again: many shards ask for its manifest at once."""


class SharedCatalogue:
    """What is published at an address, as one start reads it. Await its methods on one event loop.

    What is published for everybody is read with the session's credentials, private images with their account's.

    Args:
        address: `s3://BUCKET/PREFIX`, `https://HOST/PATH` or a folder.
        now: seconds since the epoch.
    """

    def __init__(
        self, session: Session, members: Members, address: str, limits: AgeLimits, now: Callable[[], int]
    ) -> None:
        self._session, self._members, self.address = session, members, address
        self._limits, self._now = limits, now
        self._manifests: dict[str, tuple[int, Manifest | None]] = {}
        self._failures: dict[str, tuple[int, AmituiError]] = {}
        self._reading = asyncio.Lock()

    @property
    def visibilities(self) -> tuple[str, ...]:
        """Whose folders are read: everybody's, and those of the accounts that are used."""
        return (PUBLIC, *self._members.crawled)

    async def manifest(self, visibility: str) -> Manifest | None:
        """What is published for everybody, or of what one account sees; `None`: nothing.

        Raises:
            AmituiError: it cannot be read, or is none of amitui's.
        """
        async with self._reading:
            known, failure = self._manifests.get(visibility), self._failures.get(visibility)
            if known is not None and 0 <= self._now() - known[0] < _MANIFEST_S:
                return known[1]
            if failure is not None and 0 <= self._now() - failure[0] < _FAILURE_S:
                raise failure[1]
            try:
                found = await self._read(visibility)
            except AmituiError as error:
                self._failures[visibility] = (self._now(), error)
                raise
            self._manifests[visibility] = (self._now(), found)
            return found

    async def published(self, visibility: str) -> list[Shard]:
        """The shards in one of `visibilities`, in the manifest's order."""
        manifest = await self.manifest(visibility)
        return [entry.shard for entry in manifest.shards] if manifest is not None else []

    async def pull(
        self, shard: Shard, writer: CatalogService, report: Callable[[CrawlProgress], None]
    ) -> CrawlProgress | None:
        """Bring a shard to what is published of it; `None`: nothing is.

        Raises:
            AmituiError: what stopped it.
        """
        if shard.visibility not in self.visibilities:
            return None
        manifest = await self.manifest(shard.visibility)
        if manifest is None or manifest.entry(shard) is None:
            return None
        account = self._session.account if shard.is_public else shard.visibility
        async with self._opened(shard.visibility) as source:
            return await writer.pull(source, manifest, shard, report, account=account)

    async def pull_instead(
        self, shard: Shard, writer: CatalogService, report: Callable[[CrawlProgress], None], *, is_base: bool
    ) -> CrawlProgress | None:
        """Pull a shard in place of a fetch; `None`: it is not published, or EC2 is to be asked for what is newer.

        Args:
            is_base: whether EC2 is asked in any case.

        Raises:
            AmituiError: what stopped it.
        """
        is_enough = not is_base and await self.is_fresh(shard)
        # Else the end of the pull is not the end of the fetch.
        noted = report if is_enough else lambda progress: report(replace(progress, done=False))
        pulled = await self.pull(shard, writer, noted)
        return pulled if is_enough else None

    async def is_fresh(self, shard: Shard) -> bool:
        """Whether what is published of a shard is not older than it may be."""
        if shard.visibility not in self.visibilities:
            return False
        manifest = await self.manifest(shard.visibility)
        entry = manifest.entry(shard) if manifest is not None else None
        if entry is None:
            return False
        public, own = self._limits
        age = age_of(entry.fetched_at, self._now())
        return age is not None and age < time_to_live(shard, public_seconds=public, own_seconds=own)

    def forget(self) -> None:
        """Read again what is published when it is needed next."""
        self._manifests.clear()
        self._failures.clear()

    @asynccontextmanager
    async def _opened(self, visibility: str) -> AsyncIterator[Source]:
        # Opened each time, which costs nothing: a profile that was left and chosen again has another connection.
        source = await open_source(reader_of(self._session, self._members, visibility), self.address)
        try:
            yield source
        finally:
            await source.close()

    async def _read(self, visibility: str) -> Manifest | None:
        from amitui.catalog.sharing import limits
        from amitui.catalog.sharing.manifest import parse_manifest
        from amitui.catalog.sharing.names import manifest_path
        from amitui.catalog.sharing.publish import check_realm

        async with self._opened(visibility) as source:
            found = await source.get(manifest_path(visibility), limits.MANIFEST_BYTES)
        if found is None:
            return None
        manifest = await asyncio.to_thread(parse_manifest, found.data, visibility)
        check_realm(manifest, self._session.settings.locations.realm_name, self.address)
        return manifest


def reader_of(session: Session, members: Members, visibility: str) -> Session:
    """The session with whose credentials a folder is read and written: its account's, else the first."""
    if not members.several:
        return session
    member = members.of_account(visibility) if visibility != PUBLIC else next(iter(members.used), None)
    return members.session_of(member or members.first)


async def open_source(session: Session, address: str) -> Source:
    """What is published at an address, to be read.

    Raises:
        UsageError: it is no address.
        AmituiError: no connection to AWS can be made.
    """
    if address.startswith(("https://", "http://")):
        from amitui.catalog.sharing.https import HttpsSource

        if session.settings.offline:
            raise UsageError(
                f"{show_invisible(address)} is not asked",
                why="this start is offline",
                remedy="leave out --offline",
            )
        return HttpsSource(address)
    return await open_storage(session, address)


async def open_storage(session: Session, address: str) -> FileStorage:
    """The place at an address, to be read and written; raises as `open_source`."""
    if address.startswith("s3://"):
        from amitui.catalog.sharing.s3 import S3Storage, bucket_and_prefix

        bucket_and_prefix(address)  # before anybody logs in
        connection = await session.connection()
        from amitui.ec2.session import FALLBACK_REGION

        return S3Storage(connection, connection.default_region() or FALLBACK_REGION, address)
    if "://" in address:
        raise UsageError(
            f"{show_invisible(address)} cannot be used here",
            why="a catalogue is published to a bucket or a folder, and also pulled by https",
            remedy="s3://BUCKET/PREFIX, https://HOST/PATH, or a folder",
        )
    from amitui.catalog.sharing.folder import FolderStorage

    return FolderStorage(literal_path(address.removeprefix("file:"), os.environ, "the folder"))


async def publish(
    session: Session,
    members: Members,
    address: str,
    *,
    private: Sequence[str],
    grace_s: int,
    now: Callable[[], int],
    report: Callable[[int], None],
    failed: Callable[[str, AmituiError], None] | None = None,
) -> list[Publication]:
    """Publish what is stored of public shards, and of what some accounts see, each with its own credentials.

    Args:
        private: the accounts of which private shards are published too.
        grace_s: seconds for which readers may use what was replaced.
        report: called with how many objects are left to be sent.
        failed: told why an account's images could not be published, while others' are; `None`: it is raised.

    Raises:
        AmituiError: what stopped it.
    """
    from amitui.catalog.sharing.publish import Publisher
    from amitui.catalog.store import SegmentStore

    locations = session.settings.locations
    check_publishable(session.settings)
    if not await asyncio.to_thread(os.path.isdir, locations.segments_dir):
        raise nothing_to_publish()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="publish") as thread:
        # Lists what there is, and reads chunks one by one as they are sent.
        store = await loop.run_in_executor(thread, lambda: SegmentStore(locations.segments_dir, repair=False))
        publisher = partial(
            Publisher,
            realm=locations.realm_name,
            run=partial(_on_thread, thread),
            now=now,
            grace_s=grace_s,
            report=report,
        )
        try:
            folders = [
                (one, await loop.run_in_executor(thread, _prepared, store, one)) for one in (PUBLIC, *private)
            ]
            if not any(prepared.entries for _, prepared in folders):
                raise nothing_to_publish(await loop.run_in_executor(thread, store.shards))
            opened = partial(_opened, session, members, address)
            return await _publish_all([one for one in folders if one[1].entries], opened, publisher, failed)
        finally:
            await loop.run_in_executor(thread, store.close)


async def _publish_all(
    folders: Sequence[tuple[str, Prepared]],
    opened: Callable[[str], Awaitable[FileStorage]],
    publisher: Callable[[FileStorage], Publisher],
    failed: Callable[[str, AmituiError], None] | None,
) -> list[Publication]:
    """Publish folders one after the other; only what is public has to be published."""
    done = []
    for visibility, prepared in folders:
        try:
            storage = await opened(visibility)
            try:
                done.append(await publisher(storage).publish(visibility, prepared))
            finally:
                await storage.close()
        except AmituiError as error:
            if visibility == PUBLIC or failed is None:
                raise
            failed(visibility, error)
    return done


async def _opened(session: Session, members: Members, address: str, visibility: str) -> FileStorage:
    return await open_storage(reader_of(session, members, visibility), address)


def _on_thread(thread: ThreadPoolExecutor, work: Callable[[], bytes]) -> asyncio.Future[bytes]:
    return asyncio.wrap_future(thread.submit(work))


def _prepared(store: SegmentStore, visibility: str) -> Prepared:
    """What is stored of a folder; reads, on the thread that owns the store."""
    from amitui.catalog.sharing.publish import Prepared

    return Prepared(store, [one for one in store.shards() if one.visibility == visibility])


def check_publishable(settings: Settings) -> None:
    """Refuse to publish a made-up catalogue, and anything in read-only mode.

    Raises:
        AmituiError: the refusal.
    """
    if settings.demo:
        raise UsageError(
            "the demo's catalogue is not published", why="its images exist nowhere else", remedy="leave out --demo"
        )
    if settings.read_only:
        from amitui.errors import ReadOnlyError

        raise ReadOnlyError(
            "publishing is refused: amitui is read-only",
            why="set by AMITUI_READ_ONLY or read_only in the config",
            remedy="publish with another config file: --config F",
        )


def nothing_to_publish(cached: Sequence[Shard] = ()) -> CacheError:
    """The words for a cache in which nothing is whole that everybody sees."""
    if cached and not any(one.is_public for one in cached):
        return CacheError(
            "there is nothing to publish",
            why="only images are cached that were read as the account alone sees them",
            remedy="fetch public ones: amitui sync; or add --include-mine",
        )
    return CacheError("there is nothing to publish", why="no images are cached", remedy="fetch some: amitui sync")
