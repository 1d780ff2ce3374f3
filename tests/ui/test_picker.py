from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amitui.ui.screens.help import screen_sections
from amitui.ui.screens.picker import MultiPickerScreen, PickerItem, PickerScreen
from amitui.ui.screens.regions import RegionChoice, RegionsScreen
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from textual.pilot import Pilot

REGIONS = (
    PickerItem("us-east-1", "us-east-1", "N. Virginia", digit="1"),
    PickerItem("eu-west-1", "eu-west-1", "Ireland", digit="2"),
    PickerItem("ap-east-1", "ap-east-1", "Hong Kong", disabled_reason="not enabled"),
    PickerItem("eu-north-1", "eu-north-1", "Stockholm"),
)
HOSTILE = tuple(
    PickerItem(f"h{index}", text, text)
    for index, text in enumerate(("prod[/foo]", "[@click=app.quit]x[/]", "[**NOT HARDENED**]", "日本語イメージ"))
)
NOTHING: Any = object()


class Result:
    """What the dialog gave back."""

    value: Any = NOTHING

    def __call__(self, value: Any) -> None:
        self.value = value


async def opened(pilot: Pilot[None], screen: PickerScreen | MultiPickerScreen) -> Result:
    result = Result()
    await pilot.app.push_screen(screen, result)
    await pilot.pause()
    return result


async def test_enter_chooses_the_row_under_the_cursor() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.press("down", "enter")
        assert result.value == "eu-west-1"


async def test_the_cursor_starts_on_the_current_value() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS, current="eu-north-1"))
        await pilot.press("enter")
        assert result.value == "eu-north-1"


async def test_typed_words_narrow_the_list_by_label_and_detail() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.press(*"eu ", *"STOCK", "enter")
        assert result.value == "eu-north-1"


async def test_a_digit_chooses_a_recent_row_only_while_nothing_is_typed() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.press("e", "2")
        assert result.value is NOTHING
        await pilot.press("escape", "2")
        assert result.value == "eu-west-1"


async def test_a_disabled_row_says_why_and_cannot_be_chosen() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.press(*"ap-east")
        await pilot.press("enter")
        assert result.value is NOTHING
        assert any("ap-east-1" in line and "not enabled" in line for line in screen_lines(pilot.app))


async def test_escape_clears_the_filter_and_then_leaves() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.press("x", "escape")
        assert result.value is NOTHING
        await pilot.press("escape")
        assert result.value is None


async def test_rows_may_arrive_later() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = PickerScreen("Region", None, current="eu-west-1")
        result = await opened(pilot, screen)
        assert any("Loading…" in line for line in screen_lines(pilot.app))
        await pilot.press("enter")
        assert result.value is NOTHING
        screen.set_items(REGIONS)
        await pilot.pause()
        await pilot.press("enter")
        assert result.value == "eu-west-1"


async def test_late_rows_keep_the_filter_and_the_cursor() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = PickerScreen("Region", REGIONS[:2])
        result = await opened(pilot, screen)
        await pilot.press(*"eu", "down")
        screen.set_items(reversed(REGIONS))
        await pilot.press("enter")
        assert result.value == "eu-west-1"


async def test_an_empty_list_and_a_filter_without_matches_say_so() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, PickerScreen("Profile", (), empty="No profiles in ~/.aws/config."))
        assert any("No profiles in ~/.aws/config." in line for line in screen_lines(pilot.app))
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.press("z", "z")
        assert any("Nothing matches." in line for line in screen_lines(pilot.app))


async def test_space_marks_and_enter_returns_the_marked_in_row_order() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Regions", REGIONS, marked=["eu-north-1"]))
        await pilot.press("space", "enter")
        assert result.value == ("us-east-1", "eu-north-1")


async def test_marks_survive_filtering() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Regions", REGIONS))
        await pilot.press("space", *"north", "insert", "enter")
        assert result.value == ("us-east-1", "eu-north-1")


@pytest.mark.parametrize("adds", [False, True])
async def test_a_row_that_is_typed_after_others_were_marked_is_taken_with_them(*, adds: bool) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Copy to", REGIONS, adds=adds))
        await pilot.press("space", *"north", "enter")
        assert result.value == ("us-east-1", "eu-north-1")


async def test_a_filter_that_was_cleared_again_adds_no_row() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Copy to", REGIONS))
        await pilot.press("space", *"north", "escape", "enter")
        assert result.value == ("us-east-1",)


async def test_enter_without_marks_takes_the_row_under_the_cursor() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Regions", REGIONS))
        await pilot.press("down", "enter")
        assert result.value == ("eu-west-1",)


async def test_enter_goes_to_the_typed_row_when_only_the_marks_of_the_start_are_there() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Regions", REGIONS, marked=["us-east-1"]))
        await pilot.press(*"north", "enter")
        assert result.value == ("eu-north-1",)


@pytest.mark.parametrize(
    ("typed", "taken"),
    [("north", ("eu-north-1", "us-east-1")), ("us-east", ("us-east-1",)), ("", ("us-east-1",))],
)
async def test_a_field_of_several_keeps_what_it_has_when_one_more_is_typed(
    typed: str, taken: tuple[str, ...]
) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        screen = MultiPickerScreen("Copy to", REGIONS, marked=["us-east-1"], current="us-east-1", adds=True)
        result = await opened(pilot, screen)
        await pilot.press(*typed, "enter")
        assert sorted(result.value) == sorted(taken)


async def test_a_digit_takes_its_row_alone_whatever_is_marked() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Regions", REGIONS))
        await pilot.press("space", "2")
        assert result.value == ("eu-west-1",)


async def test_a_disabled_row_cannot_be_marked() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, MultiPickerScreen("Regions", REGIONS))
        await pilot.press(*"ap-east", "insert", "escape", "enter")
        assert result.value == ("us-east-1",)


async def test_a_click_chooses_a_row() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        await pilot.click("PickList", offset=(5, 1))
        await pilot.pause()
        assert result.value == "eu-west-1"


async def test_hostile_titles_and_rows_are_shown_as_they_are() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, PickerScreen("prod[/foo] [@click=app.quit]", HOSTILE))
        shown = "\n".join(screen_lines(pilot.app))
        for text in ("prod[/foo] [@click=app.quit]", *(item.label for item in HOSTILE)):
            assert text in shown


async def test_it_works_in_twenty_columns_and_five_rows() -> None:
    async with WidgetApp().run_test(size=(20, 5)) as pilot:
        result = await opened(pilot, PickerScreen("Region", REGIONS))
        assert any("us-east-1" in line for line in screen_lines(pilot.app))
        await pilot.press("up", "down", "down", "down", "enter")
        assert result.value == "eu-north-1"


async def test_a_long_list_scrolls_with_the_cursor() -> None:
    rows = [PickerItem(str(number), f"row {number}") for number in range(300)]
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result = await opened(pilot, PickerScreen("Rows", rows))
        await pilot.press("pagedown", "pagedown", "ctrl+end")
        assert any("row 299" in line for line in screen_lines(pilot.app))
        await pilot.press("pageup", "ctrl+home", "enter")
        assert result.value == "0"


async def test_every_cached_region_is_marked_with_one_key_and_unmarked_with_it_again() -> None:
    choices = [
        RegionChoice("eu-west-1", cached=3),
        RegionChoice("us-east-1", cached=5),
        RegionChoice("sa-east-1"),
        RegionChoice("af-south-1", enabled=False, cached=1),
    ]
    app = WidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        results: list[tuple[str, ...] | None] = []
        screen = RegionsScreen(choices, current=("sa-east-1",))
        app.push_screen(screen, results.append)
        await pilot.press("ctrl+a")
        assert screen.marked == {"eu-west-1", "us-east-1"}
        await pilot.press("ctrl+a")
        assert screen.marked == set()
        await pilot.press("ctrl+a", "enter")
        assert results == [("eu-west-1", "us-east-1")]


async def test_the_key_bar_names_space_as_the_mark_only_while_space_is_not_typed() -> None:
    def bar() -> str:
        return next(line for line in screen_lines(pilot.app) if "Mark" in line)

    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, MultiPickerScreen("Regions", REGIONS))
        assert "space Mark" in bar()
        await pilot.press("e")
        await pilot.pause()
        assert "space" not in bar()
        assert "insert Mark" in bar()
        await pilot.press("backspace")
        await pilot.pause()
        assert "space Mark" in bar()


async def test_help_says_why_space_does_not_mark_while_a_filter_is_typed() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        await opened(pilot, MultiPickerScreen("Regions", REGIONS))
        await pilot.press("e", "space")
        rows = [row for section in screen_sections(pilot.app.screen) for row in section.rows]
        assert [row.obstacle for row in rows if row.keys == "space"] == ["Space is text of the filter now"]
        assert [row.obstacle for row in rows if "insert" in row.keys] == [""]


async def test_rows_that_arrive_while_the_dialog_closes_or_is_not_yet_composed_are_no_error() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        late = PickerScreen("Region", None)
        await opened(pilot, late)
        await late.query_one(".dialog").remove()
        late.set_items(REGIONS)
        early = PickerScreen("Region", None)
        showing = pilot.app.push_screen(early)
        early.set_items(REGIONS)
        await showing
        await pilot.pause()
        assert "Stockholm" in "\n".join(screen_lines(pilot.app))
