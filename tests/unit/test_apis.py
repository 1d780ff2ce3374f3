"""Every EC2 call that changes something has all of its parts; this fails when one is added by half."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore import xform_name
from botocore.model import OperationModel
from botocore.session import get_session

from amitui.domain.operations.apis import APIS, Evidence, Makes
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan
from amitui.ec2.guard import is_read
from amitui.ec2.writes.reconcile import CHECKS, reconcile
from amitui.errors import AmituiError, NetworkError
from amitui.operations.submission import check_plan, with_token
from amitui.presentation.aws_command import aws_commands
from tests.support.plan_samples import all_plans

PLANS = all_plans()
SERVICES = {name: get_session().get_service_model(name) for name in {spec.service for spec in APIS.values()}}
MODELS: dict[str, OperationModel] = {
    xform_name(name): service.operation_model(name)
    for key, service in SERVICES.items()
    for name in service.operation_names
    if (spec := APIS.get(xform_name(name))) is not None and spec.service == key
}
UNPLANNED = {"reboot_instances"}
"""Calls that no form asks for; they are here because EC2 tells nothing of them afterwards."""


def sample(api: str) -> Call:
    return next(call for plan in PLANS for call in plan.calls if call.api == api)


def of(call: Call) -> Plan:
    """A plan that makes this call alone."""
    return next(plan for plan in PLANS if call in plan.calls)._replace(steps=(call,))


def test_plans_make_declared_calls_and_every_declared_call_is_in_a_plan() -> None:
    assert {call.api for plan in PLANS for call in plan.calls} == APIS.keys() - UNPLANNED


@pytest.mark.parametrize("api", APIS)
def test_a_call_changes_something_and_takes_dry_run_where_it_is_declared_so(api: str) -> None:
    model = MODELS[api]
    assert ("DryRun" in model.input_shape.members) is APIS[api].dry_run
    assert not is_read(APIS[api].service, model.name)


@pytest.mark.parametrize("api", APIS)
def test_a_client_token_is_sent_where_ec2_takes_one(api: str) -> None:
    assert APIS[api].client_token == ("ClientToken" in MODELS[api].input_shape.members)


@pytest.mark.parametrize("api", sorted(APIS.keys() - UNPLANNED))
def test_a_call_of_a_plan_gets_its_token(api: str) -> None:
    (call,) = with_token(of(sample(api)), "op-1").calls
    assert ("ClientToken" in call.parameters) is APIS[api].client_token


@pytest.mark.parametrize("api", [api for api, spec in APIS.items() if spec.made])
def test_what_is_kept_of_an_answer_is_in_ec2s_model_of_it(api: str) -> None:
    made, shape = APIS[api].made, MODELS[api].output_shape
    assert made is not None
    for part in made.path:
        shape = shape.member if isinstance(part, int) else shape.members[part]
    assert shape.type_name in ("string", "long", "integer")


@pytest.mark.parametrize("api", APIS)
def test_what_makes_something_says_where_its_answer_names_it(api: str) -> None:
    assert (APIS[api].makes is Makes.NOTHING) is (APIS[api].made is None)


def test_everything_that_tells_is_looked_for_and_tells_of_some_call() -> None:
    assert CHECKS.keys() == set(Evidence)
    assert {spec.evidence for spec in APIS.values() if isinstance(spec.evidence, Evidence)} == set(Evidence)


class Silent:
    """EC2 while nobody can be reached; remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        return await self.service_call("ec2", region, operation, action, once=once, **parameters)

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        self.requests.append(operation)
        raise NetworkError("nobody answers")


@pytest.mark.parametrize("api", sorted(APIS.keys() - UNPLANNED))
def test_ec2_is_asked_what_became_of_a_call_and_only_by_reads(api: str) -> None:
    silent = Silent()
    call = sample(api)
    call = call._replace(parameters={"ClientToken": "t", **call.parameters})
    if "Name" not in call.parameters and api == "create_restore_image_task":
        call = call._replace(parameters={**call.parameters, "Name": "web"})
    with pytest.raises(AmituiError):
        asyncio.run(reconcile(silent, call, 0.0))
    assert silent.requests
    service = APIS[api].service
    names = {xform_name(name): name for name in SERVICES[service].operation_names}
    assert all(is_read(service, names[one]) or one == "describe_vpcs" for one in silent.requests)


@pytest.mark.parametrize("api", sorted(APIS.keys() - UNPLANNED))
def test_a_call_is_printed_as_the_program_spells_it(api: str) -> None:
    plan = next(plan for plan in PLANS if sample(api) in plan.calls)
    words = f"aws {APIS[api].service} {xform_name(MODELS[api].name, '-')} "
    assert any(words in line for line in aws_commands(plan))


@pytest.mark.parametrize("api", [api for api, spec in APIS.items() if spec.made and api not in UNPLANNED])
def test_a_later_step_gets_what_an_earlier_one_made_as_a_variable(api: str) -> None:
    made = APIS[api].made
    assert made is not None
    later = Call("create_tags", "us-east-1", {"Resources": [answer_of(0)], "Tags": []}, "set the tags")
    first, second = (
        line
        for line in aws_commands(of(sample(api))._replace(steps=(sample(api), later)))
        if not line.startswith("#")
    )
    assert first.startswith(f"{made.variable}=$(aws {APIS[api].service} ")
    assert f"--query {made.query} " in first.replace("'", "")
    assert f'"${made.variable}"' in second


@pytest.mark.parametrize("api", ["create_vpc", "delete_snapshot", ""])
def test_a_call_that_nothing_is_known_of_is_not_submitted(api: str) -> None:
    plan = PLANS[0]._replace(steps=(Call(api, "us-east-1", {}, "do it"),))
    with pytest.raises(ValueError, match="no evidence"):
        check_plan(plan)
