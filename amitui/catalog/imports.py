"""Records from files as segments of the cache: where each belongs, and that a later import adds to an earlier.

An import's shards carry the period `import`, so that fetching the same scope from EC2 later neither replaces what
was fed in by hand nor is replaced by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.catalog.index import CatalogIndex
from amitui.catalog.ingest import ShardWriter
from amitui.catalog.store import SegmentStore
from amitui.domain.image import ImageFlag, ImageSummary, RawRecord
from amitui.domain.publishers import publisher_accounts
from amitui.domain.region import checked_region, partition_of
from amitui.domain.scope import Scope
from amitui.domain.shard import CHUNK_RECORDS, PUBLIC, Shard
from amitui.ec2.convert import summary_of

IMPORTED = "import"
"""Period of an import's shards, and their origin."""

UNKNOWN_VIEWER = "000000000000"
"""Visibility of images that were shared with an account nobody named."""


class Importer:
    """Takes records one by one, writes them in chunks, and commits at the end.

    Args:
        region: where records without a Region field belong; `None`: such records are refused.
        scope: where all records belong; `None`: where EC2 would list them.
        account: whose eyes saw private images of others, where known.
    """

    def __init__(
        self,
        store: SegmentStore,
        open_index: Callable[[str], CatalogIndex],
        *,
        region: str | None,
        scope: Scope | None,
        account: str | None,
    ) -> None:
        self._store = store
        self._open_index = open_index
        self._region = region
        self._scope = scope
        self._account = account
        self._writers: dict[Shard, ShardWriter] = {}
        self._waiting: dict[Shard, list[RawRecord]] = {}
        self.imported: dict[str, int] = {}
        """Records taken, by region."""

    def add(self, record: object, *, now: int) -> None:
        """Take one record.

        Raises:
            ValueError: it is no image, or nobody said which region it is of; the message says it in words.
            RegionError: its Region is not a region's name.
        """
        if not isinstance(record, dict):
            raise ValueError(f"an image is a JSON object, this is {_json_kind(record)}")
        summary = summary_of(record)
        region = record.get("Region", self._region)
        if not isinstance(region, str):
            raise ValueError("the record has no Region; name one with --region")
        region = checked_region(region)
        for shard in self._shards(summary, region):
            waiting = self._waiting.setdefault(shard, [])
            waiting.append(record)
            if len(waiting) >= CHUNK_RECORDS:
                self._write(shard, now)
        self.imported[region] = self.imported.get(region, 0) + 1

    def finish(self, now: int) -> None:
        """Write what is waiting and make it part of the cache."""
        for shard in list(self._waiting):
            self._write(shard, now)
        for writer in self._writers.values():
            writer.finish(now)

    def _shards(self, summary: ImageSummary, region: str) -> Sequence[Shard]:
        partition = partition_of(region)

        def shard(owner_scope: str, visibility: str = PUBLIC) -> Shard:
            return Shard(partition, visibility, region, owner_scope, IMPORTED)

        private = not summary.flags & ImageFlag.PUBLIC
        owner = summary.owner_id or UNKNOWN_VIEWER
        if self._scope is not None:
            if self._scope.name == "mine":
                return (shard("mine", owner),)
            if self._scope.name == "shared":
                return (shard("shared", self._account or UNKNOWN_VIEWER),)
            return (shard(self._scope.name, owner if private else PUBLIC),)
        if private:
            return (shard("mine", owner),)
        scopes = [
            *(("amazon",) if summary.owner_alias == "amazon" else ()),
            *(("marketplace",) if summary.owner_alias == "aws-marketplace" else ()),
            *(("publishers",) if summary.owner_id in publisher_accounts(partition) else ()),
        ]
        return [shard(name) for name in scopes or ("community",)]

    def _write(self, shard: Shard, now: int) -> None:
        records = self._waiting.pop(shard, [])
        writer = self._writers.get(shard)
        if writer is None:
            writer = ShardWriter(self._store, self._open_index(shard.region), shard, origin=IMPORTED)
            if not writer.extend():
                writer.begin()
            self._writers[shard] = writer
        writer.add(records, next_token=None, now=now)


def _json_kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
