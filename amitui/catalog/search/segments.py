"""The parts of a view in the order `best`, and the SQL that lists their kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from amitui.catalog.search.best_text import TextPart
from amitui.catalog.search.conditions import Condition, Sql, plain
from amitui.domain.products.tier import Tier
from amitui.domain.query.ranking import Rank, RankedKind


class RowsInScope(NamedTuple):
    """Some rows in scope."""

    where: Sql
    """FROM and WHERE."""
    is_ordered: bool
    """Whether they come in the order of their ids."""


class Segment(NamedTuple):
    """A part of a view."""

    rank: Rank
    """Of all its rows, when it has no kinds."""
    conditions: tuple[Condition, ...]
    """What its rows fulfil besides being in scope."""
    kinds: tuple[RankedKind, ...] = ()
    """In order, equals beside each other; none: the rows come newest first."""
    text: TextPart | None = None
    """What it is the rows of one tier of; `None`: it stands by itself."""

    @property
    def best_rank(self) -> Rank:
        """No row of it has a better one."""
        return self.kinds[0].rank if self.kinds else self.rank

    def places(self) -> list[int]:
        """Of each kind, where it stands among the ranks; equals stand at one place, their rows newest first."""
        places: list[int] = []
        for index, kind in enumerate(self.kinds):
            same = index > 0 and kind.rank == self.kinds[index - 1].rank
            places.append(places[-1] if same else index)
        return places


def listed_kinds(segment: Segment, places: Sequence[int], start: int, stop: int) -> str:
    """Code and place of some of a segment's kinds, for VALUES."""
    pairs = zip(segment.kinds[start:stop], places[start:stop], strict=True)
    return ", ".join(f"({kind.code}, {place})" for kind, place in pairs)


def reversed_kinds(segment: Segment) -> list[tuple[int, RankedKind]]:
    """A segment's places and kinds, the last first."""
    return list(zip(segment.places(), segment.kinds, strict=True))[::-1]


def literally(name: str) -> str:
    """A name as a pattern for itself."""
    return "".join("\\" + character if character in "*?\\" else character for character in name)


def of_tier(tier: Tier) -> Condition:
    """Rows whose kinds are of a tier."""
    return plain(f"i.kind IN (SELECT code FROM kind WHERE tier = {tier.value})")  # noqa: S608 - a number
