from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from amitui.domain.query.parser import SortOrder
from amitui.ec2.convert import image_of
from amitui.errors import CredentialsError, NetworkError
from amitui.presentation.export import FORMATS
from amitui.ui.error_log import LoggedError
from amitui.ui.keys.screens import TITLES
from amitui.ui.screens.columns import ColumnsScreen
from amitui.ui.screens.compare import CompareScreen
from amitui.ui.screens.errors import ErrorsScreen
from amitui.ui.screens.export import ExportRequest, ExportScreen, check_path
from amitui.ui.screens.help import QUERY_HELP, HelpScreen, sections_from
from amitui.ui.screens.identity import IdentityFacts, IdentityScreen, MemberFacts
from amitui.ui.screens.picker import PickerItem
from amitui.ui.screens.profiles import ProfileChoice, ProfilesScreen, profile_items
from amitui.ui.screens.regions import RegionChoice, RegionsScreen, region_items
from amitui.ui.screens.sort import SortScreen, next_order
from amitui.ui.widgets.detail_pane import DetailPane
from amitui.ui.widgets.query_input import QueryInput
from amitui.ui.widgets.search_bar import SearchBar
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from textual.pilot import Pilot

HOSTILE = "prod[/foo] [@click=app.quit]x[/] 日本語"
EXPIRED = CredentialsError(f"session of {HOSTILE} expired", why="tokens last 8 hours", remedy="aws sso login")
NOTHING: Any = object()


class Result:
    """What the dialog gave back."""

    value: Any = NOTHING

    def __call__(self, value: Any) -> None:
        self.value = value


async def opened(pilot: Pilot[None], screen: ModalScreen[Any]) -> Result:
    result = Result()
    await pilot.app.push_screen(screen, result)
    await pilot.pause()
    return result


def shown(pilot: Pilot[None]) -> str:
    return "\n".join(screen_lines(pilot.app))


async def test_the_error_log_shows_the_latest_first_and_can_be_cleared() -> None:
    entries = [
        LoggedError(200, EXPIRED, "fetching [/amazon]", times=3),
        LoggedError(100, NetworkError("no answer")),
    ]
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ErrorsScreen(entries))
        text = shown(pilot)
        assert text.index("fetching [/amazon]  3 times") < text.index("no answer")
        await pilot.press("ctrl+l")
        assert result.value is True


async def test_an_empty_error_log_says_so_and_cannot_be_cleared() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ErrorsScreen([]))
        assert "No errors in this session." in shown(pilot)
        await pilot.press("ctrl+l")
        assert result.value is NOTHING
        await pilot.press("exclamation_mark")
        assert result.value is False


async def test_identity_shows_what_is_known_and_takes_what_comes_later() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = IdentityScreen(IdentityFacts(profile=HOSTILE, regions=("us-east-1",)))
        await opened(pilot, screen)
        assert "not known yet" in shown(pilot)
        assert HOSTILE in shown(pilot)
        screen.show(IdentityFacts(account="123456789012", arn="arn:aws:iam::123456789012:user/a", error=EXPIRED))
        await pilot.pause()
        for words in ("123456789012", "user/a", "aws sso login"):
            assert words in shown(pilot)


async def test_identity_lists_every_account_with_its_marks_and_its_problem() -> None:
    members = (
        MemberFacts("acme-dev", "123456789012", "arn:aws:iam::123456789012:user/a", "dev"),
        MemberFacts("acme-prod", "210987654321", profile="acme-prod", production=True, read_only=True),
        MemberFacts(HOSTILE, profile=HOSTILE, problem=EXPIRED),
    )
    facts = IdentityFacts(regions=("us-east-1",), members=members)
    async with WidgetApp().run_test(size=(80, 40)) as pilot:
        await opened(pilot, IdentityScreen(facts))
        text = shown(pilot)
    assert "Accounts     3, 1 of them failed" in text
    dev, prod, broken = map(text.index, ("acme-dev", "acme-prod · PRODUCTION · READ-ONLY", HOSTILE))
    assert dev < text.index("user/a") < text.index("Profile") < prod < text.index("210987654321") < broken
    assert broken < text.index("not known yet") < text.index("aws sso login")
    assert text.count("Profile") == 1, "a profile that its account is called by is not said twice"


class Bound(Static):
    BINDINGS = [
        Binding("x,y", "go", "Go", id="bound.go", tooltip="Goes [/there]"),
        Binding("z", "go", "Go", id="bound.go", tooltip="Goes [/there]"),
        ("w", "walk", "Walk"),
        Binding("s", "silent"),
    ]


async def test_help_rows_come_from_the_bindings_and_follow_the_keymap() -> None:
    bound, field = Bound(), Input()
    async with WidgetApp(bound, field).run_test(size=(80, 24)):
        (section,) = sections_from([bound, field], titles={"Bound": "Bounds"})
        assert section.title == "Bounds"
        assert [(row.keys, row.meaning) for row in section.rows] == [("x y z", "Goes [/there]"), ("w", "Walk")]
        (section,) = sections_from([bound], keymap={"bound.go": "f7"})
        assert section.rows[0].keys.split()[0] == "f7"


async def test_help_lists_keys_and_the_query_language_and_filters_them() -> None:
    bar, pane = SearchBar(), DetailPane()
    async with WidgetApp(bar, pane).run_test(size=(80, 50)) as pilot:
        result = await opened(pilot, HelpScreen([QUERY_HELP, *sections_from([bar, pane], titles=TITLES)]))
        for words in ("Search", "Details", "Bring back an earlier query", "Query language", "owner:canonical"):
            assert words in shown(pilot)
        await pilot.press(*"tag:")
        await pilot.pause()
        assert "tag:Env=prod" in shown(pilot)
        assert "publisher, alias or account" not in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "publisher, alias or account" in shown(pilot)
        assert result.value is NOTHING
        await pilot.press("q")
        assert result.value is False


async def test_help_scrolls_on_a_small_screen() -> None:
    async with WidgetApp().run_test(size=(40, 8)) as pilot:
        await opened(pilot, HelpScreen([QUERY_HELP]))
        await pilot.press("end")
        assert "that image" in shown(pilot)


def test_recent_regions_come_first_with_digits_and_disabled_ones_say_why() -> None:
    choices = [
        RegionChoice("us-east-1", "N. Virginia", cached=12301),
        RegionChoice("ap-east-1", "Hong Kong", enabled=False),
        RegionChoice("eu-west-1", "Ireland"),
    ]
    items = region_items(choices, ["eu-west-1", "gone-1", "ap-east-1"])
    assert [(item.value, item.digit) for item in items] == [
        ("eu-west-1", "1"),
        ("ap-east-1", ""),
        ("us-east-1", ""),
    ]
    assert items[1].disabled_reason == "Hong Kong · not enabled in this account"
    assert items[2].detail == "N. Virginia · 12,301 cached"


async def test_a_region_is_typed_or_several_are_marked() -> None:
    choices = [RegionChoice("us-east-1"), RegionChoice("eu-west-1"), RegionChoice("eu-west-2")]
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = RegionsScreen(None, current=["us-east-1"])
        result = await opened(pilot, screen)
        screen.set_choices(choices)
        await pilot.press(*"west-2", "enter")
        assert result.value == ("eu-west-2",)
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, RegionsScreen(choices, current=["us-east-1"]))
        await pilot.press(*"west-2", "insert", "enter")
        assert set(result.value) == {"us-east-1", "eu-west-2"}


def test_profiles_say_their_marks_and_where_they_lead_and_broken_ones_why_not() -> None:
    choices = [
        ProfileChoice("dev", "eu-west-1", "123456789012", "SSO"),
        ProfileChoice("audit", account="210987654321", account_name="acme-prod", production=True, read_only=True),
        ProfileChoice("old", problem="no credentials"),
    ]
    recent, broken, other = profile_items(choices, ["audit", "gone", "old"])
    assert (recent.value, recent.digit) == ("audit", "1")
    assert recent.detail == "PRODUCTION · READ-ONLY · acme-prod 210987654321"
    assert (broken.disabled_reason, broken.digit) == ("no credentials", "")
    assert (other.detail, other.digit) == ("123456789012 · eu-west-1 · SSO", "")


async def test_hostile_profile_names_can_be_chosen() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ProfilesScreen([ProfileChoice(HOSTILE)]))
        assert HOSTILE in shown(pilot)
        await pilot.press("enter")
        assert result.value == (HOSTILE,)


PROFILES = [
    ProfileChoice("acme-dev", production=False),
    ProfileChoice("acme-prod", production=True),
    ProfileChoice("beta-prod", read_only=True),
    ProfileChoice("old-prod", problem="profile old-prod uses another endpoint: AWS"),
]


async def test_one_profile_is_taken_by_enter_and_several_are_marked() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ProfilesScreen(PROFILES, current=("acme-dev",)))
        await pilot.press(*"beta", "enter")
        assert result.value == ("beta-prod",)
        result = await opened(pilot, ProfilesScreen(PROFILES, current=("acme-dev",)))
        await pilot.press("down", "space", "enter")
        assert result.value == ("acme-dev", "acme-prod")


async def test_all_profiles_that_are_found_are_marked_but_those_that_cannot_be_used() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = ProfilesScreen(PROFILES, current=("acme-dev",))
        result = await opened(pilot, screen)
        await pilot.press(*"prod", "ctrl+a")
        assert screen.marked == {"acme-dev", "acme-prod", "beta-prod"}
        await pilot.press("ctrl+a")
        assert screen.marked == {"acme-dev"}
        await pilot.press("ctrl+a", "enter")
        assert result.value == ("acme-dev", "acme-prod", "beta-prod")


async def test_marks_and_obstacles_of_profiles_are_words_on_a_narrow_screen() -> None:
    async with WidgetApp().run_test(size=(50, 24)) as pilot:
        await opened(pilot, ProfilesScreen(PROFILES))
        assert "acme-prod  PRODUCTION" in shown(pilot)
        assert "beta-prod  READ-ONLY" in shown(pilot)
        assert "old-prod   profile old-prod uses another" in shown(pilot)


COLUMNS = [PickerItem(name, name.title()) for name in ("id", "name", "arch", "size")]


async def test_columns_are_marked_and_moved() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ColumnsScreen(COLUMNS, shown=["name", "id"]))
        await pilot.press("ctrl+down", *"size", "insert", "escape", "enter")
        assert result.value == ("id", "name", "size")


async def test_columns_go_back_to_automatic_and_cannot_all_be_hidden() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ColumnsScreen(COLUMNS, shown=["id"]))
        await pilot.press("space", "enter")
        assert result.value is NOTHING
        await pilot.press("ctrl+r")
        assert result.value == ()


@pytest.mark.parametrize(
    ("column", "current", "expected"),
    [
        ("name", None, SortOrder("name", False)),
        ("created", None, SortOrder("created", True)),
        ("created", SortOrder("created", True), SortOrder("created", False)),
        ("name", SortOrder("created", True), SortOrder("name", False)),
    ],
)
def test_choosing_a_column_again_reverses(column: str, current: SortOrder | None, expected: SortOrder) -> None:
    assert next_order(column, current) == expected


async def test_the_sort_picker_starts_on_the_present_order() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = SortScreen([("name", "Name", "Name"), ("size", "GiB", "Size")], current=SortOrder("size", True))
        result = await opened(pilot, screen)
        await pilot.press("enter")
        assert result.value == SortOrder("size", False)


@pytest.mark.parametrize("size", [(80, 24), (30, 6)])
async def test_a_comparison_shows_hostile_texts_as_they_are_and_needs_no_colour(size: tuple[int, int]) -> None:
    before = image_of({"ImageId": "ami-1", "Name": HOSTILE, "BlockDeviceMappings": []}, "eu-west-1")
    devices = [{"DeviceName": HOSTILE, "Ebs": {"VolumeSize": 8}}]
    after = image_of({"ImageId": "ami-2", "Name": "plain", "BlockDeviceMappings": devices}, "eu-west-1")
    async with WidgetApp().run_test(size=size) as pilot:
        result = await opened(pilot, CompareScreen(before, after))
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        words = " ".join(screen.view.text.split())
        assert f"- ami-1 eu-west-1 {HOSTILE}" in words
        assert "→ plain" in words
        assert "+ prod[/foo]" in words
        assert "BlockDeviceMappings" in shown(pilot) or size != (80, 24)
        await pilot.press("equals_sign")
        assert result.value is False


async def test_an_export_is_asked_for_with_two_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ExportScreen(matches=1234, marked=3, name="amis"))
        await pilot.press("down")
        assert "3 images → " in shown(pilot)
        await pilot.press("ctrl+s")
        assert result.value == ExportRequest("tsv", "marked", str(tmp_path / "amis.tsv"))


async def test_every_format_is_shown_with_its_meaning_and_a_letter_goes_to_it() -> None:
    async with WidgetApp().run_test(size=(80, 40)) as pilot:
        result = await opened(pilot, ExportScreen(matches=5, marked=0, cursor="ami-1"))
        for one in FORMATS.values():
            assert f" {one.name} " in shown(pilot)
            assert one.about in shown(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, ExportScreen)
        for key, expected in (
            ("t", "tsv"),
            ("t", "table"),
            ("t", "terraform"),
            ("t", "terraform-map"),
            ("p", "pulumi"),
        ):
            await pilot.press(key)
            assert screen.formats.current is not None
            assert screen.formats.current.value == expected
        await pilot.press("escape")
        assert result.value is None


async def test_code_is_proposed_for_the_image_under_the_cursor_and_data_for_all() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, ExportScreen(matches=1234, marked=0, cursor="ami-1"))
        assert "1,234 images → " in shown(pilot)
        await pilot.press("b")
        assert "1 image → " in shown(pilot)
        assert "amis.py" in shown(pilot)
        # What was chosen stays.
        await pilot.press("tab", "right")
        assert "1,234 images → " in shown(pilot)
        await pilot.press("shift+tab", "c")
        assert "1,234 images → " in shown(pilot)


async def test_an_export_goes_to_the_clipboard_and_then_asks_for_no_file() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ExportScreen(matches=5, marked=0, cursor="ami-1", name="/nowhere/x"))
        await pilot.press("b", "tab", "tab", "right")
        assert "1 image → clipboard" in shown(pilot)
        assert "there is no folder" not in shown(pilot)
        await pilot.press("ctrl+s")
        assert result.value == ExportRequest("boto3", "cursor", "")


async def test_an_existing_file_is_overwritten_only_when_asked_twice(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("kept")
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, ExportScreen(matches=5, marked=0))
        pilot.app.screen.query_one(QueryInput).value = str(target)
        await pilot.pause()
        await pilot.press("ctrl+s")
        assert result.value is NOTHING
        assert "Press again to overwrite it" in shown(pilot).replace("\n", "")
        await pilot.press("ctrl+s")
        assert result.value == ExportRequest("csv", "matches", str(target), overwrite=True)


async def test_a_path_that_was_typed_stays_when_the_format_changes() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, ExportScreen(matches=5, marked=0))
        field = pilot.app.screen.query_one(QueryInput)
        await pilot.press("down")
        assert field.value == "amis.tsv"
        await pilot.press("tab", "tab", "tab", "end", *".bak")
        await pilot.press("shift+tab", "shift+tab", "shift+tab", "down")
        assert field.value == "amis.tsv.bak"


async def test_an_export_to_nowhere_is_refused_in_words() -> None:
    async with WidgetApp().run_test(size=(20, 5)) as pilot:
        result = await opened(pilot, ExportScreen(matches=5, marked=1, name="/nowhere/[/x]"))
        await pilot.press("ctrl+s")
        assert result.value is NOTHING
        assert "there is no folder" in shown(pilot)
        await pilot.press("escape")
        assert result.value is None


def test_paths_are_checked_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert check_path("  ").problem == "a file name is needed"
    assert check_path(str(tmp_path)).problem == "that is a folder: add a file name"
    assert check_path(str(tmp_path / "new") + "/").problem == "that is a folder: add a file name"
    assert check_path(str(tmp_path / "no" / "file")).problem == f"there is no folder {tmp_path / 'no'}"
    assert check_path("/dev/null").problem == "that is not a regular file"
    assert check_path(str(tmp_path / "file")).exists
    new = check_path(str(tmp_path / "x" / ".." / "new"))
    assert (new.path, new.problem, new.exists) == (str(tmp_path / "new"), "", False)


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_path("~/amis.csv").path == str(tmp_path / "amis.csv")


async def test_the_lines_of_a_closed_dialog_are_freed() -> None:
    app = WidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, HelpScreen([]))
        assert "Help" in shown(pilot)
        painted = [ref(one._styles_cache) for one in app.screen.walk_children(Widget)]
        assert painted
        await pilot.press("escape")
        for _ in range(100):
            await pilot.pause()
            gc.collect()
            if not [one for one in painted if one() is not None]:
                break
        else:
            pytest.fail("something keeps them")
