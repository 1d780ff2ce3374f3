"""What executing a step needs, and the two exceptions that end it: on hold, and failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple, Protocol

from amitui.domain.operations.operation import Event, Operation
from amitui.domain.timeline.observation import Observation, Subject
from amitui.ec2.query import Ec2Client
from amitui.errors import AmituiError
from amitui.operations.row_refresher import Rows

FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 60.0
"""Between two tries of the same thing: the first pause, doubled after each."""

CONTINUE_OR_DROP: Final = "open Operations (o): > continues it, x gives it up"

NOT_KEPT: Final = "user data is not stored on disk, and amitui ended after you entered it"
NOT_KEPT_REMEDY: Final = "launch again; x in Operations (o) gives this one up"


class Observer(Protocol):
    """What a runner needs of the poller."""

    def watch(
        self, subject: Subject, notify: Callable[[Observation], None], *, every: float | None = None
    ) -> Callable[[], None]: ...

    def observe_soon(self, subject: Subject) -> None: ...


class RunnerContext(NamedTuple):
    """What a runner needs to execute the steps of an operation."""

    connect: Callable[[str], Awaitable[Ec2Client]]
    """The client of a profile."""
    poller: Observer
    record: Callable[[Event, bool], Awaitable[Operation]]
    """Writes an event to the journal, durably if its second argument is true; returns the operation after it."""
    refresh_rows: Callable[[Rows, Sequence[str]], None]
    """Refreshes the rows of images of a region, in the background."""
    check: Callable[[Operation], Awaitable[str]]
    """Why the profile's credentials are not those that the operation was submitted with; empty = they are."""
    order: Callable[[Operation], AbstractAsyncContextManager[object]]
    """Within it the calls of operations on the same subject are sent one after the other, in the order of
    submission."""
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    checkpoint: Callable[[str, Operation], None]
    """Called at each point where it matters whether the process dies; tests kill it there. The name comes
    first."""
    private: Callable[[Operation], Mapping[str, str]] = lambda _operation: {}
    """The values that are withheld in the operation's calls, as far as this process still has them."""
    operations: Callable[[], Sequence[Operation]] = lambda: ()
    """All operations, as far as this process knows them: a roll-out looks for its pause among them."""


class Resumed(NamedTuple):
    """How an operation is continued after its process died or its user resumed it."""

    sent_at: float | None = None
    """When the call of its present step was sent, if no answer to it is known; `None`: it was not sent."""
    may_send: bool = True
    """Whether calls may be sent without its user; otherwise it is put on hold before the next one."""
    insist: bool = False
    """Its user wants the call sent even if EC2 cannot tell whether it already happened."""


class Pauses:
    """Growing pauses between tries."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        self._sleep = sleep
        self._seconds = FIRST_PAUSE_S

    async def next(self) -> None:
        await self._sleep(self._seconds)
        self._seconds = min(LONGEST_PAUSE_S, 2 * self._seconds)


class OnHold(Exception):
    """The operation has to wait for its user."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy

    @classmethod
    def because(cls, error: AmituiError) -> OnHold:
        """Because of an error that its user can put right."""
        why = ": ".join(part for part in (error.what, error.why) if part)
        return cls(why, "; then ".join(part for part in (error.remedy, CONTINUE_OR_DROP) if part))


class StepFailed(Exception):
    """A step failed for good."""

    def __init__(self, what: str, why: str = "", remedy: str = "", code: str = "") -> None:
        super().__init__(what)
        self.words = {"what": what, "why": why, "remedy": remedy, "code": code}

    @classmethod
    def by(cls, error: AmituiError) -> StepFailed:
        """Because EC2 refused the call."""
        return cls(error.what, error.why, error.remedy, str(getattr(error, "code", "")))
