"""Times as people and programs write them: dates, EC2's own stamps, offsets, ISO weeks, so much from now.

The one reader of times for forms and searches. Without a zone they are UTC. What could be two days is refused.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Final

from amitui.domain.accounts import plain_digits, unquoted

FORMS: Final = "2027-03-01, 2027-03-01 18:00 (UTC), 90d, 6m or 1y"
"""What can be typed, for hints."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLOCK: Final = (
    r"(?:[t ] ?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)? ?(?P<zone>.*))?"
)
_OFFSET: Final = r"([+-])(\d{2})(?::?(\d{2}))?"
_UNITS: Final = {"h": "h", "d": "d", "w": "w", "m": "m", "y": "y"}
_AGE: Final = (
    r"(?:\+ ?|in )?(\d{1,6}) ?(h|hours?|d|days?|w|weeks?|m|mo|months?|y|years?)(?: (?:ago|ahead|from now|old))?"
)
_DATES: Final = (
    r"(?P<year>\d{4})(?:[-/](?P<month>\d{1,2})(?:[-/](?P<day>\d{1,2})" + _CLOCK + r")?)?",
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:t(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?(?P<zone>.*))?",
    r"(?P<year>\d{4})-?w(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?",
    r"(?P<first>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})" + _CLOCK,
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ -]" + _MONTH + r",?[ -](?P<year>\d{4})" + _CLOCK,
    _MONTH + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})" + _CLOCK,
    _MONTH + r" (?P<year>\d{4})",
)
_DAY: Final = 86_400


@cache
def _dates() -> tuple[re.Pattern[str], ...]:
    # Compiled when a time is read: `amitui find` waits for its imports.
    return tuple(re.compile(pattern, re.ASCII) for pattern in _DATES)


def moment_of(text: str, now: float) -> int:
    """The time to come that was typed, in seconds since the epoch; of a period, its first second.

    Months and years from now are those of the calendar.

    Raises:
        ValueError: with words for whoever typed it.
    """
    plain = _plain(text)
    if not plain:
        raise ValueError(f"a date is needed: {FORMS}")
    start = datetime.fromtimestamp(now, UTC)
    if plain == "tomorrow":
        return int((start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp())
    if plain.endswith(" ago") or plain.startswith("-"):
        raise ValueError(f"a time to come is needed: {FORMS}")
    if age := short_age(plain):
        try:
            return int(_later(start, int(age[:-1]), age[-1]).timestamp())
        except (OverflowError, ValueError):
            raise ValueError("that is too far ahead") from None
    return period_of(text)[0]


def short_age(text: str) -> str:
    """So much time as a number and h, d, w, m or y: `90d` for `90 days`, `in 90 days`, `P90D`; empty for no such.

    What a month is depends on who asks.
    """
    plain = _plain(text)
    match = re.fullmatch(_AGE, plain, re.ASCII) or re.fullmatch(r"p(\d{1,6})([dwmy])", plain, re.ASCII)
    return f"{match[1]}{_UNITS[match[2][0]]}" if match else ""


def period_of(text: str) -> tuple[int, int]:
    """The first second of the period that a date names, and the first second after it, since the epoch.

    A date without a day, or without a month, is the whole of it; a time is its minute or its second.

    Raises:
        ValueError: it is no date, or could be two; with words for whoever typed it.
    """
    plain = _plain(text)
    match = next((found for pattern in _dates() if (found := pattern.fullmatch(plain))), None)
    if match is None:
        raise ValueError(f"not understood: {FORMS}")
    parts = match.groupdict()
    try:
        return _week(parts) if parts.get("week") else _period(_settled(parts, text.strip()), text.strip())
    except (OverflowError, _NoSuchTime):
        raise ValueError("there is no such day or time") from None


class _NoSuchTime(Exception):
    """The numbers of a date are out of range."""


def _plain(text: str) -> str:
    return " ".join(plain_digits(unquoted(text)).lower().split())


def _settled(parts: dict[str, str | None], text: str) -> dict[str, str | None]:
    """With a month as a number; day and month are distinguished as far as the numbers allow."""
    if name := parts.get("name"):
        return parts | {"month": str(_MONTHS.index(name[:3]) + 1)}
    first, other = parts.get("first"), parts.get("other")
    if first is None or other is None:
        return parts
    if int(first) <= 12 and int(other) <= 12 and int(first) != int(other):
        year, one, two = parts["year"], int(first), int(other)
        raise ValueError(f"{text} could be {year}-{one:02}-{two:02} or {year}-{two:02}-{one:02}: year first")
    day, month = (first, other) if int(first) > 12 else (other, first)
    return parts | {"day": day, "month": month}


def _period(parts: dict[str, str | None], text: str) -> tuple[int, int]:
    year, month, day, hour, minute, second = (
        int(found) if (found := parts.get(name)) else None
        for name in ("year", "month", "day", "hour", "minute", "second")
    )
    zone = _zone(parts.get("zone") or "", text)
    first_month, first_day = month if month is not None else 1, day if day is not None else 1
    try:
        start = datetime(year or 0, first_month, first_day, hour or 0, minute or 0, second or 0, tzinfo=zone)
        if month is None:
            end = start.replace(year=start.year + 1)
        elif day is None:
            end = start.replace(year=start.year + month // 12, month=month % 12 + 1)
        else:
            end = start + timedelta(seconds=_DAY if hour is None else 60 if second is None else 1)
        return int(start.timestamp()), int(end.timestamp())
    except ValueError:
        raise _NoSuchTime from None


def _week(parts: dict[str, str | None]) -> tuple[int, int]:
    try:
        day = datetime.fromisocalendar(
            int(parts["year"] or 0), int(parts["week"] or 0), int(parts["weekday"] or 1)
        ).replace(tzinfo=UTC)
    except ValueError:
        raise _NoSuchTime from None
    days = 1 if parts["weekday"] else 7
    return int(day.timestamp()), int((day + timedelta(days=days)).timestamp())


def _zone(zone: str, text: str) -> timezone:
    if zone in ("", "z", "utc", "gmt"):
        return UTC
    match = re.fullmatch(_OFFSET, zone.removeprefix("utc").removeprefix("gmt"), re.ASCII)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        raise ValueError(
            f"{zone.upper()} in {text} is no zone that is understood: UTC, or an offset such as +02:00"
        )
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-offset if match[1] == "-" else offset)


def _later(start: datetime, count: int, unit: str) -> datetime:
    if unit == "h":
        return start + timedelta(hours=count)
    if unit in "dw":
        return start + timedelta(days=count * (7 if unit == "w" else 1))
    months = start.month - 1 + count * (12 if unit == "y" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
