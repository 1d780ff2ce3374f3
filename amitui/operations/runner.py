"""Takes one operation through its steps, so that each call has one effect whatever dies when.

That a call is about to be sent is on the disk before it is sent, and that it was accepted before the next step.
What lies between the two is settled by `calling.py`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from amitui.domain.operations.awaited import GONE, IMAGE
from amitui.domain.operations.operation import Event, Operation, Result, What, after
from amitui.domain.operations.placeholders import answered
from amitui.domain.operations.plan import Call, Watch
from amitui.domain.timeline.observation import Sighting
from amitui.operations.calling import CallStep, Surroundings, left_to_its_user, patiently
from amitui.operations.observing import Sightings, never
from amitui.operations.recovery import calls_left, next_step
from amitui.operations.row_refresh import Rows
from amitui.operations.runner_context import GO_OR_DROP, Hands, Held, Missed, Resumed

_T = TypeVar("_T")


class Runner:
    """One operation on its way.

    Args:
        operation: as the journal tells it.
        hands: what it works with.
        resumed: if it was begun before.
    """

    def __init__(self, operation: Operation, hands: Hands, resumed: Resumed | None = None) -> None:
        self.operation = operation
        self._hands = hands
        self._resumed = resumed is not None
        self._asked_at, self._may_send, self._insist = resumed or Resumed()
        self._willed_at = hands.now()
        self._stopping = False
        self._calling: CallStep | None = None

    @property
    def sending(self) -> bool:
        """A call is under way, or its answer is not on the disk yet: not a moment to be stopped in."""
        return self._calling is not None and self._calling.sending

    def stop(self) -> None:
        """Take no further step once the present one has been written down."""
        self._stopping = True

    async def run(self) -> None:
        """Take the steps that are left, to the end of the operation or until it has to wait for its user.

        Raises:
            CacheError: the journal cannot be written; nothing is sent that is not in it.
        """
        try:
            if self._resumed:
                await self._check_account()
            while not self._stopping and (index := next_step(self.operation)) is not None:
                if not self._may_send and self._asked_at is None and calls_left(self.operation):
                    raise left_to_its_user(self.operation, self._hands.now())
                await self._take(index)
            if not self._stopping and not self.operation.state.ended:
                await self._end()
        except Held as held:
            await self._note(What.HELD, why=held.why, remedy=held.remedy)
            self._at("held")

    async def _take(self, index: int) -> None:
        step = self.operation.plan.steps[index]
        try:
            if isinstance(step, Call):
                async with self._hands.order(self.operation):
                    await self._call(index, step._replace(parameters=self._filled(step.parameters, step.action)))
            else:
                await self._watch(index, step)
        except Missed as missed:
            about = step.about if isinstance(step, Call) else ""
            await self._miss(index, {**missed.words, "about": about} if about else missed.words)
        self._asked_at = None
        self._willed_at = self._hands.now()

    def _filled(self, value: _T, action: str) -> _T:
        """Something of a step with what earlier steps made in its place."""
        try:
            filled: _T = answered(value, dict(self.operation.answers))
        except KeyError as error:
            missing = self.operation.plan.steps[error.args[0]]
            words = missing.action if isinstance(missing, Call) else f"see the {missing.kind}"
            raise Missed(f"could not {action}", f"it needs what came of an earlier step: {words}") from error
        return filled

    async def _miss(self, index: int, words: dict[str, str]) -> None:
        event = self._event(What.MISSED, step=index, **words)
        if next_step(after(self.operation, event)) is None:
            await self._fail(words)
        else:
            await self._record(event)
            self._at("missed")

    async def _end(self) -> None:
        found = self.operation
        if found.what:
            await self._fail(Missed(found.what, found.why, found.remedy, found.code).words)
            return
        await self._note(What.DONE)
        self._at("done")
        self._touch()

    async def _fail(self, words: dict[str, str]) -> None:
        await self._record(self._event(What.FAILED, **words))
        self._at("failed")
        self._touch()

    # Calls

    async def _call(self, index: int, call: Call) -> None:
        around = Surroundings(self._hands, lambda: self.operation, self._note)
        how = Resumed(self._asked_at, self._may_send, self._insist)
        self._calling = CallStep(around, index, call, how, self._willed_at)
        try:
            answer = await self._calling.answer()
            self._at("accepted")
            found = answer.results or ((Result(call.about, True, "done"),) if call.about else ())
            results = [[one.subject, one.ok, one.words] for one in found]
            await self._note(What.ANSWERED, step=index, made=answer.made, results=results, note=answer.note)
        finally:
            self._calling = None
        self._at("answered")
        self._touch()

    # Whose credentials

    async def _check_account(self) -> None:
        wrong = await patiently(lambda: self._hands.check(self.operation), self._hands.sleep)
        if wrong:
            raise Held(wrong, f"log in with the account that it was asked for with; then {GO_OR_DROP}")

    # Watches

    async def _watch(self, index: int, watch: Watch) -> None:
        target = str(self._filled(watch.target, f"see the {watch.kind}") or self.operation.made)
        sightings = Sightings(self._hands, self.operation, watch, target)
        try:
            seen = None
            while True:
                sighting = await sightings.next(self.operation.seen)
                if sighting.told != seen:
                    await self._see(index, watch, target, sighting)
                seen = sighting.told
                if sighting.state in watch.until:
                    break
                if sighting.state in watch.failing or sighting.state == GONE or sightings.is_stuck(sighting):
                    raise never(watch, target, sighting)
        finally:
            sightings.close()
        await self._note(What.PASSED, step=index)
        self._at("passed")

    async def _see(self, index: int, watch: Watch, target: str, sighting: Sighting) -> None:
        before = self.operation
        if (sighting.state, sighting.progress, sighting.reason) == (before.seen, before.progress, before.why):
            return
        data = {"state": sighting.state, "progress": sighting.progress, "reason": sighting.reason}
        await self._record(self._event(What.SEEN, step=index, **data), durable=False)
        self._at("seen")
        if watch.kind == IMAGE and sighting.state != before.seen:
            self._hands.touch(self._rows(watch.region), (target,))

    # The journal and the rows

    def _event(self, what: What, /, **data: Any) -> Event:
        return Event(self.operation.id, self._hands.now(), what, data)

    async def _note(self, what: What, /, **data: Any) -> None:
        await self._record(self._event(what, **data))

    async def _record(self, event: Event, *, durable: bool = True) -> None:
        self.operation = await self._hands.record(event, durable)

    def _at(self, point: str) -> None:
        self._hands.checkpoint(point, self.operation)

    def _touch(self) -> None:
        touched = [*self.operation.plan.touches]
        if self.operation.made:
            touched.append((self.operation.plan.region, self.operation.made))
        for region in dict.fromkeys(region for region, _ in touched):
            here = [image_id for where, image_id in touched if where == region]
            self._hands.touch(self._rows(region), here)

    def _rows(self, region: str) -> Rows:
        return Rows(self.operation.account, self.operation.profile, region)
