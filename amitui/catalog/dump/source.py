"""From the bytes of a file or a pipe to text. The bytes decide the compression and the encoding, not the name."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from amitui.catalog.dump.limits import BLOCK_BYTES, RATIO, RATIO_APPLIES_FROM
from amitui.errors import UsageError

_GZIP: Final = b"\x1f\x8b"

_FOREIGN: Final = (
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "zstd -dc FILE | amitui import -"),
    (b"\xfd7zXZ\x00", "compressed with xz", "xz -dc FILE | amitui import -"),
    (b"BZh", "compressed with bzip2", "bzip2 -dc FILE | amitui import -"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "lz4 -dc FILE | amitui import -"),
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE | amitui import -"),
    (b"SQLite format 3\x00", "an SQLite database", ""),
    (b"PAR1", "a Parquet file", ""),
    (b"%PDF", "a PDF", ""),
    (b"\x7fELF", "a program", ""),
)

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, the longer of two that begin alike first."""

WANTED: Final = "what `aws ec2 describe-images --output json` prints"


class Remark(NamedTuple):
    """Something about a file as a whole that its user should know."""

    text: str
    fatal: bool
    """Whether something of the file is missing for it."""


class DumpSource:
    """The text of one open file, in pieces."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.remarks: list[Remark] = []
        """What came to light while reading; complete when `text` has ended."""

    def text(self) -> Iterator[str]:
        """The text.

        Raises:
            UsageError: it is in a form that amitui does not read.
            OSError: from reading.
        """
        blocks = self._blocks()
        first = _at_least(blocks, 4)
        if first.startswith(_GZIP):
            blocks = self._inflated(first, blocks)
            first = _at_least(blocks, 4)
        _refuse_foreign(first)
        encoding, mark = _encoding(first)
        yield from self._decoded(encoding, first[mark:], blocks)

    def _blocks(self) -> Iterator[bytes]:
        while block := self._file.read(BLOCK_BYTES):
            yield block

    def _inflated(self, first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """All members of a gzip file; damage, and what is no member, end it with a remark."""
        member = zlib.decompressobj(wbits=31)
        pending = first
        taken, given = len(first), 0
        while True:
            if not pending and not member.eof:
                pending = next(blocks, b"")
                taken += len(pending)
                if not pending:
                    self.remarks.append(Remark("the compressed data ends too early", fatal=True))
                    return
            try:
                data = member.decompress(pending, BLOCK_BYTES)
            except zlib.error as error:
                self.remarks.append(Remark(f"the compressed data is damaged ({error})", fatal=True))
                return
            given += len(data)
            if given > RATIO_APPLIES_FROM and given > RATIO * taken:
                raise UsageError(
                    f"it expands to more than {RATIO} times its size",
                    why="no list of images does; the file looks like a decompression bomb",
                )
            if data:
                yield data
            pending = member.unconsumed_tail
            if member.eof:
                following = _without_padding(member.unused_data, blocks)
                taken += len(following)
                if not following.startswith(_GZIP):
                    if following:
                        self.remarks.append(Remark("data after the compressed part was skipped", fatal=False))
                    return
                pending, member = following, zlib.decompressobj(wbits=31)

    def _decoded(self, encoding: str, first: bytes, blocks: Iterator[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(encoding)()
        lenient = False
        for block, final in _with_end(first, blocks):
            state = decoder.getstate()
            try:
                text = decoder.decode(block, final)
            except UnicodeDecodeError:
                decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
                decoder.setstate(state)
                text = decoder.decode(block, final)
                if not lenient:
                    self.remarks.append(
                        Remark(f"some bytes are not {encoding.upper()} text and became \ufffd", fatal=False)
                    )
                lenient = True
            if text:
                yield text


def _at_least(blocks: Iterator[bytes], count: int) -> bytes:
    """The first blocks, together so many bytes long as far as there are any."""
    first = b""
    while len(first) < count and (block := next(blocks, b"")):
        first += block
    return first


def _without_padding(rest: bytes, blocks: Iterator[bytes]) -> bytes:
    """What follows a gzip member, at least two bytes of it, without the zeros that tapes and tools pad with."""
    rest = rest.lstrip(b"\0")
    while len(rest) < len(_GZIP) and (block := next(blocks, b"")):
        rest = (rest + block).lstrip(b"\0")
    return rest


def _with_end(first: bytes, blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The blocks, and an empty one marked as the last."""
    yield first, False
    for block in blocks:
        yield block, False
    yield b"", True


def _refuse_foreign(first: bytes) -> None:
    if first.startswith(_GZIP):
        raise UsageError("it is compressed twice", remedy="gzip -dc FILE | amitui import -")
    for magic, kind, remedy in _FOREIGN:
        if first.startswith(magic):
            raise UsageError(f"it is {kind}", why=f"amitui reads JSON, plain or gzipped: {WANTED}", remedy=remedy)


def _encoding(first: bytes) -> tuple[str, int]:
    """The encoding, and the length of its mark. Without a mark the zeros around the first character decide."""
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding, len(mark)
    zeros = tuple(byte == 0 for byte in first[:4])
    unmarked = {
        (True, True, True, False): "utf-32-be",
        (False, True, True, True): "utf-32-le",
        (True, False): "utf-16-be",
        (False, True): "utf-16-le",
    }
    return unmarked.get(zeros) or unmarked.get(zeros[:2]) or "utf-8", 0
