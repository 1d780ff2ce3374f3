"""A search for words shows a row for each family, whose builds open in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.view import BEST_FIRST
from amitui.domain.query.terms import SortOrder
from amitui.ui.actions.family import go_to
from tests.support.app import browse_of, make_app, opened, press, screen_text, settled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest
    from textual.pilot import Pilot

    from amitui.domain.catalogue.view import ViewRequest


def names(pilot: Pilot[str]) -> list[str]:
    """Names of the rows that are shown, from the top."""
    table = browse_of(pilot).table
    rows = browse_of(pilot).rows(list(table._window.keys))
    return [row.name for row in rows if row is not None]


async def test_words_show_a_row_for_each_family_and_architecture_with_its_newest_build(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        builds = browse_of(pilot).table.row_count
        await press(pilot, "slash", *"ubuntu")
        found = names(pilot)
        assert len(found) < builds
        assert found[0].endswith("ubuntu-noble-24.04-amd64-server-20260920")
        assert len({name.rsplit("-", 1)[0] for name in found}) == len(found)
        text = screen_text(pilot)
        assert "More" in text
        assert f"{len(found)} families" in text


async def test_the_builds_of_a_family_open_and_close_in_place(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter")
        families = names(pilot)
        await press(pilot, "right")
        await settled(pilot)
        shown = names(pilot)
        assert shown[0] == families[0]
        own = families[0].rsplit("-", 1)[0]
        nested = [name for name in shown if name not in families]
        assert nested
        assert all(name.startswith(own) for name in nested)
        assert shown[1 : 1 + len(nested)] == sorted(nested, reverse=True)
        assert "    Ubuntu 24.04 " in screen_text(pilot)
        await press(pilot, "down", "left")
        assert names(pilot) == families
        assert browse_of(pilot).table.cursor == 0


async def test_an_open_family_stays_open_when_the_catalogue_changes(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter", "right", "down")
        before = names(pilot)
        browse_of(pilot).catalogue_changed()
        await settled(pilot)
        assert names(pilot) == before
        assert browse_of(pilot).table.cursor == 1


async def test_f_switches_between_families_and_builds(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter")
        families = len(names(pilot))
        await press(pilot, "f")
        assert len(names(pilot)) > families
        assert "More" not in screen_text(pilot).split("\n")[2]
        await press(pilot, "f")
        assert len(names(pilot)) == families


async def test_without_words_and_with_an_order_of_its_own_rows_are_builds(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        assert not browse_of(pilot).table.shows_families
        await press(pilot, "slash", *"ubuntu")
        assert browse_of(pilot).table.shows_families
        await press(pilot, *" sort:name")
        assert not browse_of(pilot).table.shows_families
        await press(pilot, "escape")
        assert not browse_of(pilot).table.shows_families


async def test_marks_and_copies_take_the_build_that_stands_for_its_family(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter", "space")
        [marked] = browse_of(pilot).table.marks
        assert marked.name == names(pilot)[0]


async def test_builds_that_are_read_for_an_earlier_search_are_not_shown_under_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter")
        screen = browse_of(pilot)
        read = screen.search.builds

        async def slow(request: ViewRequest, family: int) -> Sequence[int]:
            builds = await read(request, family)
            screen.change_view(text="ubuntu 24.04")
            await screen.workers.wait_for_complete(
                [worker for worker in screen.workers if worker.group == "search"]
            )
            return builds

        monkeypatch.setattr(screen.search, "builds", slow)
        await press(pilot, "right")
        await settled(pilot)
        assert screen.view.text == "ubuntu 24.04"
        assert screen.table.row_count > 0
        assert screen.table.opened_families == ()


async def test_an_order_that_was_chosen_waits_while_other_words_are_searched_for(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        screen = browse_of(pilot)
        screen.change_view(sort=SortOrder("name", descending=False))
        await press(pilot, "slash", *"ubuntu")
        assert screen.view.order == BEST_FIRST
        await press(pilot, "enter")
        screen.change_view(sort=SortOrder("name", descending=False))
        await press(pilot, "slash", "end", *" 24", "enter")
        assert screen.view.order.column == "name", "the same words, and more of them"
        await press(pilot, "slash", *"debian", "enter")
        assert screen.view.order == BEST_FIRST
        await press(pilot, "slash", "ctrl+u", *"arch:arm64", "enter")
        assert screen.view.order.column == "name", "no words are searched for"


async def test_the_best_order_comes_back_from_the_list_of_orders(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL, text="ubuntu"), (80, 24)) as pilot:
        screen = browse_of(pilot)
        screen.change_view(sort=SortOrder("name", descending=False))
        await settled(pilot)
        assert not screen.table.shows_families
        await press(pilot, "S", *"best", "enter")
        await settled(pilot)
        assert (screen.view.sort, screen.view.order) == (None, BEST_FIRST)
        assert screen.table.shows_families


async def test_an_export_says_how_many_images_it_writes_whether_a_family_is_open_or_not(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter")
        families = len(names(pilot))
        await press(pilot, "right")
        await settled(pilot)
        assert browse_of(pilot).table.row_count > families
        await press(pilot, "e")
        assert f"newest of each family ({families})" in screen_text(pilot)
        assert f"{families} images →" in screen_text(pilot)
        target = tmp_path / "out.csv"
        await press(pilot, "tab", "tab", "tab", "ctrl+u", *str(target), "ctrl+s")
        await settled(pilot)
        assert len(target.read_text().splitlines()) == families + 1


async def test_all_builds_are_exported_where_rows_stand_for_families(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter")
        builds, families = browse_of(pilot).loader.answer.matches, len(names(pilot))
        assert builds is not None
        assert builds > families
        await press(pilot, "e")
        assert f"all builds ({builds})" in screen_text(pilot)
        await press(pilot, "tab", "right")
        assert f"{builds} images →" in screen_text(pilot)
        target = tmp_path / "out.csv"
        await press(pilot, "tab", "tab", "ctrl+u", *str(target), "ctrl+s")
        await settled(pilot)
        lines = target.read_text().splitlines()
        assert len(lines) == len({line.split(",")[0] for line in lines}) == builds + 1


async def test_going_to_a_build_counts_the_rows_of_open_families(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=ALL), (80, 24)) as pilot:
        await press(pilot, "slash", *"ubuntu", "enter", "right")
        await settled(pilot)
        screen = browse_of(pilot)
        shown = names(pilot)
        for place in (1, len(shown) - 1):
            [row] = screen.rows([screen.table._window.keys[place]])
            assert row is not None
            go_to(pilot.app, row)  # type: ignore[arg-type]
            assert (screen.table.cursor, screen.view.text) == (place, "ubuntu")
