"""Numbers with the word for what is counted: `1 image`, `1,234 images`."""

from __future__ import annotations


def count_of(number: int, one: str, many: str = "") -> str:
    """The number, with thousands separated, and the noun in singular or plural.

    Args:
        one: the noun for exactly one.
        many: for any other number; empty = `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
