"""What differs between a stored slice of a shard and what EC2 has of it now, record by record.

Records are compared by digest: stored lines that EC2 still sends are not even parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from amitui.catalog.store import SegmentStore
from amitui.catalog.store_file import RecordsLost
from amitui.catalog.stored_form import BLANK, digest_of, record_of, unpacked
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, StoredSlice
from amitui.domain.catalogue.slices import Slice
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError

SMALL_CHUNKS: Final = 4
"""Chunks under half full that a slice may keep; with more, they are joined."""

Identity: TypeAlias = str | bytes
"""An image id; of a record without one, its digest."""


class Found(NamedTuple):
    """A record that was fetched."""

    digest: bytes
    page: int
    """Which of the held chunks it is in."""
    line: int


class Spot(NamedTuple):
    """A stored line."""

    chunk_id: str
    line: int


@dataclass(slots=True)
class Fetched:
    """What has come of a slice so far: packed as it would be stored, some 100 kB for a thousand records."""

    chunks: list[bytes] = field(default_factory=list)
    records: dict[Identity, Found] = field(default_factory=dict)
    """Of an image that came twice, the last."""

    def add_chunk(self, data: bytes, image_ids: Sequence[str], digests: Sequence[bytes]) -> None:
        """Take records that are packed already.

        Args:
            data: their lines, packed.
            image_ids: of each line; empty where there is none.
            digests: of each line.
        """
        for line, (image_id, digest) in enumerate(zip(image_ids, digests, strict=True)):
            self.records[image_id or digest] = Found(digest, len(self.chunks), line)
        self.chunks.append(data)

    def lines_of(self, identities: Iterable[Identity]) -> dict[Identity, bytes]:
        """The lines of records; each page is unpacked once."""
        in_order = sorted(identities, key=lambda one: self.records[one][1:])
        lines: dict[Identity, bytes] = {}
        number, page = -1, list[bytes]()
        for identity in in_order:
            found = self.records[identity]
            if found.page != number:
                number, page = found.page, unpacked(self.chunks[found.page], "the page")
            lines[identity] = page[found.line]
        return lines


class SliceDifference:
    """What has to be changed for a stored slice to say what was fetched of it.

    Raises:
        RecordsLost: a chunk of it cannot be read.
    """

    def __init__(self, store: SegmentStore, segment: Segment, part: Slice, fetched: Fetched) -> None:
        self._store, self._part, self._fetched = store, part, fetched
        (self.stored,) = [one for one in segment.parts if one.part == part]
        ours = {chunk_id for one in segment.parts for chunk_id in one.chunk_ids}
        self._loose = [chunk_id for chunk_id in segment.chunk_ids if chunk_id not in ours]
        """Chunks of single images that were added between two crawls, of whatever slice."""
        self._spots: dict[Identity, Spot] = {}
        """Where the images of the slice are stored, which EC2 still lists."""
        self.changed: dict[Identity, Spot] = {}
        self.edits: dict[str, dict[int, Identity | None]] = {}
        """By chunk, the lines that say something else now; `None`: they are blank."""
        self.unlisted: list[str] = []
        """Ids of images that EC2 no longer lists in this slice."""
        self.live: dict[str, int] = {}
        """By chunk, its lines that are not blank in the end."""
        self.lines_before = 0
        """Lines that were not blank."""
        self._compare()
        self.new = [identity for identity in fetched.records if identity not in self._spots]
        self.moved, self.emptied = self._sparse()
        """Images that go to new chunks, and the chunks that are no longer needed for it."""

    @property
    def is_none(self) -> bool:
        """Whether nothing differs."""
        return not (self.new or self.edits or self.emptied)

    @property
    def chunk_ids(self) -> tuple[str, ...]:
        """All chunks that were compared."""
        return (*self.stored.chunk_ids, *self._loose)

    def lines(self, chunk_id: str) -> list[bytes]:
        """The lines of a stored chunk."""
        try:
            return self._store.lines(chunk_id)
        except CacheError as error:
            raise RecordsLost(error.what, why=error.why, remedy="fetch again: amitui sync --full") from error

    def _compare(self) -> None:
        by_digest = {found.digest: identity for identity, found in self._fetched.records.items()}
        for chunk_id in self.chunk_ids:
            lines = self.lines(chunk_id)
            self.live[chunk_id] = sum(line != BLANK for line in lines)
            self.lines_before += self.live[chunk_id]
            for number, line in enumerate(lines):
                if line == BLANK:
                    continue
                digest, spot = digest_of(line), Spot(chunk_id, number)
                identity = by_digest.get(digest)
                if identity is None:
                    self._differs(record_of(line, chunk_id), digest, spot)
                else:
                    self._keep(identity, spot)

    def _differs(self, record: RawRecord, digest: bytes, spot: Spot) -> None:
        identity = _id_of(record) or digest
        if identity in self._fetched.records:
            self._keep(identity, spot)
            self.changed[identity] = spot
            self._edit(spot, identity)
        elif spot.chunk_id not in self._loose or self._part.holds(record.get("CreationDate")):
            self._edit(spot, None)
            if isinstance(identity, str):
                self.unlisted.append(identity)

    def _keep(self, identity: Identity, spot: Spot) -> None:
        """The last place of an image counts, as in the index; a record of it before that is blank from now on."""
        if (earlier := self._spots.get(identity)) is not None:
            self._edit(earlier, None)
            self.changed.pop(identity, None)
        self._spots[identity] = spot

    def _edit(self, spot: Spot, identity: Identity | None) -> None:
        edits = self.edits.setdefault(spot.chunk_id, {})
        if identity is None and edits.get(spot.line, "") is not None:
            self.live[spot.chunk_id] -= 1
        edits[spot.line] = identity

    def _sparse(self) -> tuple[list[Identity], set[str]]:
        """Half empty chunks go, and small ones when they are many.

        Single images that were added between two crawls are moved too: chunks of their own would add up.
        """
        small = [one for one in self.stored.chunk_ids if self.live[one] * 2 < CHUNK_RECORDS]
        emptied = {one for one in small if self.live[one] * 2 <= len(self.lines(one))}
        if len(small) > SMALL_CHUNKS:
            emptied.update(small)
        moved = [one for one, spot in self._spots.items() if spot.chunk_id in emptied]
        for identity, spot in self._spots.items():
            if spot.chunk_id in self._loose:
                moved.append(identity)
                self._edit(spot, None)
        emptied.update(chunk_id for chunk_id in self._loose if not self.live[chunk_id])
        return moved, emptied

    def stored_after(self, chunk_ids: Sequence[str], placed: int, now: int) -> StoredSlice:
        """The slice as it is stored then.

        Args:
            chunk_ids: its chunks.
            placed: records in those that are new.
            now: seconds since the epoch.
        """
        kept = sum(self.live[one] for one in self.stored.chunk_ids if one not in self.emptied)
        return StoredSlice(self._part, tuple(chunk_ids), kept + placed, fetched_at=now, complete=True)

    def lines_after(self, placed: int) -> int:
        """Lines of all chunks that were compared, and of new ones with so many records, that are not blank."""
        return sum(live for chunk_id, live in self.live.items() if chunk_id not in self.emptied) + placed


def _id_of(record: RawRecord) -> str:
    image_id = record.get("ImageId")
    return image_id if isinstance(image_id, str) else ""
