"""The segment store: full records of every crawled shard, in a diskcache folder that never unpickles anything.

diskcache's own `Disk` unpickles whatever lies in its folder (CVE-2025-69872), so `PlainDisk` stores and reads
bytes, text and numbers only. Chunks are compressed JSON Lines (`stored_form.py`); descriptors are JSON. Records
are kept exactly as EC2 sent them: sanitizing happens on the way out, in `ec2/convert.py`.
"""

from __future__ import annotations

import os
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

from amitui.catalog.store_file import RecordsLost, StoreFile
from amitui.catalog.stored_form import (
    Amended,
    amended_lines,
    damaged,
    descriptor_of,
    line_of,
    packed,
    record_of,
    segment_of,
    unpacked,
)
from amitui.domain.catalogue.shard import Segment, Shard
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError

OPEN_CHUNKS = 4
"""Decompressed chunks kept for the next read: about 1 MB each."""


def source_of(chunk_id: str) -> str:
    """Hash of the published chunk that a chunk was fetched from; empty: it is no copy of one."""
    source, dash, _ = chunk_id.removeprefix("chunk/").partition("-")
    return source if dash else ""


class SegmentStore:
    """Chunks and segments on disk. Use it from one thread; several processes may share the folder.

    Raises:
        CacheError: from every method, when the folder cannot be read or written.
    """

    def __init__(self, directory: str, *, repair: bool = True) -> None:
        self._open: OrderedDict[str, list[bytes]] = OrderedDict()
        self._file = StoreFile(directory, repair=repair, forget=self._open.clear)

    @property
    def lost_records(self) -> bool:
        """Whether damaged records were thrown away."""
        return self._file.lost_records

    def close(self) -> None:
        """Close the store's connection of this thread."""
        self._file.close()

    def __enter__(self) -> SegmentStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Chunks

    def put_chunk(self, shard: Shard, records: Sequence[RawRecord]) -> tuple[str, int]:
        """Store the records as one chunk.

        Returns:
            The chunk's id, never used again for another, and its stored size in bytes.
        """
        return self.put_lines(shard, [line_of(record) for record in records])

    def put_packed(self, shard: Shard, data: bytes, *, source: str = "") -> str:
        """Store the lines that `stored_form.packed` has packed as one chunk; returns its id.

        Args:
            source: hash of the published chunk that it was fetched from, which then is a part of its id.
        """
        chunk_id = f"chunk/{f'{source}-' if source else ''}{secrets.token_hex(9)}"
        self._file.write(lambda: self._file.cache.set(chunk_id, data, tag=shard.key))
        return chunk_id

    def packed_chunk(self, chunk_id: str) -> bytes:
        """A chunk as it is stored.

        Raises:
            CacheError: it is gone.
        """
        with self._file.explained("read"):
            data = self._file.cache.get(chunk_id)
        if not isinstance(data, bytes):
            raise damaged(chunk_id)
        return data

    def put_lines(self, shard: Shard, lines: Sequence[bytes]) -> tuple[str, int]:
        """Store lines as one chunk; see `put_chunk`."""
        data = packed(lines)
        return self.put_packed(shard, data), len(data)

    def record(self, chunk_id: str, line: int) -> RawRecord:
        """The record on line `line` (from 0) of a chunk.

        Raises:
            CacheError: the chunk is gone (replaced by a later crawl) or damaged.
        """
        lines = self.lines(chunk_id)
        if not 0 <= line < len(lines):
            raise damaged(chunk_id)
        return record_of(lines[line], chunk_id)

    def records(self, chunk_id: str) -> list[RawRecord]:
        """All records of a chunk, in EC2's order."""
        return [record_of(line, chunk_id) for line in self.lines(chunk_id)]

    def amend_chunk(self, shard: Shard, chunk_id: str, records: Mapping[str, RawRecord | None]) -> Amended:
        """Store a copy of a chunk with other records of some images, blank lines for those that are `None`.

        Every line keeps its number. A chunk that needs no change, or cannot be read, is not copied.
        """
        try:
            before = self.lines(chunk_id)
        except CacheError:
            return Amended(chunk_id, {}, (), 0)
        lines, found, gone = amended_lines(before, records)
        if lines == before:
            return Amended(chunk_id, found, (), 0)
        new_id, stored = self.put_lines(shard, lines)
        return Amended(new_id, found, tuple(gone), stored - len(self._file.cache.get(chunk_id) or b""))

    def lines(self, chunk_id: str) -> list[bytes]:
        """The lines of a chunk; not to be changed.

        Raises:
            CacheError: it is gone or damaged.
        """
        if (lines := self._open.get(chunk_id)) is not None:
            self._open.move_to_end(chunk_id)
            return lines
        with self._file.explained("read"):
            data = self._file.cache.get(chunk_id)
        lines = unpacked(data, chunk_id)
        self._open[chunk_id] = lines
        while len(self._open) > OPEN_CHUNKS:
            self._open.popitem(last=False)
        return lines

    # Segments

    def segment(self, shard: Shard) -> Segment | None:
        """The whole stored answer to a shard."""
        return self._descriptor(f"segment/{shard.key}")

    def partial(self, shard: Shard) -> Segment | None:
        """What an interrupted crawl of the shard had stored."""
        return self._descriptor(f"partial/{shard.key}")

    def save_partial(self, segment: Segment) -> None:
        """Note how far a crawl has come, so that another start can go on from there."""
        self._file.write(lambda: self._file.cache.set(f"partial/{segment.shard.key}", descriptor_of(segment)))

    def commit(self, segment: Segment) -> None:
        """Make a crawl's result the shard's segment; every other chunk of the shard goes.

        The switch is one transaction. Chunks go after it: a crash in between leaves some that the next commit or
        `sweep` finds, never a segment without its chunks. For whoever holds the shard's lock.

        Raises:
            RecordsLost: chunks of the segment are gone; it is not committed.
        """
        shard = segment.shard
        if not self.stored_chunks(shard).issuperset(segment.chunk_ids):
            raise RecordsLost("the cache was cleared during the write", remedy="fetch again: amitui sync")

        def switch() -> None:
            with self._file.cache.transact():
                self._file.cache.set(
                    f"segment/{shard.key}", descriptor_of(segment._replace(complete=True, next_token=None))
                )
                self._file.cache.delete(f"partial/{shard.key}")

        self._file.write(switch)
        self.sweep(shard)

    def amend(self, segments: Sequence[Segment]) -> set[str]:
        """Replace a shard's segment, its interrupted crawl or both, as they are, in one transaction.

        Returns:
            The chunks that nothing names any more, for `delete_chunks` once no row names them either.
        """
        shards = {segment.shard for segment in segments}
        before = {chunk_id for shard in shards for chunk_id in self._chunks_of(shard)}

        def switch() -> None:
            with self._file.cache.transact():
                for segment in segments:
                    kind = "segment" if segment.complete else "partial"
                    self._file.cache.set(f"{kind}/{segment.shard.key}", descriptor_of(segment))

        self._file.write(switch)
        return before - {chunk_id for shard in shards for chunk_id in self._chunks_of(shard)}

    def delete_chunks(self, chunk_ids: set[str]) -> None:
        """Delete chunks that nothing names."""
        self._delete(chunk_ids)

    def discard_partial(self, shard: Shard) -> None:
        """Forget an interrupted crawl. Its chunks stay, as rows still name them, until the shard's next commit."""
        self._file.write(lambda: self._file.cache.delete(f"partial/{shard.key}"))

    def drop(self, shard: Shard) -> None:
        """Forget the shard and everything stored for it."""
        stale = self._chunks_of(shard)
        self._delete({f"segment/{shard.key}", f"partial/{shard.key}"})
        self._delete(stale)

    def shards(self) -> list[Shard]:
        """Every shard with a segment or an interrupted crawl."""
        keys = {key.partition("/")[2] for key in self._keys() if key.startswith(("segment/", "partial/"))}
        return [Shard.from_key(key) for key in sorted(keys)]

    def shards_with_chunks(self) -> list[Shard]:
        """Every shard of which a chunk is stored, whether or not anything names it."""
        tags = self._column("SELECT DISTINCT tag FROM Cache WHERE key LIKE 'chunk/%' ORDER BY tag")
        return [Shard.from_key(tag) for tag in tags if tag is not None]

    def stored_chunks(self, shard: Shard) -> set[str]:
        """The chunks that are stored of a shard, whether or not anything names them."""
        return set(self._column("SELECT key FROM Cache WHERE key LIKE 'chunk/%' AND tag = ?", shard.key))

    def stored_bytes(self, chunk_ids: Sequence[str]) -> int:
        """Compressed size of these chunks."""
        with self._file.explained("read"):
            return sum(len(self._file.cache.get(chunk_id) or b"") for chunk_id in chunk_ids)

    def chunk_bytes(self) -> dict[Shard, int]:
        """Compressed size of all chunks of each shard, whether or not anything names them."""
        # diskcache counts bytes of files only, and keeps what is small in its database.
        statement = (
            "SELECT tag, sum(CASE WHEN filename IS NULL THEN length(value) ELSE size END) FROM Cache"
            " WHERE key LIKE 'chunk/%' AND tag IS NOT NULL GROUP BY tag"
        )
        with self._file.explained("read"):
            found = self._file.cache._sql(statement).fetchall()
        return {Shard.from_key(tag): int(stored or 0) for tag, stored in found}

    def sweep(self, shard: Shard) -> int:
        """Delete the shard's chunks that nothing names, and say how many. For whoever holds the shard's lock."""
        orphans = self.unnamed_chunks(shard)
        self._delete(orphans)
        return len(orphans)

    def unnamed_chunks(self, shard: Shard) -> set[str]:
        """The shard's chunks that neither its segment nor an interrupted crawl names."""
        return self.stored_chunks(shard) - self._chunks_of(shard)

    def sweep_files(self, before: float) -> int:
        """Delete files that were written for a value which never was, by a process that died; say how many.

        Args:
            before: files younger than this may be of a value that another process is storing.
        """
        stored = self._column("SELECT filename FROM Cache WHERE filename IS NOT NULL")
        known = {os.path.join(self._file.cache.directory, filename) for filename in stored}
        swept = 0
        with self._file.explained("read"):
            for folder, _, names in os.walk(self._file.cache.directory):
                for path in (os.path.join(folder, name) for name in names if name.endswith(".val")):
                    if path not in known and os.lstat(path).st_mtime < before:
                        os.unlink(path)
                        swept += 1
        return swept

    def clear(self) -> None:
        """Empty the store."""
        self._open.clear()
        self._file.write(self._file.cache.clear)

    def _chunks_of(self, shard: Shard) -> set[str]:
        found = (self.segment(shard), self.partial(shard))
        return {chunk_id for segment in found if segment for chunk_id in segment.chunk_ids}

    def _keys(self) -> Iterator[str]:
        with self._file.explained("read"):
            yield from [key for key in self._file.cache.iterkeys() if isinstance(key, str)]

    def _column(self, statement: str, *values: str) -> list[str]:
        # diskcache lists keys by itself, but neither tags nor files.
        with self._file.explained("read"):
            return [value for (value,) in self._file.cache._sql(statement, values).fetchall()]

    def _descriptor(self, key: str) -> Segment | None:
        with self._file.explained("read"):
            text = self._file.cache.get(key)
        return None if text is None else segment_of(text)

    def _delete(self, keys: set[str]) -> None:
        for key in keys:
            self._open.pop(key, None)
            self._file.write(lambda key=key: self._file.cache.delete(key))  # type: ignore[misc]
