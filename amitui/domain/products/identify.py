"""Which product an image is by its name and the publishers' own patterns. A name proves nothing: see `trust`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from amitui.domain.products.known import HEAD, UNKEYED, Pattern, patterns

_LONGEST: Final = 200
"""Characters of a name that is looked at; EC2 takes 128."""


_ARCHITECTURES: Final = {"amd64": "x86_64", "aarch64": "arm64", "arm64-aarch64": "arm64"}
"""What EC2 calls the architectures that publishers spell in another way."""


class Identity(NamedTuple):
    """What a name says of its image."""

    publisher: str
    product: str
    series: str
    """The release as far as it tells products apart: `24.04`, `9`, `15-sp6`; empty: the product has none."""
    release: str
    """What ranks within a series; may be empty."""
    attributes: tuple[tuple[str, str], ...]
    """What else belongs to the product: (`kernel`, `6.1`), (`os`, `Ubuntu 22.04`), …"""
    qualifiers: tuple[str, ...]
    """Words that plain builds do not have, sorted, lower case."""
    architecture: str
    """In EC2's words, where the name says it; else empty."""
    build: str
    """Date, serial or number; may be empty."""

    @property
    def family(self) -> str:
        """The same for all builds of one family and architecture, and for no others."""
        attributes = (value for _, value in self.attributes)
        parts = (self.product, self.series, *attributes, *self.qualifiers, self.architecture)
        return " ".join(part for part in parts if part)


def identify(name: str) -> Identity | None:
    """What a name says; `None` when it follows no known pattern."""
    found = _matched(name)
    return None if found is None else _identity(*found)


def pattern_of(name: str) -> tuple[str, re.Match[str]] | None:
    """The expression of the known pattern that a name follows, and its match; `None` when it follows none."""
    found = _matched(name)
    return None if found is None else (found[0].expression, found[1])


def _matched(name: str) -> tuple[Pattern, re.Match[str]] | None:
    if len(name) > _LONGEST:
        return None
    for pattern in patterns_by_head().get(name[:HEAD], ()):
        # Compiling an expression takes a thousand times longer than seeing that it cannot match.
        if all(text in name for text in pattern.literals):
            match = _compiled(pattern.expression).fullmatch(name)
            if match:
                return pattern, match
    return None


@cache
def patterns_by_head() -> dict[str, tuple[Pattern, ...]]:
    """All patterns by the first characters of the names that they are for."""
    found: dict[str, list[Pattern]] = {}
    for pattern in patterns():
        for head in pattern.heads:
            found.setdefault(head, []).append(pattern)
    return {head: tuple(candidates) for head, candidates in found.items()}


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _identity(pattern: Pattern, match: re.Match[str]) -> Identity:
    series: list[str] = []
    release: list[str] = []
    attributes: list[tuple[str, str]] = []
    qualifiers: set[str] = set()
    architecture = build = code = ""
    for group, text in match.groupdict().items():
        role = group.rpartition("_")[0]
        if not text:
            continue
        if role == "series":
            series.append(text)
        elif role == "q":
            qualifiers.update(word for word in re.split("[-_ ]+", text.lower()) if word not in pattern.plain)
        elif role == "release":
            release.append(text)
        elif role == "code":
            code = text
        elif role == "build":
            build = text
        elif role == "arch":
            architecture = _ARCHITECTURES.get(text, text)
        elif role not in UNKEYED and role != "x":
            attributes.append((role, text))
    return Identity(
        pattern.publisher,
        pattern.product,
        # Daily builds say the code name alone.
        ".".join(series) or code,
        ".".join(release),
        tuple(attributes),
        tuple(sorted(qualifiers)),
        architecture,
        build,
    )
