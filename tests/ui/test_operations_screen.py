from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from rich.cells import cell_len

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, apply, fold, planned
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.ui.screens.operation_commands import Do
from amitui.ui.screens.operations import OperationsScreen
from amitui.ui.widgets.operation_list import OperationList
from tests.support.form_host import FakePaneHost
from tests.support.widget_app import AsciiWidgetApp, WidgetApp, screen_lines

NOW = 1_790_000_000.0
HOSTILE = "prod[/foo] [@click=app.quit]x[/] 日本語"
NOTHING: Any = object()


def made(
    number: int,
    title: str,
    *happened: tuple[EventKind, dict[str, Any]],
    kind: str = "copy",
    batch: str = "",
) -> list[Event]:
    """A copy sent a minute ago, a second between its events."""
    steps = (
        Call("copy_image", "eu-west-1", {}, "copy the image"),
        Watch("image", "eu-west-1", "", ("available",), ("failed",)),
    )
    plan = Plan(OperationKind(kind), title, "eu-west-1", "ami-1", steps)
    began = NOW - 60
    own = f"{number:04}"
    first = planned(own, plan, began, account="123456789012", profile="prod", batch=batch or own, driver="d")
    return [first, *(Event(first.operation_id, began + 1 + at, *one) for at, one in enumerate(happened))]


ASKED = (EventKind.SENDING, {"step": 0})
ANSWERED = (EventKind.ACCEPTED, {"step": 0, "made": "ami-2"})
MOVING = made(
    4, "Copy web", ASKED, ANSWERED, (EventKind.OBSERVED, {"step": 1, "state": "pending", "progress": 30})
)
HELD = made(3, "Deregister old", ASKED, (EventKind.ON_HOLD, {"why": "amitui was away", "remedy": "look at it"}))
FAILED = made(2, HOSTILE, ASKED, (EventKind.FAILED, {"what": "the name is taken", "why": "ami-9 has it"}))
DONE = made(1, "Copy db", ASKED, ANSWERED, (EventKind.DONE, {}))


class Source:
    """Operations that a test moves."""

    def __init__(self, *journals: list[Event]) -> None:
        self.journals = {journal[0].operation_id: list(journal) for journal in journals}
        self.listeners: list[Callable[[Operation], None]] = []

    def operations(self) -> Sequence[Operation]:
        return [fold(journal) for journal in self.journals.values()]

    def subscribe(self, notify: Callable[[Operation], None]) -> Callable[[], None]:
        self.listeners.append(notify)
        return lambda: self.listeners.remove(notify)

    def events(self, operation_id: str) -> Sequence[Event]:
        return self.journals[operation_id]

    def happens(self, operation_id: str, what: EventKind, data: dict[str, Any]) -> None:
        journal = self.journals[operation_id]
        event = Event(operation_id, NOW, what, data)
        operation = apply(fold(journal), event)
        journal.append(event)
        for notify in self.listeners:
            notify(operation)

    def begins(self, journal: list[Event]) -> None:
        self.journals[journal[0].operation_id] = journal
        for notify in self.listeners:
            notify(fold(journal))


class Host(FakePaneHost):
    """The application, which records the commands."""

    def __init__(self, source: Source, *, read_only: bool = False) -> None:
        super().__init__(source, read_only=read_only)
        self.done: list[tuple[Do, str]] = []
        self.undoable_ids = {"0001"}

    def clock(self) -> float:
        return NOW

    def undoable(self, operation: Operation) -> bool:
        return operation.id in self.undoable_ids

    def do(self, what: Do, operations: Sequence[Operation], say: Callable[[str], None]) -> None:
        self.done.append((what, " ".join(one.id for one in operations)))
        say(f"{what} is in progress")


class Shown:
    """An open screen and what it gave back."""

    def __init__(
        self,
        pilot: Any,
        *journals: list[Event],
        read_only: bool = False,
        source: Source | None = None,
        **options: Any,
    ) -> None:
        self.pilot = pilot
        self.source = source or Source(*journals)
        self.host = Host(self.source, read_only=read_only)
        self.screen = OperationsScreen(self.host, self.host.do, **options)
        self.result: Any = NOTHING

    async def open(self) -> Shown:
        await self.pilot.app.push_screen(self.screen, self._closed)
        await self.pilot.pause()
        return self

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in screen_lines(self.pilot.app))

    def _closed(self, result: Any) -> None:
        self.result = result


async def test_the_newest_comes_first_with_bar_cause_and_what_to_do_next() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, FAILED, HELD, MOVING).open()
        lines = shown.text.split("\n")
        assert "1 in progress, 1 waiting for you, 1 failed, 1 ended" in lines[0]
        assert [line[:4].strip() for line in lines[1:5]] == ["● C", "! D", "✗ p", "✓ C"]
        assert "███░░░░░░░  30%  1m00s" in lines[1]
        await shown.press("down", "down")
        assert "Cause" in shown.text
        assert "ami-9 has it" in shown.text
        assert "Retry it as a new operation." in shown.text


async def test_what_happens_is_shown_while_it_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amitui.ui.screens.operations.RENEW_S", 0)
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, MOVING).open()
        shown.source.happens("0004", EventKind.OBSERVED, {"step": 1, "state": "pending", "progress": 90})
        await pilot.pause()
        assert "█████████░  90%" in shown.text
        assert "under a min left" in shown.text
        shown.source.happens("0004", EventKind.DONE, {})
        await pilot.pause()
        assert "0 in progress, 1 ended" in shown.text


async def test_the_cursor_stays_on_its_operation_when_another_begins() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, FAILED).open()
        await shown.press("down")
        assert shown.screen.list.current is not None
        shown.source.begins(MOVING)
        await pilot.pause()
        assert shown.screen.list.current.id == "0001"
        assert "Copy web" in shown.text


@pytest.mark.parametrize(
    ("journal", "key", "asked"),
    [
        (FAILED, "T", (Do.RETRY, "0002")),
        (HELD, "greater_than_sign", (Do.GO_ON, "0003")),
        (HELD, "x", (Do.DROP, "0003")),
        (DONE, "u", (Do.UNDO, "0001")),
        (DONE, "e", (Do.EXPORT, "0001")),
    ],
)
async def test_keys_ask_the_application(journal: list[Event], key: str, asked: tuple[Do, str]) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, journal).open()
        await shown.press(key)
        assert shown.host.done == [asked]
        assert f"{asked[0]} is in progress" in shown.text
        assert shown.result is NOTHING


@pytest.mark.parametrize(("journal", "keys"), [(MOVING, "rugx"), (FAILED, "ugx"), (HELD, "ru"), (DONE, "rgx")])
async def test_what_makes_no_sense_is_neither_offered_nor_done(journal: list[Event], keys: str) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, journal).open()
        await shown.press(*keys)
        assert shown.host.done == []
        assert not any(f" {key} " in shown.text.split("\n")[-1] for key in keys)


async def test_read_only_retries_nothing_but_may_give_up() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, FAILED, HELD, read_only=True).open()
        await shown.press("greater_than_sign", "x", "down", "T")
        assert shown.host.done == [(Do.DROP, "0003")]


async def test_enter_gives_the_operation_whose_image_is_to_be_opened() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, MOVING).open()
        await shown.press("down", "enter")
        assert shown.result.image_id == "ami-2"


async def test_closing_ends_the_subscription_and_nothing_else() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, MOVING).open()
        assert len(shown.source.listeners) == 1
        await shown.press("escape")
        assert shown.result is None
        assert shown.source.listeners == []
        assert shown.host.done == []


async def test_only_what_is_under_way_is_shown_on_demand() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, FAILED, HELD, MOVING).open()
        await shown.press("h")
        assert "in progress: 2" in shown.text
        assert "Copy db" not in shown.text
        await shown.press("h")
        assert "Copy db" in shown.text


async def test_emptiness_is_said() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot).open()
        assert "No operations yet." in shown.text
        await shown.press("enter", "T", "down", "h", "pagedown")
        assert shown.host.done == []
        shown.source.begins(DONE)
        await shown.press("end")
        assert "No operations in progress." in shown.text


async def test_the_cursor_can_start_on_an_operation() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, FAILED, HELD, MOVING, cursor="0002").open()
        assert shown.screen.list.current is not None
        assert shown.screen.list.current.id == "0002"


async def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, MOVING).open()
        await pilot.click(OperationList, offset=(5, 1))
        assert shown.result is NOTHING
        await pilot.click(OperationList, offset=(5, 1))
        await pilot.pause()
        assert shown.result.id == "0001"


@pytest.mark.parametrize("size", [(40, 8), (60, 15), (80, 24), (120, 40), (200, 60)])
async def test_every_size_shows_list_and_details(size: tuple[int, int]) -> None:
    async with WidgetApp().run_test(size=size) as pilot:
        shown = await Shown(pilot, *[made(n, f"{HOSTILE} {n}", ASKED, ANSWERED) for n in range(30)]).open()
        lines = shown.text.split("\n")
        assert max(cell_len(line) for line in lines) <= size[0]
        assert "prod[/foo]" in lines[1]
        assert "State" in shown.text
        await shown.press("end")
        assert shown.screen.list.current is not None
        assert shown.screen.list.current.id == "0000"
        assert shown.screen.list.scroll_offset.y > 0 or size[1] > 32


async def test_an_ascii_terminal_gets_ascii_alone() -> None:
    app = AsciiWidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.add_class("-ascii")
        shown = await Shown(pilot, DONE, HELD, MOVING, ascii_only=True).open()
        assert "###.......  30%" in shown.text
        assert [character for character in shown.text if not character.isascii()] == []


# Hundreds of them


class CountingSource(Source):
    """Counts what is read."""

    def __init__(self, *journals: list[Event]) -> None:
        super().__init__(*journals)
        self.reads = 0
        self.lists = 0

    def operations(self) -> Sequence[Operation]:
        self.lists += 1
        return super().operations()

    def events(self, operation_id: str) -> Sequence[Event]:
        self.reads += 1
        return super().events(operation_id)


def many(count: int) -> list[list[Event]]:
    """So many operations that are waited for, each submitted by itself."""
    happened = [(event.kind, dict(event.data)) for event in MOVING[1:]]
    return [made(number, "Copy web", *happened) for number in range(count)]


async def work_of(count: int) -> tuple[int, int, int, int]:
    """What opening the pane, changes of all operations at once and three keys cost."""
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        source = CountingSource(*many(count))
        shown = await Shown(pilot, source=source).open()
        screen = pilot.app.screen
        assert isinstance(screen, OperationsScreen)
        renewals = 0
        renew = screen.renew

        def counted() -> None:
            nonlocal renewals
            renewals += 1
            renew()

        screen.renew = counted  # type: ignore[method-assign]
        for number in range(count):
            operation = fold(source.journals[f"{number:04}"])
            for notify in source.listeners:
                notify(operation._replace(progress=number % 100))
        await pilot.pause()
        before = screen.list.current
        await shown.press("down", "down", "up")
        assert screen.list.current is not before
        assert source.lists == 1
        return renewals, source.reads, len(screen.query("*")), len(source.listeners)


async def test_what_is_done_for_a_key_and_for_news_does_not_grow_with_the_operations() -> None:
    few, several = await work_of(4), await work_of(400)
    assert several[2:] == few[2:], "no widget and no listener for each"
    assert several[0] <= few[0] + 2, "what is told at the same time is shown together"
    assert several[1] <= few[1] + 2, "only what is under the cursor is read"


# Many that were submitted together


def together(count: int, batch: str, *, first: int = 100) -> list[list[Event]]:
    """Deregistrations of one submission: the first failed, the second is done, the others wait."""
    journals = [
        made(first + n, f"Deregister web-{n}", ASKED, kind="deregister", batch=batch) for n in range(count)
    ]
    refused = {"what": "EC2 refused", "why": "it is protected"}
    journals[0] += made(first, "", (EventKind.FAILED, refused), batch=batch)[1:]
    journals[1] += made(first + 1, "", (EventKind.DONE, {}), batch=batch)[1:]
    return journals


async def test_many_submitted_together_are_one_row_that_counts_and_opens_in_place() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, DONE, *together(200, "0100")).open()
        lines = shown.text.split("\n")
        assert "198 in progress, 1 failed, 1 ended" not in lines[0], "the copy has ended, too"
        assert "198 in progress, 1 failed, 2 ended" in lines[0]
        assert "▸ Deregister image × 200" in lines[1]
        assert "2 of 200" in lines[1]
        assert "Copy db" in lines[2]
        assert "198 requesting" in shown.text
        assert "it is protected" in shown.text
        await shown.press("right")
        lines = shown.text.split("\n")
        assert "▾ Deregister image × 200" in lines[1]
        assert "  Deregister web-199" in lines[2]
        await shown.press("down", "down", "left")
        assert "▸ Deregister image × 200" in shown.text.split("\n")[1]
        assert shown.screen.list.position == 0
        await shown.press("enter")
        assert shown.result is NOTHING
        assert "Deregister web-199" in shown.text


async def test_a_command_on_a_batch_is_for_those_that_it_fits_and_its_operations_have_their_own() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        journals = together(6, "0100")
        for number in (2, 3):
            held_since = (EventKind.ON_HOLD, {"why": "amitui was away"})
            journals[number] += made(100 + number, "", held_since, batch="0100")[1:]
        shown = await Shown(pilot, *journals).open()
        shown.host.undoable_ids = {"0101", "0103"}
        await shown.press("T", "u", "p", "greater_than_sign", "x")
        held = "0103 0102"
        assert shown.host.done == [
            (Do.RETRY, "0100"),
            (Do.UNDO, "0101"),
            (Do.GO_ON, held),
            (Do.DROP, held),
        ], "what has not ended is not undone, and nothing is paused here"
        shown.host.done.clear()
        await shown.press("right", "end", "T", "u")
        assert shown.host.done == [(Do.RETRY, "0100")]


async def test_a_batch_says_why_nothing_of_it_can_be_undone() -> None:
    async with WidgetApp().run_test(size=(120, 24)) as pilot:
        shown = await Shown(pilot, *together(5, "0100")).open()
        await shown.press("u")
        assert shown.host.done == []
        assert "none of these can be undone" in shown.text


async def test_the_operation_that_was_asked_for_is_found_in_its_batch() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, *together(9, "0100"), DONE, cursor="0104").open()
        assert shown.screen.list.current is not None
        assert shown.screen.list.current.id == "0104"


async def test_only_what_is_under_way_is_listed_of_a_batch() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, *together(5, "0100"), DONE).open()
        await shown.press("h", "right")
        assert "Copy db" not in shown.text
        assert "Deregister web-0" not in shown.text
        assert "Deregister web-2" in shown.text
        assert "in progress: 3" in shown.text.split("\n")[0]


@pytest.mark.parametrize("size", [(60, 20), (20, 5), (120, 40)])
async def test_a_batch_fits_every_size(size: tuple[int, int]) -> None:
    async with AsciiWidgetApp().run_test(size=size) as pilot:
        shown = await Shown(pilot, *together(200, "0100"), DONE, ascii_only=True).open()
        assert ("> Dereg" in shown.text) is (size[0] > 20)
        assert "×" not in shown.text
        await shown.press("right", "down")
        assert all(cell_len(line) <= size[0] for line in screen_lines(pilot.app))


async def test_a_paused_roll_out_shows_how_it_is_continued_and_rolled_back() -> None:
    remedy = "open Operations (o): > begins it again, u rolls it back, x gives it up"
    held = made(1, "Roll out", ASKED, ANSWERED, (EventKind.ON_HOLD, {"why": "cancelled", "remedy": remedy}))
    plan = {**held[0].data["plan"], "kind": "roll-out"}
    journal = [held[0]._replace(data={**held[0].data, "plan": plan}), *held[1:]]
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, journal).open()
        assert "u rolls it back" in " ".join(shown.text.split())
        footer = shown.text.split("\n")[-1]
        assert "> Continue" in footer
        assert "u Roll back" in footer or "u Undo" in footer
