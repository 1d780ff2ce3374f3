"""Which chunks of an earlier fetch stay: what it costs to count their rows grows with the rows, not with both."""

from __future__ import annotations

from pathlib import Path

import pytest

from amitui.catalog.index.writer import CatalogIndex
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageSummary

AMAZON = Shard("aws", PUBLIC, "eu-west-1", "amazon")
PUBLISHERS = AMAZON._replace(owner_scope="publishers")


def _image(number: int) -> ImageSummary:
    return ImageSummary(
        image_id=f"ami-{number:017x}",
        name=f"al2023-{number}",
        description="",
        owner_id="137112412989",
        owner_alias="amazon",
        architecture="x86_64",
        platform="Linux/UNIX",
        created=1_780_000_000 + number,
        deprecated=None,
        last_launched=None,
        state="available",
        state_reason="",
        image_type="machine",
        root_device_type="ebs",
        virtualization="hvm",
        boot_mode="",
        size_gib=8,
        flags=ImageFlag.PUBLIC,
        tags=(),
    )


@pytest.fixture
def index(tmp_path: Path) -> CatalogIndex:
    return CatalogIndex.open(str(tmp_path / "eu-west-1.sqlite"), "eu-west-1")


def _fill(index: CatalogIndex, shard: Shard, chunks: int, rows: int) -> None:
    index.begin_shard(shard, 1)
    for chunk in range(chunks):
        index.add_rows(shard, 1, [_image(chunk * rows + row) for row in range(rows)], f"chunk-{chunk}")


def _steps(index: CatalogIndex, shard: Shard, kept: list[str]) -> int:
    """What SQLite does to keep some chunks, in hundreds of steps of its machine."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    index._connection.set_progress_handler(count, 100)
    try:
        index.keep_chunks(shard, 1, kept)
    finally:
        index._connection.set_progress_handler(None, 0)
    return counted[0]


def test_twice_the_rows_in_as_many_more_chunks_take_twice_the_work(index: CatalogIndex) -> None:
    _fill(index, AMAZON, 100, 10)
    _fill(index, PUBLISHERS, 200, 10)
    small = _steps(index, AMAZON, [f"chunk-{number}" for number in range(99)])
    large = _steps(index, PUBLISHERS, [f"chunk-{number}" for number in range(199)])
    index.close()
    assert 0 < large < small * 2.5


def test_the_chunks_that_a_fetch_brought_whole_are_counted_with_their_own_rows(index: CatalogIndex) -> None:
    with index:
        _fill(index, PUBLISHERS, 3, 4)  # the same images in another shard are none of this one's
        index.begin_shard(AMAZON, 1)
        index.add_rows(AMAZON, 1, [_image(number) for number in range(5)], "old")
        index.begin_shard(AMAZON, 2)
        index.add_rows(AMAZON, 2, [_image(0), _image(1)], "first")
        index.add_rows(AMAZON, 2, [_image(1), _image(2), _image(9)], "second")
        index.add_rows(AMAZON, 2, [], "empty")
        assert index.chunk_rows(AMAZON, 2) == {"first": 1, "second": 3, "empty": 0}
        assert index.chunk_rows(AMAZON, 1) == {"old": 2}
        assert index.keep_chunks(AMAZON, 2, ["second", "unknown"]) == {"second": 3}
        assert index.chunk_rows(AMAZON, 2) == {"second": 3}
        assert sorted(index.unmet(AMAZON, 2)) == [f"ami-{number:017x}" for number in (0, 3, 4)]
