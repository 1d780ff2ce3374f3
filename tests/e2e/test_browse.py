"""The product as its user meets it: the demo in a real terminal, from the first screen to a copied id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal_controls import assert_no_foreign_controls
from tests.support.terminal_steps import IMAGE_ID, START_SECONDS, has_rows, hides, leave, open_and_close, shows

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal


@pytest.fixture
def demo(open_terminal: OpenTerminal, amitui_command: list[str]) -> Terminal:
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for(has_rows, timeout=START_SECONDS)
    return terminal


def test_the_readmes_first_five_things_lead_to_an_id_of_a_second_region(demo: Terminal) -> None:
    demo.press("4")
    demo.wait_for("✓  Ubuntu", timeout=START_SECONDS)
    demo.press("/")
    demo.type("ubuntu 24.04 arm64")
    demo.wait_for(shows("/ ubuntu 24.04 arm64", "✓  Ubuntu 24.04"))
    demo.press("enter")
    demo.wait_for("a Change")
    demo.press("r")
    demo.wait_for("eu-central-1")
    demo.type("frankfurt")
    demo.wait_for(hides("us-west-2"))
    demo.press("enter")
    demo.wait_for(
        lambda t: "✓  Ubuntu 24.04" in t.screen_text() and "eu-central-1" in t.screen_text().splitlines()[-2],
        timeout=START_SECONDS,
    )
    demo.wait_for(hides("fetching"), timeout=START_SECONDS)
    demo.wait_settled(600)
    newest = IMAGE_ID.search(demo.screen_text())
    assert newest is not None
    demo.press("y")
    demo.wait_for("sent")
    assert demo.clipboard == [newest.group()]


def test_enter_shows_everything_and_escape_goes_back(demo: Terminal) -> None:
    demo.press("enter")
    demo.wait_for("Identity")
    demo.press("right")
    demo.wait_for("registered")
    demo.press("right")
    demo.wait_for('"BlockDeviceMappings"')
    demo.press("end")
    demo.wait_for('"ImageType"')
    demo.press("escape")
    demo.wait_for(lambda t: has_rows(t) and "Timeline  Raw" not in t.screen_text())


def test_a_query_that_cannot_be_understood_is_marked_and_answered_by_no_row(demo: Terminal) -> None:
    demo.press("/")
    demo.type("\x1b[200~colour:red\x1b[201~")  # pasted: typed letter by letter, "colour" would be a word first
    demo.wait_for("^")
    demo.wait_for(lambda t: not has_rows(t))
    demo.press("escape")
    demo.wait_for(hides("^"))
    demo.wait_for(has_rows)


def test_what_is_typed_behind_the_search_key_in_one_breath_is_the_query(demo: Terminal) -> None:
    demo.type("/base 4")
    demo.wait_for("/ base 4")
    demo.press("escape")
    demo.wait_for(hides("/ base 4"))
    demo.type("a/b")
    demo.wait_for("/ a/b")


def test_what_is_taken_away_in_one_breath_is_what_stood_there(demo: Terminal) -> None:
    demo.press("/")
    demo.wait_for(hides("Enter Details"))
    demo.type("wrong\x15bast\x7fe x\x17al2023")
    demo.wait_for("/ base al2023")


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (200, 60)])
def test_any_size_is_survived(demo: Terminal, size: tuple[int, int]) -> None:
    demo.resize(*size)
    demo.press("down", "enter")
    demo.wait_settled(200)
    demo.press("escape")
    demo.wait_settled(200)
    demo.press("?")
    demo.wait_settled(200)
    demo.press("escape")
    demo.wait_settled(200)
    demo.resize(80, 24)
    demo.wait_for(has_rows)
    leave(demo)


def test_every_key_pressed_in_any_order_does_no_harm(demo: Terminal) -> None:
    for key, title in (("S", "Sort by"), ("v", "Columns"), ("e", "Export"), ("!", "Errors"), ("i", "Identity")):
        open_and_close(demo, key, title)
    demo.press(*"dffPY1235", "6", "7", "space", "space", "end", "home", "pagedown", "f5", "ctrl+x", "escape")
    demo.wait_settled(300, timeout=START_SECONDS)
    demo.press("4")
    demo.wait_for(has_rows, timeout=START_SECONDS)
    leave(demo)
    assert_no_foreign_controls(demo.raw)


def test_keys_pressed_faster_than_dialogs_open_do_no_harm(demo: Terminal) -> None:
    demo.press(*"SvredfP!i?", "enter", "f5", "7", "end", *"yY:", "escape")
    demo.wait_settled(500, timeout=START_SECONDS)
    demo.press("ctrl+q")
    assert demo.wait_for_exit() == 0
    assert "Traceback" not in demo.raw.decode()


def test_q_leaves_from_the_first_moment_and_the_terminal_is_given_back(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    terminal = open_terminal([*amitui_command, "--demo"])
    terminal.wait_for("Mine", timeout=START_SECONDS)
    leave(terminal)
    assert b"\x1b[?1049l" in terminal.raw


def test_keys_in_one_burst_go_where_they_were_meant_to(demo: Terminal) -> None:
    demo.press("/", *"acme-web", "enter", "d")
    demo.wait_for("deprecated images shown")
    assert demo.screen_text().splitlines()[0] == "/ acme-web"


def test_one_write_leads_to_the_screen_to_which_spaced_keys_lead(
    demo: Terminal, open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    # A search, the menu of changes, and in the form that it opens the switch behind the third Tab.
    keys = ("/", *"acme-base", "enter", "a", *"copy", "enter", "tab", "tab", "tab", "space")
    slow = open_terminal([*amitui_command, "--demo"])
    slow.wait_for(has_rows, timeout=START_SECONDS)
    for terminal in (demo, slow):
        terminal.wait_for(hides("fetching"), timeout=START_SECONDS)
    demo.press(*keys)
    for key in keys:
        slow.press(key)
        slow.wait_settled(200, timeout=START_SECONDS)

    def form(terminal: Terminal) -> list[str]:
        # The image and the proposed name hold dates, and the demo's ages go on.
        lines = (re.sub(r"\d", "0", line) for line in terminal.screen_text().splitlines())
        return [line[line.index("│") : line.rindex("│")] for line in lines if line.count("│") > 1]

    slow.wait_for(lambda t: "Copy" in t.screen_text() and len(form(t)) > 5, timeout=START_SECONDS)
    demo.wait_for(lambda t: form(t) == form(slow) and form(t) != [], timeout=START_SECONDS)


def test_a_hostile_paste_onto_the_table_is_a_search_and_no_key(demo: Terminal) -> None:
    demo.type("\x1b[200~acme\rDq\x1b[31" + "q" * 40 + "\x1b\x1b[201~")
    demo.wait_for("/ acme Dq")
    demo.press("ctrl+u")
    demo.wait_for(has_rows)
    assert demo.exit_code is None
