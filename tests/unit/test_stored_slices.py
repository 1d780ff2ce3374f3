"""What a shard's descriptor says of its slices: kept as it is, and read from descriptors that know of none."""

from __future__ import annotations

import json

import pytest

from amitui.catalog.stored_form import descriptor_of, segment_of
from amitui.domain.catalogue.shard import PUBLIC, Segment, Shard, StoredSlice
from amitui.domain.catalogue.slice_plan import divided
from amitui.domain.catalogue.slices import WHOLE, Slice

SHARD = Shard("aws", PUBLIC, "us-east-1", "community")
PARTS = [one.part for one in divided(WHOLE, 60_000, 1_790_000_000)]


def segment() -> Segment:
    empty = Segment(SHARD, 3, (), 0, 0, complete=False, indexed=0, slices=tuple(map(StoredSlice, PARTS)))
    return with_page(with_page(empty, PARTS[2], "a", "t"), PARTS[4], "b", None)


def with_page(before: Segment, part: Slice, chunk_id: str, token: str | None) -> Segment:
    """As a crawl notes a page of ten records."""
    stored = before._replace(chunk_ids=(*before.chunk_ids, chunk_id), record_count=before.record_count + 10)
    return stored.with_page(part, (chunk_id,), 10, next_token=token, complete=token is None, now=7)


def test_slices_come_back_from_a_descriptor_as_they_were() -> None:
    assert segment_of(descriptor_of(segment())) == segment()
    assert segment().parts == segment().slices


def test_a_page_grows_its_slice_and_no_other() -> None:
    grown = {one.part: one for one in segment().slices if one.fetched_at}
    assert grown == {
        PARTS[2]: StoredSlice(PARTS[2], ("a",), 10, 7, complete=False, next_token="t"),
        PARTS[4]: StoredSlice(PARTS[4], ("b",), 10, 7, complete=True),
    }


def test_a_descriptor_from_before_there_were_slices_is_one_slice_of_all_time() -> None:
    values = json.loads(descriptor_of(segment()._replace(next_token="t", fetched_at=9)))
    del values["slices"]
    old = segment_of(json.dumps(values))
    assert old is not None
    assert old.slices == ()
    assert old.parts == (StoredSlice(WHOLE, ("a", "b"), 20, 9, complete=False, next_token="t"),)


@pytest.mark.parametrize("slices", [[{"part": {}}], [5], "no list", [{"part": {"within": 3, "without": []}}]])
def test_a_descriptor_with_damaged_slices_is_none(slices: object) -> None:
    values = json.loads(descriptor_of(segment()))
    assert segment_of(json.dumps({**values, "slices": slices})) is None


def test_slices_that_leave_a_gap_count_as_one_of_all_time() -> None:
    gap = segment()._replace(slices=segment().slices[1:])
    assert [one.part for one in gap.parts] == [WHOLE]


def test_a_slice_that_is_dropped_takes_its_chunks_along_and_stays_to_be_fetched() -> None:
    left = segment().without([PARTS[2]])
    assert (left.chunk_ids, left.record_count) == (("b",), 10)
    assert [one.part for one in left.slices] == PARTS
    assert left.slices[2] == StoredSlice(PARTS[2])


def test_smaller_slices_take_the_place_of_one() -> None:
    parts = [one.part for one in divided(PARTS[4], 50_000, 1_790_000_000, aim=5_000.0)]
    left = segment().without([PARTS[4]], parts)
    assert (left.chunk_ids, left.record_count) == (("a",), 10)
    assert {one.part for one in left.slices} == {*PARTS, *parts} - {PARTS[4]}
    assert left.parts == left.slices, "they are disjoint and complete again"


def test_chunks_of_single_images_belong_to_no_slice_and_stay_when_one_is_dropped() -> None:
    added = segment()._replace(chunk_ids=("a", "b", "single"), record_count=21)
    assert added.without([PARTS[2], PARTS[4]]).chunk_ids == ("single",)
    assert added.without([PARTS[2], PARTS[4]]).record_count == 1


def test_chunks_that_were_replaced_by_copies_are_renamed_in_their_slices() -> None:
    renamed = segment().with_chunks_named({"b": "copy"})
    assert renamed.chunk_ids == ("a", "copy")
    assert [one.chunk_ids for one in renamed.slices if one.chunk_ids] == [("a",), ("copy",)]
