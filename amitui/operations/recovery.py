"""Decides what happens to operations whose process died: which continue by themselves, which wait for their user.

A user who starts amitui again right after a crash still wants what they submitted. One who starts it two days
later may have done it by other means: then only reads go on, and calls wait for the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from amitui.domain.operations.operation import Event, EventKind, Operation, State
from amitui.domain.operations.placeholders import AnswerOf
from amitui.domain.operations.plan import Call, Plan, Step, Watch

RESUME_WITHIN_S: Final = 900.0
"""For how long after its last event an operation continues without its user's consent."""


class Course(StrEnum):
    """What to do with an operation whose driver died."""

    RESUME = "go on"
    """Its steps are executed, beginning with reconciling the last call."""
    OBSERVE = "read on"
    """The last call is reconciled and its effect observed; before anything is sent the operation is put on
    hold."""
    LEAVE = "leave"
    """It is only shown; a process that is allowed to may adopt it."""


def course_of(operation: Operation, now: float, *, read_only: bool) -> Course:
    """What to do with an operation whose driver died.

    Args:
        operation: as folded from the journal.
        now: in seconds since the epoch.
        read_only: whether nothing may be sent here at all.
    """
    if operation.state is State.ON_HOLD:
        return Course.LEAVE
    if read_only:
        return Course.LEAVE if unsent_calls(operation) else Course.OBSERVE
    return Course.RESUME if now - operation.changed_at <= RESUME_WITHIN_S else Course.OBSERVE


def sent_at(events: Iterable[Event], operation: Operation) -> float | None:
    """When the call of the present step was first sent since its last answer; `None` if it has not been sent.

    Args:
        events: all of the operation's, in order.
        operation: folded from them.
    """
    first: float | None = None
    for event in events:
        if event.data.get("step") != operation.step:
            continue
        if event.kind is EventKind.ACCEPTED:
            first = None  # a step is taken again when a pause is over
        elif event.kind is EventKind.SENDING and first is None:
            first = event.at
    return first


def next_step(operation: Operation) -> int | None:
    """The index of the step to execute now; `None` when none is left.

    After a failure these are the steps that are always executed, and the wait for an image that was made already.
    """
    if operation.state.ended:
        return None
    answered = {index for index, _ in operation.answers}
    for index in range(operation.step, len(operation.plan.steps)):
        step = operation.plan.steps[index]
        made = not isinstance(step, Call) and not step.target and bool(operation.made)
        if isinstance(step, Call) and index in answered:
            continue  # an earlier step was taken again
        if is_due(step, operation) or (made and step.undoes is None):
            return index
    return None


def is_due(step: Step, operation: Operation) -> bool:
    """Whether a step is to be executed, as things stand: some only without a failure, some only after one."""
    if step.undoes is not None:
        done = operation.failed_step is not None and step.undoes < operation.failed_step
        return bool(operation.what) and done
    return not operation.what or step.always


def begins_again(operation: Operation) -> bool:
    """Whether continuing it may send a call once more that was answered: it waits for what a user has paused."""
    step = operation.plan.steps[operation.step] if operation.step < len(operation.plan.steps) else None
    return isinstance(step, Watch) and step.restart is not None and operation.state is State.ON_HOLD


def is_imperative(step: Step) -> bool:
    """Whether a step must succeed whatever failed before, such as starting an instance stopped for an image.

    The calls of a share are executed after a failed one too, but each of them may fail.
    """
    return (step.always or step.undoes is not None) and isinstance(step, Call) and not step.about


def unsent_calls(operation: Operation) -> tuple[Call, ...]:
    """The calls that are still to be sent, or may have been sent without an answer."""
    answered = {index for index, _ in operation.answers}
    left = enumerate(operation.steps_left, operation.step)
    return tuple(
        step
        for index, step in left
        if isinstance(step, Call) and index not in answered and is_due(step, operation)
    )


def unsent_actions(operation: Operation) -> str:
    """The actions that have not been done yet, in words; empty when all calls were sent."""
    actions = [call.action for call in unsent_calls(operation)]
    return f"not done yet: {', '.join(actions)}" if actions else ""


def ago(seconds: float) -> str:
    """How long ago, in words."""
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"


def not_adopted(operation: Operation, barred: str) -> Operation:
    """An operation that is not adopted, as it is to be shown.

    Args:
        barred: why nothing may be sent for it here.
    """
    if operation.state is State.ON_HOLD:
        return operation
    why = f"amitui ended before it was complete, and {barred}, so nothing is sent; {unsent_actions(operation)}"
    return on_hold(operation, why, "continue it without read-only mode and with a profile that is not read-only")


def remaining_plan(operation: Operation) -> Plan:
    """The rest of an operation's plan, its placeholders replaced by what the steps so far made."""
    done, made = operation.step, dict(operation.answers)

    def moved(value: Any) -> Any:
        if isinstance(value, AnswerOf):
            return made.get(value.step, "") if value.step < done else AnswerOf(value.step - done)
        if isinstance(value, Mapping):
            return {name: moved(one) for name, one in value.items()}
        return [moved(one) for one in value] if isinstance(value, (list, tuple)) else value

    def step(one: Step) -> Step:
        if isinstance(one, Call):
            return one._replace(parameters=moved(one.parameters))
        return one._replace(target=moved(one.target or operation.made))

    left = tuple(step(one) for one in operation.steps_left if is_due(one, operation))
    return operation.plan._replace(steps=left)


def on_hold(operation: Operation, why: str, remedy: str) -> Operation:
    """The operation shown as on hold, without an event in the journal."""
    return operation._replace(state=State.ON_HOLD, why=why, remedy=remedy)
