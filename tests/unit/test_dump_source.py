"""Bytes to text: compression and encodings of every kind, whole, joined, cut off, damaged and hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.catalog.dump.source import DumpSource
from amitui.errors import AmituiError, UsageError

TEXT = '{"Images": [{"ImageId": "ami-1", "Description": "café ✓ 日本 🚀"}]}\n'


def read(data: bytes) -> tuple[str, list[str]]:
    source = DumpSource(io.BytesIO(data))
    return "".join(source.text()), [remark.text for remark in source.remarks]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("compressed", [False, True])
def test_every_unicode_encoding_is_told_from_its_bytes(encoding: str, mark: str, compressed: bool) -> None:
    data = (mark + TEXT).encode(encoding)
    text, remarks = read(gzip.compress(data) if compressed else data)
    assert text.lstrip("\ufeff") == TEXT
    assert remarks == []


@given(st.text(), st.integers(0, 4), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_text_in_any_number_of_members_comes_out_as_it_went_in(text: str, cuts: int, padded: bool) -> None:
    data = ('{"' + text).encode()
    size = max(1, len(data) // (cuts + 1))
    members = [gzip.compress(data[start : start + size]) for start in range(0, len(data), size)]
    assert read(b"".join(members) + b"\0" * (700 if padded else 0)) == (data.decode(), [])


def test_what_follows_compressed_data_is_left_out_with_a_word() -> None:
    assert read(gzip.compress(TEXT.encode()) + b"garbage") == (
        TEXT,
        ["data after the compressed part was skipped"],
    )


def test_compressed_data_that_ends_too_early_gives_what_there_is() -> None:
    text, remarks = read(gzip.compress(TEXT.encode() * 5_000)[:-20])
    assert remarks == ["the compressed data ends too early"]
    assert TEXT in text


def test_damaged_compressed_data_gives_what_is_before_the_damage() -> None:
    packed = bytearray(gzip.compress(b"".join(b"%d %d\n" % (n, n * n) for n in range(100_000))))
    packed[len(packed) // 2] ^= 0xFF
    text, remarks = read(bytes(packed))
    assert text.startswith("0 0\n1 1\n2 4\n")
    assert "damaged" in remarks[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x28\xb5\x2f\xfd" + b"x" * 50, "zstd"),
        (lzma.compress(TEXT.encode()), "xz"),
        (bz2.compress(TEXT.encode()), "bzip2"),
        (b"PK\x03\x04" + b"x" * 50, "zip"),
        (b"SQLite format 3\x00" + b"x" * 50, "SQLite"),
        (gzip.compress(gzip.compress(TEXT.encode())), "compressed twice"),
        (gzip.compress(lzma.compress(TEXT.encode())), "xz"),
    ],
    ids=["zstd", "xz", "bzip2", "zip", "sqlite", "gzip in gzip", "xz in gzip"],
)
def test_other_forms_are_refused_by_name(data: bytes, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(data)
    assert words in " ".join(refused.value.lines())


def test_bytes_that_are_no_text_are_replaced_and_said() -> None:
    text, remarks = read(b'{"Name": "caf\xe9"}' + b" " * 100_000 + b"\xff")
    assert text.startswith('{"Name": "caf\ufffd"}')
    assert text.endswith("\ufffd")
    assert len(remarks) == 1
    assert "UTF-8" in remarks[0]


def test_a_bomb_is_given_up_by_its_ratio_before_it_has_been_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * (1 << 20)
    bomb = b"".join(packer.compress(block) for _ in range(128)) + packer.flush()
    sizes: list[int] = []
    with pytest.raises(UsageError, match="expands to more than 250 times its size"):
        sizes.extend(map(len, DumpSource(io.BytesIO(bomb)).text()))
    assert max(sizes) < 1 << 20
    assert sum(sizes) <= 65 << 20


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b\x08", b"\xff\xfe", b"\xff\xfe\0\0", b"{\0", b"\0{"])
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_text_or_words(data: bytes, first: bytes) -> None:
    try:
        text, _ = read(first + data)
    except AmituiError:
        return
    text.encode("utf-8")
