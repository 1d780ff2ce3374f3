"""Takes one operation through its steps, so that each call has one effect whatever dies when.

That a call is about to be sent is on the disk before it is sent, and that it was accepted before the next step.
Between the two nobody knows: then EC2 is asked what became of it (`ec2/evidence.py`), and the call is sent again
only if it did not happen, or if a second time has no effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from amitui.domain.operation import Event, Operation, Result, What, after
from amitui.domain.plan import GONE, IMAGE, Call, Watch, answered, withheld_in
from amitui.domain.sighting import Sighting
from amitui.ec2.evidence import APART_S, is_repetition, outcome
from amitui.ec2.looking import Found
from amitui.ec2.performing import Answer, Asks, perform
from amitui.errors import (
    AmituiError,
    CredentialsError,
    DeniedError,
    NetworkError,
    RegionError,
    RejectedError,
    ThrottledError,
    UsageError,
)
from amitui.lifecycle.recovery import RESUME_WITHIN_S, ago, calls_left, left_undone, next_step
from amitui.lifecycle.seeing import Sightings, never
from amitui.lifecycle.steps import GO_OR_DROP, NOT_KEPT, NOT_KEPT_REMEDY, Hands, Held, Missed, Pauses, Resumed
from amitui.lifecycle.touches import Rows

_REFUSALS: Final = (DeniedError, RejectedError, RegionError, UsageError)
"""EC2, or amitui itself, did not accept the call. After any other failure it may have happened."""

_LATER_LOOKS: Final = (1, 2, 4, 8)
"""Pauses, in multiples of `APART_S`, between looks for what EC2's refusal of a repetition says is there: a name
can be taken a minute before the list shows by whom."""

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
        self.sending = False
        """A call is under way, or its answer is not on the disk yet: not a moment to be stopped in."""
        self._hands = hands
        self._resumed = resumed is not None
        self._asked_at, self._may_send, self._insist = resumed or Resumed()
        self._willed_at = hands.now()
        self._stopping = False

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
                    raise self._left()
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
        try:
            answer = await self._answer(index, call)
            self._at("accepted")
            found = answer.results or ((Result(call.about, True, "done"),) if call.about else ())
            results = [[one.subject, one.ok, one.words] for one in found]
            await self._note(What.ANSWERED, step=index, made=answer.made, results=results, note=answer.note)
        finally:
            self.sending = False
        self._at("answered")
        self._touch()

    async def _answer(self, index: int, call: Call) -> Answer:
        """What EC2 says to the call, once it is known that it has happened."""
        pauses = Pauses(self._hands.sleep)
        while True:
            connection = await self._connected()
            unsure = self._asked_at is not None
            if unsure and (known := await self._known(connection, call)) is not None:
                return known
            self._check_will(call)
            self._check_private(call)
            self.sending = True
            await self._ask(index)
            try:
                return await self._sent(connection, call, pauses)
            except CredentialsError as error:
                raise Held.because(error) from error
            except _REFUSALS as error:
                if unsure and (known := await self._repeated(connection, call, error)) is not None:
                    return known
                raise Missed.by(error) from error
            except AmituiError as error:
                await self._note(What.UNSURE, step=index, why=error.what)
                self._at("unsure")
            self.sending = False
            await pauses.next()

    async def _ask(self, index: int) -> None:
        await self._note(What.ASKED, step=index)
        if self._asked_at is None:
            self._asked_at = self.operation.step_since
        self._at("asked")

    async def _sent(self, connection: Asks, call: Call, pauses: Pauses) -> Answer:
        while True:
            try:
                return await perform(connection, call, self._hands.private(self.operation))
            except ThrottledError:
                await pauses.next()

    async def _known(self, connection: Asks, call: Call) -> Answer | None:
        """The answer to a call that has happened; `None` when it is to be sent."""
        pauses = Pauses(self._hands.sleep)
        snapshots = [str(one) for one in self.operation.plan.before.get("snapshots") or ()]
        while True:
            try:
                found = await outcome(
                    connection, call, self._asked_at or 0.0, snapshots=snapshots, sleep=self._hands.sleep
                )
            except CredentialsError as error:
                raise Held.because(error) from error
            except _REFUSALS as error:
                if self._insist:
                    return None
                raise Held(
                    f"whether EC2 came to {call.action} cannot be found out: {error.what}",
                    f"look whether it happened; {GO_OR_DROP}",
                ) from error
            except AmituiError:
                await pauses.next()
                connection = await self._connected()
                continue
            if found.found is Found.UNKNOWN and not self._insist:
                raise Held(
                    f"whether EC2 came to {call.action} cannot be found out",
                    f"look whether it happened; {GO_OR_DROP}",
                )
            happened = found.found is Found.HAPPENED
            return Answer(found.made, found.results, found.note) if happened else None

    async def _repeated(self, connection: Asks, call: Call, error: AmituiError) -> Answer | None:
        """The answer to a call that was refused only because it had its effect the first time."""
        known = await self._known(connection, call)
        if known is None and is_repetition(call, str(getattr(error, "code", ""))):
            return Answer()
        for factor in _LATER_LOOKS if isinstance(error, RejectedError) else ():
            if known is not None:
                break
            await self._hands.sleep(factor * APART_S)
            known = await self._known(connection, call)
        return known

    def _check_will(self, call: Call) -> None:
        """Send nothing of which its user may no longer think."""
        if not self._may_send:
            raise self._left()
        since = self._hands.now() - self._willed_at
        if since > RESUME_WITHIN_S:
            why = self.operation.why or "EC2 did not answer"
            raise Held(f"for {since // 60:.0f} min nobody could {call.action}: {why}", GO_OR_DROP)

    def _check_private(self, call: Call) -> None:
        """Send nothing of which a part is gone with the process that knew it."""
        if withheld_in(call.parameters) - set(self._hands.private(self.operation)):
            raise Held(f"{NOT_KEPT}: not done yet: {call.action}", NOT_KEPT_REMEDY)

    def _left(self) -> Held:
        since = ago(self._hands.now() - self.operation.began_at)
        return Held(
            f"amitui ended before it was through; asked for {since}, {left_undone(self.operation)}", GO_OR_DROP
        )

    # Whose credentials

    async def _connected(self) -> Asks:
        return await self._without_haste(lambda: self._hands.connect(self.operation.profile))

    async def _check_account(self) -> None:
        wrong = await self._without_haste(lambda: self._hands.check(self.operation))
        if wrong:
            raise Held(wrong, f"log in with the account that it was asked for with; then {GO_OR_DROP}")

    async def _without_haste(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """What `ask` gives, as soon as the network lets it."""
        pauses = Pauses(self._hands.sleep)
        while True:
            try:
                return await ask()
            except (NetworkError, ThrottledError):
                await pauses.next()
            except AmituiError as error:
                raise Held.because(error) from error

    # Watches

    async def _watch(self, index: int, watch: Watch) -> None:
        target = self._filled(watch.target, f"see the {watch.kind}") or self.operation.made
        sightings = Sightings(self._hands, self.operation, watch, target)
        try:
            while True:
                sighting = await sightings.next(self.operation.seen)
                await self._see(index, watch, target, sighting)
                if sighting.state in watch.until:
                    break
                if sighting.state in watch.failing or sighting.state == GONE:
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
