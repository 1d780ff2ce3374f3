"""The operations that carry out a plan: the same ones that the forms make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import deprecate_plan, disable_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.retention.plan import Decision, RetentionPlan
from amitui.domain.retention.rule import Means

AHEAD_S: Final = 180
"""A deprecation date has to be in the future, to the minute, when EC2 reads it."""


def plans_for(plan: RetentionPlan, now: float) -> list[Plan]:
    """One for each image that something is to be done to, in the plan's order."""
    return [_plan(one, plan, now) for one in plan.going]


def parts_of(plans: Sequence[Plan], size: int) -> list[Sequence[Plan]]:
    """The plans in parts of at most `size`."""
    return [plans[at : at + size] for at in range(0, len(plans), size)]


def _plan(decision: Decision, plan: RetentionPlan, now: float) -> Plan:
    facts = decision.image.facts
    if decision.means is Means.DEPRECATE:
        return deprecate_plan(facts, now + AHEAD_S)
    if decision.means is Means.DISABLE:
        return disable_plan(facts)
    return deregister_plan(
        facts,
        delete_snapshots=plan.rule.delete_snapshots,
        snapshot_ids=[one.snapshot_id for one in decision.image.snapshots],
    )
