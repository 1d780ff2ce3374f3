"""Which rows of a region's file are of some of its shards: tests of `image.slots`."""

from __future__ import annotations

from typing import NamedTuple


class Slots(NamedTuple):
    """The rows of some shards."""

    mask: int = 0
    """Bits of those of them whose bits no shard of another audience has."""
    shared: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """Bits of the others, each time with the audiences that are meant."""

    def __bool__(self) -> bool:
        return bool(self.mask or self.shared)

    def test(self, row: str = "i") -> str:
        """SQL that is true of these rows.

        Args:
            row: the alias of `image`.
        """
        tests = [f"{row}.slots & {self.mask} <> 0"] if self.mask else []
        for mask, audiences in self.shared:
            codes = ", ".join(map(str, audiences))
            tests.append(f"({row}.audience IN ({codes}) AND {row}.slots & {mask} <> 0)")
        if not tests:
            return "0"
        return tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"
