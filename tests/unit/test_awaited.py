"""Every kind of resource that operations wait for has all of its parts; this fails when one is added by half."""

from __future__ import annotations

import pytest
from botocore import xform_name
from botocore.session import get_session

from amitui.domain.operations.awaited import GONE, INSTANCE, RESOURCES, SNAPSHOT, resource_of
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Plan, Watch
from amitui.ec2.reads.observations import READERS
from amitui.presentation.aws_command import aws_commands
from amitui.presentation.operation_words import step_words
from tests.support.plan_samples import all_plans

WAITS = sorted({step for plan in all_plans() for step in plan.steps if isinstance(step, Watch)}, key=str)
WAITERS = get_session().get_waiter_model("ec2")
SERVICE = get_session().get_service_model("ec2")


def test_every_kind_can_be_observed_and_plans_wait_for_no_other() -> None:
    assert READERS.keys() == RESOURCES.keys()
    assert {watch.kind for watch in WAITS} <= RESOURCES.keys()


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_kind_has_words_a_pace_and_states_in_which_it_rests(kind: str) -> None:
    spec = RESOURCES[kind]
    assert spec.noun.startswith("the ")
    assert spec.noun_before_id.startswith("the ")
    assert spec.quick_s > 0
    assert spec.restless.keys() < spec.settled or spec.is_value
    assert spec.rests(GONE)
    assert not spec.rests("")
    assert spec.rests("pending") is spec.is_value


@pytest.mark.parametrize("watch", WAITS, ids=str)
def test_what_a_plan_waits_for_is_a_state_that_lasts(watch: Watch) -> None:
    spec = RESOURCES[watch.kind]
    assert all(spec.settles(state) or state == GONE for state in watch.until)


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind in RESOURCES for state in RESOURCES[kind].waiters]
)
def test_a_printed_wait_is_one_of_the_program_and_takes_the_id_by_its_option(kind: str, state: str) -> None:
    spec = RESOURCES[kind]
    names = {xform_name(name, "-"): name for name in WAITERS.waiter_names}
    waiter = WAITERS.get_waiter(names[spec.waiters[state]])
    members = SERVICE.operation_model(waiter.operation).input_shape.members
    assert spec.waiter_option in {f"--{xform_name(name, '-')}" for name in members}
    assert state in spec.settled
    line = aws_commands(waiting(Watch(kind, "us-east-1", "x-1", (state,))))[-1]
    assert line.startswith(f"aws ec2 wait {spec.waiters[state]} ")
    assert f"{spec.waiter_option} x-1" in line


@pytest.mark.parametrize(
    ("kind", "state", "facts", "rests"),
    [
        (INSTANCE, "running", (), False),
        (INSTANCE, "running", (("checks", "initializing"),), False),
        (INSTANCE, "running", (("type", "m7i.large"), ("checks", "ok")), True),
        (INSTANCE, "stopping", (("checks", "ok"),), False),
        (INSTANCE, "stopped", (), True),
        (SNAPSHOT, "recoverable", (), False),
        (SNAPSHOT, "completed", (), True),
    ],
)
def test_what_may_still_change_is_observed_as_often_as_what_does(
    kind: str, state: str, facts: tuple[tuple[str, str], ...], rests: bool
) -> None:
    assert RESOURCES[kind].rests(state, facts) is rests


def test_what_a_newer_amitui_waits_for_is_shown_by_its_name() -> None:
    watch = Watch("volume", "us-east-1", "vol-1", ("available",))
    assert step_words(watch) == "wait until volume is available"
    assert resource_of("volume").noun_before_id == "the volume"
    assert not any("wait" in line for line in aws_commands(waiting(watch)) if not line.startswith("#"))


def waiting(watch: Watch) -> Plan:
    return Plan(OperationKind.COPY, "Wait", "us-east-1", "ami-1", (watch,))
