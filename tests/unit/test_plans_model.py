"""Every plan against EC2's model, as botocore has it: what is printed and sent exists, and has the right type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

from amitui.domain.operations.apis import APIS, Makes, makes
from amitui.domain.operations.awaited import RESOURCES
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.placeholders import (
    WITHHELD,
    answer_of,
    answers_in,
    from_json,
    revealed,
    to_json,
    with_answers,
    withheld_in,
)
from amitui.domain.operations.plan import Call, Plan, Watch, decode, encode
from amitui.presentation.aws_command import option
from tests.support.plan_samples import all_plans

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

PLANS = all_plans()
IDS = [f"{number}-{plan.kind}" for number, plan in enumerate(PLANS)]


@cache
def model(service: str = "ec2") -> ServiceModel:
    return get_session().get_service_model(service)


@cache
def by_method(service: str = "ec2") -> dict[str, OperationModel]:
    return {xform_name(name): model(service).operation_model(name) for name in model(service).operation_names}


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_ec2s_model_takes_every_call(plan: Plan) -> None:
    for call in plan.calls:
        shape = by_method(call.service)[call.api].input_shape
        answers = {index: f"{index}" for index in range(len(plan.steps))}
        sent = revealed(with_answers(call.parameters, answers), plan.private)
        report = ParamValidator().validate(sent, shape)
        assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_no_call_says_itself_whether_it_is_a_dry_run_or_which_attempt_it_is(plan: Plan) -> None:
    for call in plan.calls:
        assert not {"DryRun", "ClientToken"} & set(call.parameters)


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_a_plan_says_in_words_what_it_does(plan: Plan) -> None:
    assert isinstance(plan.kind, OperationKind)
    assert plan.calls
    assert plan.changes
    for sentence in (*plan.changes, *plan.warnings):
        assert sentence.rstrip("”").endswith("."), sentence
        assert "None" not in sentence
        assert "  " not in sentence
    for text in (plan.title, *(call.action for call in plan.calls)):
        assert text == text.strip()
        assert not text.endswith(".")
        assert "\n" not in text


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_a_plan_waits_only_for_what_can_be_watched_and_in_its_own_region(plan: Plan) -> None:
    for step in plan.steps:
        assert step.region == plan.region
        if isinstance(step, Watch):
            assert step.kind in RESOURCES
            assert step.until
            assert not set(step.until) & set(step.failing)
            made = any(makes(call.api) is Makes.IMAGE for call in plan.calls)
            assert step.target or made


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_a_plan_outlives_the_journal(plan: Plan) -> None:
    import json

    assert decode(json.loads(json.dumps(encode(plan)))) == plan._replace(private={})


def test_every_parameter_of_ec2_is_spelt_as_the_program_spells_it() -> None:
    for operation in by_method().values():
        for name in operation.input_shape.members if operation.input_shape else ():
            assert option(name) == f"--{xform_name(name, '-')}"


def test_an_instance_is_started_whatever_became_of_the_image() -> None:
    plan = PLANS[0]
    always = [step for step in plan.steps if step.always]
    assert [step.api if isinstance(step, Call) else step.until[0] for step in always] == [
        "start_instances",
        "running",
    ]


def test_what_stands_for_an_answer_is_that_of_an_earlier_step_that_makes_something() -> None:
    for plan in PLANS:
        for index, step in enumerate(plan.steps):
            needed = answers_in(step.parameters if isinstance(step, Call) else step.target)
            for earlier in needed:
                maker = plan.steps[earlier]
                assert earlier < index
                assert isinstance(maker, Call)
                assert APIS[maker.api].made is not None


def test_what_is_withheld_is_what_is_private() -> None:
    for plan in PLANS:
        assert frozenset(plan.private) == frozenset().union(*(withheld_in(call.parameters) for call in plan.calls))


# What is not known yet, and what nobody may read

SECRET = "#!/bin/sh\necho hunter2"


def test_what_earlier_steps_made_takes_its_place_at_any_depth() -> None:
    parameters = {
        "GroupId": answer_of(0),
        "Interfaces": [{"Groups": [answer_of(0), "sg-old"], "Image": answer_of(12)}],
        "Count": 1,
    }
    assert answers_in(parameters) == {0, 12}
    assert with_answers(parameters, {0: "sg-1", 12: "ami-1"}) == {
        "GroupId": "sg-1",
        "Interfaces": [{"Groups": ["sg-1", "sg-old"], "Image": "ami-1"}],
        "Count": 1,
    }
    with pytest.raises(KeyError):
        with_answers(parameters, {0: "sg-1"})


@pytest.mark.parametrize("text", ["${answer 7}", "${withheld}", "${answer 0}", '{"$answer": 0}', "$withheld"])
def test_no_text_is_a_placeholder(text: str) -> None:
    parameters = {"Description": text, "UserData": text, "GroupId": text, "Tags": [{"Key": text, "Value": text}]}
    assert answers_in(parameters) == frozenset()
    assert withheld_in(parameters) == frozenset()
    assert with_answers(parameters, {}) == revealed(parameters, {}) == from_json(to_json(parameters)) == parameters


def test_what_is_withheld_is_revealed_by_its_name_at_any_depth() -> None:
    parameters = {"UserData": WITHHELD, "Data": [{"Token": WITHHELD, "Name": "UserData"}]}
    assert withheld_in(parameters) == {"UserData", "Token"}
    assert revealed({"Tokens": [WITHHELD, "x"]}, {"Tokens": "t"}) == {"Tokens": ["t", "x"]}
    assert revealed(parameters, {"UserData": SECRET, "Token": "t"}) == {
        "UserData": SECRET,
        "Data": [{"Token": "t", "Name": "UserData"}],
    }
    with pytest.raises(KeyError):
        revealed(parameters, {"UserData": SECRET})


def test_what_is_private_is_in_no_text_of_a_plan() -> None:
    call = Call("run_instances", "us-east-1", {"UserData": WITHHELD}, "launch instances")
    plan = Plan(OperationKind.LAUNCH, "Launch", "us-east-1", "ami-1", (call,), private={"UserData": SECRET})
    assert "hunter2" not in f"{plan} {plan!r} {[plan]} {encode(plan)}"
    assert "UserData" in repr(plan)
    assert decode(encode(plan)).private == {}
