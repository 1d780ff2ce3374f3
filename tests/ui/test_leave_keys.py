"""Ctrl+C, Ctrl+Z, `q` and help on every screen, and no message of Textual's own."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from amitui.ui import leave_keys
from amitui.ui.leave_keys import can_be_continued, parting_words
from amitui.ui.palette import Palette
from amitui.ui.screens.help import HelpScreen
from amitui.ui.screens.picker import MultiPickerScreen, PickerItem
from amitui.ui.screens.regions import RegionsScreen
from amitui.ui.widgets.detail_pane import DetailPane
from amitui.ui.widgets.fields.area import Area
from amitui.ui.widgets.query_input import QueryInput
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import browse_of, make_app, opened, press, screen_text, settled
from tests.support.key_order import AT_REST, deliver, opened_case
from tests.support.screen_cases import SCREEN_CASES
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.ui.app import AmituiApp


def in_front(app: AmituiApp) -> object:
    return app.screen


def focus(app: AmituiApp) -> object:
    return app.focused


async def test_ctrl_c_clears_the_query_then_leaves_the_search_then_quits(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "slash", *"web")
        await press(pilot, "ctrl+c")
        assert browse_of(pilot).search_bar.text == ""
        assert isinstance(app.focused, Input)
        await press(pilot, "ctrl+c")
        assert focus(app) is browse_of(pilot).table
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.return_code == 0


async def test_ctrl_c_and_q_close_the_details_before_they_quit(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        for key in ("ctrl+c", "q"):
            await press(pilot, "enter")
            assert pilot.app.query(DetailPane)
            await press(pilot, key)
            assert not pilot.app.query(DetailPane)
            assert app.is_running


async def test_ctrl_c_clears_a_dialog_s_filter_then_closes_the_dialog(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "r", *"eu west", "ctrl+c")
        assert isinstance(app.screen, RegionsScreen)
        assert app.screen.filter.value == ""
        await press(pilot, "ctrl+c")
        assert in_front(app) is app.browse


async def test_ctrl_c_closes_the_palette(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "colon")
        assert isinstance(app.screen, Palette)
        await press(pilot, "ctrl+c")
        assert in_front(app) is app.browse


async def test_ctrl_c_copies_what_is_selected_and_clears_nothing(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "slash", *"web", "shift+home", "ctrl+c")
        assert browse_of(pilot).search_bar.text == "web"
        assert app.clipboard == "web"


async def test_ctrl_z_stops_the_job_on_every_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[int] = []
    monkeypatch.setattr(leave_keys, "can_be_continued", lambda: True)
    monkeypatch.setattr("amitui.ui.app.AmituiApp.can_suspend_process", property(lambda _app: True))
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        monkeypatch.setattr("os.kill", lambda _pid, number: stopped.append(number))
        for keys in (("ctrl+z",), ("r", "ctrl+z", "escape"), ("colon", "ctrl+z", "escape"), ("slash", "ctrl+z")):
            await press(pilot, *keys)
    assert stopped == [signal.SIGTSTP] * 4


async def test_without_job_control_ctrl_z_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leave_keys, "can_be_continued", lambda: False)
    app = make_app(tmp_path)
    async with opened(app, (120, 24)) as pilot:
        await press(pilot, "ctrl+z")
        assert "not suspended: no shell with job control" in app.query_one(StatusBar).text
        await press(pilot, "i", "ctrl+z")
        assert "not suspended: no shell" in screen_text(pilot)


def test_a_job_of_a_shell_can_be_continued_and_a_session_of_its_own_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups, sessions = {os.getppid(): 50}, {0: 40, os.getppid(): 40}
    monkeypatch.setattr("os.getpgrp", lambda: 60)
    monkeypatch.setattr("os.getpgid", groups.__getitem__)
    monkeypatch.setattr("os.getsid", sessions.__getitem__)
    assert can_be_continued()
    sessions[os.getppid()] = 41
    assert not can_be_continued()


def test_what_goes_on_is_told_when_amitui_quits() -> None:
    assert parting_words(0, 0) == ""
    assert parting_words(1, 0).startswith("1 operation is in progress. EC2 goes on with what was sent")
    assert "3 operations are in progress, 1 of them held for you" in parting_words(3, 1)
    assert "amitui ops --watch shows them" in parting_words(3, 1)


async def test_textual_s_own_messages_are_told_in_our_place(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app, (120, 24)) as pilot:
        app.notify("something of Textual's", title="Notification", severity="error", timeout=60)
        await settled(pilot)
        assert "something of Textual's" in app.query_one(StatusBar).text
        assert not app._notifications


@pytest.mark.parametrize(
    "name", [one for one in SCREEN_CASES if one not in ("undeprecate", "enable", "unprotect")]
)
async def test_f1_shows_the_keys_of_the_screen_in_front(name: str) -> None:
    async with opened_case(SCREEN_CASES[name]) as (app, case):
        await deliver(app, ["f1"], AT_REST)
        help_ = app.screen
        assert isinstance(help_, HelpScreen)
        text = "\n".join("".join(run.text for run in line) for line in help_.lines(76))
        assert "esc" in text.casefold()
        assert "? f1" in text.casefold()
        assert all(section.rows and all(row.meaning for row in section.rows) for section in help_._sections)
        await deliver(app, ["f1"], AT_REST)
        assert app.screen is case.screen


async def test_help_keeps_what_a_key_does_and_says_why_it_cannot_be_done_now(tmp_path: Path) -> None:
    app = make_app(tmp_path, read_only=True)
    async with opened(app, (120, 40)) as pilot:
        await press(pilot, "question_mark", *"deregister image")
        text = " ".join(screen_text(pilot).split())
        assert "check its use first" in text
        assert "not now: " in text
        await press(pilot, "escape")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, "q")
        assert in_front(app) is app.browse


async def test_in_help_blanks_and_after_a_slash_every_letter_can_be_typed(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "f1", "slash", *"quit amitui")
        assert isinstance(app.screen, HelpScreen)
        assert app.screen.filter.value == "quit amitui"
        assert "Ctrl+Q" in screen_text(pilot)
        await press(pilot, "f1")
        assert in_front(app) is app.browse


async def test_help_of_a_text_field_s_screen_lists_what_edits_text(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app, (100, 50)) as pilot:
        await press(pilot, "r", "f1")
        text = screen_text(pilot)
        assert "Mark or unmark it, whatever is typed" in " ".join(text.split())
        await press(pilot, *"delete the word")
        assert "Ctrl+W" in screen_text(pilot)


async def test_in_the_palette_what_cannot_be_done_is_dimmed_found_and_explained(tmp_path: Path) -> None:
    app = make_app(tmp_path, read_only=True)
    async with opened(app, (120, 40)) as pilot:
        await press(pilot, "colon", *"deregister")
        line = next(line for line in screen_text(pilot).split("\n") if "Deregister image" in line)
        assert "not now: " in line
        await press(pilot, "down", "enter")
        assert in_front(app) is app.browse
        assert "read-only" in app.query_one(StatusBar).text


ITEMS = [PickerItem("a", "North Virginia"), PickerItem("b", "North Carolina"), PickerItem("c", "Ireland")]


@pytest.mark.parametrize("key", ["insert", "ctrl+@", "ctrl+space"])
async def test_a_blank_is_typed_behind_text_and_marks_otherwise(key: str) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = MultiPickerScreen("Places", ITEMS)
        await pilot.app.push_screen(screen)
        await pilot.press(*"north", "space", *"car")
        assert screen.filter.value == "north car"
        assert screen.list.current == ITEMS[1]
        await pilot.press(key, "escape", "space")
        assert screen.marked == {"a", "b"}


VALUE_SIGNS = "=<>/#"


@pytest.mark.parametrize("name", SCREEN_CASES)
async def test_what_an_empty_field_says_cannot_be_taken_for_a_value(name: str) -> None:
    async with opened_case(SCREEN_CASES[name]) as (app, _):
        fields = [*app.screen.query(QueryInput), *app.screen.query(Area)]
        said = [str(field.placeholder) for field in fields if str(field.placeholder)]
        assert all(words.startswith("(") and words.endswith(")") for words in said)
        examples = [words for words in said if any(sign in words for sign in VALUE_SIGNS)]
        assert [words for words in examples if not words.startswith("(for example ") and " or " not in words] == []


async def test_an_empty_field_looks_empty_without_colours() -> None:
    async with WidgetApp(theme="amitui-mono").run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(SCREEN_CASES["create"]().screen)
        await pilot.pause()
        tags = [line for line in screen_lines(pilot.app) if "Env=prod" in line]
        assert all("(for example Env=prod, Team=web)" in line for line in tags)
        assert tags
