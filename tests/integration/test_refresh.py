"""A cached Region is refreshed against a fake of EC2: with few requests all that changed is found in time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from amitui.catalog.gone import GoneImages
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync import refresh_slices, schedule
from amitui.catalog.sync.crawl import CrawlProgress
from amitui.catalog.sync.departures import Missed
from amitui.catalog.sync.page_workers import PageWorkers
from amitui.catalog.sync.service import CatalogService, open_index
from amitui.demo.seed.synthetic import SYNTHETIC_AS_OF
from amitui.domain.catalogue import slice_plan
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.ec2.pacing import Pacer
from amitui.ec2.reads.images import keeps
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import NetworkError
from amitui.services.ec2_source import Ec2Source
from tests.integration.test_row_refresh import facts
from tests.support.catalogue_changes import churn, prune, synthetic_catalogue
from tests.support.catalogue_ec2 import REGION, CatalogueEc2, catalogue_ec2, error_answer
from tests.support.isolation import isolated_environment

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.domain.image.image import RawRecord
    from amitui.paths import Locations

COMMUNITY = Shard("aws", PUBLIC, REGION, "community")
IMAGES = 2000
PAGE = 20
DAY = 86_400


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[CatalogueEc2]:
    """A catalogue of which a page holds as large a share as of a real one."""
    for name, value in {**isolated_environment(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(slice_plan, "SMALL", 3 * PAGE)
    monkeypatch.setattr(refresh_slices, "SMALL", 3 * PAGE)
    monkeypatch.setattr(slice_plan, "AIM", 6 * PAGE)
    monkeypatch.setattr(schedule, "_FULL_PAGE", 0.1 * PAGE)
    monkeypatch.setattr(schedule, "_WORTHWHILE", 10 * PAGE)
    monkeypatch.setitem(slice_plan._EXPECTED, "community", 1500)
    with catalogue_ec2(synthetic_catalogue(IMAGES)) as running:
        running.latency = lambda _: 0.0
        yield running


async def no_pause(_seconds: float) -> None:
    """Lets no time pass."""


class World:
    """What is cached of a Region, and the clock."""

    def __init__(
        self, where: Locations, connection: Ec2Connection, ec2: CatalogueEc2, workers: PageWorkers
    ) -> None:
        self.where, self.ec2 = where, ec2
        self.now = SYNTHETIC_AS_OF
        self.gone = GoneImages(where.gone_file, now=lambda: self.now, keep_seconds=7 * DAY)
        self.watched: set[tuple[str, str]] = set()
        self.service = CatalogService(
            where,
            now=lambda: self.now,
            missed=Missed(self.gone, lambda: self.watched),
            limits=AgeLimits(public_seconds=DAY, own_seconds=600),
        )
        self._source = Ec2Source(connection, ec2.account, PAGE, Pacer(1000.0, sleep=no_pause), workers)

    async def sync(self, *, full: bool = False) -> tuple[CrawlProgress, int]:
        """Fetch what is due; how it ended, and how many requests it took."""
        before = len(self.ec2.calls("DescribeImages"))
        done = await self.service.refresh(COMMUNITY, self._source, lambda _: None, full=full)
        return done, len(self.ec2.calls("DescribeImages")) - before

    def wanted(self) -> dict[str, RawRecord]:
        """What EC2 has of the shard, by id."""
        with self.ec2.changing() as catalogue:
            return {one["ImageId"]: one for one in catalogue if keeps(COMMUNITY, one, self.ec2.account)}

    def cached(self) -> dict[str, RawRecord]:
        """What is stored of it; every row of the index has its record there."""
        with SegmentStore(self.where.segments_dir) as store, open_index(self.where, store, REGION) as index:
            segment = store.segment(COMMUNITY)
            assert segment is not None
            records = [one for chunk_id in segment.chunk_ids for one in store.records(chunk_id) if one]
            found = {one["ImageId"]: one for one in records}
            assert len(found) == len(records) == segment.record_count == segment.indexed
            said = facts(index.path)
            assert {row[0] for row in said["rows"]} == found.keys()
            assert all(store.record(chunk, line)["ImageId"] == one for _, one, chunk, line in said["places"])
        return found


@pytest.fixture
async def world(where: Locations, ec2: CatalogueEc2) -> AsyncIterator[World]:
    async with Ec2Connection(AwsTarget(endpoint_url=ec2.url), attempts=1) as connection:
        workers = PageWorkers(0)
        one = World(where, connection, ec2, workers)
        yield one
        await one.service.close()
        await workers.close()


async def test_a_refresh_costs_a_tenth_of_the_requests_and_finds_what_is_new_at_once(world: World) -> None:
    first, requests = await world.sync()
    assert first.refreshed is None
    assert first.slices > 10
    assert world.cached() == world.wanted()
    assert requests > 100

    world.now += DAY
    with world.ec2.changing() as catalogue:
        changes = churn(catalogue, 0.01, seed=1, as_of=world.now)
    again, fewer = await world.sync()
    assert fewer * 10 <= requests
    assert again.refreshed is not None
    cached, wanted = world.cached(), world.wanted()
    new = [one for one in changes.added if one in wanted and wanted[one].get("CreationDate")]
    assert new
    assert [cached.get(one) for one in new] == [wanted[one] for one in new]
    assert again.refreshed.added >= len(new)


async def test_after_three_weeks_of_refreshes_all_that_changed_is_found(world: World) -> None:
    _, requests = await world.sync()
    spent = 0
    with world.ec2.changing() as catalogue:
        churn(catalogue, 0.02, seed=2, as_of=world.now)
        prune(catalogue, as_of=world.now)
    for _ in range(7):
        world.now += 3 * DAY
        done, some = await world.sync()
        assert done.done
        spent += some
    assert world.cached() == world.wanted()
    assert spent < 3 * requests


async def test_what_leaves_in_a_refresh_is_remembered_when_it_was_watched(world: World) -> None:
    await world.sync()
    young = [one for one in world.wanted().values() if one.get("CreationDate", "") > "2026-09-1"][:4]
    lost, unseen = young[:2], young[2:]
    world.watched = {(REGION, lost[0]["ImageId"]), (REGION, lost[1]["ImageId"])}
    with world.ec2.changing() as catalogue:
        for one in (*lost, *unseen):
            catalogue.remove(one["ImageId"])
    world.now += DAY
    done, _ = await world.sync()
    assert done.removed == 4
    assert {one.image_id for one in world.gone.all(())} == {one["ImageId"] for one in lost}
    with CatalogReader(world.where.index_dir) as reader:
        assert all(reader.find_image(one["ImageId"], ()) == [] for one in young)


async def test_full_fetches_everything_and_remembers_what_left_too(world: World) -> None:
    _, requests = await world.sync()
    gone = next(one for one in world.wanted().values() if "2019" < one.get("CreationDate", "") < "2024")
    world.watched = {(REGION, gone["ImageId"])}
    with world.ec2.changing() as catalogue:
        catalogue.remove(gone["ImageId"])
        churn(catalogue, 0.02, seed=3, as_of=world.now)
    done, all_of_them = await world.sync(full=True)
    assert done.refreshed is None
    assert all_of_them > requests / 2
    assert world.cached() == world.wanted()
    assert [one.image_id for one in world.gone.all(())] == [gone["ImageId"]]


async def test_a_slice_that_fails_is_due_again_and_the_others_are_not(world: World) -> None:
    _, requests = await world.sync()
    world.now += 30 * DAY
    with world.ec2.changing() as catalogue:
        churn(catalogue, 0.02, seed=4, as_of=world.now)
    fault = error_answer(503, "Unavailable", "later")
    world.ec2.play(
        fault,
        times=None,
        where=lambda query: any(text.startswith("2016") for text in query.values() if text != query["Version"]),
    )
    with pytest.raises(NetworkError):
        await world.sync()
    world.ec2.recover()
    done, few = await world.sync()
    assert done.done
    assert few * 4 < requests
    assert world.cached() == world.wanted()
