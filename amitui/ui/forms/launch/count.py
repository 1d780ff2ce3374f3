"""How many instances are wanted, as it is typed: `3`, or `2-5` for as many as there is room for."""

from __future__ import annotations

import re
from typing import Final

from amitui.domain.launch.request import MOST_INSTANCES

_COUNT: Final = re.compile(r"([0-9]{1,99})(?:\s*(?:-|to)\s*([0-9]{1,99}))?", re.ASCII)


def counts_of(text: str) -> tuple[int, int]:
    """The least and the most.

    Raises:
        ValueError: with words for whoever typed it.
    """
    found = _COUNT.fullmatch(text.replace(",", "").strip())
    if found is None:
        raise ValueError("a number, or a minimum and maximum: 2-5")
    least = int(found[1])
    most = int(found[2] or found[1])
    if not 1 <= least <= most:
        raise ValueError("at least 1, minimum before maximum")
    if most > MOST_INSTANCES:
        raise ValueError(f"at most {MOST_INSTANCES:,} at once")
    return least, most


def count_problem(text: str) -> str:
    """What is wrong with it; empty = nothing."""
    try:
        counts_of(text)
    except ValueError as error:
        return str(error)
    return ""


def count_text(least: int, most: int) -> str:
    """As `counts_of` reads it."""
    return str(most) if least == most else f"{least}-{most}"
