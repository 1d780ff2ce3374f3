"""A crawl's answers go as they came to whoever reads them; errors, other calls and other XML go the usual way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from amitui.catalog.stored_form import record_of, unpacked
from amitui.catalog.sync import page_workers
from amitui.catalog.sync.page import PageFor, ReadPage
from amitui.catalog.sync.page_workers import CrawlReader, PageWorkers
from amitui.domain.catalogue.shard import Shard
from amitui.ec2 import boto
from amitui.ec2.reads.images import ImagesRequest, image_pages, read_image_page
from amitui.ec2.response_table import UnsupportedShapeError
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import AwsError, RejectedError
from tests.support.fake_ec2 import FakeEc2, fake_ec2

REGION = "us-east-1"
ACCOUNT = "123456789012"
MINE = PageFor(Shard("aws", ACCOUNT, REGION, "mine"), ACCOUNT)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEc2]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with fake_ec2(
        [{"ImageId": f"ami-{number:017x}", "Name": f"<&> ü {number}"} for number in range(25)]
    ) as running:
        yield running


@pytest.fixture
async def connection(fake: FakeEc2) -> AsyncIterator[Ec2Connection]:
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url), attempts=1) as opened:
        yield opened


@pytest.fixture
async def reader(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CrawlReader]:
    monkeypatch.setattr(page_workers, "LARGE_BYTES", 0)
    workers = PageWorkers(1)
    yield CrawlReader(workers, MINE)
    await workers.close()


async def all_pages(connection: Ec2Connection, reader: CrawlReader, token: str | None = None) -> list[ReadPage]:
    pages: list[ReadPage] = []
    while not pages or token:
        pages.append(await read_image_page(connection, REGION, ImagesRequest(page_size=10), reader, token))
        token = pages[-1].next_token
    return pages


def records_of(pages: list[ReadPage]) -> list[Any]:
    chunks = [chunk for page in pages for chunk in page.chunks]
    return [record_of(line, "c") for chunk in chunks for line in unpacked(chunk.data, "c")]


async def test_a_reader_gets_what_the_connection_would_have_read(
    connection: Ec2Connection, reader: CrawlReader
) -> None:
    pages = await all_pages(connection, reader)
    plain = [page async for page in image_pages(connection, REGION, ImagesRequest(page_size=10))]
    assert records_of(pages) == [record for page in plain for record in page.records]
    assert [(page.received, page.next_token, page.received_bytes) for page in pages] == [
        (len(page.records), page.next_token, page.received_bytes) for page in plain
    ]
    assert reader.workers.processes  # the later pages were read by one
    assert records_of(await all_pages(connection, reader, plain[1].next_token)) == plain[2].records


async def test_other_calls_meanwhile_are_read_by_the_connection(
    connection: Ec2Connection, reader: CrawlReader
) -> None:
    crawl, plain = await asyncio.gather(
        all_pages(connection, reader), connection.call(REGION, "describe_images", "list the images")
    )
    assert records_of(crawl) == plain["Images"]
    assert len((await connection.call(REGION, "describe_images", "list the images"))["Images"]) == 25


async def test_errors_are_explained_as_ever(fake: FakeEc2, connection: Ec2Connection, reader: CrawlReader) -> None:
    fake.fail("DescribeImages", 400, "InvalidFilter")
    with pytest.raises(RejectedError):
        await all_pages(connection, reader)


@pytest.mark.parametrize("body", ["<html><body>Sign in</body></html>", "<DescribeImagesResponse><imagesSet>"])
async def test_a_body_that_is_no_answer_fails_as_it_does_in_the_connection(
    fake: FakeEc2, connection: Ec2Connection, reader: CrawlReader, body: str
) -> None:
    errors = []
    for _ in range(2):
        fake.answer("DescribeImages", 200, body, times=5)
        with pytest.raises(AwsError) as caught:
            await all_pages(connection, reader)
        errors.append(caught.value.lines())
    fake.answer("DescribeImages", 200, body, times=5)
    with pytest.raises(AwsError) as plain:
        await connection.call(REGION, "describe_images", "list the images")
    assert errors == [plain.value.lines()] * 2


async def test_a_shape_that_only_botocore_reads_comes_to_the_same(
    connection: Ec2Connection, reader: CrawlReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = records_of(await all_pages(connection, reader))

    def refuse(_shape: object) -> Any:
        raise UnsupportedShapeError

    monkeypatch.setattr(boto, "table_of", refuse)
    async with Ec2Connection(connection.target, attempts=1) as other:
        pages = await all_pages(other, reader)
    assert records_of(pages) == expected
    assert [page.received for page in pages] == [10, 10, 5]
    assert all(page.received_bytes > 100 for page in pages)
