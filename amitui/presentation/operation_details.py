"""One operation in full: how it stands, what to do next, its steps with their times. Pure functions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.operations.kinds import spec_of
from amitui.domain.operations.operation import EventKind, State
from amitui.presentation.details.explain import DetailGroup, DetailLine, Severity
from amitui.presentation.glyphs import UNICODE, Glyphs
from amitui.presentation.operation_rows import batch_state
from amitui.presentation.operation_words import (
    bar,
    clock,
    duration,
    estimate,
    next_words,
    reached_words,
    role,
    state_words,
    step_words,
)
from amitui.presentation.roll_out_details import roll_out_groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amitui.domain.operations.batches import OperationBatch
    from amitui.domain.operations.operation import Event, Operation

DETAIL_BAR_CELLS: Final = 24


class StepTimes(NamedTuple):
    """When a step was taken."""

    began_at: float
    ended_at: float | None
    """`None` while it is not over."""
    note: str
    """What EC2 said to it."""
    failed: bool


def step_times(events: Iterable[Event]) -> dict[int, StepTimes]:
    """By the step's index, of those that were begun."""
    times: dict[int, StepTimes] = {}
    began = 0.0
    for event in events:
        data = event.data
        step = int(data.get("step", -1))
        match event.kind:
            case EventKind.PLANNED:
                began = event.at
            case EventKind.SENDING:
                times.setdefault(step, StepTimes(event.at, None, "", False))
            case EventKind.OBSERVED:
                times.setdefault(step, StepTimes(began, None, "", False))
            case EventKind.ACCEPTED | EventKind.PASSED | EventKind.STEP_FAILED:
                start = times[step].began_at if step in times else began
                note = str(data.get("made") or data.get("note") or data.get("what") or "")
                times[step] = StepTimes(start, event.at, note, event.kind is EventKind.STEP_FAILED)
                began = event.at
            case _:
                pass
    return times


def operation_groups(
    operation: Operation,
    events: Sequence[Event],
    now: float,
    *,
    undoable: bool = False,
    signs: Glyphs = UNICODE,
) -> tuple[DetailGroup, ...]:
    """Everything about an operation, the present state and what to do about it first."""
    groups = [DetailGroup(operation.plan.title, tuple(_standing(operation, now, undoable, signs)))]
    groups += roll_out_groups(operation)
    groups.append(DetailGroup("Steps", tuple(_steps(operation, events, now, signs))))
    if operation.results:
        lines = (DetailLine(one.subject, one.words, "", "good" if one.ok else "bad") for one in operation.results)
        groups.append(DetailGroup("Results", tuple(lines)))
    if operation.plan.changes:
        changes = tuple(DetailLine("" if n else "Changes", text) for n, text in enumerate(operation.plan.changes))
        groups.append(DetailGroup("Planned changes", changes))
    groups.append(DetailGroup("Account, time and Region", tuple(_asked(operation))))
    return tuple(groups)


def batch_groups(batch: OperationBatch, now: float, *, is_open: bool) -> tuple[DetailGroup, ...]:
    """Operations that were submitted together: how many stand how, why some failed, what opens them."""
    states = [(state, batch.count(state)) for state in State]
    lines = [DetailLine("State", batch_state(batch))]
    lines += [
        DetailLine("", f"{count} {_STATE_WORDS[state]}", severity="bad" if state is State.FAILED else "plain")
        for state, count in states
        if count
    ]
    lines.append(DetailLine("Regions", ", ".join(batch.regions)))
    lines.append(DetailLine("Requested", clock(batch.began_at)))
    lines.append(DetailLine("Took" if batch.ended_at is not None else "Elapsed", duration(batch.elapsed(now))))
    lines.append(DetailLine("Next", "← closes them." if is_open else "→ or Enter lists them one by one."))
    groups = [DetailGroup(batch.title, tuple(lines))]
    if batch.causes:
        causes = tuple(DetailLine(f"{count} of them", why, severity="bad") for why, count in batch.causes)
        groups.append(DetailGroup("Causes", causes))
    return tuple(groups)


_STATE_WORDS: Final = {
    State.PLANNED: "about to start",
    State.SENDING: "requesting",
    State.WAITING: "in progress",
    State.ON_HOLD: "waiting for you",
    State.DONE: "done",
    State.FAILED: "failed",
    State.DROPPED: "given up",
}


def _standing(operation: Operation, now: float, undoable: bool, signs: Glyphs) -> Iterator[DetailLine]:
    severities: dict[str, Severity] = {"good": "good", "warn": "warn", "bad": "bad"}
    yield DetailLine("State", state_words(operation), severity=severities.get(role(operation), "plain"))
    if operation.state is State.WAITING and operation.progress is not None:
        left = estimate(operation.estimate(now))
        value = f"{bar(operation.progress, DETAIL_BAR_CELLS, signs)} {operation.progress}%"
        if operation.reached is not None:
            value = f"{bar(operation.progress, DETAIL_BAR_CELLS, signs)} {reached_words(operation.reached)}"
        yield DetailLine("Progress", value, f"{left} left" if left else "")
    span = duration(operation.elapsed(now))
    yield DetailLine("Elapsed" if not operation.state.ended else "Took", span)
    if operation.what and operation.state is not State.FAILED:
        yield DetailLine("Failed so far", operation.what, severity="bad")
    if operation.why:
        yield DetailLine("Cause", operation.why)
    if operation.code:
        yield DetailLine("EC2's code", operation.code)
    for number, words in enumerate(next_words(operation, undoable=undoable)):
        yield DetailLine("" if number else "Next", words)
    no_undo = spec_of(operation.plan.kind).no_undo
    if operation.state is State.DONE and no_undo and not undoable:
        yield DetailLine("No undo", no_undo)


def _steps(operation: Operation, events: Sequence[Event], now: float, signs: Glyphs) -> Iterator[DetailLine]:
    times = step_times(events)
    for index, step in enumerate(operation.plan.steps):
        words = step_words(step)
        taken = times.get(index)
        began = _time(operation.step_since)
        if taken is not None and taken.ended_at is not None:
            label = f"{signs.failed if taken.failed else signs.done} {_time(taken.began_at)}"
            spent = duration(taken.ended_at - taken.began_at)
            yield DetailLine(label, f"{words} ({spent})", taken.note)
        elif index != operation.step or operation.state in (State.PLANNED, State.DONE, State.DROPPED):
            yield DetailLine(f"{signs.ahead} --:--:--", words)
        elif operation.state is State.FAILED:
            yield DetailLine(f"{signs.failed} {began}", words, operation.what)
        else:
            spent = duration(now - operation.step_since)
            yield DetailLine(f"{signs.now} {began}", f"{words} ({spent} so far)", operation.seen)


def _asked(operation: Operation) -> Iterator[DetailLine]:
    plan = operation.plan
    yield DetailLine("What", spec_of(plan.kind).title)
    if operation.image_id:
        yield DetailLine("Image", operation.image_id, "created" if operation.made else "")
    yield DetailLine("Region", plan.region)
    yield DetailLine("Account", operation.account or "unknown", f"profile {operation.profile or 'default'}")
    yield DetailLine("Requested", clock(operation.began_at))
    if operation.ended_at is not None:
        yield DetailLine("Ended", clock(operation.ended_at))
    yield DetailLine("Operation", operation.id)


def _time(at: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at))
