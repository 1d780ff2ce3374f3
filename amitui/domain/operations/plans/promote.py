"""Promoting an image: the id of a tested image in a parameter, so that others need not take "the newest"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.fleet.journal_needs import ROLL_BACK
from amitui.domain.operations.awaited import PARAMETER
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.services import SSM

IMAGE_TYPE: Final = "aws:ec2:image"
_NAME: Final = re.compile(r"[A-Za-z0-9_.\-/]+")
_NAME_CHARACTERS: Final = 1011
"""Longest name of a parameter. Source: Systems Manager's model."""
_LEVELS: Final = 15


def parameter_problem(name: str) -> str:
    """What Systems Manager would refuse of a parameter's name, in words; empty = nothing."""
    if not name:
        return "a name is required, such as /golden/web/prod"
    if not _NAME.fullmatch(name) or len(name) > _NAME_CHARACTERS:
        return "letters, digits and . - _ / only"
    if "/" in name and not name.startswith("/"):
        return "a name with levels begins with /"
    if name.endswith("/") or "//" in name or name.count("/") > _LEVELS:
        return "a name stands between two /, and there are 15 levels at most"
    if name.lstrip("/").lower().startswith(("aws", "ssm")):
        return "names that begin with aws or ssm are reserved"
    return ""


def promote_plan(facts: ImageFacts, name: str, *, old: str = "", data_type: str = "") -> Plan:
    """Put an image's id into a parameter.

    Args:
        name: by `parameter_problem`.
        old: the parameter's present value; empty = it is created.
        data_type: the parameter's present one.
    """
    kind = data_type or IMAGE_TYPE
    parameters: dict[str, Any] = {"Name": name, "Value": facts.image_id, "DataType": kind}
    # A parameter that somebody has created meanwhile is refused, and not overwritten.
    parameters |= {"Overwrite": True} if old else {"Type": "String", "Overwrite": False}
    label = facts.name or facts.image_id
    verb = "set" if old else "create"
    return Plan(
        kind=OperationKind.PROMOTE,
        title=f"Promote {label} to {name}",
        region=facts.region,
        subject=facts.image_id,
        steps=(
            Call("put_parameter", facts.region, parameters, f"{verb} the parameter {name}", service=SSM),
            Watch(PARAMETER, facts.region, name, (facts.image_id,)),
        ),
        changes=(
            f"Parameter {name}: {old} → {facts.image_id}."
            if old
            else f"Parameter {name} is created with {facts.image_id}, of the type {kind}.",
        ),
        warnings=("Whatever resolves the parameter takes the image from then on.",) if old else (),
        before={"name": facts.name, "parameter": name, "old": old, "data_type": data_type, ROLL_BACK: [old]}
        if old
        else {"name": facts.name},
    )


def demote_plan(operation: Operation) -> Plan | None:
    """Bring back the value that the parameter had, or `None` where it had none."""
    before: Mapping[str, Any] = operation.plan.before
    old = str(before.get("old", ""))
    if not old:
        return None
    facts = ImageFacts(operation.plan.region, old)
    return promote_plan(
        facts, str(before["parameter"]), old=operation.plan.subject, data_type=str(before["data_type"])
    )
