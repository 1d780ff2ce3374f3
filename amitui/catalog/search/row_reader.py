"""Rows as the table shows them, from the narrow columns and the texts of one region's file."""

# ruff: noqa: S608 - what is put into the statement is a list of question marks

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

from amitui.catalog.index.row_key import key_of
from amitui.catalog.search.region_file import RegionFile
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import OWN_NAME, publisher_name
from amitui.domain.image.row import INDEX_COLUMNS, ImageRow, Kept
from amitui.domain.image.trust import trust_of

_BATCH: Final = 500

_COLUMNS: Final = ", ".join(
    (
        "i.id, t.image_id, t.name, n.id, n.description, n.state_reason, o.account",
        "i.flags, i.audience",
        # Within the statement, so that another process cannot add a text between two looks.
        *(
            f"(SELECT text FROM term WHERE code = i.{column.name})"
            if column.kept is Kept.TEXT
            else f"i.{column.name}"
            for column in INDEX_COLUMNS
        ),
    )
)

_FIELDS: Final = (
    *(
        "key",
        "region",
        "image_id",
        "name",
        "description",
        "owner_id",
        "publisher",
        "trust",
        "state_reason",
        "flags",
        "seen_by",
    ),
    *(column.field for column in INDEX_COLUMNS),
)
"""The order in which `image_rows` has the values of a row."""
_in_order: Final = itemgetter(*(_FIELDS.index(field) for field in ImageRow._fields))
_ALIAS: Final = [column.name for column in INDEX_COLUMNS].index("alias")

_flags: Final[dict[int, ImageFlag]] = {}
"""Flags by their number: making one anew takes longer than the rest of a row."""


def image_rows(file: RegionFile, row_ids: Sequence[int], accounts: tuple[str, ...]) -> Iterator[ImageRow]:
    """The rows of these ids that are there, in any order."""
    for start in range(0, len(row_ids), _BATCH):
        part = row_ids[start : start + _BATCH]
        for row in file.fetch(
            f"SELECT {_COLUMNS} FROM image i JOIN image_text t ON t.id = i.id JOIN owner o ON o.code = i.owner"
            f" LEFT JOIN note n ON n.id = i.id WHERE i.id IN ({', '.join('?' * len(part))})",
            part,
        ):
            row_id, image_id, name, noted, description, reason, owner, flag_bits, audience, *narrow = row
            alias = narrow[_ALIAS]
            flags = _flags.get(flag_bits)
            if flags is None:
                flags = _flags[flag_bits] = ImageFlag(flag_bits)
            values = (
                key_of(row_id, file.slot),
                file.region,
                image_id,
                name,
                "" if noted is None else name if description is None else description,
                owner,
                OWN_NAME if owner and owner in accounts else publisher_name(owner, alias),
                trust_of(owner, alias, flags, accounts),
                reason or "",
                flags,
                file.account(audience) if audience else "",
                *narrow,
            )
            # By position, as an export reads hundreds of thousands.
            yield ImageRow._make(_in_order(values))
