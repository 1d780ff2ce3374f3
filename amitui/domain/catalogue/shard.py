"""Shards, segments and what crawling them reports: the vocabulary between EC2, the store and the index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from amitui.domain.catalogue.slices import WHOLE, Slice, is_partition

PUBLIC: Final = "public"
"""Visibility of what every account in the partition sees alike."""

IMPORTED: Final = "import"
"""Period and origin of the shards that hold what was read from files."""

CHUNK_RECORDS: Final = 1000
"""Most records in one chunk of a segment: about 1 MB of JSON, 100 kB compressed, one page of EC2's."""


class Shard(NamedTuple):
    """One slice of what can be read from EC2. Shards of one visibility and owner scope are disjoint by period."""

    partition: str
    """`aws`, `aws-cn`, `aws-us-gov`: ids and accounts of one mean nothing in another."""
    visibility: str
    """`public`, or the 12-digit id of the account whose credentials saw it: private to that account."""
    region: str
    owner_scope: str
    """A scope's name (`mine`, `amazon`, …) or a 12-digit account id."""
    period: str = ""
    """Creation period as a `creation-date` filter pattern (`2024-*`); empty means all time."""

    @property
    def is_public(self) -> bool:
        """Whether everybody in the partition sees what it holds."""
        return self.visibility == PUBLIC

    def is_seen_through(self, accounts: Collection[object]) -> bool:
        """Whether it holds what the credentials of one of these very accounts saw."""
        return not self.is_public and self.visibility in accounts

    def has_audience_of(self, other: Shard) -> bool:
        """Whether the same people see what it holds."""
        return self.visibility == other.visibility

    @property
    def key(self) -> str:
        """Stable text form: names the shard in the store and in the index."""
        return "/".join((self.partition, self.visibility, self.region, self.owner_scope, self.period))

    @classmethod
    def from_key(cls, key: str) -> Shard:
        """The shard a `key` names."""
        partition, visibility, region, owner_scope, period = key.split("/")
        return cls(partition, visibility, region, owner_scope, period)


class StoredSlice(NamedTuple):
    """What is stored of one slice of a shard."""

    part: Slice
    chunk_ids: tuple[str, ...] = ()
    """Those of the segment's chunks that the slice's pages became, in order."""
    record_count: int = 0
    fetched_at: int = 0
    """Seconds since the epoch at which its last page so far came; 0: none has."""
    complete: bool = False
    next_token: str | None = None
    """Where an incomplete one goes on; `None`: at its first page."""


class Segment(NamedTuple):
    """The stored answer to a shard: an ordered list of chunks, replaced as a whole."""

    shard: Shard
    generation: int
    """Grows by one with each crawl of the shard; rows of older generations are gone from EC2."""
    chunk_ids: tuple[str, ...]
    """Keys of the chunks in the store, in the order in which EC2 returned them."""
    record_count: int
    fetched_at: int
    """Seconds since the epoch at which the crawl ended (or reached its last page, when partial)."""
    complete: bool
    """False while a crawl is under way or was interrupted."""
    next_token: str | None = None
    """Where an interrupted crawl goes on; `None` when complete."""
    origin: str = "ec2"
    """`ec2`, or `IMPORTED` for what the user fed in by hand."""
    stored_bytes: int = 0
    """Compressed size of the chunks."""
    indexed: int | None = None
    """Images that its records are of, each once: what an index of it holds. `None`: nobody has counted."""
    slices: tuple[StoredSlice, ...] = ()
    """The parts in which it is fetched; none in what was imported, or stored before there were slices. Chunks that
    belong to none of them hold single images that were added between two crawls."""

    @property
    def parts(self) -> tuple[StoredSlice, ...]:
        """The slices; of a segment without any, one of all its chunks."""
        if self.slices and is_partition([one.part for one in self.slices]):
            return self.slices
        whole = StoredSlice(
            WHOLE, self.chunk_ids, self.record_count, self.fetched_at, self.complete, self.next_token
        )
        return (whole,)

    def with_page(
        self,
        part: Slice,
        added: Sequence[str],
        records: int,
        *,
        next_token: str | None,
        complete: bool,
        now: int,
    ) -> Segment:
        """With a page of a slice, whose chunks are among the segment's already."""

        def grown(one: StoredSlice) -> StoredSlice:
            chunk_ids = (*one.chunk_ids, *added)
            return StoredSlice(part, chunk_ids, one.record_count + records, now, complete, next_token)

        return self._replace(slices=tuple(grown(one) if one.part == part else one for one in self.slices))

    def without(self, dropped: Collection[Slice], parts: Sequence[Slice] = ()) -> Segment:
        """Without what is stored of some slices, which are to be fetched anew.

        Args:
            dropped: the slices.
            parts: what takes their place, in front of the others; by default they themselves, where they are.
        """
        gone = {chunk_id for one in self.slices if one.part in dropped for chunk_id in one.chunk_ids}
        records = sum(one.record_count for one in self.slices if one.part in dropped)
        kept = (one if one.part not in dropped else StoredSlice(one.part) for one in self.slices)
        if parts:
            kept = (one for one in (*map(StoredSlice, parts), *self.slices) if one.part not in dropped)
        return self._replace(
            chunk_ids=tuple(chunk_id for chunk_id in self.chunk_ids if chunk_id not in gone),
            record_count=self.record_count - records,
            slices=tuple(kept),
        )

    def with_chunks_named(self, names: Mapping[str, str]) -> Segment:
        """With other ids of some chunks, which have been replaced by copies."""

        def renamed(chunk_ids: Sequence[str]) -> tuple[str, ...]:
            return tuple(names.get(chunk_id, chunk_id) for chunk_id in chunk_ids)

        return self._replace(
            chunk_ids=renamed(self.chunk_ids),
            slices=tuple(one._replace(chunk_ids=renamed(one.chunk_ids)) for one in self.slices),
        )


class ShardStatus(NamedTuple):
    """What the index knows of a shard; enough to say how old a catalogue is without opening the store."""

    shard: Shard
    generation: int
    record_count: int
    fetched_at: int
    complete: bool
    origin: str

    def is_visible_to(self, accounts: tuple[str, ...]) -> bool:
        """Whether these accounts may be shown what the shard holds. Nothing else decides this.

        What one account's credentials saw is shown only where that account is among the viewer's, for it may be
        shared with no other. What was imported from files is also shown while nobody knows which account this is.

        Args:
            accounts: the viewer's; empty when none is known.
        """
        if self.shard.is_public:
            return True
        return self.shard.is_seen_through(accounts) if accounts else self.origin == IMPORTED


class Located(NamedTuple):
    """One place where an image's record is kept."""

    shard: Shard
    chunk_id: str
    line: int
    """Of the chunk, from 0."""
