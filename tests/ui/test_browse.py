"""The main screen as its user works it: a real catalogue in a folder, a cloud that is a dictionary."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui.domain.catalogue.scope import ALL, AMAZON, COMMUNITY, MARKETPLACE, MINE, PUBLISHERS, SHARED
from amitui.errors import AmituiError, CredentialsError, DeniedError, NetworkError
from amitui.services.remembered import load_state
from amitui.ui.actions.help import help_sections
from amitui.ui.actions.registry import ACTIONS
from amitui.ui.app import AmituiApp
from amitui.ui.palette import AmituiCommands
from amitui.ui.screens.compare import CompareScreen
from amitui.ui.screens.errors import ErrorsScreen
from amitui.ui.screens.export import PathCheck
from amitui.ui.screens.help import HelpScreen
from amitui.ui.screens.regions import RegionsScreen
from amitui.ui.widgets.detail_pane import DetailPane
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.scope_tabs import ScopeTabs
from amitui.ui.widgets.status_bar import StatusBar
from tests.support.app import (
    NOW,
    STRANGER,
    FakeCloud,
    browse_of,
    fill,
    make_app,
    opened,
    press,
    record,
    rows,
    sample_records,
    screen_text,
    settled,
    shared_with,
    stable_environment,
)
from tests.support.widget_app import screen_lines

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.widget import Widget

MINE_NAMES = ["acme-web-20260920", "acme-web-20260913", "acme-db-copy"]


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def sent_to_clipboard(app: AmituiApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What OSC 52 sequences carry, from now on."""
    sent: list[str] = []

    def write(data: str) -> None:
        if data.startswith("\x1b]52;c;"):
            sent.append(base64.b64decode(data.removeprefix("\x1b]52;c;").rstrip("\x07")).decode())

    assert app._driver is not None
    monkeypatch.setattr(app._driver, "write", write)
    return sent


def has_focus(pilot: Pilot[str], widget: Widget) -> bool:
    return pilot.app.focused is widget


# Searching


async def test_each_typed_character_filters(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS)) as pilot:
        assert len(rows(pilot)) == 12
        await press(pilot, "slash", *"24.04")
        assert len(rows(pilot)) == 2
        assert "2 families, 6 images" in pilot.app.query_one(StatusBar).text
        await press(pilot, "space", *"arm64")
        assert len(rows(pilot)) == 1
        assert "1 family, 3 images" in pilot.app.query_one(StatusBar).text


async def test_what_is_typed_right_behind_the_search_key_belongs_to_the_query(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS)) as pilot:
        await pilot.press("slash", *"jammy")
        await settled(pilot)
        assert browse_of(pilot).view.text == "jammy"
        assert len(rows(pilot)) == 2


async def test_an_error_in_the_query_is_shown_under_it_and_no_row_answers_another_query(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, text="web")) as pilot:
        await press(pilot, "slash")
        browse_of(pilot).search_bar.input.value = "web colour:red"
        await settled(pilot)
        assert "^^^^^^^ there is no field colour" in screen_text(pilot)
        assert rows(pilot) == []
        assert screen_text(pilot).count("there is no field colour") == 2
        browse_of(pilot).search_bar.input.value = "web owner:"
        await settled(pilot)
        assert "^^^" not in screen_text(pilot)
        assert rows(pilot) == MINE_NAMES[:1]
        await press(pilot, "enter")
        assert "owner: has no value" in screen_text(pilot)


async def test_typing_into_the_search_bar_replaces_a_finished_query_unless_it_is_edited(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        bar = browse_of(pilot).search_bar
        await press(pilot, "slash", *"web", "enter", "slash", *"db")
        assert bar.text == "db"
        await press(pilot, "enter", "slash", "end", *"-copy")
        assert bar.text == "db-copy"
        await press(pilot, "enter", "slash", "backspace")
        assert bar.text == ""


async def test_escape_clears_the_query_then_leaves_the_search(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, text="web")) as pilot:
        await press(pilot, "slash", "escape")
        assert browse_of(pilot).view.text == ""
        assert has_focus(pilot, browse_of(pilot).search_bar.input)
        await press(pilot, "escape")
        assert has_focus(pilot, browse_of(pilot).table)
        assert rows(pilot) == MINE_NAMES


async def test_escape_in_the_table_clears_marks_before_the_query(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, text="web")) as pilot:
        await press(pilot, "space", "escape")
        assert browse_of(pilot).table.marks == ()
        assert browse_of(pilot).view.text == "web"
        await press(pilot, "escape")
        assert rows(pilot) == MINE_NAMES


async def test_enter_keeps_the_query_and_goes_to_the_table(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "slash", *"web", "enter")
        assert has_focus(pilot, browse_of(pilot).table)
        assert rows(pilot) == MINE_NAMES[:1]


async def test_nothing_found_says_how_much_there_is_elsewhere(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "slash", *"look-alike owner:self")
        assert "Look-alikes are images of strangers: 6 in the table searches there." in screen_text(pilot)
        await press(pilot, "escape", "slash", *"noble")
        text = screen_text(pilot)
        assert "Nothing in Mine of us-east-1 matches." in text
        assert "In all scopes 6 images match: press 7 in the table to see them." in text
        await press(pilot, "enter", "7")
        assert len(rows(pilot)) == 2


async def test_newest_only_is_a_word_of_the_query_and_goes_again(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text="owner:canonical")) as pilot:
        await press(pilot, "f")
        assert browse_of(pilot).search_bar.text == "owner:canonical latest:yes"
        assert len(rows(pilot)) == 4
        await press(pilot, "f")
        assert browse_of(pilot).search_bar.text == "owner:canonical"
        assert len(rows(pilot)) == 12


async def test_newest_only_leaves_out_a_stranger_s_newer_image_and_says_so(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=ALL, text="created:2y")
    name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20990101"
    fill(app.services.settings, "us-east-1", {"community": [record(999, name, STRANGER, age=60)]})
    async with opened(app, (120, 40)) as pilot:
        assert name in rows(pilot)
        await press(pilot, "f")
        assert 0 < len(rows(pilot)) < 20
        assert name not in rows(pilot)
        assert "newest images of trusted publishers and your own" in pilot.app.query_one(StatusBar).text
        await press(pilot, "slash", "end", *" owner:999988887777", "enter")
        assert rows(pilot) == [name]
        browse_of(pilot).change_view(text="20990101 latest:yes")
        await settled(pilot)
        assert rows(pilot) == []
        assert "add owner: for others" in screen_text(pilot)


# Scopes, order, what is hidden


@pytest.mark.parametrize(
    ("key", "scope", "count"),
    [("1", MINE, 3), ("2", SHARED, 1), ("3", AMAZON, 8), ("4", PUBLISHERS, 12), ("7", ALL, 24)],
)
async def test_digits_choose_scopes(tmp_path: Path, key: str, scope: object, count: int) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, key)
        assert browse_of(pilot).view.scopes == (scope,)
        assert len(rows(pilot)) == count


@pytest.mark.parametrize(("key", "scope"), [("5", MARKETPLACE), ("6", COMMUNITY)])
async def test_large_scopes_are_fetched_only_when_asked(tmp_path: Path, key: str, scope: object) -> None:
    world = sample_records()
    cloud = FakeCloud({"us-east-1": {"marketplace": world["amazon"], "community": world["amazon"]}})
    async with opened(make_app(tmp_path, cloud=cloud)) as pilot:
        await press(pilot, key)
        text = screen_text(pilot)
        assert "is not fetched yet." in text
        assert "large" in text
        assert "not fetched yet" in pilot.app.query_one(StatusBar).text
        assert cloud.fetched == []
        await press(pilot, "f5")
        assert len(rows(pilot)) == 8


async def test_a_click_on_a_tab_chooses_the_scope(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        text = pilot.app.query_one(ScopeTabs).text
        await pilot.click(ScopeTabs, offset=(text.index("3 Amazon"), 0))
        await settled(pilot)
        assert browse_of(pilot).view.scopes == (AMAZON,)


async def test_sorting_by_a_column_and_again_reverses(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "S", *"name", "enter")
        assert rows(pilot) == sorted(MINE_NAMES)
        await press(pilot, "S", "enter")
        assert rows(pilot) == sorted(MINE_NAMES, reverse=True)


async def test_a_click_on_a_heading_sorts(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await pilot.click(browse_of(pilot).table, offset=(26, 0))
        await settled(pilot)
        assert rows(pilot) == sorted(MINE_NAMES)


async def test_deprecated_images_are_hidden_counted_and_shown_by_a_key(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), (120, 24)) as pilot:
        assert "1 deprecated hidden" in pilot.app.query_one(StatusBar).text
        await press(pilot, "d")
        assert rows(pilot) == [*MINE_NAMES, "acme-web-20250913"]
        assert "deprecated images shown" in pilot.app.query_one(StatusBar).text
        assert "deprecated 40d ago" in screen_text(pilot)
        await press(pilot, "d")
        assert rows(pilot) == MINE_NAMES


# Marks, copying, exporting


async def test_marks_outlive_the_result_they_were_made_in(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "space", "slash", *"db", "enter", "space")
        marked = [row.name for row in browse_of(pilot).table.marks]
        assert marked == ["acme-web-20260920", "acme-db-copy"]
        assert "2 marked" in pilot.app.query_one(StatusBar).text


async def test_y_sends_the_id_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path)
    async with opened(app, (120, 40)) as pilot:
        sent = sent_to_clipboard(app, monkeypatch)
        image_id = sample_records()["mine"][0]["ImageId"]
        await press(pilot, "y")
        assert sent == [image_id]
        assert f"sent {image_id} to the clipboard" in app.query_one(StatusBar).text


async def test_the_arns_of_marked_images_are_sent_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        sent = sent_to_clipboard(app, monkeypatch)
        await press(pilot, "space", "space", "Y")
        ids = [image["ImageId"] for image in sample_records()["mine"][:2]]
        assert sent == ["\n".join(f"arn:aws:ec2:us-east-1::image/{image_id}" for image_id in ids)]


async def test_nothing_under_the_cursor_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(tmp_path, text="nosuchimage")
    async with opened(app) as pilot:
        sent = sent_to_clipboard(app, monkeypatch)
        await press(pilot, "y")
        assert sent == []
        assert "no image is selected" in app.query_one(StatusBar).text


@pytest.mark.parametrize(("marks", "count"), [(0, 3), (2, 2)])
async def test_marked_images_or_all_matches_are_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marks: int, count: int
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(make_app(tmp_path / "home")) as pilot:
        await press(pilot, *["space"] * marks, "e", "down", "down", "ctrl+s")
        await pilot.app.workers.wait_for_complete()
        written = json.loads((tmp_path / "amis.json").read_text())
        assert [image["Name"] for image in written["Images"]] == MINE_NAMES[:count]


async def test_code_for_the_image_under_the_cursor_goes_to_the_clipboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        sent = sent_to_clipboard(app, monkeypatch)
        await press(pilot, "j", "e", "b", "tab", "tab", "right", "ctrl+s")
        await pilot.app.workers.wait_for_complete()
        (code,) = sent
        assert 'Values": ["acme-web-20*"]' in code
        assert "sent 1 image as boto3 to the clipboard" in app.query_one(StatusBar).text


@pytest.mark.parametrize(("presses", "kept"), [(1, True), (2, False)])
async def test_an_export_replaces_a_file_only_when_it_is_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, presses: int, kept: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "amis.csv").write_text("kept")
    async with opened(make_app(tmp_path / "home")) as pilot:
        await press(pilot, "e", *["ctrl+s"] * presses)
        if not kept:
            await pilot.app.workers.wait_for_complete()
        assert ((tmp_path / "amis.csv").read_text() == "kept") is kept


async def test_a_file_that_appears_after_the_question_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "amis.csv"
    monkeypatch.setattr("amitui.ui.screens.export.check_path", lambda _text: PathCheck(str(target)))
    target.write_text("kept")
    async with opened(make_app(tmp_path / "home")) as pilot:
        await press(pilot, "e", "ctrl+s")
        await pilot.app.workers.wait_for_complete()
        assert target.read_text() == "kept"
        assert "not overwritten" in pilot.app.query_one(StatusBar).text


# Two images side by side


async def test_the_two_marked_images_are_compared_the_older_first(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "space", "space", "equals_sign")
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        shown = screen.view.text
        assert shown.index("acme-web-20260913") < shown.index("acme-web-20260920")
        assert "values differ" in shown
        await press(pilot, "X")
        assert screen.view.text.index("acme-web-20260920") < screen.view.text.index("acme-web-20260913")
        await press(pilot, "escape")
        assert pilot.app.screen is browse_of(pilot)


async def test_one_marked_image_is_compared_with_the_one_under_the_cursor(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "space", "equals_sign")
        assert isinstance(pilot.app.screen, CompareScreen)


@pytest.mark.parametrize(
    ("keys", "have"), [([], "none is"), (["space", "k"], "one is"), (["space"] * 3, "3 are marked")]
)
async def test_with_other_than_two_images_the_way_to_compare_is_shown(
    tmp_path: Path, keys: list[str], have: str
) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, *keys, "equals_sign")
        assert f"mark two images with Space to compare them; {have}" in pilot.app.query_one(StatusBar).text


# Details


async def test_details_follow_the_cursor_beside_the_table(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), (120, 40)) as pilot:
        await press(pilot, "enter")
        pane = pilot.app.query_one(DetailPane)
        assert "acme-web-20260920" in pane.text
        assert has_focus(pilot, browse_of(pilot).table)
        await press(pilot, "j")
        assert "acme-web-20260913" in pane.text
        await press(pilot, "enter")
        assert not pilot.app.query(DetailPane)


async def test_details_beside_the_table_scroll_while_the_table_keeps_the_cursor(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), (120, 24)) as pilot:
        await press(pilot, "enter")
        assert "J K Scroll details" in pilot.app.query_one(KeyBar).text
        await press(pilot, "J")
        pane = pilot.app.query_one(DetailPane)
        assert pane.scroll_offset.y == 3
        assert browse_of(pilot).table.cursor == 0
        await press(pilot, "K", "tab", "down")
        assert has_focus(pilot, pane)
        assert pane.scroll_offset.y == 1


async def test_beside_details_a_narrow_table_keeps_its_room_for_names(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), (120, 24)) as pilot:
        table = browse_of(pilot).table
        before = table.shown_columns
        await press(pilot, "enter")
        assert table.shown_columns == ("id", "origin", "image", "build")
        await press(pilot, "enter")
        assert table.shown_columns == before


async def test_on_a_narrow_screen_details_cover_the_table_and_step_through_images(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "enter")
        pane = pilot.app.query_one(DetailPane)
        assert has_focus(pilot, pane)
        assert not browse_of(pilot).table.is_on_screen
        await press(pilot, "right_square_bracket")
        assert "acme-web-20260913" in pane.text
        await press(pilot, "left_square_bracket")
        assert "acme-web-20260920" in pane.text
        await press(pilot, "J")
        assert pane.scroll_offset.y == 3
        await press(pilot, "K")
        assert pane.scroll_offset.y == 0
        await press(pilot, "q")
        assert not pilot.app.query(DetailPane)
        assert has_focus(pilot, browse_of(pilot).table)


async def test_details_over_an_empty_table_say_why_it_is_empty(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), size=(80, 24)) as pilot:
        await press(pilot, "enter")
        assert pilot.app.query_one(DetailPane).has_focus
        await press(pilot, "slash", *"nosuchimage", "enter")
        assert "Nothing" in "\n".join(screen_lines(pilot.app))
        assert "No image is selected." not in "\n".join(screen_lines(pilot.app))


async def test_all_marks_are_taken_away_wherever_they_are(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), size=(120, 40)) as pilot:
        table = browse_of(pilot).table
        await press(pilot, "space", "space", "3", "space")
        assert len(table.marks) == 3
        await press(pilot, "1", "c")
        assert "one image at a time, 3 are marked; U unma" in "\n".join(screen_lines(pilot.app))
        await press(pilot, "U")
        assert not table.marks


async def test_a_notice_that_nobody_asked_for_takes_no_place_of_a_bad_one(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), size=(120, 40)) as pilot:
        browse = browse_of(pilot)
        browse.notice("still running: scan; q again stops it and quits", bad=True)
        browse.notice("available: web-7", gives_way=True)
        await pilot.pause()
        assert "still running: scan" in "\n".join(screen_lines(pilot.app))
        browse.notice("sent ami-1 to the clipboard")
        await pilot.pause()
        assert "sent ami-1" in "\n".join(screen_lines(pilot.app))
        browse.notice("available: web-7", gives_way=True)
        await pilot.pause()
        assert "available: web-7" in "\n".join(screen_lines(pilot.app))


async def test_what_decides_comes_first_in_the_details(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS), (120, 40)) as pilot:
        await press(pilot, "enter")
        labels = [line[:18].strip() for line in pilot.app.query_one(DetailPane).text.split("\n")]
        wanted = ["Identity", "Image ID", "Name", "Origin", "Owner", "State", "Created", "Support", "Architecture"]
        places = [labels.index(label) for label in wanted]
        assert places == sorted(places)
        assert labels.index("Names and type") > places[-1]


async def test_launch_permissions_of_an_own_image_are_shown_a_moment_later(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()}, permissions=shared_with("210987654321"))
    async with opened(make_app(tmp_path, cloud=cloud), (120, 40)) as pilot:
        await press(pilot, "enter")
        assert "account 210987654321" in pilot.app.query_one(DetailPane).text


@pytest.mark.parametrize("denied", [True, False])
async def test_launch_permissions_are_left_out_where_they_cannot_be_read(tmp_path: Path, denied: bool) -> None:
    cloud = FakeCloud(
        {"us-east-1": sample_records()}, permissions=DeniedError("no") if denied else shared_with("2")
    )
    app = make_app(tmp_path, cloud=cloud, offline=not denied)
    async with opened(app, (120, 40)) as pilot:
        await press(pilot, "enter")
        text = pilot.app.query_one(DetailPane).text
        assert "Visibility" in text
        assert "Shared with" not in text
        assert app.error_log == []


async def test_the_raw_tab_shows_the_record(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "enter", "right", "right")
        assert json.loads(pilot.app.query_one(DetailPane).text)["Name"] == "acme-web-20260920"


async def test_a_record_that_has_gone_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        monkeypatch.setattr(browse_of(pilot).search, "locate", lambda key: None)
        await press(pilot, "enter")
        assert "This image is no longer in the catalogue." in screen_text(pilot)


# Columns, help, palette


async def test_chosen_columns_are_shown_and_remembered(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "v", *"build", "insert", "enter")
        assert "build" not in browse_of(pilot).table.shown_columns
        assert "Build" not in screen_text(pilot).split("\n")[2]
        assert "build" not in load_state(app.services.settings.locations.screen_file).columns
        await press(pilot, "v", "ctrl+r")
        assert "build" in browse_of(pilot).table.shown_columns


async def test_help_lists_every_action_with_the_key_in_force(tmp_path: Path) -> None:
    app = make_app(tmp_path, keys=(("regions", "f7"), ("copy_id", "ctrl+k,c")))
    async with opened(app, (100, 80)) as pilot:
        listed = [row for section in help_sections(app) for row in section.rows]
        rows = {row.keys: row.meaning for row in listed}
        assert rows["F7"].startswith("Choose Regions")
        assert rows["Ctrl+K c"].startswith("Copy image ID")
        assert "r" not in rows
        # In the key bar one of a pair names both; here each is named.
        keys = {row.meaning: row.keys for row in listed}
        assert keys["Scroll the details beside the table down"] == "J Shift+↓"
        assert keys["Scroll the details beside the table up"] == "K Shift+↑"
        assert keys["Switch tab: details, timeline, raw record"] == "→"
        meanings = " ".join(row.meaning for row in listed)  # keys may mean two things: `Esc`
        assert all(action.name in meanings for action in ACTIONS)
        await press(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        for words in ("F7", "Query language", "owner:canonical"):
            assert words in screen_text(pilot)
        await press(pilot, "escape")
        assert "F7 Region" in app.query_one(KeyBar).text


async def test_a_remapped_key_does_what_its_action_does(tmp_path: Path) -> None:
    app = make_app(tmp_path, keys=(("regions", "f7"),))
    async with opened(app) as pilot:
        await press(pilot, "r")
        assert app.screen is app.browse
        await press(pilot, "f7")
        assert isinstance(app.screen, RegionsScreen)


async def test_words_in_the_table_name_the_keys_in_force(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=MARKETPLACE, keys=(("refresh", "ctrl+r"),))) as pilot:
        assert "Ctrl+R fetches it." in screen_text(pilot)


async def test_help_and_quit_are_offered_even_while_a_query_is_typed(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        bar = pilot.app.query_one(KeyBar)
        assert bar.text.startswith(" / Search  Enter Details  a Change  o Ops  r Region")
        assert bar.text.endswith("? Help  q Quit")
        await press(pilot, "slash")
        assert bar.text.endswith("F1 Help  Ctrl+Q Quit")
        assert "Enter To the table" in bar.text
        await press(pilot, "f1")
        assert isinstance(pilot.app.screen, HelpScreen)


async def test_comparing_is_offered_first_while_one_or_two_images_are_marked(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        bar = pilot.app.query_one(KeyBar)
        assert "Compare" not in bar.text
        for _ in range(2):
            await press(pilot, "space")
            assert bar.text.startswith(" = Compare  / Search  Enter Details")
            assert bar.text.endswith("? Help  q Quit")
        await press(pilot, "space")
        assert "Compare" not in bar.text
        await press(pilot, "U")
        assert bar.text.startswith(" / Search  Enter Details  a Change  o Ops  r Region")


async def test_the_palette_offers_every_action_by_name_with_its_key(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app, (100, 40)) as pilot:
        provider = AmituiCommands(app.browse)
        hits = [hit async for hit in provider.discover()]
        lines = {str(hit.text): str(hit.display) for hit in hits}  # type: ignore[union-attr]
        for action in ACTIONS:
            if action.id not in ("palette", "back"):
                assert app.key_of(action) in lines[action.name]
        assert {"Region eu-west-1", "Theme light"} <= set(lines)
        await press(pilot, "colon", *"amazon", "enter")
        await pilot.pause()
        await settled(pilot)
        assert app.browse.view.scopes == (AMAZON,)


# Regions, fetching, trouble


async def test_a_region_chosen_in_the_picker_is_fetched_and_shown(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=PUBLISHERS)
    async with opened(app) as pilot:
        await press(pilot, "r")
        assert "af-south-1    Cape Town · not enabled in this account" in screen_text(pilot)
        await press(pilot, *"ireland", "enter")
        assert app.browse.view.regions == ("eu-west-1",)
        assert len(rows(pilot)) == 12
        assert app.memory.state.recent_regions == ("eu-west-1",)
        await press(pilot, "r")
        assert "1 eu-west-1" in screen_text(pilot)
        await press(pilot, "1")
        assert app.browse.view.regions == ("eu-west-1",)


async def test_a_whole_id_is_shown_from_whatever_cached_region_it_is_in(tmp_path: Path) -> None:
    app = make_app(tmp_path, regions=("eu-west-1",), offline=True)
    async with opened(app, (120, 40)) as pilot:
        assert rows(pilot) == []
        image_id = str(sample_records()["mine"][0]["ImageId"])
        await press(pilot, "slash", *image_id.replace("ami-", ""))
        assert rows(pilot) == [], "part of an id is a word like any other"
        app.browse.change_view(text=image_id)
        await settled(pilot)
        assert rows(pilot) == [MINE_NAMES[0]]
        assert "use1" in "\n".join(app.browse.table.lines)
        assert "not in eu-west-1: found in us-east-1" in screen_text(pilot)


async def test_several_regions_have_a_region_column(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await press(pilot, "r", "up", "space", "enter")
        assert browse_of(pilot).view.regions == ("eu-west-1", "us-east-1")
        assert "region" in browse_of(pilot).table.shown_columns
        assert len(rows(pilot)) == 6


async def test_a_region_that_fails_says_why_beside_the_good_rows(tmp_path: Path) -> None:
    error = DeniedError("you are not allowed to list images", remedy="ask for ec2:DescribeImages")
    cloud = FakeCloud({"us-east-1": sample_records()}, failures={"eu-west-1": error})
    app = make_app(tmp_path, cloud=cloud, regions=("us-east-1", "eu-west-1"))
    async with opened(app, (120, 40)) as pilot:
        assert rows(pilot) == MINE_NAMES
        app.browse.activity = replace(app.browse.activity, notice="")
        app.browse.show_status()
        assert "! eu-west-1: you are not allowed to list images" in app.query_one(StatusBar).text
        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, ErrorsScreen)
        assert "ask for ec2:DescribeImages" in screen_text(pilot)
        await press(pilot, "ctrl+l")
        assert app.error_log == []


async def test_a_failing_refresh_counts_errors_and_keeps_the_rows(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()})
    app = make_app(tmp_path, cloud=cloud)
    async with opened(app) as pilot:
        cloud.failures["us-east-1"] = NetworkError("could not reach EC2", remedy="check the network")
        await press(pilot, "f5")
        assert rows(pilot) == MINE_NAMES
        assert app.browse.activity.errors == 1
        assert "could not reach EC2" in app.query_one(StatusBar).text


async def test_without_rows_the_failure_is_shown_where_they_would_be(tmp_path: Path) -> None:
    failures: dict[str, AmituiError] = {
        "us-east-1": NetworkError("could not reach EC2", why="no route", remedy="check the network")
    }
    cloud = FakeCloud({}, failures=dict(failures))
    async with opened(make_app(tmp_path, cloud=cloud, cached=False)) as pilot:
        text = screen_text(pilot)
        for words in ("could not reach EC2", "no route", "check the network", "F5 tries again"):
            assert words in text
        cloud.failures.clear()
        cloud.images["us-east-1"] = sample_records()
        await press(pilot, "f5")
        assert rows(pilot) == MINE_NAMES


async def test_nobody_logged_in_is_shown_with_the_command_that_helps(tmp_path: Path) -> None:
    cloud = FakeCloud(
        {"us-east-1": sample_records()}, identity_error=CredentialsError("no login", remedy="aws sso login")
    )
    app = make_app(tmp_path, cloud=cloud, cached=False)
    async with opened(app) as pilot:
        assert "aws sso login" in screen_text(pilot)
        cloud.identity_error = None
        await press(pilot, "f5")
        assert rows(pilot) == MINE_NAMES


async def test_the_first_start_fetches_the_small_scopes_own_images_first(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()})
    async with opened(make_app(tmp_path, cloud=cloud, cached=False)) as pilot:
        assert [scope for _, scope in cloud.fetched] == ["mine", "shared", "amazon", "publishers"]
        assert rows(pilot) == MINE_NAMES


async def test_a_start_without_any_region_asks_for_one(tmp_path: Path) -> None:
    app = make_app(tmp_path, regions=())
    async with opened(app) as pilot:
        assert isinstance(app.screen, RegionsScreen)
        await press(pilot, *"virginia", "enter")
        assert rows(pilot) == MINE_NAMES


async def test_offline_asks_nobody_anything(tmp_path: Path) -> None:
    cloud = FakeCloud({"us-east-1": sample_records()})
    app = make_app(tmp_path, cloud=cloud, offline=True)
    async with opened(app) as pilot:
        await press(pilot, "f5", "5")
        assert cloud.fetched == []
        assert "amitui is offline" in screen_text(pilot)
        await press(pilot, "slash", *"noble")
        text = screen_text(pilot)
        assert "is not cached" in text
        assert "In all scopes 6 images match: press 7 in the table to see them." in text


async def test_a_refresh_shows_what_came_and_what_went(tmp_path: Path) -> None:
    world = sample_records()
    world["mine"] = [record(1, "acme-new", age=60), *world["mine"][1:]]
    async with opened(make_app(tmp_path, cloud=FakeCloud({"us-east-1": world}))) as pilot:
        await press(pilot, "f5")
        assert rows(pilot) == ["acme-new", *MINE_NAMES[1:]]


async def test_what_grows_old_on_an_open_screen_is_fetched_again_but_not_what_failed(tmp_path: Path) -> None:
    world = sample_records()
    cloud = FakeCloud({"us-east-1": world})
    app = make_app(tmp_path, cloud=cloud)
    async with opened(app) as pilot:
        assert cloud.fetched == []
        app.services.now = lambda: NOW + 3600
        app._keep_fresh()
        await settled(pilot)
        assert [scope for _, scope in cloud.fetched] == ["mine", "shared"], (
            "a day is the public ones' time to live"
        )
        app.services.now = lambda: NOW + 7200
        cloud.failures["us-east-1"] = NetworkError("the line is dead")
        app._keep_fresh()
        await settled(pilot)
        told = len(app.error_log)
        app._keep_fresh()
        await settled(pilot)
        assert told == len(app.error_log) == 1
        assert app.error_log[0].where == "fetching mine of us-east-1, shared of us-east-1"


# What is remembered, sizes, looks


async def test_the_last_screen_is_stored_as_it_changes(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "4", "slash", *"arm64", "enter", "d", "S", *"name", "enter")
    state = load_state(app.services.settings.locations.screen_file)
    assert state.regions == ("us-east-1",)
    assert state.scopes == ("publishers",)
    assert state.query == "arm64"
    assert state.show_deprecated
    assert (state.sort_column, state.sort_descending) == ("name", False)
    assert state.history == ("arm64",)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (60, 15), (200, 60)])
async def test_every_size_is_survived_with_every_dialog_open(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        for keys in (["enter"], ["question_mark"], ["r"], ["S"], ["v"], ["e"], ["exclamation_mark"], ["i"]):
            await press(pilot, *keys)
            await pilot.resize_terminal(*size)
            await settled(pilot)
            await pilot.resize_terminal(80, 24)
            await press(pilot, "escape")
        assert MINE_NAMES[0] in screen_text(pilot)


async def test_twenty_by_five_shows_the_search_rows_and_the_status(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), (20, 5)) as pilot:
        lines = screen_text(pilot).split("\n")
        assert lines[0].startswith("/")
        assert lines[2].startswith("  ◆  acme")
        assert "us-east-1" in lines[4]


async def test_on_the_lowest_screens_what_is_typed_covers_no_row_of_its_result(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path), (40, 4)) as pilot:
        await press(pilot, "slash", *"acme arch:x")
        bar = browse_of(pilot).search_bar
        lines = screen_text(pilot).split("\n")
        assert lines[0].startswith("/ acme arch:x")
        assert lines[1].startswith("  ami-")
        assert "us-east-1" in lines[3]
        await pilot.resize_terminal(40, 5)
        await press(pilot, "8")
        assert bar.shows_offers
        lines = screen_text(pilot).split("\n")
        assert "Tab" in lines[1]
        assert lines[2].startswith("  ami-")


async def test_no_color_leaves_the_terminal_its_own_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(make_app(tmp_path)) as pilot:
        colours = {
            colour.name
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None
        }
        assert colours <= {"default"}


async def test_an_ascii_terminal_gets_ascii_signs(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, glyphs="ascii")) as pilot:
        assert " *  " in screen_text(pilot)
        await press(pilot, "r")
        text = screen_text(pilot)
        assert "* us-east-1" in text
        assert "o eu-west-1" in text
        assert "+- Region " in text


async def test_the_theme_chosen_in_the_palette_is_remembered(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "colon", *"theme light", "enter")
        await pilot.pause()
        await settled(pilot)
        assert app.theme == "amitui-light"
    assert load_state(app.services.settings.locations.screen_file).theme == "amitui-light"


async def test_keys_typed_right_behind_enter_are_not_the_querys(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path)) as pilot:
        await pilot.press("slash", *"acme-web", "enter", "d")
        await settled(pilot)
        assert browse_of(pilot).view.text == "acme-web"
        assert browse_of(pilot).view.show_deprecated
        assert pilot.app.focused is browse_of(pilot).table


async def test_tab_completes_fields_and_values_with_what_the_catalogue_has(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=ALL)
    async with opened(app) as pilot:
        await press(pilot, "slash", "a", "r")
        assert "arch:" in screen_lines(app)[1]
        await press(pilot, "tab")
        assert screen_lines(app)[1].rstrip() == "Tab  x86_64 14  arm64 10"
        await press(pilot, "tab")
        assert app.browse.search_bar.text == "arch:x86_64 "
        assert len(rows(pilot)) == 14
        await press(pilot, "-", "t", "a", "tab", "tab", "tab")
        assert app.browse.search_bar.text == "arch:x86_64 -tag:Env=prod "
        assert len(rows(pilot)) == 13
        await press(pilot, "tab")
        assert app.focused is app.browse.table


async def test_a_caution_about_a_copied_id_is_read_at_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for caution in ("charged beyond the instance (Red Hat Enterprise Linux)", "look-alike: not by the publisher"):
        monkeypatch.setattr("amitui.ui.actions.images.cautions_of_all", lambda *_, said=caution: said)
        async with opened(make_app(tmp_path, scope=ALL, text="ubuntu"), (80, 24)) as pilot:
            await press(pilot, "y")
            assert f"sent, but {caution[:20]}" in screen_text(pilot)


async def test_the_palette_copies_the_parameter_of_the_family_under_the_cursor(tmp_path: Path) -> None:
    app = make_app(tmp_path, scope=ALL, text="ubuntu 24.04 arm64")
    copied: list[str] = []
    app.send_to_clipboard = lambda text: copied.append(text) or "here"  # type: ignore[method-assign,func-returns-value]
    async with opened(app) as pilot:
        app.act(next(action for action in ACTIONS if action.id == "copy_parameter"))
        await settled(pilot)
        path = "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"
        assert copied == [f"resolve:ssm:{path}"]
        app.browse.change_view(text="acme")
        await settled(pilot)
        app.act(next(action for action in ACTIONS if action.id == "copy_parameter"))
        await settled(pilot)
        assert len(copied) == 1
        assert "no public SSM parameter is known" in app.browse.activity.notice
