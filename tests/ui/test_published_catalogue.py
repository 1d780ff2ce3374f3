"""The screen with `catalogue = …` in the config: pulled instead of fetched, and EC2 for the rest."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.catalogue.scope import AMAZON, FIRST_START
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.errors import NetworkError
from amitui.services.catalogue import Catalogue
from amitui.services.sharing import SharedCatalogue
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import (
    ACCOUNT,
    DAY,
    HOUR,
    NOW,
    FakeCatalogue,
    FakeCloud,
    make_app,
    opened,
    rows,
    sample_records,
    screen_text,
    stable_environment,
)
from tests.support.shared_machines import Machine, answering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from amitui.catalog.sync.crawl import CrawlProgress
    from amitui.ui.app import AmituiApp

REGION = "us-east-1"
SCOPES = {scope.name for scope in FIRST_START}


def _shard(scope: str) -> Shard:
    return Shard("aws", PUBLIC, REGION, scope)


@dataclass
class Noted:
    """What the screen did for its images."""

    pulled: list[str] = field(default_factory=list)


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Noted:
    stable_environment(monkeypatch)
    found = Noted()

    async def crawl(
        self: FakeCatalogue, shard: Shard, _member: Any, report: Callable[[CrawlProgress], None], *, full: bool
    ) -> CrawlProgress:
        return await self.writer().refresh(shard, self.cloud, report, full=full)

    pull = SharedCatalogue.pull

    async def pulling(
        self: SharedCatalogue, shard: Shard, writer: Any, report: Callable[[CrawlProgress], None]
    ) -> CrawlProgress | None:
        done = await pull(self, shard, writer, report)
        if done is not None:
            found.pulled.append(shard.owner_scope)
        return done

    # As in the program, but that the pages of EC2 are those of the test.
    monkeypatch.setattr(FakeCatalogue, "refresh", Catalogue.refresh)
    monkeypatch.setattr(FakeCatalogue, "_fetched", crawl)
    monkeypatch.setattr(SharedCatalogue, "pull", pulling)
    return found


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    """A published catalogue: Amazon's images of an hour ago, publishers' of three days ago, no private ones."""
    folder = tmp_path / "shared"
    folder.mkdir()
    records = sample_records()
    publisher = Machine.at(tmp_path / "publisher", account=ACCOUNT)
    for scope, age in (("amazon", HOUR), ("publishers", 3 * DAY)):
        publisher.now = NOW - age
        await publisher.fetch(records[scope], _shard(scope))
    publisher.now = NOW
    await publisher.publish(str(folder))
    return folder


def _crawled(cloud: FakeCloud) -> set[str]:
    return {scope for _, scope in cloud.fetched}


def _ages(app: AmituiApp) -> dict[str, int]:
    """By scope, for how long it has been cached."""
    with app.services.catalogue.reader() as reader:
        return {one.shard.owner_scope: NOW - one.fetched_at for one in reader.shards((REGION,))}


def _app(home: Path, cloud: FakeCloud, catalogue: str, **more: Any) -> AmituiApp:
    return make_app(home, cloud=cloud, scope=AMAZON, catalogue=catalogue, **{"cached": False, **more})


async def test_what_is_published_is_pulled_and_the_rest_comes_from_ec2(
    noted: Noted, place: Path, tmp_path: Path
) -> None:
    cloud = FakeCloud({REGION: {**sample_records(), "amazon": []}})
    app = _app(tmp_path / "home", cloud, str(place))
    async with opened(app, (120, 40)) as pilot:
        assert _crawled(cloud) == SCOPES - {"amazon"}, "not published, or three days old there"
        assert set(noted.pulled) == {"amazon", "publishers"}
        assert "al2023" in " ".join(rows(pilot))
        assert _ages(app) == {"amazon": HOUR, "publishers": 0, "mine": 0, "shared": 0}
        assert "1 h old" in screen_text(pilot)
        assert not app.error_log
    # A later start finds what it pulled, and asks nobody.
    later = FakeCloud({REGION: sample_records()})
    noted.pulled.clear()
    async with opened(_app(tmp_path / "home", later, str(place)), (120, 40)) as pilot:
        assert "al2023" in " ".join(rows(pilot))
        assert (_crawled(later), noted.pulled) == (set(), [])


def _objects_differ(place: Path) -> None:
    for path in (place / "public/objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"x" * path.stat().st_size)


def _newer(place: Path) -> None:
    manifest = place / "public/manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 2}))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("unreachable", "did not send what is published"),
        ("denied", "access to http"),
        (_objects_differ, "an object of the published catalogue was refused"),
        (_newer, "the manifest is of a newer version"),
    ],
)
async def test_what_cannot_be_pulled_is_said_and_comes_from_ec2(
    noted: Noted, place: Path, tmp_path: Path, harm: str | Callable[[Path], None], words: str
) -> None:
    cloud = FakeCloud({REGION: sample_records()})
    async with AsyncExitStack() as stack:
        address = str(place)
        if harm == "denied":
            address = await stack.enter_async_context(answering(403, b""))
        elif harm == "unreachable":
            address = "http://127.0.0.1:1"
        elif not isinstance(harm, str):
            harm(place)
        app = _app(tmp_path / "home", cloud, address)
        async with opened(app, (120, 40)) as pilot:
            assert (_crawled(cloud), noted.pulled) == (SCOPES, [])
            assert "al2023" in " ".join(rows(pilot))
            (logged,) = app.error_log
            assert words in logged.error.what
            assert "EC2 is asked instead" in logged.where
            assert words in pilot.app.query_one(StatusBar).text


async def test_where_neither_answers_the_old_copy_stays_and_both_are_said(
    noted: Noted, place: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    async with opened(_app(home, FakeCloud({REGION: sample_records()}), ""), (120, 40)) as pilot:
        before = rows(pilot)
    _newer(place)
    dead = FakeCloud({}, failures={REGION: NetworkError("could not reach EC2", remedy="check the network")})
    app = _app(home, dead, str(place))
    app.services.now = lambda: NOW + 2 * DAY
    async with opened(app, (120, 40)) as pilot:
        assert rows(pilot) == before
        said = [one.error.what for one in app.error_log]
        assert sorted(set(said)) == ["could not reach EC2", "the manifest is of a newer version"]
        assert noted.pulled == []
        assert _ages(app) == dict.fromkeys(SCOPES, 0), "dated as it was"
