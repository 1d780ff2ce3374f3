"""Crawls in slices: whatever fails or is killed, the next one asks for what is missing, and nothing else stays."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.catalog.store import SegmentStore
from amitui.catalog.sync import ingest, schedule
from amitui.catalog.sync.crawl import CrawlProgress, ImageSource
from amitui.catalog.sync.page import ReadPage
from amitui.catalog.sync.service import CatalogService, open_index
from amitui.domain.catalogue import slice_plan
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard
from amitui.domain.catalogue.slices import WHOLE, Slice
from amitui.domain.image.image import RawRecord
from amitui.errors import AwsError, CredentialsError, NetworkError, RejectedError
from amitui.paths import Locations, locate
from tests.integration.test_cut_off import Killed, killed_at
from tests.support.pages import page_of

NOW = 1_790_000_000
SHARD = Shard("aws", PUBLIC, "eu-west-1", "community")
PAGE = 4
IMAGES = 60


def record(number: int, created: str | None = None) -> RawRecord:
    """Of 60 images most are of the last years; some have no date, or one that is none."""
    odd = {7: "", 8: None, 9: "2024/05/06", 10: "20", 11: "soon"}
    date = f"20{25 - number % 17:02d}-{1 + number % 12:02d}-{1 + number % 28:02d}T00:00:00.000Z"
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"image {number}",
        "OwnerId": "111122223333",
        "Public": True,
        "CreationDate": created or odd.get(number, date),
    }


class Source:
    """EC2 with some images; a token is the place in a slice's list."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.images = [record(number) for number in numbers]
        self.asked: list[tuple[Slice, str | None]] = []
        self.fault: Callable[[Slice, str | None], AwsError | None] = lambda _part, _token: None
        self.under_way = Counter[Slice]()

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        self.asked.append((part, token))
        self.under_way[part] += 1
        assert self.under_way[part] == 1, "a slice's pages come one after the other"
        await asyncio.sleep(0)
        self.under_way[part] -= 1
        if (error := self.fault(part, token)) is not None:
            raise error
        found = [one for one in self.images if part.holds(one["CreationDate"])]
        start = int(token or 0)
        return page_of(found[start : start + PAGE], str(start + PAGE) if start + PAGE < len(found) else None)


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    with small_slices():
        yield


@contextmanager
def small_slices() -> Iterator[None]:
    """Slices of a few images."""
    with (
        patch.object(slice_plan, "SMALL", 8),
        patch.object(slice_plan, "AIM", 10),
        patch.object(slice_plan, "MOST_SLICES", 6),
        patch.dict(slice_plan._EXPECTED, {"community": IMAGES}),
        patch.object(schedule, "_FULL_PAGE", PAGE),
        patch.object(schedule, "_WORTHWHILE", 20),
    ):
        yield


@asynccontextmanager
async def service_in(where: Locations, now: int = NOW) -> AsyncIterator[CatalogService]:
    service = CatalogService(where, now=lambda: now)
    try:
        yield service
    finally:
        await service.close()


async def crawled(where: Locations, source: ImageSource, *, full: bool = False, now: int = NOW) -> CrawlProgress:
    async with service_in(where, now) as service:
        return await service.refresh(SHARD, source, lambda _: None, full=full)


def partial(where: Locations) -> Segment | None:
    with SegmentStore(where.segments_dir) as store:
        return store.partial(SHARD)


def check(where: Locations, numbers: Sequence[int]) -> None:
    """The cache holds what EC2 has, each image once, and no chunk more."""
    with SegmentStore(where.segments_dir) as store, open_index(where, store, SHARD.region) as index:
        segment = store.segment(SHARD)
        assert segment is not None
        ids = [one["ImageId"] for chunk_id in segment.chunk_ids for one in store.records(chunk_id)]
        assert sorted(ids) == sorted(record(number)["ImageId"] for number in numbers)
        assert store.partial(SHARD) is None
        assert store.stored_chunks(SHARD) == set(segment.chunk_ids)
        assert segment.indexed == segment.record_count == index.count_of(SHARD) == index.count() == len(numbers)
        assert all(one.complete for one in segment.slices)
        assert [chunk_id for one in segment.slices for chunk_id in one.chunk_ids] != []
        assert {chunk_id for one in segment.slices for chunk_id in one.chunk_ids} == set(segment.chunk_ids)
        assert sum(one.record_count for one in segment.slices) == len(numbers)
        for image_id in ids:
            (place,) = index.locate(image_id)
            assert store.record(place.chunk_id, place.line)["ImageId"] == image_id


@pytest.fixture
def where(tmp_path: Path) -> Locations:
    return locate({"HOME": str(tmp_path)})


async def test_a_large_shard_is_fetched_in_slices_and_again_in_the_same_ones(where: Locations) -> None:
    source = Source(range(IMAGES))
    done = await crawled(where, source)
    check(where, range(IMAGES))
    assert source.asked[0] == (WHOLE, None)
    assert [part for part, _ in source.asked].count(WHOLE) == 1, "one page is asked for twice"
    assert done.slices == done.slices_done > 4
    with SegmentStore(where.segments_dir) as store:
        stored = store.segment(SHARD)
    assert stored is not None
    again = Source(range(5, IMAGES))
    done = await crawled(where, again, full=True)
    check(where, range(5, IMAGES))
    assert (done.removed, done.expected) == (5, IMAGES - 5)
    assert {part for part, _ in again.asked} == {one.part for one in stored.slices}


async def test_a_slice_that_fails_leaves_the_others_and_alone_is_asked_for_next(where: Locations) -> None:
    await crawled(where, Source(range(IMAGES)))
    broken = Source(range(IMAGES))
    victim = next(part for part, count in Counter(part for part, _ in broken_plan(where)).items() if count)

    def fault(part: Slice, token: str | None) -> AwsError | None:
        return NetworkError("the answer cannot be read") if part == victim and token else None

    broken.fault = fault
    with pytest.raises(NetworkError, match="cannot be read"):
        await crawled(where, broken, full=True)
    left = partial(where)
    assert left is not None
    assert [one.part for one in left.slices if not one.complete] == [victim]
    mended = Source(range(IMAGES))
    done = await crawled(where, mended)
    assert mended.asked[0] == (victim, str(PAGE)), "where it broke off"
    assert {part for part, _ in mended.asked} == {victim}
    assert done.resumed
    check(where, range(IMAGES))


def broken_plan(where: Locations) -> list[tuple[Slice, int]]:
    """The slices of more than one page, the largest first."""
    with SegmentStore(where.segments_dir) as store:
        segment = store.segment(SHARD)
    assert segment is not None
    sizes = [(one.part, one.record_count) for one in segment.slices if one.record_count > PAGE]
    return sorted(sizes, key=lambda size: -size[1])


async def test_a_token_that_is_too_old_costs_its_slice_alone(where: Locations) -> None:
    await crawled(where, Source(range(IMAGES)))
    victim = broken_plan(where)[0][0]
    broken = Source(range(IMAGES))
    broken.fault = lambda part, token: NetworkError("lost") if part == victim and token else None
    with pytest.raises(NetworkError):
        await crawled(where, broken, full=True)
    later = Source(range(IMAGES))
    await crawled(where, later, now=NOW + ingest.RESUME_WITHIN_S + 1)
    assert later.asked[0] == (victim, None)
    assert {part for part, _ in later.asked} == {victim}
    check(where, range(IMAGES))


async def test_slices_that_were_complete_long_ago_are_fetched_again(where: Locations) -> None:
    await crawled(where, Source(range(IMAGES)))
    broken = Source(range(IMAGES))
    victim = broken_plan(where)[0][0]
    broken.fault = lambda part, token: NetworkError("lost") if part == victim and token else None
    with pytest.raises(NetworkError):
        await crawled(where, broken, full=True)
    later = Source(range(3, IMAGES))
    await crawled(where, later, now=NOW + ingest.KEPT_FOR_S + 1)
    assert {part for part, token in later.asked if token is None} == {part for part, _ in broken.asked}
    check(where, range(3, IMAGES))


async def test_a_forgotten_token_starts_its_slice_over_and_no_other(where: Locations) -> None:
    await crawled(where, Source(range(IMAGES)))
    source = Source(range(IMAGES))
    victim = broken_plan(where)[0][0]
    forgotten = [RejectedError("the page token has expired", code="InvalidNextToken")]
    source.fault = lambda part, token: forgotten.pop() if part == victim and token and forgotten else None
    await crawled(where, source, full=True)
    firsts = Counter(part for part, token in source.asked if token is None)
    assert firsts[victim] == 2
    assert sum(firsts.values()) == len(firsts) + 1
    check(where, range(IMAGES))


async def test_what_fails_for_every_slice_ends_the_crawl_at_once(where: Locations) -> None:
    await crawled(where, Source(range(IMAGES)))
    source = Source(range(IMAGES))
    source.fault = lambda _part, _token: CredentialsError("the credentials have expired")
    with pytest.raises(CredentialsError):
        await crawled(where, source)
    assert len(source.asked) <= 6
    dead = Source(range(IMAGES))
    dead.fault = lambda _part, _token: NetworkError("could not reach EC2")
    with pytest.raises(NetworkError):
        await crawled(where, dead)
    assert len(dead.asked) <= 6 + 3
    check_unchanged = Source(range(IMAGES))
    await crawled(where, check_unchanged)
    check(where, range(IMAGES))


async def test_two_processes_never_fetch_one_shard_and_a_second_one_goes_on_when_the_first_is_killed(
    where: Locations,
) -> None:
    from amitui.catalog.locks import ShardBusy

    source = Source(range(IMAGES))
    seen: list[str] = []

    async def other_process() -> None:
        try:
            await crawled(where, Source(range(IMAGES)))
        except ShardBusy as busy:
            seen.append(busy.what)

    real = source.page

    async def page(shard: Shard, part: Slice, token: str | None) -> ReadPage:
        if len(source.asked) == 3:
            await other_process()
        return await real(shard, part, token)

    source.page = page  # type: ignore[method-assign]
    await crawled(where, source)
    assert seen
    assert "already being fetched" in seen[0]


class Run:
    """One start that is killed before one of its writes."""

    def __init__(self, dies_at: int, *, full: bool, numbers: Sequence[int]) -> None:
        self.dies_at, self.full, self.numbers = dies_at, full, numbers


RUNS = st.lists(
    st.builds(
        lambda dies_at, full, first: Run(dies_at, full=full, numbers=range(first, IMAGES)),
        st.integers(0, 60),
        st.sampled_from([False, False, False, True]),
        st.integers(0, 10),
    ),
    max_size=3,
)


async def killed(where: Locations, run: Run) -> Source:
    source = Source(run.numbers)
    with killed_at(run.dies_at), suppress(Killed):
        await crawled(where, source, full=run.full)
    return source


@settings(max_examples=8, deadline=None)
@given(RUNS)
def test_after_any_kills_a_crawl_asks_for_what_is_missing_alone(runs: list[Run]) -> None:
    with tempfile.TemporaryDirectory() as folder, small_slices():
        where = locate({"HOME": folder})
        for run in runs:
            asyncio.run(killed(where, run))
        before = partial(where)
        last = Source(range(IMAGES))
        asyncio.run(crawled(where, last))
        if before is not None and before.chunk_ids:
            whole = {one.part for one in before.slices if one.complete}
            begun = {one.part: one for one in before.slices if one.next_token}
            firsts = dict(reversed(last.asked))
            assert not whole & firsts.keys(), "a slice that is whole is not asked for again"
            for part, one in begun.items():
                divided = part not in firsts and len(one.chunk_ids) <= schedule.PAGES_WASTED
                assert divided or firsts[part] == one.next_token, "others go on where they were"
        with SegmentStore(where.segments_dir) as store:
            segment = store.segment(SHARD)
            assert segment is not None
            assert store.stored_chunks(SHARD) == set(segment.chunk_ids)
        asyncio.run(crawled(where, Source(range(IMAGES)), full=True))
        check(where, range(IMAGES))


def size_of(folder: str) -> int:
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def chunks_in(where: Locations) -> int:
    with SegmentStore(where.segments_dir) as store:
        return len(store.stored_chunks(SHARD))


def test_many_kills_leave_no_more_than_one_clean_run(tmp_path: Path) -> None:
    clean, often = locate({"HOME": str(tmp_path / "clean")}), locate({"HOME": str(tmp_path / "often")})
    asyncio.run(crawled(clean, Source(range(IMAGES))))
    for number in range(30):
        # Also just before the end, and with all begun anew.
        asyncio.run(killed(often, Run(number * 2, full=number % 7 == 0, numbers=range(IMAGES))))
        assert chunks_in(often) <= 3 * chunks_in(clean), "the old answer, the new one, and what was cut off last"
    asyncio.run(crawled(often, Source(range(IMAGES))))
    check(often, range(IMAGES))
    assert size_of(often.segments_dir) <= 1.2 * size_of(clean.segments_dir)
