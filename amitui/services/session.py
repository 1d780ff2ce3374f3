"""Composition root: what a start of amitui is made of, opened as late as possible.

Reading what is cached needs neither AWS libraries nor an event loop; `Services` imports the rest when it is first
asked to talk to AWS.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from amitui.catalog.search.view import CatalogReader
from amitui.defects import only_amitui_errors
from amitui.domain.catalogue.coverage import age_of, shards_of, time_to_live
from amitui.domain.catalogue.shard import Shard, ShardStatus
from amitui.domain.region import checked_region, partition_of
from amitui.errors import AmituiError, CacheError, CredentialsError, RegionError
from amitui.identity.characters import stray
from amitui.paths import names_in, write_private
from amitui.services.connections import Connections

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.catalog.sync.service import CatalogService
    from amitui.domain.catalogue.scope import Scope
    from amitui.domain.image.image import Image, RawRecord
    from amitui.domain.timeline.lineage import Story
    from amitui.ec2.reads.images import ImagePage
    from amitui.ec2.session import CallerIdentity, Ec2Connection, RegionInfo
    from amitui.paths import Locations
    from amitui.settings import ProfileSettings, Settings


def clock() -> int:
    """Now, in seconds since the epoch."""
    return int(time.time())


@only_amitui_errors()
class Services:
    """Everything below the screen: settings, the local catalogue, and the way to AWS."""

    def __init__(self, settings: Settings, *, now: Callable[[], int] = clock) -> None:
        self.settings = settings
        self.now = now
        self.profile = settings.profile
        self.account: str | None = None
        """Whose private images may be shown; `None` while nobody knows."""
        self.account_confirmed = False
        """True once AWS has said so in this session, false while it is remembered from an earlier one."""
        self.identity: CallerIdentity | None = None
        self._suspect = False
        """Whether AWS has refused the credentials of the open connection."""
        self._catalogue: CatalogService | None = None
        self.connections = Connections(settings)

    @property
    def locations(self) -> Locations:
        """Where this start keeps its files."""
        return self.settings.locations

    def reader(self) -> CatalogReader:
        """A new reader of what is cached, for one thread."""
        return CatalogReader(self.locations.index_dir)

    # Who is asking

    def recall_account(self) -> str | None:
        """Set `account` to what this profile was last seen to be, without asking AWS."""
        from amitui.ec2.profiles import account_hint, identity_fingerprint

        if self.settings.demo:
            from amitui.demo.launcher import DEMO_ACCOUNT

            self.account = DEMO_ACCOUNT
            return self.account
        known = _read_json(self.locations.identities_file)
        found = known.get(identity_fingerprint(self.profile, self.settings.endpoint_url)) if known else None
        self.account = found if isinstance(found, str) else account_hint(self.profile)
        self.account_confirmed = False
        return self.account

    async def identify(self) -> CallerIdentity:
        """Ask AWS who this is, remember it, and set `account`.

        Raises:
            AwsError: no credentials, expired ones, no network, …
        """
        if self._suspect:
            # botocore keeps what it read of credentials; only a new connection sees a login made meanwhile.
            await self._disconnect()
        try:
            identity = await (await self.connection()).caller_identity()
        except CredentialsError:
            self._suspect = True
            raise
        self.identity, self.account, self.account_confirmed = identity, identity.account_id, True
        if not self.settings.demo:
            from amitui.ec2.profiles import identity_fingerprint

            known = _read_json(self.locations.identities_file)
            fingerprint = identity_fingerprint(self.profile, self.settings.endpoint_url)
            if known.get(fingerprint) != identity.account_id:
                known[fingerprint] = identity.account_id
                _write_json(self.locations.identities_file, known)
        return identity

    async def switch_profile(self, profile: str | None) -> None:
        """Become another profile: the connection of the old one is closed, its private images leave the view.

        Raises:
            CredentialsError: there is no such profile, or it asks another endpoint than this start.
        """
        self.connections.check(profile)
        await self._disconnect()
        self.profile = profile
        self.identity = None
        self.recall_account()

    async def connection(self) -> Ec2Connection:
        """The connection of the profile in use, opened on first use.

        Raises:
            CredentialsError: this start is offline.
        """
        return await self.connections.of(self.profile)

    @property
    def marks(self) -> ProfileSettings:
        """Whether the profile in use is production, and whether it is read-only."""
        return self.connections.marks(self.profile, self.account)

    async def _disconnect(self) -> None:
        self._suspect = False
        await self.connections.drop(self.profile)

    # Regions

    def starting_regions(self) -> tuple[str, ...]:
        """The regions to look at when neither an option nor the last screen named any; may be empty."""
        if self.settings.regions:
            return tuple(checked_region(name) for name in self.settings.regions)
        if self.settings.demo:
            return ("us-east-1",)
        caller = self.connections.caller(self.profile)
        if caller.problem is not None:
            raise caller.problem
        if caller.region and (wrong := stray(caller.region)):
            raise RegionError(
                f"the configured region {wrong}",
                why=f"it is {caller.region!r}",
                remedy="correct AWS_DEFAULT_REGION, AWS_REGION or the region of the profile",
                code="InvalidRegionError",
            )
        return (checked_region(caller.region),) if caller.region else ()

    def known_regions(self) -> list[RegionInfo]:
        """The account's regions as they were last listed; may be empty."""
        from amitui.ec2.reads.regions import RegionInfo

        listed = _read_json(self.locations.regions_file).get(self.account or "", [])
        return [RegionInfo(name, status) for name, status in listed] if isinstance(listed, list) else []

    async def list_regions(self) -> list[RegionInfo]:
        """Ask AWS for the account's regions, disabled ones included, and remember them."""
        regions = await (await self.connection()).regions()
        known = _read_json(self.locations.regions_file)
        known[self.account or ""] = [[region.name, region.opt_in_status] for region in regions]
        _write_json(self.locations.regions_file, known)
        return regions

    async def _disabled(self, region: str) -> bool:
        try:
            listed = self.known_regions() or await self.list_regions()
        except AmituiError:
            return False  # the refusal that made somebody ask is said, not this one
        return any(known.name == region and not known.enabled for known in listed)

    # The catalogue

    def catalogue(self) -> CatalogService:
        """The writing side of the catalogue, opened on first use. Call it on the event loop."""
        if self._catalogue is None:
            from amitui.catalog.sync.service import CatalogService

            self._catalogue = CatalogService(self.locations, now=self.now)
        return self._catalogue

    def shards(self, scopes: Sequence[Scope], regions: Sequence[str], *, everything: bool = False) -> list[Shard]:
        """The shards behind the scopes in the regions, each once, the first scope's first."""
        found = [
            shard
            for scope in scopes
            for region in regions
            for shard in shards_of(
                scope, region, partition=partition_of(region), account=self.account, everything=everything
            )
        ]
        return list(dict.fromkeys(found))

    def due(self, shards: Iterable[Shard], statuses: Iterable[ShardStatus]) -> list[Shard]:
        """Those of the shards that are not cached, not complete, or older than their time to live.

        What is dated ahead of this clock is due: how old it is nobody knows.
        """
        fetched = {status.shard: status for status in statuses}
        public = int(self.settings.ttl_hours * 3600)
        own = int(self.settings.ttl_own_minutes * 60)
        due = []
        for shard in shards:
            status = fetched.get(shard)
            limit = time_to_live(shard, public_seconds=public, own_seconds=own)
            age = age_of(status.fetched_at, self.now()) if status is not None and status.complete else None
            if age is None or age >= limit:
                due.append(shard)
        return due

    async def refresh(
        self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
    ) -> CrawlProgress:
        """Fetch one shard.

        Raises:
            AmituiError: what stopped it; rows that had arrived stay.
        """
        source = _Ec2Source(await self.connection(), self.account, self.settings.page_size)
        try:
            return await self.catalogue().refresh(shard, source, report, full=full)
        except CredentialsError as error:
            if error.code == "AuthFailure" and await self._disabled(shard.region):
                # What EC2 says in a region that the account has not enabled, whatever the credentials.
                profile = self.connections.named(self.profile)
                raise not_enabled(shard.region, self.account, profile) from error
            # They were good and have expired: who this is has to be asked anew.
            self._suspect, self.account_confirmed = True, False
            raise

    def restore(
        self, reader: CatalogReader, regions: Iterable[str], say: Callable[[str], object], *, anew: bool = False
    ) -> list[str]:
        """Fill these regions' indexes from what is stored where they are missing, damaged or of another schema.

        Costs next to nothing where all is well. For commands; a screen awaits `restore_behind`.

        Args:
            say: called with each region before it is filled.
            anew: these indexes are known to be damaged.
        """
        if not self._has_segments():
            return []
        wanted = list(regions)
        doubtful = [region for region in wanted if anew or not reader.is_filled(region)]
        partly = [region for region in wanted if region not in doubtful and not reader.is_whole(region)]
        if not doubtful and not partly:
            return []
        from amitui.catalog.store import SegmentStore
        from amitui.catalog.sync.service import restore

        try:
            with SegmentStore(self.locations.segments_dir) as store:
                restored = restore(self.locations, store, doubtful, say, anew=anew)
                return restored + restore(self.locations, store, partly, say)
        except CacheError:
            if doubtful:
                raise
            return []  # a part can be read where nothing can be written

    async def restore_behind(
        self, regions: Iterable[str], say: Callable[[str], None], *, anew: bool = False
    ) -> list[str]:
        """Do what `restore` does for regions that are known to be doubtful, while the screen goes on.

        Args:
            anew: these indexes are known to be damaged.
        """
        if not self._has_segments():
            return []
        return await self.catalogue().restore(regions, say, anew=anew)

    async def mend(self, regions: Iterable[str], say: Callable[[str], None]) -> None:
        """Bring these regions' indexes in line with what is stored, and say what was damaged."""
        catalogue = self.catalogue()
        for shard in await catalogue.mend(regions):
            say(f"{shard.owner_scope} in {shard.region}: the index did not hold what is stored; it does now")
        if catalogue.lost_records:
            say("the stored records of images were damaged; what is fetched now takes their place")

    async def sweep(self) -> None:
        """Delete what crashes have left of fetches."""
        await self.catalogue().sweep()

    def has_journal(self) -> bool:
        """Whether anything was ever asked of EC2 from here."""
        return os.path.exists(self.locations.journal_file)

    def _has_segments(self) -> bool:
        return os.path.isdir(self.locations.segments_dir)

    def indexed_regions(self) -> list[str]:
        """Regions that have an index file, readable or not."""
        names = names_in(self.locations.index_dir)
        return sorted(name.removesuffix(".sqlite") for name in names if name.endswith(".sqlite"))

    async def image(self, region: str, chunk_id: str, line: int) -> Image:
        """The full record behind a row of the view."""
        return await self.catalogue().image(region, chunk_id, line)

    async def launch_permissions(self, region: str, image_id: str) -> Sequence[str]:
        """Whom an own image is shared with, in words; see `ec2.permissions`."""
        from amitui.ec2.reads.permissions import launch_permissions

        return (await launch_permissions(await self.connection(), region, image_id)).words()

    async def story(self, region: str, image_id: str) -> Story:
        """Where an image came from and what became of it; copies are looked for in the regions that are cached."""
        from amitui.ec2.reads.lineage import story

        regions = sorted({region, *self.indexed_regions()})
        return await story(
            await self.connection(), region, image_id, account=self.account, regions=regions, now=self.now()
        )

    async def close(self) -> None:
        """Finish writing, close the connection."""
        await self.connections.close()
        if self._catalogue is not None:
            await self._catalogue.close()
            self._catalogue = None


class _Ec2Source(NamedTuple):
    """EC2 as a crawl's source of pages."""

    connection: Ec2Connection
    account: str | None
    page_size: int

    def pages(self, shard: Shard, token: str | None) -> AsyncGenerator[ImagePage, None]:
        from dataclasses import replace

        from amitui.ec2.reads.images import image_pages, request_for

        request = replace(request_for(shard), page_size=self.page_size)
        return image_pages(self.connection, shard.region, request, token)

    def keeps(self, shard: Shard, record: RawRecord) -> bool:
        from amitui.ec2.reads.images import keeps

        return keeps(shard, record, self.account)


def _read_json(path: str) -> dict[str, object]:
    """A small note of amitui's own; a missing or damaged one is as good as none, because it can be asked again."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return {}
    import json

    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _write_json(path: str, value: dict[str, object]) -> None:
    import json

    write_private(path, json.dumps(value))


def not_enabled(region: str, account: str | None, profile: str) -> RegionError:
    """The words for a region that is switched off in the account.

    Args:
        profile: as commands have to name it; empty = they need not.
    """
    from amitui.domain.shell import quoted
    from amitui.domain.visible import show_invisible

    option = f" --profile {quoted(show_invisible(profile))}" if profile else ""
    return RegionError(
        f"{region} is not enabled for {f'account {account}' if account else 'this account'}",
        why="it is one of the regions that an account has to opt into",
        remedy=f"aws account enable-region{option} --region-name {quoted(region)}, or choose another region",
        code="AuthFailure",
    )


def no_region() -> RegionError:
    """The words for a start that names no region anywhere."""
    return RegionError(
        "no region",
        why="neither --region, AWS_DEFAULT_REGION, the profile, AWS_REGION nor an earlier screen names one",
        remedy="amitui --region eu-central-1",
        code="NoRegionError",
    )
