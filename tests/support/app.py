"""The whole application with a real catalogue in a folder, AWS as a dictionary and a clock that stands still."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.service import open_index
from amitui.domain.catalogue.coverage import shards_of
from amitui.domain.catalogue.scope import MINE, Scope
from amitui.domain.catalogue.slices import Slice
from amitui.domain.timeline.lineage import Lineage, unknown_lineage
from amitui.ec2.reads.permissions import LaunchPermissions
from amitui.ec2.reads.regions import RegionInfo
from amitui.ec2.session import CallerIdentity
from amitui.errors import AmituiError
from amitui.paths import locate
from amitui.services.aws_reads import AwsReads
from amitui.services.catalogue import Catalogue
from amitui.services.composition import Services
from amitui.services.members import Members
from amitui.services.remembered import ScreenState
from amitui.services.session import Session
from amitui.settings import Settings
from amitui.ui.app import AmituiApp
from amitui.ui.screens.browse import BrowseScreen
from tests.support.pages import page_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    import pytest
    from textual.pilot import Pilot

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.domain.catalogue.shard import Shard
    from amitui.domain.catalogue.whereabouts import Fate, IdAnswer
    from amitui.domain.image.image import RawRecord

NOW = 1_790_000_000
"""2026-09-21 14:13:20 UTC."""

ACCOUNT = "123456789012"
CANONICAL = "099720109477"
AMAZON = "137112412989"
STRANGER = "999988887777"

HOUR, DAY = 3600, 86_400


def timestamp(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def record(number: int, name: str, owner: str = ACCOUNT, *, age: int = DAY, **fields: object) -> RawRecord:
    """One image as EC2 describes it."""
    snapshot = {"SnapshotId": f"snap-{number:017x}", "VolumeSize": 8, "VolumeType": "gp3", "Encrypted": False}
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": name,
        "Description": "",
        "OwnerId": owner,
        "Public": owner != ACCOUNT,
        "State": "available",
        "Architecture": "arm64" if "arm64" in name else "x86_64",
        "CreationDate": timestamp(NOW - age),
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "ImageType": "machine",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/sda1",
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": True,
        "BootMode": "uefi-preferred",
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": snapshot}],
        **fields,
    }


def ubuntu(number: int, release: str, arch: str, age: int) -> RawRecord:
    day = datetime.fromtimestamp(NOW - age, UTC)
    code = {"22.04": "jammy", "24.04": "noble"}[release]
    return record(
        number,
        f"ubuntu/images/hvm-ssd-gp3/ubuntu-{code}-{release}-{arch}-server-{day:%Y%m%d}",
        CANONICAL,
        age=age,
        ImageOwnerAlias="amazon",
        Description=f"Canonical, Ubuntu, {release} LTS, {arch} {code} image",
        DeprecationTime=timestamp(NOW - age + 730 * DAY),
    )


def sample_records(region: str = "us-east-1") -> dict[str, list[RawRecord]]:
    """Records by scope: a Mine with some history, Amazon, Canonical."""
    base = sum(map(ord, region)) * 1000
    reason = {"Code": "Client.InternalError", "Message": "Client.InternalError"}
    return {
        "mine": [
            record(base + 1, "acme-web-20260920", age=DAY, Tags=[{"Key": "Env", "Value": "prod"}]),
            record(base + 2, "acme-web-20260913", age=8 * DAY),
            record(base + 3, "acme-db-copy", age=9 * DAY, State="failed", StateReason=reason),
            record(base + 4, "acme-web-20250913", age=373 * DAY, DeprecationTime=timestamp(NOW - 40 * DAY)),
        ],
        "shared": [record(base + 10, "platform-base-2026.09", "444455556666", age=3 * DAY, Public=False)],
        "amazon": [
            record(
                base + 20 + n,
                f"al2023-ami-2023.{n}.20260{n}01-kernel-6.1-{arch}",
                AMAZON,
                age=(n + 1) * DAY + number * HOUR,
                ImageOwnerAlias="amazon",
            )
            for number, arch in enumerate(("arm64", "x86_64"))
            for n in range(1 + 4 * number, 5 + 4 * number)
        ],
        "publishers": [
            ubuntu(base + 40 + 2 * n + k, release, arch, (n * 7 + 1) * DAY + k * HOUR)
            for n, release in enumerate(("24.04", "22.04", "24.04", "22.04", "24.04", "22.04"))
            for k, arch in enumerate(("amd64", "arm64"))
        ],
    }


def shared_with(*account_ids: str) -> LaunchPermissions:
    """Launch permissions of so many accounts, and of nobody else."""
    return LaunchPermissions(
        public=False, account_ids=account_ids, organization_arns=(), organizational_unit_arns=()
    )


@dataclass
class FakeCloud:
    """What AWS would answer."""

    images: dict[str, dict[str, list[RawRecord]]] = field(default_factory=dict)
    """By region, then scope."""
    failures: dict[str, AmituiError] = field(default_factory=dict)
    """By region."""
    identity_error: AmituiError | None = None
    """Why STS does not answer."""
    permissions: LaunchPermissions | AmituiError = field(default_factory=shared_with)
    lineage: Lineage = field(default_factory=lambda: unknown_lineage("this cloud does not say"))
    ids: list[IdAnswer] = field(default_factory=list)
    """What it says of image IDs that no cached Region holds."""
    asked_ids: list[tuple[str, ...]] = field(default_factory=list)
    """The IDs that it was asked for, call by call."""
    gone: dict[str, Fate] = field(default_factory=dict)
    """By id, what it says of images that it shows no longer."""
    changed: dict[str, RawRecord] = field(default_factory=dict)
    """By id, records that are not what was fetched."""
    confirmed: list[tuple[str, ...]] = field(default_factory=list)
    """The IDs of rows on the screen that it was asked for, call by call."""
    fetched: list[tuple[str, str]] = field(default_factory=list)
    """What was fetched: region and scope."""

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        self.fetched.append((shard.region, shard.owner_scope))
        if shard.region in self.failures:
            raise self.failures[shard.region]
        return page_of(self.images.get(shard.region, {}).get(shard.owner_scope, []))


class FakeSession(Session):
    """A session whose identity comes from a `FakeCloud`."""

    def __init__(self, settings: Settings, cloud: FakeCloud) -> None:
        super().__init__(settings)
        self.cloud = cloud
        self.account = None if cloud.identity_error else ACCOUNT

    async def identify(self) -> CallerIdentity:
        if self.cloud.identity_error is not None:
            raise self.cloud.identity_error
        self.identity = CallerIdentity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/tester", "aws")
        self.account, self.account_confirmed = ACCOUNT, True
        return self.identity

    def known_regions(self) -> list[RegionInfo]:
        return [
            RegionInfo("af-south-1", "not-opted-in"),
            *(RegionInfo(name, "opt-in-not-required") for name in ("eu-central-1", "eu-west-1", "us-east-1")),
        ]

    async def list_regions(self) -> list[RegionInfo]:
        return self.known_regions()


class FakeCatalogue(Catalogue):
    """A catalogue that is fetched from a `FakeCloud`."""

    def __init__(self, session: Session, members: Members, now: Callable[[], int], cloud: FakeCloud) -> None:
        super().__init__(session, members, now)
        self.cloud = cloud

    async def refresh(
        self, shard: Shard, report: Callable[[CrawlProgress], None], *, full: bool = False
    ) -> CrawlProgress:
        return await self.writer().refresh(shard, self.cloud, report, full=full)

    async def confirm(self, region: str, image_ids: Sequence[str], *, tries: int) -> dict[str, Fate]:
        cloud = self.cloud
        cloud.confirmed.append(tuple(image_ids))
        if region in cloud.failures:
            raise cloud.failures[region]
        known = [*cloud.images.get(region, {}).values(), list(cloud.changed.values())]
        records = {one["ImageId"]: one for each in known for one in each if one["ImageId"] not in cloud.gone}
        await self.writer().refresh_rows(region, ACCOUNT, image_ids, records, fates=cloud.gone, tries=tries)
        return cloud.gone


class FakeReads(AwsReads):
    """What a `FakeCloud` says of single images."""

    def __init__(self, session: Session, now: Callable[[], int], cloud: FakeCloud) -> None:
        super().__init__(session, now, list)
        self.cloud = cloud

    async def launch_permissions(self, region: str, image_id: str) -> LaunchPermissions:
        if isinstance(self.cloud.permissions, AmituiError):
            raise self.cloud.permissions
        return self.cloud.permissions

    async def lineage(self, region: str, image_id: str) -> Lineage:
        return self.cloud.lineage

    async def where_ids_are(self, image_ids: Sequence[str], regions: Sequence[str]) -> list[IdAnswer]:
        self.cloud.asked_ids.append(tuple(image_ids))
        return self.cloud.ids


class FakeServices(Services):
    """Services whose AWS is a `FakeCloud`."""

    def __init__(self, settings: Settings, cloud: FakeCloud) -> None:
        super().__init__(settings, now=lambda: NOW)
        self.session = FakeSession(settings, cloud)
        self.members = Members(self.session)
        self.catalogue = FakeCatalogue(self.session, self.members, lambda: self.now(), cloud)
        self.aws = FakeReads(self.session, lambda: self.now(), cloud)


def settings_in(folder: Path, **changes: object) -> Settings:
    """Settings whose files all lie in `folder`."""
    folder.mkdir(exist_ok=True)
    settings = Settings(locate({"HOME": str(folder)}), regions=("us-east-1",), glyphs="unicode")
    return settings._replace(**changes)  # type: ignore[arg-type]


def fill(
    settings: Settings, region: str, scopes: Mapping[str, Sequence[RawRecord]], account: str = ACCOUNT
) -> None:
    """Put records into the cache as if an account's credentials had just fetched them."""
    with SegmentStore(settings.locations.segments_dir) as store:
        index: CatalogIndex
        with open_index(settings.locations, store, region) as index:
            for name, records in scopes.items():
                (shard,) = shards_of(Scope(name), region, account=account)
                writer = ShardWriter(store, index, shard)
                writer.begin()
                writer.add(records, now=NOW)
                writer.finish(NOW)


def make_app(
    folder: Path,
    *,
    cloud: FakeCloud | None = None,
    cached: bool = True,
    scope: Scope = MINE,
    text: str = "",
    state: ScreenState | None = None,
    regions: tuple[str, ...] = ("us-east-1",),
    choosing: bool = False,
    **settings: object,
) -> AmituiApp:
    """The application on a small world in us-east-1, cached or not."""
    active = settings_in(folder, **settings)
    world = {region: sample_records(region) for region in ("us-east-1", "eu-west-1")}
    if cached:
        fill(active, "us-east-1", world["us-east-1"])
    services = FakeServices(active, cloud or FakeCloud(world))
    shown = ScreenState(regions, (scope.name,), text)
    view = shown.view(accounts=services.members.accounts, now=services.now())
    return AmituiApp(services, state or ScreenState(), view, choosing=choosing)


def stable_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what depends on the machine, and every wait."""
    for name in ("NO_COLOR", "TMUX", "STY", "LC_ALL", "LC_CTYPE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("amitui.ui.screens.view_loader.STREAM_REDRAW_S", 0.001)
    monkeypatch.setattr("amitui.ui.screens.detail_loader.CURSOR_REST_S", 0.0)


BUSY_GROUPS = (
    "search",
    "redraw",
    "facets",
    "trim",
    "completion",
    "details",
    "load_details",
    "connect",
    "fetch",
    "regions",
    "clipboard",
    "confirm",
)
"""Groups of workers that end by themselves; an action's may wait for an answer."""


SETTLING_S = 180.0
"""Longest that a test waits until nothing happens any more."""


async def settled(pilot: Pilot[str]) -> None:
    """Wait until nothing more happens by itself."""
    app = pilot.app
    assert isinstance(app, AmituiApp)
    calm = 0
    until = monotonic() + SETTLING_S
    while calm < 2:
        await pilot.pause()
        busy = [worker for worker in app.workers if worker.group in BUSY_GROUPS and not worker.is_finished]
        await asyncio.gather(*(worker.wait() for worker in busy), return_exceptions=True)
        unfinished = (
            busy
            or app.browse.loader.redraw_pending
            or not app.screen.is_running
            or app.input_gate.has_queued_input
        )
        # Twice: a dialog is laid out in one round and painted in the next.
        calm = 0 if unfinished else calm + 1
        assert monotonic() < until, (
            f"it does not settle: {[worker.group for worker in busy]}, {app.browse.loader.redraw_pending=}, "
            f"{app.screen.is_running=}, {app.input_gate.has_queued_input=}"
        )


@asynccontextmanager
async def opened(app: AmituiApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[str]]:
    """Run the application until it has settled, and close it at the end."""
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


async def press(pilot: Pilot[str], *keys: str) -> None:
    """Press keys, letting each settle."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def rows(pilot: Pilot[str]) -> list[str]:
    """Names of the images in the table, in order."""
    browse = browse_of(pilot)
    return [row.name for row in browse.loader.all_rows()]


def browse_of(pilot: Pilot[str]) -> BrowseScreen:
    assert isinstance(pilot.app, AmituiApp)
    return pilot.app.browse


def screen_text(pilot: Pilot[Any]) -> str:
    """What is on the screen, without styles."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
