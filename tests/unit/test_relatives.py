"""Which builds are of one family, over accounts and Regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.catalog.search.view import CatalogReader
from amitui.domain.image.image import ImageFlag
from tests.unit.test_view import CANONICAL, DAY, NOW, REGION, STRANGER, VIEWER, image, known, shard, view, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amitui.domain.image.row import ImageRow, ImageSummary

BOTTLEROCKET, ELSEWHERE = "092701018921", "944744445555"
REGIONS = (REGION, "us-east-1")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


@pytest.fixture
def reader(folder: str) -> Iterator[CatalogReader]:
    with CatalogReader(folder) as opened:
        yield opened


def noble(number: int, day: int, owner: str = CANONICAL, **changes: object) -> ImageSummary:
    name = f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-202601{day:02}"
    alias = "amazon" if owner == CANONICAL else ""
    return image(number, name, owner_id=owner, owner_alias=alias, **changes)


def row_of(reader: CatalogReader, image_id: str, account: str | None = VIEWER) -> ImageRow:
    (row,) = reader.rows(reader.keys(view(image_id, account=account)).keys, known(account))
    assert row is not None
    return row


def relatives(reader: CatalogReader, number: int, account: str | None = VIEWER) -> dict[str, list[int]]:
    row = row_of(reader, f"ami-0{number:016x}", account)
    found = reader.relatives(row, REGIONS, known(account))
    return {region: [int(one.image_id[5:], 16) for one in rows] for region, rows in found.items()}


def test_all_builds_of_a_publisher_are_found_the_newest_first_deprecated_ones_too(
    folder: str, reader: CatalogReader
) -> None:
    write(
        folder,
        shard(),
        noble(1, 1, deprecated=NOW - DAY),
        noble(3, 9),
        noble(2, 5),
        noble(4, 9, architecture="arm64"),
        image(5, "debian-13-amd64-20260101-1", owner_id="136693071363"),
        image(6, "ubuntu-minimal/images/hvm-ssd/ubuntu-noble-24.04-amd64-minimal-20260101", owner_id=CANONICAL),
    )
    write(folder, shard(region="us-east-1"), noble(11, 1))
    assert relatives(reader, 2) == {REGION: [3, 2, 1], "us-east-1": [11]}


def test_a_copy_of_a_name_under_another_account_is_another_family(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), noble(1, 1), noble(2, 2, STRANGER, flags=ImageFlag.PUBLIC | ImageFlag.LOOKALIKE))
    assert relatives(reader, 1) == {REGION: [1]}
    assert relatives(reader, 2) == {REGION: [2]}


def test_a_publisher_with_an_account_for_each_region_is_one(folder: str, reader: CatalogReader) -> None:
    name = "bottlerocket-aws-k8s-1.33-x86_64-v1.4{}.0-01234567"
    for number, (region, owner) in enumerate(zip(REGIONS, (BOTTLEROCKET, ELSEWHERE), strict=True)):
        build = image(number, name.format(number), owner_id=owner, owner_alias="amazon")
        write(folder, shard(region=region), build)
    assert relatives(reader, 0) == {REGION: [0], "us-east-1": [1]}


def test_own_images_are_grouped_by_name_and_seen_by_their_account_alone(
    folder: str, reader: CatalogReader
) -> None:
    own = [image(n, f"web-2026010{n}", owner_id=VIEWER, flags=ImageFlag(0)) for n in (1, 2)]
    write(folder, shard("mine", VIEWER), *own)
    row = row_of(reader, own[0].image_id)
    assert relatives(reader, 1) == {REGION: [2, 1]}
    assert reader.relatives(row, REGIONS, (STRANGER,)) == {REGION: []}


def test_of_an_image_that_has_vanished_there_is_nothing_to_say(folder: str, reader: CatalogReader) -> None:
    write(folder, shard(), noble(1, 1))
    row = row_of(reader, f"ami-0{1:016x}")
    assert reader.relatives(row._replace(key=row.key + 64_000), REGIONS, (VIEWER,)) == {}
