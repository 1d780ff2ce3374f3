from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.domain.catalogue.scope import PUBLISHERS
from amitui.ui.widgets.detail_pane import DetailPane
from tests.support.app import make_app, opened, press

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_details_say_why_an_image_stands_where_it_does_while_words_are_searched_for(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 24.04"), size) as pilot:
        await press(pilot, "enter")
        identity, first = " ".join(pilot.app.query_one(DetailPane).text.split()).split(" ", 1)
        assert identity == "Identity"
        assert first.startswith("Why this one newest build of Ubuntu 24.04, by Canonical ")


async def test_details_say_what_speaks_against_an_image(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS, text="ubuntu 22.04 sort:created"), (80, 24)) as pilot:
        await press(pilot, "enter")
        assert "Why this one      ! newer build exists" in pilot.app.query_one(DetailPane).text


async def test_without_words_there_is_nothing_to_say(tmp_path: Path) -> None:
    async with opened(make_app(tmp_path, scope=PUBLISHERS), (80, 24)) as pilot:
        await press(pilot, "enter")
        assert "Why this one" not in pilot.app.query_one(DetailPane).text
