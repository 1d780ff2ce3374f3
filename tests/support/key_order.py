"""The same keys, handed over in one write or one by one: what both lead to.

Keys are posted as the terminal's driver posts them. `turns` stands for the time between two keys: so many turns of
the event loop pass, or, with `AT_REST`, as many as it takes until nothing goes on any more.
"""

from __future__ import annotations

import asyncio
import random
import unicodedata
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from textual import events
from textual.app import ScreenStackError
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.widgets import Input, TextArea

from amitui.ui.input_gate import BACKGROUND, OPENING
from amitui.ui.screens.browse import BrowseScreen
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.pick_list import PickList
from tests.support.idle import wait_for_idle
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from textual.dom import DOMNode
    from textual.screen import Screen

    from amitui.ui.input_gate import GatedApp

AT_REST: Final = None
"""Instead of a number of turns: as many as it takes."""

CALM_ROUNDS: Final = 3
PATIENCE_S: Final = 180.0

KEYS: Final = (
    *("tab", "tab", "tab", "shift+tab", "down", "down", "up", "enter", "enter", "space", "space"),
    *("left", "right", "home", "end", "pagedown", "pageup", "backspace", "delete", "ctrl+u", "ctrl+w", "ctrl+k"),
    *("ctrl+s", "escape", "a", "b", "e", "1", "2", "8", "0", "-", ".", "y", "x"),
)
"""From which random sequences are drawn; those that are pressed often are there more than once."""


class Outcome(NamedTuple):
    """What keys have led to."""

    screens: tuple[str, ...]
    focused: str
    values: tuple[tuple[str, str], ...]
    """What all fields, texts and lists of all screens hold."""
    said: str
    """The results of the screens, and the requests that they made."""


def key_event(name: str) -> events.Key:
    """The event of a key with that name, or of that character."""
    key = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    try:
        character: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        character = name if len(name) == 1 else None
    return events.Key(key, character)


def split(text: str) -> list[str]:
    """Keys out of words: `tab*3 space <prod> enter`, where what is in angle brackets is typed."""
    keys: list[str] = []
    for word in text.split():
        if word.startswith("<") and word.endswith(">"):
            keys += word[1:-1]
        else:
            name, _, times = word.partition("*")
            keys += [name] * int(times or 1)
    return keys


async def deliver(app: GatedApp[Any], keys: Sequence[str | events.Event], turns: int | None) -> None:
    """Hand over keys, or other input, as the driver does, and wait until all has come to rest."""
    for key in keys:
        event = key_event(key) if isinstance(key, str) else key
        event.set_sender(app)
        assert app._driver is not None
        app._driver.send_message(event)
        if turns is AT_REST:
            await at_rest(app)
        else:
            for _ in range(turns):
                await asyncio.sleep(0)
        if app._exit:
            return
    await at_rest(app)


async def at_rest(app: GatedApp[Any]) -> None:
    """Wait until nothing goes on, as seen from outside the gate: queues, workers, layouts, timers that are due."""
    calm = 0
    async with asyncio.timeout(PATIENCE_S):
        while calm < CALM_ROUNDS and not app._exit:
            busy = [worker for worker in app.workers if not _waits(app, worker) and not worker.is_finished]
            await wait_for_idle()
            await asyncio.gather(*(_ended(worker) for worker in busy if worker.group != OPENING))
            try:
                app.screen._on_timer_update()
            except ScreenStackError:
                continue
            unfinished = busy or app.input_gate.has_queued_input or not app.screen.is_running
            calm = 0 if unfinished else calm + 1


async def _ended(worker: Any) -> None:
    await asyncio.wait([asyncio.ensure_future(asyncio.shield(worker._task))]) if worker._task else None


def _waits(app: GatedApp[Any], worker: Any) -> bool:
    if worker.group in BACKGROUND:
        return True
    awaited = app.input_gate._awaiting_result.get(worker)
    return awaited is not None and awaited in app.screen_stack


def outcome_of(app: GatedApp[Any], said: object = "") -> Outcome:
    """What is to be seen of an application at rest."""
    if app._exit:
        return Outcome((), "", (), f"left {said}")
    stack = app.screen_stack
    values = [entry for number, screen in enumerate(stack) for entry in _values(number, screen)]
    return Outcome(tuple(type(one).__name__ for one in stack), _place(app.focused), tuple(values), str(said))


def _place(widget: DOMNode | None) -> str:
    if widget is None:
        return ""
    names = [type(widget).__name__]
    names += [f"{type(node).__name__}#{node.id}" for node in widget.ancestors if isinstance(node, Field)]
    return " in ".join(names)


def _values(number: int, screen: Screen[Any]) -> Iterator[tuple[str, str]]:
    if isinstance(screen, BrowseScreen):
        table = screen.table
        cursor = table.cursor_row
        yield "view", repr(screen.view)
        yield "cursor", cursor.image_id if cursor is not None else ""
        yield "marks", repr([row.image_id for row in table.marks])
        yield "details", str(screen.middle.details is not None)
    for widget in screen.walk_children():
        place = f"{number} {_place(widget)}"
        if isinstance(widget, Field):
            yield place, f"{getattr(widget, 'values', getattr(widget, 'value', ''))!r} {widget.problem}"
        elif isinstance(widget, Input):
            yield place, f"{widget.value!r} at {widget.cursor_position}"
        elif isinstance(widget, TextArea):
            yield place, f"{widget.text!r} at {widget.cursor_location}"
        elif isinstance(widget, PickList):
            yield place, widget.current.value if widget.current is not None else ""


class ScreenCase(NamedTuple):
    """A screen to open in a bare app, and the requests that it has made since."""

    screen: Screen[Any]
    requests: Callable[[], object]


@asynccontextmanager
async def opened_case(open_case: Callable[[], ScreenCase]) -> AsyncIterator[tuple[WidgetApp, ScreenCase]]:
    """The screen opened in a bare app, at rest."""
    app = WidgetApp()
    async with app.run_test(size=(80, 24)):
        case = open_case()
        await app.push_screen(case.screen)
        await at_rest(app)
        yield app, case


KeyRun = tuple["Callable[[], ScreenCase]", "Sequence[str | events.Event]"]


async def outcomes_of(runs: Sequence[KeyRun], turns: int | None) -> list[Outcome]:
    """What keys lead to on each of several screens, one after the other in one app."""
    outcomes = []
    app = WidgetApp()
    async with app.run_test(size=(80, 24)):
        for open_case, keys in runs:
            case = open_case()
            results: list[object] = []
            await app.push_screen(case.screen, results.append)
            await at_rest(app)
            await deliver(app, keys, turns)
            outcomes.append(outcome_of(app, (results, case.requests())))
            while len(app.screen_stack) > 1:
                await app.pop_screen()
            await at_rest(app)
    return outcomes


def random_keys(chance: random.Random, count: int) -> list[str]:
    """Keys as nobody in their right mind presses them."""
    return [chance.choice(KEYS) for _ in range(count)]


def first_difference(one: Outcome, other: Outcome) -> str:
    """In which the two differ, in words; empty = they are equal."""
    for name, here, there in zip(Outcome._fields, one, other, strict=True):
        if here != there and isinstance(here, tuple) and isinstance(there, tuple):
            return f"{name}: {sorted({*map(str, here)} ^ {*map(str, there)})[:6]} ({here[:3]} / {there[:3]})"
        if here != there:
            return f"{name}: {here!r} / {there!r}"
    return ""


async def differences(
    cases: Mapping[str, Callable[[], ScreenCase]], *, seed: int, rounds: int, keys: int = 40
) -> list[str]:
    """Drive screens with random keys, in one write and one by one; the cases that do not come to the same.

    Args:
        rounds: sequences for each of the scenes.
        keys: length of a sequence.
    """
    found = []
    for number in range(rounds):
        chance = random.Random(f"{seed} {number}")
        turns = chance.choice((0, 0, 1, 3, 10, 50))
        runs: list[KeyRun] = [(open_case, random_keys(chance, keys)) for open_case in cases.values()]
        slowly, quickly = await outcomes_of(runs, AT_REST), await outcomes_of(runs, turns)
        for name, (_, pressed), slow, quick in zip(cases, runs, slowly, quickly, strict=True):
            if words := first_difference(slow, quick):
                found.append(
                    f"{name}, seed {seed}, round {number}, {turns} turns: {words}\n  {' '.join(map(str, pressed))}"
                )
    return found
