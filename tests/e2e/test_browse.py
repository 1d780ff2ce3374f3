"""The product as its user meets it: the demo in a real terminal, from the first screen to a copied id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.controls import assert_no_foreign_controls

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal
    from tests.e2e.terminal import Terminal

IMAGE_ID = re.compile(r"\bami-[0-9a-f]{8,17}\b")
START_SECONDS = 60


def has_rows(terminal: Terminal) -> bool:
    return IMAGE_ID.search(terminal.screen_text()) is not None


@pytest.fixture
def demo(open_terminal: OpenTerminal, amitui_command: list[str]) -> Terminal:
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for(has_rows, timeout=START_SECONDS)
    return terminal


def test_the_readmes_first_five_things_lead_to_an_id_of_a_second_region(demo: Terminal) -> None:
    demo.press("4")
    demo.wait_for("Canonical", timeout=START_SECONDS)
    demo.press("/")
    demo.type("ubuntu 24.04 arm64")
    demo.wait_for(lambda t: "ubuntu-noble-24.04-arm64" in t.screen_text())
    demo.press("enter", "r")
    demo.wait_for("eu-central-1")
    demo.type("frankfurt")
    demo.wait_for(lambda t: "us-west-2" not in t.screen_text())
    demo.press("enter")
    demo.wait_for(
        lambda t: "ubuntu-noble-24.04-arm64" in t.screen_text() and "eu-central-1" in t.screen_text(),
        timeout=START_SECONDS,
    )
    demo.wait_settled(300)
    newest = IMAGE_ID.search(demo.screen_text())
    assert newest is not None
    demo.press("y")
    demo.wait_for("sent")
    assert demo.clipboard == [newest.group()]


def test_enter_shows_everything_and_escape_goes_back(demo: Terminal) -> None:
    demo.press("enter")
    demo.wait_for("Identity")
    demo.press("right")
    demo.wait_for('"ImageId"')
    demo.press("escape")
    demo.wait_for(lambda t: "Details" not in t.screen_text().splitlines()[3] and has_rows(t))


def test_a_query_that_cannot_be_understood_is_marked_and_keeps_the_rows(demo: Terminal) -> None:
    demo.press("/")
    demo.type("colour:red")
    demo.wait_for("^")
    assert has_rows(demo)
    demo.press("escape")
    demo.wait_for(lambda t: "^" not in t.screen_text())


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (200, 60), (80, 24)])
def test_any_size_is_survived(demo: Terminal, size: tuple[int, int]) -> None:
    demo.resize(*size)
    demo.press("down", "enter", "escape", "?", "escape")
    demo.resize(80, 24)
    demo.wait_for(has_rows)


def test_every_key_pressed_in_any_order_does_no_harm(demo: Terminal) -> None:
    for key in (
        "S",
        "escape",
        "v",
        "escape",
        "e",
        "escape",
        "!",
        "escape",
        "i",
        "escape",
        "d",
        "f",
        "f",
        "P",
        "Y",
    ):
        demo.press(key)
    for key in (
        "1",
        "2",
        "3",
        "5",
        "6",
        "7",
        "space",
        "space",
        "end",
        "home",
        "pagedown",
        "f5",
        "ctrl+x",
        "escape",
    ):
        demo.press(key)
    demo.wait_settled(300, timeout=START_SECONDS)
    demo.press("4")
    demo.wait_for(has_rows, timeout=START_SECONDS)
    demo.press("q")
    assert demo.wait_for_exit() == 0
    assert_no_foreign_controls(demo.raw)


def test_q_leaves_from_the_first_moment_and_the_terminal_is_given_back(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for(lambda t: "Mine" in t.screen_text(), timeout=START_SECONDS)
    terminal.press("q")
    assert terminal.wait_for_exit() == 0
    assert b"\x1b[?1049l" in terminal.raw
