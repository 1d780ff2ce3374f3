"""Chunks: records come back equal whatever they hold, chunks of earlier versions are read, damage is noticed."""

from __future__ import annotations

import json
import math
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.catalog.stored_form import amended_lines, line_of, packed, record_of, unpacked
from amitui.demo.seed.synthetic import synthetic_records
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError

# Lone surrogates too, which files written by other programs hold.
_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_RECORDS = st.dictionaries(_TEXT, _VALUES, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(_RECORDS, max_size=4))
@example([{"Name": "\ud800", "Tags": [{"Key": "ключ\u2028\x85\x7f", "Value": "\x00\r\n"}]}])
@example([{"Size": 2**70, "Other": -(2**64)}, {"Size": math.inf}, {"Name": None}, {"\udfff": "null"}])
def test_records_of_a_chunk_come_back_equal(records: list[RawRecord]) -> None:
    lines = unpacked(packed([line_of(record) for record in records]), "c")
    found = [record_of(line, "c") for line in lines]
    assert found == records
    assert json.dumps(found) == json.dumps(records)  # also the kinds of numbers, and the order


def test_what_is_not_a_number_comes_back_as_it_went_in() -> None:
    assert math.isnan(record_of(line_of({"ImageId": "ami-1", "Size": math.nan}), "c")["Size"])


def test_a_record_nested_deeper_than_any_of_ec2_comes_back() -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    assert record_of(line_of({"ImageId": "ami-1", "Deep": deep}), "c")["Deep"] == deep


def test_values_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(TypeError):
        line_of({"ImageId": "ami-1", "CreationDate": datetime(2026, 1, 1, tzinfo=UTC)})


def test_chunks_of_earlier_versions_are_read_and_amended() -> None:
    records: list[RawRecord] = [
        {"ImageId": "ami-1", "Name": "ü\ud800"},
        {"ImageId": "ami-ü"},
        {"ImageId": "ami-3"},
    ]
    escaped = [json.dumps(record, separators=(",", ":")).encode("ascii") for record in records]
    lines = unpacked(zlib.compress(b"\n".join(escaped), 6), "c")
    assert [record_of(line, "c") for line in lines] == records
    after, found, gone = amended_lines(lines, {"ami-ü": {"ImageId": "ami-ü", "Name": "new"}, "ami-3": None})
    assert (found, gone) == ({"ami-ü": 1}, ["ami-3"])
    assert [record_of(line, "c") for line in after] == [records[0], {"ImageId": "ami-ü", "Name": "new"}, {}]


@pytest.mark.parametrize("image_id", ["ami-1", "ami-ü", 'ami-"', "ami-\ud800"])
def test_a_line_is_found_by_its_id_whatever_letters_that_has(image_id: str) -> None:
    before = [
        line_of({"ImageId": "other", "SourceImageId": image_id}),
        line_of({"ImageId": image_id, "Name": "a"}),
    ]
    after, found, _ = amended_lines(before, {image_id: {"ImageId": image_id, "Name": "b"}})
    assert found == {image_id: 1}
    assert record_of(after[1], "c") == {"ImageId": image_id, "Name": "b"}


def test_an_empty_chunk_has_no_lines() -> None:
    assert unpacked(packed([]), "c") == []


def with_zlib(lines: list[bytes]) -> bytes:
    return zlib.compress(b"\n".join(lines))


@pytest.mark.parametrize("compress", [packed, with_zlib])
def test_any_damage_of_a_chunk_is_a_clear_error(compress: Any) -> None:
    data = compress([line_of(record) for record in synthetic_records(20, "eu-west-1")])
    damaged = [data[: len(data) // 2], data[:-1], data[:3], b""]
    for at in (*range(12 if compress is packed else 0), *range(12, len(data), len(data) // 40)):
        damaged += [bytes([*data[:at], data[at] ^ bit, *data[at + 1 :]]) for bit in (0x01, 0x80)]
    for each in damaged:
        with pytest.raises(CacheError, match="gone or damaged"):
            unpacked(each, "c")


def test_a_page_of_images_takes_a_tenth_of_its_size() -> None:
    lines = [line_of(record) for record in synthetic_records(1000, "eu-west-1")]
    assert len(packed(lines)) * 8 < sum(map(len, lines))
