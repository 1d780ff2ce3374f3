"""Without colours the cursor, the chosen tab and the caret still have to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.ui.screens.picker import PickerItem, PickerScreen
from amitui.ui.themes import MONO
from amitui.ui.widgets.detail_pane import DetailPane
from amitui.ui.widgets.fields.choice_line import ChoiceLine
from amitui.ui.widgets.scope_tabs import ScopeTab, ScopeTabs
from amitui.ui.widgets.search_bar import SearchBar
from amitui.ui.widgets.status_bar import Status, StatusBar
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.segment import Segment
    from textual.app import App


def segments(app: App[None]) -> Iterator[Segment]:
    for strip in app.screen._compositor.render_strips():
        yield from strip


def reversed_texts(app: App[None]) -> list[str]:
    found = [segment.text for segment in segments(app) if segment.style is not None and segment.style.reverse]
    return [text.strip() for text in found]


def bare_app() -> WidgetApp:
    return WidgetApp(
        SearchBar("ubuntu"),
        ScopeTabs([ScopeTab("mine", "Mine", "1", 3, active=True), ScopeTab("all", "All", "7", 9)]),
        ChoiceLine("Format", [("id", "id"), ("csv", "csv")], value="csv"),
        DetailPane(),
        StatusBar(Status(regions=("us-east-1",), matches=3, read_only=True)),
        theme=MONO.name,
    )


async def test_what_is_chosen_is_reversed() -> None:
    app = bare_app()
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        assert [text for text in reversed_texts(app) if text] == ["1 Mine 3", "csv", "Details", "READ-ONLY"]


async def test_the_caret_of_the_search_is_reversed() -> None:
    app = bare_app()
    async with app.run_test(size=(60, 24)) as pilot:
        app.query_one(SearchBar).focus()
        await pilot.press("home")
        assert reversed_texts(app)[0] == "u"


async def test_the_cursor_of_a_picker_is_reversed() -> None:
    app = bare_app()
    async with app.run_test(size=(60, 24)) as pilot:
        rows = [PickerItem("a", "first", "one"), PickerItem("b", "second", "two")]
        await app.push_screen(PickerScreen("Rows", rows, current="b"))
        await pilot.pause()
        assert "second  two" in reversed_texts(app)


async def test_not_one_colour_is_named() -> None:
    app = bare_app()
    async with app.run_test(size=(60, 24)) as pilot:
        await app.push_screen(PickerScreen("Rows", [PickerItem("a", "first", disabled_reason="no")]))
        await pilot.pause()
        colours = {
            colour.name
            for segment in segments(app)
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None
        }
        assert colours <= {"default"}
