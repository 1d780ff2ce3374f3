"""Records and descriptors as the store keeps them: JSON Lines, compressed with Zstandard; JSON.

Chunks of earlier versions are compressed with zlib; they are read as well, and stay until they are fetched anew.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson

from amitui.domain.catalogue.shard import Segment, Shard, StoredSlice
from amitui.domain.catalogue.slices import Slice
from amitui.domain.image.image import RawRecord
from amitui.errors import CacheError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESSION: Final = 3
"""Zstandard level: 95 kB and 1.4 ms for a page of 1,000 images; level 6 saves 14% and takes three times that."""

STORED_FORM: Final = 1
"""Form of descriptors and chunks. Raise it when earlier versions would misread or damage what is stored.

A descriptor of a higher form is left alone, with its chunks. Fields that earlier versions may ignore need none.
"""

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_OPTIONS: Final[dict[int, int]] = {
    zstd.CompressionParameter.compression_level: COMPRESSION,
    zstd.CompressionParameter.checksum_flag: 1,  # without it some damage goes unnoticed
}
_ONLY_JSON_VALUES: Final = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)

BLANK = b"{}"
"""Line of a record that is gone; whoever reads a chunk passes over what has no ImageId."""


_IMAGE_ID: Final = re.compile(rb'"ImageId":"((?:[^"\\]|\\.)*)"')
"""Finds the image that a line is of, as `line_of` writes it; to look for each id in turn takes far longer."""


class Amended(NamedTuple):
    """What became of a chunk that was amended."""

    chunk_id: str
    """The copy's, or the chunk's own when it needed none."""
    lines: Mapping[str, int]
    """By image id, the line of the record given."""
    gone: tuple[str, ...]
    """Whose records the lines were that are blank now; an image may have had several."""
    growth: int
    """Bytes by which the copy is larger than the chunk."""


class NewerForm(CacheError):
    """What a newer amitui has stored. It is neither read nor replaced."""


def packed(lines: Sequence[bytes]) -> bytes:
    """The lines of a chunk as they are stored."""
    return zstd.compress(b"\n".join(lines), options=_ZSTD_OPTIONS)


def unpacked(data: object, chunk_id: str) -> list[bytes]:
    """The lines of a stored chunk.

    Raises:
        CacheError: it is gone or damaged.
    """
    if not isinstance(data, bytes):
        raise damaged(chunk_id)
    try:
        if data.startswith(_ZSTD_MAGIC):
            text = zstd.decompress(data)
        else:
            text = zlib.decompress(data)
    except (zstd.ZstdError, zlib.error, MemoryError) as error:
        # The size that a damaged chunk claims may be beyond all memory.
        raise damaged(chunk_id) from error
    return text.split(b"\n") if text else []


def amended_lines(
    before: Sequence[bytes], records: Mapping[str, RawRecord | None]
) -> tuple[list[bytes], dict[str, int], list[str]]:
    """The lines of a chunk with other records of some images, blank for those that are `None`.

    Returns:
        The lines; by image id, the line of the record given; the ids whose lines are blank now.
    """
    lines = list(before)
    plain = {_escaped(image_id)[1:-1]: image_id for image_id in records if _has_one_spelling(image_id)}
    others = [image_id for image_id in records if not _has_one_spelling(image_id)]
    found: dict[str, int] = {}
    gone: list[str] = []
    for number, line in enumerate(before):
        named = [plain[text] for text in _IMAGE_ID.findall(line) if text in plain]
        image_id = next((each for each in (*named, *others) if _is_of(line, each)), None)
        if image_id is None:
            continue
        record = records[image_id]
        lines[number] = BLANK if record is None else line_of(record)
        if record is None:
            gone.append(image_id)
        else:
            found[image_id] = number
    return lines, found, gone


def descriptor_of(segment: Segment) -> str:
    """A segment without its records."""
    slices = [{**one._asdict(), "part": one.part._asdict()} for one in segment.slices]
    shard = segment.shard._asdict()
    return json.dumps({**segment._asdict(), "shard": shard, "slices": slices, "form": STORED_FORM})


def segment_of(text: object) -> Segment | None:
    """The segment of a descriptor; `None` for what is damaged: what it named is fetched again.

    Raises:
        NewerForm: a newer amitui has written it.
    """
    try:
        values = json.loads(text)  # type: ignore[arg-type]
        if (form := values.get("form", 1)) > STORED_FORM:
            raise _newer(values, form)
        known = {name: values[name] for name in Segment._fields if name in values}
        known.update(shard=Shard(**values["shard"]), chunk_ids=tuple(values["chunk_ids"]))
        known.update(slices=tuple(_slice_of(one) for one in values.get("slices", ())))
        return Segment(**known)
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _slice_of(values: dict[str, Any]) -> StoredSlice:
    known = {name: values[name] for name in StoredSlice._fields if name in values}
    part = Slice(tuple(values["part"]["within"]), tuple(values["part"]["without"]))
    return StoredSlice(**{**known, "part": part, "chunk_ids": tuple(values["chunk_ids"])})


def line_of(record: RawRecord) -> bytes:
    """A record as a line of a chunk; `record_of` gives back its equal.

    Raises:
        TypeError: it holds something else than JSON values.
    """
    try:
        line = orjson.dumps(record, option=_ONLY_JSON_VALUES)
    except TypeError:
        # Lone surrogates, integers of more than 64 bits: imported files hold what they like.
        return _escaped(record)
    # orjson makes null of what is not a number.
    return _escaped(record) if b"null" in line else line


def digest_of(line: bytes) -> bytes:
    """16 bytes by which two lines are the same or not."""
    return blake2b(line, digest_size=16).digest()


def _escaped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _has_one_spelling(image_id: str) -> bool:
    """Whether JSON writes it in one way only: other characters may be written as they are, or escaped."""
    return image_id.isascii() and image_id.isprintable()


def _is_of(line: bytes, image_id: str) -> bool:
    """Whether a line is this image's record; its id may stand in the record of a copy as well."""
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("ImageId") == image_id


def record_of(line: bytes, chunk_id: str) -> RawRecord:
    """The record of a line.

    Raises:
        CacheError: it is damaged.
    """
    try:
        record = json.loads(line)
    except ValueError as error:
        raise damaged(chunk_id) from error
    if not isinstance(record, dict):
        raise damaged(chunk_id)
    return record


def _newer(values: Mapping[str, object], form: object) -> NewerForm:
    shard = values.get("shard")
    names = shard if isinstance(shard, dict) else {}
    what = f"{names.get('owner_scope', 'images')} in {names.get('region', 'a Region')}"
    return NewerForm(
        f"a newer amitui stored the records of {what}",
        why=f"they have form {form}, and this version knows {STORED_FORM}; they were left as they are",
        remedy="update amitui, or use another cache folder: --cache-dir DIR",
    )


def damaged(chunk_id: str) -> CacheError:
    """What to say of a record that cannot be read."""
    return CacheError(
        "this image's stored record is gone or damaged",
        why=f"{chunk_id} was replaced by another process, or lost on disk",
        remedy="refresh with F5 (amitui sync)",
    )
