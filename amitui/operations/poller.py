"""The one that looks at EC2 for everybody who waits for something: once for all panes, never without need.

What is watched is looked at together, by profile, region and kind, so that calls grow with the regions and not
with the operations: often while something of a kind changes in a region, and ever less while nothing does. There
is no deadline: EC2 takes its time, and whoever watches may stop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from amitui.domain.timeline.observation import Observation, Subject
from amitui.ec2.query import Ec2Client
from amitui.ec2.reads.observations import observe
from amitui.errors import AmituiError, DeniedError, RejectedError
from amitui.operations.poll_schedule import Entry, Lane, Notify, Place, Watcher, waiting


class Poller:
    """Watches subjects and tells what changes about them.

    Args:
        connect: the connection of a profile; asked before each look, as it may be another one after a login.
        now: seconds since the epoch.
        sleep: waits so many seconds; it is cancelled when there is something to do before.
        failed: is given what a `notify` raised, or what was not foreseen here; polling goes on after it. Without it
            the event loop's exception handler gets it.
    """

    def __init__(
        self,
        connect: Callable[[str], Awaitable[Ec2Client]],
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        """Calls made so far by (region, EC2's name of the operation)."""
        self._connect = connect
        self._now = now
        self._sleep = sleep
        self._failed = failed or _to_the_loop
        self._places: dict[tuple[str, str], Place] = {}
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._rounds: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to look at what is watched; needs a running event loop. Harmless when it has begun already."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run(), name="poller")

    async def close(self) -> None:
        """Stop at once: calls under way are given up, and nobody is told anything any more."""
        self._places.clear()
        ending = [*self._rounds, *([self._running] if self._running else [])]
        self._running = None
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def watch(self, subject: Subject, notify: Notify, *, every: float | None = None) -> Callable[[], None]:
        """Tell what is seen of the subject: once, and then whenever `Observation.content` changes.

        The newest sighting, if there is one, is told as soon as the caller gives way to the event loop. An empty
        state means that EC2 does not list the subject, which it may still do; `GONE`, that it no longer does.

        Args:
            every: tell also that nothing has changed, so many seconds after the last time; `None` = never.

        Returns:
            What stops it; also from within `notify`, and more than once.

        Raises:
            KeyError: nothing of that kind can be looked at.
        """
        where = (subject.profile, subject.region)
        lane = self._places.setdefault(where, Place(*where)).lane(subject.kind)
        entry = lane.entries.get(subject.id)
        if entry is None:
            entry = lane.entries[subject.id] = Entry()
            lane.hurry()
            self._wake.set()
        watcher = Watcher(notify, every)
        entry.watchers.append(watcher)
        if entry.newest is not None:
            asyncio.get_running_loop().call_soon(self._notify_first, watcher, entry)

        def stop() -> None:
            watcher.stopped = True
            if watcher in entry.watchers:
                entry.watchers.remove(watcher)
            if not entry.watchers and lane.entries.get(subject.id) is entry:
                del lane.entries[subject.id]

        return stop

    def observe_soon(self, subject: Subject) -> None:
        """Something has just been asked of the subject: what was seen of it before is old, look again at once.

        Only throttling is still waited for. Nothing happens when the subject is not watched.
        """
        found = self._find(subject)
        if found is None:
            return
        place, lane = found
        lane.entries[subject.id].forget()
        for trouble in (place.trouble, lane.trouble):
            trouble.try_now()
        lane.hurry()
        self._wake.set()

    def last_error(self, profile: str, region: str) -> AmituiError | None:
        """Why the last look there failed; `None` when it did not, or nothing is watched there."""
        place = self._places.get((profile, region))
        return place.error if place is not None else None

    def interval(self, subject: Subject) -> float | None:
        """Seconds between two looks at the subject, as things are; `None` when it is not watched."""
        found = self._find(subject)
        if found is None:
            return None
        place, lane = found
        return max(lane.interval, lane.trouble.seconds, place.trouble.seconds)

    def _find(self, subject: Subject) -> tuple[Place, Lane] | None:
        """Where the subject is watched."""
        place = self._places.get((subject.profile, subject.region))
        if place is None or subject.id not in place.lane(subject.kind).entries:
            return None
        return place, place.lane(subject.kind)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            await self._pause(self._start_rounds())

    def _start_rounds(self) -> float | None:
        """Begin to look where it is time to; the seconds until it is time elsewhere, `None` for never."""
        waits = []
        for place in self._places.values():
            due = None if place.observing else place.due
            if due is None:
                continue
            wait = waiting(due, self._now())
            if wait > 0:
                waits.append(wait)
                continue
            place.observing = True
            # A place that does not answer must not keep the others from being looked at.
            task = asyncio.get_running_loop().create_task(self._observe_place(place), name="poller: look")
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)
        return min(waits, default=None)

    async def _pause(self, seconds: float | None) -> None:
        """Wait until it is time or something wakes the loop; there is no timer when nothing will be due."""
        if seconds is None:
            await self._wake.wait()
            return
        tasks = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._sleep(seconds))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _observe_place(self, place: Place) -> None:
        """Look at what is due in one place, a kind after the other as a region's throttle is one."""
        try:
            for lane in list(place):
                if place.wait(lane, self._now()) <= 0:
                    await self._observe_lane(place, lane)
        except Exception as error:  # noqa: BLE001 - the next look is taken all the same
            self._failed(error)
        finally:
            place.observing = False
            self._wake.set()

    async def _observe_lane(self, place: Place, lane: Lane) -> None:
        at = self._now()
        ids = lane.begin(at)
        try:
            connection = _Counting(await self._connect(place.profile), self.calls)
            seen = await observe(connection, place.region, lane.kind, ids, place.profile, at)
        except AmituiError as error:
            # What one may not ask of one kind says nothing about the others.
            own = isinstance(error, DeniedError | RejectedError)
            (lane.trouble if own else place.trouble).begin(error, self._now())
            lane.end(self._now(), changed=False)
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours in one place must not end all looking
            lane.trouble.begin(AmituiError("the look failed", why=type(error).__name__), self._now())
            lane.end(self._now(), changed=False)
            self._failed(error)
            return
        for trouble in (place.trouble, lane.trouble):
            trouble.end(self._now())
        changed = [self._note(lane, observation) for observation in seen]
        lane.end(self._now(), changed=any(changed))

    def _note(self, lane: Lane, observation: Observation) -> bool:
        """Take a sighting in and tell it; whether it is news."""
        entry = lane.entries.get(observation.subject.id)
        if entry is None:
            return False
        changes = entry.take(observation)
        seen = entry.newest if changes is None else changes
        if seen is not None and seen.at == observation.at:
            for watcher in list(entry.watchers):
                self._notify(watcher, seen)
        return changes is not None

    def _notify_first(self, watcher: Watcher, entry: Entry) -> None:
        # What there was may have become old since.
        if entry.newest is not None:
            self._notify(watcher, entry.newest)

    def _notify(self, watcher: Watcher, observation: Observation) -> None:
        if self._running is None or not watcher.wants(observation):
            return
        watcher.last_content, watcher.notified_at = observation.content, observation.at
        try:
            watcher.notify(observation)
        except Exception as error:  # noqa: BLE001 - one pane's fault must not keep the news from the others
            self._failed(error)


class _Counting:
    """A connection that counts what is asked through it."""

    def __init__(self, connection: Ec2Client, calls: Counter[tuple[str, str]]) -> None:
        self._connection = connection
        self._calls = calls

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        self._calls[region, "".join(map(str.capitalize, operation.split("_")))] += 1
        return await self._connection.call(region, operation, action, **parameters)


def _to_the_loop(error: Exception) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "the poller's watcher failed", "exception": error}
    )
