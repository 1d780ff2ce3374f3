"""The main screen as a chooser: Enter ends it with the image, or with the marked ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from amitui.ui.widgets.detail_pane import DetailPane
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import make_app, opened, press

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_enter_chooses_the_image_under_the_cursor_and_ends_the_screen(tmp_path: Path) -> None:
    app = make_app(tmp_path, choosing=True)
    async with opened(app) as pilot:
        assert "Enter Choose" in app.query_one(KeyBar).text
        await press(pilot, "j")
        await pilot.press("enter")
        await pilot.pause()
        assert [row.name for row in app.chosen] == ["acme-web-20260913"]
        assert not app.is_running or app.return_code == 0


async def test_marked_images_are_chosen_in_the_order_of_marking(tmp_path: Path) -> None:
    app = make_app(tmp_path, choosing=True)
    async with opened(app) as pilot:
        await press(pilot, "j", "space", "k", "k", "space")
        await pilot.press("enter")
        await pilot.pause()
        assert [row.name for row in app.chosen] == ["acme-web-20260913", "acme-web-20260920"]


async def test_nothing_is_chosen_where_there_is_nothing_or_the_screen_is_left(tmp_path: Path) -> None:
    app = make_app(tmp_path, choosing=True, text="nosuchimage")
    async with opened(app) as pilot:
        await press(pilot, "enter")
        assert app.is_running
        await pilot.press("q")
        assert app.chosen == ()


async def test_details_have_a_key_of_their_own(tmp_path: Path) -> None:
    app = make_app(tmp_path, choosing=True)
    async with opened(app, (120, 40)) as pilot:
        await press(pilot, "ctrl+o")
        assert app.query(DetailPane)
        assert app.chosen == ()


async def test_the_next_screen_does_not_begin_with_what_a_chooser_showed(tmp_path: Path) -> None:
    app = make_app(tmp_path, choosing=True)
    async with opened(app) as pilot:
        await press(pilot, "3", "d")
    assert not os.path.exists(app.services.settings.locations.screen_file)
    other = make_app(tmp_path)
    async with opened(other) as pilot:
        await press(pilot, "3")
    assert os.path.exists(other.services.settings.locations.screen_file)


async def test_a_chooser_that_the_shell_waits_for_is_not_suspended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[int] = []
    monkeypatch.setattr("os.kill", lambda _pid, number: stopped.append(number))
    monkeypatch.setattr("os.getpgrp", lambda: os.getpid() + 1)
    app = make_app(tmp_path, choosing=True)
    async with opened(app) as pilot:
        await press(pilot, "ctrl+z")
        assert stopped == []
        assert "not suspended" in app.query_one(StatusBar).text


async def test_ctrl_c_ends_a_chooser_as_an_interrupted_command(tmp_path: Path) -> None:
    app = make_app(tmp_path, choosing=True)
    async with opened(app) as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert (app.chosen, app.return_code) == ((), 130)
