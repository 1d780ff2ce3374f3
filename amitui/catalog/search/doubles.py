"""Rows of one image: what everybody sees of it and what each of the viewer's accounts sees are rows of their own.

One of them is shown. What its owner sees says most, then what another of the viewer's accounts sees.
"""

# ruff: noqa: S608 - the texts are columns and codes of ours

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from amitui.catalog.search.slots import Slots

if TYPE_CHECKING:
    from amitui.catalog.search.region_file import RegionFile
_NONE: Final = Slots()


class Doubles:
    """The rows of a region's file that are left out because others of the same images say more."""

    def __init__(self, file: RegionFile) -> None:
        self._file = file
        self._shadowed: dict[tuple[Slots, tuple[int, ...]], list[int]] = {}
        self._seen_twice: dict[tuple[object, ...], list[int]] = {}

    def forget(self) -> None:
        """Forget what was read: the file has changed."""
        self._shadowed.clear()
        self._seen_twice.clear()

    def shadowed(self, private_slots: Slots, own: tuple[int, ...]) -> list[int]:
        """Public rows of images that some private rows also are: the private ones say more.

        Args:
            own: codes of the viewer's accounts, whose public rows are left out in any case.
        """
        key = (private_slots, own)
        if key not in self._shadowed:
            self._shadowed[key] = self._column(
                "SELECT p.id FROM image v INDEXED BY image_private JOIN image_text vt ON vt.id = v.id"
                " JOIN image_text pt ON pt.image_id = vt.image_id JOIN image p ON p.id = pt.id"
                f" WHERE v.audience <> 0 AND v.flags & 1 AND {private_slots.test('v')}"
                f" AND v.owner NOT IN ({', '.join(map(str, own))}) AND p.audience = 0",
            )
        return self._shadowed[key]

    def seen_twice(
        self, private_slots: Slots, own: tuple[int, ...], owners: Sequence[int] = (), owners_slots: Slots = _NONE
    ) -> list[int]:
        """Private rows of images that a better one of the same rows also is: see `best_seen`.

        Args:
            private_slots: the rows of these slots are meant,
            own: codes of the viewer's accounts, in their order.
            owners: and those of these owners
            owners_slots: that are in these slots.
        """
        key = (private_slots, own, tuple(owners), owners_slots)
        if key not in self._seen_twice:
            codes = ", ".join(map(str, owners))

            def meant(row: str) -> str:
                of_owners = f" OR ({row}.owner IN ({codes}) AND {owners_slots.test(row)})" if codes else ""
                return f"{row}.audience <> 0 AND ({private_slots.test(row)}{of_owners})"

            self._seen_twice[key] = self._column(
                # What its owner sees of an image is never left out, so that only shared rows are looked up.
                "SELECT v.id FROM image v INDEXED BY image_private JOIN image_text vt ON vt.id = v.id"
                f" WHERE {meant('v')} AND v.owner <> v.audience AND EXISTS ("
                "SELECT 1 FROM image_text wt JOIN image w ON w.id = wt.id WHERE wt.image_id = vt.image_id"
                f" AND {meant('w')} AND ({best_seen('w', own)}) < ({best_seen('v', own)}))",
            )
        return self._seen_twice[key]

    def _column(self, statement: str) -> list[int]:
        return [row_id for (row_id,) in self._file.fetch(statement)]


def best_seen(row: str, own: tuple[int, ...]) -> str:
    """SQL by which the rows of one image are ordered, the one that is shown first.

    What its owner sees says most; then what the first of the viewer's accounts sees, and last what everybody does.

    Args:
        row: the alias of `image`.
        own: codes of the viewer's accounts, in their order.
    """
    places = "".join(f" WHEN {code} THEN {place}" for place, code in enumerate(own, start=1))
    seen = f"CASE {row}.audience WHEN 0 THEN {len(own) + 2}{places} ELSE {len(own) + 1} END"
    return f"CASE WHEN {row}.owner = {row}.audience THEN 0 ELSE {seen} END"
