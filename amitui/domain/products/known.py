"""The name patterns of the products that the data files describe, read when somebody first asks."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any, NamedTuple


class Pattern(NamedTuple):
    """One way in which a product's images are named."""

    publisher: str
    product: str
    expression: str
    """For whole names; see `template.expression`."""
    folded: str
    """The same for names that `folding.fold` has folded."""
    plain: frozenset[str]
    """Qualifiers that every plain build carries; lower case."""
    heads: tuple[str, ...]
    """The first characters that a name can have."""
    words: tuple[str, ...]
    """The words of its literal text, lower case."""


class Title(NamedTuple):
    """How a product is called where there is little room."""

    text: str
    release_continues_series: bool
    """Whether the release follows the series after a full stop: 8 and 10 are 8.10."""
    labels: dict[str, str]
    """Short words for attributes and qualifiers; an empty one is left out."""


@cache
def titles() -> dict[str, Title]:
    """By product."""
    return {
        family["product"]: Title(family["title"], family["release_continues_series"], family["labels"])
        for family in _families()
    }


@cache
def patterns() -> tuple[Pattern, ...]:
    """The patterns of all products."""
    return tuple(
        Pattern(
            family["publisher"],
            family["product"],
            entry["expression"],
            entry["folded"],
            frozenset(family["plain"]),
            tuple(entry["heads"]),
            tuple(entry["words"]),
        )
        for family in _families()
        for entry in family["patterns"]
    )


@cache
def _families() -> list[dict[str, Any]]:
    with open(os.path.join(os.path.dirname(__file__), "patterns.json"), encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)
    return found
