"""An operation in words and bars, the same in the operations pane and in an image's life. Pure functions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from amitui.domain.operations.awaited import GONE, resource_of
from amitui.domain.operations.operation import State
from amitui.domain.operations.plan import Call, Watch
from amitui.domain.operations.plans.way_back import leads_to_bin
from amitui.presentation.glyphs import UNICODE, Glyphs

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Step

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

BAR_CELLS: Final = 10
"""Cells of a progress bar in a row; with ` 100%` behind it, it fills the state's column of a narrow list."""


STATE_ROLES: Final[dict[State, str]] = {
    State.PLANNED: "muted",
    State.SENDING: "key",
    State.WAITING: "key",
    State.ON_HOLD: "warn",
    State.DONE: "good",
    State.FAILED: "bad",
    State.DROPPED: "muted",
}
"""By state, the role in which its sign and words are shown."""

_SEEN_AS: Final = {GONE: "gone", "Completed": "complete", "completed": "complete"}


def sign(operation: Operation, signs: Glyphs = UNICODE) -> str:
    """One cell that says how it stands."""
    if operation.state is State.DONE and not all(result.ok for result in operation.results):
        return signs.held
    return {
        State.PLANNED: signs.ahead,
        State.SENDING: signs.now,
        State.WAITING: signs.now,
        State.ON_HOLD: signs.held,
        State.DONE: signs.done,
        State.FAILED: signs.failed,
        State.DROPPED: signs.dropped,
    }[operation.state]


def role(operation: Operation) -> str:
    """The role in which its sign and state are shown: done in part is worth a warning."""
    if operation.state is State.DONE and not all(result.ok for result in operation.results):
        return "warn"
    return STATE_ROLES[operation.state]


def bar(percent: int, width: int, signs: Glyphs = UNICODE) -> str:
    """A progress bar in exactly `width` cells. It is full at 100 only, and empty below the first cell only."""
    percent = max(0, min(100, percent))
    return (signs.full * (percent * width // 100)).ljust(width, signs.rest)


def duration(seconds: float) -> str:
    """A span in at most six cells: `45s`, `3m05s`, `2h04m`, `12d03h`."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"


def estimate(seconds: float | None) -> str:
    """What is left, no more exactly than a rate tells it: `about 3 min`; empty without a rate."""
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return "under a min"
    if seconds < 1.5 * _HOUR:
        return f"about {round(seconds / _MINUTE)} min"
    if seconds < 1.5 * _DAY:
        return f"about {round(seconds / _HOUR)} h"
    return f"about {round(seconds / _DAY)} d"


def clock(at: float) -> str:
    """`2026-09-21 14:13:20 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def step_words(step: Step, *, past: bool = False) -> str:
    """One step as a sentence's middle: `stop the instance`, `wait until the image is available`."""
    if isinstance(step, Call):
        return step.action
    waited = _waited_for(step, past=past)
    return waited if past else f"wait until {waited}"


def _waited_for(step: Watch, *, past: bool = False) -> str:
    """What a wait ends with: `the image is available`, `all 200 instances are terminated or gone`."""
    until = " or ".join(_SEEN_AS.get(state, state) for state in step.until)
    resource = resource_of(step.kind)
    if step.others:
        return f"all {step.size} {resource.nouns} {'were' if past else 'are'} {until}"
    return f"{resource.noun} {'was' if past else 'is'} {until}"


def state_words(operation: Operation) -> str:
    """How it stands, in words of any length."""
    step = _step(operation)
    match operation.state:
        case State.PLANNED:
            return "about to start"
        case State.SENDING if operation.why:
            return "no response: checking with EC2 whether it happened"
        case State.SENDING if isinstance(step, Call):
            return f"requesting: {step.action}"
        case State.WAITING if isinstance(step, Watch):
            words = f"waiting until {_waited_for(step)}"
            if operation.reached is not None:
                return f"{words}: {reached_words(operation.reached)} so far"
            return f"{words}, now {operation.seen}" if operation.seen else words
        case State.WAITING if step is not None:
            return f"next: {step_words(step)}"
        case State.WAITING | State.SENDING:
            return "finishing"
        case State.ON_HOLD:
            return "waits for you"
        case State.DONE if kept := sum(not result.ok for result in operation.results):
            return f"done, except {kept} of {len(operation.results)}"
        case State.FAILED:
            return f"failed: {operation.what}" if operation.what else "failed"
        case State.DROPPED:
            return "given up"
        case _:
            return "done"


def short_state(operation: Operation, width: int, signs: Glyphs = UNICODE) -> str:
    """How it stands in a column of `width` cells: a bar while there is a progress, else a few words."""
    if operation.state is State.WAITING and operation.reached is not None:
        return reached_words(operation.reached)
    if operation.state is State.WAITING and operation.progress is not None:
        cells = min(BAR_CELLS, width - 5)
        return (
            f"{bar(operation.progress, cells, signs)} {operation.progress:3}%"
            if cells >= 3
            else (f"{operation.progress}%")
        )
    step = _step(operation)
    match operation.state:
        case State.SENDING:
            return "verifying" if operation.why else "requesting"
        case State.WAITING if isinstance(step, Watch):
            return operation.seen or "waiting"
        case State.WAITING:
            return "next step" if step is not None else "finishing"
        case State.DONE if not all(result.ok for result in operation.results):
            return "partly done"
        case State.FAILED:
            return "failed" if operation.step == 0 or not operation.made else "failed halfway"
        case _:
            return state_words(operation)


def reached_words(reached: tuple[int, int]) -> str:
    """`137 of 200`."""
    return f"{reached[0]} of {reached[1]}"


def next_words(operation: Operation, *, undoable: bool = False) -> tuple[str, ...]:
    """What its user can do now, a sentence each."""
    match operation.state:
        case State.PLANNED:
            return ("Nothing has been sent yet.",)
        case State.SENDING if operation.why:
            return ("Nothing: amitui checks with EC2 whether it happened. Nothing is done twice.",)
        case State.SENDING:
            return ("Nothing: EC2 responds in a moment.",)
        case State.WAITING:
            later = [step for step in operation.steps_left if isinstance(step, Call)]
            if later:
                return (f"Nothing. Keep amitui running: it still has to {later[0].action}.",)
            return ("Nothing. You can close amitui: EC2 continues by itself.",)
        case State.ON_HOLD:
            return (*_sentence(operation.remedy), "Continue it, or give it up: completed steps are not undone.")
        case State.FAILED:
            again = "Retry it as a new operation."
            return (*_sentence(operation.remedy), *((_left_over(operation),) if operation.made else ()), again)
        case State.DROPPED:
            return ("Retry it if you still need it.",)
        case State.DONE if leads_to_bin(operation):
            return ("Open or undo it: both lead to the Recycle Bin, which has what a retention rule covers.",)
        case State.DONE:
            opened = (f"Open {operation.image_id}.",) if operation.image_id else ()
            return (*opened, *(("Undo it.",) if undoable else ()))


def _left_over(operation: Operation) -> str:
    return f"{operation.made} was created before the failure: check whether to keep it."


def _sentence(text: str) -> tuple[str, ...]:
    return (text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else "."),) if text else ()


def _step(operation: Operation) -> Step | None:
    steps = operation.plan.steps
    return steps[operation.step] if operation.step < len(steps) else None
