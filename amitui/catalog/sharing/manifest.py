"""What is published of a catalogue: a manifest that is replaced, and segments and chunks that never change.

The manifest names by its hash, for each shard, the object that lists its slices and chunks (`PublishedSegment`);
that names the chunks likewise. Whoever knows a manifest can check everything below it. Both are JSON, and are read
with suspicion: whatever is not as it is written here is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeVar

from amitui.catalog.sharing import limits
from amitui.catalog.sharing.names import folder_of, is_hash
from amitui.domain.catalogue.scope import ALL, Scope
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Shard
from amitui.domain.catalogue.slices import Slice, is_node, is_partition
from amitui.domain.region import checked_region, partition_of
from amitui.errors import AmituiError, CacheError, UsageError

FORMAT: Final = 1
"""Raise it when earlier versions would misread what is published. Fields that they may ignore need none."""

_LATEST: Final = 1 << 40
"""Seconds since the epoch, far beyond any date."""

T = TypeVar("T")


class SourceRefused(CacheError):
    """What is published is not what amitui publishes, or not whole: none of it was taken."""


class NewerSource(SourceRefused):
    """A newer amitui has published it. It is neither read nor replaced."""


class ShardEntry(NamedTuple):
    """What the manifest says of a shard."""

    shard: Shard
    segment: str
    """Hash of its `PublishedSegment`."""
    size: int
    """Of that object, in bytes."""
    stored_bytes: int
    """Of all its chunks."""
    record_count: int
    fetched_at: int
    """Seconds since the epoch; as `Segment.fetched_at`, from which its age is told."""


class Former(NamedTuple):
    """A segment that has been replaced, whose objects readers may still be fetching."""

    segment: str
    since: int
    """When it was replaced, in seconds since the epoch."""


class Manifest(NamedTuple):
    """What is published for everybody, or of what one account sees."""

    visibility: str
    realm: str
    """Whose images these are: `aws`, or the name of another endpoint's folder."""
    shards: tuple[ShardEntry, ...] = ()
    former: tuple[Former, ...] = ()
    pruned_at: int = 0
    """When objects that nothing names were last deleted."""
    deleting: tuple[str, ...] = ()
    """Hashes of objects that may be going at this moment: whoever needs one waits, and sends it again."""

    def entry(self, shard: Shard) -> ShardEntry | None:
        """What is published of a shard."""
        return next((one for one in self.shards if one.shard == shard), None)


class ChunkEntry(NamedTuple):
    """A chunk of a published segment."""

    digest: str
    size: int
    """Compressed, in bytes."""


class PublishedSlice(NamedTuple):
    """A slice of a published segment."""

    part: Slice
    chunks: tuple[ChunkEntry, ...]
    record_count: int
    fetched_at: int


class PublishedSegment(NamedTuple):
    """A shard's segment, as the names of its chunks."""

    shard: Shard
    slices: tuple[PublishedSlice, ...]
    loose: tuple[ChunkEntry, ...] = ()
    """Chunks that belong to no slice: single images that were added between two crawls."""

    @property
    def chunks(self) -> tuple[ChunkEntry, ...]:
        """All of them, each once, in their order."""
        found = [chunk for one in self.slices for chunk in one.chunks]
        return tuple(dict.fromkeys((*found, *self.loose)))


def dump_manifest(manifest: Manifest) -> bytes:
    """A manifest as it is published.

    Raises:
        UsageError: it would be larger than anybody reads.
    """
    text = _dumped({"format": FORMAT, **manifest._asdict(), "shards": [_entry(one) for one in manifest.shards]})
    too_many = len(manifest.shards) > limits.SHARDS or len(manifest.former) > limits.FORMER
    if too_many or len(text) > limits.MANIFEST_BYTES:
        raise UsageError(
            "there is too much to publish in one place",
            why=f"{len(manifest.shards):,} parts of a catalogue, {len(manifest.former):,} earlier ones",
            remedy="publish some of it under another prefix, or with a shorter --grace",
        )
    return text


def parse_manifest(data: bytes, visibility: str) -> Manifest:
    """The manifest of a folder.

    Args:
        visibility: whose folder it was found in; it must say the same.

    Raises:
        NewerSource: a newer amitui has written it.
        SourceRefused: it is none, or names what it must not.
    """

    def read(values: dict[str, Any]) -> Manifest:
        _require(values["visibility"] == visibility, "it is another folder's")
        realm = _text(values["realm"], most=64)
        entries = tuple(_entry_of(one) for one in _list(values["shards"], limits.SHARDS))
        _require(all(one.shard.visibility == visibility for one in entries), "it names another folder's images")
        _require(len({one.shard for one in entries}) == len(entries), "it names a part of the catalogue twice")
        former = tuple(Former(_hash(one[0]), _moment(one[1])) for one in _list(values["former"], limits.FORMER))
        deleting = tuple(map(_hash, _list(values.get("deleting", []), limits.DELETING)))
        return Manifest(visibility, realm, entries, former, _moment(values["pruned_at"]), deleting)

    return _parsed(data, limits.MANIFEST_BYTES, "the manifest", read)


def dump_segment(segment: PublishedSegment) -> bytes:
    """A segment as it is published."""
    return _dumped(
        {
            "format": FORMAT,
            "shard": segment.shard._asdict(),
            "slices": [{**one._asdict(), "part": one.part._asdict()} for one in segment.slices],
            "loose": segment.loose,
        }
    )


def parse_segment(data: bytes, shard: Shard | None) -> PublishedSegment:
    """The published segment of a shard; `None`: of whatever shard it says.

    Raises:
        NewerSource: a newer amitui has written it.
        SourceRefused: it is none, or names what it must not.
    """

    def read(values: dict[str, Any]) -> PublishedSegment:
        found_shard = _shard_of(values["shard"])
        _require(shard in (None, found_shard), "it is of other images")
        slices = tuple(_slice_of(one) for one in _list(values["slices"], limits.SLICES))
        _require(is_partition([one.part for one in slices]), "its parts do not cover all dates once")
        found = PublishedSegment(found_shard, slices, tuple(map(_chunk_of, _list(values["loose"], limits.CHUNKS))))
        _require(len(found.chunks) <= limits.CHUNKS, "it has too many chunks")
        return found

    return _parsed(data, limits.SEGMENT_BYTES, "a published segment", read)


def _entry(entry: ShardEntry) -> dict[str, Any]:
    return {**entry._asdict(), "shard": entry.shard._asdict()}


def _entry_of(values: Any) -> ShardEntry:
    return ShardEntry(
        _shard_of(values["shard"]),
        _hash(values["segment"]),
        _number(values["size"], limits.SEGMENT_BYTES),
        _number(values["stored_bytes"], limits.CHUNKS * limits.CHUNK_BYTES),
        _number(values["record_count"], limits.RECORDS),
        _moment(values["fetched_at"]),
    )


def _shard_of(values: Any) -> Shard:
    names = [_text(values[name], most=64) for name in Shard._fields]
    shard = Shard(*names)
    folder_of(shard.visibility)
    checked_region(shard.region)
    _require(shard.partition == partition_of(shard.region), "it names a Region of another partition")
    scope = Scope.parse(shard.owner_scope)
    _require(scope.name == shard.owner_scope and scope != ALL, "it names an unknown scope")
    private = shard.owner_scope in ("mine", "shared") or scope.account_id is not None
    _require(private != shard.is_public, "it names a private scope among what everybody sees")
    _require(not shard.period, "it names imported images")
    return shard


def _slice_of(values: Any) -> PublishedSlice:
    ends = [tuple(_node(one) for one in _list(values["part"][name], 4096)) for name in Slice._fields]
    chunks = tuple(_chunk_of(one) for one in _list(values["chunks"], limits.CHUNKS))
    count = _number(values["record_count"], limits.RECORDS)
    _require(count <= len(chunks) * CHUNK_RECORDS, "a slice has more records than its chunks can hold")
    return PublishedSlice(Slice(*ends), chunks, count, _moment(values["fetched_at"]))


def _node(value: object) -> str:
    text = _text(value, most=10)
    _require(is_node(text), "a slice is of no date")
    return text


def _chunk_of(values: Any) -> ChunkEntry:
    digest, size = values
    return ChunkEntry(_hash(digest), _number(size, limits.CHUNK_BYTES))


def _dumped(values: dict[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":"), sort_keys=True).encode("ascii")


def _parsed(data: bytes, most: int, what: str, read: Callable[[dict[str, Any]], T]) -> T:
    try:
        _require(len(data) <= most, "it is too large")
        values = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_object)
        _require(isinstance(values, dict), "it is not a JSON object")
        form = _number(values["format"], 1 << 31)
        if form > FORMAT:
            raise NewerSource(
                f"{what} is of a newer version",
                why=f"it has format {form}, and this amitui knows {FORMAT}; it was left as it is",
                remedy="update amitui",
            )
        return read(values)
    except SourceRefused:
        raise
    except (KeyError, IndexError, TypeError, ValueError, RecursionError, AmituiError) as error:
        why = str(error) if isinstance(error, ValueError | AmituiError) else f"{type(error).__name__}"
        raise SourceRefused(
            f"{what} is not one of amitui's, or is damaged",
            why=why[:200],
            remedy="check the address; publish it again with amitui publish",
        ) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _require(len(found) == len(pairs), "it says something twice")  # programs differ in which of them counts
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is missing")
    _require(len(value) <= most, "a list is too long")
    return value


def _text(value: object, *, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or not value.isascii() or not (value.isprintable()):
        raise ValueError("a text is missing, too long or has odd characters")
    return value


def _number(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError("a number is missing or out of range")
    return value


def _moment(value: object) -> int:
    return _number(value, _LATEST)


def _hash(value: object) -> str:
    if not isinstance(value, str) or not is_hash(value):
        raise ValueError("a hash is none")
    return value


def hashes_of(manifest: Manifest) -> Iterator[str]:
    """The segments that a manifest names, earlier ones included."""
    yield from (one.segment for one in manifest.shards)
    yield from (one.segment for one in manifest.former)
