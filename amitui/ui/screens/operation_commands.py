"""The commands of the operations pane, and which operations they fit."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from amitui.domain.operations.batches import OperationBatch
from amitui.domain.operations.kinds import OperationKind, spec_of
from amitui.domain.operations.operation import State
from amitui.domain.rollout.way_back import pause_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.batches import OperationRow
    from amitui.domain.operations.operation import Operation
    from amitui.ui.screens.pane_host import PaneHost


class Do(StrEnum):
    """The commands."""

    RETRY = "retry"
    """Submit a failed or dropped operation again, as a new one."""
    UNDO = "undo"
    PAUSE = "pause"
    """Cancel the instance refreshes of a roll-out; it can be continued."""
    GO_ON = "go_on"
    """Resume an operation on hold."""
    DROP = "drop"
    """Give up an operation on hold."""
    EXPORT = "export"
    """Write the audit trail to a file."""


OperationAction: TypeAlias = Callable[[Do, "Sequence[Operation]", Callable[[str], None]], None]
"""Runs a command in the application: the command, its operations (none for an export; of a batch, those that it
makes sense for), and a function that shows a line on how it went."""


def fits(what: Do, operation: Operation, host: PaneHost) -> bool:
    """Whether a command makes sense for an operation."""
    match what:
        case Do.RETRY:
            return operation.state in (State.FAILED, State.DROPPED)
        case Do.UNDO:
            # A roll-out can be rolled back from halfway, too.
            done = operation.state is State.DONE or operation.plan.kind is OperationKind.ROLL_OUT
            return done and host.undoable(operation)
        case Do.PAUSE:
            return pause_plan(operation) is not None
        case _:
            return operation.state is State.ON_HOLD


NEEDS: Final = {
    Do.RETRY: "only what failed or was given up",
    Do.UNDO: "only what is done and can be taken back",
    Do.PAUSE: "only a roll-out in progress",
    Do.GO_ON: "only what waits for you",
    Do.DROP: "only what waits for you",
    Do.EXPORT: "",
}
"""To which operations a command can be applied."""


def why_not_offered(
    action: str, parameters: tuple[object, ...], current: OperationRow | None, host: PaneHost
) -> str:
    """What an action of the pane, which is not offered for the row under the cursor, would need.

    Args:
        action: the action's name.
        parameters: of it: for `do` the command, for `unfold` whether a batch is to be listed.
    """
    if current is None:
        return "no operation is selected"
    match action:
        case "unfold":
            return "the batch is listed already" if parameters[0] is True else "no batch is listed here"
        case "open":
            return "the operation has no image yet"
        case "do" if not isinstance(current, OperationBatch):
            may = host.may_continue(current)
            what = Do(str(parameters[0]))
            return may.reason if fits(what, current, host) and not may else NEEDS[what]
        case _:
            return "none of these operations"


def why_no_undo(operations: Sequence[Operation]) -> str:
    """Why none of them can be undone; at least one is done."""
    done = next(one for one in operations if one.state is State.DONE)
    words = spec_of(done.plan.kind).no_undo or "What was there before is not known, or is there again."
    return f"none of these can be undone: {words}"
