"""Families of a view: one entry for all builds of a product, release, variant and architecture."""

from __future__ import annotations

from typing import NamedTuple

from amitui.domain.image.row import ImageRow


class FamilyRow(NamedTuple):
    """A family, shown by the build that is the best answer of it."""

    row: ImageRow
    """The newest build of its best release that matches; `row.key` is its key in the view of builds."""
    builds: int
    """How many of its builds the view shows, this one included."""


class FamilyView(NamedTuple):
    """All families of a view, the best first."""

    keys: tuple[int, ...]
    """Key of each family's best build, as `FamilyRow.row.key`; `rows` of a reader gives the rows of any window."""
    builds: tuple[int, ...]
    """By position: how many builds a family has in the view."""
    deprecated_hidden: int
    """Matching images that are left out because they are deprecated."""

    @property
    def total(self) -> int:
        """Builds of all families."""
        return sum(self.builds)
