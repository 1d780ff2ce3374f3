"""Executes the steps of one operation, so that each call has one effect whenever the process dies.

An event is on the disk before a call is sent, and another before the next step. If the process dies between the
two, `call_step.py` reconciles the call with EC2.
"""

from __future__ import annotations

from typing import Any, TypeVar

from amitui.domain.operations.awaited import ENDED, IMAGE, resource_of
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, Result, apply
from amitui.domain.operations.placeholders import with_answers
from amitui.domain.operations.plan import Call, Watch
from amitui.domain.rollout.way_back import is_paused
from amitui.domain.timeline.observation import Observation
from amitui.operations.call_step import CallContext, CallStep, held_for_user, when_reachable
from amitui.operations.group_wait import GroupState, GroupWait
from amitui.operations.recovery import next_step, unsent_calls
from amitui.operations.row_refresher import Rows
from amitui.operations.runner_context import CONTINUE_OR_DROP, OnHold, Resumed, RunnerContext, StepFailed
from amitui.operations.step_observations import StepObservations, wait_failed

_T = TypeVar("_T")


class Runner:
    """The runner of one operation.

    Args:
        operation: as folded from the journal.
        context: the client, the poller, the journal and the clock.
        resumed: if it was begun before.
    """

    def __init__(self, operation: Operation, context: RunnerContext, resumed: Resumed | None = None) -> None:
        self.operation = operation
        self._context = context
        self._resumed = resumed is not None
        self._sent_at, self._may_send, self._insist = resumed or Resumed()
        self._wanted_at = self._began_at = context.now()
        self._stopping = False
        self._again: int | None = None
        """A step that is taken again before the operation goes on."""
        self._calling: CallStep | None = None

    @property
    def sending(self) -> bool:
        """A call is under way, or its answer is not on the disk yet: the runner must not be cancelled now."""
        return self._calling is not None and self._calling.sending

    def stop(self) -> None:
        """Execute no further step once the present one is in the journal."""
        self._stopping = True

    async def run(self) -> None:
        """Execute the remaining steps, to the end of the operation or until it is on hold.

        Raises:
            CacheError: the journal cannot be written; nothing is sent that is not in it.
        """
        try:
            if self._resumed:
                await self._check_account()
            while not self._stopping and (index := self._next()) is not None:
                if not self._may_send and self._sent_at is None and unsent_calls(self.operation):
                    raise held_for_user(self.operation, self._context.now())
                await self._execute_step(index)
            if not self._stopping and not self.operation.state.ended:
                await self._finish()
        except OnHold as held:
            await self._note(EventKind.ON_HOLD, why=held.why, remedy=held.remedy)
            self._checkpoint("held")

    def _next(self) -> int | None:
        again, self._again = self._again, None
        return next_step(self.operation) if again is None else again

    async def _execute_step(self, index: int) -> None:
        step = self.operation.plan.steps[index]
        try:
            if isinstance(step, Call):
                if self._sent_at is None:
                    self._check_paused(index)
                async with self._context.order(self.operation):
                    await self._call(index, step._replace(parameters=self._filled(step.parameters, step.action)))
            else:
                await self._watch(index, step)
        except StepFailed as failure:
            about = step.about if isinstance(step, Call) else ""
            await self._step_failed(index, {**failure.words, "about": about} if about else failure.words)
        self._sent_at = None
        self._wanted_at = self._context.now()

    def _filled(self, value: _T, action: str) -> _T:
        """A value of a step with its placeholders replaced by what earlier steps made."""
        try:
            filled: _T = with_answers(value, dict(self.operation.answers))
        except KeyError as error:
            missing = self.operation.plan.steps[error.args[0]]
            words = missing.action if isinstance(missing, Call) else f"see the {missing.kind}"
            raise StepFailed(
                f"could not {action}", f"it depends on the result of an earlier step: {words}"
            ) from error
        return filled

    async def _step_failed(self, index: int, words: dict[str, str]) -> None:
        event = self._event(EventKind.STEP_FAILED, step=index, **words)
        if next_step(apply(self.operation, event)) is None:
            await self._fail(words)
        else:
            await self._record(event)
            self._checkpoint("missed")

    async def _finish(self) -> None:
        found = self.operation
        if found.what:
            await self._fail(StepFailed(found.what, found.why, found.remedy, found.code).words)
            return
        await self._note(EventKind.DONE)
        self._checkpoint("done")
        self._refresh_rows()

    async def _fail(self, words: dict[str, str]) -> None:
        await self._record(self._event(EventKind.FAILED, **words))
        self._checkpoint("failed")
        self._refresh_rows()

    # Calls

    async def _call(self, index: int, call: Call) -> None:
        context = CallContext(self._context, lambda: self.operation, self._note)
        how = Resumed(self._sent_at, self._may_send, self._insist)
        self._calling = CallStep(context, index, call, how, self._wanted_at)
        try:
            answer = await self._calling.answer()
            self._checkpoint("accepted")
            found = answer.results or ((Result(call.about, True, "done"),) if call.about else ())
            results = [[one.subject, one.ok, one.words] for one in found]
            await self._note(EventKind.ACCEPTED, step=index, made=answer.made, results=results, note=answer.note)
        finally:
            self._calling = None
        self._checkpoint("answered")
        self._refresh_rows()

    # Credentials

    async def _check_account(self) -> None:
        wrong = await when_reachable(lambda: self._context.check(self.operation), self._context.sleep)
        if wrong:
            raise OnHold(wrong, f"sign in with the account that requested it; then {CONTINUE_OR_DROP}")

    # Watches

    async def _watch(self, index: int, watch: Watch) -> None:
        target = str(self._filled(watch.target, f"see the {watch.kind}") or self.operation.made)
        target = f"{watch.within}/{target}" if watch.within else target
        if watch.others:
            await self._watch_all(index, watch, target)
        else:
            await self._watch_one(index, watch, target)
        if self._again is not None:
            return
        # Before it is recorded as passed: whoever continues after a crash finds the pause younger than the step.
        self._check_paused(index + 1)
        await self._note(EventKind.PASSED, step=index)
        self._checkpoint("passed")

    async def _watch_all(self, index: int, watch: Watch, target: str) -> None:
        """Wait for several; what they all have come to is recorded together."""

        async def record(found: GroupState) -> None:
            data = found._asdict() | {"progress": found.percent}
            await self._record(self._event(EventKind.OBSERVED, step=index, **data), durable=False)
            self._checkpoint("seen")

        await GroupWait(self._context, self.operation, watch, (target, *watch.others)).run(record)

    async def _watch_one(self, index: int, watch: Watch, target: str) -> None:
        observations = StepObservations(self._context, self.operation, watch, target)
        try:
            seen = None
            while True:
                observation = await observations.next(self.operation.seen)
                if observation.content != seen:
                    await self._record_observation(index, watch, target, observation)
                seen = observation.content
                if observation.state in watch.until:
                    break
                if observation.state in watch.pausing:
                    self._pause(watch, target, observation)
                    break
                if observations.is_hopeless(observation):
                    raise wait_failed(watch, target, observation)
        finally:
            observations.close()

    def _pause(self, watch: Watch, target: str, observation: Observation) -> None:
        """Begin again what was paused, if its user has continued the operation since; else wait for them.

        Raises:
            OnHold: its user has to decide.
        """
        ended = float(dict(observation.facts).get(ENDED, 0))
        if self._insist and watch.restart is not None and ended <= self._began_at:
            self._again = watch.restart
            return
        noun = resource_of(watch.kind).noun_before_id
        begin = "> begins it again" if watch.restart is not None else "> looks again"
        if self.operation.plan.kind is OperationKind.ROLL_OUT:
            begin += ", u rolls it back"
        raise OnHold(
            f"{noun} {target} is {observation.state}" + (f": {observation.reason}" if observation.reason else ""),
            f"open Operations (o): {begin}, x gives it up",
        )

    def _check_paused(self, index: int) -> None:
        """Send nothing more for a roll-out that its user has paused.

        Args:
            index: the next step.

        Raises:
            OnHold: its user has to decide.
        """
        continued_at = self._began_at if self._insist else 0.0
        since = max(self.operation.step_since, continued_at)
        if is_paused(self.operation, index, self._context.operations(), since):
            raise OnHold(
                "paused: no further refresh begins",
                "open Operations (o): > continues it, u rolls it back, x gives it up",
            )

    async def _record_observation(self, index: int, watch: Watch, target: str, observation: Observation) -> None:
        before = self.operation
        if (observation.state, observation.progress, observation.reason) == (
            before.seen,
            before.progress,
            before.why,
        ):
            return
        data = {"state": observation.state, "progress": observation.progress, "reason": observation.reason}
        await self._record(self._event(EventKind.OBSERVED, step=index, **data), durable=False)
        self._checkpoint("seen")
        if watch.kind == IMAGE and observation.state != before.seen:
            self._context.refresh_rows(self._rows(watch.region), (target,))

    # The journal and the rows

    def _event(self, what: EventKind, /, **data: Any) -> Event:
        return Event(self.operation.id, self._context.now(), what, data)

    async def _note(self, what: EventKind, /, **data: Any) -> None:
        await self._record(self._event(what, **data))

    async def _record(self, event: Event, *, durable: bool = True) -> None:
        self.operation = await self._context.record(event, durable)

    def _checkpoint(self, point: str) -> None:
        self._context.checkpoint(point, self.operation)

    def _refresh_rows(self) -> None:
        refreshed = [*self.operation.plan.rows_to_refresh]
        if self.operation.made:
            refreshed.append((self.operation.plan.region, self.operation.made))
        for region in dict.fromkeys(region for region, _ in refreshed):
            here = [image_id for where, image_id in refreshed if where == region]
            self._context.refresh_rows(self._rows(region), here)

    def _rows(self, region: str) -> Rows:
        return Rows(self.operation.account, self.operation.profile, region)
