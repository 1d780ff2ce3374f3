"""An index of an older schema is made anew beside it from the segments; the old one answers until then."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from amitui.catalog.index import renewal
from amitui.catalog.index.renewal import BESIDE, is_outdated, renew
from amitui.catalog.index.schema import READABLE, SCHEMA_VERSION
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.facets import FacetReader
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.sqlite_file import identity_of
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.service import CatalogService, index_path, open_index, restore
from amitui.cli import main
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.errors import CacheError
from tests.integration.test_catalogue import FakeSource, names, public_page, record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from amitui.paths import Locations

NOW = 1_750_000_000
REGION = "eu-west-1"
AMAZON = Shard("aws", PUBLIC, REGION, "amazon")
COMMUNITY = AMAZON._replace(owner_scope="community")
NAMES = [f"al2023-ami-2023.{number}" for number in range(59, -1, -1)]
ANEW = f"the index of {REGION} is being made anew"


@pytest.fixture
async def service(where: Locations) -> AsyncIterator[CatalogService]:
    """With an index of schema 4."""
    service = CatalogService(where, now=lambda: NOW)
    await service.refresh(AMAZON, pages(range(50)), lambda _: None)
    await service.refresh(COMMUNITY, pages(range(50, 60)), lambda _: None)
    await service.close()
    make_older(index_path(where, REGION))
    service = CatalogService(where, now=lambda: NOW)
    yield service
    await service.close()


def pages(numbers: range) -> FakeSource:
    """Five images a page."""
    starts = list(numbers[::5])
    tokens = [None, *(f"from {start}" for start in starts[1:]), None]
    return FakeSource(
        {
            token: public_page([record(number) for number in range(start, start + 5)], following)
            for token, start, following in zip(tokens, starts, tokens[1:], strict=False)
        }
    )


def make_older(path: str) -> None:
    """Schema 4 is schema 7 without what images are counted by, and without findings in the flags."""
    assert SCHEMA_VERSION == 7, "say here how the schema differs from the one before"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE image DROP COLUMN facet")
        connection.execute("DROP TABLE facet")
        connection.execute("DELETE FROM search_config WHERE k = 'hashsize'")
        connection.execute("PRAGMA user_version=4")
        connection.commit()


def fill(where: Locations) -> list[str]:
    with SegmentStore(where.segments_dir) as store:
        return restore(where, store, [REGION], lambda _: None)


def counted(reader: CatalogReader) -> int | str:
    """Images that facets are counted of, or why none are."""
    request = ViewRequest(parse_query("", now=NOW), (REGION,), (ALL,), (), True, NOW)
    try:
        return FacetReader(reader).facets(request).images
    except CacheError as error:
        return error.what


async def test_an_older_schema_answers_every_query_until_the_new_one_is_whole(
    service: CatalogService, where: Locations
) -> None:
    with CatalogReader(where.index_dir) as reader:

        def ask(said: str) -> tuple[Any, ...]:
            found = names(where), names(where, "2023.17"), names(where, "arch:arm64 owner:amazon sort:name")[:1]
            places = [row.name for row in reader.find_image(record(7)["ImageId"], ())]
            return said, reader.is_filled(REGION), reader.is_current(REGION), counted(reader), *found, places

        answers = (NAMES, ["al2023-ami-2023.17"], ["al2023-ami-2023.0"], ["al2023-ami-2023.7"])
        assert ask("before") == ("before", True, False, ANEW, *answers)
        meanwhile: list[object] = []
        with SegmentStore(where.segments_dir) as store:
            restored = restore(where, store, [REGION], lambda region: meanwhile.append(ask(region)))
        assert (restored, meanwhile) == ([REGION], [(REGION, True, False, ANEW, *answers)])
        assert ask("after") == ("after", True, True, 60, *answers)
        assert reader.is_whole(REGION)
    assert not os.path.exists(index_path(where, REGION) + BESIDE)
    assert fill(where) == [], "nothing is left to do"


async def test_a_crawl_makes_the_index_anew_before_it_writes(service: CatalogService, where: Locations) -> None:
    await service.refresh(AMAZON, FakeSource({None: public_page([record(3), record(70)], None)}), lambda _: None)
    assert names(where) == ["al2023-ami-2023.70", *NAMES[:10], "al2023-ami-2023.3"]
    assert not is_outdated(index_path(where, REGION))


async def test_an_index_too_old_to_be_searched_is_made_anew_as_well(
    service: CatalogService, where: Locations
) -> None:
    with closing(sqlite3.connect(index_path(where, REGION))) as connection:
        connection.execute("DROP TABLE image_text")
        connection.execute(f"PRAGMA user_version={READABLE - 1}")
    assert names(where) == []
    assert fill(where) == [REGION]
    assert names(where) == NAMES


async def test_an_older_schema_without_a_column_that_is_searched_holds_nothing(
    service: CatalogService, where: Locations
) -> None:
    with closing(sqlite3.connect(index_path(where, REGION))) as connection:
        connection.execute("ALTER TABLE image DROP COLUMN boot")
    assert names(where) == []
    assert fill(where) == [REGION]
    assert names(where) == NAMES


class Killed(BaseException):
    """As by SIGKILL, as far as the files are concerned."""


async def test_whatever_cuts_it_off_the_old_index_answers_and_the_next_run_goes_on(
    service: CatalogService, where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, genuine_records = CatalogIndex._transaction, SegmentStore.records
    left = 0
    read: list[str] = []

    def dying(self: CatalogIndex) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return genuine(self)

    def reading(self: SegmentStore, chunk_id: str) -> Any:
        read.append(chunk_id)
        return genuine_records(self, chunk_id)

    monkeypatch.setattr(CatalogIndex, "_transaction", dying)
    monkeypatch.setattr(SegmentStore, "records", reading)
    runs = 0
    while is_outdated(index_path(where, REGION)):
        assert names(where) == NAMES
        # A little further each time: what it had done before has to be there.
        runs, left = runs + 1, 4
        try:
            fill(where)
        except Killed:
            assert runs < 20, "it starts over each time"
    assert runs > 3
    assert names(where) == NAMES
    assert len(set(read)) == 12
    assert len(read) < 12 * 3, "chunks that are whole in the new index are not read again"
    left = 1000
    assert fill(where) == []


def test_one_makes_it_anew_and_the_others_wait(tmp_path: Any) -> None:
    path = str(tmp_path / "eu-west-1.sqlite")
    with CatalogIndex.open(path, REGION) as index:
        index.begin_shard(AMAZON, 1)
    make_older(path)
    begun, waited = threading.Event(), threading.Event()
    filled: list[str] = []

    def slowly(index: CatalogIndex) -> None:
        begun.set()
        assert waited.wait(60)
        index.begin_shard(AMAZON, 2)
        filled.append(index.path)

    first = threading.Thread(target=renew, args=(path, REGION, slowly))
    first.start()
    assert begun.wait(60)
    second = threading.Thread(target=renew, args=(path, REGION, slowly))
    second.start()
    waited.set()
    first.join(60)
    second.join(60)
    assert filled == [path + BESIDE]
    with CatalogIndex.open(path, REGION) as index:
        assert [status.generation for status in index.shards()] == [2]


async def test_a_new_index_that_is_damaged_is_begun_again(service: CatalogService, where: Locations) -> None:
    path = index_path(where, REGION)
    with open(path + BESIDE, "wb") as file:
        file.write(b"no database" * 1000)
    assert fill(where) == [REGION]
    assert names(where) == NAMES


async def test_what_is_left_of_one_that_is_not_wanted_any_more_goes(
    service: CatalogService, where: Locations
) -> None:
    assert fill(where) == [REGION]
    path = index_path(where, REGION)
    CatalogIndex.open(path + BESIDE, REGION).close()
    with SegmentStore(where.segments_dir) as store:
        open_index(where, store, REGION).close()
    assert not os.path.exists(path + BESIDE)
    assert names(where) == NAMES


async def test_a_new_index_that_cannot_be_put_in_place_leaves_the_old_one(
    service: CatalogService, where: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = identity_of(index_path(where, REGION))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(renewal, "replace", full)
    with pytest.raises(CacheError):
        fill(where)
    assert identity_of(index_path(where, REGION)) == before
    assert names(where) == NAMES


async def test_find_answers_from_the_older_index_and_says_so(
    service: CatalogService,
    where: Locations,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(where.cache))
    find = ("find", "2023.17", "--offline", "--region", REGION, "-o", "id", "--cache-dir", where.cache)
    assert main(find) == 0
    printed = capsys.readouterr()
    assert printed.out.split() == [record(17)["ImageId"]]
    assert f"the index of {REGION} is an earlier version's" in printed.err
    assert f"amitui sync {REGION} rebuilds it" in printed.err
    assert fill(where) == [REGION]
    assert main(find) == 0
    assert "earlier version" not in capsys.readouterr().err
