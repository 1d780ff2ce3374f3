"""Matches of several Regions are printed family by family."""

from __future__ import annotations

from amitui.cli.grouped import by_family
from tests.unit.test_exports import row

NOBLE = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-202610{}"
JAMMY = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-arm64-server-20261001"


def test_builds_of_one_family_stand_below_one_another_in_the_order_of_its_first() -> None:
    rows = [
        row(region="us-east-1", name=NOBLE.format("22")),
        row(region="us-east-1", name=JAMMY),
        row(region="eu-west-1", name=NOBLE.format("08")),
        row(region="eu-west-1", name=NOBLE.format("22"), publisher="", owner_id="999988887777"),
        row(region="eu-west-1", name=NOBLE.format("22"), architecture="x86_64"),
        row(region="eu-west-1", name=JAMMY),
    ]
    assert [rows.index(one) for one in by_family(rows)] == [0, 2, 1, 5, 3, 4]


def test_images_without_a_name_are_families_of_their_own() -> None:
    rows = [row(name="", image_id="ami-1"), row(name="web-1"), row(name="", image_id="ami-2")]
    assert by_family(rows) == rows
