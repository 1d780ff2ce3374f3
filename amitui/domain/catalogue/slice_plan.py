"""Into which slices a shard is divided, and into which a slice that turns out large.

More slices mean more requests: each ends with a page that is half empty on average. Fewer mean that one of them
may hold most of the images, which are then fetched one page after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from amitui.domain.catalogue.slices import (
    DATELESS,
    MOST_VALUES,
    WHOLE,
    Slice,
    children,
    is_node,
    is_partition,
    joined,
    rest_of,
)

SMALL: Final = 3000
"""Images up to which a shard stays undivided: as many requests as it takes to divide it."""
AIM: Final = 6000
"""Images that a slice should hold, unless that made more than `MOST_SLICES`."""
MOST_SLICES: Final = 24
"""Slices of a shard to aim at."""
TOO_MANY: Final = 3 * MOST_SLICES
"""From so many slices on, small neighbours are put together: each month adds one."""
LARGE: Final = 3
"""A slice of an earlier crawl is divided when it holds so many times what a slice should."""

RECENT_MONTHS: Final = 36
RECENT_SHARE: Final = 2 / 3
"""Of a large scope's images, those of the last three years (catalogue facts)."""
_FIRST_MONTH: Final = (2006, 8)
"""EC2's first."""

_EXPECTED: Final = {"community": 60_000, "marketplace": 30_000, "amazon": 30_000, "publishers": 15_000}
"""Images of a scope in a Region of which nothing is known but that they do not fit on a page."""

_REST_LAST: Final = (6, 9)
"""Lengths of nodes whose rest is put behind their children: its patterns fit beside those of their neighbours."""


class Planned(NamedTuple):
    """A slice to fetch."""

    part: Slice
    expected: int | None
    """Images that it should hold; `None`: nothing is known."""


class _Atom(NamedTuple):
    """What is never divided further."""

    part: Slice
    expected: float
    values: int
    """Of a filter, at most."""


def expected_of(scope: str) -> int | None:
    """About how many images a scope has in a large Region; `None` for scopes that are small as a rule."""
    return _EXPECTED.get(scope)


def planned(known: Sequence[Planned], now: int) -> tuple[Planned, ...]:
    """The slices in which to fetch a shard anew.

    Args:
        known: what an earlier crawl fetched it in, and how much that was; nothing without an earlier one.
        now: seconds since the epoch.

    Returns:
        Disjoint slices that hold everything. Those of earlier remain what they are, unless they have grown large,
        or have become far too many.
    """
    parts = [one.part for one in known]
    total = sum(one.expected or 0 for one in known)
    if not known or not is_partition(parts):
        return (Planned(WHOLE, None),)
    if total <= SMALL:
        return (Planned(WHOLE, total),)
    limit = LARGE * _aim(total)
    found: list[Planned] = []
    for one in known:
        count = one.expected or 0
        if count > limit or one.part.is_whole:
            found += divided(one.part, count, now, aim=_aim(total))
        else:
            found.append(one)
    return tuple(found) if len(found) <= TOO_MANY else _fewer(found, _aim(total))


def _fewer(slices: Sequence[Planned], aim: float) -> tuple[Planned, ...]:
    """Neighbours together where they hold little."""
    found: list[Planned] = []
    for one in sorted(slices, key=lambda one: max(one.part.within, default="")):
        if found and not one.part.is_dateless and not found[-1].part.is_dateless:
            both = joined([found[-1].part, one.part])
            count = (found[-1].expected or 0) + (one.expected or 0)
            if count <= aim and len(both.patterns) <= MOST_VALUES:
                found[-1] = Planned(both, count)
                continue
        found.append(one)
    return tuple(found)


def divided(
    part: Slice, expected: float, now: int, *, aim: float | None = None, seen: Iterable[object] = ()
) -> tuple[Planned, ...]:
    """A slice as several disjoint ones that hold the same; as it is when it is a day, or less, already.

    Args:
        part: the slice.
        expected: images that it should hold.
        now: seconds since the epoch.
        aim: images that each should hold.
        seen: creation dates of some of its images, for how they are spread.
    """
    if not all(is_node(one) for one in (*part.within, *part.without)):
        return (Planned(part, round(expected)),)
    share = _shares(part, now, seen)
    aim = _aim(expected) if aim is None else aim
    month = month_of(now)
    atoms = _atoms(part, "", lambda node: expected * share(node), aim, month)
    found = [Planned(one, round(count)) for one, count in _grouped(atoms, aim, month)]
    if len(found) < 2:
        return (Planned(part, round(expected)),)
    return (*found, Planned(DATELESS, 0)) if part.is_whole else tuple(found)


def _aim(total: float) -> float:
    return max(AIM, total / MOST_SLICES)


def month_of(now: int) -> str:
    """The node of the month."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m}"


def _atoms(part: Slice, node: str, expected: Callable[[str], float], aim: float, month: str) -> Iterator[_Atom]:
    """What a slice has of a node, from the oldest to the newest, each as large as `aim` at most or a day.

    The month of now is not put together with what was before: a refresh fetches what can still get new images.
    """
    is_mixed = any(len(one) > len(node) and one.startswith(node) for one in (*part.within, *part.without))
    is_inside = part.decides_for(node)
    if not is_mixed and not is_inside:
        return
    below = children(node)
    is_small = expected(node) <= aim and not (month.startswith(node) and node != month)
    if not is_mixed and (is_small or not below):
        yield _Atom(Slice((node,)), expected(node), 1)
        return
    rest = _Atom(rest_of(node), 0.0, len(rest_of(node).patterns)) if is_inside else None
    if rest is not None and len(node) not in _REST_LAST:
        yield rest
    for child in below:
        yield from _atoms(part, child, expected, aim, month)
    if rest is not None and len(node) in _REST_LAST:
        yield rest


def _grouped(atoms: Iterable[_Atom], aim: float, month: str) -> Iterator[tuple[Slice, float]]:
    """Neighbours together, as long as they hold no more than they should and fit into one request."""
    group: list[_Atom] = []
    is_newest = False
    """Whether what comes now is of the month, or later."""
    for atom in atoms:
        count, values = sum(one.expected for one in group), sum(one.values for one in group)
        is_new = month == min(atom.part.within, default="")[: len(month)]
        too_large = count + atom.expected > aim * 1.25 or values + atom.values > MOST_VALUES
        if group and (too_large or (is_new and not is_newest)):
            yield joined([one.part for one in group]), count
            group = []
        is_newest = is_newest or is_new
        group.append(atom)
    if group:
        yield joined([one.part for one in group]), sum(one.expected for one in group)


def _shares(part: Slice, now: int, seen: Iterable[object]) -> Callable[[str], float]:
    """How much of a slice each node holds, from 0 to 1."""
    by_age = _age_shares(now)
    dates = [one for one in seen if isinstance(one, str) and part.holds(one)]
    counted = Counter(
        date[:length] for date in dates for length in (0, 2, 3, 4, 6, 7, 9, 10) if length <= len(date)
    )

    def of_age(node: str) -> float:
        month = by_age.get(node[:7], 0.0)
        if len(node) > 7:
            return month * max(1, len(children(node))) / 31
        return month

    inside = sum(map(of_age, part.within)) - sum(map(of_age, part.without))

    def share(node: str) -> float:
        aged = of_age(node) / inside if inside > 0 else 0.0
        return (aged + counted[node] / len(dates)) / 2 if dates else aged

    return share


def _age_shares(now: int) -> dict[str, float]:
    """How much of a scope each node down to a month holds: two thirds are of the last three years."""
    today = datetime.fromtimestamp(now, UTC)
    first, last = _FIRST_MONTH[0] * 12 + _FIRST_MONTH[1] - 1, today.year * 12 + today.month - 1
    months = range(min(first, last - RECENT_MONTHS), last + 1)
    shares: dict[str, float] = {}
    for month in months:
        recent = month > last - RECENT_MONTHS
        weight = RECENT_SHARE / RECENT_MONTHS if recent else (1 - RECENT_SHARE) / (len(months) - RECENT_MONTHS)
        name = f"{month // 12:04d}-{month % 12 + 1:02d}"
        for length in (0, 2, 3, 4, 6, 7):
            shares[name[:length]] = shares.get(name[:length], 0.0) + weight
    return shares
