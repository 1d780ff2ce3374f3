from __future__ import annotations

import pytest

from amitui.domain.query.offers import Offer, Part
from amitui.ui.widgets.offer_line import offer_line
from amitui.ui.widgets.query_input import one_line
from amitui.ui.widgets.search_bar import HISTORY_LIMIT, SearchBar, deduplicated, hint_line
from tests.support.widget_app import WidgetApp, screen_lines

HOSTILE = ["prod[/foo]", "[@click=app.quit]x[/]", "[**NOT HARDENED**]", "日本語イメージ", "a]b[c", "\\[x"]


def texts(app: WidgetApp) -> list[str]:
    return [message.text for message in app.posted(SearchBar.QueryEdited)]


async def test_every_keystroke_is_reported() -> None:
    app = WidgetApp(SearchBar())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", "b", "space", "c")
        assert texts(app) == ["a", "ab", "ab ", "ab c"]


async def test_typing_lays_nothing_out_and_scrolls_a_text_that_is_longer_than_the_bar() -> None:
    bar = SearchBar()
    app = WidgetApp(bar)
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.press("a")
        layouts: list[object] = []
        app.screen.screen_layout_refresh_signal.subscribe(bar, layouts.append)
        await pilot.press("b", "c")
        assert screen_lines(app)[0].strip() == "/ abc"
        assert layouts == []
        await pilot.press(*"defghijklmnopqrstuvwxyz")
        assert screen_lines(app)[0].rstrip().endswith("xyz")


async def test_enter_submits_and_remembers() -> None:
    bar = SearchBar("ubuntu")
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert [message.text for message in app.posted(SearchBar.QuerySubmitted)] == ["ubuntu"]
        assert bar.history == ("ubuntu",)


async def test_escape_clears_first_and_leaves_second() -> None:
    bar = SearchBar("debian")
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        assert bar.text == ""
        assert app.posted(SearchBar.Left) == []
        await pilot.press("escape")
        assert len(app.posted(SearchBar.Left)) == 1


async def test_arrows_walk_the_history_and_come_back_to_the_draft() -> None:
    bar = SearchBar(history=["second", "first"])
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", "up")
        assert bar.text == "second"
        await pilot.press("up", "up", "up")
        assert bar.text == "first"
        await pilot.press("down", "down")
        assert bar.text == "d"
        assert app.posted(SearchBar.Left) == []


async def test_down_on_what_is_being_typed_leaves_to_the_table() -> None:
    bar = SearchBar()
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d", "down")
        assert len(app.posted(SearchBar.Left)) == 1
        assert bar.history == ("d",)


async def test_up_after_submitting_skips_the_query_already_shown() -> None:
    bar = SearchBar(history=["older"])
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n", "enter", "up")
        assert bar.text == "older"
        await pilot.press("down")
        assert bar.text == "n"


async def test_setting_the_text_is_not_an_edit() -> None:
    bar = SearchBar()
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        bar.set_text("restored")
        await pilot.press("x")
        assert texts(app) == ["restoredx"]


async def test_the_error_is_shown_under_its_word_without_moving_what_is_below() -> None:
    bar = SearchBar("ubuntu arch:: x")
    below = SearchBar("below")
    app = WidgetApp(bar, below)
    async with app.run_test(size=(80, 24)) as pilot:
        region = below.region
        bar.show_error(7, 6, "arch: needs a value")
        await pilot.pause()
        lines = screen_lines(app)
        assert lines[0].startswith("/ ubuntu arch:: x")
        assert lines[1].rstrip() == "         ^^^^^^ arch: needs a value"
        assert below.region == region
        bar.clear_error()
        await pilot.pause()
        assert screen_lines(app)[1].startswith("/ below")


async def test_the_caret_counts_cells_not_characters() -> None:
    bar = SearchBar("日本 x:")
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        bar.show_error(3, 2, "no such field")
        await pilot.pause()
        assert screen_lines(app)[1].rstrip() == "       ^^ no such field"


async def test_hostile_errors_and_queries_are_shown_as_they_are() -> None:
    bar = SearchBar(history=HOSTILE)
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        for text in HOSTILE:
            bar.set_text(text)
            bar.show_error(0, 1, text)
            await pilot.pause()
            assert text in screen_lines(app)[0]
            assert text in screen_lines(app)[1]


async def test_pasted_control_characters_never_arrive() -> None:
    bar = SearchBar()
    app = WidgetApp(bar)
    async with app.run_test(size=(80, 24)) as pilot:
        bar.input.insert_text_at_cursor("a\x1b]52;c;x\x07b\u202ec")
        await pilot.pause()
        assert bar.text == "a]52;c;xbc"


async def test_ctrl_x_without_a_selection_is_left_to_the_screen() -> None:
    class Cancelling(WidgetApp):
        BINDINGS = [("ctrl+x", "cancel", "Cancel")]
        cancelled = 0

        def action_cancel(self) -> None:
            self.cancelled += 1

    app = Cancelling(SearchBar("text"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+x")
        assert app.cancelled == 1


async def test_it_works_in_twenty_columns() -> None:
    bar = SearchBar("ubuntu 24.04 arm64 created:>2024 bad::")
    app = WidgetApp(bar)
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.press("end")
        bar.show_error(33, 5, "a value is missing here")
        await pilot.pause()
        assert bar.size.height == 1
        assert "value is missing" in screen_lines(app)[1]


def test_history_has_no_repeats_no_blanks_and_an_end() -> None:
    assert deduplicated(["a", " ", "b", "a", ""]) == ["a", "b"]
    assert len(deduplicated(str(number) for number in range(HISTORY_LIMIT * 2))) == HISTORY_LIMIT


@pytest.mark.parametrize(
    ("column", "length", "expected"),
    [
        (0, 2, "^^ bad word"),
        (3, 1, "   ^ bad word"),
        (14, 2, "     bad word ^^"),
        (18, 9, "         bad word ^^"),
    ],
)
def test_the_message_stands_where_there_is_room(column: int, length: int, expected: str) -> None:
    assert hint_line(column, length, "bad word", 20) == expected


def test_only_printable_text_is_kept() -> None:
    assert one_line("a\tb\nc\x00\x9b\u200bd") == "a b cd"


OFFERS = tuple(Offer(text, images, f"{text} ") for text, images in (("arm64", 612), ("x86_64", 590), ("i386", 7)))


async def test_offers_are_shown_below_the_query_and_tab_takes_the_first() -> None:
    bar = SearchBar("arch:")
    app = WidgetApp(bar, SearchBar("below"))
    async with app.run_test(size=(80, 24)) as pilot:
        bar.focus()
        bar.offer(Part("arch", "", 5, 5), OFFERS)
        await pilot.pause()
        assert screen_lines(app)[1].rstrip() == "tab  arm64 612  x86_64 590 · i386 7"
        await pilot.press("tab")
        assert bar.text == "arch:arm64 "
        assert bar.input.has_focus
        await pilot.pause()
        assert screen_lines(app)[1].startswith("/ below")
        await pilot.press("tab")
        assert not bar.input.has_focus


async def test_an_error_has_precedence_over_offers_and_tab_takes_none() -> None:
    bar = SearchBar("arch:")
    app = WidgetApp(bar, SearchBar("below"))
    async with app.run_test(size=(80, 24)) as pilot:
        bar.focus()
        bar.show_error(0, 5, "arch: has no value")
        bar.offer(Part("arch", "", 5, 5), OFFERS)
        await pilot.pause()
        assert screen_lines(app)[1].rstrip() == "  ^^^^^ arch: has no value"
        bar.clear_error()
        await pilot.pause()
        assert screen_lines(app)[1].startswith("tab  arm64 612")
        bar.show_error(0, 5, "arch: has no value")
        await pilot.press("tab")
        assert (bar.text, bar.input.has_focus) == ("arch:", False)


async def test_offers_go_when_the_cursor_leaves_their_part_or_the_bar_the_focus() -> None:
    bar = SearchBar("arch:")
    app = WidgetApp(bar, SearchBar("below"))
    async with app.run_test(size=(80, 24)) as pilot:
        bar.focus()
        bar.offer(Part("arch", "", 5, 5), OFFERS)
        await pilot.press("left")
        assert not bar.shows_offers
        await pilot.press("end")
        bar.offer(Part("arch", "", 5, 5), OFFERS)
        app.screen.focus_next()
        await pilot.pause()
        assert not bar.shows_offers
        assert screen_lines(app)[1].startswith("/ below")


@pytest.mark.parametrize("width", [12, 20, 27, 40, 80])
def test_offers_fill_the_width_with_whole_ones_and_say_when_there_are_more(width: int) -> None:
    plain = offer_line(OFFERS, "Tab", width).plain
    assert len(plain) <= width
    assert "arm64 612" in plain
    assert plain.endswith(("i386 7", "…")) or width < 20


def test_hostile_values_are_offered_as_they_are_within_the_width() -> None:
    for text in HOSTILE:
        line = offer_line([Offer(text, 3, text)], "Tab", 40)
        assert f"{text} 3" in line.plain
        assert line.cell_length <= 40
