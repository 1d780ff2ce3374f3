"""Keys lead to the same, however quickly they come: each goes where those before it have led to."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from amitui.ui import input_gate
from amitui.ui.input_gate import OPENING, Pending
from amitui.ui.screens.regions import RegionsScreen
from amitui.ui.widgets.fields import ToggleField
from amitui.ui.widgets.fields.base import Field
from tests.support.app import browse_of, make_app, opened, rows, settled, stable_environment
from tests.support.key_order import (
    AT_REST,
    Outcome,
    deliver,
    differences,
    first_difference,
    key_event,
    opened_case,
    outcome_of,
    outcomes_of,
    random_keys,
    split,
)
from tests.support.screen_cases import SCREEN_CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


AT_ONCE = 0
SEED = 8


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)
    # A busy machine must not let the gate go on sooner.
    for limit in ("WORK_S", "OPENING_S", "LEAVE_KEYS_WAIT_S"):
        monkeypatch.setattr(input_gate, limit, 60.0)


async def until(true: Callable[[], object]) -> None:
    """Let the event loop turn until something is true."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def app_led_to(
    folder: Path, keys: Sequence[str | events.Event], turns: int | None, **options: Any
) -> tuple[Outcome, str]:
    """What keys lead to in the whole application, and what was copied."""
    folder.mkdir()
    app = make_app(folder, **options)
    copied: list[str] = []
    app.send_to_clipboard = lambda text: copied.append(text) or "here"  # type: ignore[method-assign,func-returns-value]
    async with opened(app) as pilot:
        await deliver(app, keys, turns)
        if not app._exit:
            await settled(pilot)
        return outcome_of(app, copied), app.browse.search_bar.text


def walked(name: str) -> list[str]:
    """Through the fields of a form, at random from there, then on to the review and through it."""
    return ["tab", "tab", "tab", "space", *random_keys(random.Random(f"{SEED} {name}"), 2), "ctrl+s", "ctrl+s"]


# Those that are left out are the frame that `agree` is, with other plans.
@pytest.mark.parametrize(
    "name", [one for one in SCREEN_CASES if one not in ("undeprecate", "enable", "unprotect", "imds")]
)
async def test_every_form_and_pane_takes_keys_in_one_write_as_it_takes_them_one_by_one(name: str) -> None:
    runs = [(SCREEN_CASES[name], walked(name))]
    (slowly,), (at_once,) = await outcomes_of(runs, AT_REST), await outcomes_of(runs, AT_ONCE)
    assert first_difference(at_once, slowly) == ""


async def test_the_time_between_keys_makes_no_difference() -> None:
    runs = [(SCREEN_CASES["tag"], split("tab*2 <x> tab*2 space up*2 ctrl+s ctrl+s <e> enter"))]
    slowly = await outcomes_of(runs, AT_REST)
    assert [await outcomes_of(runs, turns) for turns in (1, 5, 20)] == [slowly] * 3


@pytest.mark.parametrize(
    "pressed",
    [
        "/ <web> enter down y ? / <sort> escape escape",
        "/ <web> ctrl+u <db> enter enter right right escape d y",
        "enter right right escape space space enter escape y",
        "S down enter v down space enter down y e tab <x> escape r <frank> enter",
        "/ <ar> tab tab <own> tab tab down d",
        "/ <tag:> tab tab enter y",
        "colon <Copy image ID> enter i escape ! escape",
        "down space down space Y escape escape 4 f / <22> down down y 1 a <zzz> escape escape 7",
    ],
)
async def test_the_application_takes_keys_in_one_write_as_it_takes_them_one_by_one(
    pressed: str, tmp_path: Path
) -> None:
    slowly = await app_led_to(tmp_path / "slow", split(pressed), AT_REST)
    assert await app_led_to(tmp_path / "fast", split(pressed), AT_ONCE) == slowly


async def test_what_is_typed_behind_the_key_of_a_picker_filters_it_and_does_nothing_else(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app):
        before = app.browse.view
        await deliver(app, list("rfrank"), AT_ONCE)
        assert isinstance(app.screen, RegionsScreen)
        assert app.screen.filter.value == "frank"
        assert app.browse.view == before
        await deliver(app, ["enter"], AT_ONCE)
        assert app.browse.view.regions == ("eu-central-1",)


async def test_space_behind_three_tabs_switches_where_they_led_to() -> None:
    async with opened_case(SCREEN_CASES["copy"]) as (app, case):
        before = {field: getattr(field, "value", None) for field in case.screen.query(Field)}
        await deliver(app, ["tab", "tab", "tab", "space"], AT_ONCE)
        focused = app.focused
        assert focused is not None
        changed = [field for field, value in before.items() if getattr(field, "value", None) != value]
        assert [type(field) for field in changed] == [ToggleField]
        assert changed[0] in focused.ancestors


async def test_a_key_that_is_typed_while_an_action_still_reads_goes_to_the_screen_that_it_opens(
    tmp_path: Path,
) -> None:
    app = make_app(tmp_path)
    read = asyncio.Event()
    async with opened(app) as pilot:

        async def slowly() -> None:
            await read.wait()
            await app.push_screen_wait(RegionsScreen([], current=()))

        app.work(slowly(), "opening something", group=OPENING)
        for key in ("d", "q", "x"):
            app.post_message(key_event(key))
        await pilot.pause()
        assert app.input_gate.has_queued_input
        assert not app.browse.view.show_deprecated
        read.set()
        await deliver(app, ["y"], AT_ONCE)
        assert isinstance(app.screen, RegionsScreen)
        assert app.screen.filter.value == "dqxy"
        assert not app.browse.view.show_deprecated


async def test_keys_for_a_screen_that_does_not_open_are_dropped_and_later_ones_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    async with opened(app):
        monkeypatch.setattr(input_gate, "OPENING_S", 0.0)
        app.work(asyncio.Event().wait(), "opening something", group=OPENING)  # type: ignore[arg-type]
        app.post_message(key_event("D"))
        app.post_message(key_event("d"))
        await until(lambda: not app.input_gate.has_queued_input)
        assert app.browse.activity.notice.startswith("2 keys and clicks were ignored")
        assert not app.browse.view.show_deprecated
        app.post_message(key_event("d"))
        await until(lambda: app.browse.view.show_deprecated)


async def test_work_that_takes_long_delays_a_key_and_does_not_drop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    async with opened(app):
        monkeypatch.setattr(input_gate, "WORK_S", 0.05)
        app.work(asyncio.Event().wait(), "something slow")  # type: ignore[arg-type]
        app.post_message(key_event("d"))
        assert app.input_gate.has_queued_input
        await until(lambda: app.browse.view.show_deprecated)


async def test_typing_into_a_field_waits_for_no_work(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app):
        await deliver(app, ["slash"], AT_REST)
        app.work(asyncio.Event().wait(), "something slow")  # type: ignore[arg-type]
        for key in ("a", "b", "backspace", "c", "left"):
            app.post_message(key_event(key))
        await until(lambda: not app.input_gate.has_queued_input and app.input_gate.pending() is Pending.WORK)
        assert app.browse.search_bar.text == "ac"


async def test_ctrl_q_leaves_although_a_screen_never_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    async with opened(app):
        monkeypatch.setattr(input_gate, "LEAVE_KEYS_WAIT_S", 0.01)
        app.work(asyncio.Event().wait(), "opening something", group=OPENING)  # type: ignore[arg-type]
        for key in ("d", "ctrl+q"):
            app.post_message(key_event(key))
        await until(lambda: app._exit)
        assert not app.browse.view.show_deprecated


async def test_a_click_waits_for_the_keys_before_it(tmp_path: Path) -> None:
    def click(row: int) -> list[events.Event]:
        given = {"delta_x": 0, "delta_y": 0, "button": 1, "shift": False, "meta": False, "ctrl": False}
        return [kind(None, 10, row, **given) for kind in (events.MouseDown, events.MouseUp)]  # type: ignore[arg-type]

    app = make_app(tmp_path)
    async with opened(app) as pilot:
        # The second row under the heading.
        second = app.browse.table.region.y + 2
        await deliver(app, ["slash", *"acme", "enter", *click(second), "y"], AT_ONCE)
        assert len(rows(pilot)) == 2
        cursor = browse_of(pilot).table.cursor_row
        assert cursor is not None
        assert cursor.name == rows(pilot)[1]


async def test_random_keys_come_to_the_same_in_one_write_and_one_by_one() -> None:
    assert (
        await differences({name: SCREEN_CASES[name] for name in ("tag", "unstore")}, seed=SEED, rounds=1, keys=20)
        == []
    )


def test_each_group_of_workers_is_one_for_which_input_waits_or_one_for_which_it_does_not() -> None:
    waited_for = {
        "work",
        "completion",
        "console",
        "search",
        "builds",
        "details",
        "facets",
        "form",
        "check",
        "choices",
        "names",
        "instance",
        "start",
        "type",
    }
    sources = Path(input_gate.__file__).parent.rglob("*.py")
    begun = {name for file in sources for name in re.findall(r'\bgroup="([a-z]+)"', file.read_text())}
    assert not begun - waited_for - input_gate.BACKGROUND, "decide, and say it in `input_gate`"
    assert not waited_for & input_gate.BACKGROUND


def test_how_two_outcomes_differ_is_told_in_words() -> None:
    here = Outcome(("Screen", "TagForm"), "FieldInput", (("0 tag", "''"),), "")
    assert first_difference(here, here) == ""
    assert first_difference(here, here._replace(focused="PickLine")) == "focused: 'FieldInput' / 'PickLine'"
    assert "TagForm" in first_difference(here, here._replace(screens=("Screen",)))
