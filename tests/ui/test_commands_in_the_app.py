"""Commands of the user's own in the whole application: their keys, where they are listed, why not, their runs."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.commands.command import UserCommand, read_command
from amitui.domain.operations.may_change import READ_ONLY
from amitui.errors import UsageError
from amitui.settings import ProfileSettings
from amitui.ui import lent_terminal
from amitui.ui.actions import command_start
from amitui.ui.keys.command_keys import PROPOSED
from amitui.ui.screens.command_confirm import CommandConfirmScreen
from amitui.ui.screens.command_output import CommandOutputScreen
from amitui.ui.screens.family import FamilyScreen
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import ACCOUNT, browse_of, make_app, opened, press, screen_text
from tests.support.launch_journals import instance_id, launch, seen
from tests.support.launched_pane import Host, Source
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.ui.app import AmituiApp

PATIENCE_S = 60


def commands(**tables: dict[str, Any]) -> tuple[UserCommand, ...]:
    return tuple(read_command(name, table) for name, table in tables.items())


class Terminal:
    """Stands for the terminal that is lent; keeps what was run on it."""

    def __init__(self) -> None:
        self.ran: list[tuple[Sequence[str], Mapping[str, str]]] = []
        self.code = 0
        self.selections: list[list[dict[str, str]]] = []

    async def run(
        self, _app: AmituiApp, words: Sequence[str], *, environ: Mapping[str, str], pause: lent_terminal.Pause
    ) -> int:
        self.ran.append((words, environ))
        if path := environ.get("AMITUI_SELECTION"):
            assert os.stat(path).st_mode & 0o777 == 0o600
            with open(path, encoding="utf-8") as file:
                self.selections.append([json.loads(line) for line in file])
        return self.code

    @property
    def environ(self) -> Mapping[str, str]:
        """Of the last one."""
        return {name: value for name, value in self.ran[-1][1].items() if name.startswith("AMITUI_")}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    lent = Terminal()
    monkeypatch.setattr(lent_terminal, "run_in_terminal", lent.run)
    return lent


@pytest.fixture(autouse=True)
def _no_variables_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AMITUI_")]:
        monkeypatch.delenv(name)


def said(pilot: Pilot[str]) -> str:
    return pilot.app.query_one(StatusBar).text


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await pilot.pause(0.01)


async def test_a_key_runs_the_command_with_what_the_row_says(tmp_path: Path, terminal: Terminal) -> None:
    app = make_app(tmp_path, commands=commands(scan={"run": ["scan"], "key": "f6"}))
    async with opened(app, (120, 24)) as pilot:
        row = browse_of(pilot).table.cursor_row
        assert row is not None
        await press(pilot, "f6")
        assert terminal.ran[0][0] == ("scan",)
        assert terminal.environ["AMITUI_IMAGE_ID"] == row.image_id
        assert terminal.environ["AMITUI_NAME"] == row.name == "acme-web-20260920"
        assert terminal.environ["AMITUI_ARN"] == f"arn:aws:ec2:us-east-1::image/{row.image_id}"
        assert terminal.environ["AMITUI_ACCOUNT"] == ACCOUNT
        assert terminal.environ["AMITUI_FAMILY"] == "acme-web-*"
        assert terminal.environ["AMITUI_CREATED"] == "2026-09-20T14:13:20Z"
        assert "AMITUI_PROFILE" not in terminal.environ
        assert "AMITUI_SELECTION" not in terminal.environ
        assert set(terminal.ran[0][1]) - set(terminal.environ) == set(os.environ), "no credentials are added"
        assert "scan: exit code 0" in said(pilot)
        terminal.code = -15
        await press(pilot, "f6")
        assert "scan: ended by signal 15" in said(pilot)


async def test_every_key_that_is_proposed_reaches_its_command(tmp_path: Path, terminal: Terminal) -> None:
    tables = {f"c{at}": {"run": [key], "key": key, "applies": "anywhere"} for at, key in enumerate(PROPOSED)}
    app = make_app(tmp_path, commands=commands(**tables))
    async with opened(app) as pilot:
        await press(pilot, *PROPOSED)
        assert [words for words, _ in terminal.ran] == [(key,) for key in PROPOSED]


async def test_several_marked_rows_come_as_ids_and_as_a_file_that_is_deleted(
    tmp_path: Path, terminal: Terminal
) -> None:
    several = {"run": ["each"], "key": "f6", "applies": "images"}
    app = make_app(tmp_path, commands=commands(each=several, one={"run": ["one"], "key": "f7"}))
    async with opened(app, (120, 24)) as pilot:
        await press(pilot, "space", "space")
        marked = list(browse_of(pilot).table.marks)
        await press(pilot, "f6")
        assert terminal.environ["AMITUI_IMAGE_IDS"].split() == [row.image_id for row in marked]
        assert (terminal.environ["AMITUI_COUNT"], terminal.environ["AMITUI_REGION"]) == ("2", "us-east-1")
        assert "AMITUI_IMAGE_ID" not in terminal.environ, "they have none alike"
        assert [one["name"] for one in terminal.selections[0]] == [row.name for row in marked]
        assert not os.path.exists(terminal.environ["AMITUI_SELECTION"])
        await press(pilot, "f7")
        assert len(terminal.ran) == 1
        assert "works on one image at a time: 2 are marked (one)" in said(pilot)


async def test_anywhere_needs_no_row_and_an_image_does(tmp_path: Path, terminal: Terminal) -> None:
    anywhere = {"run": ["sh"], "key": "f6", "applies": "anywhere"}
    app = make_app(tmp_path, commands=commands(shell=anywhere, one={"run": ["one"], "key": "f7"}), text="nothing")
    async with opened(app, (120, 24)) as pilot:
        await press(pilot, "f7")
        assert not terminal.ran
        assert "no image is selected (one)" in said(pilot)
        await press(pilot, "f6")
        assert terminal.environ == {
            "AMITUI_COMMAND": "shell",
            "AMITUI_REGION": "us-east-1",
            "AMITUI_ACCOUNT": ACCOUNT,
        }


async def test_help_palette_and_menu_list_them_and_say_why_not(tmp_path: Path) -> None:
    tables = commands(
        scan={"run": "scan it", "key": "ctrl+e", "title": "Scan the image"},
        wipe={"run": "wipe it", "dangerous": True},
        log={"run": "ssh it", "key": "f6", "applies": "instance"},
    )
    app = make_app(tmp_path, commands=tables, read_only=True)
    async with opened(app, (120, 50)) as pilot:
        await press(pilot, "question_mark", *"your commands")
        helped = [line.strip(" │") for line in screen_text(pilot).split("\n")]
        assert any("│ Ctrl+E  " in line and "Scan the image: scan it" in line for line in helped)
        assert any(":command.wipe" in line and "wipe: wipe it" in line for line in helped)
        text = " ".join(" ".join(helped).split())
        assert "F6 log: ssh it" in text
        assert f"not now: {READ_ONLY}" in text
        assert "not now: for launched instances: L lists them" in text
        await press(pilot, "escape", "q", "colon", *"wipe")
        line = next(line for line in screen_text(pilot).split("\n") if "wipe" in line and "not now" in line)
        assert READ_ONLY[:20] in line
        await press(pilot, "escape", "a")
        listed = [line for line in screen_text(pilot).split("\n") if "Scan the image" in line]
        assert listed
        assert "Ctrl+E" in listed[0]
        assert "scan it" in listed[0]
        assert "ssh it" not in screen_text(pilot)


async def test_the_menu_runs_a_command(tmp_path: Path, terminal: Terminal) -> None:
    app = make_app(tmp_path, commands=commands(scan={"run": ["scan"], "title": "Scan the image"}))
    async with opened(app, (120, 50)) as pilot:
        await press(pilot, "a", *"scan the", "enter")
        assert [words for words, _ in terminal.ran] == [("scan",)]


async def test_a_dangerous_command_is_off_where_amitui_is_read_only(tmp_path: Path, terminal: Terminal) -> None:
    tables = commands(wipe={"run": ["wipe"], "key": "f6", "dangerous": True}, look={"run": ["look"], "key": "f7"})
    app = make_app(tmp_path, commands=tables, read_only=True)
    async with opened(app, (120, 24)) as pilot:
        await press(pilot, "f6")
        assert f"{READ_ONLY} (wipe)" in said(pilot)
        assert not terminal.ran
        await press(pilot, "f7")
        assert len(terminal.ran) == 1


async def test_what_is_confirmed_is_shown_and_runs_only_then(tmp_path: Path, terminal: Terminal) -> None:
    app = make_app(tmp_path, commands=commands(scan={"run": 'scan "$AMITUI_NAME"', "key": "f6", "confirm": True}))
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        assert isinstance(app.screen, CommandConfirmScreen)
        assert 'scan "$AMITUI_NAME"' in screen_text(pilot), "the text of the command, not the image's name in it"
        assert "acme-web-20260920" in screen_text(pilot)
        await press(pilot, "q", "f6")
        assert not terminal.ran
        await press(pilot, "ctrl+s")
        assert len(terminal.ran) == 1


async def test_in_production_a_dangerous_command_wants_the_name_typed(tmp_path: Path, terminal: Terminal) -> None:
    marks = ((ACCOUNT, ProfileSettings(production=True)),)
    tables = commands(
        wipe={"run": ["wipe"], "key": "f6", "dangerous": True},
        look={"run": ["look"], "key": "f7", "confirm": True},
    )
    app = make_app(tmp_path, commands=tables, profiles=marks)
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6", "1", "ctrl+s")
        assert f"this does not match {ACCOUNT}" in screen_text(pilot)
        await press(pilot, "ctrl+c", "ctrl+s")
        assert f"type {ACCOUNT} to confirm" in screen_text(pilot)
        assert f"To confirm, type  {ACCOUNT}" in screen_text(pilot)
        assert f"Account {ACCOUNT} is marked as production" in screen_text(pilot)
        assert not terminal.ran
        await press(pilot, *"q12", "ctrl+s")
        assert f"this does not match {ACCOUNT}" in screen_text(pilot)
        assert not terminal.ran
        await press(pilot, "ctrl+c", *ACCOUNT, "ctrl+s")
        assert [words for words, _ in terminal.ran] == [("wipe",)]
        assert "F5 asks EC2" in said(pilot)
        await press(pilot, "f7", "ctrl+s")
        assert [words for words, _ in terminal.ran] == [("wipe",), ("look",)], "it is only asked"


async def test_a_mark_that_becomes_known_while_the_question_stands_refuses(
    tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, commands=commands(wipe={"run": ["wipe"], "key": "f6", "dangerous": True}))
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        monkeypatch.setattr(command_start, "refusal", lambda *_: f"{READ_ONLY}: it is marked")
        await press(pilot, "ctrl+s")
        assert not terminal.ran
        assert "wipe was not run" in said(pilot)


async def test_output_of_the_background_is_shown_and_can_be_shown_again(tmp_path: Path) -> None:
    tables = commands(
        echo={
            "run": "echo [/foo] $((40+2)); printf '\\033[2J%s' \"$AMITUI_NAME\"; exit 4",
            "background": True,
            "key": "f6",
        }
    )
    app = make_app(tmp_path, commands=tables)
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        await until(pilot, lambda: "[exit code 4 after" in screen_text(pilot))
        lines = [line.strip() for line in screen_text(pilot).split("\n")]
        assert "[/foo] 42" in lines
        assert "acme-web-20260920" in lines
        await press(pilot, "escape", "colon", *"output of your", "down", "enter")
        await until(pilot, lambda: "[/foo] 42" in screen_text(pilot))


async def test_closing_the_output_leaves_it_running_and_its_end_is_said(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    run = f"echo ready; while ! [ -e {gate} ]; do sleep 0.01; done"
    app = make_app(tmp_path / "home", commands=commands(wait={"run": run, "background": True, "key": "f6"}))
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        await until(pilot, lambda: "ready" in screen_text(pilot))
        await press(pilot, "escape", "q")
        assert app.is_running
        assert "still running: wait; q again stops it and quits" in said(pilot)
        gate.touch()
        await until(pilot, lambda: "wait: exit code 0" in said(pilot))
        await press(pilot, "q")
        assert app.return_code == 0
    assert app.user_commands.stopped == ()


async def test_stop_ends_it_and_quitting_twice_stops_it_and_says_so(tmp_path: Path) -> None:
    app = make_app(
        tmp_path, commands=commands(wait={"run": "echo ready; sleep 1000", "background": True, "key": "f6"})
    )
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        await until(pilot, lambda: isinstance(app.screen, CommandOutputScreen))
        await press(pilot, "full_stop")
        await until(pilot, lambda: "[stopped after" in screen_text(pilot))
        await press(pilot, "escape", "f6")
        await until(pilot, lambda: "ready" in screen_text(pilot))
        await press(pilot, "escape", "q")
        await pilot.press("q")
    assert [words.partition(" (")[0] for words in app.user_commands.stopped] == ["wait"]
    assert not app.user_commands.runs.running


async def test_a_program_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    app = make_app(tmp_path, commands=commands(no={"run": ["/nonexistent"], "background": True, "key": "f6"}))
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        assert "cannot start /nonexistent" in said(pilot)
        assert app.screen is app.browse


async def test_the_demo_runs_no_dangerous_command(tmp_path: Path, terminal: Terminal) -> None:
    app = make_app(tmp_path, commands=commands(wipe={"run": ["wipe"], "key": "f6", "dangerous": True}), demo=True)
    async with opened(app, (100, 24)) as pilot:
        await press(pilot, "f6")
        assert "off in the demo" in said(pilot)
        assert not terminal.ran


def test_a_key_of_amitui_s_own_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot use key = 'q'"):
        make_app(tmp_path, commands=commands(x={"run": "x", "key": "q"}))


async def test_the_family_s_page_offers_those_for_families(tmp_path: Path, terminal: Terminal) -> None:
    tables = commands(track={"run": ["track"], "key": "f6", "applies": "family"})
    app = make_app(tmp_path, commands=tables)
    async with opened(app, (100, 40)) as pilot:
        await press(pilot, "F", "down")
        assert isinstance(app.screen, FamilyScreen)
        await press(pilot, "f6")
        assert terminal.environ["AMITUI_NAME"] == "acme-web-20260913"
        assert terminal.environ["AMITUI_FAMILY"] == "acme-web-*"
        assert "track: exit code 0" in screen_text(pilot)
        await press(pilot, "question_mark")
        assert "track: track" in screen_text(pilot)


async def test_the_pane_of_launched_instances_offers_those_for_instances(
    tmp_path: Path, terminal: Terminal
) -> None:
    from amitui.domain.commands.command import AppliesTo
    from amitui.ui.screens.launched.screen import LaunchedScreen

    tables = commands(
        log={"run": ["log"], "key": "f6", "applies": "instance"},
        all={"run": ["all"], "key": "f7", "applies": "instances"},
        image={"run": ["image"], "key": "f10"},
    )
    source = Source(launch(1, [instance_id(1), instance_id(2)]))
    host = Host(source)
    app = make_app(tmp_path, commands=tables)
    async with opened(app, (120, 40)) as pilot:
        screen = LaunchedScreen(host, host.do, host.console)
        screen.offer(app.user_commands.for_pane(AppliesTo.INSTANCE, AppliesTo.INSTANCES))
        app.push_screen(screen)
        await press(pilot)
        await until(pilot, lambda: len(source.watched) == 2)
        source.sees(seen(1, "running", public_ip="203.0.113.7", type="m7i.large"))
        await press(pilot, "home", "f6", "f10")
        (ran,) = terminal.ran
        assert ran[0] == ("log",)
        current = screen.list.current
        assert current is not None
        assert terminal.environ["AMITUI_INSTANCE_ID"] == current.instance_id
        assert terminal.environ["AMITUI_PROFILE"] == current.profile == "dev"
        await press(pilot, "ctrl+a", "f7")
        assert set(terminal.environ["AMITUI_INSTANCE_IDS"].split()) == {instance_id(1), instance_id(2)}
        by_id = {one["instance_id"]: one for one in terminal.selections[-1]}
        assert by_id[instance_id(1)]["public_ip"] == "203.0.113.7"
        await press(pilot, "f6")
        assert "works on one instance at a time: 2 are marked" in screen_text(pilot)
        await press(pilot, "question_mark", *"your commands")
        assert "log: log" in screen_text(pilot)


class Run:
    """A run whose output a test writes."""

    def __init__(self, *lines: str) -> None:
        self.output = list(lines)
        self.about, self.left_out, self.stopped = "ami-1", 0, 0
        self.code: int | None = None

    @property
    def is_running(self) -> bool:
        return self.code is None

    @property
    def how(self) -> str:
        return "running, 1 s" if self.code is None else f"exit code {self.code} after 1 s"

    def stop(self) -> None:
        self.stopped += 1


async def test_the_output_follows_its_end_unless_somebody_scrolled_up() -> None:
    run = Run(*(f"line {number}" for number in range(100)))
    async with WidgetApp().run_test(size=(60, 12)) as pilot:
        screen = CommandOutputScreen("scan", run, lambda _text: "copied")
        await pilot.app.push_screen(screen)
        await until(pilot, lambda: "line 99" in "\n".join(screen_lines(pilot.app)))
        run.output.append("one more")
        screen.renew()
        await until(pilot, lambda: "one more" in "\n".join(screen_lines(pilot.app)))
        await pilot.press("home")
        await pilot.pause()
        run.output.append("yet another")
        screen.renew()
        await pilot.pause()
        await pilot.pause()
        assert "line 0" in "\n".join(screen_lines(pilot.app))
        await pilot.press("full_stop")
        assert run.stopped == 1
        bar = screen.query_one(KeyBar)
        assert "Stop" in bar.text
        run.code = 0
        screen.renew()
        await pilot.press("full_stop")
        assert run.stopped == 1, "it has ended"
        await until(pilot, lambda: "Stop" not in bar.text)
