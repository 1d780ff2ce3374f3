"""`[keys]` of the config is taken as it is meant, or refused with words that help."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from amitui.cli import main
from amitui.errors import UsageError
from amitui.ui.actions.registry import ACTIONS
from amitui.ui.keys.ids import BINDING_IDS
from amitui.ui.keys.keymap import checked_keymap
from amitui.ui.keys.screens import PLACES
from amitui.ui.keys.table import bound_keys
from amitui.ui.widgets.image_table.table import ImageTable
from tests.support import key_page

if TYPE_CHECKING:
    from pathlib import Path


def checked(**keys: str) -> dict[str, str]:
    named = {name.replace("__", "."): typed for name, typed in keys.items()}
    return checked_keymap(named, ["command.tag"], "config.toml")


def test_the_ids_are_those_of_all_bindings_and_actions() -> None:
    found = {binding.id for place in PLACES for node in place.node_types() for _, binding in bound_keys(node)}
    found |= {binding.id for binding in ImageTable.CHOOSING} | {action.id for action in ACTIONS}
    assert sorted(BINDING_IDS) == sorted(one or "" for one in found)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("refrsh", "refresh"),
        ("launched.stpo", "launched.stop"),
        ("Quit", "quit"),
        ("command.tga", "command.tag"),
        ("picker.levae", "picker.leave"),
    ],
)
def test_an_unknown_id_is_refused_with_the_nearest_one_and_those_of_its_screen(typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_keymap({typed: "f6"}, ["command.tag"], "config.toml")
    assert refused.value.what == f"unknown id {typed!r} in [keys] of config.toml; did you mean {meant}?"
    assert meant in refused.value.remedy.removeprefix("one of ").partition(";")[0].split(", ")
    assert refused.value.remedy.endswith("amitui keys --ids lists all with their keys")


def test_an_id_that_is_like_none_is_refused_with_those_of_the_main_screen() -> None:
    with pytest.raises(UsageError) as refused:
        checked(nosuchthing="f6")
    assert "did you mean" not in refused.value.what
    assert "refresh" in refused.value.remedy
    assert "launched.stop" not in refused.value.remedy


@pytest.mark.parametrize("keys", ["", " ", "ctl+r", "f5,", "ctrl+i", "f5,nokey"])
def test_what_is_no_key_is_refused(keys: str) -> None:
    with pytest.raises(UsageError, match=r"refresh .*\[keys\] of config.toml|\[keys\] of config.toml has no key"):
        checked(refresh=keys)


def test_keys_are_taken_as_people_write_them() -> None:
    assert checked(refresh="F5, ctrl+r", help="?,F1", picker__mark_typed="ctrl+@", command__tag="f6") == {
        "refresh": "f5,ctrl+r",
        "help": "question_mark,f1",
        "picker.mark_typed": "ctrl+@",
        "command.tag": "f6",
    }


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ({"refresh": "q,ctrl+q,ctrl+c"}, "quit amitui"),
        ({"table.mark": "q", "cancel": "ctrl+q", "columns": "ctrl+c"}, "quit amitui"),
        ({"quit": "f6", "table.mark": "f6", "suspend": "ctrl+q,ctrl+c"}, "quit amitui"),
        ({"picker.leave": "x"}, "leave the screen 'Pickers: one is chosen'"),
        ({"picker.mark": "escape"}, "leave the screen 'Pickers: several can be marked'"),
        ({"operations.all": "q,escape,o"}, "leave the screen 'Operations'"),
        ({"operations.leave": "s", "operations.all": "s"}, "leave the screen 'Operations'"),
        ({"review.do": "escape,q"}, "leave the screen 'Form: review'"),
        ({"suspend": "escape,q"}, "leave the screen 'Facets'"),
    ],
)
def test_keys_that_leave_no_way_out_of_a_screen_are_refused(keys: dict[str, str], left: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_keymap(keys, [], "config.toml")
    assert refused.value.what == f"[keys] of config.toml leaves no key to {left}"
    assert all(f'{name} = "{typed}"' in refused.value.why for name, typed in keys.items() if "leave" in name)


@pytest.mark.parametrize(
    "keys",
    [
        {"refresh": "q"},
        {"quit": "Q", "quit_always": "alt+q", "interrupt": "alt+c"},
        {"refresh": "q,ctrl+q"},
        {"picker.leave": "f7"},
        {"audit.down": "escape"},
        {"quit_always": "escape"},
        {"quit": "f6", "quit_always": "f7", "interrupt": "f8", "refresh": "f6,f7,f8"},
        {"operations.leave": "s"},
    ],
)
def test_keys_of_leaving_can_be_moved_while_one_is_left(keys: dict[str, str]) -> None:
    assert checked_keymap(keys, [], "config.toml") == keys


def test_the_documentation_s_example_is_taken() -> None:
    text = next(page.path for page in key_page.PAGES if page.path.name == "keys.md").read_text(encoding="utf-8")
    keys = tomllib.loads(text.partition("```toml\n")[2].partition("```")[0])["keys"]
    assert checked_keymap(keys, [], "config.toml").keys() == keys.keys()


def test_the_command_refuses_them_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\nrefrsh = "f5"\n', encoding="utf-8")
    assert main(["keys", "--config", str(config)]) == 2
    assert "did you mean refresh?" in capsys.readouterr().err
