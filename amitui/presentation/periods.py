"""The `creation-date` patterns of a request as a period in words: `May 2024`, `2019–2021`, `until Jun 2018`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE: Final = r"(20\d?\d?)(?:-(\d\d?)(?:-(\d\d?))?)?\*"
"""A pattern that names the beginning of a date, which may end within a number."""

FIRST: Final = date(2006, 9, 1)
"""What begins before it has no beginning: EC2 has no older images."""
LAST: Final = date(2030, 1, 1)
"""What goes on for so long has no end."""

ANY: Final = "any date"
ODD: Final = "odd dates"


class _Days(NamedTuple):
    """From the first day to the last."""

    first: date
    last: date


def period_words(patterns: Iterable[str]) -> str:
    """The period that patterns stand for, from its first day to its last.

    Args:
        patterns: as `domain/catalogue/slices` makes them, with a few that no well-formed date matches among them;
            none = every date.
    """
    listed = tuple(patterns)
    if not listed:
        return ANY
    periods = [days for pattern in listed if (days := _days(pattern)) is not None]
    if not periods:
        return ODD
    first, last = min(one.first for one in periods), max(one.last for one in periods)
    if first < FIRST:
        return ANY if last >= LAST else f"until {_end(last)}"
    return f"since {_start(first)}" if last >= LAST else _between(first, last)


def _days(pattern: str) -> _Days | None:
    """The days of one pattern; `None`: no well-formed date matches it."""
    found = re.fullmatch(_DATE, pattern)
    if found is None:
        return None
    year, month, day = found.groups()
    years = _numbers(year, 4, 2000, 2099)
    months = _numbers(month or "", 2, 1, 12)
    days = _numbers(day or "", 2, 1, 31)
    if not years or not months or not days:
        return None
    last = _month_end(years[-1], months[-1])
    try:
        first = date(years[0], months[0], days[0])
    except ValueError:
        return None  # the 30th of February
    return _Days(first, min(last, date(last.year, last.month, min(days[-1], last.day))))


def _numbers(digits: str, length: int, least: int, most: int) -> range:
    """The numbers that begin with some digits."""
    scale = 10 ** (length - len(digits))
    start = int(digits or "0") * scale
    return range(max(start, least), min(start + scale - 1, most) + 1)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _start(day: date) -> str:
    if day.day != 1:
        return _words(day)
    return f"{day.year}" if day.month == 1 else _month(day)


def _end(day: date) -> str:
    if not _is_month_end(day):
        return _words(day)
    return f"{day.year}" if day.month == 12 else _month(day)


def _between(first: date, last: date) -> str:
    if first == last:
        return _words(first)
    if first.day != 1 or not _is_month_end(last):
        start = f"{first.day}" if (first.year, first.month) == (last.year, last.month) else _words(first)
        return f"{start}–{_words(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return _month(first)
    if (first.month, last.month) == (1, 12):
        return f"{first.year}" if first.year == last.year else f"{first.year}–{last.year}"
    return f"{_MONTHS[first.month - 1] if first.year == last.year else _month(first)}–{_month(last)}"


def _month(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"


def _words(day: date) -> str:
    return f"{day.day} {_month(day)}"
