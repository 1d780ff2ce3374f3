"""Rows as the table shows them, from the narrow columns and the texts of one region's file."""

# ruff: noqa: S608 - what is put into the statement is a list of question marks

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from amitui.catalog.index.row_key import key_of
from amitui.catalog.search.region_file import RegionFile
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import publisher_name
from amitui.domain.image.row import INDEX_COLUMNS, ImageRow, Kept
from amitui.domain.image.trust import trust_of

OWN: Final = "Self"
"""Publisher of the viewer's own images."""

_BATCH: Final = 500

_COLUMNS: Final = ", ".join(
    (
        "i.id, t.image_id, t.name, n.id, n.description, n.state_reason, o.account",
        "i.flags",
        # Within the statement, so that another process cannot add a text between two looks.
        *(
            f"(SELECT text FROM term WHERE code = i.{column.name})"
            if column.kept is Kept.TEXT
            else f"i.{column.name}"
            for column in INDEX_COLUMNS
        ),
    )
)

_FIELDS: Final = tuple(column.field for column in INDEX_COLUMNS)

_flags: Final[dict[int, ImageFlag]] = {}
"""Flags by their number: making one anew takes longer than the rest of a row."""


def image_rows(file: RegionFile, row_ids: Sequence[int], account: str | None) -> Iterator[ImageRow]:
    """The rows of these ids that are there, in any order."""
    for start in range(0, len(row_ids), _BATCH):
        part = row_ids[start : start + _BATCH]
        for row in file.fetch(
            f"SELECT {_COLUMNS} FROM image i JOIN image_text t ON t.id = i.id JOIN owner o ON o.code = i.owner"
            f" LEFT JOIN note n ON n.id = i.id WHERE i.id IN ({', '.join('?' * len(part))})",
            part,
        ):
            row_id, image_id, name, noted, description, reason, owner, flag_bits, *narrow = row
            values = dict(zip(_FIELDS, narrow, strict=True))
            alias = values["owner_alias"]
            flags = _flags.get(flag_bits)
            if flags is None:
                flags = _flags[flag_bits] = ImageFlag(flag_bits)
            yield ImageRow(
                key=key_of(row_id, file.slot),
                region=file.region,
                image_id=image_id,
                name=name,
                description="" if noted is None else name if description is None else description,
                owner_id=owner,
                publisher=OWN if account and owner == account else publisher_name(owner, alias),
                trust=trust_of(owner, alias, flags, account),
                state_reason=reason or "",
                flags=flags,
                **values,
            )
