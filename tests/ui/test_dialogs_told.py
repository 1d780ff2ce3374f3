"""What a dialog says that is not about what it shows, on a screen with a frame and on one too low for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.ui.screens import modal
from amitui.ui.screens.dialog import TextDialog
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
