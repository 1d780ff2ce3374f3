"""Formatters, columns and layouts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.presentation.cells import account_cell
from amitui.presentation.columns import COLUMNS, DEFAULT_COLUMNS, MAIN_COLUMNS, Look, Placed, layout
from amitui.presentation.facts import TRUST_WORDS, age, cause, day, region_code, size
from amitui.presentation.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from amitui.presentation.lines import line, titles
from amitui.presentation.text import cell_width, fit, short_name

DAY = 86_400
NOW = 1_767_225_600
"""2026-01-01T00:00:00Z."""

LOOK = Look(NOW)

HEALTHY = ImageRow(
    key=1,
    region="us-east-1",
    image_id="ami-0123456789abcdef0",
    name="ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251212",
    description="Canonical, Ubuntu, 24.04, amd64 noble image",
    owner_id="099720109477",
    owner_alias="amazon",
    publisher="Canonical",
    trust=Trust.AMAZON,
    architecture="x86_64",
    platform="Linux/UNIX",
    created=NOW - 20 * DAY,
    deprecated=NOW + 710 * DAY,
    last_launched=NOW - 3600,
    state="available",
    state_reason="",
    image_type="machine",
    root_device_type="ebs",
    virtualization="hvm",
    boot_mode="uefi-preferred",
    size_gib=8,
    flags=ImageFlag.PUBLIC,
)


SAFE_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=200)
"""What the sanitizer lets through."""


def text_of(row: ImageRow, width: int, *, names: list[str] | None = None, look: Look = LOOK) -> str:
    return "".join(text for text, _ in line(row, layout(names, width), look))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (-5, "now"),
        (59, "now"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (47 * 3600, "47h"),
        (3 * DAY, "3d"),
        (13 * DAY, "13d"),
        (35 * DAY, "5w"),
        (363 * DAY, "51w"),
        (766 * DAY, "2.1y"),
        (3650 * DAY, "10y"),
        (20 * 366 * DAY, "20y"),
    ],
)
def test_an_age_takes_four_cells_at_most(seconds: int | None, text: str) -> None:
    assert age(seconds) == text


@given(st.integers(min_value=0, max_value=90 * 366 * DAY))
def test_no_age_within_a_lifetime_is_longer_than_its_column(seconds: int) -> None:
    assert 1 <= len(age(seconds)) <= 4


def test_sizes_fit_their_column() -> None:
    assert [size(0), size(8), size(65_536), size(100_352)] == ["", "8", "65536", "98T"]


def test_a_day_is_in_utc_and_what_no_calendar_holds_is_left_out() -> None:
    assert [day(NOW), day(None), day(10**18)] == ["2026-01-01", "", ""]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_each_kind_of_origin_reads_without_colour(glyphs: Glyphs) -> None:
    marks = [glyphs.trust[trust] for trust in Trust]
    assert all(cell_len(mark) == 1 for mark in marks)
    # Amazon itself and a known publisher are both vouched for; all others differ.
    assert len(set(marks)) == len(Trust) - 1
    assert len(TRUST_WORDS) == len(Trust)


def test_ascii_glyphs_are_ascii() -> None:
    assert all(
        sign.isascii()
        for sign in (*ASCII.trust, ASCII.mark, ASCII.ellipsis, ASCII.ascending, ASCII.descending, ASCII.thumb)
    )


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "LANG": "C.utf8"}, False),
        ({"TERM": "linux", "LANG": "en_GB.UTF-8"}, True),
        ({"TERM": "xterm-256color", "LANG": "C"}, True),
        ({"TERM": "xterm-256color", "LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}, True),
    ],
)
def test_glyphs_suit_the_terminal(environ: dict[str, str], ascii_only: bool) -> None:
    assert glyphs_for(environ).ascii is ascii_only


def test_a_healthy_row_is_silent_and_one_run() -> None:
    assert cause(HEALTHY, NOW) is None
    assert len(line(HEALTHY, layout(None, 119), LOOK)) == 1


@pytest.mark.parametrize(
    ("changes", "text", "tone"),
    [
        ({"deprecated": NOW - 40 * DAY}, "deprecated 40d ago", "muted"),
        ({"deprecated": NOW}, "deprecated just now", "muted"),
        ({"deprecated": NOW + 12 * DAY}, "deprecates in 12d", ""),
        ({"state": "pending"}, "pending", "warning"),
        ({"state": "failed", "state_reason": "no snapshot"}, "failed: no snapshot", "danger"),
        ({"state": "disabled"}, "disabled", "muted"),
        ({"state": ""}, "state unknown", "warning"),
        ({"trust": Trust.LOOKALIKE}, "look-alike", "danger"),
        ({"flags": ImageFlag.PUBLIC | ImageFlag.NOT_ALLOWED}, "not in Allowed AMIs", "warning"),
        (
            {"trust": Trust.LOOKALIKE, "deprecated": NOW - 3 * DAY},
            "look-alike, deprecated 3d ago",
            "danger",
        ),
        (
            {"state": "failed", "deprecated": NOW - 3 * DAY},
            "failed, deprecated 3d ago",
            "danger",
        ),
    ],
)
def test_the_exceptional_says_its_cause(changes: dict[str, object], text: str, tone: str) -> None:
    row = HEALTHY._replace(**changes)  # type: ignore[arg-type]
    found = cause(row, NOW)
    assert found is not None
    assert (found.text, found.tone) == (text, tone)


def test_a_pending_image_says_how_far_it_has_come_where_that_is_known() -> None:
    pending = HEALTHY._replace(state="pending")
    assert "pending 43%" in text_of(pending, 120, look=Look(NOW, progress=lambda _row: 43))
    assert "%" not in text_of(pending, 120)
    assert "%" not in text_of(HEALTHY, 120, look=Look(NOW, progress=lambda _row: 43))
    found = cause(pending._replace(state_reason="Client.Waiting"), NOW, 43)
    assert found is not None
    assert found.text == "pending: Waiting"


@pytest.mark.parametrize("width", [60, 79, 99, 119, 159, 199])
def test_the_cause_is_in_the_row_at_every_width(width: int) -> None:
    failed = HEALTHY._replace(state="failed", state_reason="Client.InternalError")
    runs = line(failed, layout(None, width), LOOK)
    words = "failed: Int" if width > 60 else "failed"
    assert any(tone == "danger" and text.startswith(words) for text, tone in runs)
    deprecated = HEALTHY._replace(deprecated=NOW - 40 * DAY)
    assert line(deprecated, layout(None, width), LOOK)[0][1] == "muted"
    assert "40d" in text_of(deprecated, width)


def test_a_look_alike_is_told_by_glyph_and_words_beside_its_colour() -> None:
    row = HEALTHY._replace(trust=Trust.LOOKALIKE, publisher="", owner_id="012345678901")
    runs = line(row, layout(None, 79), LOOK)
    assert [text.strip() for text, tone in runs if tone == "danger"] == ["‼", "look-alike"]
    placed = layout(["name", "publisher"], 79)
    assert [text.strip() for text, tone in line(row, placed, LOOK) if tone == "danger"] == [
        "look-alike",
        "‼ 012345678901",
    ]


def test_a_row_of_one_tone_is_one_run_even_when_it_is_exceptional() -> None:
    assert len(line(HEALTHY._replace(deprecated=NOW - DAY), layout(None, 119), LOOK)) == 1


def test_at_80_columns_id_origin_product_architecture_build_and_age_are_there() -> None:
    placed = layout(None, 79)
    assert [column.name for column, _ in placed] == ["mark", "id", "origin", "image", "arch", "build", "created"]
    assert text_of(HEALTHY, 79) == (
        "  ami-0123456789abcdef0 ✓  Ubuntu 24.04                  x86_64 20251212     2w"
    )


def test_wider_screens_show_more() -> None:
    shown = {width: [column.name for column, _ in layout(None, width)] for width in (79, 99, 119, 159, 199, 299)}
    assert "publisher" in shown[99]
    assert {"publisher", "state", "platform"} <= set(shown[119])
    assert "name" in shown[159]
    assert set(shown[299]) == {"mark", *DEFAULT_COLUMNS}


@pytest.mark.parametrize("families", [False, True])
@pytest.mark.parametrize("width", range(19, 60))
def test_the_narrowest_screens_say_what_an_image_is(width: int, families: bool) -> None:
    placed = layout(None, width, families=families)
    assert "image" in [column.name for column, _ in placed]
    assert ("id" in [column.name for column, _ in placed]) is (width >= 32)
    text = "".join(text for text, _ in line(HEALTHY, placed, LOOK))
    assert "Ubuntu" in text or width >= 32
    assert len(text) <= width


def test_several_regions_add_their_column_even_at_80() -> None:
    placed = layout(None, 79, several_regions=True)
    assert "region" in [column.name for column, _ in placed]
    assert " use1 " in "".join(text for text, _ in line(HEALTHY, placed, LOOK))


@pytest.mark.parametrize("families", [False, True])
@pytest.mark.parametrize("width", range(50, 240))
def test_several_regions_are_told_apart_on_every_terminal(width: int, families: bool) -> None:
    names = [column.name for column, _ in layout(None, width - 1, several_regions=True, families=families)]
    assert {"id", "image", "region"} <= set(names)


def test_asked_for_columns_come_in_their_order_and_unknown_ones_are_passed_over() -> None:
    placed = layout(["created", "nonsense", "name", "owner", "created"], 100)
    assert [column.name for column, _ in placed] == ["mark", "created", "name", "owner"]
    assert layout(["nonsense"], 100) == layout(None, 100)


def test_asked_for_columns_that_do_not_fit_are_dropped_from_the_end() -> None:
    placed = layout(["name", "id", "owner", "deprecated", "description"], 64)
    assert [column.name for column, _ in placed] == ["mark", "name", "id", "owner", "deprecated"]


@given(
    st.integers(min_value=1, max_value=400),
    st.one_of(st.none(), st.lists(st.sampled_from(sorted(set(COLUMNS) - {"mark"})), unique=True)),
    st.booleans(),
)
def test_a_layout_fills_its_width_and_never_overflows_it(
    width: int, names: list[str] | None, several: bool
) -> None:
    placed = layout(names, width, several_regions=several)
    used = sum(column.width for column in placed) + len(placed) - 1
    assert used <= max(width, 23)
    main = next((column.name for column, _ in placed if column.name in MAIN_COLUMNS), None)
    assert all(given >= (8 if column.name == main else column.min_width) for column, given in placed)
    if any(column.name == "id" for column, _ in placed):
        assert {column.name: given_width for column, given_width in placed}["id"] == 21


@pytest.mark.parametrize(("several_regions", "gives_way"), [(False, "created"), (True, "arch")])
def test_eighty_columns_have_room_for_accounts_and_for_what_an_image_is(
    several_regions: bool, gives_way: str
) -> None:
    plain = {column.name for column, _ in layout(None, 79, several_regions=several_regions)}
    placed = layout(None, 79, several_regions=several_regions, several_accounts=True)
    widths = {column.name: width for column, width in placed}
    assert widths["account"] >= len("123456789012")
    assert widths["image"] >= len("acme-web-20260920")
    assert gives_way in plain
    assert gives_way not in widths


def test_a_column_of_accounts_is_shown_by_itself_for_several_and_else_where_it_was_chosen() -> None:
    assert "account" not in {column.name for column, _ in layout(None, 300)}
    assert "account" in {column.name for column, _ in layout(["id", "account"], 80)}


@pytest.mark.parametrize(
    ("name", "width", "text"),
    [
        ("acme-dev", 12, "acme-dev"),
        ("acme-production", 12, "acme-p…ction"),
        ("acme-production-eu", 12, "acme-p…on-eu"),
        ("acme", 1, "…"),
        ("", 12, ""),
        ("production 111122223333", 12, "111122223333"),
        ("production 111122223333", 16, "pro…111122223333"),
        ("\u5b57\u5b57\u5b57\u5b57 111122223333", 16, "\u5b57 …111122223333"),
        ("\u5b57\u5b57\u5b57\u5b57 111122223333", 12, "111122223333"),
    ],
)
def test_an_account_is_cut_in_the_middle(name: str, width: int, text: str) -> None:
    look = Look(NOW, account_name=lambda _row: name)
    assert account_cell(HEALTHY, look, width) == text


@given(
    st.integers(min_value=25, max_value=250),
    SAFE_TEXT,
    SAFE_TEXT,
    st.sampled_from(["available", "failed", "pending", "disabled"]),
    SAFE_TEXT,
    st.sampled_from(list(Trust)),
    st.booleans(),
)
def test_every_line_is_exactly_as_wide_as_its_layout(
    width: int, name: str, description: str, state: str, reason: str, trust: Trust, ascii_only: bool
) -> None:
    row = HEALTHY._replace(name=name, description=description, state=state, state_reason=reason, trust=trust)
    placed = layout(None, width)
    look = Look(NOW, ASCII if ascii_only else UNICODE)
    text = "".join(text for text, _ in line(row, placed, look))
    assert cell_len(text) == sum(column.width for column in placed) + len(placed) - 1
    assert not ascii_only or text.isascii()


def test_the_heading_is_as_wide_as_the_rows_and_has_one_arrow() -> None:
    for width in (40, 79, 119, 250):
        placed = layout(None, width)
        heads = titles(placed, LOOK, ("created", True))
        assert [cell_len(head) for head in heads] == [column.width for column in placed]
        assert "".join(heads).count("▼") == sum(column.name == "created" for column, _ in placed)
    assert "Image▲" in " ".join(titles(layout(None, 79), LOOK, ("name", False)))
    assert "Name▲" in " ".join(titles(layout(None, 199), LOOK, ("name", False)))


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("al2023-ami-2023.6", 20, "al2023-ami-2023.6"),
        (HEALTHY.name, 48, "…ubuntu-noble-24.04-amd64-server-20251212"),
        (HEALTHY.name, 28, "ubuntu-noble-24.04…-20251212"),
        ("RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3", 30, "RHEL-9.4.0_HVM-20…-Hourly2-GP3"),
        ("Seller Product 1.2-3f2504e0-4f89-11d3-9a0c-0305e82c3301", 30, "Seller Product 1.2…"),
        ("BOSH-3f2504e0-4f89-11d3-9a0c-0305e82c3301", 20, "BOSH-3f2504e0-4f89-…"),
        ("qbol-hvm-awsreleaseimage-2018/03/06.17-23-48", 30, "qbol-hvm-awsrelea…/06.17-23-48"),
    ],
)
def test_a_name_is_cut_where_it_says_least(name: str, width: int, shown: str) -> None:
    assert short_name(name, width) == shown


@given(SAFE_TEXT, st.integers(min_value=0, max_value=80))
def test_no_name_is_wider_than_asked(name: str, width: int) -> None:
    assert cell_len(short_name(name, width)) <= width


def test_wide_characters_are_measured_and_cut_between_cells() -> None:
    assert fit("日本語イメージ", 8) == "日本語 …"
    assert fit("日本", 6) == "日本  "
    assert fit("日本", 6, right=True) == "  日本"
    assert cell_width("日本") == 4


@given(SAFE_TEXT, st.integers(min_value=0, max_value=60), st.booleans())
def test_a_fitted_text_is_exactly_as_wide_as_asked(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width
    assert fit(text, width, ascii_only=True, ellipsis="~").isascii()


def test_ten_thousand_hostile_characters_cost_no_more_than_they_show() -> None:
    assert cell_len(fit("é" + "\u0301" * 10_000 + "x", 10)) == 10


def test_text_that_looks_like_markup_stays_text() -> None:
    row = HEALTHY._replace(name="prod[/foo] [@click=quit]x[/]")
    assert "prod[/foo] [@click=quit]x[/]" in text_of(row, 119)


def test_region_codes_are_those_of_availability_zone_ids() -> None:
    regions = ["us-east-1", "ap-southeast-2", "eu-central-1", "us-gov-west-1", "ap-northeast-1", "mx-central-1"]
    assert [region_code(region) for region in regions] == ["use1", "apse2", "euc1", "usgw1", "apne1", "mxc1"]


def test_every_column_shows_a_row_in_its_narrowest_and_widest_form() -> None:
    odd = HEALTHY._replace(
        name="",
        publisher="",
        architecture="x86_64_mac",
        platform="Windows with SQL Server Standard",
        created=None,
        deprecated=None,
        last_launched=None,
        root_device_type="instance-store",
        virtualization="paravirtual",
        boot_mode="legacy-bios",
    )
    for column in COLUMNS.values():
        for row in (HEALTHY, odd):
            text = column.render(row, LOOK, column.min_width)
            assert column.weight or column.name in ("state", "publisher") or cell_len(text) <= column.min_width + 3
    narrow = [
        COLUMNS[name].render(odd, LOOK, COLUMNS[name].min_width)
        for name in ("arch", "root", "virt", "boot", "platform")
    ]
    assert narrow == ["macx86", "inst.", "pv", "bios", "WinSQL Std"]


def test_the_columns_of_the_command_line_have_no_mark() -> None:
    assert [placed.column.name for placed in layout(["id", "name"], 80, marks=False)] == ["id", "name"]
    assert isinstance(layout(None, 80)[0], Placed)


def test_a_clean_ascii_listing_imports_no_terminal_library() -> None:
    code = (
        "import sys; from amitui.presentation.columns import Look, layout;"
        "from amitui.presentation.lines import titles;"
        "titles(layout(None, 120), Look(0));"
        "sys.exit(any(name in sys.modules for name in ('rich', 'textual', 'asyncio')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
