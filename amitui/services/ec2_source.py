"""EC2 as the source of a crawl's pages: paced, and read in worker processes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from amitui.catalog.sync.page import PageFor
from amitui.catalog.sync.page_workers import CrawlReader
from amitui.ec2.reads.images import read_image_page, request_for

if TYPE_CHECKING:
    from amitui.catalog.sync.page import ReadPage
    from amitui.catalog.sync.page_workers import PageWorkers
    from amitui.domain.catalogue.shard import Shard
    from amitui.domain.catalogue.slices import Slice
    from amitui.ec2.pacing import Pacer
    from amitui.ec2.session import Ec2Connection


class Ec2Source(NamedTuple):
    """EC2, asked with the credentials of one account."""

    connection: Ec2Connection
    account: str | None
    page_size: int
    pacer: Pacer
    workers: PageWorkers

    async def page(self, shard: Shard, part: Slice, token: str | None) -> ReadPage:
        request = replace(request_for(shard, part), page_size=self.page_size)
        reader = CrawlReader(self.workers, PageFor(shard, self.account, part))
        return await self.pacer.call(
            lambda: read_image_page(self.connection, shard.region, request, reader, token)
        )
