"""Executes one call of an operation until its outcome is known.

Only an answer that EC2 documents as a refusal ends a call at once. After every other failure (no answer, a
server's error, a page that is not EC2's, an unknown code) the call is reconciled with EC2
(`ec2/writes/reconcile.py`). It is sent again, with the same client token, only if it did not happen or if a
repetition has no effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, TypeVar

from amitui.domain.operations.apis import APIS, Evidence
from amitui.domain.operations.operation import EventKind, Operation, Result
from amitui.domain.operations.placeholders import withheld_in
from amitui.domain.operations.plan import Call, Step
from amitui.ec2.errors.refusals import PASSING
from amitui.ec2.query import Ec2Client
from amitui.ec2.writes.execute import Answer, execute
from amitui.ec2.writes.reconcile import APART_S, is_repetition, reconcile
from amitui.ec2.writes.reconcile_search import Found
from amitui.errors import AmituiError, CredentialsError, NetworkError, RejectedError, ThrottledError, UsageError
from amitui.operations.recovery import RESUME_WITHIN_S, ago, is_imperative, unsent_actions
from amitui.operations.runner_context import (
    CONTINUE_OR_DROP,
    NOT_KEPT,
    NOT_KEPT_REMEDY,
    OnHold,
    Pauses,
    Resumed,
    RunnerContext,
    StepFailed,
)
from amitui.presentation.aws_command import aws_command

MOST_UNCLEAR_ANSWERS: Final = 3
"""How often a call is sent if EC2 answers with errors that it does not document as refusals."""

_LATER_PAUSES: Final = (1, 2, 4, 8)
"""Pauses, in multiples of `APART_S`, before each further reconciliation after EC2 refused a repetition: a name can
be taken a minute before the list shows the image that has it."""

_NOT_HAPPENED: Final = "amitui checked with EC2: it did not happen"

_T = TypeVar("_T")


class CallContext(NamedTuple):
    """The operation that a call belongs to."""

    context: RunnerContext
    operation: Callable[[], Operation]
    """As it is now."""
    note: Callable[..., Awaitable[None]]
    """Writes an event to the journal: its kind, and its data by name."""


class CallStep:
    """One call of one operation.

    Args:
        around: the operation that it belongs to.
        index: which step of the plan it is.
        call: its placeholders replaced by the answers of earlier steps.
        resumed: what is known of it if it was begun before, and whether it may be sent.
        wanted_at: when its user last requested it, in seconds since the epoch.
    """

    def __init__(self, context: CallContext, index: int, call: Call, resumed: Resumed, wanted_at: float) -> None:
        self.sending = False
        """It is being sent, or its answer is not on the disk yet: it must not be cancelled now."""
        self._context, self._operation, self._note = context
        self._index, self._call = index, call
        self._sent_at, self._may_send, self._insist = resumed
        self._wanted_at = wanted_at
        self._is_imperative = is_imperative(call)
        self._failure: AmituiError | None = None
        """The last one."""
        self._unclear_answers = 0
        """How many errors came that leave open whether the call happened."""
        self._throttled = False

    async def answer(self) -> Answer:
        """EC2's answer to the call, once it is known that the call has happened.

        Raises:
            StepFailed: it has not happened, and is not sent again.
            OnHold: its user has to decide.
            CacheError: the journal cannot be written; nothing was sent that is not in it.
        """
        pauses = Pauses(self._context.sleep)
        while True:
            connection = await self._connected()
            unsure = self._sent_at is not None
            if unsure and (answer := await self._reconciled(connection)) is not None:
                return answer
            self._check_failures()
            self._check_still_wanted(reconciled=unsure)
            self._check_private()
            self.sending = True
            await self._record_sending()
            try:
                return await self._send(connection, pauses)
            except AmituiError as error:
                answer = await self._failed(connection, error, unsure=unsure)
                if answer is not None:
                    return answer
            self.sending = False
            await pauses.next()

    async def _record_sending(self) -> None:
        await self._note(EventKind.SENDING, step=self._index)
        if self._sent_at is None:
            self._sent_at = self._operation().step_since
        self._context.checkpoint("asked", self._operation())

    async def _send(self, connection: Ec2Client, pauses: Pauses) -> Answer:
        while True:
            try:
                return await execute(connection, self._call, self._context.private(self._operation()))
            except ThrottledError as error:
                self._throttled, self._failure = True, error
                self._check_still_wanted(reconciled=False)
                await pauses.next()

    async def _failed(self, connection: Ec2Client, error: AmituiError, *, unsure: bool) -> Answer | None:
        """Handle a failure: the answer if the call happened after all, `None` to try again; else it raises."""
        self._failure = error
        refused = isinstance(error, UsageError) or getattr(error, "refusal", False)
        if isinstance(error, CredentialsError) and refused:
            raise OnHold.because(error) from error
        if refused and _code(error) in APIS[self._call.api].needless_codes:
            about = self._call.about
            return Answer(results=(Result(about, True, "nothing to do: it had ended"),) if about else ())
        if refused and not (self._is_imperative and _code(error) in PASSING):
            again = unsure or self._throttled
            if again and (answer := await self._repeated(connection, error)) is not None:
                return answer
            raise StepFailed.by(error) from error
        if not refused and not isinstance(error, NetworkError):
            self._unclear_answers += 1
        await self._note(EventKind.UNSURE, step=self._index, why=error.what)
        self._context.checkpoint("unsure", self._operation())
        return None

    # Reconciliation

    async def _reconciled(self, connection: Ec2Client) -> Answer | None:
        """The answer to a call that has happened, reconstructed from EC2; `None` if the call is to be sent."""
        pauses, unclear = Pauses(self._context.sleep), 0
        snapshots = [str(one) for one in self._operation().plan.before.get("snapshots") or ()]
        known = self._known()
        sleep = self._context.sleep
        while True:
            try:
                found = await reconcile(
                    connection, self._call, self._sent_at or 0.0, snapshots=snapshots, known=known, sleep=sleep
                )
            except AmituiError as error:
                refused = isinstance(error, UsageError) or getattr(error, "refusal", False)
                if isinstance(error, CredentialsError) and refused:
                    raise OnHold.because(error) from error
                unclear += not isinstance(error, (NetworkError, ThrottledError))
                if unclear >= MOST_UNCLEAR_ANSWERS or (refused and not isinstance(error, ThrottledError)):
                    if self._insist:
                        return None
                    raise self._unknown(f": {error.what}") from error
                await pauses.next()
                connection = await self._connected()
                continue
            if found.found is Found.UNKNOWN and not self._insist:
                raise self._unknown("")
            happened = found.found is Found.HAPPENED
            return Answer(found.made, found.results, found.note) if happened else None

    def _known(self) -> list[str]:
        """Instance refreshes that were there before, or that the operation has begun."""
        operation = self._operation()
        answers = (*operation.earlier_answers, *operation.answers)
        begun = [answer for index, answer in answers if _begins_refresh(operation.plan.steps[index])]
        return [*(str(one) for one in operation.plan.before.get("refreshes") or ()), *begun]

    async def _repeated(self, connection: Ec2Client, error: AmituiError) -> Answer | None:
        """The answer to a call that was refused only because it already had its effect."""
        answer = await self._reconciled(connection)
        if answer is None and is_repetition(self._call, _code(error)):
            return Answer()
        for factor in _LATER_PAUSES if isinstance(error, RejectedError) else ():
            if answer is not None:
                break
            await self._context.sleep(factor * APART_S)
            answer = await self._reconciled(connection)
        return answer

    def _unknown(self, because: str) -> OnHold | StepFailed:
        """The exception for a call of which EC2 cannot say whether it happened."""
        words = f"could not check whether this happened: {self._call.action}{because}"
        if self._must_go_on:
            return StepFailed(words, "it may have happened", "check whether it happened before you retry")
        return OnHold(words, f"check whether it happened; {CONTINUE_OR_DROP}")

    # Whether to send it (again)

    @property
    def _must_go_on(self) -> bool:
        """Whether a later step must be taken whatever comes, which would wait as long as this one does."""
        later = self._operation().plan.steps[self._index + 1 :]
        return any(is_imperative(step) and step.undoes is None for step in later)

    def _check_failures(self) -> None:
        """Give up a call that EC2 answers with errors and does not carry out."""
        if (
            self._unclear_answers < MOST_UNCLEAR_ANSWERS
            or self._is_imperative
            or self._insist
            or self._failure is None
        ):
            return
        refused = StepFailed.by(self._failure)
        why = "; ".join(part for part in (refused.words["why"], _NOT_HAPPENED) if part)
        raise StepFailed(**{**refused.words, "why": why}) from self._failure

    def _check_still_wanted(self, *, reconciled: bool) -> None:
        """Send nothing that its user may no longer expect.

        Args:
            reconciled: whether EC2 has just shown that the call did not happen.
        """
        if not self._may_send:
            raise held_for_user(self._operation(), self._context.now())
        since = self._context.now() - self._wanted_at
        if since <= RESUME_WITHIN_S:
            return
        failure, action = self._failure, self._call.action
        why = failure.what if failure is not None else self._operation().why or "EC2 did not answer"
        tried = f"for {since // 60:.0f} min nobody could {action}: {why}"
        if self._is_imperative and failure is not None and not isinstance(failure, (NetworkError, ThrottledError)):
            command = aws_command(self._call, profile=self._operation().profile)
            raise StepFailed(f"could not {action}", f"{tried}: {failure.why}", command, _code(failure))
        if reconciled and self._must_go_on:
            raise StepFailed(f"could not {action}", f"{tried}; {_NOT_HAPPENED}", code=_code(failure))
        raise OnHold(tried, CONTINUE_OR_DROP)

    def _check_private(self) -> None:
        """Send no call whose withheld values were lost with the process that had them."""
        if withheld_in(self._call.parameters) - set(self._context.private(self._operation())):
            raise OnHold(f"{NOT_KEPT}: not done yet: {self._call.action}", NOT_KEPT_REMEDY)

    async def _connected(self) -> Ec2Client:
        return await when_reachable(lambda: self._context.connect(self._operation().profile), self._context.sleep)


async def when_reachable(read: Callable[[], Awaitable[_T]], sleep: Callable[[float], Awaitable[object]]) -> _T:
    """The result of `read`, which is tried again while the network or throttling prevents it.

    Raises:
        OnHold: it fails for another reason.
    """
    pauses = Pauses(sleep)
    while True:
        try:
            return await read()
        except (NetworkError, ThrottledError):
            await pauses.next()
        except AmituiError as error:
            raise OnHold.because(error) from error


def held_for_user(operation: Operation, now: float) -> OnHold:
    """Why an operation that amitui did not finish long ago waits for its user."""
    since = ago(now - operation.began_at)
    return OnHold(
        f"amitui ended before it was complete; requested {since}, {unsent_actions(operation)}", CONTINUE_OR_DROP
    )


def _begins_refresh(step: Step) -> bool:
    return isinstance(step, Call) and APIS[step.api].evidence is Evidence.REFRESH_STARTED


def _code(error: Any) -> str:
    return str(getattr(error, "code", ""))
