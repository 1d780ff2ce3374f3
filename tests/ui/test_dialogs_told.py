"""What a dialog says that is not about what it shows, on a screen with a frame and on one too low for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.ui.screens import modal
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.widgets.text_lines import paragraph
from tests.support.app import screen_text
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from amitui.ui.widgets.text_lines import TextLine


class _Dialog(TextDialog):
    def lines(self, width: int) -> Iterator[TextLine]:
        yield from ()


async def test_a_dialog_says_on_its_frame_or_for_a_while_in_its_last_line_what_a_key_has_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modal, "TOLD_S", 3600.0)
    dialog = _Dialog("A title")
    app = WidgetApp()
    async with app.run_test(size=(20, 5)) as pilot:
        await app.push_screen(dialog)
        dialog.tell("[red]link copied")
        while screen_text(pilot).splitlines()[-1] != "[red]link copied":
            await pilot.pause()
        await pilot.resize_terminal(60, 15)
        while not any(line.startswith("╰") and "link copied" in line for line in screen_text(pilot).splitlines()):
            await pilot.pause()
        assert screen_text(pilot).count("link copied") == 1
        await pilot.resize_terminal(20, 5)
        monkeypatch.setattr(modal, "TOLD_S", 0.0)
        dialog.tell("copied again")
        while "copied" in screen_text(pilot):
            await pilot.pause()


class _Rows(TextDialog):
    def lines(self, width: int) -> Iterator[TextLine]:
        for row in range(ROWS):
            yield from paragraph(f"row {row} " + "word " * 6, width)


ROWS = 11
"""As many as a view on a large screen has: then Textual does not scroll back."""


async def test_text_that_was_scrolled_to_its_end_is_in_sight_when_the_screen_has_grown() -> None:
    app = WidgetApp()
    async with app.run_test(size=(20, 5)) as pilot:
        await app.push_screen(_Rows("A title"))
        await pilot.press("end")
        assert "row 0" not in screen_text(pilot)
        await pilot.resize_terminal(200, 60)
        async with asyncio.timeout(60):
            while not all(f"row {row} " in screen_text(pilot) for row in range(ROWS)):
                await pilot.pause()
