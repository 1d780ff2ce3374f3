"""What the simulated accounts have from the beginning, in the usual size and the large one; asked by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from amitui.demo.cloud.large import large_cloud
from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCESS_KEY, Caller
from amitui.demo.seed.fleet.fleet import FleetSeed
from amitui.demo.seed.fleet.large import LARGE
from tests.support.demo_account import AS_OF, HOME
from tests.support.fleet_lab import FleetLab, fleet_lab, refused


@pytest.fixture(scope="module")
def lab() -> Iterator[FleetLab]:
    with fleet_lab() as made:
        yield made


def instances(lab: FleetLab, **asked: Any) -> list[dict[str, Any]]:
    pages = lab.ec2.get_paginator("describe_instances").paginate(**asked)
    return [one for page in pages for entry in page["Reservations"] for one in entry["Instances"]]


def test_the_fleet_is_the_same_on_every_start(lab: FleetLab) -> None:
    def facts(of: FleetLab) -> list[Any]:
        found = instances(of)
        groups = of.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        templates = of.ec2.describe_launch_templates()["LaunchTemplates"]
        parameters = of.ssm.get_parameters_by_path(Path="/", Recursive=True)["Parameters"]
        return [
            sorted((one["InstanceId"], one["ImageId"], one["LaunchTime"]) for one in found),
            groups,
            templates,
            parameters,
        ]

    with fleet_lab() as other:
        assert facts(other) == facts(lab)


def test_every_instance_of_a_group_is_there_with_its_image_and_its_groups_tag(lab: FleetLab) -> None:
    there = {one["InstanceId"]: one for one in instances(lab)}
    groups = lab.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    members = [(group, one) for group in groups for one in group["Instances"]]
    assert len(groups) >= 6
    assert len(members) >= 15
    for group, one in members:
        instance = there[one["InstanceId"]]
        assert instance["ImageId"] == one["ImageId"]
        tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
        assert tags["aws:autoscaling:groupName"] == group["AutoScalingGroupName"]
    sources = {
        key for group in groups for key in group if key in {"LaunchConfigurationName", "MixedInstancesPolicy"}
    }
    assert len(sources) == 2


def test_instances_are_described_as_moto_describes_them_and_filtered_as_ec2_filters(lab: FleetLab) -> None:
    own = instances(lab)
    operations = lab.cloud._operations
    mine = operations.pop("DescribeInstances")
    try:
        motos = [one for entry in lab.ec2.describe_instances()["Reservations"] for one in entry["Instances"]]
    finally:
        operations["DescribeInstances"] = mine
    for one in motos:
        # moto's own inventions.
        one.pop("HibernationOptions", None)
        if one.get("KernelId") == "None":
            del one["KernelId"]
        # EC2 was recorded to give no reason for what runs as it should, rather than an empty one.
        if not one.get("StateReason", {}).get("Code"):
            one.pop("StateReason", None)
    assert own == motos
    for name, values in (
        ("tag:Name", ["web-?"]), ("instance-state-name", ["stopped"]), ("instance-type", ["c7*"]),
        ("tag-key", ["aws:autoscaling:groupName"]), ("architecture", ["arm64"]),
    ):  # fmt: skip
        found = instances(lab, Filters=[{"Name": name, "Values": values}])
        assert 0 < len(found) < len(own), name
    paged = instances(lab, PaginationConfig={"PageSize": 5})
    assert [one["InstanceId"] for one in paged] == [one["InstanceId"] for one in own]
    with refused("InvalidParameterValue"):
        instances(lab, Filters=[{"Name": "colour", "Values": ["x"]}])
    with refused("InvalidParameterValue"):
        lab.ec2.describe_instances(MaxResults=4)
    with refused("InvalidInstanceID.NotFound"):
        lab.ec2.describe_instances(InstanceIds=["i-00000000000000000"])
    with refused("InvalidInstanceID.Malformed"):
        lab.ec2.describe_instances(InstanceIds=["x"])


def test_the_second_account_runs_what_is_shared_with_it_and_sees_nothing_else(lab: FleetLab) -> None:
    second = lab.client("ec2", HOME, SECOND_ACCESS_KEY)
    found = [one for entry in second.describe_instances()["Reservations"] for one in entry["Instances"]]
    own = {one["ImageId"] for one in lab.ec2.describe_images(Owners=["self"])["Images"]}
    assert len(found) == 3
    assert sum(one["ImageId"] in own for one in found) == 2
    assert not second.describe_images(Owners=["self"], ImageIds=[]).get("NextToken")


def test_a_large_account_has_500_images_40_groups_and_2000_instances() -> None:
    cloud = large_cloud(AS_OF, 0.0, now=lambda: float(AS_OF), speed=1)
    me = Caller(MAIN_ACCOUNT, HOME)
    seed = FleetSeed(cloud.world, LARGE)
    ids = {machine.instance_id for machine in seed.machines(me)}
    groups = seed.scaling(me).groups.values()

    assert sum(image.owner == MAIN_ACCOUNT for image in cloud.images(HOME)) == 500
    assert len(ids) == 2000
    assert len(groups) == 40
    assert {member.instance_id for group in groups for member in group.members} < ids
    # Groups come in pages of 50, templates' versions in pages of 200.
    answer = cloud.serve("autoscaling", "DescribeAutoScalingGroups", me, {"MaxRecords": 25})
    assert len(answer["AutoScalingGroups"]) == 25
    assert answer["NextToken"]
