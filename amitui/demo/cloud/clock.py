"""The simulated cloud's time: one clock, how fast EC2 works by it, and what is to happen later.

Work (snapshots, copies, tasks) takes its usual time divided by the speed. The calendar (deprecation dates, the
24 hours of a cooldown, the days of a recycle bin) is never sped up, as callers compare it with their own clock.
"""

from __future__ import annotations

import heapq
import time
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_SPEED: Final = 10.0
"""Times as fast as EC2: an image that takes five minutes there takes half a minute here, long enough to watch."""


class Clock:
    """What time it is, and how long work takes.

    Args:
        now: epoch seconds; the one source of time of a cloud.
        speed: by what the usual duration of work is divided.
    """

    def __init__(self, now: Callable[[], float], speed: float = DEFAULT_SPEED) -> None:
        if speed <= 0:
            raise ValueError("the speed of a cloud is more than 0")
        self.now = now
        self.speed = speed

    def after(self, work_seconds: float) -> float:
        """When work that begins now will be done, in epoch seconds."""
        return self.now() + work_seconds / self.speed


def running_from(epoch: int) -> Callable[[], float]:
    """A clock that shows `epoch` now and goes on from there."""
    began = time.monotonic()
    return lambda: epoch + time.monotonic() - began


class Agenda:
    """What happens by itself at its time; someone has to call `settle` before looking at anything."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()

    def at(self, when: float, happen: Callable[[], None]) -> None:
        """Let something happen at `when` (epoch seconds)."""
        heapq.heappush(self._due, (when, next(self._serial), happen))

    @property
    def anything_due(self) -> bool:
        """Whether `settle` would do something."""
        return bool(self._due) and self._due[0][0] <= self._clock.now()

    def settle(self) -> None:
        """Let everything happen that is due, in the order of its time."""
        while self.anything_due:
            heapq.heappop(self._due)[2]()
