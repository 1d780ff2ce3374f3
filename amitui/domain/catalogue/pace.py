"""How fast something arrives, and how long the rest will take: smoothed, never negative, unknown at first."""

from __future__ import annotations

import math
from typing import Final

SMOOTHING_S: Final = 10.0
"""Time constant: what arrived so long ago counts a third of what arrives now."""
SETTLED_S: Final = 3.0
"""Seconds of observation before a rate means anything."""
LONGEST_S: Final = 24 * 3600.0
"""A longer estimate says only that hardly anything arrives."""


class Pace:
    """The smoothed rate of a count that grows.

    The mean is weighted by exp(-age / `SMOOTHING_S`) and corrected for the weight that is still missing at the
    start, so that it begins with the plain average.
    """

    def __init__(self) -> None:
        self._at: float | None = None
        self._since = 0.0
        self._count = 0
        self._mean = 0.0
        self._weight = 0.0

    def note(self, count: int, at: float) -> None:
        """So many have arrived by then.

        Args:
            count: since the beginning; what is less than before counts as nothing new.
            at: seconds of a clock that is never set.
        """
        if self._at is None:
            self._at, self._since, self._count = at, at, count
            return
        elapsed = at - self._at
        if elapsed <= 0:
            return
        kept = math.exp(-elapsed / SMOOTHING_S)
        self._mean = kept * self._mean + (1 - kept) * max(0, count - self._count) / elapsed
        self._weight = kept * self._weight + (1 - kept)
        self._at, self._count = at, max(count, self._count)

    @property
    def rate(self) -> float | None:
        """How many a second; `None` while nobody can say."""
        if self._at is None or self._at - self._since < SETTLED_S:
            return None
        return self._mean / self._weight

    def seconds_left(self, remaining: int) -> float | None:
        """How long that many more will take; `None` while nobody can say."""
        rate = self.rate
        if remaining <= 0:
            return 0.0
        if not rate or remaining / rate > LONGEST_S:
            return None
        return remaining / rate
