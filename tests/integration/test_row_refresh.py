"""Single images brought in line: in the index at once, and the same when it is filled anew from the segments."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from amitui.catalog.gone import GoneImages
from amitui.catalog.index.repair import RepairingIndex
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync import service as service_module
from amitui.catalog.sync.departures import Missed
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.replay import rebuild, reconcile
from amitui.catalog.sync.service import CatalogService, index_path
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError, NetworkError
from amitui.paths import Locations
from tests.integration.test_catalogue import FakeSource
from tests.support.pages import page_of

NOW = 1_750_000_000
ME = "123456789012"
OTHER = "210987654321"
REGION = "eu-west-1"
MINE = Shard("aws", ME, REGION, "mine")
SHARED = Shard("aws", ME, REGION, "shared")
COMMUNITY = Shard("aws", PUBLIC, REGION, "community")
THEIRS = Shard("aws", OTHER, REGION, "mine")


def image(number: int, **more: Any) -> RawRecord:
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"web-{number}",
        "OwnerId": ME,
        "Public": False,
        "State": "available",
        "Architecture": "arm64",
        "CreationDate": f"2025-01-01T00:00:{number:02d}.000Z",
        **more,
    }


def ids(*numbers: int) -> list[str]:
    return [f"ami-{number:017x}" for number in numbers]


@pytest.fixture
async def service(where: Locations) -> AsyncIterator[CatalogService]:
    service = CatalogService(where, now=lambda: NOW)
    yield service
    await service.close()


async def crawl(service: CatalogService, shard: Shard, *records: RawRecord) -> None:
    await service.refresh(shard, FakeSource({None: page_of(records, None)}), lambda _: None)


async def refresh_rows(service: CatalogService, *records: RawRecord, gone: Sequence[str] = ()) -> None:
    by_id = {record["ImageId"]: record for record in records}
    await service.refresh_rows(REGION, ME, [*by_id, *gone], by_id)


def facts(path: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that an index says, but for its codes and generations."""
    statements = {
        "rows": "SELECT t.image_id, t.name, n.description, st.text, ow.account, i.audience <> 0, i.deprecated"
        " FROM image i JOIN image_text t ON t.id = i.id LEFT JOIN note n ON n.id = i.id"
        " JOIN term st ON st.code = i.state JOIN owner ow ON ow.code = i.owner",
        "places": "SELECT s.key, t.image_id, c.chunk_id, m.line FROM membership m JOIN shard s ON s.slot = m.slot"
        " JOIN image_text t ON t.id = m.id JOIN chunk c ON c.code = m.chunk",
        "slots": "SELECT t.image_id, s.key FROM image i JOIN image_text t ON t.id = i.id"
        " JOIN shard s ON i.slots >> (s.slot % 64) & 1",
        "tags": "SELECT t.image_id, g.key, g.value FROM tag g JOIN image_text t ON t.id = g.id",
        "shards": "SELECT key, record_count, fetched_at, complete FROM shard",
        "found": "SELECT t.image_id FROM search s JOIN image_text t ON t.id = s.rowid WHERE search MATCH 'web'",
    }
    with closing(sqlite3.connect(path)) as connection:
        return {name: sorted(connection.execute(words).fetchall(), key=repr) for name, words in statements.items()}


def assert_in_line(where: Locations) -> dict[str, list[tuple[Any, ...]]]:
    """That the index says what one filled from the segments says, and every row's record can be read."""
    path, anew = index_path(where, REGION), os.path.join(where.cache, "anew.sqlite")
    if os.path.exists(anew):
        os.unlink(anew)
    with SegmentStore(where.segments_dir) as store:
        with CatalogIndex.open(anew, REGION) as index:
            rebuild(store, index, REGION)
        said = facts(path)
        assert said == facts(anew)
        for _, image_id, chunk_id, line in said["places"]:
            assert store.record(chunk_id, line)["ImageId"] == image_id
        assert not any(store.sweep(shard) for shard in store.shards_with_chunks())
    return said


def states(where: Locations) -> dict[str, str]:
    return {row[1]: row[3] for row in assert_in_line(where)["rows"]}


async def test_a_changed_image_changes_in_place(service: CatalogService, where: Locations) -> None:
    await crawl(service, MINE, image(1), image(2), image(3))
    await refresh_rows(service, image(2, Name="web-two", State="disabled", Tags=[{"Key": "Env", "Value": "prod"}]))
    said = assert_in_line(where)
    assert states(where) == {"web-1": "available", "web-two": "disabled", "web-3": "available"}
    assert said["tags"] == [(ids(2)[0], "Env", "prod")]
    assert said["shards"] == [(MINE.key, 3, NOW, 1)]


async def test_a_new_image_is_there_at_once_and_follows_its_changes(
    service: CatalogService, where: Locations
) -> None:
    await crawl(service, MINE, image(1))
    for state in ("pending", "pending", "available"):
        await refresh_rows(service, image(2, State=state))
        assert states(where) == {"web-1": "available", "web-2": state}
    with SegmentStore(where.segments_dir) as store:
        segment = store.segment(MINE)
        assert segment is not None
        assert (len(segment.chunk_ids), segment.record_count) == (2, 2)


async def test_a_deregistered_image_is_gone_and_stays_gone(service: CatalogService, where: Locations) -> None:
    copied = image(3, SourceImageId=ids(2)[0])
    await crawl(service, MINE, image(1), image(2), copied)
    await refresh_rows(service, gone=ids(2))
    assert states(where) == {"web-1": "available", "web-3": "available"}
    await refresh_rows(service, image(1, Description="touched later"))
    assert states(where) == {"web-1": "available", "web-3": "available"}


async def test_an_image_comes_back_from_the_recycle_bin(service: CatalogService, where: Locations) -> None:
    await crawl(service, MINE, image(1), image(2))
    await refresh_rows(service, gone=ids(2))
    await refresh_rows(service, image(2, Description="back"))
    assert states(where) == {"web-1": "available", "web-2": "available"}
    assert [row[2] for row in assert_in_line(where)["rows"] if row[1] == "web-2"] == ["back"]


async def test_several_images_are_refreshed_together(service: CatalogService, where: Locations) -> None:
    await crawl(service, MINE, *(image(number) for number in range(1, 30)))
    await refresh_rows(service, image(5, State="disabled"), image(40), gone=ids(6, 7, 99))
    found = states(where)
    assert len(found) == 28
    assert (found["web-5"], found["web-40"]) == ("disabled", "available")
    assert "web-6" not in found


async def test_an_image_that_a_listing_named_twice_is_gone_wholly(
    service: CatalogService, where: Locations
) -> None:
    pages: dict[str | None, ReadPage | Exception] = {
        None: page_of([image(1), image(2)], "t1"),
        "t1": page_of([image(2), image(3)], None),
    }
    await service.refresh(MINE, FakeSource(pages), lambda _: None)
    await refresh_rows(service, gone=ids(2))
    assert states(where) == {"web-1": "available", "web-3": "available"}


async def test_every_shard_that_this_account_can_judge_follows(service: CatalogService, where: Locations) -> None:
    shared = image(1, OwnerId=OTHER)
    await crawl(service, MINE, image(9))
    await crawl(service, SHARED, shared)
    await crawl(service, THEIRS, shared)
    await refresh_rows(service, gone=ids(1))
    assert [place[:2] for place in assert_in_line(where)["places"]] == [
        (MINE.key, ids(9)[0]),
        (THEIRS.key, ids(1)[0]),
    ]


async def test_an_image_that_is_public_no_longer_leaves_the_public_shard(
    service: CatalogService, where: Locations
) -> None:
    stranger = image(1, OwnerId=OTHER, Public=True)
    await crawl(service, COMMUNITY, stranger, image(2, OwnerId=OTHER, Public=True))
    await refresh_rows(service, {**stranger, "State": "deregistered"})
    assert states(where) == {"web-1": "deregistered", "web-2": "available"}
    await refresh_rows(service, {**stranger, "Public": False})
    assert states(where) == {"web-2": "available"}


async def test_an_image_of_somebody_else_does_not_become_mine(service: CatalogService, where: Locations) -> None:
    await crawl(service, MINE, image(1))
    await refresh_rows(service, image(2, OwnerId=OTHER))
    assert states(where) == {"web-1": "available"}


async def test_what_was_never_fetched_is_not_begun_by_a_row_refresh(
    service: CatalogService, where: Locations
) -> None:
    await crawl(service, SHARED, image(1, OwnerId=OTHER))
    await refresh_rows(service, image(2))
    assert [shard[0] for shard in assert_in_line(where)["shards"]] == [SHARED.key]


async def test_a_row_refresh_that_changes_nothing_writes_no_chunk(
    service: CatalogService, where: Locations
) -> None:
    await crawl(service, MINE, image(1), image(2))
    with SegmentStore(where.segments_dir) as store:
        before = store.segment(MINE)
        await refresh_rows(service, image(2))
        assert store.segment(MINE) == before


async def test_the_next_crawl_replaces_what_was_refreshed(service: CatalogService, where: Locations) -> None:
    await crawl(service, MINE, image(1), image(2))
    await refresh_rows(service, image(3), image(1, State="disabled"), gone=ids(2))
    await crawl(service, MINE, image(1), image(4))
    assert states(where) == {"web-1": "available", "web-4": "available"}


async def test_an_interrupted_crawl_goes_on_behind_what_was_refreshed(
    service: CatalogService, where: Locations
) -> None:
    await crawl(service, MINE, image(1), image(2), image(8))
    broken = FakeSource({None: page_of([image(1), image(2)], "t1"), "t1": NetworkError("gone")})
    with pytest.raises(NetworkError):
        await service.refresh(MINE, broken, lambda _: None, full=True)
    await refresh_rows(service, image(9), image(1, State="disabled"), gone=ids(2))
    assert states(where) == {"web-1": "disabled", "web-8": "available", "web-9": "available"}

    rest = FakeSource({"t1": page_of([image(8)], None)})
    done = await service.refresh(MINE, rest, lambda _: None)
    assert (done.resumed, rest.requests) == (True, ["t1"])
    assert states(where) == {"web-1": "disabled", "web-8": "available", "web-9": "available"}


@pytest.mark.parametrize("step", ["before the segment", "before the rows", "before the old chunks go"])
async def test_a_crash_at_any_point_is_mended(
    service: CatalogService, where: Locations, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crawl(service, MINE, image(1), image(2))
    patched = {
        "before the segment": (SegmentStore, "amend"),
        "before the rows": (RepairingIndex, "amend"),
        "before the old chunks go": (SegmentStore, "delete_chunks"),
    }

    def crash(*_: object) -> None:
        raise CacheError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(*patched[step], crash)
        with pytest.raises(CacheError, match="the power went"):
            await refresh_rows(service, image(3), image(1, State="disabled"), gone=ids(2))
    with SegmentStore(where.segments_dir) as store:
        with CatalogIndex.open(index_path(where, REGION), REGION) as index:
            mended = reconcile(store, index, REGION, locks_dir=where.locks_dir)
        store.sweep(MINE)
    assert mended == ([MINE] if step == "before the rows" else [])
    happened = step != "before the segment"
    expected = (
        {"web-1": "disabled", "web-3": "available"} if happened else dict.fromkeys(("web-1", "web-2"), "available")
    )
    assert states(where) == expected


async def test_a_row_refresh_waits_for_a_crawl_and_the_newest_word_counts(where: Locations) -> None:
    waits: list[float] = []
    crawling = shard_lock(where.locks_dir, MINE)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            crawling.__exit__(None, None, None)
        await asyncio.sleep(0)

    service = CatalogService(where, now=lambda: NOW, sleep=sleep)
    try:
        await crawl(service, MINE, image(1))
        crawling.__enter__()
        await asyncio.gather(
            refresh_rows(service, image(1, State="pending"), image(2)),
            refresh_rows(service, image(1, State="disabled")),
        )
    finally:
        await service.close()
    assert len(waits) >= 3
    assert states(where) == {"web-1": "disabled", "web-2": "available"}


async def test_a_row_refresh_gives_up_on_a_crawl_without_end(
    where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    service = CatalogService(where, now=lambda: NOW, sleep=sleep)
    monkeypatch.setattr(service_module, "BUSY_TRIES", 5)
    try:
        await crawl(service, MINE, image(1))
        with shard_lock(where.locks_dir, MINE):
            await refresh_rows(service, image(1, State="disabled"))
        assert waits == [service_module.BUSY_PAUSE_S] * 5
        # What it gave up on is not remembered for a time when it is no longer true.
        await refresh_rows(service, image(2))
    finally:
        await service.close()
    assert states(where) == {"web-1": "available", "web-2": "available"}


async def test_a_crawl_that_begins_during_a_row_refresh_waits_for_it(
    service: CatalogService, where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crawl(service, MINE, image(1))
    holding, go_on = threading.Event(), threading.Event()
    real = SegmentStore.amend

    def amend(store: SegmentStore, segments: Sequence[Segment]) -> set[str]:
        holding.set()
        assert go_on.wait(120)
        return real(store, segments)

    monkeypatch.setattr(SegmentStore, "amend", amend)
    refreshing = asyncio.create_task(refresh_rows(service, image(1, State="disabled")))
    assert await asyncio.to_thread(holding.wait, 10)
    crawling = asyncio.create_task(crawl(service, MINE, image(1), image(2)))
    for _ in range(5):
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(refreshing, crawling)
    assert states(where) == {"web-1": "available", "web-2": "available"}


async def test_what_leaves_is_remembered_unless_another_shard_still_has_it(where: Locations) -> None:
    gone = GoneImages(where.gone_file, now=lambda: NOW + 60, keep_seconds=3600)
    service = CatalogService(where, now=lambda: NOW, missed=Missed(gone))
    try:
        await crawl(service, MINE, image(1), image(2), image(3))
        await crawl(service, COMMUNITY, image(4, OwnerId=OTHER, Public=True), image(3, Public=True))
        await crawl(service, THEIRS, image(5, OwnerId=OTHER))
        await service.refresh_rows(
            REGION, ME, ids(1, 3, 4, 5), {}, fates={ids(1)[0]: Fate.DEREGISTERED, ids(4)[0]: Fate.NOT_SHARED}
        )
        noted = [(one.image_id, one.shard, one.name, one.left, one.last_seen) for one in gone.all((ME,))]
        assert noted == [
            (*ids(1), MINE, "web-1", "deregistered", NOW),
            (*ids(3), MINE, "web-3", "deregistered or made private", NOW),
            (*ids(4), COMMUNITY, "web-4", "made private, or is no longer shared with you", NOW),
        ]
        await refresh_rows(service, image(1))
        assert [one.image_id for one in gone.all((ME,))] == ids(3, 4)
        # Another account still has what is its own: it has not gone, and nobody else is told of it.
        assert states(where) == {"web-1": "available", "web-2": "available", "web-5": "available"}
    finally:
        await service.close()


async def test_an_image_that_came_twice_changes_and_goes_as_one(
    service: CatalogService, where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: dict[str | None, ReadPage | Exception] = {
        None: page_of([image(1), image(2)], "a"),
        "a": page_of([image(3), image(4)], "b"),
        "b": page_of([image(1), image(5)], None),
    }
    await service.refresh(MINE, FakeSource(pages), lambda _: None)
    read: list[str] = []
    real = SegmentStore.amend_chunk

    def amend_chunk(store: SegmentStore, shard: Shard, chunk_id: str, records: Any) -> Any:
        read.append(chunk_id)
        return real(store, shard, chunk_id, records)

    monkeypatch.setattr(SegmentStore, "amend_chunk", amend_chunk)
    await refresh_rows(service, image(1, State="disabled"))
    assert len(read) == 1
    assert states(where)["web-1"] == "disabled"
    await refresh_rows(service, gone=ids(1))
    assert len(read) == 4
    assert sorted(states(where)) == ["web-2", "web-3", "web-4", "web-5"]
