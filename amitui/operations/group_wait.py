"""One step that waits for several things of a kind: each is observed for itself, and they are counted together.

Two hundred instances that end are one step of the journal with one line on the screen, `137 of 200`, and not two
hundred waits one after the other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from amitui.domain.operations.awaited import resource_of
from amitui.domain.operations.operation import Operation
from amitui.domain.operations.plan import Watch
from amitui.operations.runner_context import RunnerContext, StepFailed
from amitui.operations.step_observations import StepObservations, wait_failed

_NAMED: Final = 3
"""Most failures that are told one by one."""


class GroupState(NamedTuple):
    """How far all of them have come."""

    reached: int
    """How many are in the state that is waited for."""
    of: int
    state: str
    """The state that most of the others are in; empty = none was observed."""
    reason: str = ""
    """Why some will not get there."""

    @property
    def percent(self) -> int:
        """How many have reached it, in per cent; 100 only when all have."""
        return 100 * self.reached // self.of


class GroupWait:
    """Waits until each of several things is in a state that the step waits for, or never will be.

    Args:
        context: whose poller observes.
        operation: whose step it is.
        watch: what is waited for.
        targets: their ids.
    """

    def __init__(self, context: RunnerContext, operation: Operation, watch: Watch, targets: Sequence[str]) -> None:
        self._context, self._operation, self._watch = context, operation, watch
        self._states = dict.fromkeys(targets, "")
        self._reached: set[str] = set()
        self._failures: dict[str, StepFailed] = {}
        self._changed = asyncio.Event()

    async def run(self, record: Callable[[GroupState], Awaitable[None]]) -> None:
        """Wait for all.

        Args:
            record: is given how far they have come, whenever that has changed.

        Raises:
            StepFailed: one or more will not get there; the others have.
        """
        waits = [asyncio.ensure_future(self._wait_for(target)) for target in self._states]
        recorded: GroupState | None = None
        try:
            while not all(one.done() for one in waits):
                # All that one round of the poller has observed comes in one turn of the event loop.
                await self._changed.wait()
                self._changed.clear()
                for one in waits:
                    if one.done():
                        one.result()
                if (now := self._state()) != recorded:
                    await record(now)
                    recorded = now
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        if self._failures:
            raise self._failure()

    async def _wait_for(self, target: str) -> None:
        observations = StepObservations(self._context, self._operation, self._watch, target)
        seen = self._operation.seen
        try:
            while True:
                observation = await observations.next(seen)
                seen = self._states[target] = observation.state
                if observation.state in self._watch.until:
                    self._reached.add(target)
                    return
                if observations.is_hopeless(observation):
                    self._failures[target] = wait_failed(self._watch, target, observation)
                    return
                self._changed.set()
        finally:
            observations.close()
            self._changed.set()

    def _state(self) -> GroupState:
        on_the_way = Counter(state for one, state in self._states.items() if one not in self._reached and state)
        state = on_the_way.most_common(1)[0][0] if on_the_way else self._watch.until[0] if self._reached else ""
        return GroupState(len(self._reached), len(self._states), state, self._reason())

    def _reason(self) -> str:
        count = len(self._failures)
        return f"{count} of {len(self._states)} failed" if count else ""

    def _failure(self) -> StepFailed:
        failures = list(self._failures.values())
        nouns, wanted = resource_of(self._watch.kind).nouns, " or ".join(self._watch.until)
        told = [": ".join(filter(None, (one.words["what"], one.words["why"]))) for one in failures[:_NAMED]]
        more = [f"{len(failures) - _NAMED} more"] if len(failures) > _NAMED else []
        what = f"{len(failures)} of {len(self._states)} {nouns} did not become {wanted}"
        return StepFailed(what, "; ".join(told + more))
