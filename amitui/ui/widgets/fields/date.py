"""Dates to come, as people type them: `2027-03-01`, or so much from now: `90d`, `6m`, `1y`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from amitui.domain.times import FORMS, moment_of
from amitui.ui.widgets.fields.text import TextField

if TYPE_CHECKING:
    from collections.abc import Callable


EXAMPLE: Final = "such as 90d"
"""Stands in an empty field; the hint has the other forms."""


def moment_words(at: int, now: float) -> str:
    """A time to come, and how long it is until then: `2027-03-01 00:00 UTC, in 160 days`."""
    days = (at - int(now)) // 86_400
    until = f", in {days:,} day{'s' if days != 1 else ''}" if days >= 0 else ", which is past"
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC{until}"


def local_words(at: int) -> str:
    """The time of day where the program runs, unless that is UTC: `, 19:00 here`."""
    here = time.localtime(at)
    return time.strftime(", %H:%M here", here) if here.tm_gmtoff else ""


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
        super().__init__(label, id, value, EXAMPLE, FORMS, self._typed_problem)

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
        return f"= {moment_words(at, self._now())}{local_words(at)}" if at is not None else self._hint

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())

    def post_edited(self) -> None:
        super().post_edited()
        self.post_message(self.HintChanged())

    def _typed_problem(self, text: str) -> str:
        try:
            at = moment_of(text, self._now())
        except ValueError as error:
            return str(error)
        return self._check_moment(at) if self._check_moment is not None else ""
