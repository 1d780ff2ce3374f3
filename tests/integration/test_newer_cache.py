"""A cache that a newer amitui has written: named as such, left as it is, and the rest stays usable."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from amitui.catalog.index.opening import NewerIndex
from amitui.catalog.index.schema import SCHEMA_VERSION
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.catalog.stored_form import STORED_FORM, NewerForm
from amitui.catalog.sweep import sweep
from amitui.catalog.sync.replay import reconcile
from amitui.catalog.sync.service import CatalogService, index_path, open_index, restore
from amitui.cli import main
from amitui.domain.catalogue.shard import PUBLIC, Shard
from tests.integration.test_catalogue import FakeSource, names, public_page, record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from amitui.paths import Locations

NOW = 1_750_000_000
REGION = "eu-west-1"
AMAZON = Shard("aws", PUBLIC, REGION, "amazon")
COMMUNITY = AMAZON._replace(owner_scope="community")
ELSEWHERE = AMAZON._replace(region="eu-central-1")
BOTH = ["al2023-ami-2023.2", "al2023-ami-2023.1"]


@pytest.fixture
async def service(where: Locations) -> AsyncIterator[CatalogService]:
    service = CatalogService(where, now=lambda: NOW)
    for number, shard in enumerate((AMAZON, COMMUNITY, ELSEWHERE), start=1):
        await service.refresh(shard, pages(number), lambda _: None)
    yield service
    await service.close()


def pages(number: int) -> FakeSource:
    return FakeSource({None: public_page([record(number)], None)})


def raise_schema(where: Locations, by: int = 1) -> None:
    with closing(sqlite3.connect(index_path(where, REGION))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + by}")


def content(where: Locations) -> list[Any]:
    with closing(sqlite3.connect(index_path(where, REGION))) as connection:
        return connection.execute("SELECT * FROM image_text ORDER BY id").fetchall()


async def test_an_index_of_a_newer_schema_is_neither_read_nor_filled_anew(
    service: CatalogService, where: Locations
) -> None:
    await service.close()
    raise_schema(where)
    before = content(where)
    with CatalogReader(where.index_dir) as reader:
        with pytest.raises(NewerIndex, match="a newer amitui wrote the index") as caught:
            reader.shards((REGION,))
        assert "update amitui" in caught.value.remedy
        assert "--cache-dir" in caught.value.remedy
        assert reader.is_filled(REGION), "nothing is to be restored"
    with SegmentStore(where.segments_dir) as store:
        with pytest.raises(NewerIndex):
            restore(where, store, [REGION], lambda _: None)
        with pytest.raises(NewerIndex):
            open_index(where, store, REGION)
    assert content(where) == before


async def test_an_open_index_that_a_newer_amitui_takes_over_is_left_to_it(
    service: CatalogService, where: Locations
) -> None:
    with CatalogReader(where.index_dir) as reader:
        assert reader.shards((REGION,))
        raise_schema(where)
        for _ in range(2):
            with pytest.raises(NewerIndex):
                reader.shards((REGION,))


async def test_beside_an_index_of_a_newer_schema_the_other_regions_are_usable(
    service: CatalogService, where: Locations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.refresh(ELSEWHERE, pages(4), lambda _: None)
    await service.close()
    raise_schema(where)
    with CatalogReader(where.index_dir) as reader:
        assert reader.cached_regions() == [ELSEWHERE.region]
    monkeypatch.setenv("HOME", where.cache)
    options = ["--offline", "--cache-dir", where.cache, "-o", "id"]
    assert main(["find", "al2023", "--region", ELSEWHERE.region, *options]) == 0
    capsys.readouterr()
    assert main(["find", "al2023", "--region", REGION, *options]) == 4
    said = capsys.readouterr().err
    assert "a newer amitui wrote the index" in said
    assert "update amitui" in said


def newer_descriptor(where: Locations, kind: str, **more: object) -> set[str]:
    """Make the descriptor of Amazon's shard one of a newer form; the chunks that are stored of it."""
    with SegmentStore(where.segments_dir) as store:
        key = f"{kind}/{AMAZON.key}"
        values = json.loads(store._file.cache.get(f"segment/{AMAZON.key}"))
        store._file.cache.set(key, json.dumps({**values, "form": STORED_FORM + 1, **more}))
        return store.stored_chunks(AMAZON)


@pytest.mark.parametrize("kind", ["segment", "partial"])
@pytest.mark.parametrize("more", [{}, {"chunk_ids": None}, {"shard": {"of": "tomorrow"}}])
async def test_records_of_a_newer_form_are_neither_read_nor_replaced_nor_swept(
    service: CatalogService, where: Locations, kind: str, more: dict[str, object]
) -> None:
    chunks = newer_descriptor(where, kind, **more)
    with pytest.raises(NewerForm, match="a newer amitui stored the records") as caught:
        await service.refresh(AMAZON, pages(9), lambda _: None, full=True)
    assert "update amitui" in caught.value.remedy
    with SegmentStore(where.segments_dir) as store:
        sweep(store, locks_dir=where.locks_dir, now=NOW + 10**6)
        assert store.stored_chunks(AMAZON) == chunks != set()
    assert names(where) == BOTH, "its rows stay"


async def test_beside_records_of_a_newer_form_the_other_shards_are_usable(
    service: CatalogService, where: Locations
) -> None:
    newer_descriptor(where, "segment")
    await service.refresh(COMMUNITY, pages(7), lambda _: None)
    assert names(where) == ["al2023-ami-2023.7", "al2023-ami-2023.1"]
    await service.close()
    with SegmentStore(where.segments_dir) as store:
        with open_index(where, store, REGION) as index:
            assert reconcile(store, index, REGION, locks_dir=where.locks_dir) == []
        os.unlink(index_path(where, REGION))
        assert restore(where, store, [REGION], lambda _: None) == [REGION]
    assert names(where) == ["al2023-ami-2023.7"]
