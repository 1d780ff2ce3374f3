"""The facets beside the table: they count the view and filter it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from amitui.catalog.search.view import QueryInterrupted
from amitui.domain.catalogue.scope import ALL, MARKETPLACE
from amitui.domain.query.facets import Facet, FacetValue, FacetView
from amitui.errors import CacheError
from amitui.presentation.facet_rows import FIRST_VALUES, count_text, facet_rows
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.ui.themes import MONO
from amitui.ui.widgets.facet_pane import FacetPane
from amitui.ui.widgets.line import clip_middle
from tests.support.app import browse_of, make_app, opened, press, screen_text, settled
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def pane(pilot: Pilot[str]) -> FacetPane:
    found = browse_of(pilot).facets.pane
    assert found is not None
    return found


def under_cursor(pilot: Pilot[str]) -> tuple[str, int | None]:
    row = pane(pilot).current
    assert row is not None
    return row.term, row.images


async def test_facets_open_beside_the_table_and_escape_closes_them(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b")
        text = screen_text(pilot)
        assert "Architecture" in text
        assert "Image ID" in text
        assert "enter Filter" in text.splitlines()[-1].replace("⏎", "enter").replace("Enter", "enter")
        assert pane(pilot).has_focus
        await press(pilot, "escape")
        assert "Architecture" not in screen_text(pilot)
        assert browse_of(pilot).table.has_focus


async def test_escape_in_the_table_closes_them_before_it_clears_the_query(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b", "enter", "tab")
        assert browse_of(pilot).table.has_focus
        await press(pilot, "escape")
        assert browse_of(pilot).facets.pane is None
        assert browse_of(pilot).view.text == "arch:x86_64"
        assert browse_of(pilot).table.has_focus
        await press(pilot, "escape")
        assert browse_of(pilot).view.text == ""


async def test_whatever_is_typed_beside_the_facets_none_of_it_is_chosen_that_is_no_filter(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b")
        for text in ("created:>>", 'os:"', "arch:arm64 |", "family:(", "created:2026 created:", "-owner:", "|||"):
            browse_of(pilot).change_view(text=text)
            await settled(pilot)
            chosen = {row.term for row in pane(pilot)._items if row.is_active}
            assert chosen <= {"arch:arm64", "family:(", "created:2026"}, "the others are no filters"
        browse_of(pilot).change_view(text="created:>2001-01")
        await settled(pilot)
        (row,) = [row for row in pane(pilot)._items if row.is_active]
        assert (row.text, row.images) == (">2001-01", browse_of(pilot).table.row_count)


async def test_enter_filters_by_a_value_and_again_no_longer(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b")
        term, images = under_cursor(pilot)
        assert term == "arch:x86_64"
        everything = browse_of(pilot).table.row_count
        await press(pilot, "enter")
        assert browse_of(pilot).view.text == "arch:x86_64"
        assert browse_of(pilot).table.row_count == images
        assert "✓ x86_64" in screen_text(pilot)
        assert under_cursor(pilot) == (term, images)
        await press(pilot, "enter")
        assert browse_of(pilot).view.text == ""
        assert browse_of(pilot).table.row_count == everything


async def test_every_value_filters_to_as_many_images_as_it_counts(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b")
        rows = [row for row in pane(pilot)._items if row.term]
        assert {row.facet for row in rows} == {"arch", "os", "owner", "root", "created", "state", "family"}
        for row in rows:
            browse_of(pilot).facets.choose(row.term)
            await settled(pilot)
            assert (row.term, browse_of(pilot).table.row_count) == (row.term, row.images)
            browse_of(pilot).facets.choose(row.term)


async def test_counts_follow_what_is_typed_and_stay_until_the_new_ones_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b")
        count = browse_of(pilot).search.facets
        shown: list[int] = []

        async def noted(*args: object) -> FacetView:
            shown.append(len(pane(pilot)._items))
            return await count(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(browse_of(pilot).search, "facets", noted)
        await press(pilot, "slash", *"ubuntu")
        assert "canonical" in screen_text(pilot)
        assert "  self  " not in screen_text(pilot)
        assert shown
        assert all(shown)


async def test_a_filter_that_finds_nothing_can_be_taken_out(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL, text="arch:i386"), (80, 24)) as pilot:
        await press(pilot, "b")
        assert under_cursor(pilot) == ("arch:i386", 0)
        await press(pilot, "enter")
        assert browse_of(pilot).view.text == ""


async def test_a_view_without_images_says_so(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=MARKETPLACE), (80, 24)) as pilot:
        await press(pilot, "b")
        assert "No image matches." in screen_text(pilot)


async def test_a_query_that_is_not_understood_and_a_file_that_cannot_be_read_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b", "slash", *"nofield:x", "enter")
        assert "there is no field" in screen_text(pilot).splitlines()[2]

        async def unreadable(*_: object) -> FacetView:
            raise CacheError("the index is damaged")

        monkeypatch.setattr(browse_of(pilot).search, "facets", unreadable)
        browse_of(pilot).change_view(text="")
        await settled(pilot)
        assert "the index is damaged" in screen_text(pilot)


async def test_a_count_that_is_overtaken_leaves_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "b")
        before = pane(pilot)._items

        async def overtaken(*_: object) -> FacetView:
            raise QueryInterrupted

        monkeypatch.setattr(browse_of(pilot).search, "facets", overtaken)
        browse_of(pilot).load_view()
        await settled(pilot)
        assert pane(pilot)._items == before


async def test_on_a_narrow_screen_the_facets_take_the_place_of_the_table(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (50, 20)) as pilot:
        await press(pilot, "b")
        assert "Image ID" not in screen_text(pilot)
        await pilot.resize_terminal(90, 20)
        async with asyncio.timeout(60):
            while "Image ID" not in screen_text(pilot):
                await pilot.pause(0.01)
        assert "Architecture" in screen_text(pilot)


async def test_details_and_facets_stand_side_by_side_where_there_is_room_for_both(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "enter", "b")
        assert "Timeline" not in screen_text(pilot)
        await press(pilot, "tab", "enter")
        assert "Timeline" in screen_text(pilot)
        assert "Root device  " not in screen_text(pilot).splitlines()[2]


async def test_left_and_right_go_from_facet_to_facet_and_the_rest_of_one_opens(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 40)) as pilot:
        await press(pilot, "b", "right", "right")
        assert under_cursor(pilot)[0].startswith("owner:")
        await press(pilot, "left")
        assert under_cursor(pilot)[0].startswith("os:")
        await press(pilot, "end")
        row = pane(pilot).current
        assert row is not None
        assert row.opens
        many = len(pane(pilot)._items)
        await press(pilot, "enter")
        assert len(pane(pilot)._items) > many
        assert under_cursor(pilot)[0].startswith("family:")


# What a pane shows of any counts

HOSTILE = ("prod[/foo]", "[@click=app.quit]x[/]", "名前の長いイメージ家族の名前です", "a" * 128, "e\u0301" * 40)


def hostile_view() -> FacetView:
    values = tuple(FacetValue(text, 10**n, f'family:"{text}"') for n, text in enumerate(HOSTILE))
    return FacetView(3, (Facet("family", "Family", values),))


@pytest.mark.parametrize(("size", "glyphs"), [((28, 12), UNICODE), ((12, 8), ASCII), ((3, 3), UNICODE)])
async def test_text_of_strangers_is_shown_as_it_is_within_its_cells(size: tuple[int, int], glyphs: object) -> None:
    facets = FacetPane(glyphs)  # type: ignore[arg-type]
    app = WidgetApp(facets)
    async with app.run_test(size=size) as pilot:
        facets.show(hostile_view(), "")
        await pilot.pause()
        lines = screen_lines(app)
        assert all(cell_len(line) == size[0] for line in lines)
        if size[0] == 28:
            assert "prod[/foo]" in "\n".join(lines)


async def test_the_cursor_is_seen_without_colours() -> None:
    facets = FacetPane(UNICODE)
    app = WidgetApp(facets, theme=MONO.name)
    async with app.run_test(size=(28, 12)) as pilot:
        facets.show(hostile_view(), "")
        facets.focus()
        await pilot.pause()
        reversed_texts = [
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.reverse
        ]
        assert "prod[/foo]" in "".join(reversed_texts)


@given(st.text(max_size=40), st.integers(0, 30))
def test_a_text_clipped_in_its_middle_keeps_to_its_cells_and_its_ends(text: str, cells: int) -> None:
    clipped = clip_middle(text, cells)
    assert cell_len(clipped) <= cells
    if cell_len(text) <= cells:
        assert clipped == text


@pytest.mark.parametrize(
    ("images", "text"),
    [(0, "0"), (99_999, "99,999"), (146_311, "146k"), (9_999_999, "9,999k"), (12_345_678, "12M")],
)
def test_a_count_takes_six_cells_at_most(images: int, text: str) -> None:
    assert count_text(images) == text
    assert len(text) <= 6


def test_a_filter_in_use_is_listed_though_it_is_not_among_the_first() -> None:
    values = tuple(FacetValue(f"f{n}", 100 - n, f"family:f{n}") for n in range(20))
    view = FacetView(1, (Facet("family", "Family", values),))
    rows = list(facet_rows(view, "FAMILY:f15 ubuntu", set()))
    assert [row.text for row in rows if row.is_active] == ["f15"]
    assert rows[-1].text == f"{20 - FIRST_VALUES} more"
    assert len([row for row in facet_rows(view, "", {"family"}) if row.term]) == 20
