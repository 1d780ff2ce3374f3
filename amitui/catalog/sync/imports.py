"""Records from files as segments of the cache: where each belongs, and that a later import adds to an earlier.

An import's shards carry the period `import`, so that fetching the same scope from EC2 later neither replaces what
was fed in by hand nor is replaced by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from time import sleep
from typing import Final, Self

from amitui.catalog.dump.limits import LIMITS
from amitui.catalog.dump.runs import ReadRun
from amitui.catalog.dump.skipping import json_kind
from amitui.catalog.index.bulk import fill_at_once
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.locks import ShardBusy, shard_lock
from amitui.catalog.store import SegmentStore
from amitui.catalog.sync.import_record import ReadRecord, Whose, read_record
from amitui.catalog.sync.ingest import ShardWriter
from amitui.catalog.sync.page_workers import worker_count
from amitui.catalog.sync.run_reader import RunReader
from amitui.domain.catalogue.scope import Scope
from amitui.domain.catalogue.shard import CHUNK_RECORDS, IMPORTED, PUBLIC, Shard
from amitui.domain.image.publishers import publisher_accounts
from amitui.domain.region import checked_region, partition_of
from amitui.ec2.convert import Ownership
from amitui.errors import UsageError

UNKNOWN_VIEWER = "000000000000"
"""Visibility of images that were shared with an account nobody named."""


_HELD_WEIGHT: Final = 4 << 20
"""Of records that wait for their chunk to be full: a few times as much memory."""

_REGIONS_HELD: Final = 4
"""Regions whose indexes may keep 8 MB in memory each."""

_HOMES_KNOWN: Final = 10_000

_LOCK_WITHIN_S: Final = 60
"""How long another amitui may hold a shard; mending one after a crash takes some seconds."""
_LOCK_EVERY_S: Final = 0.2


class Importer:
    """Takes records one by one, writes them in chunks, and commits at the end. Use it as a context.

    Args:
        locks_dir: where shards are locked while they are written, until the context ends.
        region: where records belong that neither say so themselves nor stand among such that do; `None`: such
            records are refused.
        scope: where all records belong; `None`: where EC2 would list them.
    """

    def __init__(
        self,
        store: SegmentStore,
        open_index: Callable[[str], CatalogIndex],
        *,
        locks_dir: str,
        region: str | None,
        scope: Scope | None,
    ) -> None:
        self._store = store
        self._open_index = open_index
        self._locks_dir = locks_dir
        self._locks = ExitStack()
        self._region = region
        self._scope = scope
        self._writers: dict[Shard, ShardWriter] = {}
        self._reader = RunReader(process=worker_count(1) > 0)
        self.read_run: ReadRun = self._reader.read
        """For the reader of a file: what it makes of records is for `add`."""
        self._homes: dict[tuple[Whose, str, str | None], Sequence[Shard]] = {}
        """Answers of `_shards`: most images have one of a few."""
        self._waiting: dict[Shard, list[ReadRecord]] = {}
        self._waiting_weight = 0
        self.imported: dict[str, int] = {}
        """Records taken, by region."""
        self.shown_to: set[str] = set()
        """Accounts to which alone some of them are shown, and to whoever has no credentials."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._locks.close()

    def add(
        self, record: object, *, now: int, region: str | None = None, account: str | None = None, weight: int = 0
    ) -> None:
        """Take one record.

        Args:
            record: with EC2's field names, or what `read_run` made of one.
            now: seconds since the epoch.
            region: what is said around the record; its own `Region` field wins.
            account: whose credentials saw it, where that is known.
            weight: about how many bytes it takes in memory.

        Raises:
            ValueError: it is no image, or nobody said which region it is of; the message says it in words.
            RegionError: its Region is not a Region name.
            UsageError: it is of one region too many.
        """
        if not isinstance(record, ReadRecord):
            if not isinstance(record, dict):
                raise ValueError(f"an image is a JSON object, this is {json_kind(record)}")
            record = read_record(record)
        region = record.region or region or self._region
        if not isinstance(region, str):
            raise ValueError("the record has no Region; set it with --region")
        if region not in self.imported:
            checked_region(region)
            if len(self.imported) >= LIMITS.regions:
                raise UsageError(f"these are images of more than {LIMITS.regions} Regions", why="AWS has 40")
        kind = (record.whose, region, account)
        shards = self._homes.get(kind)
        if shards is None:
            if len(self._homes) >= _HOMES_KNOWN:
                self._homes.clear()
            shards = self._homes[kind] = self._shards(Ownership(*record.whose), region, account)
            self.shown_to.update(shard.visibility for shard in shards if not shard.is_public)
        for shard in shards:
            waiting = self._waiting.setdefault(shard, [])
            waiting.append(record)
            if len(waiting) >= CHUNK_RECORDS:
                self._write(shard, now)
        self.imported[region] = self.imported.get(region, 0) + 1
        self._waiting_weight += weight
        if self._waiting_weight > _HELD_WEIGHT:
            for shard in list(self._waiting):
                self._write(shard, now)
            self._waiting_weight = 0

    def finish(self, now: int) -> None:
        """Write what is waiting and make it part of the cache."""
        for shard in list(self._waiting):
            self._write(shard, now)
        for index in {id(writer.index): writer.index for writer in self._writers.values()}.values():
            self._fill_at_once(index)
        for writer in self._writers.values():
            writer.finish(now)

    def _fill_at_once(self, index: CatalogIndex) -> None:
        """Fill a Region's index in one go if it holds nothing yet; else its shards' rows are written as ever."""
        writers = {writer.shard: writer for writer in self._writers.values() if writer.index is index}
        if index.count() or not writers.keys() >= {status.shard for status in index.shards()}:
            return

        def fill(bulk: CatalogIndex) -> None:
            for shard, writer in writers.items():
                bulk.begin_shard(shard, writer.progress.generation, origin=writer.origin)
                writer.flush(bulk)

        # Where it does not work out the shards' rows are missing at their ends, and are taken from what is stored.
        fill_at_once(index.path, index.region, fill)

    def _shards(self, whose: Ownership, region: str, account: str | None) -> Sequence[Shard]:
        partition = partition_of(region)

        def shard(owner_scope: str, visibility: str = PUBLIC) -> Shard:
            return Shard(partition, visibility, region, owner_scope, IMPORTED)

        private = not whose.public
        owner = whose.owner_id or UNKNOWN_VIEWER
        if self._scope is not None:
            if self._scope.name == "mine":
                return (shard("mine", owner),)
            if self._scope.name == "shared":
                return (shard("shared", account or UNKNOWN_VIEWER),)
            return (shard(self._scope.name, owner if private else PUBLIC),)
        if private:
            return (shard("shared", account) if account and account != owner else shard("mine", owner),)
        scopes = [
            *(("amazon",) if whose.owner_alias == "amazon" else ()),
            *(("marketplace",) if whose.owner_alias == "aws-marketplace" else ()),
            *(("publishers",) if whose.owner_id in publisher_accounts(partition) else ()),
        ]
        return [shard(name) for name in scopes or ("community",)]

    def _write(self, shard: Shard, now: int) -> None:
        """Write what waits for a shard as one chunk."""
        records = self._waiting.pop(shard, [])
        writer = self._writers.get(shard)
        if writer is None:
            index = self._open_index(shard.region)  # may fill it first, which locks the shards that it fills
            self._lock(shard)
            writer = ShardWriter(self._store, index, shard, origin=IMPORTED, hold_rows=True)
            if not writer.extend():
                writer.begin()
            self._writers[shard] = writer
        writer.add_lines(
            [record.line for record in records],
            [record.row for record in records if record.row is not None],
            [line for line, record in enumerate(records) if record.row is not None],
            now=now,
        )
        if len(self.imported) > _REGIONS_HELD:
            writer.index.release_memory()

    def _lock(self, shard: Shard) -> None:
        """Keep others from writing the shard, waiting for one that does.

        Raises:
            ShardBusy: it goes on for too long.
        """
        tries = int(_LOCK_WITHIN_S / _LOCK_EVERY_S)
        for left in range(tries, -1, -1):
            try:
                self._locks.enter_context(shard_lock(self._locks_dir, shard))
            except ShardBusy as busy:
                if not left:
                    raise ShardBusy(busy.what, remedy="import again when it has ended") from busy
                sleep(_LOCK_EVERY_S)
            else:
                return
