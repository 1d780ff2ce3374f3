"""What the page of a family says, from its builds alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.difference import compare
from amitui.domain.image.image import Image
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.domain.products.known import products, release_notes
from amitui.ec2.convert import image_of
from amitui.presentation.family import build_row, change_group, family_groups, history_picture, usable
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.text import cell_width
from tests.unit.test_details import ebs, record
from tests.unit.test_exports import row

DAY = 86_400
NOW = 1_790_000_000


def build(days_ago: int, size: int = 8, *, deprecated: bool = False, state: str = "available") -> ImageRow:
    created = NOW - days_ago * DAY
    return row(
        key=-days_ago,
        image_id=f"ami-{days_ago:017x}",
        name="debian-13-arm64-20260901-1",
        publisher="Debian",
        trust=Trust.PUBLISHER,
        created=created,
        deprecated=created + DAY if deprecated else None,
        size_gib=size,
        state=state,
    )


def picture(*builds: ImageRow, width: int = 52, ascii_only: bool = False) -> list[str]:
    lines = history_picture(builds, width, now=NOW, glyphs=ASCII if ascii_only else UNICODE)
    return ["".join(text for text, _ in line) for line in lines]


def facts(*builds: ImageRow) -> dict[str, str]:
    return {line.label: line.value for group in family_groups(builds, now=NOW) for line in group.lines}


def test_a_picture_shows_builds_sizes_and_deprecation_over_time() -> None:
    # 40 cells for 40 days.
    assert picture(
        build(0, 16), build(10, 8), build(20, 4, deprecated=True), build(20, 2), build(40, 2, deprecated=True)
    ) == [
        "builds      ▄                   █         ▄        ▄",
        "size        ▁                   ▂         ▄        █",
        "deprecated  ✗                   /         ✓        ✓",
        "            2026-08-12                           now",
        "            one cell is 1 day; ✗ deprecated, ✓ not",
    ]


def test_a_picture_needs_nothing_but_ascii_where_the_terminal_has_no_more() -> None:
    lines = picture(build(0, 16), build(10, 8), build(20, 4), build(20, 2), build(40, 2), ascii_only=True)
    assert lines[:2] == [
        "builds      1                   2         1        1",
        "size        1                   2         5        #",
    ]
    assert all(line.isascii() for line in lines)


@given(
    st.lists(st.tuples(st.integers(-400, 9000), st.integers(0, 20_000), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 200),
    st.booleans(),
)
def test_a_picture_fits_into_any_width_whatever_the_builds_are(
    many: list[tuple[int, int, bool]], width: int, ascii_only: bool
) -> None:
    builds = [build(days, size, deprecated=gone) for days, size, gone in many]
    lines = picture(*builds, width=width, ascii_only=ascii_only)
    assert all(cell_width(line) <= max(width, len(lines[-1])) for line in lines)
    assert all(line.isascii() or not ascii_only for line in lines)
    if lines and not ascii_only:
        assert sum(sign != " " for sign in lines[0][12:]) <= len(builds)


def test_builds_without_a_date_make_no_picture_and_no_cadence() -> None:
    undated = build(1)._replace(created=None)
    assert picture(undated) == []
    assert "Cadence" not in facts(undated)
    assert "1 build" in facts(undated)["Builds"]


def test_the_facts_of_a_family_are_said_in_words() -> None:
    said = facts(build(1, 10), build(15), build(31), build(43, deprecated=True))
    assert said["Builds"] == "4 builds since 2026-08-09, 1 deprecated"
    assert said["Cadence"] == "every 14 days, 12 to 16 between two"
    assert said["Size"] == "10 GiB, 8 to 10 GiB over time"
    assert said["Support"].startswith("until 2028-08-09")
    assert said["Release notes"] == "https://www.debian.org/releases/"
    assert said["SSM parameter"] == "/aws/service/debian/release/13/latest/arm64"


def test_a_name_under_another_account_speaks_for_no_publisher() -> None:
    stranger = build(1)._replace(publisher="", trust=Trust.LOOKALIKE, owner_id="999988887777")
    said = facts(stranger)
    assert said["Publisher"] == "999988887777"
    assert said["Release notes"] == "no address is known to amitui"
    assert said["SSM parameter"] == "none is known for this family"


@pytest.mark.parametrize(
    ("builds", "days"),
    [
        ((build(1, state="pending"), build(5), build(9)), 5),
        ((build(1, deprecated=True), build(5)), 5),
        ((build(1, deprecated=True), build(5, state="failed")), 1),
    ],
)
def test_the_newest_build_is_one_that_can_be_launched_where_there_is_one(
    builds: tuple[ImageRow, ...], days: int
) -> None:
    assert usable(builds, NOW) == next(one for one in builds if one.key == -days)


def image(**fields: object) -> Image:
    return image_of(record(**fields), "eu-central-1")


def test_what_differs_between_any_two_builds_is_no_change() -> None:
    before = image()
    after = image(
        ImageId="ami-1",
        Name="web-base-2025-12-01",
        CreationDate="2025-12-01T12:30:00.000Z",
        ImageLocation="1/web-base-2025-12-01",
        BlockDeviceMappings=[ebs("/dev/xvda", "snap-0bbb", 8)],
    )
    group = change_group(build(3), compare(before, after))
    assert [(line.label, line.value) for line in group.lines] == [("Nothing", "but ID, name, dates and snapshots")]


def test_fields_and_devices_that_changed_are_named_with_what_they_were() -> None:
    devices = [ebs("/dev/xvda", "snap-0bbb", 10), ebs("/dev/xvdb", "snap-0ccc", 1)]
    group = change_group(build(3), compare(image(), image(BootMode="uefi", BlockDeviceMappings=devices)))
    said = {line.label: (line.value, line.note) for line in group.lines}
    assert said["BootMode"] == ("+ uefi", "")
    assert ("~ 8 → 10", "BlockDeviceMappings") in said.values()
    assert any(value.startswith("+ ") and note == "BlockDeviceMappings" for value, note in said.values())


def test_a_row_of_a_build_says_what_is_wrong_with_it() -> None:
    rows = [build_row(one, now=NOW, id_cells=21) for one in (build(1), build(2, deprecated=True))]
    texts = ["".join(text for text, _ in runs) for runs in rows]
    assert "deprecated" not in texts[0]
    assert "deprecated" in texts[1]


def test_release_notes_are_addresses_of_products_that_there_are() -> None:
    assert set(release_notes()) <= set(products())
    assert all(address.startswith("https://") for address in release_notes().values())
