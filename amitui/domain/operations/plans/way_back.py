"""Back from an operation: by the plan that undoes it, or, after a deregistration, through the recycle bin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.undo import undo_plan

LATELY_S: Final = 86_400
"""For so long what was done last is offered to be undone without saying which operation is meant."""


class WayBack(NamedTuple):
    """How operations that were submitted together are taken back."""

    operations: tuple[Operation, ...]
    """At least one, all with the same account and profile."""
    plans: tuple[Plan, ...]
    """What undoes them; none = the recycle bin has what they deregistered, or nobody has."""

    @property
    def title(self) -> str:
        """What is taken back: the title of the only one, or of several the first and how many more."""
        first, *others = self.operations
        return f"{first.plan.title} and {len(others)} more" if others else first.plan.title


def leads_to_bin(operation: Operation) -> bool:
    """Whether what an operation did is undone in the recycle bin."""
    return operation.plan.kind is OperationKind.DEREGISTER and operation.state is State.DONE


def is_undoable(operation: Operation) -> bool:
    """Whether there is a way back from an operation."""
    return leads_to_bin(operation) or undo_plan(operation) is not None


def newest_way_back(
    operations: Sequence[Operation], now: float, *, image: tuple[str, str] | None = None
) -> WayBack | None:
    """The way back from what was done last; `None` = there is none.

    Only the last operation on a thing is taken back: what came before it is no longer as that operation left it.

    Args:
        operations: of the journal, the newest first.
        now: seconds since the epoch.
        image: Region and id of the image that is meant, whenever it was changed; `None` = whatever was changed
            within a day, with everything that was submitted together with it.
    """
    seen: set[tuple[str, str]] = set()
    last: list[Operation] = []
    for operation in operations:
        subject = (operation.plan.region, operation.plan.subject)
        if subject in seen or (image is not None and subject != image):
            continue
        seen.add(subject)
        if operation.state is State.DONE and (image is not None or now - operation.changed_at < LATELY_S):
            last.append(operation)
    newest = next((one for one in last if is_undoable(one)), None)
    if newest is None:
        return None
    together = last if image is None else [newest]
    return _together(newest, [one for one in together if one.batch == newest.batch])


def _together(newest: Operation, submitted: Sequence[Operation]) -> WayBack | None:
    same: Callable[[Operation], bool] = leads_to_bin if leads_to_bin(newest) else _has_plan
    chosen = [one for one in submitted if same(one)]
    plans = () if leads_to_bin(newest) else tuple(plan for one in chosen if (plan := undo_plan(one)) is not None)
    return WayBack(tuple(chosen), plans)


def _has_plan(operation: Operation) -> bool:
    return undo_plan(operation) is not None
