"""How far all fetches together have come, as a screen or a command shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WAITING_SHOWN_S: Final = 3.0
"""From so many seconds without an answer on, the wait itself is what is shown."""


@dataclass(frozen=True, slots=True)
class FetchState:
    """One moment of the fetches under way."""

    label: str = ""
    """What is fetched, of several the one that has come furthest: `amazon us-east-1`."""
    others: int = 0
    """Further fetches under way or waiting."""
    parts_done: int = 0
    parts: int = 0
    """Parts that are planned."""
    images: int = 0
    """Images that have come, resumed ones included; never fewer than a moment ago."""
    expected: int | None = None
    """How many there will be, as far as anybody knows; `None` = nobody does."""
    rate: float | None = None
    """Images a second, smoothed; `None` = not known yet."""
    seconds_left: float | None = None
    """`None` = not known."""
    throttled_seconds: float = 0.0
    """For how long EC2 has kept this waiting by throttling."""
    parts_are_alike: bool = True
    """Whether parts were planned to be of similar size; what was never divided may hold anything."""
    silent_seconds: float = 0.0
    """Since the last answer."""
    waits_for: str = "EC2"
    is_throttled: bool = False
    """Whether EC2 has lately refused requests because there were too many."""
    steady_fraction: float | None = None
    """What a bar shows: `fraction`, but never less than a moment ago; `None` = as `fraction`."""
    parts_may_grow: bool = False
    """Whether one of them may turn out large and be divided."""

    @property
    def shown_fraction(self) -> float | None:
        """How full a bar is; `None` = nobody knows."""
        return self.fraction if self.steady_fraction is None else self.steady_fraction

    @property
    def is_waiting(self) -> bool:
        """Whether no answer has come for so long that one wonders."""
        return self.silent_seconds >= WAITING_SHOWN_S

    @property
    def fraction(self) -> float | None:
        """From 0 to 1, and 1 only when all parts are done; `None` = nobody knows."""
        if self.parts and self.parts_done >= self.parts:
            return 1.0
        if self.expected:
            return min(0.99, self.images / self.expected)
        return self.parts_done / self.parts if self.parts > 1 and self.parts_are_alike else None
