"""Which images the journal's operations need: those of operations under way, and those to roll back to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from amitui.domain.fleet.uses import ImageNeed
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.placeholders import to_json
from amitui.domain.operations.plan import Watch

ROLL_BACK: Final = "roll_back_images"
"""In a plan's `before`: ids of images, of the plan's Region, that rolling the operation back would return to."""
ROLLED_BACK_WITHIN_S: Final = 30 * 86_400
"""For so long after its end an operation may still be rolled back."""

_ID: Final = re.compile(r"\bami-(?:[0-9a-f]{17}|[0-9a-f]{8})\b")


def image_needs(operations: Iterable[Operation], now: float) -> list[ImageNeed]:
    """What the operations of a journal need.

    Of an operation that has not ended, every image that stands anywhere in its plan: it may still be sent. Of one
    that ended lately, those that its plan says that rolling it back returns to.
    """
    return list(dict.fromkeys(need for operation in operations for need in _needs(operation, now)))


def _needs(operation: Operation, now: float) -> Iterator[ImageNeed]:
    plan = operation.plan
    if plan.kind is OperationKind.USAGE_REPORT:
        return  # it only asks about the image
    if not operation.state.ended:
        for region, image_id in _named(operation):
            yield ImageNeed(region, image_id, operation.id, plan.title)
    elif operation.state is not State.DROPPED and now - operation.changed_at < ROLLED_BACK_WITHIN_S:
        listed = plan.before.get(ROLL_BACK, ())
        for image_id in listed if isinstance(listed, list | tuple) else ():
            yield ImageNeed(plan.region, str(image_id), operation.id, plan.title, rolls_back=True)


def _named(operation: Operation) -> Iterator[tuple[str, str]]:
    """(Region, image id) of every image in the plan; a copy's source may be in another Region than its call."""
    plan = operation.plan
    yield from ((plan.region, image_id) for image_id in _ids([plan.subject, operation.made, dict(plan.before)]))
    for step in plan.steps:
        values = step.target if isinstance(step, Watch) else step.parameters
        regions = {step.region}
        if not isinstance(step, Watch) and isinstance(source := step.parameters.get("SourceRegion"), str):
            regions.add(source)
        for image_id in _ids(to_json(values)):
            yield from ((region, image_id) for region in sorted(regions))


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _ID.findall(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _ids(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _ids(one)
