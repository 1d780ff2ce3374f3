"""Carries out one call of an operation, until it is known what became of it.

Only an answer that EC2 documents as a refusal ends a call at once. After every other failure (no answer, a
server's error, a page that is not EC2's, an unknown code) it is reconciled with EC2 (`ec2/writes/reconcile.py`),
and it is sent again, with the same client token, only if it did not happen or if a second time has no effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, TypeVar

from amitui.domain.operations.operation import Operation, What
from amitui.domain.operations.placeholders import withheld_in
from amitui.domain.operations.plan import Call
from amitui.ec2.errors.refusals import PASSING
from amitui.ec2.writes.execute import Answer, Asks, perform
from amitui.ec2.writes.reconcile import APART_S, is_repetition, outcome
from amitui.ec2.writes.reconcile_search import Found
from amitui.errors import AmituiError, CredentialsError, NetworkError, RejectedError, ThrottledError, UsageError
from amitui.operations.recovery import RESUME_WITHIN_S, ago, is_imperative, left_undone
from amitui.operations.runner_context import (
    GO_OR_DROP,
    NOT_KEPT,
    NOT_KEPT_REMEDY,
    Hands,
    Held,
    Missed,
    Pauses,
    Resumed,
)
from amitui.presentation.aws_command import aws_command

ANSWERED_MOST: Final = 3
"""How often a call is sent to which EC2 answers with an error that it does not document as a refusal."""

_LATER_LOOKS: Final = (1, 2, 4, 8)
"""Pauses, in multiples of `APART_S`, between looks for what EC2's refusal of a repetition says is there: a name
can be taken a minute before the list shows by whom."""

_NOT_HAPPENED: Final = "amitui looked for it in EC2, and it has not happened"

_T = TypeVar("_T")


class Surroundings(NamedTuple):
    """The operation that a call belongs to."""

    hands: Hands
    operation: Callable[[], Operation]
    """As it is now."""
    note: Callable[..., Awaitable[None]]
    """Writes an event down: what, and its data by name."""


class CallStep:
    """One call of one operation.

    Args:
        around: the operation that it belongs to.
        index: which step of the plan it is.
        call: with the answers of earlier steps in their places.
        resumed: what is known of it when it was begun before, and whether it may be sent.
        willed_at: when its user last wanted it, in seconds since the epoch.
    """

    def __init__(self, around: Surroundings, index: int, call: Call, resumed: Resumed, willed_at: float) -> None:
        self.sending = False
        """It is being sent, or its answer is not on the disk yet: not a moment to be stopped in."""
        self._hands, self._operation, self._note = around
        self._index, self._call = index, call
        self._asked_at, self._may_send, self._insist = resumed
        self._willed_at = willed_at
        self._must = is_imperative(call)
        self._failure: AmituiError | None = None
        """The last one."""
        self._answered = 0
        """How often an error came that says neither that it happened nor that it did not."""
        self._throttled = False

    async def answer(self) -> Answer:
        """What EC2 says to the call, once it is known that it has happened.

        Raises:
            Missed: it has not happened, and is not asked for again.
            Held: its user has to decide.
            CacheError: the journal cannot be written; nothing was sent that is not in it.
        """
        pauses = Pauses(self._hands.sleep)
        while True:
            connection = await self._connected()
            unsure = self._asked_at is not None
            if unsure and (known := await self._known(connection)) is not None:
                return known
            self._check_failures()
            self._check_will(looked=unsure)
            self._check_private()
            self.sending = True
            await self._ask()
            try:
                return await self._sent(connection, pauses)
            except AmituiError as error:
                known = await self._failed(connection, error, unsure=unsure)
                if known is not None:
                    return known
            self.sending = False
            await pauses.next()

    async def _ask(self) -> None:
        await self._note(What.ASKED, step=self._index)
        if self._asked_at is None:
            self._asked_at = self._operation().step_since
        self._hands.checkpoint("asked", self._operation())

    async def _sent(self, connection: Asks, pauses: Pauses) -> Answer:
        while True:
            try:
                return await perform(connection, self._call, self._hands.private(self._operation()))
            except ThrottledError as error:
                self._throttled, self._failure = True, error
                self._check_will(looked=False)
                await pauses.next()

    async def _failed(self, connection: Asks, error: AmituiError, *, unsure: bool) -> Answer | None:
        """What to make of a failure: the answer after all, `None` for another try, or the end of the step."""
        self._failure = error
        refused = isinstance(error, UsageError) or getattr(error, "refusal", False)
        if isinstance(error, CredentialsError) and refused:
            raise Held.because(error) from error
        if refused and not (self._must and _code(error) in PASSING):
            again = unsure or self._throttled
            if again and (known := await self._repeated(connection, error)) is not None:
                return known
            raise Missed.by(error) from error
        if not refused and not isinstance(error, NetworkError):
            self._answered += 1
        await self._note(What.UNSURE, step=self._index, why=error.what)
        self._hands.checkpoint("unsure", self._operation())
        return None

    # What became of it

    async def _known(self, connection: Asks) -> Answer | None:
        """The answer to a call that has happened; `None` when it is to be sent."""
        pauses, unclear = Pauses(self._hands.sleep), 0
        snapshots = [str(one) for one in self._operation().plan.before.get("snapshots") or ()]
        sleep = self._hands.sleep
        while True:
            try:
                found = await outcome(
                    connection, self._call, self._asked_at or 0.0, snapshots=snapshots, sleep=sleep
                )
            except AmituiError as error:
                refused = isinstance(error, UsageError) or getattr(error, "refusal", False)
                if isinstance(error, CredentialsError) and refused:
                    raise Held.because(error) from error
                unclear += not isinstance(error, (NetworkError, ThrottledError))
                if unclear >= ANSWERED_MOST or (refused and not isinstance(error, ThrottledError)):
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

    async def _repeated(self, connection: Asks, error: AmituiError) -> Answer | None:
        """The answer to a call that was refused only because it had its effect the first time."""
        known = await self._known(connection)
        if known is None and is_repetition(self._call, _code(error)):
            return Answer()
        for factor in _LATER_LOOKS if isinstance(error, RejectedError) else ():
            if known is not None:
                break
            await self._hands.sleep(factor * APART_S)
            known = await self._known(connection)
        return known

    def _unknown(self, because: str) -> Held | Missed:
        """What to do when nobody can tell whether it happened."""
        words = f"whether EC2 came to {self._call.action} cannot be found out{because}"
        if self._must_go_on:
            return Missed(words, "it may have happened", "look whether it happened before it is asked for again")
        return Held(words, f"look whether it happened; {GO_OR_DROP}")

    # Whether to send it (again)

    @property
    def _must_go_on(self) -> bool:
        """Whether a later step must be taken whatever comes, which would wait as long as this one does."""
        return any(is_imperative(step) for step in self._operation().plan.steps[self._index + 1 :])

    def _check_failures(self) -> None:
        """Do not ask for ever for what EC2 answers with an error, and does not do."""
        if self._answered < ANSWERED_MOST or self._must or self._insist or self._failure is None:
            return
        missed = Missed.by(self._failure)
        why = "; ".join(part for part in (missed.words["why"], _NOT_HAPPENED) if part)
        raise Missed(**{**missed.words, "why": why}) from self._failure

    def _check_will(self, *, looked: bool) -> None:
        """Send nothing of which its user may no longer think.

        Args:
            looked: whether EC2 has just shown that it did not happen.
        """
        if not self._may_send:
            raise left_to_its_user(self._operation(), self._hands.now())
        since = self._hands.now() - self._willed_at
        if since <= RESUME_WITHIN_S:
            return
        failure, action = self._failure, self._call.action
        why = failure.what if failure is not None else self._operation().why or "EC2 did not answer"
        tried = f"for {since // 60:.0f} min nobody could {action}: {why}"
        if self._must and failure is not None and not isinstance(failure, (NetworkError, ThrottledError)):
            command = aws_command(self._call, profile=self._operation().profile)
            raise Missed(f"could not {action}", f"{tried}: {failure.why}", command, _code(failure))
        if looked and self._must_go_on:
            raise Missed(f"could not {action}", f"{tried}; {_NOT_HAPPENED}", code=_code(failure))
        raise Held(tried, GO_OR_DROP)

    def _check_private(self) -> None:
        """Send nothing of which a part is gone with the process that knew it."""
        if withheld_in(self._call.parameters) - set(self._hands.private(self._operation())):
            raise Held(f"{NOT_KEPT}: not done yet: {self._call.action}", NOT_KEPT_REMEDY)

    async def _connected(self) -> Asks:
        return await patiently(lambda: self._hands.connect(self._operation().profile), self._hands.sleep)


async def patiently(ask: Callable[[], Awaitable[_T]], sleep: Callable[[float], Awaitable[object]]) -> _T:
    """What `ask` gives, as soon as the network lets it.

    Raises:
        Held: it fails for another reason.
    """
    pauses = Pauses(sleep)
    while True:
        try:
            return await ask()
        except (NetworkError, ThrottledError):
            await pauses.next()
        except AmituiError as error:
            raise Held.because(error) from error


def left_to_its_user(operation: Operation, now: float) -> Held:
    """What is asked of the user of an operation that amitui did not finish, and that is old."""
    since = ago(now - operation.began_at)
    return Held(f"amitui ended before it was through; asked for {since}, {left_undone(operation)}", GO_OR_DROP)


def _code(error: Any) -> str:
    return str(getattr(error, "code", ""))
