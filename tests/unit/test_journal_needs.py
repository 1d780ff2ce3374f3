"""Which images the journal's operations need."""

from __future__ import annotations

import re

from amitui.domain.fleet.journal_needs import ROLL_BACK, ROLLED_BACK_WITHIN_S, image_needs
from amitui.domain.fleet.uses import ImageNeed
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.copy import copy_plans
from amitui.domain.operations.plans.usage_report import usage_report_plan
from tests.support.plan_samples import COPY, FACTS, IMAGE, NOW, all_plans, done

OLD = "ami-0aaaaaaaaaaaaaaa0"


def under_way(plan: Plan) -> Operation:
    return done(plan, State.WAITING)._replace(ended_at=None)


def needed(operation: Operation, now: float = NOW) -> set[tuple[str, str, bool]]:
    return {(one.region, one.image_id, one.rolls_back) for one in image_needs([operation], now)}


def test_an_operation_in_progress_needs_every_image_of_its_plan() -> None:
    for plan in all_plans():
        if plan.kind is OperationKind.USAGE_REPORT:
            continue
        named = set(re.findall(r"\bami-[0-9a-f]{17}\b", repr(plan.steps)))
        found = {image_id for _, image_id, _ in needed(under_way(plan))}
        assert named <= found, plan.title
        assert (plan.region, IMAGE, False) in needed(under_way(plan)) or IMAGE not in named, plan.title


def test_asking_who_else_uses_an_image_keeps_nobody_from_removing_it() -> None:
    assert needed(under_way(usage_report_plan(FACTS))) == set()


def test_a_copy_needs_its_source_where_that_is() -> None:
    (abroad, _) = copy_plans(COPY)

    assert ("us-east-1", IMAGE, False) in needed(under_way(abroad))


def test_what_has_ended_needs_nothing() -> None:
    for plan in all_plans():
        needs = image_needs([done(plan)], NOW)
        assert all(one.rolls_back for one in needs), plan.title
        assert bool(needs) == bool(plan.before.get(ROLL_BACK)), plan.title


def test_what_can_be_rolled_back_needs_what_was_there_before_for_a_while() -> None:
    (plan, _) = copy_plans(COPY)
    operation = done(plan._replace(before={ROLL_BACK: [OLD]}))

    (need,) = image_needs([operation], operation.changed_at + 60)
    assert need == ImageNeed(plan.region, OLD, operation.id, plan.title, rolls_back=True)
    assert image_needs([operation], operation.changed_at + ROLLED_BACK_WITHIN_S) == []
    assert image_needs([operation._replace(state=State.DROPPED)], operation.changed_at) == []
