"""A refreshed shard is what a fresh crawl of the new catalogue makes: the same records, the same rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.store import SegmentStore
from amitui.catalog.store_file import RecordsLost
from amitui.catalog.stored_form import BLANK, line_of
from amitui.catalog.sync import refresh_slices, slice_change, slice_difference, slice_split
from amitui.catalog.sync.page import ReadPage, read_lines
from amitui.catalog.sync.refresh_slices import ShardRefresh, refresh_of
from amitui.catalog.sync.replay import rebuild, reconcile, summaries_of
from amitui.catalog.sync.slice_change import Refreshed
from amitui.domain.catalogue import slice_plan
from amitui.domain.catalogue.coverage import AgeLimits
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard, StoredSlice
from amitui.domain.catalogue.slices import DATELESS, WHOLE, Slice, is_partition, rest_of
from amitui.domain.image.image import RawRecord
from tests.integration.test_row_refresh import facts

NOW = int(datetime(2026, 9, 21, 14, 0, tzinfo=UTC).timestamp())
DAY = 86_400
REGION = "eu-west-1"
COMMUNITY = Shard("aws", PUBLIC, REGION, "community")
AMAZON = Shard("aws", PUBLIC, REGION, "amazon")
LIMITS = AgeLimits(public_seconds=DAY, own_seconds=600)
PAGE = 5

_LATER = ("2026-1", "2027", "2028", "2029", *(f"20{digit}" for digit in "3456789"))
OLD, RECENT, YOUNG, FORMER = (
    Slice(("2025",)),
    Slice(("2026",), ("2026-08", "2026-09", "2026-1")),
    Slice(("2026-08", "2026-09", *_LATER)),
    Slice(("", "20"), ("2025", "2026", *_LATER[1:])),
)
PARTS = (OLD, RECENT, YOUNG, FORMER, DATELESS)
DATES = (
    *("2025-03-01T00:00:00.000Z", "2025-12-31T23:59:59.000Z", "2026-01-05T10:00:00.000Z"),
    *("2026-08-30T01:00:00.000Z", "2026-09-21T09:00:00.000Z", "2026-09-20T08:00:00.000Z"),
    *("2014-05-01T00:00:00.000Z", "odd", "2026/09/01", "", None),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SegmentStore]:
    with SegmentStore(str(tmp_path / "segments")) as opened:
        yield opened


@pytest.fixture
def index(tmp_path: Path) -> Iterator[CatalogIndex]:
    with CatalogIndex.open(str(tmp_path / "index.sqlite"), REGION) as opened:
        yield opened


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_change, "CHUNK_RECORDS", PAGE)
    monkeypatch.setattr(slice_difference, "CHUNK_RECORDS", PAGE)


def image(number: int, **fields: Any) -> RawRecord:
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"web-{number}",
        "OwnerId": "999988887777",
        "Public": True,
        "State": "available",
        "Architecture": "arm64",
        "CreationDate": DATES[number % len(DATES)],
        **fields,
    }


def fetch(store: SegmentStore, index: CatalogIndex, shard: Shard, records: Sequence[RawRecord], at: int) -> None:
    """What a crawl in slices stores of a catalogue."""
    segment = Segment(shard, 1, (), 0, at, complete=True, indexed=0)
    index.begin_shard(shard, 1)
    for part in PARTS:
        mine = [record for record in records if part.holds(record.get("CreationDate"))]
        chunk_ids = []
        for start in range(0, len(mine), PAGE):
            page = mine[start : start + PAGE]
            chunk_id, size = store.put_chunk(shard, page)
            summaries, lines = summaries_of(page)
            index.add_rows(shard, 1, summaries, chunk_id, lines)
            chunk_ids.append(chunk_id)
            segment = segment._replace(stored_bytes=segment.stored_bytes + size)
        segment = segment._replace(
            chunk_ids=(*segment.chunk_ids, *chunk_ids),
            record_count=segment.record_count + len(mine),
            slices=(*segment.slices, StoredSlice(part, tuple(chunk_ids), len(mine), at, complete=True)),
        )
    store.commit(segment._replace(indexed=index.count_of(shard)))
    index.finish_shard(shard, 1, at)


def refresh(
    store: SegmentStore,
    index: CatalogIndex,
    records: Sequence[RawRecord],
    now: int,
    *,
    parts: Sequence[Slice] | None = None,
    shuffled: Random | None = None,
) -> Refreshed:
    """Refresh the slices that are due, or these."""
    segment = store.segment(COMMUNITY)
    assert segment is not None
    work = ShardRefresh(store, index, segment, LIMITS)
    due = [one.part for one in work.start(now)] if parts is None else parts
    for part in due:
        mine = [record for record in records if part.holds(record.get("CreationDate"))]
        if shuffled is not None:
            shuffled.shuffle(mine)
        pages = [mine[start : start + PAGE] for start in range(0, len(mine), PAGE)] or [[]]
        for number, page in enumerate(pages, 1):
            work.add_page(part, page_of(page), next_token=None, complete=number == len(pages), now=now)
    assert work.finish(now) == work.total.removed
    return work.total


def page_of(records: Sequence[RawRecord]) -> ReadPage:
    """The records as a page that a crawl has read."""
    return ReadPage([read_lines([line_of(record) for record in records])] if records else [], len(records))


def stored(store: SegmentStore) -> dict[str, RawRecord]:
    """What is stored, by image; of an image, no line but one."""
    segment = store.segment(COMMUNITY)
    assert segment is not None
    found: dict[str, RawRecord] = {}
    for chunk_id in segment.chunk_ids:
        for record in store.records(chunk_id):
            if record:
                identity = str(record.get("ImageId", record))
                assert identity not in found
                found[identity] = record
    return found


def assert_in_line(store: SegmentStore, index: CatalogIndex, records: Sequence[RawRecord], folder: Path) -> None:
    """That store and index are what a fresh crawl makes of the catalogue, and agree with each other."""
    segment = store.segment(COMMUNITY)
    assert segment is not None
    assert stored(store) == {str(record.get("ImageId", record)): record for record in records}
    assert store.stored_chunks(COMMUNITY) == set(segment.chunk_ids)
    in_slices = [chunk_id for one in segment.slices for chunk_id in one.chunk_ids]
    assert len(in_slices) == len(set(in_slices))
    assert segment.record_count == len(records)
    assert segment.indexed == index.count_of(COMMUNITY)
    assert segment.stored_bytes == store.stored_bytes(segment.chunk_ids)
    for one in segment.slices:
        held = [record for record in records if one.part.holds(record.get("CreationDate"))]
        own = [record for chunk_id in one.chunk_ids for record in store.records(chunk_id) if record]
        assert all(one.part.holds(record.get("CreationDate")) for record in own)
        assert one.record_count == len(own) <= len(held)
    said = facts(index.path)
    for key, image_id, chunk_id, line in said["places"]:
        if key == COMMUNITY.key:
            assert store.record(chunk_id, line)["ImageId"] == image_id
    anew, crawled = str(folder / "anew.sqlite"), str(folder / "crawled.sqlite")
    for path in (anew, crawled):
        if os.path.exists(path):
            os.unlink(path)
    with CatalogIndex.open(anew, REGION) as filled:
        rebuild(store, filled, REGION)
    assert facts(anew) == said
    with SegmentStore(str(folder / "fresh")) as other, CatalogIndex.open(crawled, REGION) as first:
        other.clear()
        fetch(other, first, COMMUNITY, records, segment.fetched_at)
    fresh = facts(crawled)
    for name in ("rows", "tags", "slots", "shards", "found"):
        assert [row for row in said[name] if AMAZON.key not in row] == fresh[name], name


def changed(records: Sequence[RawRecord], rng: Random, share: float) -> list[RawRecord]:
    """The catalogue a while later: images have changed, gone, and come."""
    later = []
    for record in records:
        if rng.random() < share / 3:
            continue
        if rng.random() < share / 3:
            field, value = rng.choice(
                [
                    ("State", "disabled"),
                    ("DeprecationTime", "2026-01-01T00:00:00.000Z"),
                    ("Name", f"renamed-{rng.random()}"),
                    ("Tags", [{"Key": "ec2:SharedTag/a", "Value": "ü\x1b"}]),
                    ("Description", "\u202eweb"),
                ]
            )
            record = {**record, field: value}
        later.append(record)
    highest = 10_000 + rng.randrange(10**6)
    later += [image(highest + number) for number in range(int(len(records) * share / 3) + 1)]
    if rng.random() < 0.3:
        later.append({"Name": f"nameless-{highest}", "CreationDate": rng.choice(DATES)})
    return later


@pytest.mark.parametrize("seed", range(8))
def test_after_any_number_of_refreshes_all_is_as_after_a_fresh_crawl(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path, seed: int
) -> None:
    rng = Random(seed)
    records = [image(number) for number in range(rng.choice((0, 1, 7, 60)))]
    fetch(store, index, COMMUNITY, records, NOW)
    for day in range(1, 7):
        records = changed(records, rng, rng.choice((0.0, 0.1, 0.5, 2.5)))
        before = {record["ImageId"]: record for record in stored(store).values() if "ImageId" in record}
        done = refresh(store, index, records, NOW + day * DAY, parts=PARTS, shuffled=rng)
        after = {record["ImageId"]: record for record in records if "ImageId" in record}
        assert done.added == len(after.keys() - before.keys())
        assert done.removed == len(before.keys() - after.keys())
        assert done.changed == sum(before[one] != after[one] for one in before.keys() & after.keys())
        if day % 3 == 0:
            assert_in_line(store, index, records, tmp_path)


def test_what_is_unchanged_costs_no_write_but_a_date(
    store: SegmentStore, index: CatalogIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    records = [image(number) for number in range(40)]
    fetch(store, index, COMMUNITY, records, NOW)
    before = store.segment(COMMUNITY)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be written")

    with monkeypatch.context() as patch:
        patch.setattr(SegmentStore, "put_lines", never)
        patch.setattr(CatalogIndex, "amend", never)
        assert refresh(store, index, records, NOW + DAY, parts=PARTS) == Refreshed()
    after = store.segment(COMMUNITY)
    assert before is not None
    assert after is not None
    assert (after.chunk_ids, after.generation) == (before.chunk_ids, before.generation)
    assert {one.fetched_at for one in after.slices} == {NOW + DAY}
    assert_in_line(store, index, records, tmp_path)


def test_one_changed_image_writes_one_chunk_and_one_row(
    store: SegmentStore, index: CatalogIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [image(number) for number in range(100)]
    fetch(store, index, COMMUNITY, records, NOW)
    written: list[int] = []
    real_put, real_amend = SegmentStore.put_lines, CatalogIndex.amend

    def put(store: SegmentStore, shard: Shard, lines: Sequence[bytes]) -> tuple[str, int]:
        written.append(len(lines))
        return real_put(store, shard, lines)

    def amend(
        index: CatalogIndex, shard: Shard, generation: int, moved: Any, images: Any, *more: Any, **rest: Any
    ) -> None:
        assert [[*found] for found in images.values()] == [[records[11]["ImageId"]]]
        real_amend(index, shard, generation, moved, images, *more, **rest)

    monkeypatch.setattr(SegmentStore, "put_lines", put)
    monkeypatch.setattr(CatalogIndex, "amend", amend)
    records[11] = {**records[11], "State": "disabled"}
    assert refresh(store, index, records, NOW + DAY, parts=PARTS) == Refreshed(changed=1)
    assert len(written) == 1


def test_only_slices_that_are_due_are_fetched(store: SegmentStore, index: CatalogIndex) -> None:
    fetch(store, index, COMMUNITY, [image(number) for number in range(30)], NOW)
    segment = store.segment(COMMUNITY)
    assert segment is not None

    def due(days: float) -> list[Slice]:
        return [one.part for one in ShardRefresh(store, index, segment, LIMITS).start(NOW + int(days * DAY))]

    assert due(0.01) == due(1) == [YOUNG]
    assert due(6.5) == [RECENT, YOUNG]
    assert set(due(25)) == set(PARTS)


def test_a_shard_counts_as_fetched_until_one_of_its_slices_is_due(
    store: SegmentStore, index: CatalogIndex
) -> None:
    records = [image(number) for number in range(30)]
    fetch(store, index, COMMUNITY, records, NOW)
    refresh(store, index, records, NOW + DAY)
    status = index.status(COMMUNITY)
    assert status is not None
    assert (status.complete, status.fetched_at) == (True, NOW + DAY)
    # The slice of some weeks ago is due after six days: the shard is then, though each day brings what is new.
    for day in range(2, 6):
        refresh(store, index, records, NOW + day * DAY, parts=[YOUNG])
        status = index.status(COMMUNITY)
        assert status is not None
        assert status.fetched_at == min(NOW + day * DAY, NOW + 5 * DAY)
    refresh(store, index, records, NOW + 5 * DAY + 1, parts=[YOUNG])
    status = index.status(COMMUNITY)
    assert status is not None
    assert status.fetched_at + LIMITS.public_seconds == NOW + 6 * DAY


@pytest.mark.parametrize("step", ["put_lines", "amend", "index"])
def test_a_crash_at_any_step_is_repaired_and_the_next_refresh_goes_on(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    rng = Random(5)
    records = [image(number) for number in range(60)]
    fetch(store, index, COMMUNITY, records, NOW)
    later = changed(records, rng, 0.4)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        owner: type = CatalogIndex if step == "index" else SegmentStore
        patch.setattr(owner, "amend" if step == "index" else step, die)
        with pytest.raises(KeyboardInterrupt):
            refresh(store, index, later, NOW + DAY, parts=PARTS)
    store.sweep(COMMUNITY)
    assert bool(reconcile(store, index, REGION, locks_dir=str(tmp_path / "locks"))) == (step == "index")
    assert index.count_of(COMMUNITY) == len(stored(store)) - sum(
        "ImageId" not in one for one in stored(store).values()
    )
    refresh(store, index, later, NOW + DAY, parts=PARTS)
    assert_in_line(store, index, later, tmp_path)


def test_an_image_that_another_shard_has_stays_and_leaves_this_one(
    store: SegmentStore, index: CatalogIndex
) -> None:
    records = [image(number) for number in range(20)]
    fetch(store, index, COMMUNITY, records, NOW)
    fetch(store, index, AMAZON, records[:3], NOW)
    assert refresh(store, index, records[1:], NOW + DAY, parts=PARTS).removed == 1
    assert [place.shard for place in index.locate(records[0]["ImageId"])] == [AMAZON]


def test_an_image_whose_date_moves_to_another_slice_is_there_once_whichever_is_refreshed_first(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path
) -> None:
    for order in (PARTS, PARTS[::-1]):
        records = [image(number) for number in range(20)]
        store.clear()
        index.drop_shard(COMMUNITY)
        fetch(store, index, COMMUNITY, records, NOW)
        records[0] = {**records[0], "CreationDate": DATES[4]}
        records[4] = {**records[4], "CreationDate": DATES[0]}
        refresh(store, index, records, NOW + DAY, parts=order)
        assert_in_line(store, index, records, tmp_path)


@pytest.mark.parametrize("seed", range(16))
def test_an_image_whose_date_moves_and_moves_back_is_there_once_as_it_is(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path, seed: int
) -> None:
    rng = Random(seed)
    records = [image(number) for number in range(22)]
    fetch(store, index, COMMUNITY, records, NOW)
    known = {record["ImageId"]: record for record in records}
    """The images whose slice was refreshed since they came to it, as they were then."""
    for hour in range(1, 15):
        for number in rng.sample(range(len(records)), 4):
            records[number] = {**records[number], "CreationDate": rng.choice(DATES)}
        due = rng.sample(PARTS, rng.randrange(1, 4))
        refresh(store, index, records, NOW + hour * 3600, parts=due, shuffled=rng)
        for record in records:
            here = next(part for part in PARTS if part.holds(record["CreationDate"]))
            if here in due:
                known[record["ImageId"]] = record
            elif known.get(record["ImageId"]) != record:
                known.pop(record["ImageId"], None)  # where it stands now has not been looked at since it came
        for image_id, record in known.items():
            (place,) = (at for at in index.locate(image_id) if at.shard == COMMUNITY)
            assert store.record(place.chunk_id, place.line) == record, "not as it was when it was fetched"
        assert len(stored(store)) == index.count_of(COMMUNITY), "each image has one line"
    refresh(store, index, records, NOW + DAY, parts=rng.sample(PARTS, len(PARTS)), shuffled=rng)
    assert_in_line(store, index, records, tmp_path)


def test_single_images_that_were_added_between_two_crawls_join_their_slice(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path
) -> None:
    records = [image(number) for number in range(20)]
    fetch(store, index, COMMUNITY, records, NOW)
    for number in range(100, 110):
        records.append(image(number))
        segment = store.segment(COMMUNITY)
        assert segment is not None
        chunk_id, size = store.put_chunk(COMMUNITY, records[-1:])
        store.amend(
            [
                segment._replace(
                    generation=segment.generation + 1,
                    chunk_ids=(*segment.chunk_ids, chunk_id),
                    record_count=segment.record_count + 1,
                    stored_bytes=segment.stored_bytes + size,
                    indexed=(segment.indexed or 0) + 1,
                )
            ]
        )
        (summary,), (line,) = summaries_of(records[-1:])
        index.amend(COMMUNITY, segment.generation + 1, {}, {chunk_id: {summary.image_id: (summary, line)}}, ())
    assert refresh(store, index, records, NOW + DAY, parts=PARTS) == Refreshed()
    segment = store.segment(COMMUNITY)
    assert segment is not None
    assert {chunk_id for one in segment.slices for chunk_id in one.chunk_ids} == set(segment.chunk_ids)
    assert_in_line(store, index, records, tmp_path)


def test_chunks_do_not_add_up_nor_stay_half_empty(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path
) -> None:
    records = [image(number) for number in range(50)]
    fetch(store, index, COMMUNITY, records, NOW)
    rng = Random(2)
    for day in range(1, 60):
        records = [*records[1:], image(1000 + day)]
        rng.shuffle(records)
        refresh(store, index, records, NOW + day * DAY, parts=PARTS)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    lines = [line for chunk_id in segment.chunk_ids for line in store.lines(chunk_id)]
    assert lines.count(BLANK) <= len(records) // 2
    assert len(segment.chunk_ids) <= len(records) // PAGE + len(PARTS) * (slice_difference.SMALL_CHUNKS + 1)
    assert_in_line(store, index, records, tmp_path)


def test_what_leaves_is_announced_before_and_after(store: SegmentStore, index: CatalogIndex) -> None:
    records = [image(number) for number in range(20)]
    fetch(store, index, COMMUNITY, records, NOW)
    said: list[object] = []

    def departing(_store: SegmentStore, index: CatalogIndex, shard: Shard, ids: Sequence[str]) -> Any:
        assert all(index.locate(image_id) for image_id in ids)
        said.extend(ids)
        return lambda: said.append([index.locate(image_id) for image_id in ids])

    segment = store.segment(COMMUNITY)
    assert segment is not None
    work = ShardRefresh(store, index, segment, LIMITS, departing)
    part = PARTS[0]
    kept = [one for one in records[1:] if part.holds(one["CreationDate"])]
    work.add_page(part, page_of(kept), next_token=None, complete=True, now=NOW + DAY)
    assert said == [records[0]["ImageId"], [[]]]


def test_a_list_that_begins_again_forgets_what_had_come(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path
) -> None:
    records = [image(number) for number in range(20)]
    fetch(store, index, COMMUNITY, records, NOW)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    work = ShardRefresh(store, index, segment, LIMITS)
    work.add_page(WHOLE, page_of([image(900)]), next_token="t", complete=False, now=NOW + DAY)
    work.redo(WHOLE)
    held = [one for one in records if PARTS[0].holds(one["CreationDate"])]
    work.add_page(PARTS[0], page_of(held), next_token=None, complete=True, now=NOW + DAY)
    assert work.total == Refreshed()
    assert_in_line(store, index, records, tmp_path)


def test_records_that_are_lost_are_said_to_be(store: SegmentStore, index: CatalogIndex) -> None:
    records = [image(number) for number in range(20)]
    fetch(store, index, COMMUNITY, records, NOW)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    store.delete_chunks({segment.slices[0].chunk_ids[0]})
    with pytest.raises(RecordsLost):
        refresh(store, index, records, NOW + DAY, parts=PARTS)


def test_only_what_is_whole_and_in_line_is_refreshed(
    store: SegmentStore, index: CatalogIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def possible() -> bool:
        return refresh_of(store, index, COMMUNITY, limits=LIMITS) is not None

    assert not possible()
    (whole,) = [WHOLE]
    records = [image(number) for number in range(20)]
    fetch(store, index, COMMUNITY, records, NOW)
    assert possible()
    with monkeypatch.context() as patch:
        patch.setattr(slice_plan, "SMALL", 4)
        patch.setattr(slice_plan, "AIM", 1)
        patch.setattr(refresh_slices, "SMALL", 4)
        assert possible(), "to divide slices that hold more than they should would cost a fetch of everything"
    segment = store.segment(COMMUNITY)
    assert segment is not None
    one = StoredSlice(whole, segment.chunk_ids, 20, NOW, complete=True)
    store.amend([segment._replace(slices=(one,))])
    assert possible()
    with monkeypatch.context() as patch:
        patch.setattr(refresh_slices, "SMALL", 4)
        assert not possible(), "what has grown large is to be divided"
    store.amend([segment._replace(slices=())])  # as it was stored before there were slices
    assert possible()
    store.save_partial(segment._replace(complete=False, generation=9))
    assert not possible()
    store.discard_partial(COMMUNITY)
    assert possible()
    index.expire_shard(COMMUNITY)
    assert not possible()


def test_the_rest_of_a_year_is_a_slice_like_any_other() -> None:
    assert rest_of("2026").holds("2026/09/01")


def test_what_was_created_this_month_gets_a_slice_of_its_own_when_there_is_much_before_it(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slice_split, "WORTHWHILE", PAGE)
    monkeypatch.setattr(slice_split, "CHUNK_RECORDS", PAGE)
    records = [image(number) for number in range(100)]
    fetch(store, index, COMMUNITY, records, NOW)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    work = ShardRefresh(store, index, segment, LIMITS)
    (planned,) = work.start(NOW + DAY)
    recent = [one for one in records if YOUNG.holds(one["CreationDate"])]
    month = [one for one in recent if one["CreationDate"] >= "2026-09"]
    assert planned.expected == len(month) < len(recent)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    assert is_partition([one.part for one in segment.slices])
    assert {one.fetched_at for one in segment.slices} == {NOW}
    assert_in_line(store, index, records, tmp_path)
    # In a month that has just begun nothing has been created yet: its slice is empty, and is fetched all the same.
    october = NOW + 10 * DAY
    work = ShardRefresh(store, index, segment, LIMITS)
    young = [one for one in work.start(october) if LIMITS.is_young(COMMUNITY, one.part, october)]
    assert [one.expected for one in young] == [0]
    assert_in_line(store, index, records, tmp_path)
    later = [*records, image(500, CreationDate="2026-10-01T01:00:00.000Z")]
    assert refresh(store, index, later, october).added == 1
    assert_in_line(store, index, later, tmp_path)


def test_a_slice_with_little_before_this_month_is_left_as_it_is(store: SegmentStore, index: CatalogIndex) -> None:
    fetch(store, index, COMMUNITY, [image(number) for number in range(100)], NOW)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    ShardRefresh(store, index, segment, LIMITS).start(NOW + DAY)
    assert store.segment(COMMUNITY) == segment


@pytest.mark.parametrize("step", ["put_lines", "amend", "index"])
def test_a_split_that_was_cut_off_is_repaired_and_done_by_the_next_refresh(
    store: SegmentStore, index: CatalogIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(slice_split, "WORTHWHILE", PAGE)
    records = [image(number) for number in range(100)]
    fetch(store, index, COMMUNITY, records, NOW)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        owner: type = CatalogIndex if step == "index" else SegmentStore
        patch.setattr(owner, "amend" if step == "index" else step, die)
        with pytest.raises(KeyboardInterrupt):
            refresh(store, index, records, NOW + DAY)
    store.sweep(COMMUNITY)
    assert bool(reconcile(store, index, REGION, locks_dir=str(tmp_path / "locks"))) == (step == "index")
    assert_in_line(store, index, records, tmp_path)
    refresh(store, index, records, NOW + DAY)
    assert_in_line(store, index, records, tmp_path)
    segment = store.segment(COMMUNITY)
    assert segment is not None
    assert len(segment.slices) == len(PARTS) + 1
