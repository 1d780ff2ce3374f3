"""The table's window: cursor, paging and what stays in place when rows come and go."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from amitui.presentation.glyphs import UNICODE
from amitui.ui.widgets.image_table.picture import TablePicture
from amitui.ui.widgets.image_table.row_window import RowWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.image.row import ImageRow


def window(total: int = 1000, height: int = 20) -> RowWindow:
    made = RowWindow()
    made.resize(height)
    keys = newest_first(total)
    made.replace(keys, same_view=False)
    made.extend(keys)
    return made


def newest_first(total: int) -> array[int]:
    return array("q", range(total, 0, -1))


def test_a_step_over_the_edge_brings_the_cursor_to_the_middle() -> None:
    rows = window()
    rows.move_to(19)
    assert (rows.top, rows.cursor) == (0, 19)
    rows.move_to(20)
    assert (rows.top, rows.cursor) == (10, 20)


def test_a_page_keeps_the_cursor_on_its_line_and_one_row_in_sight() -> None:
    rows = window()
    rows.move_to(3)
    rows.page(1)
    assert (rows.top, rows.cursor) == (19, 22)
    rows.page(-1)
    assert (rows.top, rows.cursor) == (0, 3)


def test_a_page_past_the_end_goes_to_the_last_row() -> None:
    rows = window(total=30)
    rows.page(1)
    rows.page(1)
    assert (rows.top, rows.cursor) == (10, 29)
    rows.page(-1)
    rows.page(-1)
    assert (rows.top, rows.cursor) == (0, 0)


def test_scrolling_takes_the_cursor_along_only_as_far_as_it_must() -> None:
    rows = window()
    rows.move_to(10)
    rows.scroll_to(3)
    assert (rows.top, rows.cursor) == (3, 10)
    rows.scroll_to(50)
    assert (rows.top, rows.cursor) == (50, 50)
    rows.scroll_to(0)
    assert (rows.top, rows.cursor) == (0, 19)


def test_a_cursor_at_rest_stays_at_the_top_when_newer_rows_come() -> None:
    rows = window(total=10)
    rows.replace(newest_first(15), same_view=True)
    assert (rows.cursor, rows.key) == (0, 15)


def test_a_moved_cursor_keeps_its_image_and_its_line_when_newer_rows_come() -> None:
    rows = window(total=100)
    rows.move_to(5)
    assert rows.key == 95
    rows.replace(newest_first(107), same_view=True)
    assert (rows.key, rows.cursor, rows.top) == (95, 12, 7)


def test_an_image_that_is_gone_leaves_the_cursor_in_its_place_in_the_same_view() -> None:
    rows = window(total=100)
    rows.move_to(5)
    rows.replace(array("q", [key for key in newest_first(100) if key != 95]), same_view=True)
    assert (rows.cursor, rows.key) == (5, 94)


def test_another_question_keeps_the_image_or_goes_to_the_top() -> None:
    rows = window(total=100)
    rows.move_to(50)
    rows.replace(array("q", range(100, 0, -2)), same_view=False)
    assert (rows.key, rows.cursor) == (50, 25)
    rows.replace(array("q", range(99, 0, -2)), same_view=False)
    assert (rows.cursor, rows.top) == (0, 0)


def test_a_row_beyond_the_first_page_is_awaited() -> None:
    rows = window(total=1000)
    keys = newest_first(1003)
    assert not rows.awaits(keys[:200])
    rows.move_to(500)
    assert rows.awaits(keys[:200])
    rows.move_to(100)
    assert not rows.awaits(keys[:200])


def test_completing_the_keys_moves_nothing() -> None:
    rows = window(total=5000)
    rows.replace(newest_first(6000)[:200], same_view=False)
    rows.move_to(150)
    before = (rows.top, rows.cursor, rows.key)
    rows.extend(newest_first(6000))
    assert (rows.top, rows.cursor, rows.key) == before
    assert len(rows.keys) == 6000


def test_rows_that_came_between_the_first_page_and_the_rest_do_not_move_the_image() -> None:
    rows = window(total=300)
    rows.move_to(30)
    rows.extend(newest_first(304))
    assert (rows.key, rows.cursor) == (270, 34)


def test_the_bar_does_not_change_while_only_the_first_page_is_known() -> None:
    rows = window(total=100_000)
    before = rows.thumb()
    rows.replace(newest_first(100_000)[:200], same_view=False)
    assert rows.thumb() == before
    rows.extend(newest_first(200))
    assert len(rows.thumb()) == 2


def test_the_bar_reaches_both_ends() -> None:
    rows = window(total=1_000_000)
    assert rows.thumb() == range(1)
    rows.move_to(999_999)
    assert rows.thumb() == range(19, 20)
    rows.scroll_to_line(0)
    assert rows.top == 0
    rows.scroll_to_line(19)
    assert rows.top == rows.last_top


def test_a_result_that_fits_has_no_bar() -> None:
    assert not window(total=20).thumb()


def test_nothing_to_show_is_no_row() -> None:
    rows = window(total=0)
    rows.move_to(5)
    rows.page(1)
    rows.scroll_to(3)
    assert (rows.key, rows.cursor, rows.top, list(rows.visible())) == (None, 0, 0, [])


@given(
    st.integers(min_value=0, max_value=60),
    st.integers(min_value=0, max_value=25),
    st.lists(
        st.one_of(
            st.tuples(st.just("move"), st.integers(-5, 70)),
            st.tuples(st.just("page"), st.sampled_from([1, -1])),
            st.tuples(st.just("scroll"), st.integers(-5, 70)),
            st.tuples(st.just("bar"), st.integers(-5, 30)),
            st.tuples(st.just("resize"), st.integers(0, 30)),
            st.tuples(st.just("replace"), st.integers(0, 70)),
            st.tuples(st.just("refresh"), st.integers(0, 70)),
            st.tuples(st.just("extend"), st.integers(0, 70)),
        ),
        max_size=12,
    ),
)
def test_whatever_happens_the_cursor_is_on_a_row_in_view(
    total: int, height: int, steps: list[tuple[str, int]]
) -> None:
    rows = window(total, height)
    for step, value in steps:
        match step:
            case "move":
                rows.move_to(value)
            case "page":
                rows.page(value)
            case "scroll":
                rows.scroll_to(value)
            case "bar":
                rows.scroll_to_line(value)
            case "resize":
                rows.resize(value)
            case "replace" | "refresh":
                rows.replace(newest_first(value), same_view=step == "refresh")
            case _:
                rows.extend(newest_first(value))
        assert 0 <= rows.top <= rows.last_top or rows.height == 0
        assert 0 <= rows.cursor < max(1, len(rows.keys))
        assert rows.height == 0 or not rows.keys or rows.top <= rows.cursor < rows.top + rows.height
        thumb = rows.thumb()
        assert thumb.start >= 0
        assert thumb.stop <= max(rows.height, 0)


def test_a_pinned_cursor_stays_on_its_image_though_newer_ones_come_in_above_it() -> None:
    window = RowWindow([5, 4, 3], height=3)
    window.pinned = True
    window.replace([6, 5, 4, 3], same_view=True)
    assert (window.key, window.top) == (5, 0)
    window.replace([9, 5], same_view=False)
    assert window.pinned is False


@pytest.mark.parametrize(
    ("cursor", "top", "rows", "expected"),
    [(9, 0, 1, 1), (9, 0, 3, 3), (9, 0, 50, 5), (4, 0, 5, 0), (5, 0, 5, 1), (0, 0, 50, 0), (99, 90, 3, 90)],
)
def test_rows_behind_the_cursor_come_into_view_and_never_push_it_out(
    cursor: int, top: int, rows: int, expected: int
) -> None:
    window = RowWindow(keys=list(range(100)), height=10, cursor=cursor, top=top, total=100)
    window.reveal(rows)
    assert window.top == expected
    assert window.top <= window.cursor < window.top + window.height


class NoRows:
    """Has read none of the rows yet."""

    def rows(self, keys: Sequence[int]) -> list[ImageRow | None]:
        return [None] * len(keys)


def test_the_builds_of_a_family_on_the_last_line_come_into_view() -> None:
    picture = TablePicture(NoRows(), UNICODE, lambda: 0)
    picture.resize(Size(80, 11))
    keys = list(range(20))
    picture.show(keys, (), keep_cursor=False, builds=[4] * 20)
    picture.extend(keys, [4] * 20)
    picture.window.move_to(9)
    picture.open_family(9, [100, 101, 102])
    assert list(picture.window.visible()) == [3, 4, 5, 6, 7, 8, 9, 100, 101, 102]
    assert picture.window.key == 9
