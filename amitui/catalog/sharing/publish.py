"""Publishing: the stored segments of some shards, as objects named by their content, and the manifest last.

A reader sees a manifest whole or not at all, and every object that it names is there before it. A publisher that
is killed leaves objects that nothing names; the next finds them by their hashes and does not send them again.

Objects are deleted in two steps: the manifest says which (`deleting`), and within `DELETE_WITHIN_S` of that they
are deleted. Whoever replaces the manifest after that has read it, because it is replaced only in the version that
was read: if it needs one of them it waits for `DELETED_AFTER_S`, and lists again what is there. So no clock
decides whether an object that is named is there; clocks only say for how long readers find what was replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.checked import check_object
from amitui.catalog.sharing.manifest import (
    ChunkEntry,
    Manifest,
    PublishedSegment,
    PublishedSlice,
    ShardEntry,
    SourceRefused,
    dump_manifest,
    dump_segment,
    hashes_of,
    parse_manifest,
    parse_segment,
)
from amitui.catalog.sharing.names import hash_in, hash_of, manifest_path, object_path, objects_path
from amitui.catalog.sharing.plan import Listed, is_prune_due, merged, to_prune, to_upload
from amitui.catalog.sharing.storage import Storage, StorageError
from amitui.catalog.store import SegmentStore
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Segment, Shard
from amitui.errors import CacheError

UPLOADS_AT_ONCE: Final = 8
TRIES: Final = 20
"""How often a publisher that lost against another one tries again."""
DELETE_WITHIN_S: Final = 30
"""From writing which objects are deleted to the last request to delete some; later ones are left to the next."""
_DELETED_AT_ONCE: Final = 1000
DELETED_AFTER_S: Final = 150.0
"""From then on nothing of it can happen any more: a request and its repetitions take less than 120 s."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What came of publishing one folder."""

    visibility: str
    shards: int = 0
    """Published by this call, unchanged ones included."""
    sent: int = 0
    """Objects."""
    sent_bytes: int = 0
    kept: int = 0
    """Objects that were there already."""
    deleted: int = 0
    lost: int = 0
    """How often another publisher was faster."""


class Prepared:
    """The objects of some shards, read from the store when they are sent.

    Use it from the thread that owns the store.
    """

    def __init__(self, store: SegmentStore, shards: Sequence[Shard]) -> None:
        self._store = store
        self._chunk_ids: dict[str, str] = {}
        """By the hash of its stored bytes."""
        self._segments: dict[str, bytes] = {}
        self.chunks_of: dict[str, frozenset[str]] = {}
        """By the hash of a segment, those of its chunks."""
        self.sizes: dict[str, int] = {}
        """By hash, chunks before the segments that name them."""
        self.entries: list[ShardEntry] = []
        for shard in shards:
            segment = store.segment(shard)
            if segment is not None and segment.complete and segment.origin == "ec2":
                self._add(segment)

    def data_of(self, digest: str) -> bytes:
        """An object.

        Raises:
            CacheError: it has been replaced by a fetch meanwhile.
        """
        if digest in self._segments:
            return self._segments[digest]
        data = self._store.packed_chunk(self._chunk_ids[digest])
        if hash_of(data) != digest:
            raise _replaced()
        return data

    def _chunk(self, segment: Segment, chunk_id: str) -> ChunkEntry:
        data = self._store.packed_chunk(chunk_id)
        if len(data) > limits.CHUNK_BYTES:
            raise CacheError(
                f"what is stored of {segment.shard.owner_scope} in {segment.shard.region} cannot be published",
                why=f"a part of it has {len(data):,} bytes",
                remedy="fetch it anew: amitui sync --full",
            )
        entry = ChunkEntry(hash_of(data), len(data))
        self._chunk_ids[entry.digest] = chunk_id
        return entry

    def _add(self, segment: Segment) -> None:
        chunks = {chunk_id: self._chunk(segment, chunk_id) for chunk_id in segment.chunk_ids}
        in_slices = {chunk_id for one in segment.parts for chunk_id in one.chunk_ids}
        published = PublishedSegment(
            segment.shard,
            tuple(
                PublishedSlice(
                    one.part,
                    tuple(chunks[chunk_id] for chunk_id in one.chunk_ids),
                    min(one.record_count, len(one.chunk_ids) * CHUNK_RECORDS),
                    one.fetched_at,
                )
                for one in segment.parts
            ),
            tuple(chunk for chunk_id, chunk in chunks.items() if chunk_id not in in_slices),
        )
        text = dump_segment(published)
        digest = hash_of(text)
        self.sizes.update((chunk.digest, chunk.size) for chunk in chunks.values())
        self.sizes[digest] = len(text)
        self._segments[digest] = text
        self.chunks_of[digest] = frozenset(chunk.digest for chunk in chunks.values())
        self.entries.append(
            ShardEntry(
                segment.shard,
                digest,
                len(text),
                sum(chunk.size for chunk in chunks.values()),
                segment.record_count,
                segment.fetched_at,
            )
        )


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes what one folder of a place is to hold.

    Args:
        realm: whose images these are; `Locations.realm_name`.
        run: runs something on the thread that owns the store of what is prepared.
        now: seconds since the epoch.
        grace_s: for how long what is replaced is kept for those who read it.
        report: called with how many objects are left to be sent.
        pause: lets so many seconds pass.
    """

    storage: Storage
    realm: str
    run: Callable[[Callable[[], bytes]], Awaitable[bytes]]
    now: Callable[[], int]
    grace_s: int
    report: Callable[[int], None]
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def publish(self, visibility: str, prepared: Prepared) -> Publication:
        """Send what is not there yet, then name it in the manifest.

        Raises:
            AmituiError: what kept it from its end; what was sent stays, and is not sent again.
        """
        done = Publication(visibility, shards=len(prepared.entries))
        for _ in range(TRIES):
            manifest, version = await self._manifest(visibility)
            if not prepared.sizes.keys().isdisjoint(manifest.deleting):
                await self.pause(DELETED_AFTER_S)
            there = await self._there(visibility)
            going = [digest for digest in manifest.deleting if digest not in prepared.sizes]
            done = await self._send(manifest, prepared, there, done)
            latest = max((one.modified_at for one in there.values()), default=None)
            after = merged(manifest, prepared.entries, now=self.now(), grace_s=self.grace_s, latest=latest)
            after = after._replace(deleting=tuple(going))
            doomed: list[Listed] = []
            if is_prune_due(manifest, now=self.now(), grace_s=self.grace_s):
                doomed = await self._doomed(after, there, prepared)
                deleting = tuple(one.path.rpartition("/")[2] for one in doomed)
                after = after._replace(pruned_at=self.now(), deleting=deleting)
            if after == manifest and version is not None:
                return done
            began = self.now()
            if await self.storage.replace(manifest_path(visibility), dump_manifest(after), version):
                return replace(done, deleted=await self._delete(doomed, began))
            # Another publisher was faster: its shards are in the manifest that is read now.
            done = replace(done, lost=done.lost + 1)
        raise StorageError(
            f"other publishers were faster {TRIES} times",
            why=f"they replaced the manifest of {self.storage.title} again and again",
            remedy="publish again",
        )

    async def _manifest(self, visibility: str) -> tuple[Manifest, str | None]:
        found = await self.storage.get(manifest_path(visibility), limits.MANIFEST_BYTES)
        if found is None:
            return Manifest(visibility, self.realm), None
        manifest = parse_manifest(found.data, visibility)
        check_realm(manifest, self.realm, self.storage.title)
        return manifest, found.version

    async def _there(self, visibility: str) -> dict[str, Listed]:
        found = {}
        async for one in self.storage.listing(objects_path(visibility)):
            digest = hash_in(one.path, visibility)
            if digest is not None:
                found[digest] = one
        return found

    async def _send(
        self, manifest: Manifest, prepared: Prepared, there: dict[str, Listed], done: Publication
    ) -> Publication:
        """Send the chunks, then the segments that name them."""
        sending = to_upload(prepared.sizes, there)
        left = len(sending)
        self.report(left)

        async def send(digest: str) -> None:
            nonlocal left
            data = await self.run(lambda: prepared.data_of(digest))
            path = object_path(manifest.visibility, digest)
            await self.storage.put(path, data)
            there[digest] = Listed(path, len(data), self.now())
            left -= 1
            self.report(left)

        for group in _groups(sending, prepared):
            await _side_by_side(group, send)
        return replace(
            done,
            sent=done.sent + len(sending),
            sent_bytes=done.sent_bytes + sum(prepared.sizes[digest] for digest in sending),
            kept=max(done.kept, len(prepared.sizes) - len(sending)),
        )

    async def _doomed(self, manifest: Manifest, there: dict[str, Listed], prepared: Prepared) -> list[Listed]:
        """What nothing names and what is older than the grace time.

        Raises:
            SourceRefused: a segment that is named cannot be read: nothing is deleted by guess.
        """
        known = set(prepared.sizes) | set(hashes_of(manifest))
        if not to_prune(there, known, now=self.now(), grace_s=self.grace_s):
            return []
        named = set(hashes_of(manifest))
        shards = {one.segment: one for one in manifest.shards}
        for digest in list(named):
            if digest in prepared.chunks_of:
                named.update(prepared.chunks_of[digest])
                continue
            path = object_path(manifest.visibility, digest)
            found = await self.storage.get(path, limits.SEGMENT_BYTES)
            if found is None:
                continue  # it names nothing that anybody can find
            check_object(found.data, digest=digest, size=len(found.data))
            shard = shards[digest].shard if digest in shards else None
            named.update(chunk.digest for chunk in parse_segment(found.data, shard).chunks)
        return to_prune(there, named, now=self.now(), grace_s=self.grace_s)[: limits.DELETING]

    async def _delete(self, doomed: Sequence[Listed], began: int) -> int:
        """Delete what the manifest that was written at `began` gives up; how many."""
        deleted = 0
        for start in range(0, len(doomed), _DELETED_AT_ONCE):
            if not 0 <= self.now() - began < DELETE_WITHIN_S:
                break  # somebody may rely on it by now that it is over
            paths = [one.path for one in doomed[start : start + _DELETED_AT_ONCE]]
            await self.storage.delete(paths)
            deleted += len(paths)
        return deleted


def check_realm(manifest: Manifest, realm: str, title: str) -> None:
    """Refuse images of another endpoint: their ids mean nothing here.

    Raises:
        SourceRefused: they are.
    """
    if manifest.realm != realm:
        raise SourceRefused(
            f"{title} holds images of another EC2 endpoint",
            why=f"they are of {manifest.realm}, and this start uses {realm}",
            remedy="use the --endpoint-url with which they were published, or another address",
        )


def _groups(sending: Sequence[str], prepared: Prepared) -> Iterator[list[str]]:
    """The chunks, then the segments."""
    yield [digest for digest in sending if digest not in prepared.chunks_of]
    yield [digest for digest in sending if digest in prepared.chunks_of]


async def _side_by_side(digests: Sequence[str], send: Callable[[str], Awaitable[None]]) -> None:
    """Send objects, several at once; the first failure ends them all."""
    waiting = iter(digests)

    async def worker() -> None:
        for digest in waiting:
            await send(digest)

    workers = [asyncio.ensure_future(worker()) for _ in range(min(UPLOADS_AT_ONCE, len(digests)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _replaced() -> CacheError:
    return CacheError(
        "the cache has changed while it was being published",
        why="a fetch has replaced what was to be sent",
        remedy="publish again: what was sent is not sent again",
    )
