"""The name patterns of the products that the data files describe, read when somebody first asks."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any, Final, NamedTuple

HEAD: Final = 2
"""Characters of a name by which the patterns are looked up."""

UNKEYED: Final = frozenset({"release", "build", "n", "_", "arch", "code", "tail"})
"""Roles of a pattern's parts that are no part of the family. A code name repeats the release."""


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
    literals: tuple[str, ...]
    """Texts that stand in every name."""


class Title(NamedTuple):
    """How a product is called where there is little room."""

    text: str
    release_continues_series: bool
    """Whether the release follows the series after a full stop: 8 and 10 are 8.10."""
    labels: dict[str, str]
    """Short words for attributes and qualifiers; an empty one is left out."""


class Product(NamedTuple):
    """What ranking has to know of a product; see `kind.kind_of`."""

    publisher: str
    words: tuple[str, ...]
    """What it is called, as searches mean it."""
    also: tuple[str, ...]
    """Words of other products that its images have something of."""
    usual: frozenset[str]
    """Qualifiers that tell families apart and yet are nothing that has to be asked for."""
    defaults: dict[str, list[str]]
    """By attribute, the values of the plain build; any other counts as a qualifier."""
    free: frozenset[str]
    """Attributes of which no value is plainer than another."""
    versions: tuple[str, ...]
    """Attributes that order builds as a release does."""
    names: dict[str, str]
    """What a series or a value of an attribute is called."""
    facts: tuple[str, ...]
    """Numbers that belong to the product itself."""
    extras: tuple[str, ...]
    """Qualifiers that all of its images have."""
    absent: dict[str, str]
    """By attribute, the value of builds whose names do not say one."""


@cache
def products() -> dict[str, Product]:
    """All products by their names."""
    return {
        family["product"]: Product(
            family["publisher"],
            tuple(family["words"]),
            tuple(family["also"]),
            frozenset(family["usual"]),
            family["defaults"],
            frozenset(family["free"]),
            tuple(family["versions"]),
            family["names"],
            tuple(family["facts"]),
            tuple(family["extras"]),
            family["absent"],
        )
        for family in _families()
    }


@cache
def titles() -> dict[str, Title]:
    """By product."""
    return {
        family["product"]: Title(family["title"], family["release_continues_series"], family["labels"])
        for family in _families()
    }


@cache
def release_notes() -> dict[str, str]:
    """By product, the address at which its publisher says what is new; not all products have one."""
    return {family["product"]: family["release_notes"] for family in _families() if "release_notes" in family}


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
            tuple(entry["literals"]),
        )
        for family in _families()
        for entry in family["patterns"]
    )


@cache
def _families() -> list[dict[str, Any]]:
    with open(os.path.join(os.path.dirname(__file__), "patterns.json"), encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)
    return found
