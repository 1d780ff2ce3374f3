"""All builds of one image's family, wherever they are cached: for the family page and the grid of Regions."""

# ruff: noqa: S608 - texts of statements are ours, what comes from elsewhere is among the values

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from amitui.catalog.index.row_key import id_of
from amitui.catalog.search.conditions import outside, tests_behind
from amitui.catalog.search.region_file import RegionFile, visible_slots
from amitui.catalog.search.row_reader import image_rows
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust

MOST_BUILDS: Final = 1000
"""Builds of one family and Region that are read, the newest."""

_PUBLIC: Final = int(ImageFlag.PUBLIC)
_VOUCHED: Final = (Trust.AMAZON, Trust.PUBLISHER)


class FamilyKey(NamedTuple):
    """What an index knows a family by; the same in the indexes of all Regions."""

    code: int
    product: str
    """Empty: the names follow no known pattern."""
    architecture: str


def family_key(file: RegionFile, row_id: int) -> FamilyKey | None:
    """Of the family that a row belongs to; `None` when the row has vanished."""
    found = file.fetch(
        "SELECT i.family, k.product, (SELECT text FROM term WHERE code = i.arch)"
        " FROM image i JOIN kind k ON k.code = i.kind WHERE i.id = ?",
        (row_id,),
    )
    return next((FamilyKey(code, product, architecture or "") for code, product, architecture in found), None)


def relatives_in(
    files: Iterable[RegionFile], home: RegionFile, image: ImageRow, accounts: tuple[str, ...]
) -> dict[str, list[ImageRow]]:
    """By Region, every build of an image's family; see `relatives`.

    Args:
        files: of the Regions that are asked for, ready to be read.
        home: of the image's own Region, ready to be read.
        image: one build; empty when it has vanished from its file.
        accounts: the viewer's.
    """
    family = family_key(home, id_of(image.key))
    if family is None:
        return {}
    return {file.region: relatives(file, family, image, accounts) for file in files}


def relatives(file: RegionFile, family: FamilyKey, image: ImageRow, accounts: tuple[str, ...]) -> list[ImageRow]:
    """The builds of a family in one Region that the accounts see, the newest first, deprecated ones included.

    A publisher may own its images under another account in each Region, so of a known product every account that
    AWS or the table of publishers vouches for counts; of all other images just the owner.
    """
    vouched = bool(family.product) and image.trust in _VOUCHED
    if vouched:
        belongs, values = "i.kind IN (SELECT code FROM kind WHERE product = ?)", [family.product]
    else:
        belongs, values = "i.owner = (SELECT code FROM owner WHERE account = ?)", [image.owner_id]
    slots = visible_slots(file, accounts)
    if not slots:
        return []
    twice = file.doubles.seen_twice(slots, tuple(file.owners(accounts))) if len(accounts) > 1 else []
    once = tests_behind(outside(twice))
    ids = file.fetch(
        f"SELECT i.id FROM image i WHERE {belongs} AND i.family = ? AND {slots.test()}"
        f" AND coalesce((SELECT text FROM term WHERE code = i.arch), '') = ?{once.text}"
        " ORDER BY i.id DESC LIMIT ?",
        (*values, family.code, family.architecture, *once.values, MOST_BUILDS),
    )
    found: dict[str, ImageRow] = {}
    rows = image_rows(file, [row_id for (row_id,) in ids], accounts)
    # Of a public and a private row of one image the private one says more.
    order = sorted(rows, key=lambda row: (-(row.created or 0), row.image_id, int(row.flags) & _PUBLIC, -row.key))
    for row in order:
        if row.owner_id == image.owner_id or (vouched and row.trust in _VOUCHED):
            found.setdefault(row.image_id, row)
    return list(found.values())
