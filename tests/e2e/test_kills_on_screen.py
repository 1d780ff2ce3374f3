"""A copy that is begun on the screen outlives the process it was begun in; two amitui do not get into its way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from amitui.domain.operations.operation import EventKind
from amitui.operations.journal import Journal
from tests.e2e.conftest import OpenTerminal
from tests.support.boto3_cloud import AWAY, HOME, Boto3Cloud, boto3_cloud
from tests.support.terminal import Terminal, TerminalTimeoutError
from tests.support.terminal_forms import confirm
from tests.support.terminal_steps import START_SECONDS, access_keys, has_rows, leave, run, shows

SPEED: Final = 1
"""A copy takes minutes, which the tests let pass when they have seen enough of it."""
LONG: Final = 900
"""In so many seconds it is certainly done."""
UNDER_WAY, DONE = "●", "✓"
TITLE: Final = f"heirloom-1 to {AWAY}"


class Desk:
    """Somebody at a machine with one account and one journal, and as many amitui as they like.

    Args:
        image_id: of the one image of theirs that is called heirloom.
    """

    def __init__(
        self,
        cloud: Boto3Cloud,
        image_id: str,
        command: list[str],
        environment: dict[str, str],
        open_: OpenTerminal,
    ) -> None:
        self.cloud = cloud
        self.image_id = image_id
        self._environment = environment | access_keys() | {"AWS_REGION": HOME}
        self._where = ["--endpoint-url", cloud.url]
        self._command = command
        self._open = open_

    def start(self) -> Terminal:
        """amitui with rows on its screen."""
        terminal = self._open([*self._command, *self._where], environment=self._environment)
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        return terminal

    def listed(self) -> dict[str, Any]:
        """The one operation that `amitui ops` lists."""
        said = run(self._command, self._environment, "ops", "-o", "json", *self._where)
        assert said.returncode == 0, said.stderr
        (found,) = json.loads(said.stdout)
        return dict(found)

    def drivers(self) -> list[str]:
        """Who has driven the one operation, in order."""
        (path,) = Path(self._environment["XDG_STATE_HOME"]).rglob("journal.sqlite")
        journal = Journal.read(str(path))
        assert journal is not None
        with journal:
            (operation,) = journal.operations()
            events = journal.events(operation.id)
        return [str(one.data["driver"]) for one in events if one.kind in (EventKind.PLANNED, EventKind.ADOPTED)]

    def copies(self) -> list[dict[str, Any]]:
        """What boto3 sees of copies of the image."""
        found = self.cloud.own_images(AWAY).values()
        return [image for image in found if image.get("SourceImageId") == self.image_id]


@pytest.fixture
def desk(amitui_command: list[str], environment: dict[str, str], open_terminal: OpenTerminal) -> Iterator[Desk]:
    with boto3_cloud(SPEED) as cloud:
        (image_id,) = cloud.copies(1, "heirloom")
        cloud.pass_time(LONG)
        cloud.catch_up()
        yield Desk(cloud, image_id, amitui_command, environment, open_terminal)


def begin_copy(terminal: Terminal, image_id: str) -> None:
    """Find the image, open the form for a copy in Ireland, and confirm."""
    terminal.press("/")
    terminal.type("heirloom")
    terminal.wait_for(shows("1 of ", image_id), timeout=START_SECONDS)
    assert "a Change" not in terminal.screen_text(), "keys go to the query"
    terminal.press("enter")
    terminal.wait_for("a Change")
    terminal.press("c")
    terminal.wait_for("press Enter to choose Regions")
    terminal.press("enter")
    terminal.wait_for("type to filter")
    terminal.type("ireland")
    terminal.wait_for(lambda t: "Frankfurt" not in t.screen_text() and "○ eu-west-1" in t.screen_text())
    terminal.press("insert")
    terminal.wait_for("● eu-west-1")
    terminal.press("enter")
    terminal.wait_for(lambda t: "Copy to       eu-west-1" in t.screen_text())
    terminal.press("ctrl+s")
    terminal.wait_for("EC2 allows it.")
    confirm(terminal)
    terminal.wait_for("started: ")


def open_operations(terminal: Terminal, sign: str) -> None:
    """Open the operations pane, where the copy has that sign."""
    terminal.press("o")
    terminal.wait_for(marked(sign), timeout=START_SECONDS)


def marked(sign: str) -> Callable[[Terminal], bool]:
    """Whether the operations pane shows the copy with a sign."""
    return lambda t: any(TITLE in line and sign in line for line in t.screen_text().splitlines()[1:3])


def shows_operations(terminal: Terminal) -> bool:
    """Whether the main screen's status line says that something is under way."""
    return "in progress" in terminal.screen_text().splitlines()[-2]


def close_operations(terminal: Terminal) -> None:
    terminal.press("escape")
    terminal.wait_for(shows("1 Mine"))


def kill(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.wait_for_exit() == -signal.SIGKILL


def test_a_copy_survives_the_screen_that_began_it(desk: Desk) -> None:
    first = desk.start()
    begin_copy(first, desk.image_id)
    open_operations(first, UNDER_WAY)
    first.wait_for("pending")
    kill(first)
    (copy,) = desk.copies()
    listed = desk.listed()
    assert (listed["State"], listed["ImageId"], listed["Driven"]) == ("waiting", copy["ImageId"], False)

    second = desk.start()
    second.wait_for(shows_operations, timeout=START_SECONDS)
    open_operations(second, UNDER_WAY)
    second.wait_for("pending")
    listed = desk.listed()
    assert (listed["State"], listed["ImageId"], listed["Driven"]) == ("waiting", copy["ImageId"], True)
    kill(second)

    third = desk.start()
    third.wait_for(shows_operations, timeout=START_SECONDS)
    desk.cloud.pass_time(LONG)
    third.wait_for(lambda t: not shows_operations(t), timeout=START_SECONDS)
    open_operations(third, DONE)
    close_operations(third)
    leave(third)
    listed = desk.listed()
    assert (listed["State"], listed["ImageId"], listed["Driven"]) == ("done", copy["ImageId"], False)
    assert [(one["ImageId"], one["State"]) for one in desk.copies()] == [(copy["ImageId"], "available")]
    assert desk.cloud.times("CopyImage", SourceImageId=desk.image_id) == 1
    assert len(set(desk.drivers())) == 3


def test_a_second_amitui_takes_nothing_from_the_first_until_that_is_dead(desk: Desk) -> None:
    first, second = desk.start(), desk.start()
    begin_copy(first, desk.image_id)
    open_operations(first, UNDER_WAY)
    first.wait_for("pending")
    for _ in range(2):  # each `amitui ops` would adopt what no process drives
        open_operations(second, UNDER_WAY)
        second.wait_for("pending")
        close_operations(second)
    assert len(desk.drivers()) == 1
    kill(first)

    open_operations(second, UNDER_WAY)
    assert desk.listed()["Driven"]
    assert len(set(desk.drivers())) == 2
    desk.cloud.pass_time(LONG)
    second.wait_for(marked(DONE), timeout=START_SECONDS)
    close_operations(second)
    leave(second)
    assert [image["State"] for image in desk.copies()] == ["available"]
    assert desk.cloud.times("CopyImage", SourceImageId=desk.image_id) == 1


class Outdated(AssertionError):
    """The screen shows what is no longer true."""


def see_done(terminal: Terminal) -> None:
    """Wait until an open operations pane says so by itself.

    Raises:
        Outdated: it does not.
    """
    try:
        terminal.wait_for(marked(DONE), timeout=START_SECONDS)
    except TerminalTimeoutError as error:
        raise Outdated from error


def test_a_second_amitui_follows_what_the_first_does(desk: Desk) -> None:
    first, second = desk.start(), desk.start()
    begin_copy(first, desk.image_id)
    open_operations(first, UNDER_WAY)
    first.wait_for("pending")
    open_operations(second, UNDER_WAY)
    desk.cloud.pass_time(LONG)
    first.wait_for(marked(DONE), timeout=START_SECONDS)
    assert len(desk.drivers()) == 1
    see_done(second)


def test_a_second_amitui_goes_on_where_the_first_died_without_being_asked(desk: Desk) -> None:
    first, second = desk.start(), desk.start()
    begin_copy(first, desk.image_id)
    open_operations(first, UNDER_WAY)
    first.wait_for("pending")
    open_operations(second, UNDER_WAY)
    kill(first)
    desk.cloud.pass_time(LONG)
    see_done(second)
    assert len(set(desk.drivers())) == 2
    assert [image["State"] for image in desk.copies()] == ["available"]
