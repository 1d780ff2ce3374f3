"""A defect of amitui's own, wherever it is, affects what it was about and nothing more."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest
from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from amitui.errors import DefectError
from amitui.ui.app import AmituiApp
from amitui.ui.screens.browse import BrowseScreen
from amitui.ui.screens.detail_loader import DetailLoader
from tests.support.app import make_app, opened, press, rows, screen_text, settled, stable_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.pilot import Pilot

pytestmark = pytest.mark.defects_expected

SECRET = "arn:aws:iam::123456789012:role/not-to-be-seen"


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def fail(*_args: object, **_named: object) -> Any:
    raise KeyError(SECRET)


async def fail_later(*_args: object, **_named: object) -> Any:
    raise KeyError(SECRET)


class Broken(ModalScreen[None]):
    """Cannot be put together."""

    def compose(self) -> ComposeResult:
        raise KeyError(SECRET)


class BrokenOnMount(ModalScreen[None]):
    """Stands, but for what it does then."""

    def compose(self) -> ComposeResult:
        yield Static("half of it")

    def on_mount(self) -> None:
        raise KeyError(SECRET)


class Part(Vertical):
    """Cannot be put together."""

    def compose(self) -> ComposeResult:
        raise KeyError(SECRET)


class BrokenInside(ModalScreen[None]):
    """Has a part that cannot be put together."""

    def compose(self) -> ComposeResult:
        yield Part()


class Told(Message):
    """Something happened."""


class Listener(Static):
    """Fails at each message, and counts them."""

    posted = 0

    @on(Told)
    def _told(self) -> None:
        self.posted += 1
        raise KeyError(SECRET)


def app_of(pilot: Pilot[str]) -> AmituiApp:
    assert isinstance(pilot.app, AmituiApp)
    return pilot.app


async def goes_on(pilot: Pilot[str], times: int = 1) -> None:
    """The defect is logged without its values, the table follows keys, and the log can be read."""
    app = app_of(pilot)
    await settled(pilot)
    assert [entry.error.why for entry in app.error_log if not isinstance(entry.error, DefectError)] == []
    assert len(app.error_log) == 1, [entry.error.lines() for entry in app.error_log]
    entry = app.error_log[0]
    assert entry.times == times
    assert "KeyError" in entry.error.why
    assert SECRET not in "\n".join([*entry.error.lines(), entry.where])
    assert app.screen is app.browse
    before = app.browse.table.cursor_row
    await press(pilot, "down")
    assert app.browse.table.cursor_row != before
    await press(pilot, "exclamation_mark")
    shown = screen_text(pilot)
    assert "internal error" in shown
    assert "KeyError" in shown
    await press(pilot, "escape")
    await press(pilot, "slash", *"web")
    assert {name[:8] for name in rows(pilot)} == {"acme-web"}


def in_a_worker(pilot: Pilot[str]) -> None:
    pilot.app.run_worker(fail_later(), group="anything")


def in_an_action(pilot: Pilot[str]) -> None:
    app_of(pilot).work(fail_later(), "doing something")


def in_a_worker_of_a_widget(pilot: Pilot[str]) -> None:
    app_of(pilot).browse.middle.run_worker(fail_later(), group="details")


def in_a_thread(pilot: Pilot[str]) -> None:
    pilot.app.run_worker(fail, group="thread", thread=True)


def in_a_timer(pilot: Pilot[str]) -> None:
    app_of(pilot).browse.set_timer(0.001, fail)


def in_a_callback(pilot: Pilot[str]) -> None:
    app_of(pilot).browse.table.call_later(fail)


def after_the_next_painting(pilot: Pilot[str]) -> None:
    app_of(pilot).browse.table.call_after_refresh(fail)
    app_of(pilot).browse.table.refresh()


@pytest.mark.parametrize(
    "make",
    [
        in_a_worker,
        in_an_action,
        in_a_worker_of_a_widget,
        in_a_thread,
        in_a_timer,
        in_a_callback,
        after_the_next_painting,
    ],
)
async def test_an_exception_does_not_end_the_screen(tmp_path: Path, make: Callable[[Pilot[str]], None]) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        make(pilot)
        while not app_of(pilot).error_log:
            await pilot.pause()
        await goes_on(pilot)


async def test_work_that_is_called_off_before_it_begins_leaves_no_coroutine_behind(tmp_path: Path) -> None:
    """Warnings are errors here: Python complains of a coroutine that nobody awaited when it goes."""
    begun: list[str] = []

    async def work(name: str) -> None:
        begun.append(name)

    async with opened(make_app(tmp_path)) as pilot:
        app = app_of(pilot)
        app.browse.run_worker(work("first"), group="mine", exclusive=True)
        app.browse.run_worker(work("second"), group="mine", exclusive=True)
        app.work(work("called off"), "working", group="another")
        app.workers.cancel_group(app, "another")
        while not begun:
            await pilot.pause()
        await pilot.pause()
        gc.collect()
        assert begun == ["second"]
        assert app.error_log == []


async def test_what_looks_for_parts_that_are_gone_when_the_screen_is_left_is_no_defect(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    looked: list[str] = []

    async def look() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            looked.append("for what is gone")
            app.browse.query_one("#gone")

    async with opened(app) as pilot:
        app.browse.run_worker(look())
        app.run_worker(look())
        await pilot.pause()
        app.exit()
    assert len(looked) == 2
    assert app.return_code == 0


class _Closing(ModalScreen[None]):
    """Queries a part of itself when these have gone already."""

    def on_unmount(self) -> None:
        looked_at_end.append(self)
        self.query_one("#gone")


looked_at_end: list[_Closing] = []


async def test_what_a_dialog_still_handles_after_it_was_closed_is_no_defect(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        app = app_of(pilot)
        dialog = _Closing()
        await app.push_screen(dialog)
        dialog.dismiss(None)
        while dialog not in looked_at_end:
            await pilot.pause()
        await settled(pilot)
        assert not app.error_log
        assert app.screen is app.browse


async def test_a_part_that_is_missing_while_the_screen_stands_is_a_defect(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        app = app_of(pilot)
        app.call_later(lambda: app.browse.query_one("#gone"))
        while not app.error_log:
            await pilot.pause()
        assert "NoMatches" in app.error_log[0].error.why


async def test_a_repeating_timer_goes_on_and_is_logged_once(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        app = app_of(pilot)
        ticks: list[None] = []

        def tick() -> None:
            ticks.append(None)
            if len(ticks) >= 3:
                timer.stop()
            raise KeyError(SECRET)

        timer = app.browse.set_interval(0.001, tick)
        while len(ticks) < 3:
            await pilot.pause()
        await settled(pilot)
        # How many fall into one turn of the event loop is the machine's business.
        await goes_on(pilot, len(ticks))


async def test_a_widget_whose_handler_fails_gets_its_next_messages(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        listener = Listener("here")
        await app_of(pilot).browse.mount(listener)
        for _ in range(3):
            listener.post_message(Told())
        while listener.posted < 3:
            await pilot.pause()
        assert listener.is_attached
        await goes_on(pilot, 3)


async def test_a_key_whose_action_fails_leaves_all_other_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        monkeypatch.setattr(AmituiApp, "action_act", fail)
        await press(pilot, "i")
        monkeypatch.undo()
        stable_environment(monkeypatch)
        await goes_on(pilot)


@pytest.mark.parametrize("kind", [Broken, BrokenOnMount, BrokenInside])
async def test_a_dialog_that_cannot_be_put_together_is_closed(
    tmp_path: Path, kind: type[ModalScreen[None]]
) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        app = app_of(pilot)
        answers: list[None] = []

        async def ask() -> None:
            screen: Screen[None] = kind()
            answers.append(await app.push_screen_wait(screen))

        app.work(ask(), "requesting")
        while not answers:
            await pilot.pause()
        assert answers == [None]
        await goes_on(pilot)


async def test_details_that_fail_can_be_left_and_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        with monkeypatch.context() as broken:
            broken.setattr(DetailLoader, "show", fail_later)
            await press(pilot, "enter")
        await press(pilot, "escape")
        await press(pilot, "enter")
        assert "acme-web-20260920" in screen_text(pilot)
        await press(pilot, "escape")
        await goes_on(pilot)


async def test_a_fetch_that_fails_can_be_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        with monkeypatch.context() as broken:
            broken.setattr(app.services.catalogue, "refresh", fail_later)
            await press(pilot, "f5")
        assert app.fetches.active == {}
        assert app.error_log
        app.clear_errors()
        await press(pilot, "f5")
        assert app.error_log == []
        assert app.fetches.failures == {}


async def test_a_defect_that_comes_with_each_painting_ends_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It could never be read, nor could anything else."""
    app = make_app(tmp_path)

    async def run() -> None:
        async with app.run_test() as pilot:
            await settled(pilot)
            app.set_interval(0.0001, fail)
            while app.is_running:
                await pilot.pause()

    with pytest.raises(KeyError):
        await run()
    printed = capsys.readouterr().err
    assert "KeyError" in printed
    assert SECRET not in printed


async def test_what_fails_before_the_screen_stands_ends_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(BrowseScreen, "_parse", fail)
    app = make_app(tmp_path)
    with pytest.raises(KeyError):
        async with app.run_test():
            pass
    printed = capsys.readouterr().err
    assert "KeyError" in printed
    assert SECRET not in printed
