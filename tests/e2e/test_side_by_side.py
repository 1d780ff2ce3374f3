"""A screen, two syncs and a second screen on one cache: nothing is lost, damaged or deleted in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.side_by_side import side_by_side

if TYPE_CHECKING:
    from pathlib import Path


def test_screens_and_syncs_share_a_cache_while_its_images_change(tmp_path: Path) -> None:
    seen = side_by_side(tmp_path, rounds=2)
    assert seen.rounds == 2
    assert seen.screens == 3
    assert seen.fetched > 2, seen.said
