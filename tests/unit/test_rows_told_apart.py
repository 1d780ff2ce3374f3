"""On a screen of 80 columns no two images that differ look the same."""

from __future__ import annotations

import random
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.trust import Trust
from amitui.domain.products.identify import identify
from amitui.presentation.columns import COLUMNS, FamilyMarks, Look, layout
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.image_label import image_label
from amitui.presentation.lines import line, main_texts
from amitui.presentation.tell_apart import tell_apart
from amitui.presentation.text import cell_width
from tests.unit.test_presentation import DAY, HEALTHY, NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow

ROWS = 22
"""Of a screen with 24 lines."""


@cache
def images() -> tuple[ImageRow, ...]:
    """One image by name of the labelled families: half under their publisher, half under strangers."""
    lines = (Path(__file__).parent / "family_names.tsv").read_text(encoding="utf-8").splitlines()
    names = list(dict.fromkeys(text.split("\t")[-1] for text in lines))
    return tuple(_image(number, name) for number, name in enumerate(names))


def _image(number: int, name: str) -> ImageRow:
    found = identify(name)
    known = found is not None and number % 8 != 0
    return HEALTHY._replace(
        key=number,
        image_id=f"ami-{number:017x}",
        name=name,
        publisher=found.publisher if found is not None and known else "",
        trust=Trust.PUBLISHER if known else Trust.UNVERIFIED,
        owner_id="123456789012",
        architecture=(found.architecture if found else "") or "x86_64",
        created=NOW - 30 * DAY,
        deprecated=None,
    )


def shown(rows: Sequence[ImageRow], width: int = 79, *, ascii_only: bool = False) -> list[str]:
    """The lines of a screen without image ids and ages."""
    look = Look(NOW, ASCII if ascii_only else UNICODE)
    placed = layout(None, width)
    texts = main_texts(rows, placed, look)
    ages = "  4w"
    lines = []
    for row, text in zip(rows, texts, strict=True):
        whole = "".join(part for part, _ in line(row, placed, look, text))
        lines.append(whole.replace(row.image_id, "").removesuffix(ages))
    return lines


def check(rows: Sequence[ImageRow], width: int = 79, *, ascii_only: bool = False) -> None:
    lines = shown(rows, width, ascii_only=ascii_only)
    for (first, one), (second, other) in combinations(zip(rows, lines, strict=True), 2):
        if first.name != second.name:
            assert one != other, (first.name, second.name, one)


def test_neighbours_in_the_order_of_names_never_look_the_same() -> None:
    ordered = sorted(images(), key=lambda row: row.name)
    for start in range(0, len(ordered), ROWS // 2):
        check(ordered[start : start + ROWS])


@given(st.integers(0, 2**32), st.sampled_from([79, 79, 100, 140]), st.booleans())
def test_no_screen_of_any_images_has_two_that_look_the_same(seed: int, width: int, ascii_only: bool) -> None:
    chosen = random.Random(seed)
    start = chosen.randrange(len(images()))
    near = sorted(images(), key=lambda row: row.name)[start : start + 60]
    rows = chosen.sample([*near, *chosen.sample(images(), 60)], ROWS)
    spoilt: list[dict[str, Any]] = [{}, {}, {"deprecated": NOW - 40 * DAY}, {"state": "pending"}]
    spoiled = [row._replace(**chosen.choice(spoilt)) for row in rows]
    check(spoiled, width, ascii_only=ascii_only)


@pytest.mark.parametrize(
    ("name", "publisher", "text", "build"),
    [
        (
            "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261104",
            "Canonical",
            "Ubuntu 24.04",
            "20261104",
        ),
        (
            "ubuntu-pro-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-pro-minimal-20261104",
            "Canonical",
            "Ubuntu 24.04 pro minimal",
            "20261104",
        ),
        (
            "Windows_Server-2022-Japanese-Full-SQL_2022_Enterprise-2026.01.14",
            "Amazon Windows",
            "Windows 2022 ja SQL 2022 Ent",
            "2026.01.14",
        ),
        ("RHEL-9.6.0_HVM-20260321-x86_64-1-Access2-GP3", "Red Hat", "RHEL 9.6 BYOS", "20260321"),
        ("AlmaLinux OS 9.10.20251118 aarch64", "AlmaLinux", "AlmaLinux 9.10", "20251118"),
        (
            "bottlerocket-aws-k8s-1.31-nvidia-fips-x86_64-v1.9.2-5ff32f9b",
            "Bottlerocket",
            "Bottlerocket EKS 1.31 nvidia fips",
            "1.9.2",
        ),
    ],
)
def test_a_publishers_image_is_called_by_product_release_and_variant(
    name: str, publisher: str, text: str, build: str
) -> None:
    label = image_label(HEALTHY._replace(name=name, publisher=publisher))
    assert label is not None
    assert (label.text, label.build) == (text, build)


@pytest.mark.parametrize("publisher", ["", "Self", "AWS Marketplace", "Debian"])
def test_nobody_else_is_called_by_a_product_that_the_name_claims(publisher: str) -> None:
    assert image_label(HEALTHY._replace(publisher=publisher)) is None


@given(st.lists(st.text("ab-./ 12", min_size=1, max_size=60), min_size=2, max_size=8, unique=True))
def test_cut_texts_fit_their_width(names: list[str]) -> None:
    for width in (8, 20, 30):
        texts = tell_apart(names, width)
        assert len(texts) == len(names)
        assert all(len(text) <= width for text in texts)


def test_what_is_shared_goes_and_what_differs_stays() -> None:
    names = [f"golden-base-with-a-long-name-{kind}-for-the-payments-team-20261101" for kind in ("blue", "green")]
    assert tell_apart(names, 24) == ["golden-base-with-a…blue…", "golden-base-with…green…"]


LONG = [
    ("x" * 60 + "A" + "x" * 60, "x" * 60 + "B" + "x" * 60),
    ("x" * 127 + "1", "x" * 127 + "2"),
    ("日本語のとても長いイメージ名前です本当に長い名前-v1", "日本語のとても長いイメージ名前です本当に長い名前-v2"),
    ("長" * 60, "長" * 59 + "短"),
    ("e\u0301" * 40 + "a", "e\u0301" * 40 + "b"),
    ("👨👩👧👦" * 12 + "1" + "👨" * 9, "👨👩👧👦" * 12 + "2" + "👨" * 9),
]


@pytest.mark.parametrize(("first", "second"), LONG)
def test_names_in_any_script_and_without_any_separator_are_told_apart(first: str, second: str) -> None:
    check([HEALTHY._replace(key=number, name=name, publisher="") for number, name in enumerate((first, second))])
    for text in tell_apart([first, second], 20):
        assert cell_width(text) <= 20


@given(st.lists(st.text(max_size=40), min_size=2, max_size=6, unique=True), st.integers(2, 30))
def test_no_text_that_is_told_apart_is_wider_than_asked_for(names: list[str], width: int) -> None:
    assert all(cell_width(text) <= width for text in tell_apart(names, width))


def test_another_region_does_not_make_different_images_look_like_one() -> None:
    placed = layout(None, 79, several_regions=True, families=True)
    names = [
        f"Windows_Server-2022-{language}-Full-SQL_2022_{edition}-2026.10.15"
        for language in ("English", "French")
        for edition in ("Enterprise", "Standard")
    ]
    rows = [
        _image(number, name)._replace(publisher="Amazon Windows", region=region)
        for number, (name, region) in enumerate(product(names, ("us-east-1", "eu-west-1")))
    ]
    texts = main_texts(rows, placed, Look(NOW, UNICODE, FamilyMarks({}, ())))
    assert texts[::2] == texts[1::2], "an image is called the same in every Region"
    assert len(set(texts)) == len(names)


def test_a_build_under_its_family_is_indented_and_told_apart_from_it() -> None:
    placed = layout(None, 79, families=True)
    rows = [
        HEALTHY._replace(key=key, name=f"myfam-build-20203{key}-with-a-long-end-of-ubuntu", publisher="")
        for key in (100, 101, 102)
    ]
    texts = main_texts(rows, placed, Look(NOW, UNICODE, FamilyMarks({100: 3}, {101, 102})))
    assert [text.startswith("  ") for text in texts] == [False, True, True]
    assert len({text.strip() for text in texts}) == 3
    room = next(width for column, width in placed if column.name == "image")
    assert all(len(text) <= room for text in texts)


@pytest.mark.parametrize(
    ("builds", "text"), [(1, ""), (2, "+1"), (1000, "+999"), (3000, "+2k"), (90_001, "+90k"), (900_000, ">99k")]
)
def test_a_number_of_builds_is_never_cut_into_another_number(builds: int, text: str) -> None:
    families = Look(NOW, UNICODE, FamilyMarks({HEALTHY.key: builds}, ()))
    assert COLUMNS["more"].render(HEALTHY, families, 4) == text
