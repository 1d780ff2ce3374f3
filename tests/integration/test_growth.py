"""A cache that is filled again and again does not grow, and is not rewritten for every page."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog import compacting
from amitui.catalog.index import row_buffer
from amitui.catalog.index.prepared import prepared
from amitui.catalog.index.row_buffer import AT_ONCE, GROWTH, RowBuffer
from amitui.catalog.index.writer import CatalogIndex, Placed
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync import imports, ingest
from amitui.catalog.sync.imports import Importer
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.service import open_index
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.domain.catalogue.slices import WHOLE
from amitui.ec2.convert import summary_of
from amitui.paths import Locations, locate
from tests.integration.test_catalogue import names, record
from tests.support.pages import page_of

REGION = "eu-west-1"
SHARD = Shard("aws", PUBLIC, REGION, "amazon", "import")
CHUNK = 10


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (compacting, imports, ingest):
        monkeypatch.setattr(module, "CHUNK_RECORDS", CHUNK)


@contextmanager
def opened(where: Locations) -> Iterator[tuple[SegmentStore, CatalogIndex]]:
    with SegmentStore(where.segments_dir) as store, open_index(where, store, REGION) as index:
        yield store, index


def import_images(where: Locations, records: Sequence[dict[str, Any]]) -> Segment:
    with opened(where) as (store, index):
        with Importer(store, lambda _: index, locks_dir=where.locks_dir, region=REGION, scope=None) as importer:
            for one in records:
                importer.add(one, now=1)
            importer.finish(1)
        segment = store.segment(SHARD)
        assert segment is not None
        stored = {one["ImageId"]: one for chunk_id in segment.chunk_ids for one in store.records(chunk_id)}
        for image_id in stored:
            (place,) = index.locate(image_id)
            assert store.record(place.chunk_id, place.line)["ImageId"] == image_id
        assert store.stored_chunks(SHARD) == set(segment.chunk_ids)
        assert segment.record_count == sum(len(store.records(chunk_id)) for chunk_id in segment.chunk_ids)
        assert segment.stored_bytes == store.stored_bytes(segment.chunk_ids)
        assert segment.indexed == index.count_of(SHARD) == len(stored)
    return segment


def test_importing_a_file_again_adds_nothing(where: Locations) -> None:
    records = [record(number) for number in range(35)]
    first = import_images(where, records)
    for _ in range(3):
        again = import_images(where, records)
        assert (again.record_count, len(again.chunk_ids)) == (35, len(first.chunk_ids))
        random.Random(1).shuffle(records)
    assert len(names(where)) == 35


def test_imports_that_overlap_keep_at_most_twice_what_is_in_use(where: Locations) -> None:
    rng = random.Random(2)
    for round_ in range(12):
        segment = import_images(where, [record(n, Name=f"round {round_}") for n in rng.sample(range(60), 25)])
        assert segment.indexed is not None
        assert segment.record_count <= 2 * segment.indexed + CHUNK
    newest = names(where)
    assert newest.count("round 11") == 25


def test_many_small_imports_are_joined(where: Locations) -> None:
    for number in range(40):
        segment = import_images(where, [record(number)])
    assert segment.indexed == 40
    assert len(segment.chunk_ids) <= 4 + compacting._SMALL_CHUNKS


def test_a_chunk_that_cannot_be_read_costs_an_import_only_its_own_records(where: Locations) -> None:
    import_images(where, [record(number) for number in range(25)])
    with opened(where) as (store, _):
        segment = store.segment(SHARD)
        assert segment is not None
        store._file.cache.set(segment.chunk_ids[1], b"no zlib", tag=SHARD.key)
    with opened(where) as (store, index):
        writer = ShardWriter(store, index, SHARD, origin="import")
        assert writer.extend()
        writer.add([record(30)], now=2)
        writer.finish(2)
        assert index.count_of(SHARD) == 26, "rows without a record are worth having"


def test_rows_are_gathered_the_longer_the_more_are_written_and_come_by_creation_time() -> None:
    buffer = RowBuffer()
    written: list[int] = []
    numbers = list(range(3000))
    random.Random(3).shuffle(numbers)
    for start in range(0, 3000, 100):
        page = [summary_of(record(number, Tags=[{"Key": "a", "Value": "b"}])) for number in numbers[start:][:100]]
        buffer.add(page, f"chunk {start}", range(100))
        if buffer.is_due:
            ((placed, chunk_ids),) = buffer.drain()
            created = [one.row.created or 0 for one in placed]
            assert created == sorted(created)
            assert {one.chunk_id for one in placed} == set(chunk_ids)
            by_id = {summary.image_id: prepared(summary) for summary in page}
            assert all(by_id.get(one.row.image_id, one.row) == one.row for one in placed)
            assert len(placed) >= sum(written) / GROWTH
            written.append(len(placed))
    assert written == [100, 100, 200, 400, 800]


def test_rows_that_do_not_fit_into_memory_wait_on_disk_and_come_in_the_same_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pages = [[record(number * 7 % 100) for number in range(start, start + 10)] for start in range(0, 100, 10)]
    # The last page has images of the first once more, under other names.
    pages.append([record(number * 7 % 100, Name=f"again {number}") for number in range(10)])

    def drained() -> list[tuple[list[Placed], list[str]]]:
        buffer = RowBuffer(str(tmp_path), hold=True)
        for number, page in enumerate(pages):
            buffer.add([summary_of(one) for one in page], f"chunk {number}", range(len(page)))
            assert not buffer.is_due
        return list(buffer.drain())

    ((in_memory, chunk_ids),) = drained()
    assert len(in_memory) == 100
    monkeypatch.setattr(row_buffer, "IN_MEMORY", 15)
    ((on_disk, the_same_chunks),) = drained()
    assert chunk_ids == the_same_chunks == [f"chunk {number}" for number in range(11)]
    # Of an image that waits twice the later row comes later, and counts.
    assert list({one.row.image_id: one for one in on_disk}.values()) == in_memory
    assert len(on_disk) == 110
    assert list(tmp_path.iterdir()) == [], "what waits has no name that a crash would leave"


def test_a_drained_buffer_names_every_chunk_once_also_one_without_rows() -> None:
    buffer = RowBuffer()
    assert list(buffer.drain()) == []
    buffer.add([], "empty", [])
    assert list(buffer.drain()) == [([], ["empty"])]
    rows = [summary_of(record(0, ImageId=f"ami-{number:017x}")) for number in range(AT_ONCE + 1)]
    buffer.add(rows, "first", range(len(rows)))
    portions = list(buffer.drain())
    assert [len(placed) for placed, _ in portions] == [AT_ONCE, 1]
    assert [chunk_ids for _, chunk_ids in portions] == [[], ["first"]]


def written_bytes(where: Locations, pages: int, per_page: int) -> int:
    """Bytes that a crawl gives to the kernel for its index, in images of random creation times."""
    numbers = list(range(pages * per_page))
    random.Random(4).shuffle(numbers)
    with opened(where) as (store, index):
        before = _wchar()
        writer = ShardWriter(store, index, SHARD)
        writer.start(full=True, now=1)
        for start in range(0, len(numbers), per_page):
            page = [
                record(n, CreationDate=f"20{10 + n % 15}-01-{1 + n % 28:02d}T00:00:00.000Z")
                for n in numbers[start : start + per_page]
            ]
            writer.add_page(WHOLE, page_of(page), next_token="more", complete=False, now=1)
        writer.finish(1)
        return _wchar() - before


def _wchar() -> int:
    counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counters["wchar"])


@pytest.mark.skipif(not os.path.exists("/proc/self/io"), reason="Linux counts what a process writes")
def test_gathering_rows_writes_a_fraction_of_what_writing_page_by_page_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (compacting, imports, ingest):
        monkeypatch.setattr(module, "CHUNK_RECORDS", 1000)
    gathered = written_bytes(locate({}, cache_dir=str(tmp_path / "a")), 60, 50)
    monkeypatch.setattr(RowBuffer, "is_due", True)
    at_once = written_bytes(locate({}, cache_dir=str(tmp_path / "b")), 60, 50)
    assert gathered < at_once / 2, json.dumps((gathered, at_once))
