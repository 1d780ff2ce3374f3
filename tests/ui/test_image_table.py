"""The table of images on a screen, over a source that counts what is read."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pyte
import pytest
from textual._compositor import CompositorUpdate
from textual.content import Content
from textual.events import MouseScrollDown, MouseScrollUp

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.domain.query.terms import SortOrder
from amitui.presentation.glyphs import ASCII, UNICODE, Glyphs
from amitui.ui.widgets.image_table.table import ImageTable
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot
    from textual.screen import Screen

MILLION = 1_000_000
NOW = 1_767_225_600
TOP = 1
"""Screen line of the first row, below the heading."""


def image_row(key: int) -> ImageRow:
    """A row that differs from its neighbours in nearly every cell."""
    return ImageRow(
        key=key,
        region="us-east-1",
        image_id=f"ami-{key * 2654435761 % 2**68:017x}",
        name=f"image-{key}-{'server' * (key % 5)}-{'amd64' if key % 2 else 'arm64'}-2025{key % 1000:04d}",
        description=f"Image number {key}",
        owner_id=f"{key * 7919 % 10**12:012d}",
        owner_alias="",
        publisher="" if key % 3 else "Canonical",
        trust=Trust.UNVERIFIED if key % 3 else Trust.PUBLISHER,
        architecture="x86_64" if key % 2 else "arm64",
        platform="Linux/UNIX" if key % 4 else "Windows",
        created=NOW - (MILLION - key) * 60,
        deprecated=None,
        last_launched=None,
        state="available",
        state_reason="",
        image_type="machine",
        root_device_type="ebs",
        virtualization="hvm",
        boot_mode="",
        size_gib=8 + key % 500,
        flags=ImageFlag.PUBLIC,
    )


class FakeRows:
    """A row for every key, unless told otherwise."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.others: dict[int, ImageRow | None] = {}

    def rows(self, keys: Sequence[int]) -> list[ImageRow | None]:
        self.read += keys
        return [self.others[key] if key in self.others else image_row(key) for key in keys]


class Watched(ImageTable):
    """Records the lines that it has to paint."""

    DEFAULT_CSS = "Watched { height: 1fr; }"

    def __init__(self, source: FakeRows, columns: Sequence[str] | None = None, glyphs: Glyphs = UNICODE) -> None:
        super().__init__(source, columns=columns, glyphs=glyphs, now=lambda: NOW)
        self.repainted: list[int] = []

    def refresh(self, *regions: object, **how: object) -> Watched:
        self.repainted += [region.y for region in regions]  # type: ignore[attr-defined]
        return super().refresh(*regions, **how)  # type: ignore[arg-type]


class Metered(WidgetApp):
    """Counts the bytes that go to the terminal, in true colour, and draws them on an emulated one."""

    def __init__(self, table: ImageTable, size: tuple[int, int]) -> None:
        super().__init__(table)
        self.sent = 0
        self.terminal = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.terminal)

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            output = renderable.render_segments(self.console).encode()
            self.sent += len(output)
            self._stream.feed(output)
        super()._display(screen, renderable)  # type: ignore[arg-type]


@pytest.fixture
def source() -> FakeRows:
    return FakeRows()


@pytest.fixture
def table(source: FakeRows) -> Watched:
    return Watched(source)


def newest_first(total: int, step: int = 1) -> array[int]:
    return array("q", range(total, 0, -step))


async def shown(pilot: Pilot[None], table: ImageTable, keys: Sequence[int]) -> None:
    """The table with the keys in it, as a screen does it: the first page, then all."""
    table.show(keys[:200])
    table.extend(keys)
    table.focus()
    await pilot.pause()


async def test_a_million_rows_read_only_what_is_in_view(source: FakeRows, table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(120, 40)) as pilot:
        await shown(pilot, table, newest_first(MILLION))
        await pilot.press("end")
        assert table.cursor == MILLION - 1
        assert table.cursor_row == image_row(1)
        assert image_row(1).image_id in screen_lines(pilot.app)[-1]
        await pilot.press("pageup", "home")
        assert table.cursor_row == image_row(MILLION)
        assert len(set(source.read)) < 4 * 40


async def test_the_keys_move_the_cursor(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(1000))
        for key, place in [
            ("down", 1),
            ("j", 2),
            ("up", 1),
            ("k", 0),
            ("k", 0),
            ("pagedown", 22),
            ("ctrl+f", 44),
            ("ctrl+b", 22),
            ("pageup", 0),
            ("end", 999),
            ("down", 999),
            ("home", 0),
            ("ctrl+end", 999),
            ("ctrl+home", 0),
        ]:
            await pilot.press(key)
            assert table.cursor == place, key


async def test_moving_the_cursor_repaints_two_lines(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(120, 40)) as pilot:
        await shown(pilot, table, newest_first(1000))
        table.repainted.clear()
        await pilot.press("down")
        assert sorted(table.repainted) == [TOP, TOP + 1]


async def test_completing_the_keys_repaints_only_the_position_bar(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(120, 40)) as pilot:
        table.show(newest_first(50_000)[:200])
        await pilot.pause()
        bar = [y for y, line in enumerate(table.lines) if line.endswith(UNICODE.thumb)]
        table.repainted.clear()
        table.extend(newest_first(50_000))
        await pilot.pause()
        assert table.repainted
        assert set(table.repainted) < set(bar)
        table.repainted.clear()
        table.show(newest_first(50_000)[:200])
        table.extend(newest_first(50_000))
        assert table.repainted == []


async def test_an_equal_answer_repaints_nothing_but_changed_data_does(source: FakeRows, table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(120, 40)) as pilot:
        await shown(pilot, table, newest_first(1000))
        table.repainted.clear()
        table.show(newest_first(1000), keep_cursor=True)
        table.extend(newest_first(1000))
        assert table.repainted == []
        source.others[998] = image_row(998)._replace(state="failed", state_reason="no snapshot")
        table.show(newest_first(1000), keep_cursor=True)
        table.extend(newest_first(1000))
        assert table.repainted == [TOP + 2]
        await pilot.pause()
        assert "failed: no snapshot" in screen_lines(pilot.app)[TOP + 2]


async def test_bytes_to_a_slow_terminal_stay_few(table: Watched) -> None:
    app = Metered(table, (120, 40))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, table, newest_first(MILLION))

        async def cost(*keys: str) -> int:
            app.sent = 0
            await pilot.press(*keys)
            await pilot.pause()
            return app.sent

        assert 0 < await cost("down") <= 700
        assert 0 < await cost("pagedown") <= 7_500
        await pilot.press("home")
        assert 0 < await cost(*["down"] * 120) / 120 <= 1_000
        app.sent = 0
        table.show(newest_first(MILLION, 7)[:200])
        table.extend(newest_first(MILLION, 7))
        await pilot.pause()
        assert 0 < app.sent <= 7_500


async def test_partial_repaints_add_up_to_the_whole_picture(source: FakeRows, table: Watched) -> None:
    for key in range(4900, 5000, 3):
        source.others[key] = image_row(key)._replace(state="failed", state_reason="x" * (key % 17))
    app = Metered(table, (100, 30))
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot, table, newest_first(5000))
        for step in ("down", "space", "pagedown", "end", "up", "home", "pagedown", "down"):
            await pilot.press(step)
            await pilot.pause()
            assert app.terminal.display == table.lines, step
        for gap in range(2, 9):
            table.show(newest_first(5000, gap)[:200])
            table.extend(newest_first(5000, gap))
            await pilot.pause()
            assert app.terminal.display == table.lines, gap


async def test_rows_that_stream_in_leave_the_image_under_the_cursor_where_it_is(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(5000))
        await pilot.press("pagedown", "down")
        row, line = table.cursor_row, screen_lines(pilot.app).index(table.lines[TOP + 1])
        table.show(newest_first(5010)[:200], keep_cursor=True)
        table.extend(newest_first(5010))
        await pilot.pause()
        assert table.cursor_row == row
        assert screen_lines(pilot.app).index(table.lines[TOP + 1]) == line


async def test_far_down_the_old_rows_stay_until_the_complete_answer_is_there(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(5000))
        table.move_cursor(3000)
        await pilot.pause()
        row, before = table.cursor_row, list(table.lines)
        table.repainted.clear()
        table.show(newest_first(5010)[:200], keep_cursor=True)
        assert table.lines == before
        table.extend(newest_first(5010))
        assert (table.cursor_row, table.cursor, table.row_count) == (row, 3010, 5010)
        assert table.lines == before
        assert table.repainted == []


async def test_another_question_goes_to_the_top_unless_the_image_is_in_its_answer(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(100))
        table.move_cursor(50)
        table.show(newest_first(100, 2))
        assert table.cursor_row == image_row(50)
        table.show(newest_first(99, 2))
        assert table.cursor == 0


async def test_marks_survive_other_results_and_new_keys(source: FakeRows, table: Watched) -> None:
    app = WidgetApp(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(100))
        await pilot.press("space", "down", "space")
        assert [row.key for row in table.marks] == [100, 98]
        assert table.cursor == 3
        assert [line[0] for line in screen_lines(app)[TOP : TOP + 4]] == ["●", " ", "●", " "]
        source.others[7001] = image_row(98)._replace(key=7001, state="pending")
        table.show([7001])
        table.extend([7001])
        await pilot.pause()
        assert screen_lines(app)[TOP].startswith("● ")
        assert [(row.key, row.state) for row in table.marks] == [(100, "available"), (7001, "pending")]
        await pilot.press("space")
        assert [row.key for row in table.marks] == [100]
        table.clear_marks()
        await pilot.pause()
        assert [len(event.marks) for event in app.posted(ImageTable.MarksChanged)] == [1, 2, 1, 0]


async def test_messages_name_the_row_under_the_cursor_once(table: Watched) -> None:
    app = WidgetApp(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))
        await pilot.press("down", "end", "end")
        table.show([])
        await pilot.pause()
        assert [event.key for event in app.posted(ImageTable.CursorMoved)] == [10, 9, 1, None]


async def test_enter_opens_the_row(table: Watched) -> None:
    app = WidgetApp(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))
        await pilot.press("down", "enter")
        table.show([])
        await pilot.press("enter", "space")
        assert [event.row for event in app.posted(ImageTable.Opened)] == [image_row(9)]
        assert app.posted(ImageTable.MarksChanged) == []


async def test_the_mouse_selects_opens_marks_sorts_and_scrolls(table: Watched) -> None:
    app = WidgetApp(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(1000))
        await pilot.click(table, offset=(30, TOP + 4))
        assert table.cursor == 4
        await pilot.click(table, offset=(30, TOP + 5), times=2)
        assert [event.row for event in app.posted(ImageTable.Opened)] == [image_row(995)]
        await pilot.click(table, offset=(0, TOP + 6))
        assert [row.key for row in table.marks] == [994]
        await pilot.click(table, offset=(30, 0))
        await pilot.click(table, offset=(0, 0))
        assert [event.column for event in app.posted(ImageTable.SortRequested)] == ["name"]
        await pilot._post_mouse_events([MouseScrollDown], table, offset=(30, 5))
        assert table.lines[TOP].split()[0] == image_row(997).image_id
        await pilot._post_mouse_events([MouseScrollUp], table, offset=(30, 5))
        assert table.lines[TOP].split()[0] == image_row(1000).image_id


async def test_the_position_bar_can_be_dragged(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(MILLION))
        await pilot.mouse_down(table, offset=(79, 12))
        assert abs(table.cursor - MILLION / 2) < MILLION / 20
        await pilot.hover(table, offset=(79, 23))
        await pilot.mouse_up(table, offset=(79, 23))
        assert table.lines[-1].split()[0] == image_row(1).image_id
        await pilot.hover(table, offset=(79, 1))
        assert table.lines[-1].split()[0] == image_row(1).image_id


async def test_a_click_below_the_last_row_does_nothing(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(3))
        await pilot.press("down")
        await pilot.click(table, offset=(30, 15))
        assert table.cursor == 1


async def test_without_rows_the_words_are_in_the_middle(table: Watched) -> None:
    app = WidgetApp(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(30))
        table.empty_text = Content("No image matches.\nEsc clears the search.")
        table.show([])
        await pilot.pause()
        painted = screen_lines(app)
        assert "Image ID" in painted[0]
        words = [(y, line.strip()) for y, line in enumerate(painted) if y and line.strip()]
        assert words == [(11, "No image matches."), (12, "Esc clears the search.")]
        assert painted[11].index("No") == (80 - len("No image matches.")) // 2
        table.empty_text = Content("Fetching [b]1[/b] page")
        await pilot.pause()
        assert "Fetching [b]1[/b] page" in screen_lines(app)[12]
        await shown(pilot, table, newest_first(3))
        assert screen_lines(app)[TOP:] == table.lines[TOP:]


async def test_a_row_that_left_the_catalogue_says_so(source: FakeRows, table: Watched) -> None:
    source.others[9] = None
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))
        assert "no longer in the catalogue" in screen_lines(pilot.app)[TOP + 1]
        await pilot.press("down", "enter", "space")
        assert table.marks == ()


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (3, 2), (80, 2), (300, 3)])
async def test_any_size_is_painted(size: tuple[int, int], table: Watched) -> None:
    app = WidgetApp(table)
    async with app.run_test(size=size) as pilot:
        await shown(pilot, table, newest_first(MILLION))
        await pilot.press("down", "pagedown", "end", "space", "up", "home")
        assert [len(line) for line in screen_lines(app)] == [size[0]] * size[1]
        table.show([])
        await pilot.pause()
        assert len(screen_lines(app)) == size[1]


async def test_another_size_keeps_the_cursor_in_view(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(120, 40)) as pilot:
        await shown(pilot, table, newest_first(1000))
        table.move_cursor(30)
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert any(image_row(970).image_id in line for line in screen_lines(pilot.app))
        assert screen_lines(pilot.app) == table.lines


async def test_columns_regions_and_the_arrow_follow_what_is_set(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))
        table.show_region = True
        table.sorted_by = SortOrder("created", True)
        await pilot.pause()
        assert "Region" in screen_lines(pilot.app)[0]
        assert "Age▼" in screen_lines(pilot.app)[0]
        assert " use1 " in screen_lines(pilot.app)[TOP]
        table.columns = ("size", "name")
        await pilot.pause()
        assert table.shown_columns == ("size", "name")
        assert screen_lines(pilot.app)[0].split() == ["GiB", "Name"]


async def test_ascii_glyphs_keep_the_screen_ascii(source: FakeRows) -> None:
    source.others[10] = image_row(10)._replace(trust=Trust.LOOKALIKE, description="Ünïcödé 日本語")
    table = Watched(source, columns=["id", "publisher", "description", "name"], glyphs=ASCII)
    async with WidgetApp(table).run_test(size=(100, 10)) as pilot:
        await shown(pilot, table, newest_first(1000))
        table.show(newest_first(10))
        table.extend(newest_first(10))
        await pilot.press("space")
        assert all(line.isascii() for line in screen_lines(pilot.app))
        assert screen_lines(pilot.app)[TOP].startswith("#")
        assert "! " in screen_lines(pilot.app)[TOP]


async def test_the_cursor_is_in_reverse_video_without_colour(
    table: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))
        assert [styles_of(table, y) for y in (TOP, TOP + 1)] == [[True], [False]]


def styles_of(table: ImageTable, y: int) -> list[bool]:
    """Whether each run of a line is reversed."""
    return [bool(segment.style and segment.style.reverse) for segment in table.render_line(y)]


async def test_another_theme_repaints_in_its_colours(table: Watched) -> None:
    async with WidgetApp(table).run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))

        def colours() -> set[str]:
            return {str(segment.style) for y in range(4) for segment in table.render_line(y)}

        before = colours()
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert not before & colours()


async def test_keys_can_be_remapped(table: Watched) -> None:
    app = WidgetApp(table)
    app.set_keymap({"table.down": "n"})
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, table, newest_first(10))
        await pilot.press("n")
        assert table.cursor == 1


def test_every_binding_can_be_remapped_and_is_explained() -> None:
    assert all(binding.id and binding.description and binding.tooltip for binding in ImageTable.BINDINGS)  # type: ignore[union-attr]
