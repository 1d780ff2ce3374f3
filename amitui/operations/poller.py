"""Observes EC2 for every operation and pane that waits for something: once for all of them, never without need.

Subjects are observed together, by profile, region and kind, so that the number of calls grows with the regions and
not with the operations. The interval is short while something of that kind changes in that region, and grows while
nothing does. There is no deadline: EC2 takes its time, and whoever watches may stop.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from amitui.domain.timeline.observation import Observation, Subject
from amitui.ec2.query import Ec2Client, call_service
from amitui.ec2.reads.observations import observe
from amitui.errors import AmituiError, DeniedError, RejectedError
from amitui.operations.poll_schedule import Entry, Lane, Notify, Place, Watcher, waiting


class Poller:
    """Watches subjects and notifies their watchers of changes.

    Args:
        connect: the client of a profile; called before each round, as it may be another one after a login.
        now: seconds since the epoch.
        sleep: waits so many seconds; it is cancelled when there is something to do before.
        failed: is given what a `notify` raised, or what was not foreseen here; polling goes on after it. Without
            it the event loop's exception handler gets it.
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
        """Begin to observe what is watched; needs a running event loop. Harmless when it has begun already."""
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run(), name="poller")

    async def close(self) -> None:
        """Stop at once: calls under way are cancelled, and no watcher is notified any more."""
        self._places.clear()
        ending = [*self._rounds, *([self._running] if self._running else [])]
        self._running = None
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def watch(
        self, subject: Subject, notify: Notify, *, every: float | None = None, relaxed: bool = False
    ) -> Callable[[], None]:
        """Report observations of the subject: the first one, then each whose `Observation.content` differs.

        The newest observation, if there is one, is reported as soon as the caller yields to the event loop. An
        empty state means that EC2 does not list the subject (yet); `GONE`, that it no longer does.

        Args:
            every: report an unchanged subject too, so many seconds after the last report; `None` = never.
            relaxed: nothing waits for it: the kind may be observed less often there if all watchers say so.

        Returns:
            A function that ends it; it may be called from within `notify`, and more than once.

        Raises:
            KeyError: nothing of that kind can be observed.
        """
        where = (subject.profile, subject.region)
        lane = self._places.setdefault(where, Place(*where)).lane(subject.kind)
        was_relaxed = lane.is_relaxed
        entry = lane.entries.get(subject.id)
        is_new = entry is None
        if entry is None:
            entry = lane.entries[subject.id] = Entry()
        watcher = Watcher(notify, every, relaxed=relaxed)
        entry.watchers.append(watcher)
        if is_new or (was_relaxed and not relaxed):
            lane.hurry()
            self._wake.set()
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
        """A call has just been sent about the subject: discard what was observed before, and observe it at once.

        Only throttling still delays it. Does nothing for a subject that is not watched.
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
        """Why the last round there failed; `None` when it did not, or nothing is watched there."""
        place = self._places.get((profile, region))
        return place.error if place is not None else None

    def error_about(self, subject: Subject) -> AmituiError | None:
        """Why a subject could not be observed in the last round; `None` when it could, or is not watched."""
        found = self._find(subject)
        return None if found is None else found[0].trouble.error or found[1].trouble.error

    def interval(self, subject: Subject) -> float | None:
        """Seconds between two observations of the subject, as things are; `None` when it is not watched."""
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
        """Start a round in each place that is due; the seconds until the next place is due, `None` for never."""
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
            # A place that does not answer must not delay the others.
            task = asyncio.get_running_loop().create_task(self._observe_place(place), name="poller: look")
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)
        return min(waits, default=None)

    async def _pause(self, seconds: float | None) -> None:
        """Wait until a place is due or something wakes the loop; there is no timer when nothing will be due."""
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
        """Observe what is due in one place, one kind after the other, as they share the region's throttling."""
        try:
            for lane in list(place):
                if place.wait(lane, self._now()) <= 0:
                    await self._observe_lane(place, lane)
        except Exception as error:  # noqa: BLE001 - the next round takes place all the same
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
            # Being denied the calls for one kind says nothing about the other kinds.
            own = isinstance(error, DeniedError | RejectedError)
            (lane.trouble if own else place.trouble).begin(error, self._now())
            lane.end(self._now(), changed=False)
            return
        except Exception as error:  # noqa: BLE001 - a defect in one place must not stop the poller
            lane.trouble.begin(AmituiError("the check failed", why=type(error).__name__), self._now())
            lane.end(self._now(), changed=False)
            self._failed(error)
            return
        for trouble in (place.trouble, lane.trouble):
            trouble.end(self._now())
        changed = [self._note(lane, observation) for observation in seen]
        lane.end(self._now(), changed=any(changed))

    def _note(self, lane: Lane, observation: Observation) -> bool:
        """Store an observation and notify the watchers; whether anything has changed."""
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
        # The observation may have been discarded since.
        if entry.newest is not None:
            self._notify(watcher, entry.newest)

    def _notify(self, watcher: Watcher, observation: Observation) -> None:
        if self._running is None or not watcher.wants(observation):
            return
        watcher.last_content, watcher.notified_at = observation.content, observation.at
        try:
            watcher.notify(observation)
        except Exception as error:  # noqa: BLE001 - a defect in one pane must not keep the others from being notified
            self._failed(error)


class _Counting:
    """A client that counts its calls."""

    def __init__(self, connection: Ec2Client, calls: Counter[tuple[str, str]]) -> None:
        self._connection = connection
        self._calls = calls

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        self._count(region, operation)
        return await self._connection.call(region, operation, action, **parameters)

    async def service_call(
        self, service: str, region: str, operation: str, action: str, **parameters: Any
    ) -> dict[str, Any]:
        self._count(region, operation)
        return await call_service(self._connection, service, region, operation, action, **parameters)

    def _count(self, region: str, operation: str) -> None:
        self._calls[region, "".join(map(str.capitalize, operation.split("_")))] += 1


def _to_the_loop(error: Exception) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "the poller's watcher failed", "exception": error}
    )
