from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from amitui.domain.operations.plans.change import enable_plan
from amitui.ui.forms.form import OperationForm
from amitui.ui.widgets.fields import AreaField, Field, TextField
from tests.support.form_host import WEB, FakeHost, Filling, filling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.plan import Plan


class AreaForm(OperationForm):
    """An area between two lines."""

    TITLE = "Paste"

    def form_fields(self) -> Sequence[Field]:
        self.above = TextField("Above", "above")
        self.area = AreaField(
            "Accounts",
            "area",
            "first\nsecond",
            placeholder="paste here",
            hint="One a line.",
            rows=3,
            check=lambda text: "it says bad" if "bad" in text else "",
        )
        self.below = TextField("Below", "below")
        return [self.above, self.area, self.below]

    def plans(self) -> Sequence[Plan]:
        return [enable_plan(WEB)]


def here(page: Filling) -> str | None:
    return next((field.id for field in page.form.fields if field.here), None)


async def paste(page: Filling, text: str) -> None:
    """As a terminal hands it on."""
    page.pilot.app.post_message(events.Paste(text))
    await page.pilot.pause()
    await page.pilot.pause()


async def test_enter_makes_a_line_and_tab_leaves() -> None:
    form = AreaForm(FakeHost())
    async with filling(form) as page:
        await page.press("tab", "enter", "x")
        assert form.area.value == "\nxfirst\nsecond"
        assert form.area.edited
        await page.press("tab")
        assert here(page) == "below"
        await page.press("shift+tab")
        assert here(page) == "area"


async def test_the_arrows_go_through_its_lines_and_out_at_its_ends() -> None:
    form = AreaForm(FakeHost())
    async with filling(form) as page:
        await page.press("down")
        assert here(page) == "area"
        await page.press("down")
        assert here(page) == "area"
        await page.press("down")
        assert here(page) == "below"
        await page.press("up", "up")
        assert here(page) == "area"
        await page.press("up")
        assert here(page) == "above"


async def test_what_a_terminal_would_act_upon_is_not_taken() -> None:
    form = AreaForm(FakeHost())
    async with filling(form) as page:
        form.area.value = ""
        await page.press("tab")
        await paste(page, "a\x1b]0;x\x07b\r\nc\u202ed\te")
        assert form.area.value == "a]0;xb\ncd\te"
        assert form.area.left_out == 3
        await page.press("shift+tab", "tab")
        assert "Removed: 3 control or invisible characters. One a line." in page.words


async def test_what_a_form_sets_is_not_an_edit_and_keeps_no_control_characters() -> None:
    form = AreaForm(FakeHost())
    async with filling(form) as page:
        assert not form.area.edited
        form.area.value = "one\x1b[2Jtwo\r\nthree"
        await page.pilot.pause()
        assert form.area.value == "one[2Jtwo\nthree"
        assert not form.area.edited
        assert "three" in page.screen


async def test_its_check_speaks_under_it_and_is_silent_once_it_is_right() -> None:
    form = AreaForm(FakeHost())
    async with filling(form) as page:
        await page.press("tab", "b", "a", "d", "ctrl+s")
        assert not form.reviewing
        assert "! it says bad" in page.words
        await page.press("backspace")
        assert "! it says bad" not in page.words
        await page.press("ctrl+s")
        assert form.reviewing


async def test_markup_in_it_stays_text() -> None:
    form = AreaForm(FakeHost())
    async with filling(form) as page:
        form.area.value = "prod[/foo] [@click=app.quit]x[/]"
        await page.pilot.pause()
        assert "prod[/foo] [@click=app.quit]x[/]" in page.screen


async def test_it_is_usable_in_a_narrow_terminal() -> None:
    form = AreaForm(FakeHost())
    async with filling(form, size=(40, 15)) as page:
        await page.press("tab")
        assert "first" in page.screen
        assert "second" in page.screen
        await page.press("x")
        assert "xfirst" in page.screen
