"""Families of a view: one entry for all builds of a product, release, variant and architecture."""

from __future__ import annotations

from typing import NamedTuple


class FamilyView(NamedTuple):
    """All families of a view, the best first."""

    keys: tuple[int, ...]
    """Of each family's best build: the newest of its best release that matches."""
    builds: tuple[int, ...]
    """By position: how many builds a family has in the view."""
    deprecated_hidden: int
    """Matching images that are left out because they are deprecated."""

    @property
    def total(self) -> int:
        """Builds of all families."""
        return sum(self.builds)
