"""Rows that stand for families, and the builds that are shown in place under some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.presentation.columns import FamilyMarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class FamilyRows:
    """Which rows are families, how many builds each has, and which of them are open."""

    def __init__(self) -> None:
        self._builds: dict[int, int] | None = None
        self._opened: dict[int, tuple[int, ...]] = {}
        """By key of a family's row: the keys of the builds under it."""
        self._parents: dict[int, int] = {}

    @property
    def marks(self) -> FamilyMarks | None:
        """What the columns show of families; `None`: every row is a build."""
        return None if self._builds is None else FamilyMarks(self._builds, self._parents)

    @property
    def opened(self) -> tuple[int, ...]:
        """Keys of the families that are open."""
        return tuple(self._opened)

    def take(self, keys: Sequence[int], builds: Sequence[int] | None) -> Sequence[int]:
        """Take a new answer; families that are open and still there stay open.

        Args:
            keys: a row each.
            builds: by position, how many builds the family has; `None`: the rows are builds.

        Returns:
            The keys with those of the builds that are shown in place.
        """
        self._builds = None if builds is None else dict(zip(keys, builds, strict=True))
        if self._builds is None:
            self._opened.clear()
        else:
            self._opened = {key: nested for key, nested in self._opened.items() if key in self._builds}
        self._parents = {key: family for family, nested in self._opened.items() for key in nested}
        return self._with_nested(keys) if self._opened else keys

    def can_open(self, key: int | None) -> bool:
        """Whether there are builds to be shown under a row."""
        return key is not None and key not in self._opened and (self._builds or {}).get(key, 1) > 1

    def family_of(self, key: int | None) -> int | None:
        """The open family that a row is, or is under; `None`: neither."""
        return None if key is None else key if key in self._opened else self._parents.get(key)

    def open(self, keys: Sequence[int], family: int, builds: Iterable[int]) -> Sequence[int]:
        """Show the builds of a family under its row; the keys with theirs."""
        if self._builds is None or family not in self._builds:
            return keys
        without = self.close(keys, family)
        own = self._builds
        self._opened[family] = nested = tuple(key for key in builds if key not in own)
        self._parents.update(dict.fromkeys(nested, family))
        place = without.index(family) + 1
        return [*without[:place], *nested, *without[place:]]

    def close(self, keys: Sequence[int], family: int) -> Sequence[int]:
        """Show the builds of a family no longer; the keys without theirs."""
        gone = set(self._opened.pop(family, ()))
        for key in gone:
            self._parents.pop(key, None)
        return [key for key in keys if key not in gone] if gone else keys

    def _with_nested(self, keys: Sequence[int]) -> list[int]:
        found: list[int] = []
        for key in keys:
            found.append(key)
            found += self._opened.get(key, ())
        return found
