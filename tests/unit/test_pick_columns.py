"""Columns of lists to choose from: aligned at any width and with any characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from amitui.ui.forms.launch.type_picker import network_words, type_cells
from amitui.ui.widgets.pick_columns import ColumnLayout, PickColumn
from tests.support.launch_inventory import kind

COLUMNS = (
    PickColumn("vCPU", right=True),
    PickColumn("Arch", most=6, rank=1),
    PickColumn("Network", rank=2),
    PickColumn("Also"),
)
ROWS = (("2", "x86_64", "up to 5", "free tier"), ("192", "arm64_mac", "低い", "8 × NVIDIA T4"))


def lines(cells: int) -> list[str]:
    layout = ColumnLayout(COLUMNS, ROWS)
    return [layout.head(cells), *(layout.line(row, cells) for row in ROWS)]


def test_numbers_end_and_words_begin_in_one_place_under_their_titles() -> None:
    assert lines(50) == [
        "vCPU  Arch    Network  Also",
        "   2  x86_64  up to 5  free tier",
        " 192  arm64…  低い     8 × NVIDIA T4",
    ]


@pytest.mark.parametrize(
    ("cells", "head", "row"),
    [
        (29, "vCPU  Arch    Network  Also", " 192  arm64…  低い     8 × N…"),
        (28, "vCPU  Arch    Network", " 192  arm64…  低い   "),
        (20, "vCPU  Arch    Also", " 192  arm64…  8 × N…"),
        (19, "vCPU  Arch  ", " 192  arm64…"),
        (11, "vCPU", " 192"),
        (4, "vCPU", " 192"),
        (3, "", ""),
        (0, "", ""),
    ],
)
def test_what_does_not_fit_is_left_out_whole_least_important_first(cells: int, head: str, row: str) -> None:
    found = lines(cells)
    assert (found[0], found[2]) == (head, row)


texts = st.text(st.sampled_from("ab1 ×低い漢😀e\u0301"), max_size=12)


@given(st.lists(st.tuples(texts, texts, texts, texts), max_size=4), st.integers(0, 60))
def test_no_line_is_wider_than_its_room_and_columns_begin_in_one_place(
    rows: list[tuple[str, ...]], cells: int
) -> None:
    layout = ColumnLayout(COLUMNS, rows)
    found = [layout.line(("", *row[1:3], ""), cells) for row in rows]
    assert all(cell_len(layout.line(row, cells)) <= cells for row in rows)
    assert cell_len(layout.head(cells)) <= cells
    assert len({cell_len(line) for line in found}) <= 1


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Up to 12.5 Gigabit", "up to 12.5"),
        ("4x 100 Gigabit", "4x 100"),
        ("Low to Moderate", "low to moderate"),
        ("", ""),
    ],
)
def test_the_network_is_told_in_gigabits(words: str, shown: str) -> None:
    assert network_words(words) == shown


def test_a_type_is_told_by_its_64_bits_and_a_mac_by_its_processor() -> None:
    assert type_cells(kind("t2.micro", 1, 1, architectures=("i386", "x86_64")), "")[:3] == ("1", "1", "x86_64")
    assert type_cells(kind("t1.micro", 1, 1, architectures=("i386",)), "$0.0200")[2:5] == ("i386", "", "$0.0200")
    assert type_cells(kind("mac2.metal", 8, 16, architectures=("arm64_mac",)), "-")[2] == "arm64"
