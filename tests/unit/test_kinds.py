"""Every kind of operation has all of its parts; this fails when one is added by half."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest

from amitui.domain.operations.awaited import IMAGE
from amitui.domain.operations.eligibility import why_not
from amitui.domain.operations.kinds import (
    SPECS,
    About,
    Milestone,
    OperationKind,
    OperationSpec,
    Requester,
    UnknownKind,
    recorded_kind,
    spec_of,
)
from amitui.domain.operations.operation import Event, EventKind, Operation, fold, planned
from amitui.domain.operations.plan import Call, Plan, Watch, decode, encode
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.undo import undo_plan
from amitui.domain.timeline.lineage import Lineage
from amitui.domain.timeline.timeline import timeline_of
from amitui.ec2.convert import image_of
from amitui.presentation.operation_details import operation_groups
from amitui.ui.actions.open_form import OPENERS
from amitui.ui.actions.registry import ACTIONS
from amitui.ui.forms.changes import CHANGE_FORMS
from tests.support.plan_samples import all_plans, done

ME, OTHER = "123456789012", "999988887777"
PLANS = all_plans()
WITH_FORM = [kind for kind, spec in SPECS.items() if spec.label]
ON_IMAGES = [kind for kind, spec in SPECS.items() if spec.about in (About.IMAGE, About.IMAGES)]


def test_every_kind_is_declared_in_the_order_of_the_menus() -> None:
    assert list(SPECS) == list(OperationKind)


def test_no_two_kinds_have_the_same_words_or_keys() -> None:
    for name in ("title", "label", "key", "tooltip"):
        counted = Counter(getattr(spec, name) for spec in SPECS.values() if getattr(spec, name))
        assert max(counted.values()) == 1, (name, counted.most_common(1))


@pytest.mark.parametrize("kind", OperationKind)
def test_a_kind_has_a_title_and_with_an_action_all_that_an_action_shows(kind: OperationKind) -> None:
    spec = SPECS[kind]
    assert spec.title[:1].isupper()
    assert not spec.title.endswith(".")
    assert bool(spec.label) == bool(spec.tooltip)
    assert spec.label or not spec.key


@pytest.mark.parametrize("kind", OperationKind)
def test_a_kind_has_a_plan_among_the_samples(kind: OperationKind) -> None:
    assert any(plan.kind is kind for plan in PLANS), f"add a plan of it to {all_plans.__module__}"


def test_what_has_an_action_has_one_form_and_what_has_none_has_no_form() -> None:
    assert sorted([*OPENERS, *CHANGE_FORMS]) == sorted(WITH_FORM)


def test_every_kind_with_a_form_is_an_action_under_its_own_id_and_no_other_action_changes_anything() -> None:
    assert [(action.id, action.kind) for action in ACTIONS if action.kind] == [
        (kind.value, kind) for kind in WITH_FORM
    ]


# Eligibility


def every_image(owner: str) -> list[ImageFacts]:
    states = ("available", "disabled", "failed", "pending", "deregistered")
    protections, dates, publics = ("disabled", "enabled-with-cooldown"), (None, 1), (False, True)
    return [
        ImageFacts("us-east-1", "ami-1", "web", owner, state, public, deprecated=date, protection=protection)
        for state, protection, date, public in product(states, protections, dates, publics)
    ]


@pytest.mark.parametrize("kind", ON_IMAGES)
def test_a_kind_fits_some_image_and_says_why_it_does_not_fit_others(kind: OperationKind) -> None:
    reasons = [why_not(kind, facts, ME) for facts in (*every_image(ME), *every_image(OTHER))]
    assert "" in reasons
    for reason in reasons:
        assert reason == reason.strip()
        assert not reason.endswith(".")
    assert why_not(kind, None, ME)


@pytest.mark.parametrize("kind", ON_IMAGES)
def test_only_owners_are_offered_what_only_owners_may(kind: OperationKind) -> None:
    others = {why_not(kind, facts, ME) for facts in every_image(OTHER)}
    assert ("" not in others) == (SPECS[kind].requester is Requester.OWNER)


# Undo


@pytest.mark.parametrize("kind", OperationKind)
def test_a_kind_can_be_undone_or_says_why_not(kind: OperationKind) -> None:
    spec = SPECS[kind]
    assert spec.no_undo == "" or (spec.no_undo[0].isupper() and spec.no_undo.endswith("."))
    undone = [undo_plan(done(plan)) for plan in PLANS if plan.kind is kind]
    assert any(undone) is (spec.no_undo == "")


@pytest.mark.parametrize("kind", [kind for kind in OperationKind if SPECS[kind].no_undo])
def test_the_operations_pane_says_what_to_do_where_there_is_no_undo(kind: OperationKind) -> None:
    ended = done(next(plan for plan in PLANS if plan.kind is kind))
    shown = [line.value for group in operation_groups(ended, [], ended.changed_at) for line in group.lines]
    assert SPECS[kind].no_undo in shown


# The timeline


def under_way(kind: OperationKind) -> Operation:
    call = Call("modify_image_attribute", "us-east-1", {}, "change it")
    plan = Plan(kind, "Change it", "us-east-1", "ami-0123456789abcdef0", (call, Watch(IMAGE, "us-east-1", "", ())))
    first = planned("op", plan, 1.0, account=ME, profile="", batch="", driver="")
    return fold([first, Event("op", 2.0, EventKind.SENDING, {"step": 0})])


@pytest.mark.parametrize("kind", OperationKind)
def test_the_timeline_shows_an_operation_of_every_kind_while_it_is_under_way(kind: OperationKind) -> None:
    milestone = SPECS[kind].milestone
    state = "deregistered" if milestone is Milestone.IN_BIN else "available"
    record: dict[str, Any] = {"ImageId": "ami-0123456789abcdef0", "State": state, "OwnerId": ME}
    lineage = Lineage(state, "", (), (), (), (), (), (), read_at=0)
    timeline = timeline_of(image_of(record, "us-east-1"), lineage, [under_way(kind)], 3)
    shown = [one for one in (*timeline.milestones, *timeline.branches) if one.detail == ("Change it",)]
    assert [one.state for one in shown] == ["now"]
    assert shown[0].name.startswith(milestone.value or "under way")


@pytest.mark.parametrize("milestone", [milestone for milestone in Milestone if milestone is not Milestone.NONE])
def test_every_milestone_that_operations_bring_about_has_some(milestone: Milestone) -> None:
    assert any(spec.milestone is milestone for spec in SPECS.values())


# The journal


def test_the_journal_keeps_kinds_under_the_names_they_always_had() -> None:
    always = (
        "create register copy deprecate undeprecate disable enable protect unprotect describe tag imds deregister"
        " restore store unstore leave share launch template stop start terminate"
    )
    assert set(always.split()) <= {kind.value for kind in OperationKind}


@pytest.mark.parametrize("kind", OperationKind)
def test_a_kind_comes_back_from_the_journal_as_itself(kind: OperationKind) -> None:
    assert recorded_kind(str(encode(Plan(kind, "t", "us-east-1", "ami-1", ()))["kind"])) is kind


@pytest.mark.parametrize("name", ["fast-launch", "", "COPY"])
def test_an_operation_of_a_newer_amitui_is_shown_by_its_bare_name(name: str) -> None:
    written = {**encode(Plan(OperationKind.COPY, "t", "us-east-1", "ami-1", ())), "kind": name}
    plan = decode(written)
    assert plan.kind == name
    assert isinstance(plan.kind, UnknownKind)
    assert spec_of(plan.kind).title == name
    assert undo_plan(done(plan)) is None
    assert isinstance(spec_of(plan.kind), OperationSpec)
