"""Auto Scaling of the simulated AWS, asked by boto3: groups, launch configurations, instance refreshes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from amitui.demo.seed.accounts import READER_ACCESS_KEY
from tests.support.demo_account import HOME
from tests.support.fleet_lab import FleetLab, fleet_lab, refused


@pytest.fixture(scope="module")
def lab() -> Iterator[FleetLab]:
    with fleet_lab(fleet={}) as made:
        yield made


def by_number(template: str, version: str) -> dict[str, Any]:
    return {"LaunchTemplate": {"LaunchTemplateId": template, "Version": version}}


def test_a_refresh_replaces_the_instances_in_batches_and_the_group_follows_the_desired_configuration(
    lab: FleetLab,
) -> None:
    old, new = lab.build("acme-web", 1), lab.build("acme-web", 0)
    template = lab.template(old, new)
    group = lab.group(**by_number(template, "1"))
    before = {one["InstanceId"] for one in lab.described(group)["Instances"]}

    preferences = {"MinHealthyPercentage": 50}
    lab.refresh(group, DesiredConfiguration=by_number(template, "2"), Preferences=preferences)
    with refused("InstanceRefreshInProgress"):
        lab.refresh(group)
    with refused("ValidationError"):
        lab.scaling.update_auto_scaling_group(AutoScalingGroupName=group, **by_number(template, "2"))
    seen = lab.until(group, "Successful")

    statuses = list(dict.fromkeys(one["Status"] for one in seen))
    assert statuses == ["Pending", "InProgress", "Successful"]
    assert list(dict.fromkeys(one["PercentageComplete"] for one in seen)) == [0, 50, 100]
    assert list(dict.fromkeys(one["InstancesToUpdate"] for one in seen if one["Status"] != "Pending")) == [4, 2, 0]
    assert seen[-1]["Preferences"]["InstanceWarmup"] == 60, "the group's default"
    assert lab.images(group) == [new] * 4
    described = lab.described(group)
    assert described["LaunchTemplate"]["Version"] == "2"
    assert not before & {one["InstanceId"] for one in described["Instances"]}
    gone = lab.ec2.describe_instances(InstanceIds=sorted(before))["Reservations"]
    assert {one["State"]["Name"] for entry in gone for one in entry["Instances"]} <= {
        "shutting-down",
        "terminated",
    }


def test_a_refresh_waits_at_checkpoints_and_bakes(lab: FleetLab) -> None:
    template = lab.template(lab.build("acme-web", 1), lab.build("acme-web", 0))
    group = lab.group(**by_number(template, "1"))
    preferences = {
        "CheckpointPercentages": [50, 100], "CheckpointDelay": 1800, "BakeTime": 900, "MinHealthyPercentage": 50,
    }  # fmt: skip

    lab.refresh(group, DesiredConfiguration=by_number(template, "2"), Preferences=preferences)
    seen = lab.until(group, "Baking")
    assert sum(one["PercentageComplete"] == 50 for one in seen) * 5 >= 1800
    assert lab.described(group)["LaunchTemplate"]["Version"] == "1", "only when it has succeeded"
    assert len(lab.until(group, "Successful")) * 5 >= 900
    assert lab.described(group)["LaunchTemplate"]["Version"] == "2"


def test_with_skip_matching_only_what_differs_by_template_version_or_type_is_replaced(lab: FleetLab) -> None:
    old, new = lab.build("acme-web", 1), lab.build("acme-web", 0)
    parameter = f"/golden/{lab.name('skip')}"
    lab.put_image(parameter, old)
    template = lab.template(f"resolve:ssm:{parameter}")
    group = lab.group(size=2, **by_number(template, "1"))
    lab.put_image(parameter, new)

    lab.refresh(group, Preferences={"SkipMatching": True})
    assert lab.until(group, "Successful")[-1]["PercentageComplete"] == 100
    assert lab.images(group) == [old, old], "a parameter that was moved alone makes no difference"
    lab.refresh(group)
    lab.until(group, "Successful")
    assert lab.images(group) == [new, new]


def test_a_cancelled_refresh_leaves_what_it_did_and_the_groups_configuration(lab: FleetLab) -> None:
    old, new = lab.build("acme-web", 1), lab.build("acme-web", 0)
    template = lab.template(old, new)
    group = lab.group(**by_number(template, "1"))
    with refused("ActiveInstanceRefreshNotFound"):
        lab.scaling.cancel_instance_refresh(AutoScalingGroupName=group)
    asked = {"DesiredConfiguration": by_number(template, "2"), "Preferences": {"MinHealthyPercentage": 75}}
    lab.refresh(group, **asked)
    while lab.state(group)["PercentageComplete"] < 25:
        lab.pass_time(5)

    lab.scaling.cancel_instance_refresh(AutoScalingGroupName=group)
    assert lab.state(group)["Status"] == "Cancelling"
    with refused("ActiveInstanceRefreshNotFound"):
        lab.scaling.rollback_instance_refresh(AutoScalingGroupName=group)
    lab.until(group, "Cancelled")

    assert set(lab.images(group)) == {old, new}
    assert lab.described(group)["LaunchTemplate"]["Version"] == "1"
    assert len(lab.described(group)["Instances"]) == 4


def test_a_roll_back_brings_the_old_instances_back_and_tells_how_far_it_was(lab: FleetLab) -> None:
    old, new = lab.build("acme-web", 1), lab.build("acme-web", 0)
    template = lab.template(old, new)
    group = lab.group(**by_number(template, "1"))
    asked = {"DesiredConfiguration": by_number(template, "2"), "Preferences": {"MinHealthyPercentage": 75}}
    lab.refresh(group, **asked)
    while lab.state(group)["PercentageComplete"] < 50:
        lab.pass_time(5)

    lab.scaling.rollback_instance_refresh(AutoScalingGroupName=group)
    seen = lab.until(group, "RollbackSuccessful")

    assert {one["Status"] for one in seen[:-1]} == {"RollbackInProgress"}
    assert seen[-1]["PercentageComplete"] == 0
    assert seen[-1]["RollbackDetails"]["PercentageCompleteOnRollback"] == 50
    assert seen[-1]["RollbackDetails"]["InstancesToUpdateOnRollback"] == 2
    assert lab.images(group) == [old] * 4
    assert lab.described(group)["LaunchTemplate"]["Version"] == "1"


@pytest.mark.parametrize("reason", ["no desired configuration", "$Latest", "a parameter"])
def test_what_cannot_be_rolled_back_is_refused(lab: FleetLab, reason: str) -> None:
    parameter = f"/golden/{lab.name('irreversible')}"
    lab.put_image(parameter, lab.build("acme-web", 0))
    image = f"resolve:ssm:{parameter}" if reason == "a parameter" else lab.build("acme-web", 0)
    template = lab.template(lab.build("acme-web", 1), image)
    group = lab.group(size=1, **by_number(template, "1"))
    version = "$Latest" if reason == "$Latest" else "2"
    desired = {} if "no desired" in reason else {"DesiredConfiguration": by_number(template, version)}

    with refused("ValidationError"):
        lab.refresh(group, Preferences={"AutoRollback": True}, **desired)
    lab.refresh(group, **desired)
    with refused("IrreversibleInstanceRefresh"):
        lab.scaling.rollback_instance_refresh(AutoScalingGroupName=group)
    lab.until(group, "Successful")


@pytest.mark.parametrize("fault", ["boots", "alarm", "disabled"])
@pytest.mark.parametrize("automatic", [False, True])
def test_a_refresh_onto_a_bad_image_fails_and_may_roll_back_by_itself(
    lab: FleetLab, fault: str, automatic: bool
) -> None:
    old = lab.build("acme-web", 1)
    bad = lab.copy(**{f"demo:{fault}": {"boots": "no", "alarm": "web-5xx"}.get(fault, "")})
    template = lab.template(old, bad)
    group = lab.group(size=2, **by_number(template, "1"))
    preferences = {"AutoRollback": automatic, "AlarmSpecification": {"Alarms": ["web-5xx"]}}

    lab.refresh(group, DesiredConfiguration=by_number(template, "2"), Preferences=preferences)
    if fault == "disabled":
        lab.ec2.disable_image(ImageId=bad)
    seen = lab.until(group, "RollbackSuccessful" if automatic else "Failed")[-1]
    lab.pass_time(300)

    assert seen["StatusReason" if not automatic else "RollbackDetails"]
    assert lab.described(group)["LaunchTemplate"]["Version"] == "1"
    there = lab.images(group)
    assert len(there) == 2
    if automatic or fault != "alarm":
        assert there == [old, old]
    activities = lab.scaling.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]
    assert any(one["StatusCode"] == "Failed" for one in activities) is (fault == "disabled")


def test_with_a_maximum_the_new_instances_are_launched_first(lab: FleetLab) -> None:
    template = lab.template(lab.build("acme-web", 1), lab.build("acme-web", 0))
    group = lab.group(size=2, **by_number(template, "1"))
    preferences = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}

    lab.refresh(group, DesiredConfiguration=by_number(template, "2"), Preferences=preferences)
    served = []
    while lab.state(group)["Status"] != "Successful":
        served.append(sum(one["LifecycleState"] == "InService" for one in lab.described(group)["Instances"]))
        lab.pass_time(5)

    assert min(served) == 2
    assert max(served) == 4


@pytest.mark.parametrize(
    "preferences",
    [
        {"MinHealthyPercentage": 101},
        {"MaxHealthyPercentage": 110},
        {"MinHealthyPercentage": 0, "MaxHealthyPercentage": 110},
        {"CheckpointPercentages": [50, 20]},
        {"CheckpointDelay": 60},
        {"AlarmSpecification": {"Alarms": [f"a{n}" for n in range(11)]}},
    ],
)
def test_preferences_that_make_no_sense_are_refused(lab: FleetLab, preferences: dict[str, Any]) -> None:
    group = lab.group(size=0, **by_number(lab.template(lab.build("acme-web")), "1"))
    with refused("ValidationError"):
        lab.refresh(group, Preferences=preferences)
    assert not lab.scaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"]


def test_groups_and_launch_configurations_are_made_changed_and_deleted(lab: FleetLab) -> None:
    name = lab.name("configuration")
    image = lab.build("acme-web")
    asked = {"LaunchConfigurationName": name, "ImageId": image, "InstanceType": "t3.micro"}
    with refused("ValidationError"):
        lab.scaling.create_launch_configuration(**{**asked, "ImageId": "ami-00000000000000000"})
    lab.scaling.create_launch_configuration(**asked)
    with refused("AlreadyExists"):
        lab.scaling.create_launch_configuration(**asked)
    group = lab.group(size=1, LaunchConfigurationName=name)
    with refused("ResourceInUse"):
        lab.scaling.delete_launch_configuration(LaunchConfigurationName=name)
    with refused("ResourceInUse"):
        lab.scaling.delete_auto_scaling_group(AutoScalingGroupName=group)

    template = lab.template(image)
    lab.scaling.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0, **by_number(template, "$Default"))
    described = lab.described(group)
    assert "LaunchConfigurationName" not in described
    assert described["LaunchTemplate"]["LaunchTemplateId"] == template
    lab.scaling.delete_launch_configuration(LaunchConfigurationName=name)
    (instance,) = (one["InstanceId"] for one in described["Instances"])
    lab.ec2.terminate_instances(InstanceIds=[instance])
    lab.pass_time(60)
    (other,) = (one["InstanceId"] for one in lab.described(group)["Instances"])
    assert other != instance, "a group replaces what is terminated"
    lab.scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    lab.pass_time(60)
    lab.scaling.delete_auto_scaling_group(AutoScalingGroupName=group)
    with refused("ValidationError"):
        lab.scaling.describe_instance_refreshes(AutoScalingGroupName=group)
    assert lab.images(group) == []


def test_what_is_not_simulated_of_a_group_is_refused(lab: FleetLab) -> None:
    template = lab.template(lab.build("acme-web"))
    for more in (
        {"NewInstancesProtectedFromScaleIn": True},
        {"TargetGroupARNs": ["arn:x"]},
        {"PlacementGroup": "x"},
    ):
        with refused("ValidationError"):
            lab.group(size=0, **by_number(template, "1"), **more)


def test_who_may_only_read_changes_no_group(lab: FleetLab) -> None:
    reader = lab.client("autoscaling", HOME, READER_ACCESS_KEY)
    assert "AutoScalingGroups" in reader.describe_auto_scaling_groups()
    with refused("AccessDenied"):
        reader.set_desired_capacity(AutoScalingGroupName="x", DesiredCapacity=0)
