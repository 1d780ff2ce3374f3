"""Saving a search under a name, and opening it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.catalogue.scope import ALL
from amitui.domain.query.terms import Query
from amitui.errors import CacheError
from amitui.ui.actions.saved_views import saved_views
from amitui.ui.screens.saved_views import SaveViewScreen, ViewsScreen
from tests.support.app import browse_of, make_app, opened, press, screen_text, settled

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_a_search_is_saved_under_a_name_and_opened_from_the_list(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web", scope=ALL)
    async with opened(app) as pilot:
        await press(pilot, "w")
        assert isinstance(app.screen, SaveViewScreen)
        assert app.screen.filter.value == "web"
        await press(pilot, *"mine-web", "enter")
        assert "amitui @mine-web" in screen_text(pilot)
        assert [view.name for view in saved_views(app).all()] == ["mine-web"]
        await press(pilot, "escape", "1", "W")
        assert isinstance(app.screen, ViewsScreen)
        assert "@mine-web" in screen_text(pilot)
        await press(pilot, "enter")
        assert browse_of(pilot).view.text == "web"
        assert browse_of(pilot).view.scopes == (ALL,)
        assert "@mine-web: nothing new" in screen_text(pilot)


async def test_the_proposed_name_can_be_gone_on_with_and_is_taken_as_it_stands(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web", scope=ALL)
    async with opened(app) as pilot:
        await press(pilot, "w", "end", *"-2", "enter", "w", "enter")
        assert [view.name for view in saved_views(app).all()] == ["web", "web-2"]


async def test_a_view_says_how_many_images_came_since_its_last_visit(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web")
    async with opened(app) as pilot:
        view = browse_of(pilot).view
        saved_views(app).save("web", view, now=1)
        await press(pilot, "W")
        await settled(pilot)
        assert "new · web" in screen_text(pilot)
        await press(pilot, "enter")
        assert "new since the last visit" in screen_text(pilot)
        [found] = saved_views(app).all()
        assert found.visited == app.services.now()


async def test_a_view_is_deleted_where_it_is_listed(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web")
    async with opened(app) as pilot:
        saved_views(app).save("web", browse_of(pilot).view, now=1)
        await press(pilot, "W", "f8")
        assert "No saved views yet" in screen_text(pilot)
        assert saved_views(app).all() == []


async def test_a_name_that_is_refused_says_why(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with opened(app) as pilot:
        await press(pilot, "w", *"a", "space", *"b", "enter")
        assert "letters, digits" in screen_text(pilot)
        assert saved_views(app).all() == []


async def test_the_palette_lists_saved_views(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web")
    async with opened(app, (100, 40)) as pilot:
        saved_views(app).save("mine-web", browse_of(pilot).view, now=1)
        await press(pilot, "escape", "colon", *"mine-web", "enter")
        await settled(pilot)
        assert browse_of(pilot).view.text == "web"


def _full_disk(*_: object) -> None:
    raise CacheError("the disk is full")


async def test_a_view_opens_and_stays_listed_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, text="web")
    async with opened(app) as pilot:
        saved_views(app).save("all", browse_of(pilot).view._replace(query=Query("base", ())), now=1)
        monkeypatch.setattr("amitui.services.saved_views.write_note", _full_disk)
        await press(pilot, "W", "f8")
        assert "@all" in screen_text(pilot)
        await press(pilot, "enter")
        assert browse_of(pilot).view.text == "base"
        await press(pilot, "w", *"x", "enter")
        assert "the disk is full" in screen_text(pilot)


async def test_a_name_that_is_taken_says_what_stood_there(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web")
    async with opened(app) as pilot:
        saved_views(app).save("mine", browse_of(pilot).view._replace(query=Query("base", ())), now=1)
        await press(pilot, "w", "ctrl+u", *"mine", "enter")
        assert "@mine saved; it was: base" in screen_text(pilot)
        [view] = saved_views(app).all()
        assert view.state.query == "web"


async def test_a_view_whose_query_is_wrong_says_so(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web")
    async with opened(app) as pilot:
        saved_views(app).save("wrong", browse_of(pilot).view._replace(query=Query('web "half', ())), now=1)
        await press(pilot, "W", "enter")
        assert "the quote is not closed" in screen_text(pilot)


async def test_a_view_that_is_saved_in_the_demo_is_not_promised_for_the_next_start(tmp_path: Path) -> None:
    app = make_app(tmp_path, text="web", demo=True)
    async with opened(app) as pilot:
        await press(pilot, "w", "enter")
        assert "saved as @web: until the demo ends" in screen_text(pilot)
        assert "starts with it" not in screen_text(pilot)
