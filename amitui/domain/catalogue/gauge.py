"""How full a bar is that never goes backwards."""

from __future__ import annotations

from typing import Final

_NEARLY: Final = 0.99


class Gauge:
    """A fraction that is shown: what turns out to be more work than was planned never takes any of it back.

    It goes on from where it is, at the pace at which the rest of the real one grows.
    """

    def __init__(self) -> None:
        self._shown: float | None = None
        self._real = 0.0

    def after(self, real: float | None) -> float | None:
        """What to show when this is the real fraction; `None`: nobody knows it, or ever knew."""
        if real is None:
            return self._shown
        if self._shown is None:
            self._shown = real
        elif real >= 1:
            self._shown = 1.0
        elif real > self._real:
            self._shown += (1 - self._shown) * (real - self._real) / (1 - self._real)
        elif self._shown >= 1:
            self._shown = _NEARLY  # there is more to do after all
        self._real = real
        return self._shown
