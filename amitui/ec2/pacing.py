"""How fast EC2 is asked: one token bucket for each account, Region and action, as EC2 itself has (EC2 API, request
throttling), and beside it no faster than EC2 has shown that it takes.

EC2 gives DescribeImages a bucket of 100 calls, filled with 20 a second, for everything that uses the account.
amitui keeps below it by itself, begins slowly, and takes half of its speed back each time that EC2 refuses a call.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeVar

from amitui.ec2.patience import retried_by_caller, retry_after_of, tries_of
from amitui.errors import AwsError, ThrottledError

CALLS_PER_SECOND: Final = 18.0
"""Nine tenths of what EC2 refills by default: the rest is for the account's other tools."""
BURST_S: Final = 4.0
"""Seconds' worth of calls that may be made at once after a rest; by default 72 of EC2's bucket of 100."""

_START: Final = 10.0
"""Calls a second at first."""
_GROWTH: Final = 2.0
"""By how many calls a second each answer makes the next ones faster, up to `_FASTEST` times the ceiling."""
_FASTEST: Final = 3.0
_RECOVERY: Final = 0.02
"""Part of the ceiling by which each answer raises the lasting rate again."""
_SLOWEST: Final = 0.2
"""Calls a second that are always left."""
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 20.0
"""Pauses after refused calls double from the first to the longest."""
_LONGEST_RETRY_AFTER_S: Final = 300.0

THROTTLED_TRIES: Final = 7
"""How often one call is sent that EC2 refuses because there are too many."""
FAILED_PAUSES_S: Final = (0.4, 0.8, 1.6)
"""Before a call is sent again that failed otherwise, in seconds."""

_T = TypeVar("_T")


class CallCounts(NamedTuple):
    """What calls were made with one bucket."""

    calls: int = 0
    """Sent, each try for itself."""
    throttled: int = 0
    """Refused because there were too many."""
    throttled_seconds: float = 0.0
    """For how long calls waited because EC2 had refused some."""

    def since(self, earlier: CallCounts) -> CallCounts:
        """What has been added to earlier counts."""
        return CallCounts(
            self.calls - earlier.calls,
            self.throttled - earlier.throttled,
            self.throttled_seconds - earlier.throttled_seconds,
        )


class TokenBucket:
    """When the next call may be made. Knows no sleep: whoever waits tells it when a call is sent.

    Args:
        ceiling: calls a second that are never exceeded for long.
        now: seconds of a clock that is never set.
        spread: a factor for pauses, so that several processes do not come back at the same moment.
    """

    def __init__(self, ceiling: float, now: Callable[[], float], spread: Callable[[], float]) -> None:
        self._ceiling, self._now, self._spread = ceiling, now, spread
        self._rate = ceiling
        """Tokens a second."""
        self._left = self.size
        self._speed = min(_START, ceiling * _FASTEST)
        """Calls a second as long as there are tokens."""
        self._at = self._cut_at = now()
        self._last = self._not_before = self._at - 1 / _SLOWEST
        self._refusals = 0
        """Since the last answer, those of calls that were sent before the last cut not counted."""

    @property
    def size(self) -> float:
        """Calls that may be made at once after a rest."""
        return max(1.0, self._ceiling * BURST_S)

    @property
    def rate(self) -> float:
        """Calls a second that it allows for long."""
        return self._rate

    @property
    def is_slowed(self) -> bool:
        """Whether EC2 has refused calls lately."""
        return self._rate < self._ceiling * 0.999

    def wait(self) -> float:
        """Seconds until a call may be sent."""
        self._refill()
        now = self._now()
        tokens = (1.0 - self._left) / self._rate if self._left < 1.0 else 0.0
        return max(0.0, tokens, self._last + 1 / self._speed - now, self._not_before - now)

    def take(self) -> float:
        """A call is sent; returns the time of it."""
        self._refill()
        self._left -= 1.0
        self._last = self._now()
        return self._last

    def answered(self) -> None:
        """A call was answered, well or not, but not refused."""
        self._refill()
        self._refusals = 0
        self._speed = min(self._speed + _GROWTH, self._ceiling * _FASTEST)
        self._rate = min(self._rate + self._ceiling * _RECOVERY, self._ceiling)

    def refused(self, sent_at: float, retry_after: float = 0.0) -> None:
        """EC2 refused a call because there were too many.

        Args:
            sent_at: what `take` returned. Calls that were under way when another one was refused say nothing new.
            retry_after: seconds for which EC2 asks to be left alone.
        """
        self._refill()
        now = self._now()
        if sent_at >= self._cut_at:
            self._refusals += 1
            self._rate = max(self._rate / 2, min(_SLOWEST, self._ceiling))
            self._speed = max(min(self._speed / 2, self._ceiling), min(_SLOWEST, self._ceiling))
            self._left = min(self._left, 0.0)
            self._cut_at = now
            pause = min(_FIRST_PAUSE_S * 2 ** (self._refusals - 1), _LONGEST_PAUSE_S) * self._spread()
            self._not_before = max(self._not_before, now + pause)
        self._not_before = max(self._not_before, now + min(retry_after, _LONGEST_RETRY_AFTER_S))

    def _refill(self) -> None:
        now = self._now()
        self._left = min(self.size, self._left + (now - self._at) * self._rate)
        self._at = now


class Pacer:
    """Lets calls pass one after the other, each when its time has come.

    Args:
        ceiling: calls a second.
        now: seconds of a clock that is never set.
        sleep: lets so many seconds pass.
        spread: see `TokenBucket`.
    """

    def __init__(
        self,
        ceiling: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] | None = None,
        spread: Callable[[], float] = lambda: random.uniform(0.75, 1.25),  # noqa: S311 - no secret
    ) -> None:
        self._bucket = TokenBucket(ceiling, now, spread)
        self._sleep = sleep or _pause
        self._order = asyncio.Lock()
        self._counts = CallCounts()

    @property
    def is_slowed(self) -> bool:
        """Whether EC2 has refused calls lately."""
        return self._bucket.is_slowed

    @property
    def counts(self) -> CallCounts:
        """What was sent so far."""
        return self._counts

    async def call(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Make a call that changes nothing, when its turn has come; again, when it failed only for now.

        Raises:
            AwsError: it was refused or failed too often, or in a way that lasts.
        """
        refusals = failures = 0
        while True:
            sent_at = await self._turn()
            try:
                with retried_by_caller():
                    answer = await call()
            except ThrottledError as error:
                refusals += 1
                self._counts = self._counts._replace(throttled=self._counts.throttled + 1)
                self._bucket.refused(sent_at, retry_after_of(error))
                if refusals == THROTTLED_TRIES:
                    raise
            except AwsError as error:
                failures += 1
                if failures >= tries_of(error):
                    raise
                await self._sleep(FAILED_PAUSES_S[min(failures, len(FAILED_PAUSES_S)) - 1])
            else:
                self._bucket.answered()
                return answer

    async def _turn(self) -> float:
        async with self._order:
            # Twice at most: meanwhile a call that was under way may have been refused.
            for _ in range(2):
                if (seconds := self._bucket.wait()) > 0:
                    slowed = self._bucket.is_slowed
                    await self._sleep(seconds)
                    if slowed:
                        waited = self._counts.throttled_seconds + seconds
                        self._counts = self._counts._replace(throttled_seconds=waited)
            self._counts = self._counts._replace(calls=self._counts.calls + 1)
            return self._bucket.take()


class Pacing:
    """The pacers of a start of amitui.

    Args:
        ceiling: calls a second of one action in one Region with one account.
    """

    def __init__(self, ceiling: float = CALLS_PER_SECOND) -> None:
        self._ceiling = ceiling
        self._pacers: dict[tuple[str | None, str, str], Pacer] = {}

    @property
    def is_slowed(self) -> bool:
        """Whether EC2 has lately refused calls anywhere."""
        return any(pacer.is_slowed for pacer in self._pacers.values())

    def of(self, account: str | None, region: str, action: str = "DescribeImages") -> Pacer:
        """The pacer for an action."""
        key = (account, region, action)
        if key not in self._pacers:
            self._pacers[key] = Pacer(self._ceiling)
        return self._pacers[key]


async def _pause(seconds: float) -> None:
    await pause(seconds)


async def pause(seconds: float) -> None:
    """Let so many seconds pass."""
    await asyncio.sleep(seconds)
