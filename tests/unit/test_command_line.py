"""The printed commands: they say to the `aws` program exactly what would be sent."""

from __future__ import annotations

import json
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.command_line import aws_command, aws_commands
from amitui.domain.plan import Call, Plan, decode, encode
from amitui.domain.plans.change import describe_plan, disable_plan, tags_plan
from amitui.domain.plans.copy import copy_plans
from amitui.domain.plans.create import create_plan
from amitui.domain.plans.deregister import deregister_plan
from amitui.domain.plans.recycle import restore_plan
from amitui.domain.plans.storing import store_plan
from tests.unit.plan_samples import COPY, CREATE, FACTS, IMAGE, SNAPSHOT, all_plans

if TYPE_CHECKING:
    from botocore.model import Shape

PLANS = all_plans()
IDS = [f"{number}-{plan.kind}" for number, plan in enumerate(PLANS)]


@cache
def members(api: str) -> dict[str, tuple[str, Shape]]:
    """Option → parameter and its shape, as botocore's model has them."""
    model = get_session().get_service_model("ec2")
    (name,) = (name for name in model.operation_names if xform_name(name) == api)
    shape = model.operation_model(name).input_shape
    assert shape is not None
    return {f"--{xform_name(member, '-')}": (member, kind) for member, kind in shape.members.items()}


def understood(command: str) -> Call:
    """What the `aws` program makes of a command: the same request, if it was spelt rightly."""
    words = shlex.split(command)
    assert words[:2] == ["aws", "ec2"]
    assert words[3] == "--region"
    api, region = words[2].replace("-", "_"), words[4]
    known = members(api)
    found: dict[str, Any] = {}
    rest = words[5:]
    while rest:
        option, *rest = rest
        values: list[str] = []
        while rest and not rest[0].startswith("-"):
            values.append(rest.pop(0))
        if option == "--cli-input-json":
            found |= json.loads(values[0])
        elif option == "--reboot" and "--no-reboot" in known:
            found["NoReboot"] = False
        elif option in known:
            parameter, shape = known[option]
            found[parameter] = _value(shape, values)
        else:
            assert option.startswith("--no-")
            parameter, shape = known[f"--{option.removeprefix('--no-')}"]
            assert (shape.type_name, values) == ("boolean", [])
            found[parameter] = False
    return Call(api, region, found, "")


def _value(shape: Shape, values: list[str]) -> Any:
    if shape.type_name == "boolean":
        assert values == []
        return True
    if shape.type_name == "list" and shape.member.type_name == "string":
        return values
    (value,) = values
    # What the program fetches, or what would not be one line, must not get here.
    assert not value.startswith(("file://", "fileb://", "http://", "https://"))
    assert value.isprintable()
    if shape.type_name in {"list", "structure"}:
        return json.loads(value)
    return int(value) if shape.type_name in {"integer", "long"} else value


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_the_printed_command_is_the_request(plan: Plan) -> None:
    for call in plan.calls:
        told = understood(aws_command(call))
        assert (told.api, told.region, told.parameters) == (call.api, call.region, call.parameters)


texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["-x", "--profile", "file:///etc/passwd", "https://example.com", "it's", "$(id)", "a\nb", "{}"]
    ),
)
tags = st.lists(st.tuples(texts, texts), max_size=3, unique_by=lambda tag: tag[0])


@given(name=texts, description=texts, image_tags=tags, snapshot_tags=tags)
def test_whatever_is_typed_reaches_the_request_and_nothing_else(
    name: str,
    description: str,
    image_tags: list[tuple[str, str]],
    snapshot_tags: list[tuple[str, str]],
) -> None:
    request = CREATE._replace(
        name=name, description=description, image_tags=tuple(image_tags), snapshot_tags=tuple(snapshot_tags)
    )
    for call in create_plan(request).calls:
        command = aws_command(call)
        assert "\n" not in command
        assert command.isprintable()
        assert understood(command).parameters == call.parameters


@given(description=texts, added=tags, removed=st.lists(texts, max_size=2))
def test_a_plan_of_any_text_outlives_the_journal(
    description: str, added: list[tuple[str, str]], removed: list[str]
) -> None:
    plans = [describe_plan(FACTS._replace(description=description, name=description), description)]
    if added or removed:
        plans.append(tags_plan(FACTS, added, removed))
    plans += copy_plans(COPY._replace(description=description, image_tags=tuple(added)))
    for plan in plans:
        assert decode(json.loads(json.dumps(encode(plan)))) == plan
        for call in plan.calls:
            assert understood(aws_command(call)).parameters == call.parameters


def test_a_profile_and_an_endpoint_are_given_along() -> None:
    command = aws_command(disable_plan(FACTS).calls[0], profile="my prod", endpoint_url="http://127.0.0.1:5055")
    assert command == (
        "aws ec2 disable-image --region us-east-1 --profile 'my prod' --endpoint-url http://127.0.0.1:5055 "
        f"--image-id {IMAGE}"
    )


def test_rebooting_is_spelt_without_a_double_negation() -> None:
    asked = CREATE._replace(stop="reboot")
    assert " --reboot " in aws_command(create_plan(asked).calls[0])
    assert " --no-reboot " in aws_command(create_plan(asked._replace(stop="no-reboot")).calls[0])


def test_other_negations_are_spelt_with_no() -> None:
    call = deregister_plan(FACTS, delete_snapshots=False, snapshot_ids=[SNAPSHOT]).calls[0]
    assert aws_command(call).endswith(" --no-delete-associated-snapshots")


@pytest.mark.parametrize(
    "text", ["https://wiki.example/ami", "file:///etc/passwd", "-rf", "two\nlines", "a\u202eb"]
)
def test_a_text_that_the_program_would_misread_is_given_as_json(text: str) -> None:
    call = create_plan(CREATE._replace(description=text)).calls[1]
    words = shlex.split(aws_command(call))
    assert "--description" not in words
    assert json.loads(words[words.index("--cli-input-json") + 1]) == {"Description": text}


def test_the_commands_of_a_plan_wait_for_what_it_waits_for() -> None:
    lines = aws_commands(create_plan(CREATE), profile="prod")
    assert [shlex.split(line)[2] for line in lines if not line.startswith("image_id=")] == [
        "stop-instances",
        "wait",
        "start-instances",
        "wait",
        "wait",
    ]
    assert lines[1] == (
        f"aws ec2 wait instance-stopped --region us-east-1 --profile prod --instance-ids {CREATE.instance_id}"
    )
    assert lines[2].startswith("image_id=$(aws ec2 create-image --region us-east-1 --profile prod ")
    assert lines[2].endswith(" --query ImageId --output text)")
    assert lines[5] == 'aws ec2 wait image-available --region us-east-1 --profile prod --image-ids "$image_id"'


def test_an_image_that_is_known_is_waited_for_by_its_id() -> None:
    assert aws_commands(restore_plan("us-east-1", IMAGE, "", []))[-1] == (
        f"aws ec2 wait image-available --region us-east-1 --image-ids {IMAGE}"
    )
    assert aws_commands(store_plan(FACTS, "acme"))[-1] == (
        f"aws ec2 wait store-image-task-complete --region us-east-1 --image-ids {IMAGE}"
    )


def test_what_the_program_cannot_wait_for_is_not_waited_for() -> None:
    for plan in (disable_plan(FACTS), deregister_plan(FACTS, delete_snapshots=True, snapshot_ids=[])):
        assert aws_commands(plan) == (aws_command(plan.calls[0]),)


def test_every_waiter_that_is_printed_exists() -> None:
    known = {xform_name(name, "-") for name in get_session().get_waiter_model("ec2").waiter_names}
    printed = {
        shlex.split(line)[3] for plan in PLANS for line in aws_commands(plan) if line.startswith("aws ec2 wait")
    }
    assert printed
    assert printed <= known
