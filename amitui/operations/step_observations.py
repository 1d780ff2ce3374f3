"""What an operation waits for, as the poller sees it: what is gone, what only is not listed yet."""

from __future__ import annotations

import asyncio
from typing import Final

from amitui.domain.operations.awaited import GONE, RESOURCES, resource_of
from amitui.domain.operations.operation import Operation
from amitui.domain.operations.plan import Watch
from amitui.domain.timeline.observation import Observation, Subject
from amitui.operations.runner_context import RunnerContext, StepFailed

OLD_TASK_S: Final = 900.0
"""A task that began so many seconds before this one was asked for is another one; EC2 refuses requests of clocks
that are as far off."""
CONFIRM_S: Final = 30.0
"""For how long what was seen before a restart must be missing until it counts as gone."""

STUCK_S: Final = 600.0
"""For how long something must rest in a state that is not waited for until nothing more is expected: EC2's lists
lag behind by a minute or two after it accepted a request."""
_AGAIN_S: Final = 60.0
"""How often it is told that something is as it was."""


class StepObservations:
    """The sightings of what one step waits for, from now on; `close` ends them.

    Args:
        context: whose poller looks.
        operation: whose step it is.
        watch: what is waited for.
        target: its id.
    """

    def __init__(self, context: RunnerContext, operation: Operation, watch: Watch, target: str) -> None:
        self._sleep = context.sleep
        self._watch = watch
        self._since = operation.began_at - OLD_TASK_S
        self._queue: asyncio.Queue[Observation] = asyncio.Queue()
        self._state, self._state_since = "", 0.0
        subject = Subject(operation.profile, watch.region, watch.kind, target)
        self.close = context.poller.watch(subject, self._queue.put_nowait, every=_AGAIN_S)
        # What was seen before the call says nothing about what became of it.
        context.poller.observe_soon(subject)

    async def next(self, seen: str) -> Observation:
        """The next sighting that says something; what EC2 no longer lists is `GONE`.

        Args:
            seen: the state that was seen before; empty = none.
        """
        while True:
            observation = await self._queue.get()
            if self._is_older_task(observation):
                continue
            if observation.state:
                return observation
            gone = observation._replace(state=GONE)
            if GONE in self._watch.until:
                return gone  # it was there, as it was asked to go
            if not seen:
                return observation
            # Seen before a restart: the poller of this process does not know that it was ever there.
            if await self._stays_missing():
                return gone

    def is_stuck(self, observation: Observation) -> bool:
        """Whether it has rested for long in a state that is not waited for, or EC2 has long not listed it.

        Args:
            observation: each that `next` gives, in turn.
        """
        if observation.state != self._state or not self._state_since:
            self._state, self._state_since = observation.state, observation.at
        rests = not observation.state or observation.state in RESOURCES[self._watch.kind].settled
        return rests and observation.at - self._state_since >= STUCK_S

    async def _stays_missing(self) -> bool:
        """Whether nothing else is seen for a while; a sighting that comes stays where it is."""
        coming = asyncio.ensure_future(self._queue.get())
        pause = asyncio.ensure_future(self._sleep(CONFIRM_S))
        try:
            await asyncio.wait((coming, pause), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return True
            self._queue.put_nowait(coming.result())
            return False
        finally:
            coming.cancel()
            pause.cancel()

    def _is_older_task(self, observation: Observation) -> bool:
        began = dict(observation.facts).get("began_at", "")
        return bool(began) and float(began) < self._since


def wait_failed(watch: Watch, target: str, observation: Observation) -> StepFailed:
    """What to say of something that will not get there."""
    noun = resource_of(watch.kind).noun_before_id
    wanted = " or ".join(watch.until)
    if not observation.state:
        return StepFailed(f"{noun} {target} did not become {wanted}", "EC2 does not list it")
    return StepFailed(f"{noun} {target} did not become {wanted}: it is {observation.state}", observation.reason)
