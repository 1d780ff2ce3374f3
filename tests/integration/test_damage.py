"""Damaged, replaced and cleared caches, found while a crawl writes: they cost a fetch, never a manual step."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog.index.opening import is_damaged
from amitui.catalog.index.rows import RowWriter
from amitui.catalog.index.writer import CatalogIndex, StaleGeneration
from amitui.catalog.region_use import RegionUse
from amitui.catalog.retention import Opening, trim
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.sqlite_file import discard, identity_of
from amitui.catalog.store import SegmentStore
from amitui.catalog.store_file import RecordsLost
from amitui.catalog.sync.crawl import CrawlProgress, crawl
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.restarts import STARTS_MOST
from amitui.catalog.sync.service import CatalogService, index_path, open_index, restore
from amitui.cli import main
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slices import Slice
from amitui.errors import CacheError
from amitui.paths import Locations
from tests.integration.test_catalogue import FakeSource, names, public_page, record

NOW = 1_750_000_000
REGION = "eu-west-1"
SHARD = Shard("aws", PUBLIC, REGION, "amazon")
OTHER = Shard("aws", PUBLIC, REGION, "marketplace")
NAMES = [f"al2023-ami-2023.{number}" for number in range(6, 0, -1)]


@pytest.fixture
async def service(where: Locations) -> AsyncIterator[CatalogService]:
    service = CatalogService(where, now=lambda: NOW)
    yield service
    await service.close()


class Disturbed(FakeSource):
    """Three pages; something happens before the one of a token is delivered, once."""

    def __init__(self, before: str | None, happens: Callable[[], object]) -> None:
        super().__init__(
            {
                None: public_page([record(1), record(2)], "t1"),
                "t1": public_page([record(3), record(4)], "t2"),
                "t2": public_page([record(5), record(6)], None),
            }
        )
        self._before = before
        self._happens: Callable[[], object] | None = happens

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        page = await super().page(shard, part, token)
        if token == self._before and self._happens is not None:
            happens, self._happens = self._happens, None
            happens()
        return page


async def check(where: Locations) -> None:
    """Rows, counts and records are those of EC2, also for an index that is filled from the segments."""
    for _ in range(2):
        assert names(where) == NAMES
        with SegmentStore(where.segments_dir) as store, open_index(where, store, REGION) as index:
            segment = store.segment(SHARD)
            assert segment is not None
            assert segment.indexed == index.count_of(SHARD) == len(NAMES)
            for name in NAMES:
                number = int(name.rpartition(".")[2])
                (place,) = (at for at in index.locate(record(number)["ImageId"]) if at.shard == SHARD)
                assert store.record(place.chunk_id, place.line)["Name"] == name
        with closing(sqlite3.connect(index_path(where, REGION))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        os.unlink(index_path(where, REGION))
        with SegmentStore(where.segments_dir) as store:
            assert restore(where, store, [REGION], lambda _: None) == [REGION]


def from_another_process(code: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, timeout=60)


DISCARD = """
import sys
from amitui.catalog.sqlite_file import discard, identity_of
assert discard(sys.argv[1], identity_of(sys.argv[1]))
"""

REPLACE = (
    DISCARD
    + """
from amitui.catalog.index.writer import CatalogIndex, StaleGeneration
CatalogIndex.open(sys.argv[1], sys.argv[2]).close()
"""
)


def clear(folder: str) -> None:
    """Remove a folder at once, while a crawl puts files into it."""
    os.rename(folder, f"{folder}.cleared")
    shutil.rmtree(f"{folder}.cleared", ignore_errors=True)


def trim_all(where: Locations) -> None:
    """What `amitui cache trim --to 0` of another process does: a lock is held by whoever opened it."""
    with SegmentStore(where.segments_dir) as store:
        opening = Opening(lambda: store, lambda region: open_index(where, store, region), {})
        done = trim(where, opening, RegionUse(where, lambda: NOW), limit_bytes=0, keep=())
    assert (done.dropped, done.busy) == ((), (REGION,)), "what is being fetched stays"


@pytest.mark.parametrize("before", [None, "t1", "t2"])
@pytest.mark.parametrize(
    "happening", ["deleted", "replaced", "cleared", "no segments", "damaged", "constraint", "trimmed"]
)
async def test_whatever_happens_to_the_cache_during_a_crawl_the_crawl_ends_with_all_images(
    service: CatalogService,
    where: Locations,
    before: str | None,
    happening: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await service.refresh(SHARD, FakeSource({None: public_page([record(2), record(9)], None)}), lambda _: None)
    path = index_path(where, REGION)
    genuine = RowWriter.write
    broken = sqlite3.SQLITE_CORRUPT if happening == "damaged" else sqlite3.SQLITE_CONSTRAINT

    def damaged_once(*arguments: Any) -> Any:
        monkeypatch.setattr(RowWriter, "write", genuine)
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = broken
        raise error

    happenings: dict[str, Callable[[], object]] = {
        "deleted": lambda: from_another_process(DISCARD, path),
        "replaced": lambda: from_another_process(REPLACE, path, REGION),
        "cleared": lambda: clear(where.realm),
        "no segments": lambda: shutil.rmtree(where.segments_dir),
        "damaged": lambda: monkeypatch.setattr(RowWriter, "write", damaged_once),
        "trimmed": lambda: trim_all(where),
        "constraint": lambda: monkeypatch.setattr(RowWriter, "write", damaged_once),
    }
    await service.refresh(SHARD, Disturbed(before, happenings[happening]), lambda _: None)
    await service.close()
    await check(where)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("lost", [RecordsLost, StaleGeneration])
async def test_a_crawl_whose_cache_is_cleared_again_and_again_says_what_happens_to_it(
    service: CatalogService,
    where: Locations,
    times: int,
    lost: type[CacheError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[bool] = []

    async def cleared(*arguments: Any, full: bool, **more: Any) -> CrawlProgress:
        begun.append(full)
        if len(begun) <= times:
            raise lost("gone")
        return await crawl(*arguments, full=full, **more)

    monkeypatch.setattr("amitui.catalog.sync.service.crawl", cleared)
    seen: list[CrawlProgress] = []
    crawling = service.refresh(SHARD, Disturbed(None, lambda: None), seen.append)
    if times < STARTS_MOST:
        await crawling
        await service.close()
        await check(where)
    else:
        with pytest.raises(CacheError, match="cleared or replaced 3 times during a fetch") as raised:
            await crawling
        assert where.realm in raised.value.why
        assert "--cache-dir" in raised.value.remedy
    assert begun == [False, *[True] * (len(begun) - 1)], "from the second time on all is fetched"
    assert sum(one.restarted for one in seen) == len(begun) - 1 == min(times, STARTS_MOST - 1)


@pytest.mark.parametrize("harm", ["header", "pages"])
async def test_a_damaged_index_is_filled_from_the_segments_before_the_next_crawl(
    service: CatalogService, where: Locations, harm: str
) -> None:
    many = [record(number) for number in range(10, 500)]
    await service.refresh(SHARD, FakeSource({None: public_page(many, None)}), lambda _: None)
    await service.refresh(OTHER, FakeSource({None: public_page([record(7)], None)}), lambda _: None)
    await service.close()
    path = Path(index_path(where, REGION))
    content = path.read_bytes()
    keep = 0 if harm == "header" else 8192
    path.write_bytes(content[:keep] + b"\xff" * (len(content) - keep))
    again = CatalogService(where, now=lambda: NOW)
    try:
        await again.refresh(SHARD, Disturbed(None, lambda: None), lambda _: None)
    finally:
        await again.close()
    assert names(where) == ["al2023-ami-2023.7", *NAMES], "what was not fetched anew is there as well"


async def test_damage_that_comes_back_at_once_is_said(
    service: CatalogService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: Any) -> Any:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr(RowWriter, "write", damaged)
    with pytest.raises(CacheError, match="damaged") as raised:
        await service.refresh(SHARD, Disturbed(None, lambda: None), lambda _: None)
    assert is_damaged(raised.value)


async def test_damaged_records_are_thrown_away_and_fetched_again_while_rows_stay(
    service: CatalogService, where: Locations
) -> None:
    await service.refresh(OTHER, FakeSource({None: public_page([record(7)], None)}), lambda _: None)
    await service.close()
    (Path(where.segments_dir) / "cache.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(RecordsLost), SegmentStore(where.segments_dir, repair=False):
        pass
    again = CatalogService(where, now=lambda: NOW)
    try:
        assert await again.mend([REGION]) == [OTHER]
        assert again.lost_records
        assert await again.mend([REGION]) == []
        assert names(where) == ["al2023-ami-2023.7"], "the row is worth having without its record"
        with CatalogReader(where.index_dir) as reader:
            (status,) = reader.shards([REGION])
            assert (status.complete, status.fetched_at) == (False, 0), "it is fetched again"
        await again.refresh(OTHER, FakeSource({None: public_page([record(8)], None)}), lambda _: None)
        assert names(where) == ["al2023-ami-2023.8"]
    finally:
        await again.close()


async def test_an_index_whose_filling_was_cut_off_is_filled_by_whoever_comes_next(
    service: CatalogService, where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.refresh(SHARD, Disturbed(None, lambda: None), lambda _: None)
    await service.refresh(OTHER, FakeSource({None: public_page([record(7)], None)}), lambda _: None)
    await service.close()
    for dies_at in range(9):
        os.unlink(index_path(where, REGION))
        genuine, left = CatalogIndex._transaction, dies_at

        def dying(self: CatalogIndex, genuine: Any = genuine) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return genuine(self)

        with SegmentStore(where.segments_dir) as store:
            with monkeypatch.context() as killed:
                killed.setattr(CatalogIndex, "_transaction", dying)
                with pytest.raises(KeyboardInterrupt):
                    open_index(where, store, REGION).close()
            with CatalogReader(where.index_dir) as reader:
                assert not (reader.is_filled(REGION) and reader.is_whole(REGION))
                restore(where, store, [REGION], lambda _: None)
                assert reader.is_filled(REGION)
                assert reader.is_whole(REGION)
        assert names(where) == ["al2023-ami-2023.7", *NAMES]


async def test_a_part_is_not_given_without_a_word(
    service: CatalogService, where: Locations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class CutOff(Exception):
        pass

    def cut_off() -> None:
        raise CutOff

    with pytest.raises(CutOff):
        await service.refresh(SHARD, Disturbed("t2", cut_off), lambda _: None)
    await service.close()
    monkeypatch.setenv("HOME", str(where.cache))
    found = ("find", "al2023", "--offline", "--region", REGION, "-o", "id", "--cache-dir", where.cache)
    assert main(found) == 0
    printed = capsys.readouterr()
    assert len(printed.out.split()) == 4
    assert (
        "only 4 images of amazon in eu-west-1 cached so far; amitui sync eu-west-1 --scope amazon" in printed.err
    )
    assert main([*found, "--scope", "marketplace"]) == 1
    assert "only 4 images" not in capsys.readouterr().err, "of what is not looked at, nothing is said"


def test_only_the_file_that_was_found_damaged_is_thrown_away(tmp_path: Path) -> None:
    path = str(tmp_path / "eu-west-1.sqlite")
    CatalogIndex.open(path, REGION).close()
    found = identity_of(path)
    assert discard(path, found)
    CatalogIndex.open(path, REGION).close()
    Path(f"{path}.keep").hardlink_to(path)
    assert not discard(path, (0, 0)), "another process has replaced it meanwhile"
    assert not discard(path, None)
    assert identity_of(path) == identity_of(f"{path}.keep")


def test_the_older_of_two_crawls_writes_nothing(where: Locations) -> None:
    with SegmentStore(where.segments_dir) as store, open_index(where, store, REGION) as index:
        older, newer = ShardWriter(store, index, SHARD), ShardWriter(store, index, SHARD)
        older.begin()
        newer.begin()
        newer.progress = newer.progress._replace(generation=5)
        index.begin_shard(SHARD, 5)
        with pytest.raises(CacheError, match="the cache was cleared, or its index rebuilt, during the fetch"):
            older.add([record(1)], now=NOW)
        assert index.count() == 0
