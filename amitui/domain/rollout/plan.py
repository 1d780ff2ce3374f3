"""The plan that rolls an image out in one Region: parameters, then launch templates, then Auto Scaling groups.

One operation a Region, and not one for each thing that is moved: the order of the steps is then the journal's, a
process that continues it knows how far it came, and one way back has all that was before. Regions do not wait for
each other.
"""

from __future__ import annotations

from typing import Any

from amitui.domain.fleet.journal_needs import ROLL_BACK
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Plan
from amitui.domain.rollout.moved import NotPossible, RollOut
from amitui.domain.rollout.steps import Done, Steps, default_to, new_version, put, refresh_all, undo
from amitui.domain.rollout.words import changes, warnings


def roll_out_plan(found: RollOut) -> Plan:
    """The plan of a roll-out in one Region.

    Raises:
        NotPossible: nothing is moved.
    """
    if not (found.parameters or found.templates or found.groups):
        raise NotPossible("nothing is chosen")
    image = found.image
    steps = Steps(image.region)
    puts = [put(steps, one, image.image_id) for one in found.parameters]
    versions = {(one.template_id, one.source): new_version(steps, one, image) for one in found.templates}
    defaults = {
        one.template_id: default_to(steps, one, answer_of(versions[one.template_id, one.source]))
        for one in found.templates
        if one.set_default
    }
    starts = refresh_all(steps, found, versions)
    if found.options.roll_back:
        undo(steps, found, Done(puts, versions, defaults, starts))
    return Plan(
        kind=OperationKind.ROLL_OUT,
        title=f"Roll out {image.name or image.image_id} in {image.region}",
        region=image.region,
        subject=image.image_id,
        steps=tuple(steps.steps),
        changes=tuple(changes(found)),
        warnings=tuple(warnings(found)),
        before={
            "name": image.name,
            "refreshes": list(found.refreshes),
            ROLL_BACK: _old_images(found),
            "rollout": record(found, Done(puts, versions, defaults, starts)),
        },
    )


def record(found: RollOut, done: Done) -> dict[str, Any]:
    """What rolling back needs to know, as JSON values."""
    return {
        "options": {
            **found.options._asdict(),
            "checkpoints": list(found.options.checkpoints),
            "alarms": list(found.options.alarms),
        },
        "parameters": [
            one._asdict() | {"step": step} for one, step in zip(found.parameters, done.puts, strict=True)
        ],
        "templates": [
            one._asdict() | {"step": done.versions[one.template_id, one.source]} for one in found.templates
        ],
        "groups": [
            one._asdict() | {"step": start, "wait": wait}
            for one, (start, wait) in zip(found.groups, done.starts, strict=True)
        ],
    }


def _old_images(found: RollOut) -> list[str]:
    images = [*(one.old for one in found.parameters), *(one.old_image for one in found.templates)]
    return [image for image in dict.fromkeys(images) if image]
