"""Reads the chunks of a source that nobody vouches for: by hash, within bounds, and record by record.

Nothing of what came is stored as it came: the records are read as EC2's answers are, and packed anew.
"""

from __future__ import annotations

import json
import math
import sys
import zlib
from typing import Any, Final

from amitui.catalog.dump.limits import LIMITS
from amitui.catalog.sharing import limits
from amitui.catalog.sharing.manifest import SourceRefused
from amitui.catalog.sharing.names import hash_of
from amitui.catalog.sync.page import PageFor, ReadPage, read_page
from amitui.domain.catalogue.shard import CHUNK_RECORDS

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_WINDOW_LOG: Final = 27
"""128 MiB: what a frame may make its reader hold."""


def check_object(data: bytes, *, digest: str, size: int) -> None:
    """Refuse what is not what was published under a hash.

    Raises:
        SourceRefused: it is something else.
    """
    if len(data) != size:
        raise refused(f"it has {len(data):,} bytes and should have {size:,}")
    if hash_of(data) != digest:
        raise refused("its content does not have the hash under which it was published")


def read_chunk(data: bytes, page_for: PageFor) -> ReadPage:
    """What is stored and indexed of a published chunk; records that do not belong there are left out.

    Raises:
        SourceRefused: it is no chunk, or larger than any that amitui publishes.
    """
    text = _decompressed(data)
    lines = text.split(b"\n") if text else []
    if len(lines) > CHUNK_RECORDS:
        raise refused(f"it has more than {CHUNK_RECORDS:,} records")
    records = [_record(line) for line in lines]
    return read_page([record for record in records if record], page_for)


def _decompressed(data: bytes) -> bytes:
    most = limits.CHUNK_TEXT_BYTES
    try:
        if data.startswith(_ZSTD_MAGIC):
            options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
            decompressor = zstd.ZstdDecompressor(options=options)
            text = decompressor.decompress(data, max_length=most + 1)
            whole, rest = decompressor.eof, decompressor.unused_data if decompressor.eof else b""
        else:
            inflater = zlib.decompressobj()
            text = inflater.decompress(data, most + 1)
            whole, rest = inflater.eof, inflater.unused_data
    except (zstd.ZstdError, zlib.error, MemoryError) as error:
        raise refused("it cannot be decompressed") from error
    if len(text) > most:
        raise refused(f"it expands to more than {most:,} bytes")
    if not whole or rest:
        raise refused("it is cut off, or something follows it")
    return text


def _record(line: bytes) -> dict[str, Any]:
    if len(line) > LIMITS.record_chars:
        raise refused(f"a record has more than {LIMITS.record_chars:,} characters")
    # Each level of nesting takes a bracket, so that few brackets are shallow enough.
    brackets = line.count(b"{") + line.count(b"[")
    if brackets > limits.BRACKETS:
        raise refused("a record has too many parts")
    try:
        record = json.loads(line, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise refused("a record is not JSON") from error
    if not isinstance(record, dict):
        raise refused("a record is not an image")
    if brackets > LIMITS.record_depth and _is_deeper(record, LIMITS.record_depth):
        raise refused(f"a record is nested deeper than {LIMITS.record_depth} levels")
    return record


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _is_deeper(value: object, levels: int) -> bool:
    """Whether lists and objects are nested deeper than so many levels."""
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)  # type: ignore[attr-defined]
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def refused(why: str) -> SourceRefused:
    """The words for an object that is not what it should be."""
    return SourceRefused(
        "an object of the published catalogue was refused",
        why=why,
        remedy="publish it again: amitui publish; or fetch from EC2: amitui sync",
    )
