"""The plan that takes an operation back, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from amitui.domain.operations.kinds import Kind, OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import (
    deprecate_plan,
    describe_plan,
    enable_plan,
    protect_plan,
    tags_plan,
    undeprecate_plan,
    unprotect_plan,
)
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.promote import demote_plan
from amitui.domain.operations.plans.share import unshare_plan
from amitui.domain.rollout.way_back import roll_back_plan

_Undo: TypeAlias = Callable[[Plan, ImageFacts, float], Plan | None]

_REPLACED: Final = "␦"
"""What a text has in place of a character that could not be shown: it cannot be put back as it was."""


def undo_plan(operation: Operation, *, now: float | None = None) -> Plan | None:
    """What brings back what was before, or `None` when nothing does.

    A deregistered image is no matter of this: the recycle bin has it, or nobody has.

    Args:
        now: seconds since the epoch; `None` = when the operation ended.
    """
    if operation.plan.kind is OperationKind.SHARE:
        return unshare_plan(operation)
    if operation.plan.kind is OperationKind.ROLL_OUT:
        return roll_back_plan(operation) if operation.state.ended else None
    if operation.plan.kind is OperationKind.PROMOTE:
        return demote_plan(operation) if operation.state is State.DONE else None
    undo = _UNDO.get(operation.plan.kind)
    if undo is None or operation.state is not State.DONE:
        return None
    plan = operation.plan
    facts = ImageFacts(
        plan.region,
        plan.subject,
        name=str(plan.before.get("name", "")),
        public=bool(plan.before.get("public", False)),
    )
    return undo(plan, facts, operation.changed_at if now is None else now)


def _undo_deprecate(plan: Plan, facts: ImageFacts, now: float) -> Plan | None:
    at = int(datetime.fromisoformat(plan.calls[0].parameters["DeprecateAt"]).timestamp())
    now_deprecated = facts._replace(deprecated=at)
    old = plan.before.get("deprecated")
    if old is None:
        # EC2 cancels no date of a public image.
        return None if facts.public else undeprecate_plan(now_deprecated)
    return deprecate_plan(now_deprecated, old) if _is_ahead(old, now) and old != at else None


def _undo_undeprecate(plan: Plan, facts: ImageFacts, now: float) -> Plan | None:
    old = plan.before.get("deprecated")
    return deprecate_plan(facts, old) if old is not None and _is_ahead(old, now) else None


def _undo_disable(_plan: Plan, facts: ImageFacts, _now: float) -> Plan:
    return enable_plan(facts._replace(state="disabled"))


def _undo_protect(plan: Plan, facts: ImageFacts, _now: float) -> Plan | None:
    with_cooldown = bool(plan.calls[0].parameters["WithCooldown"])
    now_protected = facts._replace(protection=f"enabled-with{'' if with_cooldown else 'out'}-cooldown")
    old = facts._replace(protection=str(plan.before.get("protection", "")))
    if not old.protected:
        return unprotect_plan(now_protected)
    if old.protection == now_protected.protection or old.protection not in _KNOWN_PROTECTIONS:
        return None
    return protect_plan(now_protected, _KNOWN_PROTECTIONS[old.protection])


def _undo_unprotect(plan: Plan, facts: ImageFacts, _now: float) -> Plan | None:
    old = facts._replace(protection=str(plan.before.get("protection", "")))
    # Of a protection that is not known more closely, the one is taken that binds less.
    with_cooldown = _KNOWN_PROTECTIONS.get(old.protection, False)
    return protect_plan(facts._replace(protection="disabled"), with_cooldown) if old.protected else None


def _undo_describe(plan: Plan, facts: ImageFacts, _now: float) -> Plan | None:
    old = str(plan.before.get("description", ""))
    current = str(plan.calls[0].parameters["Description"]["Value"])
    if _REPLACED in old or old == current:
        return None
    return describe_plan(facts._replace(description=current), old)


def _undo_tags(plan: Plan, facts: ImageFacts, _now: float) -> Plan | None:
    old: Mapping[str, str | None] | None = plan.before.get("tags")
    if old is None or any(_REPLACED in f"{key}{value}" for key, value in old.items()):
        return None
    set_now = {
        tag["Key"]: tag["Value"]
        for call in plan.calls
        if call.api == "create_tags"
        for tag in call.parameters["Tags"]
    }
    add = [(key, value) for key, value in old.items() if value is not None and set_now.get(key) != value]
    remove = [key for key, value in old.items() if value is None and key in set_now]
    if not add and not remove:
        return None
    return tags_plan(facts._replace(tags=tuple(set_now.items())), add, remove)


def _is_ahead(at: float, now: float) -> bool:
    """Whether EC2 still takes it for a date of deprecation, which has to be in the future."""
    return at // 60 * 60 > now


_KNOWN_PROTECTIONS: Final[Mapping[str, bool]] = {
    "enabled-with-cooldown": True,
    "enabled-without-cooldown": False,
}
"""EC2's word → whether there is a cooldown."""

_UNDO: Final[Mapping[Kind, _Undo]] = {
    OperationKind.DEPRECATE: _undo_deprecate,
    OperationKind.UNDEPRECATE: _undo_undeprecate,
    OperationKind.DISABLE: _undo_disable,
    OperationKind.PROTECT: _undo_protect,
    OperationKind.UNPROTECT: _undo_unprotect,
    OperationKind.DESCRIBE: _undo_describe,
    OperationKind.TAG: _undo_tags,
}
