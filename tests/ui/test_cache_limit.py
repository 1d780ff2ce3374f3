"""After a fetch, Regions that were used long ago make room, and the screen says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import CacheError
from tests.support.app import browse_of, fill, make_app, opened, press, sample_records, screen_text, settled

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_a_fetch_makes_room_and_what_is_in_view_stays(tmp_path: Path) -> None:
    app = make_app(tmp_path, cache_limit_mb=0.001)
    fill(app.services.settings, "eu-west-1", sample_records("eu-west-1"))
    async with opened(app, (140, 24)) as pilot:
        await press(pilot, "f5")
        await settled(pilot)
        assert "removed the public images of eu-west-1" in screen_text(pilot)
        assert "acme-web-20260920" in screen_text(pilot)
        assert "us-east-1" in await browse_of(pilot).search.cached_regions()


async def test_room_that_cannot_be_made_is_told_like_any_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, cache_limit_mb=0.001)
    async with opened(app, (140, 24)) as pilot:

        async def refused(*_: object, **__: object) -> None:
            raise CacheError("the cache cannot be written")

        monkeypatch.setattr(app.services.catalogue.room, "trim", refused)
        await press(pilot, "f5")
        await settled(pilot)
        assert "the cache cannot be written" in screen_text(pilot)
