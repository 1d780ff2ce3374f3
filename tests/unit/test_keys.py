"""Every key has one meaning on every screen, and every screen has the keys that leave it and explain it."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

import amitui.ui
from amitui.cli import main
from amitui.ui.actions.registry import ACTIONS
from amitui.ui.keys.ids import BINDING_IDS
from amitui.ui.keys.meanings import GROUPS, MEANINGS, KeyMeaning, meaning_of
from amitui.ui.keys.screens import PLACES
from amitui.ui.keys.table import as_text, bound_keys, place_rows, shown_key
from amitui.ui.screens.browse import BrowseScreen
from amitui.ui.screens.list_pane import ListPane
from amitui.ui.screens.modal import Modal
from tests.support import key_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amitui.ui.keys.screens import KeyPlace


def node_types() -> Iterator[type[DOMNode]]:
    """Every widget, screen and application of the project."""
    seen = set()
    for found in pkgutil.walk_packages(amitui.ui.__path__, "amitui.ui."):
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            ours = isinstance(one, type) and issubclass(one, DOMNode) and one.__module__.startswith("amitui.")
            if ours and one not in seen:
                seen.add(one)
                yield one


BINDERS = [kind for kind in node_types() if "BINDINGS" in kind.__dict__]
SCREENS = [kind for kind in node_types() if issubclass(kind, Screen) and kind not in (Modal, ListPane)]
"""Those that are shown; the two are only what others come from."""


def misused(binding: Binding) -> list[str]:
    """The keys of a binding that mean something else elsewhere, or nothing at all."""
    wrong = []
    for key in binding.key.split(","):
        meaning = meaning_of(key.strip())
        if meaning is None or not meaning.covers(binding.id or ""):
            wrong.append(f"{binding.id}: {key} means {meaning.words if meaning else 'nothing yet'}")
    return wrong


@pytest.mark.parametrize("kind", BINDERS, ids=lambda kind: kind.__name__)
def test_a_key_means_the_same_wherever_it_is_bound(kind: type[DOMNode]) -> None:
    bindings = {binding.id: binding for _, binding in bound_keys(kind)}
    assert [words for binding in bindings.values() for words in misused(binding)] == []
    assert None not in bindings, "a binding without an id cannot be remapped"


def test_the_chooser_s_keys_mean_the_same_too() -> None:
    from amitui.ui.widgets.image_table.table import ImageTable

    assert [words for binding in ImageTable.CHOOSING for words in misused(binding)] == []


def test_a_second_meaning_of_a_key_would_be_found() -> None:
    assert misused(Binding("a", "toggle_all", id="launched.all")) == [
        "launched.all: a means all operations on the image"
    ]
    assert misused(Binding("Q", "quit", id="quit")) == ["quit: Q means nothing yet"]
    assert misused(Binding("h", "toggle_all", id="launched.all")) == []


def test_no_key_stands_in_the_table_twice_and_each_meaning_is_used() -> None:
    keys = [key for meaning in MEANINGS for key in meaning.keys]
    assert len(keys) == len(set(keys))
    ids = {binding.id for kind in BINDERS for _, binding in bound_keys(kind)} | {"table.choose"}
    assert [one.words for one in MEANINGS if not any(one.covers(found or "") for found in ids)] == []
    assert {one.group for one in MEANINGS} == set(GROUPS)


def test_patterns_of_a_meaning_take_whole_ids() -> None:
    meaning = KeyMeaning(("x",), "Move", "", ("*.up", "back"))
    assert [meaning.covers(one) for one in ("table.up", "back", "table.update", "form.back")] == [
        True,
        True,
        False,
        False,
    ]


def keys_of(kind: type[DOMNode]) -> set[str]:
    return {key for key, _ in bound_keys(kind)}


@pytest.mark.parametrize(
    "kind", [kind for kind in SCREENS if kind is not BrowseScreen], ids=lambda kind: kind.__name__
)
def test_every_screen_has_help_and_the_keys_that_leave_it(kind: type[Screen[object]]) -> None:
    listed = [place for place in PLACES if set(place.node_types()) & set(kind.__mro__)]
    assert listed, "not in the table of keys"
    keys = keys_of(kind)
    assert {"f1", "escape"} <= keys
    if not any(place.typed_into for place in listed):
        assert {"question_mark", "q"} <= keys


def test_the_main_screen_has_them_by_its_actions() -> None:
    keys = {key for action in ACTIONS for key in action.keys.split(",")}
    assert {"question_mark", "f1", "escape", "q"} <= keys


def test_everything_that_binds_keys_is_in_the_table() -> None:
    listed = {kind for place in PLACES for kind in place.node_types()}
    shown = {base for kind in listed for base in kind.__mro__}
    assert [kind.__name__ for kind in BINDERS if kind not in shown] == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.title)
def test_every_key_of_a_screen_says_what_it_does(place: KeyPlace) -> None:
    rows = place_rows(place)
    assert rows
    assert all(words and keys for keys, words in rows)


def test_the_table_shows_remapped_keys() -> None:
    text = as_text({"refresh": "f5,ctrl+r", "launched.stop": "s"})
    assert "  F5 Ctrl+R " in text
    assert "  s " in text.partition("Launched instances")[2]


def test_keys_are_called_by_what_is_printed_on_them() -> None:
    keys = ("ctrl+@", "question_mark", "insert", "right_square_bracket", "alt+down", "shift+up", "f5", "ctrl+s")
    assert [shown_key(key) for key in keys] == [
        "Ctrl+Space",
        "?",
        "Ins",
        "]",
        "Alt+↓",
        "Shift+↑",
        "F5",
        "Ctrl+S",
    ]


@pytest.mark.parametrize("page", key_page.PAGES, ids=lambda page: page.path.name)
def test_the_documentation_s_tables_are_those_of_the_code(page: key_page.KeyPage) -> None:
    text = page.path.read_text(encoding="utf-8")
    assert page.with_table(text) == text, "run: python -m tests.support.key_page"


def test_the_command_prints_the_keys_as_the_config_has_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\n"launched.stop" = "s"\n', encoding="utf-8")
    assert main(["keys", "--config", str(config)]) == 0
    told = capsys.readouterr().out
    launched = told.partition("Launched instances\n")[2].partition("\n\n")[0]
    assert "  s          Stop the selected or marked instances" in launched
    assert all(place.title in told for place in PLACES)


def test_the_command_names_every_id_that_the_config_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[keys]\n"launched.stop" = "s"\n[commands.scan]\nrun = "true"\nkey = "f6"\n', encoding="utf-8"
    )
    assert main(["keys", "--ids", "--config", str(config)]) == 0
    told = capsys.readouterr().out
    launched = told.partition("Launched instances\n")[2].partition("\n\n")[0]
    assert "  s          launched.stop          Stop the selected or marked instances" in launched
    assert "  F6  command.scan  scan: " in told
    words = set(told.split())
    # Those of the table while images are chosen (`amitui pick`) have keys of their own.
    assert BINDING_IDS - words <= {"table.choose"}
    keyless = told.partition("Without a key, on the main screen\n")[2]
    assert "  tag             Edit tags: add, change or remove tags" in keyless


def test_an_id_with_a_dot_needs_no_quotes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\nlaunched.stop = "s"\n', encoding="utf-8")
    assert main(["keys", "--config", str(config)]) == 0
    assert "  s          Stop the selected or marked instances" in capsys.readouterr().out
    config.write_text("[keys]\nlaunched.stop = 5\n", encoding="utf-8")
    assert main(["keys", "--config", str(config)]) == 2
