"""The order in which matches of several Regions are printed: the builds of a family below one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.image.row import ImageRow


def by_family(rows: Iterable[ImageRow]) -> list[ImageRow]:
    """Rows with those of one family, origin and architecture together, where the first of them stands."""
    from amitui.domain.image.family import family_of

    groups: dict[tuple[str, str, str], list[ImageRow]] = {}
    for row in rows:
        key = (family_of(row.name) or row.image_id, row.publisher or row.owner_id, row.architecture)
        groups.setdefault(key, []).append(row)
    return [row for group in groups.values() for row in group]
