"""What a name says: product, family, and the numbers by which a search finds it."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from amitui.domain.image.family import generic_family, listed_family
from amitui.domain.products.atoms import number_words
from amitui.domain.products.identify import Identity, identify
from amitui.domain.products.listing import without_tail


class NameReading(NamedTuple):
    """What a name says."""

    identity: Identity | None
    """`None`: it follows no known pattern."""
    family: str
    """See `family.family_of`."""
    numbers: str
    """See `numbers_of`; empty for names that follow a known pattern."""


def read_name(name: str) -> NameReading:
    """Read a name; a Marketplace listing's tail is no part of what it says, but tells families apart."""
    found = identify(name)
    if found is not None:
        return NameReading(found, found.family, "")
    listed = without_tail(name)
    found = identify(listed.name) if listed is not None else None
    if listed is None or found is None:
        family = generic_family(name)
        return NameReading(None, family, numbers_of(family))
    return NameReading(found, listed_family(found, listed), "")


def identity_of(name: str) -> Identity | None:
    """What a name says; a Marketplace listing's tail is no part of it."""
    found = identify(name)
    if found is None:
        listed = without_tail(name)
        found = identify(listed.name) if listed is not None else None
    return found


@lru_cache(maxsize=4096)
def numbers_of(family: str) -> str:
    """The whole numbers in a family's name and what they begin with: `9` is found and the 8 of x86_64 is not.

    `#24.04#24#`: between number signs, for the full-text index. Architectures and builds are not among them.
    """
    found: dict[str, None] = {}
    for match in _compiled(_NUMBERS).finditer(family):
        if match[1]:
            found |= dict.fromkeys(number_words(match[1]))
    return "".join(found) + "#" if found else ""


_NUMBERS: Final = (
    r"(?i)(?:x86_64|x86-64|x64|amd64|arm64|aarch64|i[36]86|64[- ]?bit|32[- ]?bit|x86|gp[23]|io[12]|ec2|s3|k8s)"
    r"(?![a-z0-9])"
    r"|(?<![\d.])(\d{1,8}(?:\.\d{1,8}){0,3})(?![a-z\d])"
)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
