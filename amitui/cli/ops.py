"""`amitui ops`: the journal without a screen. It lists operations, follows them, and prints the audit trail.

It reads the journal and nothing else: it makes no call to AWS, needs no credentials, and drives no operation.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any, Final, NamedTuple

from amitui.charset import for_people
from amitui.cli.demo_session import print_problem
from amitui.cli.messages import say
from amitui.cli.streams import reader_has_enough
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.placeholders import to_json
from amitui.domain.operations.plan import Call
from amitui.errors import UsageError
from amitui.operations.journal import Journal
from amitui.presentation.export import iso, trail_line
from amitui.presentation.operation_words import duration, estimate, state_words
from amitui.settings import Settings

LATELY_S: Final = 7 * 86_400
"""How long what has ended is listed without `--all`."""

CHECK_EVERY_S: Final = 0.5
"""How often to check whether another process has written to the journal: a read from memory, not from the disk."""

AWS_FAILED: Final = 3


class OpsRequest(NamedTuple):
    """What was typed behind `amitui ops`."""

    output: str = "table"
    """`table`, `json`, or `jsonl` for the events."""
    watch: bool = False
    all: bool = False
    limit: int | None = None
    regions: tuple[str, ...] = ()
    """Empty: all."""
    profile: str | None = None
    """`None`: all."""


def ops(
    settings: Settings,
    request: OpsRequest,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """List what the journal holds, or follow it; the exit code."""
    if settings.demo:
        raise UsageError(
            "the demo's journal is deleted with the demo",
            remedy="press o in the demo; or give its endpoint: --endpoint-url",
        )
    print_problem(settings)
    journal = Journal.read(settings.locations.journal_file)
    if journal is None:
        return _nothing(request)
    with journal:
        if request.watch:
            return _Following(journal, request, now, sleep).follow()
        since = None if request.all else now() - LATELY_S
        found = _chosen(journal, request, since)
        try:
            if found:
                _print(journal, request, found, now())
                sys.stdout.flush()
        except BrokenPipeError:
            if not reader_has_enough():
                raise
            return 0
        older = 0 if since is None or request.limit is not None else journal.ended_before(since)
        if older:
            say(
                f"{older:,} operation{'s' if older != 1 else ''} that ended more than a week ago "
                "not listed (use --all)"
            )
        return 0 if found else _nothing(request)


def _chosen(journal: Journal, request: OpsRequest, ended_since: float | None) -> list[Operation]:
    """The operations that the request selects, newest first."""
    if not request.regions and request.profile is None:
        return journal.operations(ended_since=ended_since, limit=request.limit)
    found = journal.operations(ended_since=ended_since)
    return [operation for operation in found if _is_wanted(operation, request)][: request.limit]


def _is_wanted(operation: Operation, request: OpsRequest) -> bool:
    return (not request.regions or operation.plan.region in request.regions) and (
        request.profile is None or operation.profile == request.profile
    )


def _nothing(request: OpsRequest) -> int:
    if request.output == "json":
        print("[]")
    if request.watch:
        say("no operations in progress")
        return 0
    say("no operations" if request.all else "no operations in progress or ended within a week")
    return 1


def _print(journal: Journal, request: OpsRequest, found: Sequence[Operation], now: float) -> None:
    if request.output == "table":
        sys.stdout.writelines(map(for_people, _table(found, now)))
    elif request.output == "json":
        print(json.dumps([_facts(journal, operation, now) for operation in found], indent=2))
    else:
        # The oldest begins before all events of the others.
        _print_trail(journal, {one.id: one for one in found}, journal.place(found[-1].id) - 1)
    sys.stdout.flush()


def _print_trail(journal: Journal, wanted: dict[str, Operation], after: int) -> int:
    """Print the events of these operations behind number `after`, a line each; the last number there is."""
    while events := journal.trail(after):
        for _, event in events:
            if (operation := wanted.get(event.operation_id)) is not None:
                print(json.dumps(trail_line(operation, event), separators=(",", ":")))
        after = events[-1][0]
    return after


class _Following:
    """Following what is under way, in the words of one format, until it has ended."""

    def __init__(
        self, journal: Journal, request: OpsRequest, now: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._journal = journal
        self._request = request
        self._now = now
        self._sleep = sleep
        self._shown: dict[str, str] = {}
        """By operation, the words that were printed last."""
        self._abandoned: frozenset[str] = frozenset()
        """Operations whose process died, as last reported."""
        self._printed = 0
        """Number of the last event printed."""

    def follow(self) -> int:
        self._journal.changed()
        followed = {operation.id: operation for operation in _chosen(self._journal, self._request, inf)}
        if not followed:
            return _nothing(self._request)
        gc.enable()  # this may take hours
        if self._request.output == "table":
            sys.stdout.writelines(map(for_people, _table(list(followed.values()), self._now())))
            self._shown = {one.id: self._words(one) for one in followed.values()}
        while True:
            self._report(followed)
            under_way = [operation for operation in followed.values() if not operation.state.ended]
            if not under_way:
                break
            self._note_abandoned(under_way)
            self._sleep(CHECK_EVERY_S)
            if self._journal.changed():
                for operation in under_way:
                    followed[operation.id] = self._journal.operation(operation.id) or operation
        return self._end(list(followed.values()))

    def _report(self, followed: dict[str, Operation]) -> None:
        if self._request.output == "jsonl":
            self._printed = _print_trail(self._journal, followed, self._printed)
        elif self._request.output == "table":
            for operation in followed.values():
                words = self._words(operation)
                if self._shown.get(operation.id) != words:
                    self._shown[operation.id] = words
                    print(for_people(f"{iso(int(self._now()))}  {operation.plan.title}: {words}"))
        sys.stdout.flush()

    def _words(self, operation: Operation) -> str:
        return _state(operation, self._now(), rate=False)

    def _note_abandoned(self, under_way: Sequence[Operation]) -> None:
        """Report once each operation that no process drives."""
        abandoned = frozenset(one.id for one in under_way if not self._journal.is_driven(one))
        if new := len(abandoned - self._abandoned):
            say(
                f"no running amitui is working on {'this one' if len(under_way) == 1 else f'{new} of these'}: "
                "start amitui to continue"
            )
        self._abandoned = abandoned

    def _end(self, followed: Sequence[Operation]) -> int:
        if self._request.output == "json":
            _print(self._journal, self._request, followed, self._now())
        states = {operation.state for operation in followed}
        if State.FAILED in states:
            return AWS_FAILED
        return 1 if State.DROPPED in states else 0


def _table(found: Sequence[Operation], now: float) -> Iterator[str]:
    head = ("BEGAN", "TOOK", "REGION", "PROFILE", "OPERATION", "STATE")
    lines = [
        (
            iso(int(one.began_at)),
            duration(one.elapsed(now)),
            one.plan.region,
            one.profile or "-",
            one.plan.title,
            _state(one, now),
        )
        for one in found
    ]
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head) - 1)]
    for line in (head, *lines):
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        yield "  ".join((*cells, line[-1])).rstrip() + "\n"


def _state(operation: Operation, now: float, *, rate: bool = True) -> str:
    """How it stands, with all that a line without columns can hold."""
    words = state_words(operation)
    if operation.progress is not None and operation.state is State.WAITING:
        words += f", {operation.progress}%"
        if rate and (left := estimate(operation.estimate(now))):
            words += f", {left} left"
    if operation.state in (State.FAILED, State.ON_HOLD) and operation.why:
        words += f": {operation.why}"
    if operation.state is State.DONE and operation.made:
        words += f": {operation.made}"
    return words


def _facts(journal: Journal, operation: Operation, now: float) -> dict[str, Any]:
    """An operation for programs; times are UTC, spans seconds."""
    plan = operation.plan
    left = operation.estimate(now)
    return {
        "OperationId": operation.id,
        "Kind": plan.kind,
        "Title": plan.title,
        "State": operation.state.value,
        "Words": state_words(operation),
        "AccountId": operation.account,
        "Profile": operation.profile,
        "Region": plan.region,
        "Subject": plan.subject,
        "ImageId": operation.image_id or None,
        "BatchId": operation.batch,
        "StartTime": iso(int(operation.began_at)),
        "EndTime": None if operation.ended_at is None else iso(int(operation.ended_at)),
        "ElapsedSeconds": round(operation.elapsed(now), 1),
        "Step": min(operation.step + 1, len(plan.steps)),
        "Steps": len(plan.steps),
        "Waiting": operation.seen or None,
        "Progress": operation.progress,
        "EstimateSeconds": None if left is None else round(left),
        "What": operation.what or None,
        "Why": operation.why or None,
        "Remedy": operation.remedy or None,
        "Code": operation.code or None,
        "Results": [{"Subject": one.subject, "Ok": one.ok, "Words": one.words} for one in operation.results],
        "Calls": [_call(call) for call in plan.calls],
        "Driven": not operation.state.ended and journal.is_driven(operation),
    }


def _call(call: Call) -> dict[str, Any]:
    return {"Api": call.api, "Region": call.region, "Parameters": to_json(call.parameters)}
