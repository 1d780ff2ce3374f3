"""Carries out one call of an operation, until it is known what became of it.

Only an answer that EC2 documents as a refusal ends a call at once. After every other failure (no answer, a
server's error, a page that is not EC2's, an unknown code) it is reconciled with EC2 (`ec2/writes/reconcile.py`),
and it is sent again, with the same client token, only if it did not happen or if a second time has no effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, TypeVar

from amitui.domain.operations.operation import EventKind, Operation
from amitui.domain.operations.placeholders import withheld_in
from amitui.domain.operations.plan import Call
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
"""How often a call is sent to which EC2 answers with an error that it does not document as a refusal."""

_LATER_PAUSES: Final = (1, 2, 4, 8)
"""Pauses, in multiples of `APART_S`, between looks for what EC2's refusal of a repetition says is there: a name
can be taken a minute before the list shows by whom."""

_NOT_HAPPENED: Final = "amitui looked for it in EC2, and it has not happened"

_T = TypeVar("_T")


class CallContext(NamedTuple):
    """The operation that a call belongs to."""

    context: RunnerContext
    operation: Callable[[], Operation]
    """As it is now."""
    note: Callable[..., Awaitable[None]]
    """Writes an event down: what, and its data by name."""


class CallStep:
    """One call of one operation.

    Args:
        context: the operation that it belongs to.
        index: which step of the plan it is.
        call: with the answers of earlier steps in their places.
        resumed: what is known of it when it was begun before, and whether it may be sent.
        wanted_at: when its user last wanted it, in seconds since the epoch.
    """

    def __init__(self, context: CallContext, index: int, call: Call, resumed: Resumed, wanted_at: float) -> None:
        self.sending = False
        """It is being sent, or its answer is not on the disk yet: not a moment to be stopped in."""
        self._context, self._operation, self._note = context
        self._index, self._call = index, call
        self._sent_at, self._may_send, self._insist = resumed
        self._wanted_at = wanted_at
        self._is_imperative = is_imperative(call)
        self._failure: AmituiError | None = None
        """The last one."""
        self._unclear_answers = 0
        """How often an error came that says neither that it happened nor that it did not."""
        self._throttled = False

    async def answer(self) -> Answer:
        """What EC2 says to the call, once it is known that it has happened.

        Raises:
            StepFailed: it has not happened, and is not asked for again.
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
        """What to make of a failure: the answer after all, `None` for another try, or the end of the step."""
        self._failure = error
        refused = isinstance(error, UsageError) or getattr(error, "refusal", False)
        if isinstance(error, CredentialsError) and refused:
            raise OnHold.because(error) from error
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

    # What became of it

    async def _reconciled(self, connection: Ec2Client) -> Answer | None:
        """The answer to a call that has happened; `None` when it is to be sent."""
        pauses, unclear = Pauses(self._context.sleep), 0
        snapshots = [str(one) for one in self._operation().plan.before.get("snapshots") or ()]
        sleep = self._context.sleep
        while True:
            try:
                found = await reconcile(
                    connection, self._call, self._sent_at or 0.0, snapshots=snapshots, sleep=sleep
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

    async def _repeated(self, connection: Ec2Client, error: AmituiError) -> Answer | None:
        """The answer to a call that was refused only because it had its effect the first time."""
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
        """What to do when nobody can tell whether it happened."""
        words = f"whether EC2 came to {self._call.action} cannot be found out{because}"
        if self._must_go_on:
            return StepFailed(
                words, "it may have happened", "look whether it happened before it is asked for again"
            )
        return OnHold(words, f"look whether it happened; {CONTINUE_OR_DROP}")

    # Whether to send it (again)

    @property
    def _must_go_on(self) -> bool:
        """Whether a later step must be taken whatever comes, which would wait as long as this one does."""
        return any(is_imperative(step) for step in self._operation().plan.steps[self._index + 1 :])

    def _check_failures(self) -> None:
        """Do not ask for ever for what EC2 answers with an error, and does not do."""
        if (
            self._unclear_answers < MOST_UNCLEAR_ANSWERS
            or self._is_imperative
            or self._insist
            or self._failure is None
        ):
            return
        missed = StepFailed.by(self._failure)
        why = "; ".join(part for part in (missed.words["why"], _NOT_HAPPENED) if part)
        raise StepFailed(**{**missed.words, "why": why}) from self._failure

    def _check_still_wanted(self, *, reconciled: bool) -> None:
        """Send nothing of which its user may no longer think.

        Args:
            reconciled: whether EC2 has just shown that it did not happen.
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
        """Send nothing of which a part is gone with the process that knew it."""
        if withheld_in(self._call.parameters) - set(self._context.private(self._operation())):
            raise OnHold(f"{NOT_KEPT}: not done yet: {self._call.action}", NOT_KEPT_REMEDY)

    async def _connected(self) -> Ec2Client:
        return await when_reachable(lambda: self._context.connect(self._operation().profile), self._context.sleep)


async def when_reachable(read: Callable[[], Awaitable[_T]], sleep: Callable[[float], Awaitable[object]]) -> _T:
    """What `read` gives, as soon as the network lets it.

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
    """What is asked of the user of an operation that amitui did not finish, and that is old."""
    since = ago(now - operation.began_at)
    return OnHold(
        f"amitui ended before it was through; asked for {since}, {unsent_actions(operation)}", CONTINUE_OR_DROP
    )


def _code(error: Any) -> str:
    return str(getattr(error, "code", ""))
