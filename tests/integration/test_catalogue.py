"""From pages to rows: crawling, resuming, replacing, mending and importing against a fake source of pages."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.crawl import RESTARTS_MOST, CrawlProgress
from amitui.catalog.sync.page import PageFor, ReadPage
from amitui.catalog.sync.page_workers import CrawlReader, PageWorkers
from amitui.catalog.sync.replay import reconcile
from amitui.catalog.sync.service import CatalogService, open_index
from amitui.cli import main
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slices import Slice
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.image.image import RawRecord
from amitui.domain.query.parser import parse_query
from amitui.ec2.answer_reader import READ
from amitui.ec2.query import ENDLESS, MOST_EMPTY_PAGES
from amitui.ec2.reads.images import ImagesRequest, image_pages, read_image_page
from amitui.errors import AwsError, NetworkError, RejectedError
from amitui.paths import Locations
from tests.support.isolation import move_home
from tests.support.pages import page_of

NOW = 1_750_000_000
SHARD = Shard("aws", PUBLIC, "eu-west-1", "amazon")


def record(number: int, **more: Any) -> RawRecord:
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"al2023-ami-2023.{number}",
        "OwnerId": "137112412989",
        "ImageOwnerAlias": "amazon",
        "Public": True,
        "State": "available",
        "Architecture": "arm64",
        "CreationDate": f"2025-01-01T00:{number // 60:02d}:{number % 60:02d}.000Z",
        **more,
    }


def public_page(records: Sequence[RawRecord], next_token: str | None = None) -> ReadPage:
    return page_of(records, next_token, page_for=PageFor(SHARD, None))


@dataclass
class FakeSource:
    """Pages by token; raises what stands in place of a page."""

    pages_by_token: dict[str | None, ReadPage | Exception]
    requests: list[str | None] = field(default_factory=list)

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        self.requests.append(token)
        await asyncio.sleep(0)
        page = self.pages_by_token[token]
        if isinstance(page, Exception):
            raise page
        return page


@pytest.fixture
async def service(where: Locations) -> AsyncIterator[CatalogService]:
    service = CatalogService(where, now=lambda: NOW)
    yield service
    await service.close()


def names(
    where: Locations, query: str = "", *, scopes: tuple[Scope, ...] = (ALL,), account: str | None = None
) -> list[str]:
    with CatalogReader(where.index_dir) as reader:
        request = ViewRequest(
            parse_query(query, now=NOW), ("eu-west-1",), scopes, () if account is None else (account,), True, NOW
        )
        keys = reader.keys(request).keys
        return [row.name for row in reader.rows(keys, request.accounts) if row is not None]


def three_pages() -> dict[str | None, ReadPage | Exception]:
    return {
        None: public_page([record(1), record(2)], "t1"),
        "t1": public_page([], "t2"),
        "t2": public_page([record(3), record(4, Public=False)], None),
    }


async def test_pages_are_followed_to_the_last_and_an_empty_one_is_not_the_end(
    service: CatalogService, where: Locations
) -> None:
    reports: list[CrawlProgress] = []
    done = await service.refresh(SHARD, FakeSource(three_pages()), reports.append)
    assert (done.records, done.pages, done.done) == (3, 3, True)
    assert names(where) == ["al2023-ami-2023.3", "al2023-ami-2023.2", "al2023-ami-2023.1"]
    assert [report.pages for report in reports] == [0, 1, 2, 3, 3]


async def test_a_refresh_takes_away_what_ec2_no_longer_has(service: CatalogService, where: Locations) -> None:
    await service.refresh(SHARD, FakeSource(three_pages()), lambda _: None)
    smaller = FakeSource({None: public_page([record(2), record(9)], None)})
    done = await service.refresh(SHARD, smaller, lambda _: None)
    assert done.removed == 2
    assert names(where) == ["al2023-ami-2023.9", "al2023-ami-2023.2"]


async def test_a_failed_crawl_keeps_old_and_new_rows_and_goes_on_where_it_stopped(
    service: CatalogService, where: Locations
) -> None:
    await service.refresh(SHARD, FakeSource({None: public_page([record(7)], None)}), lambda _: None)
    broken = three_pages()
    broken["t1"] = NetworkError("the line went dead")
    with pytest.raises(NetworkError):
        await service.refresh(SHARD, FakeSource(broken), lambda _: None, full=True)
    assert len(names(where)) == 3, "the old image and the two of the first page"
    mended = FakeSource(three_pages())
    done = await service.refresh(SHARD, mended, lambda _: None)
    assert mended.requests == ["t1", "t2"]
    assert (done.resumed, done.records) == (True, 3)
    assert len(names(where)) == 3, "the old image went with the switch"


async def test_a_refused_token_starts_over(service: CatalogService, where: Locations) -> None:
    broken = three_pages()
    broken["t1"] = NetworkError("the line went dead")
    with pytest.raises(NetworkError):
        await service.refresh(SHARD, FakeSource(broken), lambda _: None)
    stale = three_pages()
    source = FakeSource(stale)
    refused = RejectedError("stale", code="InvalidNextToken")
    real = source.page

    async def page(shard: Shard, part: Slice, token: str | None) -> ReadPage:
        if token == "t1" and not source.requests:
            source.requests.append(token)
            raise refused
        return await real(shard, part, token)

    source.page = page  # type: ignore[method-assign]
    done = await service.refresh(SHARD, source, lambda _: None)
    assert source.requests[0] == "t1"
    assert source.requests[1] is None
    assert done.records == 3
    assert len(names(where)) == 3


class Forgetful(FakeSource):
    """Forgets its tokens so many times."""

    forgets = 0

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        if token == "t2" and self.forgets:
            self.forgets -= 1
            raise RejectedError("page token has expired", code="InvalidNextToken")
        return await super().page(shard, part, token)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_token_that_is_forgotten_in_a_fresh_crawl_starts_it_over(
    service: CatalogService, where: Locations, times: int
) -> None:
    source = Forgetful(three_pages())
    source.forgets = times
    done = await service.refresh(SHARD, source, lambda _: None)
    assert source.requests == [*([None, "t1"] * times), None, "t1", "t2"]
    assert (done.records, len(names(where))) == (3, 3)


async def test_tokens_that_are_always_forgotten_end_in_an_error_and_leave_what_came(
    service: CatalogService, where: Locations
) -> None:
    source = Forgetful(three_pages())
    source.forgets = 1_000
    with pytest.raises(RejectedError, match="page token has expired"):
        await service.refresh(SHARD, source, lambda _: None)
    assert 1_000 - source.forgets == RESTARTS_MOST + 1
    assert len(names(where)) == 2


async def test_a_list_that_goes_round_in_circles_ends_in_an_error_and_leaves_what_came(
    service: CatalogService, where: Locations
) -> None:
    """However long the circle is."""
    requests: list[Any] = []

    class Circling:
        async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
            requests.append(token := parameters.get("NextToken"))
            following = {None: "a", "a": "b", "b": "a"}[token]
            return {READ: public_page([record(len(requests))], following)}

    class Source(FakeSource):
        async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
            reader = CrawlReader(PageWorkers(0), PageFor(shard, None))
            return await read_image_page(Circling(), shard.region, ImagesRequest(), reader, token)  # type: ignore[arg-type]

    with pytest.raises(AwsError, match="did not end") as caught:
        await service.refresh(SHARD, Source({}), lambda _: None)
    assert requests == [None, "a", "b"]
    assert caught.value.code == ENDLESS
    assert caught.value.why == "the same NextToken was returned twice"
    assert len(names(where)) == 3


async def test_pages_without_an_entry_are_not_followed_for_ever() -> None:
    requests: list[None] = []

    class Empty:
        async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
            requests.append(None)
            return {"Images": [], "NextToken": f"token {len(requests)}"}

    async def read() -> None:
        async for page in image_pages(Empty(), "eu-west-1", ImagesRequest()):  # type: ignore[arg-type]
            assert page.records == []

    with pytest.raises(AwsError, match="did not end"):
        await read()
    assert len(requests) == MOST_EMPTY_PAGES


async def test_a_cancelled_crawl_leaves_what_had_arrived(service: CatalogService, where: Locations) -> None:
    arrived = asyncio.Event()
    waiting = asyncio.Event()

    class Hanging(FakeSource):
        async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
            if token is None:
                return public_page([record(1)], "t1")
            arrived.set()
            await waiting.wait()
            raise AssertionError

    crawl = asyncio.create_task(service.refresh(SHARD, Hanging({}), lambda _: None))
    await arrived.wait()
    crawl.cancel()
    with pytest.raises(asyncio.CancelledError):
        await crawl
    assert names(where) == ["al2023-ami-2023.1"]


async def test_a_shard_is_crawled_by_one_process_at_a_time(service: CatalogService, where: Locations) -> None:
    with shard_lock(where.locks_dir, SHARD), pytest.raises(ShardBusy):
        await service.refresh(SHARD, FakeSource(three_pages()), lambda _: None)
    await service.refresh(SHARD, FakeSource(three_pages()), lambda _: None)


async def test_the_index_is_rebuilt_from_segments_without_the_network(
    service: CatalogService, where: Locations
) -> None:
    await service.refresh(SHARD, FakeSource(three_pages()), lambda _: None)
    await service.close()
    before = names(where)
    for path in Path(where.index_dir).iterdir():
        path.unlink()
    with SegmentStore(where.segments_dir) as store:
        open_index(where, store, "eu-west-1").close()
    assert names(where) == before


async def test_a_crash_between_segment_and_index_is_mended(service: CatalogService, where: Locations) -> None:
    await service.refresh(SHARD, FakeSource(three_pages()), lambda _: None)
    await service.close()
    with SegmentStore(where.segments_dir) as store:
        from amitui.catalog.sync.ingest import ShardWriter

        # A crawl whose process dies after the segment's switch and before the index' own.
        with CatalogIndex.open(os.path.join(where.index_dir, "eu-west-1.sqlite"), "eu-west-1") as index:
            writer = ShardWriter(store, index, SHARD)
            writer.begin()
            writer.add([record(8)], now=NOW)
            store.commit(writer.progress)
        with CatalogIndex.open(os.path.join(where.index_dir, "eu-west-1.sqlite"), "eu-west-1") as index:
            assert reconcile(store, index, "eu-west-1", locks_dir=where.locks_dir) == [SHARD]
            assert reconcile(store, index, "eu-west-1", locks_dir=where.locks_dir) == []
    assert names(where) == ["al2023-ami-2023.8"]


async def test_mending_leaves_a_crawl_that_has_just_begun_elsewhere_alone(
    service: CatalogService, where: Locations
) -> None:
    source = FakeSource(three_pages())
    other = CatalogService(where, now=lambda: NOW)
    real = source.page

    async def page(shard: Shard, part: Slice, token: str | None) -> ReadPage:
        assert await other.mend(["eu-west-1"]) == [], "the shard is in the index, and nothing is stored yet"
        return await real(shard, part, token)

    source.page = page  # type: ignore[method-assign]
    try:
        await service.refresh(SHARD, source, lambda _: None)
    finally:
        await other.close()
    assert len(names(where)) == 3


async def test_every_field_of_a_record_can_be_seen_later(service: CatalogService, where: Locations) -> None:
    odd = record(5, SomethingNew={"Deep": [1, {"er": None}]}, Tags=[{"Key": "a", "Value": "b\x1b[31m"}])
    await service.refresh(SHARD, FakeSource({None: public_page([odd], None)}), lambda _: None)
    with CatalogReader(where.index_dir) as reader:
        request = ViewRequest(parse_query("", now=NOW), ("eu-west-1",), (ALL,), (), True, NOW)
        place = reader.locate(reader.keys(request).keys[0])
        assert place is not None
    image = await service.image(place)
    assert image.record["SomethingNew"] == {"Deep": [1, {"er": None}]}
    assert "\x1b" not in json.dumps(image.record, ensure_ascii=False)


def run(where: Locations, *words: str) -> int:
    return main([*words, "--cache-dir", where.cache])


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    move_home(monkeypatch, tmp_path)


def test_importing_lines_names_broken_ones_and_takes_the_rest(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps(record(1)), "{broken", "", "[1]", json.dumps({"Name": "no id"}), json.dumps(record(2))]
    file = tmp_path / "dump.jsonl"
    file.write_text("\n".join(lines))
    assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    stderr = capsys.readouterr().err
    assert f"{file}:2: not JSON" in stderr
    assert f"{file}:4:2: an image is a JSON object, this is a number" in stderr
    assert f"{file}:5: " in stderr
    assert "imported 2 images of eu-west-1" in stderr
    assert len(names(where)) == 2


def test_importing_what_the_aws_command_prints_plain_or_compressed(where: Locations, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.json", tmp_path / "packed.json.gz"
    plain.write_text(json.dumps({"Images": [record(1)]}, indent=4))
    packed.write_bytes(gzip.compress(json.dumps([record(2, Region="eu-west-1")]).encode()))
    assert run(where, "import", str(plain), "--region", "eu-west-1") == 0
    assert run(where, "import", str(packed)) == 0, "its records name their region"
    assert len(names(where)) == 2, "a second import adds to the first"


def test_a_later_import_replaces_the_same_image(where: Locations, tmp_path: Path) -> None:
    file = tmp_path / "dump.jsonl"
    for name in ("first", "second"):
        file.write_text(json.dumps(record(1, Name=name)))
        assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    assert names(where) == ["second"]


def test_an_import_without_a_region_says_what_is_missing(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text(json.dumps(record(1)) + "\n" + json.dumps(record(2, Region="../../evil")))
    assert run(where, "import", str(file)) == 2
    stderr = capsys.readouterr().err
    assert "set it with --region" in stderr
    assert "is not a Region name" in stderr


def test_private_images_of_an_import_are_shown_to_nobody_else(where: Locations, tmp_path: Path) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text(json.dumps(record(1, Public=False, OwnerId="111122223333", ImageOwnerAlias=None)))
    assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    assert len(names(where, account="111122223333")) == 1
    assert len(names(where, account=None)) == 1, "nobody is signed in: it is the user's own file"
    assert names(where, account="444455556666") == []


def test_find_answers_from_an_import_and_exits_by_what_it_found(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text("\n".join(json.dumps(record(n)) for n in range(5)))
    assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    capsys.readouterr()
    assert run(where, "find", "al2023", "arm64", "--offline", "-o", "id", "--limit", "2") == 0
    assert capsys.readouterr().out == f"ami-{4:017x}\nami-{3:017x}\n"
    assert run(where, "find", "--offline", "no such image") == 1
    assert run(where, "find", "--offline", "colour:red") == 2
    assert run(where, "find", "--offline", "al2023", "-o", "json", "--limit", "1") == 0
    out = capsys.readouterr().out
    assert json.loads(out)["Images"][0]["OwnerId"] == "137112412989"


def test_a_table_is_for_people_and_ends_after_the_newest_hundred(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text("\n".join(json.dumps(record(n)) for n in range(150)))
    assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    capsys.readouterr()
    assert run(where, "find", "--offline", "al2023") == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 101, "a heading and 100 rows"
    assert f"ami-{149:017x}" in shown.out
    assert "the first 100; there are more" in shown.err
    assert run(where, "find", "--offline", "al2023", "-o", "id") == 0
    assert len(capsys.readouterr().out.splitlines()) == 150
    assert run(where, "find", "--offline", "al2023", "--limit", "150") == 0
    assert "there are more" not in capsys.readouterr().err


def test_who_asked_for_so_many_images_gets_no_advice_to_ask_for_another_number(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text("\n".join(json.dumps(record(n)) for n in range(5)))
    assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    capsys.readouterr()
    assert run(where, "find", "--offline", "al2023", "--limit", "1", "-o", "id") == 0
    assert capsys.readouterr().err == "", "a script asked for one and has it"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(where, "find", "--offline", "al2023", "--limit", "1", "-o", "id") == 0
    latest = "--latest keeps one image of each owner, family and architecture"
    assert capsys.readouterr().err == f"amitui: more match than the first image; {latest}\n"
    assert run(where, "find", "--offline", "al2023", "--limit", "5", "-o", "id") == 0
    assert capsys.readouterr().err == ""


def test_a_whole_id_is_found_in_whatever_cached_region_it_is(
    where: Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text(json.dumps(record(1)))
    assert run(where, "import", str(file), "--region", "eu-west-1") == 0
    capsys.readouterr()
    assert run(where, "find", "--offline", "--region", "us-east-1", f"ami-{1:017x}", "-o", "id") == 0
    shown = capsys.readouterr()
    assert shown.out == f"ami-{1:017x}\n"
    assert "found in eu-west-1" in shown.err
