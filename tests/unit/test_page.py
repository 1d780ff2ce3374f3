"""Reading a page: what is stored, what is indexed, which records are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from xml.etree.ElementTree import ParseError

import pytest

from amitui.catalog.index.prepared import prepared, unpacked_row
from amitui.catalog.stored_form import digest_of, line_of, record_of, unpacked
from amitui.catalog.sync.page import PageFor, PageReader, ReadPage, read_page
from amitui.catalog.sync.page_worker import packed_page, unpacked_page
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Shard
from amitui.domain.catalogue.slices import DATELESS, Slice
from amitui.domain.image.image import RawRecord
from amitui.ec2.convert import summary_of
from tests.support.pages import COMMUNITY, REGION, images_body, images_table

ACCOUNT = "111122223333"
MINE = PageFor(Shard("aws", ACCOUNT, REGION, "mine"), ACCOUNT)
NAMELESS: RawRecord = {"ImageId": " ", "Public": True, "OwnerId": "123456789012"}


def stored(page: ReadPage) -> list[RawRecord]:
    return [record_of(line, "c") for chunk in page.chunks for line in unpacked(chunk.data, "c")]


def test_a_body_becomes_its_chunk_its_rows_and_what_comes_next() -> None:
    body = images_body(30, "next", more=(NAMELESS, {"ImageId": "ami-1", "Public": True, "Name": "a\u202eb"}))
    page = PageReader(images_table()).read(body, MINE)
    (chunk,) = page.chunks
    records = stored(page)
    assert page[1:] == (32, "next", len(body))
    assert (page.record_count, chunk.record_count, chunk.unreadable) == (32, 32, 1)
    assert records[30:] == [NAMELESS, {"ImageId": "ami-1", "Public": True, "Name": "a\u202eb"}]
    assert [records[line] for line in chunk.lines] == [record for record in records if record is not records[30]]
    rows = [unpacked_row(packed, shared) for _, _, shared, packed in chunk.rows]
    assert rows == [prepared(summary_of(records[line])) for line in chunk.lines]
    assert [(image_id, created) for image_id, created, *_ in chunk.rows] == [row[:2] for row in rows]
    assert rows[-1].name == "a␦b"
    assert chunk.image_ids == [record["ImageId"] for record in records]
    assert chunk.created == [record.get("CreationDate", "") for record in records]
    assert chunk.digests == [digest_of(line_of(record)) for record in records]


def test_only_records_that_belong_to_the_shard_are_kept() -> None:
    public = {"ImageId": "ami-1", "Public": True, "OwnerId": "123456789012"}
    page = read_page([public, {**public, "Public": False}, {**public, "ImageOwnerAlias": "amazon"}], COMMUNITY)
    assert (stored(page), page.received) == ([public], 3)
    assert read_page([{**public, "Public": False}], COMMUNITY).chunks == []


def test_only_records_that_belong_to_the_slice_are_kept() -> None:
    dates = ["2024-05-07T00:00:00.000Z", "2025-01-01T00:00:00.000Z", "", None, "2024", 2024]
    records: list[RawRecord] = [
        {"ImageId": f"ami-{number}", **({} if date is None else {"CreationDate": date})}
        for number, date in enumerate(dates)
    ]
    of_2024, dateless = Slice(("2024",)), DATELESS
    assert stored(read_page(records, MINE._replace(part=of_2024))) == [records[0], records[4]]
    assert stored(read_page(records, MINE._replace(part=dateless))) == [records[2], records[3], records[5]]
    (chunk,) = read_page(records, MINE).chunks
    assert chunk.created == [*dates[:2], "", "", "2024", ""]


def test_more_records_than_a_chunk_holds_become_several() -> None:
    records = [{"ImageId": f"ami-{number}"} for number in range(CHUNK_RECORDS + 1)]
    page = read_page(records, MINE)
    assert [chunk.record_count for chunk in page.chunks] == [CHUNK_RECORDS, 1]
    assert stored(page) == records


def test_records_are_the_same_by_their_digest_exactly_when_they_are_equal() -> None:
    one, other, again = (
        read_page([{"ImageId": "ami-1", "State": state} for state in "aba"], MINE).chunks[0].digests
    )
    assert one == again != other


@pytest.mark.parametrize("records", [0, 40])
def test_a_page_survives_the_way_to_another_process(records: int) -> None:
    tagged = {"ImageId": "ami-1", "Public": True, "Tags": [{"Key": "Name", "Value": "ü"}], "ImdsSupport": "v2.0"}
    page = PageReader(images_table()).read(images_body(records, more=(NAMELESS, tagged)), MINE)
    assert unpacked_page(packed_page(page)) == page


@pytest.mark.parametrize("body", [b"", images_body(2)[:-1], b"\x00"])
def test_a_body_that_is_cut_off_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        PageReader(images_table()).read(body, MINE)


def test_another_document_is_an_error() -> None:
    with pytest.raises(ValueError, match="begins with <html>"):
        PageReader(images_table()).read(b"<html/>", MINE)


def test_a_worker_process_imports_nothing_heavy() -> None:
    heavy = {"asyncio", "botocore", "aiobotocore", "aiohttp", "textual", "rich", "diskcache", "sqlite3", "ssl"}
    code = "import amitui.catalog.sync.page_worker, sys; print(*sys.modules)"
    root = os.path.dirname(os.path.dirname(sys.modules["amitui"].__file__ or ""))
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    modules = set(found.stdout.split())
    assert "amitui.catalog.sync.page_worker" in modules
    assert not modules & heavy
