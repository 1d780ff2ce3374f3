"""Slices: the parts by creation date in which a shard is fetched, side by side.

EC2 filters by `creation-date` patterns and has no negation, and no pattern matches an image without a date. A
slice is therefore a set of beginnings of dates, each a node of one fixed tree:

    "" → "20" → "202" → "2024" → "2024-0" → "2024-05" → "2024-05-0" → "2024-05-07"

A node holds every date that begins with it, well formed or not. What begins with a node but with none of its
children (`2024/05`, `20xx`) is the node's rest; it is asked for by patterns that name every other next character.
Images without a date are all backed by instance store (catalogue facts), so `root-device-type` finds them.

Which slice keeps an image depends on its CreationDate alone, so whatever else EC2 returns for a slice is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

MOST_VALUES: Final = 200
"""Values of one filter that EC2 accepts in a request (User Guide, "Filtering considerations")."""

_PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))
_WILDCARDS: Final = frozenset("*?\\")
_DIGITS: Final = "0123456789"


class Slice(NamedTuple):
    """Some of a shard's images, by creation date: of the beginnings that a date has, the longest decides."""

    within: tuple[str, ...] = ("",)
    """Beginnings of dates that it holds, sorted."""
    without: tuple[str, ...] = ()
    """Beginnings that it does not hold although they lie within one of the others, sorted."""

    @property
    def is_whole(self) -> bool:
        """Whether it holds every image, with or without a date."""
        return self == WHOLE

    @property
    def is_dateless(self) -> bool:
        """Whether it holds the images without a date, and those alone."""
        return not self.within

    def holds(self, created: object) -> bool:
        """Whether it holds an image with this CreationDate; empty, missing or no text: one without a date."""
        if not isinstance(created, str) or not created:
            return self.is_whole or self.is_dateless
        return self.decides_for(created)

    def decides_for(self, text: str) -> bool:
        """Whether the longest of its beginnings that a text begins with is one that it holds."""
        if not self.without:
            return text.startswith(self.within)
        return _longest(self.within, text) > _longest(self.without, text)

    @property
    def patterns(self) -> tuple[str, ...]:
        """Values of a `creation-date` filter that match every date it holds; none for all, and for no date."""
        return () if self.is_whole or self.is_dateless else _patterns(self)


WHOLE: Final = Slice()
"""A shard that is not divided."""

DATELESS: Final = Slice(within=())
"""Images without a creation date."""


def is_partition(parts: Sequence[Slice]) -> bool:
    """Whether every image is held by exactly one of the slices."""
    if sum(part.is_whole or part.is_dateless for part in parts) != 1:
        return False
    # Dates whose longest beginning among all of these is the same are held by the same slices.
    beginnings = {"", *(one for part in parts for one in (*part.within, *part.without))}
    return all(sum(part.decides_for(one) for part in parts) == 1 for one in beginnings)


def children(node: str) -> tuple[str, ...]:
    """The nodes below a node of the tree; a day has none."""
    return _children(node) or ()


def is_node(text: str) -> bool:
    """Whether a text is a node of the tree."""
    return _children(text) is not None


def joined(parts: Sequence[Slice]) -> Slice:
    """Disjoint slices as one."""
    within = {one for part in parts for one in part.within}
    without = {one for part in parts for one in part.without} - within
    marks = dict.fromkeys(within, True) | dict.fromkeys(without, False)
    needed = [one for one, inside in marks.items() if inside != _decided_above(marks, one)]
    return Slice(
        tuple(sorted(one for one in needed if marks[one])), tuple(sorted(one for one in needed if not marks[one]))
    )


def rest_of(node: str) -> Slice:
    """What begins with a node and with none of its children."""
    return Slice((node,), children(node))


def _decided_above(marks: dict[str, bool], text: str) -> bool:
    """What a slice says of dates that begin with `text` if `text` itself is not among its beginnings."""
    return next((marks[text[:end]] for end in range(len(text) - 1, -1, -1) if text[:end] in marks), False)


def _longest(beginnings: Iterable[str], text: str) -> int:
    return max((len(one) for one in beginnings if text.startswith(one)), default=-1)


@lru_cache(maxsize=4096)
def _children(node: str) -> tuple[str, ...] | None:
    """`None`: it is not a node."""
    if not node:
        return ("20",)
    parent = node[: _PARENT_LENGTH[len(node)]] if len(node) in _PARENT_LENGTH else None
    if parent is None or node not in (_children(parent) or ()):
        return None
    match len(node):
        case 2 | 3:
            return tuple(node + digit for digit in _DIGITS)
        case 4:
            return (f"{node}-0", f"{node}-1")
        case 6:
            return tuple(node + digit for digit in ("123456789" if node.endswith("0") else "012"))
        case 7:
            return tuple(f"{node}-{digit}" for digit in "0123")
        case 9:
            return tuple(node + digit for digit in _LAST_DIGITS[node[-1]])
    return ()


_PARENT_LENGTH: Final = {2: 0, 3: 2, 4: 3, 6: 4, 7: 6, 9: 7, 10: 9}
_LAST_DIGITS: Final = {"0": _DIGITS[1:], "1": _DIGITS, "2": _DIGITS, "3": "01"}


@lru_cache(maxsize=512)
def _patterns(part: Slice) -> tuple[str, ...]:
    marks = dict.fromkeys(part.within, True) | dict.fromkeys(part.without, False)
    inner = {one[:end] for one in marks for end in range(len(one))}
    """Beginnings with something to decide below them."""
    found: list[str] = []
    waiting = [("", False)]
    while waiting:
        text, inside = waiting.pop()
        inside = marks.get(text, inside)
        if text not in inner:
            if inside:
                found.append(_escaped(text) + "*")
            continue
        if inside and text:
            found.append(_escaped(text))
        waiting += [(text + letter, inside) for letter in reversed(_PRINTABLE)]
    return tuple(found)


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in _WILDCARDS else letter for letter in text)
