"""Reads one answer to DescribeImages: from its bytes to what is stored and indexed of it.

All that costs time is done here, without the store, the index or the network, so that a worker process can do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.catalog.index.prepared import PackedRow, packed_row, prepared
from amitui.catalog.stored_form import digest_of, line_of, packed, record_of
from amitui.domain.catalogue.shard import CHUNK_RECORDS, Shard
from amitui.domain.catalogue.slices import WHOLE, Slice
from amitui.domain.image.image import RawRecord
from amitui.ec2.convert import dicts, summary_of
from amitui.ec2.kept import keeps
from amitui.ec2.parse import ResponseReader
from amitui.ec2.response_table import ResponseTable

OPERATION: Final = "DescribeImages"


class PageFor(NamedTuple):
    """What a page is fetched for: decides which of its records are kept."""

    shard: Shard
    account: str | None
    """Whose credentials are used."""
    part: Slice = WHOLE
    """The slice of the shard."""

    def keeps(self, record: RawRecord) -> bool:
        """Whether a record of the answer belongs here: EC2 may send more than it was asked for."""
        return keeps(self.shard, record, self.account) and self.part.holds(record.get("CreationDate"))


class ReadChunk(NamedTuple):
    """Records as one chunk of a segment, and what the index keeps of them."""

    data: bytes
    """Of the store: `stored_form.packed`."""
    rows: list[PackedRow]
    """Of the records that can be read, in their order; for `RowBuffer.add_packed`."""
    lines: list[int]
    """Of each row, the line of its record in the chunk, from 0."""
    image_ids: list[str]
    """Of each line, the ImageId as EC2 sent it; empty where it has none that is a text."""
    created: list[str]
    """Of each line, the CreationDate as EC2 sent it; empty where it has none that is a text."""
    digests: list[bytes]
    """Of each line, `stored_form.digest_of`."""

    @property
    def record_count(self) -> int:
        """Lines of the chunk."""
        return len(self.digests)

    @property
    def unreadable(self) -> int:
        """Records without a usable image id: kept in the chunk, absent from the index."""
        return len(self.digests) - len(self.rows)


class ReadPage(NamedTuple):
    """One answer, read."""

    chunks: list[ReadChunk]
    """None when no record belongs here; several when a page has more records than a chunk."""
    received: int = 0
    """Records in the answer, kept or not: an answer may be empty without being the last."""
    next_token: str | None = None
    """Where the next page begins; `None` after the last."""
    received_bytes: int = 0
    """Size of the answer on the wire."""

    @property
    def record_count(self) -> int:
        """Records that are kept."""
        return sum(chunk.record_count for chunk in self.chunks)

    @property
    def created(self) -> list[str]:
        """Of each record that is kept, the CreationDate as EC2 sent it."""
        return [created for chunk in self.chunks for created in chunk.created]


def read_page(
    records: Sequence[RawRecord], page_for: PageFor, *, next_token: str | None = None, received_bytes: int = 0
) -> ReadPage:
    """What is stored and indexed of the records of an answer."""
    kept = [record for record in records if page_for.keeps(record)]
    parts = [kept[start : start + CHUNK_RECORDS] for start in range(0, len(kept), CHUNK_RECORDS)]
    chunks = [_chunk(part, [line_of(record) for record in part]) for part in parts]
    return ReadPage(chunks, len(records), next_token, received_bytes)


class PageReader:
    """Reads the bodies of answers."""

    def __init__(self, table: ResponseTable) -> None:
        """Compile the parser.

        Args:
            table: of the output of DescribeImages.
        """
        self._reader = ResponseReader(table, str)

    def read(self, body: bytes, page_for: PageFor) -> ReadPage:
        """What is stored and indexed of an answer.

        Raises:
            xml.etree.ElementTree.ParseError: the body is not XML.
            ValueError: it is not an answer to DescribeImages.
        """
        return read_answer(self._reader.read(body, OPERATION), page_for, len(body))


def read_answer(answer: Mapping[str, Any], page_for: PageFor, received_bytes: int) -> ReadPage:
    """What is stored and indexed of an answer that has been parsed."""
    token = answer.get("NextToken")
    return read_page(
        dicts(answer.get("Images")),
        page_for,
        next_token=token if isinstance(token, str) and token else None,
        received_bytes=received_bytes,
    )


def read_lines(chunk_lines: Sequence[bytes]) -> ReadChunk:
    """What is stored and indexed of the lines of a chunk, as `stored_form.line_of` writes them."""
    return _chunk([record_of(line, "") for line in chunk_lines], chunk_lines)


def _chunk(records: Sequence[RawRecord], chunk_lines: Sequence[bytes]) -> ReadChunk:
    rows: list[PackedRow] = []
    lines: list[int] = []
    for number, record in enumerate(records):
        try:
            rows.append(packed_row(prepared(summary_of(record))))
        except ValueError:
            continue
        lines.append(number)
    return ReadChunk(
        packed(chunk_lines),
        rows,
        lines,
        [_text(record.get("ImageId")) for record in records],
        [_text(record.get("CreationDate")) for record in records],
        [digest_of(line) for line in chunk_lines],
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
