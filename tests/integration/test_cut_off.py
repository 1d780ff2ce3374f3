"""Crawls that are cut off between any two writes: the ones after them lack nothing, and keep nothing more."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.catalog.index import row_buffer
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.store_file import StoreFile
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.replay import reconcile
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.domain.image.image import RawRecord
from amitui.paths import private_dir
from tests.support.pages import page_of

REGION = "eu-west-1"
SHARD = Shard("aws", PUBLIC, REGION, "amazon")
PAGE = 3


class Killed(BaseException):
    """The process ends here."""


class Run(NamedTuple):
    """One start of `amitui sync`."""

    full: bool
    dies_at: int | None
    """Before which of its writes it is killed; `None`: it is not."""
    images: tuple[int, ...]
    """What EC2 has meanwhile."""


def record(number: int) -> RawRecord:
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"image {number}",
        "OwnerId": "137112412989",
        "Public": True,
        "CreationDate": f"2025-01-01T00:00:{number:02d}.000Z",
    }


@contextmanager
def killed_at(count: int | None) -> Iterator[None]:
    """Raise `Killed` before the so many-th transaction of store or index."""
    left = -1 if count is None else count

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return real(*arguments)

        return call

    with ExitStack() as stack:
        stack.enter_context(patch.object(StoreFile, "write", dying(StoreFile.write)))
        stack.enter_context(patch.object(CatalogIndex, "_transaction", dying(CatalogIndex._transaction)))
        yield


class Cache:
    """A cache folder, opened anew by each start."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        private_dir(os.path.join(folder, "index"))

    @contextmanager
    def opened(self) -> Iterator[tuple[SegmentStore, CatalogIndex]]:
        with (
            SegmentStore(os.path.join(self.folder, "segments")) as store,
            CatalogIndex.open(os.path.join(self.folder, "index", f"{REGION}.sqlite"), REGION) as index,
        ):
            yield store, index

    def sync(self, run: Run) -> None:
        with self.opened() as (store, index), killed_at(run.dies_at):
            writer = ShardWriter(store, index, SHARD)
            writer.start(full=run.full, now=100)
            (whole,) = writer.progress.slices
            start = int(whole.next_token or 0)
            while True:
                page = run.images[start : start + PAGE]
                start += PAGE
                more = str(start) if start < len(run.images) else None
                if not whole.complete:
                    records = [record(number) for number in page]
                    writer.add_page(
                        whole.part, page_of(records), next_token=more, complete=more is None, now=100 + start
                    )
                if more is None or whole.complete:
                    break
            writer.finish(1000)

    def check(self, brought: set[int]) -> None:
        """The index holds what the segment holds, and that is what EC2 said."""
        with self.opened() as (store, index):
            segment = store.segment(SHARD)
            assert segment is not None
            records = [one for chunk_id in segment.chunk_ids for one in store.records(chunk_id)]
            ids = {one["ImageId"] for one in records}
            assert ids == {record(number)["ImageId"] for number in brought}
            assert segment.indexed == index.count_of(SHARD) == index.count() == len(ids)
            (status,) = index.shards()
            assert (status.complete, status.record_count) == (True, len(ids))
            for image_id in ids:
                (place,) = index.locate(image_id)
                assert store.record(place.chunk_id, place.line)["ImageId"] == image_id
            assert named_chunks(store) == set(segment.chunk_ids), "a chunk is left that nothing names"
            assert reconcile(store, index, REGION, locks_dir=os.path.join(self.folder, "locks")) == []


def named_chunks(store: SegmentStore) -> set[str]:
    return {key for key in store._keys() if key.startswith("chunk/")}


def partial(cache: Cache) -> Segment | None:
    with cache.opened() as (store, _):
        return store.partial(SHARD)


def brought(cache: Cache, run: Run) -> set[int]:
    """What a run that is not killed should leave: what it goes on from, and the pages from there."""
    before = None if run.full else partial(cache)
    if before is None or not before.slices:
        return set(run.images)
    (whole,) = before.slices
    if whole.next_token is None and not whole.complete:
        return set(run.images)
    with cache.opened() as (store, _):
        kept = [one for chunk_id in before.chunk_ids for one in store.records(chunk_id)]
    return {int(one["ImageId"][4:], 16) for one in kept} | set(
        run.images[int(whole.next_token or len(run.images)) :]
    )


IMAGES = st.lists(st.integers(0, 20), min_size=1, max_size=12, unique=True).map(tuple)
RUNS = st.lists(st.builds(Run, st.booleans(), st.integers(0, 14), IMAGES), max_size=4)
TWELVE = tuple(range(12))


class Gathering(NamedTuple):
    """How rows are gathered before they are written (`RowBuffer`)."""

    growth: float
    at_once: int


AT_ONCE = Gathering(4, 5000)
GATHERING = st.sampled_from((AT_ONCE, Gathering(0.5, 2), Gathering(0.1, 4)))


@settings(max_examples=50, deadline=None)
@given(RUNS, st.booleans(), IMAGES, GATHERING)
@example([Run(False, 8, TWELVE), Run(True, 2, TWELVE)], False, TWELVE, AT_ONCE)
@example(
    [Run(False, None, TWELVE), Run(False, 8, TWELVE), Run(True, 4, TWELVE)], False, TWELVE, Gathering(4, 5000)
)
@example([Run(False, 8, TWELVE), Run(True, 3, (1, 2))], False, (5, 6, 7, 8), AT_ONCE)
@example([Run(False, 10, TWELVE)], False, TWELVE, Gathering(0.5, 2))
def test_whatever_was_cut_off_before_a_sync_brings_exactly_what_ec2_says(
    runs: Sequence[Run], full: bool, images: tuple[int, ...], gathering: Gathering
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(row_buffer, "GROWTH", gathering.growth),
        patch.object(row_buffer, "AT_ONCE", gathering.at_once),
    ):
        cache = Cache(folder)
        for run in runs:
            try:
                cache.sync(run)
            except Killed:
                continue
        last = Run(full, None, images)
        expected = brought(cache, last)
        cache.sync(last)
        cache.check(expected)


@pytest.mark.parametrize("first", range(2, 14))
def test_a_full_sync_cut_off_at_its_start_costs_the_next_one_no_page(tmp_path: object, first: int) -> None:
    # At every point of the first crawl, and at every early one of the full crawl after it.
    for second in range(6):
        with tempfile.TemporaryDirectory(dir=str(tmp_path)) as folder:
            cache = Cache(folder)
            for run in (Run(False, first, TWELVE), Run(True, second, TWELVE)):
                with pytest.raises(Killed):
                    cache.sync(run)
            cache.sync(Run(False, None, TWELVE))
            cache.check(set(TWELVE))


def test_an_index_that_lost_rows_of_its_segment_is_noticed_and_filled(tmp_path: object) -> None:
    cache = Cache(str(tmp_path))
    cache.sync(Run(False, None, TWELVE))
    with cache.opened() as (store, index):
        index._connection.execute("DELETE FROM membership WHERE line = 1")
        index._connection.execute("UPDATE image SET slots = 0 WHERE id NOT IN (SELECT id FROM membership)")
        assert index.count_of(SHARD) == 8
        assert reconcile(store, index, REGION, locks_dir=str(tmp_path) + "/locks") == [SHARD]
    cache.check(set(TWELVE))
