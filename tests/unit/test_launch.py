"""A launch: what EC2 refuses of it is said before it is asked, and its plan says and sends what was chosen."""

from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.launch.request import LaunchRequest, NewGroup, problems, template_name_problem
from amitui.domain.launch.storage import VolumeChoice
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan, Watch, encode
from amitui.domain.operations.plans.instances import Target, start_plan, stop_plan, terminate_plan
from amitui.domain.operations.plans.launch import launch_plan, template_plan
from tests.support.plan_samples import DATA, IMAGE, LAUNCH, PLAIN_LAUNCH, ROOT


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"image_id": "ami-1"}, ("image_id", "an image ID is ami- and 8 or 17 characters of 0-9 and a-f")),
        ({"instance_type": ""}, ("instance_type", "an instance type is required, such as t3.micro")),
        ({"instance_type": "big"}, ("instance_type", "an instance type is required, such as t3.micro")),
        ({"instance_type": "u-6tb1.metal"}, None),
        ({"instance_type": "", "template_id": "lt-1"}, None),
        ({"min_count": 0}, ("min_count", "from 1 to 1,000 instances")),
        ({"max_count": 1_000}, None),
        ({"max_count": 1_001}, ("max_count", "from 1 to 1,000 instances")),
        ({"min_count": 3, "max_count": 2}, ("max_count", "at least 3, the minimum count")),
        ({"min_count": 3, "max_count": 3}, None),
        ({"hop_limit": 0}, ("hop_limit", "from 1 to 64 hops")),
        ({"hop_limit": 64}, None),
        ({"hop_limit": 65}, ("hop_limit", "from 1 to 64 hops")),
        ({"key_name": "k" * 256},
         ("key_name", "a key pair name has at most 255 characters, all printable")),
        ({"key_name": "k" * 255}, None),
        ({"key_name": "${answer 0}"}, None),
        ({"instance_tags": (("Name", "${withheld}"),)}, None),
        ({"instance_tags": (("aws:x", ""),)},
         ("instance_tags", "aws:x is reserved: only AWS can set tags that begin with aws:")),
        ({"volume_tags": (("", "x"),)}, ("volume_tags", "a tag requires a key")),
        ({"market": "spot"}, None),
        ({"market": "free"}, ("market", "one of on-demand, spot")),
        ({"spot_max_price": "0.05"}, ("spot_max_price", "only Spot Instances have a maximum price")),
        ({"market": "spot", "spot_max_price": "0.05"}, None),
        ({"market": "spot", "spot_max_price": "cheap"}, ("spot_max_price", "US dollars an hour, such as 0.05")),
        ({"market": "spot", "spot_max_price": "0"}, ("spot_max_price", "more than 0 US dollars an hour")),
        ({"market": "spot", "spot_max_price": "NaN"}, ("spot_max_price", "more than 0 US dollars an hour")),
        ({"market": "spot", "spot_max_price": "0.0000001"},
         ("spot_max_price", "at most 6 digits after the point")),
        ({"termination_protection": True}, None),
        ({"market": "spot", "termination_protection": True},
         ("termination_protection", "Spot Instances do not support termination protection")),
        ({"security_group_ids": tuple(f"sg-{n:08x}" for n in range(16))}, None),
        ({"security_group_ids": tuple(f"sg-{n:08x}" for n in range(17))},
         ("security_group_ids", "at most 16 security groups")),
        ({"new_group": NewGroup("", "")}, ("new_group", "the new group requires a name")),
        ({"volumes_before": (ROOT,), "volumes_after": (ROOT._replace(gib=4),)},
         ("volumes_after", "/dev/xvda: at least 8 GiB, as its snapshot has")),
        ({"user_data": "x" * 16_385},
         ("user_data", "16,385 of 16,384 bytes: 1 too many. Download the rest from S3 at first start")),
    ],
)  # fmt: skip
def test_what_ec2_refuses_is_said_at_its_field(change: dict[str, Any], problem: tuple[str, str] | None) -> None:
    assert problems(PLAIN_LAUNCH._replace(**change)) == (() if problem is None else (problem,))


def test_a_launch_with_everything_has_no_problem() -> None:
    assert problems(LAUNCH) == ()


def test_every_problem_is_at_a_field_of_the_request() -> None:
    wrong = LaunchRequest("", "", "", "", 0, 0, market="", user_data="\0", hop_limit=0, spot_max_price="x")
    found = problems(wrong)
    assert {problem.field for problem in found} <= set(LaunchRequest._fields)
    assert len(found) == len({problem.field for problem in found}) >= 6


@pytest.mark.parametrize(
    ("name", "right"), [("web", True), ("we", False), ("w" * 128, True), ("w" * 129, False), ("a b", False)]
)
def test_a_template_is_named_as_ec2_takes_it(name: str, right: bool) -> None:
    assert (template_name_problem(name) == "") is right


def launching(plan: Plan) -> dict[str, Any]:
    """What RunInstances is sent."""
    (call,) = (call for call in plan.calls if call.api == "run_instances")
    return dict(call.parameters)


def test_a_plain_launch_sends_no_more_than_was_chosen() -> None:
    assert launching(launch_plan(PLAIN_LAUNCH)) == {
        "ImageId": IMAGE,
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceType": "m7i.large",
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    }


def test_the_new_group_is_made_before_and_used_with_the_others() -> None:
    plan = launch_plan(LAUNCH)
    assert [call.api for call in plan.calls] == [
        "create_security_group",
        "authorize_security_group_ingress",
        "run_instances",
    ]
    (interface,) = launching(plan)["NetworkInterfaces"]
    assert interface["Groups"] == ["sg-0123456789abcdef0", answer_of(0)]
    assert "SubnetId" not in launching(plan)
    assert "SecurityGroupIds" not in launching(plan)


def test_without_a_word_about_addresses_the_subnet_decides() -> None:
    sent = launching(launch_plan(LAUNCH._replace(public_address=None)))
    assert "NetworkInterfaces" not in sent
    assert (sent["SubnetId"], sent["SecurityGroupIds"][1]) == (LAUNCH.subnet_id, answer_of(0))


def test_a_zone_is_named_only_where_no_subnet_is() -> None:
    zoned = PLAIN_LAUNCH._replace(zone="eu-west-1a")
    assert launching(launch_plan(zoned))["Placement"] == {"AvailabilityZone": "eu-west-1a"}
    assert "Placement" not in launching(launch_plan(zoned._replace(subnet_id="subnet-1")))


@pytest.mark.parametrize(
    ("profile", "sent"),
    [
        ("web", {"Name": "web"}),
        ("arn:aws:iam::1:instance-profile/web", {"Arn": "arn:aws:iam::1:instance-profile/web"}),
    ],
)
def test_a_profile_is_named_or_given_by_its_arn(profile: str, sent: dict[str, str]) -> None:
    plan = launch_plan(PLAIN_LAUNCH._replace(profile_arn_or_name=profile))
    assert launching(plan)["IamInstanceProfile"] == sent


def test_user_data_are_in_no_text_and_are_sent_plain_to_a_launch_and_encoded_to_a_template() -> None:
    for plan in (launch_plan(LAUNCH), template_plan(LAUNCH, "web")):
        assert "hunter2" not in f"{plan!r} {encode(plan)}"
        assert "aHVudGVyMg" not in f"{encode(plan)}"
    assert launch_plan(LAUNCH).private == {"UserData": LAUNCH.user_data}
    assert template_plan(PLAIN_LAUNCH._replace(user_data="hunter2"), "x").private == {"UserData": "aHVudGVyMg=="}


def test_only_an_image_that_is_not_trusted_has_its_owner_typed() -> None:
    assert launch_plan(PLAIN_LAUNCH).confirm == ""
    stranger = launch_plan(LAUNCH)
    assert stranger.confirm == "210987654321"
    assert any("210987654321" in words for words in stranger.warnings)
    assert launch_plan(LAUNCH._replace(owner_id="")).confirm == IMAGE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Without a key pair, nobody can log in"),
        ({"market": "spot"}, "EC2 can reclaim Spot Instances"),
        ({"max_count": 4}, "If EC2 lacks capacity for 4, it launches as many as it can, at least 1."),
        ({"imds_v2": False}, "IMDSv1 is enabled"),
        ({"new_group": NewGroup("shut", "x")}, "shut has no rules: nothing can reach the instance"),
        ({"user_data": "echo"}, "User data has no known header"),
    ],
)
def test_what_may_surprise_is_warned_of(change: dict[str, Any], words: str) -> None:
    assert any(words in warning for warning in launch_plan(PLAIN_LAUNCH._replace(**change)).warnings)
    if change:
        assert not any(words in warning for warning in launch_plan(PLAIN_LAUNCH._replace(key_name="k")).warnings)


def test_volumes_that_are_as_the_image_brings_them_are_not_told() -> None:
    same = PLAIN_LAUNCH._replace(volumes_before=(ROOT, DATA), volumes_after=(ROOT, DATA))
    assert not any("Volumes:" in words for words in launch_plan(same).changes)
    fewer = launch_plan(same._replace(volumes_after=(ROOT._replace(gib=9),)))
    (told,) = (words for words in fewer.changes if words.startswith("Volumes:"))
    assert "/dev/xvda 9 GiB" in told
    assert "/dev/sdf dropped" in told


def test_a_template_keeps_what_a_launch_sends_but_for_its_number() -> None:
    sent = launching(launch_plan(LAUNCH._replace(template_id="")))
    (call,) = (call for call in template_plan(LAUNCH, "web").calls if call.api == "create_launch_template")
    counts = {"MinCount", "MaxCount"}
    assert call.parameters["LaunchTemplateData"] == {name: sent[name] for name in sent if name not in counts}


def test_a_template_has_its_subnet_in_an_interface() -> None:
    plan = template_plan(LAUNCH._replace(public_address=None), "web")
    data = plan.calls[-1].parameters["LaunchTemplateData"]
    assert data["NetworkInterfaces"] == [
        {"DeviceIndex": 0, "SubnetId": LAUNCH.subnet_id, "Groups": ["sg-0123456789abcdef0", answer_of(0)]}
    ]
    assert "SubnetId" not in data
    assert "SecurityGroupIds" not in data


def test_an_added_volume_is_sent_whole() -> None:
    added = VolumeChoice("/dev/sdh", gib=10, encrypted=True, added=True)
    plan = launch_plan(PLAIN_LAUNCH._replace(volumes_before=(ROOT,), volumes_after=(ROOT, added)))
    whole = {"VolumeSize": 10, "VolumeType": "gp3", "DeleteOnTermination": True, "Encrypted": True}
    assert launching(plan)["BlockDeviceMappings"] == [{"DeviceName": "/dev/sdh", "Ebs": whole}]


# Instances that are there

TARGETS = [Target("i-1", "web-1"), Target("i-2")]


@pytest.mark.parametrize(
    ("plan", "api", "until"),
    [
        (stop_plan("us-east-1", TARGETS), "stop_instances", "stopped"),
        (start_plan("us-east-1", TARGETS), "start_instances", "running"),
        (terminate_plan("us-east-1", TARGETS), "terminate_instances", "terminated"),
    ],
)
def test_all_instances_are_asked_for_at_once_and_waited_for_in_one_step(plan: Plan, api: str, until: str) -> None:
    call, watch = plan.steps
    assert isinstance(call, Call)
    assert (call.api, call.parameters) == (api, {"InstanceIds": ["i-1", "i-2"]})
    assert isinstance(watch, Watch)
    assert (watch.target, watch.others, watch.until[0]) == ("i-1", ("i-2",), until)
    assert "web-1 (i-1), i-2" in plan.changes[0]


def test_only_terminating_has_to_be_typed() -> None:
    assert terminate_plan("us-east-1", TARGETS[:1]).confirm == "i-1"
    assert terminate_plan("us-east-1", TARGETS).confirm == "terminate 2 instances"
    assert stop_plan("us-east-1", TARGETS).confirm == start_plan("us-east-1", TARGETS).confirm == ""
