from __future__ import annotations

import asyncio
import json

import pytest
from rich.cells import cell_len

from amitui.errors import NetworkError
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.ui.widgets.detail_pane import DetailPane, group_lines
from amitui.ui.widgets.text_lines import TextLine, json_lines, wrap
from tests.support.widget_app import WidgetApp, screen_lines

HOSTILE = (
    "prod[/foo]",
    "[@click=app.quit]x[/]",
    "] S1_Worker_east_V3",
    "[**NOT HARDENED**]",
    "日本語" * 40,
    "x" * 10_000,
)
DEVICES = tuple(
    DetailLine(f"/dev/xvd{chr(97 + number)}", f"snap-{number:017x} · 8 GiB gp3", "encrypted", "good")
    for number in range(27)
)
GROUPS = (
    DetailGroup(
        "Identity", (DetailLine("Image ID", "ami-1"), DetailLine("Name", "web-1", "two images share it", "warn"))
    ),
    DetailGroup("Storage", DEVICES),
)
RECORD = {"ImageId": "ami-1", "Name": "web-1", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda"}]}


def plain(lines: list[TextLine]) -> list[str]:
    return ["".join(run.text for run in line) for line in lines]


async def test_groups_labels_values_and_notes_are_shown_aligned() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(60, 12)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        await pilot.pause()
        lines = [line.rstrip() for line in screen_lines(pilot.app)]
        assert lines[0].startswith(" Details  Timeline  Raw ")
        assert "ami-1" in lines[0]
        assert lines[1:4] == ["Identity", "Image ID   ami-1", "Name       ! web-1  two images share it"]


async def test_right_leads_to_the_record_as_json_and_left_back() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(80, 24)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        pane.focus()
        await pilot.press("right", "right")
        assert pane.tab == "Raw"
        assert json.loads(pane.text) == RECORD
        await pilot.press("left", "left")
        assert pane.tab == "Details"
        assert pane.text.startswith("Identity")


async def test_a_click_on_a_tab_shows_it() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(80, 24)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        await pilot.click(DetailPane, offset=(21, 0))
        assert pane.tab == "Raw"
        await pilot.click(DetailPane, offset=(2, 0))
        assert pane.tab == "Details"


async def test_the_tab_stays_and_the_scroll_starts_over_for_the_next_image() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(40, 8)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        pane.focus()
        await pilot.press("end")
        assert pane.scroll_offset.y == pane.max_scroll_y > 0
        pane.show("ami-2", GROUPS, RECORD)
        await pilot.pause()
        assert pane.scroll_offset.y == 0


async def test_the_header_stays_and_the_last_line_is_reached() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(60, 8)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        pane.focus()
        await pilot.press("end")
        lines = screen_lines(pilot.app)
        assert lines[0].startswith(" Details")
        assert "/dev/xvd{" in lines[-1]
        await pilot.press("home", "pagedown")
        assert "Identity" not in "\n".join(screen_lines(pilot.app))


async def test_errors_and_emptiness_are_said() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(60, 8)) as pilot:
        assert "No image selected." in pane.text
        pane.show_error("ami-1", NetworkError("no route to [/ec2]", why="offline", remedy="press F5"))
        await pilot.pause()
        assert pane.text == "no route to [/ec2]\noffline\npress F5"
        assert "no route to [/ec2]" in screen_lines(pilot.app)[1]
        pane.show_nothing()
        assert "No image selected." in pane.text


@pytest.mark.parametrize("size", [(20, 5), (39, 12), (80, 24), (200, 60)])
async def test_hostile_text_is_shown_as_it_is_at_every_size(size: tuple[int, int]) -> None:
    pane = DetailPane()
    groups = [
        DetailGroup(text[:30], tuple(DetailLine(text, text, text, "bad") for text in HOSTILE)) for text in HOSTILE
    ]
    async with WidgetApp(pane).run_test(size=size) as pilot:
        pane.show(HOSTILE[0], groups, {text: text for text in HOSTILE})
        pane.focus()
        await pilot.pause()
        assert "prod[/foo]" in "\n".join(screen_lines(pilot.app))
        await pilot.press("right", "right", "end")
        widest = pane.scrollable_content_region.width
        assert max(cell_len(line) for line in pane.text.split("\n")) <= widest


async def test_resizing_wraps_anew() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(100, 24)) as pilot:
        pane.show("ami-1", (DetailGroup("Identity", (DetailLine("Name", "word " * 30),)),), RECORD)
        before = pane.virtual_size.height
        await pilot.resize_terminal(40, 24)
        async with asyncio.timeout(60):
            while pane.virtual_size.height <= before:
                await pilot.pause(0.01)


async def test_text_selected_with_the_mouse_can_be_copied_and_is_shown() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(60, 12)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        await pilot.pause()
        await pilot.mouse_down(pane, offset=(11, 2))
        await pilot.hover(pane, offset=(16, 2))
        await pilot.mouse_up(pane, offset=(16, 2))
        await pilot.pause()
        assert (pilot.app.screen.get_selected_text() or "").startswith("ami-1")
        assert "ami-1" in screen_lines(pilot.app)[2]


def test_a_long_label_gets_its_own_line_and_leaves_the_column_narrow() -> None:
    group = DetailGroup("Dates", (DetailLine("Created", "2025"), DetailLine("Deregistration protection", "off")))
    lines = plain(list(group_lines([group], 60)))
    assert lines == ["Dates", "Created" + " " * 11 + "2025", "Deregistration protection", " " * 18 + "off"]


def test_narrow_panes_put_values_below_their_labels() -> None:
    lines = plain(list(group_lines(GROUPS[:1], 20)))
    assert lines == ["Identity", "Image ID", "  ami-1", "Name", "  ! web-1", "  two images share", "  it"]


@pytest.mark.parametrize("width", [1, 2, 5, 17, 60])
@pytest.mark.parametrize("text", ["", " ", "  lead", "a b", *HOSTILE], ids=lambda text: ascii(text[:12]))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= max(width, 2 if not text.isascii() else 1) for line in lines)


def test_long_json_values_are_folded_under_their_key() -> None:
    lines = plain(json_lines('{\n  "Key": "' + "v" * 30 + '"\n}', 20))
    assert lines == ["{", '  "Key": "vvvvvvvvvv', "    vvvvvvvvvvvvvvvv", '    vvvv"', "}"]


async def test_a_line_of_the_text_ends_where_it_ends_and_leaves_nothing_of_what_was_there() -> None:
    pane = DetailPane()
    async with WidgetApp(pane).run_test(size=(40, 8)) as pilot:
        pane.show("ami-1", GROUPS, RECORD)
        await pilot.pause()
        pane.show_nothing(
            "Community is not fetched yet.\nIt is very large: 100,000 images and more, a minute.\n\nF5"
        )
        await pilot.pause()
        lines = [line.rstrip() for line in screen_lines(pilot.app)]
        assert lines[1:] == [
            "Community is not fetched yet.",
            "It is very large: 100,000 images and",
            "more, a minute.",
            "",
            "F5",
            "",
            "",
        ]
