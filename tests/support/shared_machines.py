"""Machines that share a catalogue: each has a cache of its own, and its images come from the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from amitui.catalog.search.view import CatalogReader
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.page import PageFor, ReadPage, read_page
from amitui.catalog.sync.service import CatalogService, open_index
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.slices import Slice
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from amitui.paths import Locations, locate
from amitui.services.composition import Services
from amitui.services.sharing import SharedCatalogue, publish
from amitui.settings import Settings

NOW = 1_760_000_000
REGION = "eu-west-1"
AMAZON = Shard("aws", PUBLIC, REGION, "amazon")
ACCOUNT = "111122223333"
MINE = Shard("aws", ACCOUNT, REGION, "mine")

Record = dict[str, Any]


def image(number: int, **more: object) -> Record:
    """An image of Amazon's."""
    time = f"08:{number // 60 % 60:02}:{number % 60:02}"
    return {
        "ImageId": f"ami-{number:017x}",
        "Name": f"al2023-ami-2023.{number}-kernel-6.1-x86_64",
        "OwnerId": "137112412989",
        "ImageOwnerAlias": "amazon",
        "Public": True,
        "State": "available",
        "Architecture": "x86_64",
        "CreationDate": f"20{18 + number % 7}-0{1 + number % 9}-11T{time}.000Z",
        "Description": f"Amazon Linux {number}",
        **more,
    }


@dataclass(slots=True)
class Machine:
    """One cache."""

    where: Locations
    account: str | None = ACCOUNT
    now: int = NOW

    @classmethod
    def at(cls, folder: Path, **more: Any) -> Machine:
        return cls(locate({"HOME": str(folder)}, cache_dir=str(folder / "cache")), **more)

    async def fetch(self, records: Sequence[Record], shard: Shard = AMAZON, *, page: int = 1 << 30) -> None:
        """Have the shard hold these, as if EC2 had answered with them now, so many a page."""

        class Pages:
            async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
                begin = int(token or 0)
                held = [record for record in records if part.holds(record.get("CreationDate"))]
                end = begin + page if begin + page < len(held) else None
                next_token = None if end is None else str(end)
                return read_page(held[begin:end], PageFor(shard, None, part), next_token=next_token)

        service = CatalogService(self.where, now=lambda: self.now)
        try:
            await service.refresh(shard, Pages(), lambda _: None, full=True)
        finally:
            await service.close()

    async def publish(self, address: str, *, private: Sequence[str] = (), grace_s: int = 3600) -> list[Any]:
        services = self._services()
        try:
            return await publish(
                services.session,
                services.members,
                address,
                private=private,
                grace_s=grace_s,
                now=lambda: self.now,
                report=lambda _: None,
            )
        finally:
            await services.close()

    async def pull(self, address: str, shards: Iterable[Shard] | None = None) -> list[Any]:
        """Pull these shards, or all that are published."""
        services = self._services()
        shared: SharedCatalogue = services.catalogue.shared_at(address)
        try:
            if shards is None:
                shards = [one for each in shared.visibilities for one in await shared.published(each)]
            return [await shared.pull(one, services.catalogue.writer(), lambda _: None) for one in shards]
        finally:
            await services.close()

    def _services(self) -> Services:
        services = Services(Settings(self.where), now=lambda: self.now)
        services.session.account = self.account
        return services

    def records(self, shard: Shard = AMAZON) -> dict[str, Record]:
        """All that is stored of a shard, by image id; it must be what the index holds."""
        with SegmentStore(self.where.segments_dir) as store, open_index(self.where, store, shard.region) as index:
            segment, status = store.segment(shard), index.status(shard)
            assert segment is not None
            assert status is not None
            found = {
                record["ImageId"]: record
                for chunk_id in segment.chunk_ids
                for record in store.records(chunk_id)
                if record
            }
            assert (status.generation, status.complete) == (segment.generation, True)
            assert status.record_count == segment.indexed == index.count_of(shard) == len(found)
            return found

    def found(self, query: str) -> list[tuple[str, str, str]]:
        """What a query finds: id, name and Region of each row, in order."""
        with CatalogReader(self.where.index_dir) as reader:
            request = ViewRequest(
                parse_query(query, now=self.now),
                (REGION,),
                (ALL,),
                (self.account,) if self.account else (),
                True,
                self.now,
            )
            _, rows = reader.first(request, 5_000)
            return [(row.image_id, row.name, row.region) for row in rows]


@asynccontextmanager
async def answering(status: int, body: bytes) -> AsyncIterator[str]:
    """A web server on this machine with one answer to everything; its address."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/xml")

    async with answered_by(answer) as url:
        yield url


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """A web server on this machine that shows a folder; its address."""

    async def answer(request: web.BaseRequest) -> web.Response:
        path = folder / request.path.lstrip("/")
        if not path.is_file():
            return web.Response(status=404)
        return web.Response(body=path.read_bytes())

    async with answered_by(answer) as url:
        yield url


@asynccontextmanager
async def answered_by(answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A web server on this machine; its address."""
    server = web.Server(answer)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
