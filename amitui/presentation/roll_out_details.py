"""How far a roll-out has come, group by group: how many instances have the new image, and how many the old one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import State
from amitui.presentation.details.explain import DetailGroup, DetailLine

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Operation


def roll_out_groups(operation: Operation) -> Iterator[DetailGroup]:
    """A line for each Auto Scaling group of a roll-out, by what the journal has seen of its refresh."""
    noted = operation.plan.before.get("rollout")
    if operation.plan.kind is not OperationKind.ROLL_OUT or not isinstance(noted, Mapping) or not noted["groups"]:
        return
    lines = tuple(_line(operation, one) for one in noted["groups"])
    yield DetailGroup("Instances by image", lines)


def _line(operation: Operation, group: Mapping[str, Any]) -> DetailLine:
    total, wait = int(group["instances"]), int(group["wait"])
    reached = operation.failed_step if operation.failed_step is not None else operation.step
    if operation.state is State.DONE or wait < reached:
        # A later failure has taken it back, or is doing so.
        taken_back = operation.what and any(step.undoes is not None for step in operation.plan.steps)
        return DetailLine(group["name"], "taken back" if taken_back else f"{total} new, 0 old")
    if wait == reached and not operation.what:
        new = total * (operation.progress or 0) // 100
        return DetailLine(group["name"], f"{new} new, {total - new} old", operation.seen)
    if int(group["step"]) < reached:
        return DetailLine(group["name"], "begun")
    return DetailLine(group["name"], f"0 new, {total} old")
