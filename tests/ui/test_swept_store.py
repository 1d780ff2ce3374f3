"""What killed fetches left in the store is deleted at the start of the screen, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.catalog.store import SegmentStore
from amitui.domain.catalogue.shard import PUBLIC, Shard
from tests.support.app import make_app, opened, settled, stable_environment

if TYPE_CHECKING:
    from pathlib import Path

NEVER_FETCHED = Shard("aws", PUBLIC, "ap-south-1", "community")


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


async def test_the_start_of_the_screen_deletes_chunks_that_nothing_names(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    with SegmentStore(app.services.settings.locations.segments_dir) as store:
        named = {chunk_id for shard in store.shards_with_chunks() for chunk_id in store.stored_chunks(shard)}
        store.put_chunk(NEVER_FETCHED, [{"ImageId": "ami-00000001"}])
        assert store.shards_with_chunks() != store.shards()
        async with opened(app) as pilot:
            await settled(pilot)
            assert store.stored_chunks(NEVER_FETCHED) == set()
        left = {chunk_id for shard in store.shards_with_chunks() for chunk_id in store.stored_chunks(shard)}
        assert named
        assert left >= named
