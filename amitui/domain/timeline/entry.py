"""The entries of a timeline as values, and the four sources that they are derived from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from amitui.domain.image.image import Image
from amitui.domain.operations.awaited import GONE, IMAGE
from amitui.domain.operations.kinds import Milestone, spec_of
from amitui.domain.operations.operation import Operation, State
from amitui.domain.timeline.lineage import Lineage
from amitui.domain.timeline.observation import Observation

EntryState: TypeAlias = Literal["done", "now", "ahead", "bad", "unknown"]

BROKEN: Final = frozenset({"failed", "error", "invalid"})
UNDER_WAY: Final = frozenset({"pending", "transient"})

MOST_LISTED: Final = 20
"""Most instances or uses that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One milestone or branch. All text is safe to show."""

    name: str
    state: EntryState
    at: int | None = None
    """When it was reached or, ahead, will be; `None` = not known."""
    elapsed: int | None = None
    """Seconds that it took, or has taken so far; `None` = not known."""
    cause: str = ""
    """Why it is as it is, or why nothing is known."""
    detail: tuple[str, ...] = ()
    progress: int | None = None
    """Per cent, while it is under way and EC2 says."""
    left: float | None = None
    """Seconds until it is over, by the rate so far."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a timeline is derived from."""

    image: Image
    lineage: Lineage
    operations: Sequence[Operation]
    """About this image; the newest first."""
    now: int
    observations: Mapping[tuple[str, str], Observation] = field(default_factory=dict)
    """By kind and id."""

    @property
    def state(self) -> str:
        """The newest state of the image; empty = EC2 no longer lists it."""
        seen = self.observations.get((IMAGE, self.image.summary.image_id))
        if seen is not None and seen.state and seen.at >= (self.lineage.read_at or 0):
            return "" if seen.state == GONE else seen.state
        return self.image.summary.state if self.lineage.state is None else self.lineage.state

    def under_way(self, milestone: Milestone) -> Operation | None:
        """The newest operation on the image that this milestone shows and that has not ended, or that failed."""
        image_id = self.image.summary.image_id
        for operation in self.operations:
            if spec_of(operation.plan.kind).milestone is milestone and operation.plan.subject == image_id:
                if operation.state in (State.DONE, State.DROPPED):
                    return None
                return operation
        return None


def entry_of(operation: Operation, name: str, now: int, detail: tuple[str, ...] = ()) -> TimelineEntry:
    """An operation as a milestone or a branch."""
    state: EntryState = "now"
    if operation.state is State.FAILED:
        state = "bad"
    elif operation.state is State.DONE:
        state = "done"
    cause = operation.why or operation.what
    if operation.state is State.FAILED and operation.what and operation.why:
        cause = f"{operation.what}: {operation.why}"
    return TimelineEntry(
        name,
        state,
        int(operation.began_at),
        int(operation.elapsed(now)),
        cause or ("waits for you" if operation.state is State.ON_HOLD else ""),
        detail or (operation.plan.title,),
        operation.progress if state == "now" else None,
        operation.estimate(now),
    )
