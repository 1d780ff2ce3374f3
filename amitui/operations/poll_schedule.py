"""What is watched, what is known of it, and when it is observed next: the poller's state. No clock, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from amitui.domain.operations.awaited import GONE, QUICK_S, RESOURCES
from amitui.domain.timeline.observation import Observation
from amitui.errors import AmituiError, ThrottledError

SLOWER: Final = 1.5
"""The factor by which the interval grows after an observation without a change."""
RELAXED_S: Final = 10.0
"""The shortest interval while all who watch a kind are relaxed: every screen with a pending row asks, and those of
an account share one limit."""
SLOW_S: Final = 15.0
"""The longest interval while something is changing."""
IDLE_S: Final = 60.0
"""The longest interval while everything that is watched is in a lasting state."""
SOONEST_S: Final = 1.0
"""The shortest interval, however often `observe_soon` is called: a hundred operations that are submitted one after
the other do not cause a hundred calls."""
BACK_OFF_S: Final = 4.0
"""How long no call is made after a failure; twice as long after each further one."""
LONGEST_BACK_OFF_S: Final = 120.0
GONE_AFTER_S: Final = 4.0
"""For how long EC2 must not list what it listed before until it counts as gone: one answer may be outdated."""

Notify = Callable[[Observation], None]


class Watcher:
    """A callback that is notified of observations.

    Args:
        every: seconds after which it is notified of an unchanged subject too; `None` = never.
        relaxed: whether nothing waits for it: `RELAXED_S` between two observations is soon enough.
    """

    __slots__ = ("every", "last_content", "notified_at", "notify", "relaxed", "stopped")

    def __init__(self, notify: Notify, every: float | None = None, *, relaxed: bool = False) -> None:
        self.notify = notify
        self.every = every
        self.relaxed = relaxed
        self.notified_at = 0.0
        """The time of the observation that it was notified of last."""
        self.last_content: object = None
        """The `Observation.content` that it was notified of last; `None`: nothing yet."""
        self.stopped = False

    def wants(self, observation: Observation) -> bool:
        """Whether to notify it of an observation: of each change, and of an unchanged one when `every` is over."""
        if self.stopped:
            return False
        again = self.every is not None and observation.at - self.notified_at >= self.every
        return self.last_content != observation.content or again


class Entry:
    """What is known of one subject."""

    __slots__ = ("_listed", "_missing_since", "newest", "stale", "watchers")

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []
        self.newest: Observation | None = None
        self.stale = True
        """The round under way began before the last call about the subject: its observation is outdated."""
        self._listed = False
        self._missing_since: float | None = None

    @property
    def doubtful(self) -> bool:
        """EC2 no longer lists it; the next observation shows whether it is gone."""
        return self._missing_since is not None and (self.newest is None or self.newest.state != GONE)

    def forget(self) -> None:
        """A call was sent about the subject: discard what was observed before."""
        self.newest = None
        self.stale = True
        self._missing_since = None

    def take(self, observation: Observation) -> Observation | None:
        """Store an observation; what to report, if anything has changed."""
        if self.stale:
            return None
        if observation.state:
            self._listed = True
            self._missing_since = None
        elif self._listed:
            if self._missing_since is None:
                self._missing_since = observation.at
            if observation.at - self._missing_since < GONE_AFTER_S and self.doubtful:
                return None
            observation = observation._replace(state=GONE)
        before, self.newest = self.newest, observation
        return None if before is not None and before.content == observation.content else observation


class Trouble:
    """A failure that is not over, and how long calls pause because of it."""

    __slots__ = ("error", "seconds", "until")

    def __init__(self) -> None:
        self.error: AmituiError | None = None
        self.seconds = 0.0
        """The present pause."""
        self.until = 0.0
        """When to call again, in seconds since the epoch."""

    def begin(self, error: AmituiError, now: float) -> None:
        """A call has failed, perhaps once more."""
        self.error = error
        self.seconds = min(LONGEST_BACK_OFF_S, max(BACK_OFF_S, 2 * self.seconds))
        self.until = now + self.seconds

    def end(self, now: float) -> None:
        """A call has succeeded."""
        # After throttling the pause shrinks in steps: at full speed the calls would be throttled again.
        throttled = self.error is None or isinstance(self.error, ThrottledError)
        half = self.seconds / 2 if throttled else 0.0
        self.seconds = half if half >= QUICK_S else 0.0
        self.error = None
        self.until = now + self.seconds

    def try_now(self) -> None:
        """EC2 can be reached again, as another call was answered; that does not end throttling."""
        if not isinstance(self.error, ThrottledError):
            self.until = 0.0


class Lane:
    """One kind in one place: what is observed together, and how often."""

    __slots__ = ("_began", "_ended", "_hurried", "entries", "interval", "kind", "trouble")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.entries: dict[str, Entry] = {}
        self.trouble = Trouble()
        self.interval = self._quick
        """Seconds from one observation to the next."""
        self._began = float("-inf")
        self._ended = float("-inf")
        self._hurried = True

    @property
    def due(self) -> float:
        """When to observe, unless the place is to wait longer; in seconds since the epoch."""
        pause = SOONEST_S if self._hurried else self.interval
        return max(self._began + pause, self._ended, self.trouble.until)

    def hurry(self) -> None:
        """Observe as soon as possible, and at the shortest interval after that."""
        self._hurried = True
        self.interval = self._quick

    def begin(self, now: float) -> list[str]:
        """An observation begins; the ids to observe."""
        self._hurried = False
        self._began = now
        for entry in self.entries.values():
            entry.stale = False
        return list(self.entries)

    def end(self, now: float, *, changed: bool) -> None:
        """An observation has ended: set the interval to the next one."""
        self._ended = now
        if changed or any(entry.doubtful for entry in self.entries.values()):
            self.interval = self._quick
        elif not self._hurried:
            resting = all(_rests(self.kind, entry.newest) for entry in self.entries.values())
            self.interval = min(self.interval * SLOWER, IDLE_S if resting else SLOW_S)

    @property
    def is_relaxed(self) -> bool:
        """Whether something is watched, and all who watch are relaxed."""
        return bool(self.entries) and all(
            watcher.relaxed for entry in self.entries.values() for watcher in entry.watchers
        )

    @property
    def _quick(self) -> float:
        quick = RESOURCES[self.kind].quick_s
        return max(quick, RELAXED_S) if self.is_relaxed else quick


class Place:
    """One region as one profile sees it: what EC2 throttles together."""

    __slots__ = ("_lanes", "observing", "profile", "region", "trouble")

    def __init__(self, profile: str, region: str) -> None:
        self.profile = profile
        self.region = region
        self.trouble = Trouble()
        self.observing = False
        # Kept when nothing of the kind is watched any more: the time of the last observation still counts.
        self._lanes = {kind: Lane(kind) for kind in RESOURCES}

    def __iter__(self) -> Iterator[Lane]:
        """The lanes in which something is watched."""
        return (lane for lane in self._lanes.values() if lane.entries)

    def lane(self, kind: str) -> Lane:
        """The lane of a kind.

        Raises:
            KeyError: there is no such kind.
        """
        return self._lanes[kind]

    @property
    def due(self) -> float | None:
        """When to observe something here, in seconds since the epoch; `None` when nothing is watched."""
        due = min((lane.due for lane in self), default=None)
        return None if due is None else max(due, self.trouble.until)

    @property
    def error(self) -> AmituiError | None:
        """The failure of an observation here that is not over; `None` without one."""
        lanes = list(self)
        troubles = [self.trouble, *(lane.trouble for lane in lanes)] if lanes else []
        return next((trouble.error for trouble in troubles if trouble.error is not None), None)

    def wait(self, lane: Lane, now: float) -> float:
        """Seconds until the lane is to be observed; 0 or less: now."""
        return waiting(max(lane.due, self.trouble.until), now)


def waiting(due: float, now: float) -> float:
    """Seconds until then; 0 or less: now."""
    wait = due - now
    # No pause is that long: the wall clock has been set back.
    return wait if wait <= LONGEST_BACK_OFF_S else 0.0


def _rests(kind: str, observation: Observation | None) -> bool:
    return observation is not None and RESOURCES[kind].rests(observation.state, observation.facts)
