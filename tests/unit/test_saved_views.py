"""Views under names, kept in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from amitui.cli.arguments import parse
from amitui.cli.common_options import with_saved_view
from amitui.cli.find import FindRequest
from amitui.configuration.load import load_settings
from amitui.domain.catalogue.scope import AMAZON, Scope
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.terms import Query, SortOrder
from amitui.errors import CacheError, UsageError
from amitui.services.saved_views import SavedViews, name_in

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.settings import Settings

VIEW = ViewRequest(
    Query("eks 1.33", ()), ("eu-central-1", "eu-west-1"), (AMAZON,), (), False, 0, SortOrder("name", False)
)


@pytest.fixture
def views(tmp_path: Path) -> SavedViews:
    return SavedViews(str(tmp_path / "state" / "views.json"))


def test_a_saved_view_comes_back_whole(views: SavedViews) -> None:
    views.save("eks", VIEW, now=100)
    [found] = views.all()
    assert (found.name, found.visited) == ("eks", 100)
    assert found.state.query == "eks 1.33"
    assert found.state.regions == VIEW.regions
    assert found.state.scopes == ("amazon",)
    assert found.state.sort_term == "sort:name"


def test_saving_again_replaces_and_removing_forgets(views: SavedViews) -> None:
    views.save("one", VIEW, now=1)
    views.save("two", VIEW, now=1)
    views.save("one", VIEW._replace(query=Query("debian", ())), now=2)
    assert [(view.name, view.state.query) for view in views.all()] == [("one", "debian"), ("two", "eks 1.33")]
    views.remove("one")
    assert [view.name for view in views.all()] == ["two"]


def test_a_visit_moves_what_counts_as_new(views: SavedViews) -> None:
    views.save("one", VIEW, now=1)
    views.visit("one", now=50)
    views.visit("absent", now=50)
    assert [(view.name, view.visited) for view in views.all()] == [("one", 50)]


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "../up", "a/b", "bell\a", "@x"])
def test_a_name_that_cannot_be_typed_is_refused(views: SavedViews, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        views.save(name, VIEW, now=1)


def test_an_unknown_name_says_which_there_are(views: SavedViews) -> None:
    views.save("eks", VIEW, now=1)
    with pytest.raises(UsageError) as raised:
        views.get("esk")
    assert "@eks" in raised.value.why


@pytest.mark.parametrize("content", ["", "[", "[]", '{"a": 1, "b": {"query": 7}, "c d": {}}'])
def test_a_damaged_file_is_read_as_far_as_it_goes(tmp_path: Path, content: str) -> None:
    path = tmp_path / "views.json"
    path.write_text(content)
    assert [view.name for view in SavedViews(str(path)).all()] == (["b"] if "b" in content else [])


def test_the_file_is_private(views: SavedViews, tmp_path: Path) -> None:
    views.save("eks", VIEW, now=1)
    path = tmp_path / "state" / "views.json"
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text())["eks"]["query"] == "eks 1.33"


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [("@eks", "eks", ""), (" @eks arm64 -gpu", "eks", "arm64 -gpu"), ("eks @x", "", "eks @x"), ("@", "", "@")],
)
def test_a_view_is_named_at_the_beginning(text: str, name: str, rest: str) -> None:
    assert name_in(text) == (name, rest)


def test_the_command_line_opens_a_view_and_what_is_typed_wins(tmp_path: Path) -> None:
    settings = load_settings(
        {"cache_dir": str(tmp_path)}, {"HOME": str(tmp_path), "AMITUI_STATE_DIR": str(tmp_path)}
    )
    SavedViews(settings.locations.views_file).save("eks", VIEW, now=1)
    opened = with_saved_view(settings, "@eks arm64")
    assert opened.query == "eks 1.33 sort:name arm64"
    assert (opened.scopes, opened.regions) == (("amazon",), VIEW.regions)
    typed = with_saved_view(settings._replace(scopes=("mine",), regions=("us-east-1",)), "@eks")
    assert (typed.scopes, typed.regions) == (("mine",), ("us-east-1",))
    with pytest.raises(UsageError, match="no saved view @nothing"):
        with_saved_view(settings, "@nothing")
    assert Scope.parse(opened.scopes[0]) == AMAZON


@pytest.mark.parametrize("visited", [-1, 10**23, True, "7", 1.5, None])
def test_a_moment_that_no_index_holds_counts_as_never(tmp_path: Path, visited: object) -> None:
    path = tmp_path / "views.json"
    path.write_text(json.dumps({"eks": {"query": "eks", "visited": visited}}))
    [view] = SavedViews(str(path)).all()
    assert view.visited == 0


def test_nothing_in_the_file_commands_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    stored = {"query": "a\x1b[2Jb", "regions": ["us-east-1\x1b[2J", "us-east-1"], "scopes": ["zzz", "all"]}
    path.write_text(json.dumps({"eks": stored}))
    [view] = SavedViews(str(path)).all()
    assert view.state.query == "a␦[2Jb"
    assert (view.state.regions, view.state.scopes) == (("us-east-1",), ("all",))


@pytest.mark.parametrize("content", ['{"eks": {"query": "x"},}', "[1]", '{"cut": {"que'])
def test_saving_keeps_a_damaged_file_beside_the_new_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "views.json"
    path.write_text(content)
    views = SavedViews(str(path))
    views.save("new", VIEW, now=1)
    assert [view.name for view in views.all()] == ["new"]
    assert (tmp_path / "views.json.damaged").read_text() == content


@pytest.mark.parametrize("content", ["", "{}", " {}\n"])
def test_an_empty_file_is_not_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "views.json").write_text(content)
    SavedViews(str(tmp_path / "views.json")).save("new", VIEW, now=1)
    assert [path.name for path in tmp_path.iterdir()] == ["views.json"]


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(CacheError):
        SavedViews(str(tmp_path / "state" / "views.json")).save("new", VIEW, now=1)


def test_find_shows_deprecated_images_where_its_view_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[FindRequest] = []

    def find(_: object, request: FindRequest) -> int:
        asked.append(request)
        return 0

    monkeypatch.setattr("amitui.cli.find.find", find)
    monkeypatch.setenv("AMITUI_STATE_DIR", str(tmp_path))
    views = SavedViews(str(tmp_path / "views.json"))
    views.save("old", VIEW._replace(show_deprecated=True), now=1)
    views.save("new", VIEW, now=1)
    for text in ("@old", "@new", "debian"):
        assert parse(["find", text])() == 0
    assert [request.include_deprecated for request in asked] == [True, False, False]


def test_a_view_is_opened_at_start_where_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Settings] = []

    def browse(settings: Settings) -> int:
        opened.append(settings)
        return 0

    def full_disk(*_: object) -> None:
        raise CacheError("the disk is full")

    monkeypatch.setattr("amitui.cli.browse.browse", browse)
    monkeypatch.setenv("AMITUI_STATE_DIR", str(tmp_path))
    SavedViews(str(tmp_path / "views.json")).save("eks", VIEW, now=1)
    monkeypatch.setattr("amitui.services.saved_views.write_note", full_disk)
    assert parse(["@eks"])() == 0
    assert [settings.query for settings in opened] == ["eks 1.33 sort:name"]
