from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any, Self

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.widgets import Input

from amitui.domain.catalogue.fetch_state import FetchState
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.line import Part, clip, parts_width, spread
from amitui.ui.widgets.scope_tabs import ScopeTab, ScopeTabs
from amitui.ui.widgets.status_bar import Status, StatusBar, data_age, short_count, shorter_notice
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from textual.geometry import Region

BUSY = Status(
    regions=("us-east-1", "eu-west-1"),
    profile="prod",
    account="123456789012",
    scope="Amazon",
    matches=1234,
    total=45678,
    deprecated_hidden=5120,
    marked=3,
    fetch=FetchState("amazon us-east-1", images=12000, rate=850.0),
    errors=2,
    read_only=True,
    demo=True,
)
TABS = (
    ScopeTab("mine", "Mine", "1", 42),
    ScopeTab("shared", "Shared with me", "2", 7),
    ScopeTab("amazon", "Amazon", "3", 12301, active=True),
    ScopeTab("publishers", "Publishers", "4", 8112, busy=True),
    ScopeTab("marketplace", "Marketplace", "5"),
    ScopeTab("community", "Community", "6"),
    ScopeTab("all", "All", "7", 20462),
)


class Counting(StatusBar):
    asked = 0
    """How often it asked to be painted."""

    def refresh(self, *regions: Region, **how: Any) -> Self:
        type(self).asked += 1
        return super().refresh(*regions, **how)


async def status_text(status: Status, width: int) -> str:
    bar = StatusBar(status)
    async with WidgetApp(bar).run_test(size=(width, 5)):
        return bar.text


async def test_a_wide_status_bar_says_everything() -> None:
    text = await status_text(BUSY, 200)
    for words in (
        "us-east-1, eu-west-1", "prod 123456789012", "Amazon", "1,234 of 45,678", "5,120 deprecated hidden",
        "3 marked", "↓ amazon us-east-1 12,000 · 850/s  (Ctrl+X cancels)", "! 2 errors", "READ-ONLY", "DEMO",
    ):  # fmt: skip
        assert words in text


async def test_eighty_columns_keep_the_count_the_fetch_the_region_and_the_errors() -> None:
    text = await status_text(BUSY, 80)
    for words in ("1,234 of 45,678", "↓ 12,000 · 850/s", "us-east-1 +1", "!2", "READ-ONLY"):
        assert words in text


@pytest.mark.parametrize(
    ("notice", "shorter"),
    [
        ("copied ami-0123456789abcdef0", "copied ami-0123456789abcdef0"),
        (
            "could not reach EC2 in us-east-1; trying again in 5 s (F5 at once)",
            "could not reach…; trying again in 5 s",
        ),
        ("copied and sent what was marked to the clipboard", "copied and sent what was marked to the…"),
        ("x" * 60, "x" * 39 + "…"),
        ("short; " + "y" * 60, "short; " + "y" * 32 + "…"),
        ("日本語" * 20 + "; stopped", "日本語" * 5 + "…; stopped"),
    ],
)
def test_a_notice_that_is_too_long_keeps_what_comes_next(notice: str, shorter: str) -> None:
    assert shorter_notice(notice) == shorter


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("notice", ["copied ami-0123456789abcdef0", "sent ami-0123456789abcdef0 to the clipboard"])
async def test_an_id_in_a_notice_stays_whole(notice: str, columns: int) -> None:
    status = Status(
        regions=("us-east-1", "eu-west-1"), profile="prod", account="123456789012", matches=16, families=4,
        deprecated_hidden=5120, age_seconds=60, errors=2, notice=notice, demo=True,
    )  # fmt: skip
    text = await status_text(status, columns)
    assert "ami-0123456789abcdef0" in text
    assert "…" not in text.replace("clipboard…", "").replace("to…", "").replace("the…", "").replace("def0…", "")


@pytest.mark.parametrize(("columns", "words"), [(120, "fetched in part, F5 goes on"), (60, "in part")])
async def test_what_was_fetched_in_part_does_not_look_whole(columns: int, words: str) -> None:
    status = Status(
        regions=("us-east-1",), account="123456789012", scope="Community", matches=11_742, incomplete=True
    )
    assert words in await status_text(status, columns)
    offline = await status_text(dataclasses.replace(status, offline=True), columns)
    assert "in part" in offline
    assert "F5" not in offline


SEVERAL = dataclasses.replace(BUSY, accounts=("acme-dev", "acme-prod", "beta-audit"), demo=False, read_only=False)


@pytest.mark.parametrize(
    ("columns", "words"), [(200, "acme-dev, acme-prod, beta-audit"), (120, "3 accounts"), (80, "3 accounts")]
)
async def test_several_accounts_are_named_or_counted(columns: int, words: str) -> None:
    text = await status_text(SEVERAL, columns)
    assert words in text
    assert "prod 123456789012" not in text


async def test_eighty_columns_say_that_an_account_failed_and_which_and_why() -> None:
    failed = dataclasses.replace(
        SEVERAL, regions=("us-east-1",), accounts_failed=1, failed="beta-audit: no SSO login", fetch=None,
        deprecated_hidden=65, marked=0, age_seconds=60, matches=1234, total=None,
    )  # fmt: skip
    text = await status_text(failed, 80)
    assert "! beta-audit: no SSO login" in text
    assert "3 accounts, 1 failed" in text or "2 of 3" in text
    assert "2 of 3" in await status_text(failed, 50)


@pytest.mark.parametrize(("columns", "words"), [(120, " PRODUCTION acme-prod "), (60, " PRODUCTION ")])
async def test_the_mark_of_one_of_several_accounts_says_whose_it_is(columns: int, words: str) -> None:
    marked = dataclasses.replace(SEVERAL, production=True, read_only=True, marks_of="acme-prod", fetch=None)
    text = await status_text(marked, columns)
    assert words in text
    assert text.count("acme-prod") == (columns > 60)


async def test_twenty_columns_keep_the_count() -> None:
    assert "1.2k" in await status_text(BUSY, 20)


@pytest.mark.parametrize("width", range(1, 220))
def test_the_status_never_exceeds_its_width(width: int) -> None:
    bar = StatusBar()
    for notice, fetch in itertools.product(("", "日本語" * 30), (None, BUSY.fetch)):
        bar.show(dataclasses.replace(BUSY, notice=notice, fetch=fetch))
        assert parts_width(bar.fit(width)) <= width


async def test_hostile_profile_names_are_shown_as_they_are() -> None:
    text = await status_text(Status(profile="prod[/foo]", scope="[@click=app.quit]x[/]", matches=0), 80)
    assert "prod[/foo]" in text
    assert "[@click=app.quit]x[/]" in text


async def test_a_status_that_reads_the_same_is_not_painted_again() -> None:
    bar = Counting(Status(regions=("us-east-1",), matches=1, age_seconds=7300))
    async with WidgetApp(bar).run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        asked = Counting.asked
        bar.show(dataclasses.replace(bar.status, age_seconds=7305))
        await pilot.pause()
        assert Counting.asked == asked
        bar.show(dataclasses.replace(bar.status, matches=2))
        await pilot.pause()
        assert Counting.asked > asked


async def test_an_unfinished_count_shows_an_ellipsis() -> None:
    assert (await status_text(Status(regions=("us-east-1",)), 60)).endswith("…")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "just fetched"), (61, "1 min old"), (7200, "2 h old"), (200_000, "2 d old")]
)
def test_data_age_names_one_unit(seconds: int, words: str) -> None:
    assert data_age(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (12_301, "12k"), (999_999, "999k"), (2_500_000, "2.5M")],
)
def test_short_counts_take_four_cells(count: int, words: str) -> None:
    assert short_count(count) == words


async def tabs_text(width: int) -> str:
    tabs = ScopeTabs(TABS)
    async with WidgetApp(tabs).run_test(size=(width, 5)):
        return tabs.text


async def test_wide_tabs_carry_full_titles_and_counts() -> None:
    assert await tabs_text(140) == (
        " 1 Mine 42  2 Shared with me 7  3 Amazon 12,301  4 Publishers ↓ 8,112"
        "  5 Marketplace  6 Community  7 All 20,462"
    )


async def test_eighty_columns_keep_every_title() -> None:
    text = await tabs_text(80)
    for words in ("1 Mine", "2 Shared", "3 Amazon", "4 Publishers", "5 Market", "6 Community", "7 All"):
        assert words in text


async def test_twenty_columns_keep_the_digits() -> None:
    text = await tabs_text(24)
    assert [digit for digit in text if digit.isdigit()][:7] == list("1234567")


async def test_the_active_tab_is_reversed_so_that_it_shows_without_colour() -> None:
    tabs = ScopeTabs(TABS)
    async with WidgetApp(tabs).run_test(size=(140, 5)):
        reversed_texts = [
            segment.text for segment in tabs.render_line(0) if segment.style and segment.style.reverse
        ]
        assert reversed_texts == [" 3 Amazon 12,301 "]


async def test_a_click_on_a_tab_chooses_it() -> None:
    app = WidgetApp(ScopeTabs(TABS))
    async with app.run_test(size=(140, 5)) as pilot:
        await pilot.click(ScopeTabs, offset=(15, 0))
        assert [message.name for message in app.posted(ScopeTabs.Chosen)] == ["shared"]


class Keys(WidgetApp):
    BINDINGS = [
        Binding("l", "launch", "Launch", id="launch"),
        Binding("j,down", "step", "Down", id="step"),
        Binding("x", "hidden", "Hidden", show=False),
        Binding("[", "odd", "[/odd] name", id="odd"),
        Binding("question_mark", "help", "Help", id="help"),
        Binding("q", "quit", "Quit", id="quit"),
    ]
    launched = 0

    def action_launch(self) -> None:
        self.launched += 1


async def test_the_key_bar_lists_shown_bindings_once_with_help_and_quit_at_the_end() -> None:
    bar = KeyBar()
    async with Keys(bar).run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        assert bar.text.split("  ")[:3] == [" l Launch", "j Down", "[ [/odd] name"]
        assert bar.text.endswith(" ? Help  q Quit")
        assert "Hidden" not in bar.text


async def test_the_key_bar_drops_what_does_not_fit_but_keeps_help() -> None:
    bar = KeyBar()
    async with Keys(bar).run_test(size=(28, 5)) as pilot:
        await pilot.pause()
        assert bar.text == " l Launch    ? Help  q Quit"


async def test_a_click_on_a_key_presses_it() -> None:
    app = Keys(KeyBar())
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        await pilot.click(KeyBar, offset=(4, 0))
        await pilot.pause()
        assert app.launched == 1


async def test_keys_that_an_input_would_swallow_are_not_offered() -> None:
    bar = KeyBar()
    async with Keys(Input(), bar).run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        assert "Launch" not in bar.text


async def test_remapped_keys_are_shown_as_remapped() -> None:
    bar = KeyBar()
    app = Keys(bar)
    async with app.run_test(size=(80, 5)) as pilot:
        app.set_keymap({"launch": "f7"})
        await pilot.pause()
        assert "f7 Launch" in bar.text


async def test_lines_are_painted_over_their_whole_width() -> None:
    app = WidgetApp(StatusBar(BUSY), ScopeTabs(TABS), KeyBar())
    async with app.run_test(size=(97, 5)):
        assert [cell_len(line) for line in screen_lines(app)[:3]] == [97, 97, 97]


def test_clip_counts_cells() -> None:
    assert clip("日本語", 5) == "日本…"
    assert clip("日本語", 4) == "日…"
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 1) == "…"
    assert clip("abcd", 0) == ""


def test_spread_pushes_the_ends_apart() -> None:
    assert [part.text for part in spread([Part("a")], [Part("b")], 5)] == ["a", "   ", "b"]
