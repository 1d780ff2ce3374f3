"""What is taken back, and how: the last operation on each thing, with all that was submitted together."""

from __future__ import annotations

from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import deprecate_plan, describe_plan, disable_plan, enable_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.way_back import LATELY_S, is_undoable, leads_to_bin, newest_way_back
from tests.support.plan_samples import DAY, FACTS, NOW, all_plans, done

OTHER = FACTS._replace(image_id="ami-0fedcba9876543210", name="acme-db")
GONE = [
    deregister_plan(facts, delete_snapshots=True, snapshot_ids=["snap-0123456789abcdef0"])
    for facts in (FACTS, OTHER)
]


def ended(plan: Plan, *, number: int = 1, batch: str = "", state: State = State.DONE) -> Operation:
    """The newest has the highest number."""
    return done(plan, state)._replace(id=f"op-{number}", batch=batch or f"b-{number}")


def test_a_disabled_image_is_enabled_again() -> None:
    back = newest_way_back([ended(disable_plan(FACTS))], NOW)

    assert back is not None
    assert [plan.title for plan in back.plans] == ["Enable acme-web-7"]
    assert back.title == "Disable acme-web-7"


def test_a_deregistration_leads_to_the_bin_with_all_that_went_with_it() -> None:
    back = newest_way_back([ended(plan, number=9 - at, batch="b") for at, plan in enumerate(GONE)], NOW)

    assert back is not None
    assert back.plans == ()
    assert [one.plan.subject for one in back.operations] == [FACTS.image_id, OTHER.image_id]
    assert back.title == "Deregister acme-web-7 and 1 more"


def test_what_was_submitted_together_is_undone_together() -> None:
    found = [ended(disable_plan(facts), number=9 - at, batch="b") for at, facts in enumerate((FACTS, OTHER))]

    back = newest_way_back([*found, ended(describe_plan(OTHER, "x"), number=1)], NOW)

    assert back is not None
    assert [plan.subject for plan in back.plans] == [FACTS.image_id, OTHER.image_id]


def test_what_was_taken_back_is_not_offered_again() -> None:
    disabled, enabled = ended(disable_plan(FACTS), number=1), ended(enable_plan(FACTS), number=2)

    assert newest_way_back([enabled, disabled], NOW) is None
    other = ended(disable_plan(OTHER), number=0)
    back = newest_way_back([enabled, disabled, other], NOW)
    assert back is not None
    assert back.operations == (other,)


def test_what_is_still_under_way_on_a_thing_keeps_what_came_before_from_being_undone() -> None:
    under_way = ended(enable_plan(FACTS), number=2, state=State.WAITING)

    assert newest_way_back([under_way, ended(disable_plan(FACTS), number=1)], NOW) is None


def test_without_an_image_only_what_was_done_lately_is_meant() -> None:
    found = [ended(disable_plan(FACTS))]
    late = NOW + LATELY_S + DAY

    assert newest_way_back(found, late) is None
    back = newest_way_back(found, late, image=(FACTS.region, FACTS.image_id))
    assert back is not None
    assert newest_way_back(found, late, image=(FACTS.region, OTHER.image_id)) is None


def test_for_one_image_the_others_of_its_submission_stay() -> None:
    found = [ended(plan, number=9 - at, batch="b") for at, plan in enumerate(GONE)]

    back = newest_way_back(found, NOW, image=(OTHER.region, OTHER.image_id))

    assert back is not None
    assert [one.plan.subject for one in back.operations] == [OTHER.image_id]


def test_each_kind_has_a_way_back_or_its_spec_says_why_not() -> None:
    from amitui.domain.operations.kinds import spec_of

    for plan in all_plans():
        operation = ended(plan)
        if spec_of(plan.kind).no_undo:
            assert is_undoable(operation) is leads_to_bin(operation)
    assert is_undoable(ended(deprecate_plan(FACTS, NOW + DAY)))
    assert not is_undoable(ended(GONE[0], state=State.FAILED))
