"""Dates to come, as people type them: `2027-03-01`, or so much from now: `90d`, `6m`, `1y`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from amitui.widgets.field_text import TextField

if TYPE_CHECKING:
    from collections.abc import Callable

_FROM_NOW: Final = re.compile(r"\+?([0-9]{1,4}) ?(d|w|mo?|y)", re.IGNORECASE | re.ASCII)
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ Tt]([0-9]{1,2}):([0-9]{2})[Zz]?)?", re.ASCII)

FORMS: Final = "2027-03-01, 2027-03-01 18:00 (UTC), 90d, 6m or 1y"
"""What can be typed."""


def moment_of(text: str, now: float) -> int:
    """The time that was typed, in seconds since the epoch; months and years from now are those of the calendar.

    Raises:
        ValueError: with words for whoever typed it.
    """
    text = text.strip()
    if not text:
        raise ValueError(f"a date is needed: {FORMS}")
    ahead, date = _FROM_NOW.fullmatch(text), _DATE.fullmatch(text)
    if date is not None:
        year, month, day, hour, minute = (int(part or 0) for part in date.groups())
        try:
            return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
        except ValueError:
            raise ValueError("there is no such day or time") from None
    if ahead is None:
        raise ValueError(f"not understood: {FORMS}")
    try:
        return int(_later(datetime.fromtimestamp(now, UTC), int(ahead[1]), ahead[2][0].lower()).timestamp())
    except (OverflowError, ValueError):
        raise ValueError("that is too far ahead") from None


def moment_words(at: int, now: float) -> str:
    """A time to come, and how long it is until then: `2027-03-01 00:00 UTC, in 160 days`."""
    days = (at - int(now)) // 86_400
    until = f", in {days:,} day{'s' if days != 1 else ''}" if days >= 0 else ", which is past"
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC{until}"


def _later(start: datetime, count: int, unit: str) -> datetime:
    if unit in "dw":
        return start + timedelta(days=count * (7 if unit == "w" else 1))
    months = start.month - 1 + count * (12 if unit == "y" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


class DateField(TextField):
    """A date to come."""

    def __init__(
        self,
        label: str,
        id: str,
        value: str = "",
        *,
        now: Callable[[], float],
        check: Callable[[int], str] | None = None,
    ) -> None:
        """Args:
        check: what is wrong with a time, in seconds since the epoch; empty = nothing.
        """
        self._now = now
        self._check_moment = check
        super().__init__(label, id, value, FORMS, FORMS, self._typed_problem)

    @property
    def at(self) -> int | None:
        """The time in seconds since the epoch; `None` while what is typed is none."""
        try:
            return moment_of(self.value, self._now())
        except ValueError:
            return None

    @property
    def hint(self) -> str:
        """The time that what is typed means, or what can be typed."""
        at = self.at
        return f"= {moment_words(at, self._now())}" if at is not None else self._hint

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())

    def tell_edited(self) -> None:
        super().tell_edited()
        self.post_message(self.HintChanged())

    def _typed_problem(self, text: str) -> str:
        try:
            at = moment_of(text, self._now())
        except ValueError as error:
            return str(error)
        return self._check_moment(at) if self._check_moment is not None else ""
