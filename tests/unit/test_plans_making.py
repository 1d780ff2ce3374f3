"""What is asked of EC2 to create, register and copy images."""

from __future__ import annotations

import pytest

from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from amitui.domain.operations.plans.create import DeviceChoice, create_plan
from amitui.domain.operations.plans.register import RegisterRequest, VolumeSpec, manifest_plan, register_plan
from tests.support.plan_samples import COPY, CREATE, IMAGE, KEY, MANIFEST, REGISTER, SNAPSHOT


def steps(plan: Plan) -> list[str]:
    """A plan in short: methods, and the states that are waited for."""
    return [
        step.api if isinstance(step, Call) else f"{step.kind} {step.target or '?'} {step.until[0]}"
        for step in plan.steps
    ]


def test_a_running_instance_is_stopped_and_started_again_before_the_image_is_there() -> None:
    assert steps(create_plan(CREATE)) == [
        "stop_instances",
        f"instance {CREATE.instance_id} stopped",
        "create_image",
        "start_instances",
        f"instance {CREATE.instance_id} running",
        "image ? available",
    ]


@pytest.mark.parametrize("stop", ["stop", "reboot", "no-reboot"])
def test_a_stopped_instance_is_left_alone(stop: str) -> None:
    plan = create_plan(CREATE._replace(was_running=False, stop=stop))  # type: ignore[arg-type]
    assert steps(plan) == ["create_image", "image ? available"]
    assert plan.calls[0].parameters["NoReboot"] is False
    assert any("stays as it is, stopped" in sentence for sentence in plan.changes)
    assert plan.warnings == ()


def test_only_who_says_so_gets_an_image_without_a_reboot_and_is_warned() -> None:
    without, rebooted = create_plan(CREATE._replace(stop="no-reboot")), create_plan(CREATE._replace(stop="reboot"))
    assert without.calls[0].parameters["NoReboot"] is True
    assert "crash-consistent" in without.warnings[0]
    assert rebooted.calls[0].parameters["NoReboot"] is False
    assert any("rebooted once" in sentence for sentence in rebooted.changes)
    assert steps(without) == steps(rebooted) == ["create_image", "image ? available"]


def test_a_dropped_device_is_no_device_and_nothing_but_deletion_is_said_of_the_others() -> None:
    mappings = create_plan(CREATE).calls[1].parameters["BlockDeviceMappings"]
    assert mappings == [
        {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}},
        {"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}},
        {"DeviceName": "/dev/sdg", "NoDevice": ""},
    ]
    assert "The image does not include /dev/sdg." in create_plan(CREATE).changes


def test_tags_go_to_the_image_and_to_its_snapshots() -> None:
    assert create_plan(CREATE).calls[1].parameters["TagSpecifications"] == [
        {"ResourceType": "image", "Tags": [{"Key": "Env", "Value": "prod"}]},
        {
            "ResourceType": "snapshot",
            "Tags": [{"Key": "Backup", "Value": "no"}, {"Key": "Note", "Value": "it's ours"}],
        },
    ]


def test_what_was_left_empty_is_not_sent() -> None:
    plan = create_plan(CREATE._replace(stop="reboot", description="", image_tags=(), snapshot_tags=(), devices=()))
    assert set(plan.calls[0].parameters) == {"InstanceId", "Name", "NoReboot"}


def test_an_image_that_fails_ends_the_wait_and_one_that_is_not_listed_yet_does_not() -> None:
    wait = create_plan(CREATE).steps[-1]
    assert isinstance(wait, Watch)
    assert "failed" in wait.failing
    assert "" not in wait.failing
    assert "pending" not in wait.failing


def test_a_stopped_state_does_not_fail_the_start() -> None:
    wait = create_plan(CREATE).steps[4]
    assert isinstance(wait, Watch)
    assert wait.until == ("running",)
    assert "stopped" not in wait.failing
    assert "terminated" in wait.failing


def test_the_volumes_are_named_in_the_changes() -> None:
    devices = (DeviceChoice("/dev/xvda", "vol-1", 8, delete_on_termination=True),)
    assert any("/dev/xvda 8 GiB" in sentence for sentence in create_plan(CREATE._replace(devices=devices)).changes)


def test_a_registration_never_leaves_architecture_and_virtualization_to_ec2() -> None:
    plan = register_plan(RegisterRequest("us-east-1", "plain", "", SNAPSHOT, "/dev/sda1"))
    parameters = plan.calls[0].parameters
    assert (parameters["Architecture"], parameters["VirtualizationType"]) == ("x86_64", "hvm")
    assert parameters["EnaSupport"] is True
    assert parameters["ImdsSupport"] == "v2.0"
    assert "BootMode" not in parameters
    assert "TpmSupport" not in parameters
    manifest = manifest_plan(MANIFEST).calls[0].parameters
    assert (manifest["Architecture"], manifest["VirtualizationType"]) == ("x86_64", "hvm")


def test_the_root_is_the_first_mapping_and_made_of_the_root_snapshot() -> None:
    mappings = register_plan(REGISTER).calls[0].parameters["BlockDeviceMappings"]
    assert [mapping["DeviceName"] for mapping in mappings] == ["/dev/xvda", "/dev/sdf", "/dev/sdg"]
    assert mappings[0]["Ebs"] == {"DeleteOnTermination": True, "VolumeType": "gp3", "SnapshotId": SNAPSHOT}
    assert mappings[1]["Ebs"]["Iops"] == 5000
    assert "SnapshotId" not in mappings[2]["Ebs"]


def test_a_volume_with_the_roots_device_says_how_the_root_is() -> None:
    root = VolumeSpec("/dev/xvda", "snap-ffffffff", 50, "gp2", delete_on_termination=False)
    mappings = register_plan(REGISTER._replace(volumes=(root,))).calls[0].parameters["BlockDeviceMappings"]
    assert mappings == [
        {
            "DeviceName": "/dev/xvda",
            "Ebs": {"DeleteOnTermination": False, "VolumeType": "gp2", "SnapshotId": SNAPSHOT, "VolumeSize": 50},
        }
    ]


def test_encryption_is_never_said_of_a_volume_that_is_registered() -> None:
    for mapping in register_plan(REGISTER).calls[0].parameters["BlockDeviceMappings"]:
        assert "Encrypted" not in mapping["Ebs"]


def test_a_paravirtual_image_has_its_kernel_and_no_ena() -> None:
    request = MANIFEST._replace(virtualization="paravirtual", kernel_id="aki-1", ramdisk_id="ari-1", ena=True)
    parameters = manifest_plan(request).calls[0].parameters
    assert (parameters["KernelId"], parameters["RamdiskId"]) == ("aki-1", "ari-1")
    assert "EnaSupport" not in parameters
    assert "BlockDeviceMappings" not in parameters


def test_a_copy_is_asked_for_in_each_destination_under_its_own_name() -> None:
    away, within = copy_plans(COPY)
    assert [call.region for call in (*away.calls, *within.calls)] == ["eu-west-1", "us-east-1"]
    assert away.calls[0].parameters["SourceRegion"] == within.calls[0].parameters["SourceRegion"] == "us-east-1"
    assert within.calls[0].parameters["Name"] == "acme-web-7-copy"
    assert (away.title, within.title) == ("Copy acme-web-7 to eu-west-1", "Copy acme-web-7 within us-east-1")
    assert any("transfer" in warning for warning in away.warnings)
    assert not any("transfer" in warning for warning in within.warnings)


def test_each_copy_has_the_key_of_its_region_or_the_default_one() -> None:
    away, within = (plan.calls[0].parameters for plan in copy_plans(COPY))
    assert (away["Encrypted"], away["KmsKeyId"]) == (True, KEY)
    assert within["Encrypted"] is True
    assert "KmsKeyId" not in within


def test_a_key_alone_means_encryption() -> None:
    request = CopyRequest("us-east-1", IMAGE, "", "", (Destination("eu-west-1", "web", KEY),))
    assert copy_plans(request)[0].calls[0].parameters["Encrypted"] is True


def test_an_unencrypted_copy_says_nothing_of_encryption() -> None:
    request = CopyRequest("us-east-1", IMAGE, "web", "", (Destination("eu-west-1", "web"),), copy_tags=False)
    (plan,) = copy_plans(request)
    assert plan.calls[0].parameters == {
        "Name": "web",
        "SourceImageId": IMAGE,
        "SourceRegion": "us-east-1",
        "CopyImageTags": False,
    }
    assert not any("encrypted" in sentence for sentence in plan.changes)


def test_a_time_based_copy_says_when_it_is_there_and_that_it_costs() -> None:
    plan = copy_plans(COPY)[0]
    assert plan.calls[0].parameters["SnapshotCopyCompletionDurationMinutes"] == 90
    assert any("1 h 30 min" in sentence for sentence in plan.changes)
    assert any("costs extra" in warning for warning in plan.warnings)
