"""An operation from its submission to its end, folded from the journal's events.

The journal keeps events and nothing else; `fold` applies them one after the other, and the result is what the
panes and `amitui ops` show. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from amitui.domain.operations.plan import Plan, Step, decode, encode


class EventKind(StrEnum):
    """What an event records. The values stand in the journal: they never change."""

    PLANNED = "planned"
    """It was submitted: `plan`, `account`, `profile`, `batch`, `driver`. Nothing has been sent."""
    SENDING = "asked"
    """Step `step`, a call, is about to be sent: from here on it may have happened."""
    ACCEPTED = "answered"
    """EC2 accepted the call of `step`: `made` (an id), `results` ([id, result, words] triples), `note`."""
    UNSURE = "unsure"
    """No answer came to the call of `step`, or one that proves nothing: `why`. It may have happened."""
    OBSERVED = "seen"
    """The poller observed what `step` waits for: `state`, `progress`, `reason`; of several, `reached` and `of`."""
    PASSED = "passed"
    """What `step` waited for has come."""
    STEP_FAILED = "missed"
    """`step` failed, and later steps are still executed: `what`, `why`, `remedy`, `code`, `about`."""
    ON_HOLD = "held"
    """It waits for its user: `why`, `remedy`. Nothing is sent until they resume it."""
    ADOPTED = "adopted"
    """Another process, `driver`, continues it."""
    DONE = "done"
    FAILED = "failed"
    """It ended without its effect or with half of it: `what`, `why`, `remedy`, `code`, `about`."""
    DROPPED = "dropped"
    """Its user no longer wants it; what had happened stays."""


class Event(NamedTuple):
    """One row of the journal."""

    operation_id: str
    at: float
    kind: EventKind
    data: Mapping[str, Any]
    """JSON values."""


class State(StrEnum):
    """Where an operation stands."""

    PLANNED = "planned"
    SENDING = "asking"
    WAITING = "waiting"
    ON_HOLD = "held"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def ended(self) -> bool:
        """Whether no step will be executed any more, by itself or when its user resumes it."""
        return self in (State.DONE, State.FAILED, State.DROPPED)


class Result(NamedTuple):
    """What became of one part of an operation: a snapshot of a deregistered image, an account of a share."""

    subject: str
    ok: bool
    words: str


class Operation(NamedTuple):
    """One operation as far as it has come."""

    id: str
    """Sorts by the time of submission."""
    plan: Plan
    account: str
    profile: str
    """Empty = the environment's or the default one."""
    batch: str
    """Operations that were submitted together have the same."""
    driver: str
    """The process that executes its steps."""
    began_at: float
    state: State = State.PLANNED
    step: int = 0
    """The step that is being executed, an index into the plan's steps."""
    step_since: float = 0.0
    made: str = ""
    """The image that it made."""
    seen: str = ""
    """The last observed state of what is waited for."""
    progress: int | None = None
    """Per cent, when EC2 says."""
    reached: tuple[int, int] | None = None
    """Of several that the present step waits for: how many are there, of how many."""
    progress_since: tuple[float, int] | None = None
    """(when, per cent) of the first progress observed in this step: what an estimate is made from."""
    what: str = ""
    """What failed, in words."""
    why: str = ""
    """The cause of its failure, or why it is on hold."""
    remedy: str = ""
    code: str = ""
    """EC2's error code, if that is what failed."""
    results: tuple[Result, ...] = ()
    answers: tuple[tuple[int, str], ...] = ()
    """What steps made, by their index: the image, else what EC2's answer named, such as a security group's id."""
    ended_at: float | None = None
    changed_at: float = 0.0
    failed_step: int | None = None
    """The first step that failed, after which others are still executed: those before it were completed."""
    earlier_answers: tuple[tuple[int, str], ...] = ()
    """What steps made that were taken again since, by their index."""

    @property
    def steps_left(self) -> tuple[Step, ...]:
        """The steps from the present one on."""
        return self.plan.steps[self.step :]

    @property
    def image_id(self) -> str:
        """The image it is about: the one it made, else the one it changes."""
        return self.made or (self.plan.subject if self.plan.subject.startswith("ami-") else "")

    def elapsed(self, now: float) -> float:
        """Seconds from its submission to its end, or until now."""
        return max(0.0, (self.ended_at if self.ended_at is not None else now) - self.began_at)

    def estimate(self, now: float) -> float | None:
        """Seconds until the present step is done, by the rate so far; `None` while there is none."""
        if self.state is not State.WAITING or self.progress is None or self.progress_since is None:
            return None
        since, first = self.progress_since
        gained, spent = self.progress - first, self.changed_at - since
        if gained <= 0 or spent <= 0:
            return None
        left = (100 - self.progress) * spent / gained - (now - self.changed_at)
        return max(0.0, left)


def planned(
    operation_id: str, plan: Plan, at: float, *, account: str, profile: str, batch: str, driver: str
) -> Event:
    """The event with which an operation begins."""
    data = {"plan": encode(plan), "account": account, "profile": profile, "batch": batch, "driver": driver}
    return Event(operation_id, at, EventKind.PLANNED, data)


def fold(events: Iterable[Event]) -> Operation:
    """The operation after these events, all of one operation in order.

    Raises:
        ValueError: they do not begin with the plan.
    """
    found: Operation | None = None
    for event in events:
        found = from_planned(event) if found is None else apply(found, event)
    if found is None:
        raise ValueError("an operation without events")
    return found


def from_planned(event: Event) -> Operation:
    """The operation that a `PLANNED` event begins.

    Raises:
        ValueError: it is another event, or a damaged one.
    """
    if event.kind is not EventKind.PLANNED:
        raise ValueError(f"operation {event.operation_id} begins with {event.kind}")
    data = event.data
    try:
        plan = decode(data["plan"])
        return Operation(
            event.operation_id,
            plan,
            account=str(data["account"]),
            profile=str(data["profile"]),
            batch=str(data["batch"]),
            driver=str(data["driver"]),
            began_at=event.at,
            step_since=event.at,
            changed_at=event.at,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"operation {event.operation_id} is damaged") from error


def apply(operation: Operation, event: Event) -> Operation:
    """The operation after one more event."""
    data = event.data
    now = operation._replace(changed_at=event.at)
    match event.kind:
        case EventKind.SENDING:
            now = _with_cause(now, "")
            now = _taken_again(now, int(data["step"]))
            now = now._replace(state=State.SENDING, step=int(data["step"]), step_since=event.at)
        case EventKind.ACCEPTED:
            results = tuple(Result(str(one[0]), bool(one[1]), str(one[2])) for one in data.get("results", ()))
            step, answer = int(data["step"]), str(data.get("made") or data.get("note") or "")
            now = _next(now, step, event.at)._replace(
                made=str(data.get("made") or operation.made),
                results=(*operation.results, *results),
                answers=(*operation.answers, (step, answer)) if answer else operation.answers,
            )
        case EventKind.UNSURE:
            now = _with_cause(now._replace(state=State.SENDING), str(data.get("why", "")))
        case EventKind.OBSERVED:
            now = _observed(now, data, event.at)
        case EventKind.PASSED:
            now = _next(now, int(data["step"]), event.at)
        case EventKind.STEP_FAILED:
            missed = int(data["step"])
            first = now.failed_step if now.what else missed
            now = _failed(_next(now, missed, event.at), data)._replace(failed_step=first)
        case EventKind.ON_HOLD:
            now = now._replace(
                state=State.ON_HOLD, why=str(data.get("why", "")), remedy=str(data.get("remedy", ""))
            )
        case EventKind.ADOPTED:
            now = now._replace(driver=str(data["driver"]))
            if now.state is State.ON_HOLD:
                now = now._replace(state=State.PLANNED, why="", remedy="")
        case EventKind.DONE:
            now = now._replace(state=State.DONE, ended_at=event.at)
        case EventKind.FAILED:
            now = _failed(now._replace(state=State.FAILED, ended_at=event.at), data)
        case EventKind.DROPPED:
            now = now._replace(state=State.DROPPED, ended_at=event.at)
        case EventKind.PLANNED:
            pass
    return now


def _taken_again(operation: Operation, step: int) -> Operation:
    """With the answer of a step set aside that is about to be sent once more."""
    answers = tuple(one for one in operation.answers if one[0] != step)
    if len(answers) == len(operation.answers):
        return operation
    again = tuple(one for one in operation.answers if one[0] == step)
    return operation._replace(answers=answers, earlier_answers=(*operation.earlier_answers, *again))


def _next(operation: Operation, step: int, at: float) -> Operation:
    next_one = operation._replace(
        state=State.WAITING,
        step=step + 1,
        step_since=at,
        seen="",
        progress=None,
        reached=None,
        progress_since=None,
    )
    return _with_cause(next_one, "")


def _observed(operation: Operation, data: Mapping[str, Any], at: float) -> Operation:
    progress = data.get("progress")
    since = operation.progress_since
    if progress is not None and since is None:
        since = (at, int(progress))
    seen = operation._replace(
        state=State.WAITING,
        seen=str(data.get("state", "")),
        progress=None if progress is None else int(progress),
        reached=(int(data["reached"]), int(data["of"])) if "reached" in data else None,
        progress_since=since,
    )
    return _with_cause(seen, str(data.get("reason", "")))


def _with_cause(operation: Operation, why: str) -> Operation:
    """With another cause, unless a step has failed: the cause of the failure then stays."""
    return operation if operation.what else operation._replace(why=why, remedy="")


def _failed(operation: Operation, data: Mapping[str, Any]) -> Operation:
    what, why, remedy, code, about = (
        str(data.get(name, "")) for name in ("what", "why", "remedy", "code", "about")
    )
    if about:
        words = ": ".join(part for part in (what, why) if part)
        operation = operation._replace(results=(*operation.results, Result(about, False, words)))
    # The first failure is the cause; the steps that are always executed may fail because of it.
    return operation if operation.what else operation._replace(what=what, why=why, remedy=remedy, code=code)
