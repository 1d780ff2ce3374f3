"""The segment store: full records of every crawled shard, in a diskcache folder that never unpickles anything.

diskcache's own `Disk` unpickles whatever lies in its folder (CVE-2025-69872), so `PlainDisk` stores and reads
bytes, text and numbers only. Chunks are JSON Lines, ASCII-escaped, zlib-compressed; descriptors are JSON. Records
are kept exactly as EC2 sent them: sanitizing happens on the way out, in `ec2/convert.py`.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar

import diskcache

from amitui.catalog.plain_disk import PlainDisk
from amitui.catalog.sqlite_file import discard, guarded, identity_of
from amitui.catalog.standing_cache import StandingCache
from amitui.domain.catalogue.shard import Segment, Shard
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError
from amitui.os_faults import Fault, Place, explain, fault_of
from amitui.paths import private_dir

COMPRESSION = 6
"""zlib level: 100 kB and 15 ms for a page of 1,000 images; level 9 saves 3% and doubles the time."""

_BLANK = b"{}"
"""Line of a record that is gone; whoever reads a chunk passes over what has no ImageId."""

DISK_MIN_FILE_SIZE = 8 * 1024
"""Bytes from which a value gets a file of its own."""

OPEN_CHUNKS = 4
"""Decompressed chunks kept for the next look: about 1 MB each."""

_T = TypeVar("_T")


class RecordsLost(CacheError):
    """The stored records were damaged. They have been thrown away: what is wanted is fetched again."""


class Amended(NamedTuple):
    """What `SegmentStore.amend_chunk` made."""

    chunk_id: str
    """The copy's, or the chunk's own when it needed none."""
    lines: Mapping[str, int]
    """By image id, the line of the record given."""
    gone: tuple[str, ...]
    """Whose records the lines were that are blank now; an image may have had several."""
    growth: int
    """Bytes by which the copy is larger than the chunk."""


class SegmentStore:
    """Chunks and segments on disk. Use it from one thread; several processes may share the folder.

    Raises:
        CacheError: from every method, when the folder cannot be read or written.
    """

    def __init__(self, directory: str, *, repair: bool = True) -> None:
        self._directory = directory
        self._repair = repair
        self._open: OrderedDict[str, list[bytes]] = OrderedDict()
        self.lost_records = False
        """Whether damaged records were thrown away."""
        try:
            self._connect()
        except RecordsLost:
            self._connect()

    def _connect(self) -> None:
        private_dir(self._directory)
        path = self._database
        with self._explained("open"), guarded(path):
            try:
                self._opened: diskcache.Cache | StandingCache = _cache_in(self._directory)
            except (OSError, sqlite3.Error, diskcache.Timeout) as error:
                if not _may_be_read(error):
                    raise
                # What nobody can write can be read all the same.
                disk = PlainDisk(self._directory, min_file_size=DISK_MIN_FILE_SIZE)
                self._opened = StandingCache(self._directory, disk, error)
            self._identity = identity_of(path)

    def _open_for_writing(self) -> None:
        with guarded(self._database):
            opened = _cache_in(self._directory)
        self._opened.close()
        self._opened = opened
        self._identity = identity_of(self._database)

    @property
    def _database(self) -> str:
        """diskcache's own file."""
        return os.path.join(self._directory, "cache.db")

    @property
    def _cache(self) -> Any:
        """The store that stands at the path now: another process may have cleared or replaced it."""
        if identity_of(self._database) != self._identity:
            self.close()
            self._connect()
        return self._opened

    def close(self) -> None:
        """Close the store's connection of this thread."""
        self._open.clear()
        self._opened.close()

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
        return self._put_lines(shard, [_line(record) for record in records])

    def _put_lines(self, shard: Shard, lines: Sequence[bytes]) -> tuple[str, int]:
        data = zlib.compress(b"\n".join(lines), COMPRESSION)
        chunk_id = f"chunk/{secrets.token_hex(9)}"
        self._write(lambda: self._cache.set(chunk_id, data, tag=shard.key))
        return chunk_id, len(data)

    def record(self, chunk_id: str, line: int) -> RawRecord:
        """The record on line `line` (from 0) of a chunk.

        Raises:
            CacheError: the chunk is gone (replaced by a later crawl) or damaged.
        """
        lines = self._lines(chunk_id)
        if not 0 <= line < len(lines):
            raise _damaged(chunk_id)
        return _record(lines[line], chunk_id)

    def records(self, chunk_id: str) -> list[RawRecord]:
        """All records of a chunk, in EC2's order."""
        return [_record(line, chunk_id) for line in self._lines(chunk_id)]

    def amend_chunk(self, shard: Shard, chunk_id: str, records: Mapping[str, RawRecord | None]) -> Amended:
        """Store a copy of a chunk with other records of some images, blank lines for those that are `None`.

        Every line keeps its number. A chunk that needs no change, or cannot be read, is not copied.
        """
        try:
            lines = list(self._lines(chunk_id))
        except CacheError:
            return Amended(chunk_id, {}, (), 0)
        before = tuple(lines)
        marks = {image_id: json.dumps(image_id).encode("ascii") for image_id in records}
        found: dict[str, int] = {}
        gone: list[str] = []
        for number, line in enumerate(before):
            image_id = next((each for each, mark in marks.items() if mark in line and _is_of(line, each)), None)
            if image_id is None:
                continue
            record = records[image_id]
            lines[number] = _BLANK if record is None else _line(record)
            if record is None:
                gone.append(image_id)
            else:
                found[image_id] = number
        if tuple(lines) == before:
            return Amended(chunk_id, found, (), 0)
        new_id, stored = self._put_lines(shard, lines)
        return Amended(new_id, found, tuple(gone), stored - len(self._cache.get(chunk_id) or b""))

    def _lines(self, chunk_id: str) -> list[bytes]:
        if (lines := self._open.get(chunk_id)) is not None:
            self._open.move_to_end(chunk_id)
            return lines
        with self._explained("read"):
            data = self._cache.get(chunk_id)
        if not isinstance(data, bytes):
            raise _damaged(chunk_id)
        try:
            text = zlib.decompress(data)
        except zlib.error as error:
            raise _damaged(chunk_id) from error
        lines = text.split(b"\n") if text else []
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
        self._write(lambda: self._cache.set(f"partial/{segment.shard.key}", _to_json(segment)))

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
            with self._cache.transact():
                self._cache.set(f"segment/{shard.key}", _to_json(segment._replace(complete=True, next_token=None)))
                self._cache.delete(f"partial/{shard.key}")

        self._write(switch)
        self.sweep(shard)

    def amend(self, segments: Sequence[Segment]) -> set[str]:
        """Replace a shard's segment, its interrupted crawl or both, as they are, in one transaction.

        Returns:
            The chunks that nothing names any more, for `delete_chunks` once no row names them either.
        """
        shards = {segment.shard for segment in segments}
        before = {chunk_id for shard in shards for chunk_id in self._chunks_of(shard)}

        def switch() -> None:
            with self._cache.transact():
                for segment in segments:
                    kind = "segment" if segment.complete else "partial"
                    self._cache.set(f"{kind}/{segment.shard.key}", _to_json(segment))

        self._write(switch)
        return before - {chunk_id for shard in shards for chunk_id in self._chunks_of(shard)}

    def delete_chunks(self, chunk_ids: set[str]) -> None:
        """Delete chunks that nothing names."""
        self._delete(chunk_ids)

    def discard_partial(self, shard: Shard) -> None:
        """Forget an interrupted crawl. Its chunks stay, as rows still name them, until the shard's next commit."""
        self._write(lambda: self._cache.delete(f"partial/{shard.key}"))

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
        with self._explained("read"):
            return sum(len(self._cache.get(chunk_id) or b"") for chunk_id in chunk_ids)

    def sweep(self, shard: Shard) -> int:
        """Delete the shard's chunks that nothing names, and say how many. For whoever holds the shard's lock."""
        orphans = self.stored_chunks(shard) - self._chunks_of(shard)
        self._delete(orphans)
        return len(orphans)

    def sweep_files(self, before: float) -> int:
        """Delete files that were written for a value which never was, by a process that died; say how many.

        Args:
            before: files younger than this may be of a value that another process is storing.
        """
        stored = self._column("SELECT filename FROM Cache WHERE filename IS NOT NULL")
        known = {os.path.join(self._cache.directory, filename) for filename in stored}
        swept = 0
        with self._explained("read"):
            for folder, _, names in os.walk(self._cache.directory):
                for path in (os.path.join(folder, name) for name in names if name.endswith(".val")):
                    if path not in known and os.lstat(path).st_mtime < before:
                        os.unlink(path)
                        swept += 1
        return swept

    def clear(self) -> None:
        """Empty the store."""
        self._open.clear()
        self._write(self._cache.clear)

    def _chunks_of(self, shard: Shard) -> set[str]:
        found = (self.segment(shard), self.partial(shard))
        return {chunk_id for segment in found if segment for chunk_id in segment.chunk_ids}

    def _keys(self) -> Iterator[str]:
        with self._explained("read"):
            yield from [key for key in self._cache.iterkeys() if isinstance(key, str)]

    def _column(self, statement: str, *values: str) -> list[str]:
        # diskcache lists keys by itself, but neither tags nor files.
        with self._explained("read"):
            return [value for (value,) in self._cache._sql(statement, values).fetchall()]

    def _descriptor(self, key: str) -> Segment | None:
        with self._explained("read"):
            text = self._cache.get(key)
        return None if text is None else _from_json(text)

    def _delete(self, keys: set[str]) -> None:
        for key in keys:
            self._open.pop(key, None)
            self._write(lambda key=key: self._cache.delete(key))  # type: ignore[misc]

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        identity = None
        try:
            identity = identity_of(self._database)
            yield
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            if not _is_damage(error):
                raise _failure(error, doing) from error
            if self._repair:
                self._throw_away(identity)
            raise RecordsLost(
                "the stored records of images were damaged", why=str(error), remedy="fetch again: amitui sync"
            ) from error

    def _throw_away(self, identity: tuple[int, int] | None) -> None:
        """Delete the damaged database. Its chunks' files go with a sweep, when no process can be writing one."""
        with suppress(AttributeError):  # it was damaged when it was opened
            self.close()
        self.lost_records = True
        try:
            discard(self._database, identity)
        except OSError as error:
            raise _failure(error, "repair") from error

    def _write(self, write: Callable[[], _T]) -> _T:
        with self._explained("write"):
            if isinstance(self._opened, StandingCache):
                self._open_for_writing()  # there may be room by now
            return write()


def _cache_in(directory: str) -> diskcache.Cache:
    return diskcache.Cache(
        directory,
        disk=PlainDisk,
        disk_min_file_size=DISK_MIN_FILE_SIZE,
        eviction_policy="none",
        cull_limit=0,
        size_limit=2**50,
        # Descriptors are few; the defaults would let SQLite take 32 MB of memory and map 64.
        sqlite_cache_size=500,
        sqlite_mmap_size=0,
    )


def _may_be_read(error: BaseException) -> bool:
    """Whether a folder that cannot be written may still be read."""
    return fault_of(_cause_of(error)) in (Fault.FULL, Fault.READ_ONLY, Fault.FOREIGN, Fault.UNFIT)


def _to_json(segment: Segment) -> str:
    return json.dumps({**segment._asdict(), "shard": segment.shard._asdict()})


def _from_json(text: object) -> Segment | None:
    """What `_to_json` wrote; `None` for what is damaged: what it named is fetched again."""
    try:
        values = json.loads(text)  # type: ignore[arg-type]
        known = {name: values[name] for name in Segment._fields if name in values}
        known.update(shard=Shard(**values["shard"]), chunk_ids=tuple(values["chunk_ids"]))
        return Segment(**known)
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _line(record: RawRecord) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode("ascii")


def _is_of(line: bytes, image_id: str) -> bool:
    """Whether a line is this image's record; its id may stand in the record of a copy as well."""
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("ImageId") == image_id


def _record(line: bytes, chunk_id: str) -> RawRecord:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise _damaged(chunk_id) from error
    if not isinstance(record, dict):
        raise _damaged(chunk_id)
    return record


def _damaged(chunk_id: str) -> CacheError:
    return CacheError(
        "this image's stored record is gone or damaged",
        why=f"{chunk_id} was replaced by another process, or lost on disk",
        remedy="refresh with F5 (amitui sync)",
    )


def _failure(error: Exception, doing: str) -> CacheError:
    cause = _cause_of(error)
    if isinstance(error, diskcache.Timeout) and fault_of(cause) is Fault.OTHER:
        busy = CacheError(f"cannot {doing} the stored records of images", why="another amitui is writing them")
        busy.retryable = True
        return busy
    mend = "check the disk; run amitui cache clear, then fetch again"
    return explain(cause, Place("the stored records of images", mend=mend))


def _cause_of(error: BaseException) -> BaseException:
    """The failure itself: diskcache makes a Timeout of every OperationalError of its transactions."""
    return error.__context__ or error if type(error) is diskcache.Timeout else error


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
