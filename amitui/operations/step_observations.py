"""What one step waits for, as the poller observes it; what is gone and what is not listed yet are kept apart."""

from __future__ import annotations

import asyncio
from typing import Final

from amitui.domain.operations.awaited import GONE, RESOURCES, resource_of
from amitui.domain.operations.operation import Operation
from amitui.domain.operations.plan import Watch
from amitui.domain.timeline.observation import Observation, Subject
from amitui.operations.runner_context import RunnerContext, StepFailed

OLD_TASK_S: Final = 900.0
"""A store task that began so many seconds before the operation is another one; EC2 refuses requests whose clock is
as far off."""
CONFIRM_S: Final = 30.0
"""For how long something observed before a restart must be missing until it counts as gone."""
_AGAIN_S: Final = 60.0
"""How often an unchanged state is reported again."""


class StepObservations:
    """The observations of what one step waits for, from now on; `close` ends them.

    Args:
        context: whose poller observes.
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
        # An observation from before the call says nothing about its effect.
        context.poller.observe_soon(subject)

    async def next(self, seen: str) -> Observation:
        """The next observation that matters; what EC2 no longer lists has the state `GONE`.

        Args:
            seen: the state that was observed before; empty = none.
        """
        while True:
            observation = await self._queue.get()
            if self._is_older_task(observation):
                continue
            if observation.state:
                return observation
            gone = observation._replace(state=GONE)
            if GONE in self._watch.until:
                return gone  # it was there before: the call was to remove it
            if not seen:
                return observation
            # Observed before a restart: the poller of this process does not know that it was ever there.
            if await self._stays_missing():
                return gone

    def is_hopeless(self, observation: Observation) -> bool:
        """Whether what is waited for will not come any more.

        Args:
            observation: each that `next` returns, in turn, unless it ends the wait.
        """
        return observation.state in self._watch.failing or observation.state == GONE or self._is_stuck(observation)

    def _is_stuck(self, observation: Observation) -> bool:
        """Whether it has long been in a state that is not waited for, or EC2 has long not listed it."""
        if observation.state != self._state or not self._state_since:
            self._state, self._state_since = observation.state, observation.at
        spec = RESOURCES[self._watch.kind]
        rests = not observation.state or spec.settles(observation.state)
        return rests and observation.at - self._state_since >= spec.stuck_s

    async def _stays_missing(self) -> bool:
        """Whether no other observation comes for a while; one that comes stays in the queue."""
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
    """The failure of a wait whose target will not reach the state that is waited for."""
    spec = resource_of(watch.kind)
    noun = spec.noun_before_id
    wanted = " or ".join(watch.until)
    if not observation.state:
        return StepFailed(f"{noun} {target} did not become {wanted}", spec.stuck_why or "EC2 does not list it")
    why = observation.reason or ("" if observation.state in watch.failing else spec.stuck_why)
    return StepFailed(f"{noun} {target} did not become {wanted}: it is {observation.state}", why)
