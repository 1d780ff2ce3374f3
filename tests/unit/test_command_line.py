"""The printed commands: they say to the `aws` program exactly what would be sent."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from botocore import xform_name
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.launch.user_data import encoded
from amitui.domain.operations.placeholders import revealed, with_answers
from amitui.domain.operations.plan import Plan, decode, encode
from amitui.domain.operations.plans.change import describe_plan, disable_plan, tags_plan
from amitui.domain.operations.plans.copy import copy_plans
from amitui.domain.operations.plans.create import create_plan
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.instances import Target, stop_plan
from amitui.domain.operations.plans.launch import launch_plan, template_plan
from amitui.domain.operations.plans.recycle import restore_plan
from amitui.domain.operations.plans.store import store_plan
from amitui.presentation.aws_command import aws_command, aws_commands
from tests.support.aws_cli import understood
from tests.support.plan_samples import COPY, CREATE, FACTS, IMAGE, LAUNCH, PLAIN_LAUNCH, SNAPSHOT, all_plans

if TYPE_CHECKING:
    from pathlib import Path


PLANS = all_plans()
IDS = [f"{number}-{plan.kind}" for number, plan in enumerate(PLANS)]


@pytest.mark.parametrize("plan", PLANS, ids=IDS)
def test_the_printed_command_is_the_request(plan: Plan) -> None:
    for call in plan.calls:
        printed = understood(aws_command(call))
        assert (printed.service, printed.api, printed.region) == (call.service, call.api, call.region)
        assert printed.parameters == call.parameters


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


# Lines that need what earlier lines made, and what only a file has


def run(plan: Plan, tmp_path: Path, user_data: bytes) -> list[list[str]]:
    """What the program is given when a shell runs the lines of a plan; it answers `sg-made` to everything."""
    program = tmp_path / "aws"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(tmp_path / 'asked')!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\nprint('sg-made')\n"
    )
    program.chmod(0o755)
    (tmp_path / "user-data").write_bytes(user_data)
    script = "set -eu\n" + "\n".join(aws_commands(plan))
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(["sh", "-c", script], cwd=tmp_path, env={"PATH": path}, check=True, capture_output=True)
    return [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]


@pytest.mark.parametrize("public", [True, None])
def test_a_shell_puts_the_group_that_was_made_where_it_is_needed(tmp_path: Path, public: bool | None) -> None:
    plan = launch_plan(LAUNCH._replace(public_address=public))
    made, rules, launched = run(plan, tmp_path, b"")
    assert made[:2] == ["ec2", "create-security-group"]
    assert made[-4:] == ["--query", "GroupId", "--output", "text"]
    assert rules[rules.index("--group-id") + 1] == "sg-made"
    assert json.loads(rules[-1]) == plan.calls[1].parameters["IpPermissions"]
    old = "sg-0123456789abcdef0"
    if public:
        (interface,) = json.loads(launched[launched.index("--network-interfaces") + 1])
        assert interface["Groups"] == [old, "sg-made"]
    else:
        where = launched.index("--security-group-ids")
        assert launched[where + 1 : where + 3] == [old, "sg-made"]
    assert launched[launched.index("--count") + 1] == "2:5"
    assert launched[-2:] == ["--user-data", "fileb://user-data"]


def test_a_shell_puts_user_data_into_a_launch_template_encoded_once(tmp_path: Path) -> None:
    text = "#!/bin/sh\n" + "echo 'it\\'s \"$(id)\" @0@'\n" * 40
    plan = template_plan(LAUNCH._replace(user_data=text), "web")
    saved = run(plan, tmp_path, text.encode())[-1]
    data = json.loads(saved[saved.index("--launch-template-data") + 1])
    assert base64.b64decode(data.pop("UserData")).decode() == text
    sent = revealed(plan.calls[-1].parameters, plan.private)["LaunchTemplateData"]
    assert base64.b64decode(sent.pop("UserData")).decode() == text
    assert data == with_answers(sent, {0: "sg-made"})


@given(name=texts | st.sampled_from(["@", "@@0@", "@0@", "'@0@'", "$answer_0"]), instance_tags=tags)
def test_nothing_that_is_typed_is_taken_for_what_the_shell_puts_in(
    name: str, instance_tags: list[tuple[str, str]]
) -> None:
    marked = (("Name", name), *((key, value) for key, value in instance_tags if key != "Name"))
    plan = template_plan(LAUNCH._replace(instance_tags=marked), "web")
    words = shlex.split(aws_command(plan.calls[-1]))
    data = json.loads(words[words.index("--launch-template-data") + 1])
    assert data["TagSpecifications"][0]["Tags"] == [{"Key": key, "Value": value} for key, value in marked]
    assert data["NetworkInterfaces"][0]["Groups"] == ["sg-0123456789abcdef0", "$answer_0"]


def test_no_printed_line_has_user_data_and_the_file_is_named_first() -> None:
    for plan in (launch_plan(LAUNCH), template_plan(LAUNCH, "web")):
        for same in (plan, decode(encode(plan))):
            lines = aws_commands(same)
            assert lines[0] == "# user-data is a file here, with the user data as typed"
            printed = "\n".join(lines)
            assert "hunter2" not in printed
            assert encoded(LAUNCH.user_data) not in printed
    assert not any(line.startswith("#") for line in aws_commands(launch_plan(PLAIN_LAUNCH)))


def test_one_number_of_instances_is_printed_once() -> None:
    words = shlex.split(aws_commands(launch_plan(PLAIN_LAUNCH._replace(min_count=3, max_count=3)))[0])
    assert words[words.index("--count") + 1] == "3"


def test_every_instance_that_is_stopped_is_waited_for() -> None:
    lines = aws_commands(stop_plan("us-east-1", [Target("i-1"), Target("i-2")]))
    assert lines == (
        "aws ec2 stop-instances --region us-east-1 --instance-ids i-1 i-2",
        "aws ec2 wait instance-stopped --region us-east-1 --instance-ids i-1 i-2",
    )
