"""EC2's times as seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_EARLIEST: Final = 0
_LATEST: Final = 7_258_118_400
"""2200-01-01: dates outside 1970 to 2199 are nonsense, not facts."""


def epoch_seconds(value: object) -> int | None:
    """Seconds since the epoch of one of EC2's times (`2016-07-12T09:46:56.000Z`); `None` for nonsense or none."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            seconds = int(moment.timestamp())
        except (ValueError, OverflowError):
            return None
    elif isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    else:
        return None
    return seconds if _EARLIEST < seconds < _LATEST else None
