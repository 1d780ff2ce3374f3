"""Pasted text goes whole to the field that has the focus, and is never taken for keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from amitui.ui.forms.form import OperationForm
from amitui.ui.widgets.fields import TextField, ToggleField
from amitui.ui.widgets.fields.area import AreaField
from amitui.ui.widgets.query_input import joined_lines
from amitui.ui.widgets.search_bar import SearchBar
from tests.support.app import browse_of, make_app, opened, rows, settled, stable_environment
from tests.support.form_host import FakeHost, filling
from tests.support.key_order import AT_REST, deliver
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from amitui.domain.operations.plan import Plan
    from amitui.ui.widgets.fields.base import Field

AT_ONCE = 0


class Entry(OperationForm):
    """A line, a switch and an area."""

    TITLE = "Enter"

    def form_fields(self) -> Sequence[Field]:
        return (
            TextField("Line", "line"),
            ToggleField("Switch", "on or off", id="switch"),
            AreaField("Area", "area"),
        )

    def plans(self) -> Sequence[Plan]:
        return ()


@pytest.mark.parametrize("where", [[], ["enter"], ["tab"]])
async def test_what_is_pasted_onto_the_table_is_searched_for_and_no_key(
    where: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stable_environment(monkeypatch)
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await deliver(app, where, AT_REST)
        await deliver(app, [events.Paste("acme-db\r\nDq\n"), "enter"], AT_ONCE)
        await settled(pilot)
        assert app.screen is browse_of(pilot)
        assert browse_of(pilot).search_bar.text == "acme-db Dq"
        assert browse_of(pilot).table.has_focus
        await deliver(app, [events.Paste("acme-db"), "down", "y"], AT_ONCE)
        await settled(pilot)
        assert rows(pilot) == ["acme-db-copy"]


async def test_what_is_pasted_into_the_search_is_inserted_with_all_its_lines() -> None:
    bar = SearchBar("x y")
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)):
        await deliver(app, [events.Paste("one\n  two \r\n\r\nthree\n"), "!"], AT_ONCE)
        assert bar.text == "x yone two three!"
        assert [message.text for message in app.posted(SearchBar.QueryEdited)][-1] == bar.text


async def test_blanks_of_a_single_line_are_kept_and_control_characters_are_not() -> None:
    bar = SearchBar()
    async with (app := WidgetApp(bar)).run_test(size=(80, 24)):
        await deliver(app, [events.Paste(" a\x1b[31m  b\x07 ")], AT_ONCE)
        assert bar.text == " a[31m  b "


async def test_each_field_takes_what_is_pasted_into_it_and_a_switch_takes_nothing() -> None:
    async with filling(Entry(FakeHost())) as page:
        app = page.pilot.app
        assert isinstance(app, WidgetApp)
        paste = events.Paste
        await deliver(app, [paste("a name\n"), "tab", paste(" y\n"), "tab", paste("1\r\n2\n"), "3"], AT_ONCE)
        values = {field.id: field.value for field in page.form.fields if not isinstance(field, ToggleField)}
        assert values == {"line": "a name", "area": "1\n2\n3"}
        switch = page.form.query_one(ToggleField)
        assert not switch.value


async def test_a_form_says_that_a_switch_takes_no_text() -> None:
    async with filling(Entry(FakeHost())) as page:
        app = page.pilot.app
        assert isinstance(app, WidgetApp)
        await deliver(app, ["tab", events.Paste("yes")], AT_ONCE)
        assert "Cannot paste here: go to a text field first." in page.words


async def test_line_feeds_of_a_terminal_without_bracketed_paste_glue_nothing_together() -> None:
    async with filling(Entry(FakeHost())) as page:
        app = page.pilot.app
        assert isinstance(app, WidgetApp)
        lines = ["1", "ctrl+j", "2", "ctrl+j", "ctrl+j", "3"]
        await deliver(app, [*lines, "tab", "tab", *lines], AT_ONCE)
        values = [page.form.query_one(TextField).value, page.form.query_one(AreaField).value]
        assert values == ["1 2 3", "1\n2\n\n3"]


async def test_a_megabyte_does_not_hang_the_search() -> None:
    bar = SearchBar()
    async with (app := WidgetApp(bar)).run_test(size=(80, 24)):
        await deliver(app, [events.Paste("ami-1\n" * 170_000), "z"], AT_ONCE)
        assert bar.text.endswith("ami-1z")
        assert len(bar.text) == 6 * 170_000


@pytest.mark.parametrize(
    ("text", "joined"), [("", ""), ("a", "a"), ("a\r\rb", "a b"), ("\n a\n", "a"), ("a\u2028b", "a b")]
)
def test_lines_are_joined_by_blanks(text: str, joined: str) -> None:
    assert joined_lines(text) == joined
