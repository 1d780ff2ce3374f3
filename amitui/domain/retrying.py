"""What fails only for now, and how long to wait before asking again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.errors import AmituiError

PAUSES_S: Final = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""Before each further attempt, in seconds; the last one again and again."""

_LASTING: Final = frozenset({"SSLError", "InvalidProxiesConfigError", "Closed"})
"""Codes of failures of the way to AWS that only a change of settings ends."""


def is_transient(error: AmituiError) -> bool:
    """Whether the same request may be answered later with nothing changed here."""
    return error.retryable and getattr(error, "code", "") not in _LASTING


class Pauses:
    """The pauses between attempts that fail one after the other.

    Args:
        limit_s: seconds after the first failure from which it is given up; `None` = never.
        now: a clock in seconds that is never set.
    """

    def __init__(self, limit_s: float | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self._limit_s, self._now = limit_s, now
        self._failed = 0
        self._since = 0.0

    def reset(self) -> None:
        """A call was answered, or the user asked for one: what fails from now on is a new failure."""
        self._failed = 0

    def after_failure(self) -> float | None:
        """Seconds until the next attempt; `None` when it is given up."""
        if self._failed == 0:
            self._since = self._now()
        pause = PAUSES_S[min(self._failed, len(PAUSES_S) - 1)]
        self._failed += 1
        if self._limit_s is None:
            return pause
        left = self._limit_s - (self._now() - self._since)
        return min(pause, left) if left > 0 else None


def later_words(error: AmituiError, pause: float) -> str:
    """`EC2 was not reached in eu-west-1; trying again in 20 s`"""
    return f"{error.what}; trying again in {max(1, round(pause))} s"
