"""What the simulated EC2 answers to the operations of which others published answers: a call of each at least."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from tests.recorded.shapes import Digest

HOME: Final = "us-east-1"
NAME: Final = "compared"
_PATTERNS: Final = ("ubuntu/images/*noble*amd64*", "Windows_Server-2022*", "al2023*", "suse*", "*")
_LOOKS: Final = 600
_TAGS: Final[Any] = [{"Key": "for", "Value": "comparison"}]
_OTHER: Final = "111122223333"
_GROUP: Final = "sg-0123456789abcdef0"
_MAPPING: Final[Any] = {
    "DeviceName": "/dev/xvda",
    "Ebs": {"DeleteOnTermination": True, "VolumeSize": 20, "VolumeType": "gp2"},
}
_UNIT: Final = "arn:aws:organizations::123456789012:ou/o-a1b2c3d4e5/ou-a1b2-c3d4e5f6"


class Answers:
    """The answers so far, by operation, in the form in which recorded ones are kept."""

    def __init__(self, url: str, key: str = MAIN_ACCESS_KEY) -> None:
        self._stack = ExitStack()
        self._session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="demo", region_name=HOME)
        self._url = url
        self._clients: dict[str, Any] = {}
        self.digest = Digest()

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def other(self, key: str) -> Answers:
        """The same EC2 as seen with another key; closed with this one."""
        return self._stack.enter_context(Answers(self._url, key))

    def client(self, service: str) -> Any:
        """boto3's client of a service; what it is answered is noted."""
        if service not in self._clients:
            made: Any = self._session.client(
                service,
                endpoint_url=self._url,
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )
            made.meta.events.register("after-call", self._note)
            self._clients[service] = self._stack.enter_context(closing(made))
        return self._clients[service]

    def _note(self, http_response: Any, parsed: Mapping[str, Any], model: Any, **_rest: Any) -> None:
        if http_response.status_code == 200 and model.output_shape is not None:
            self.digest.add(f"{model.service_model.service_name}:{model.name}", model.output_shape, parsed)


def ask_everything(answers: Answers) -> None:
    """Make every call."""
    _read(answers)
    instance_id = _instances(answers)
    _images(answers, instance_id)
    _templates_and_groups(answers)
    _others(answers)


def _read(answers: Answers) -> None:
    ec2 = answers.client("ec2")
    ec2.describe_regions(AllRegions=True)
    own = ec2.describe_images(Owners=["self"], IncludeDisabled=True, IncludeDeprecated=True)["Images"]
    for pattern in _PATTERNS:
        ec2.describe_images(Filters=[{"Name": "name", "Values": [pattern]}], MaxResults=1000)
    ec2.describe_images(Owners=["aws-marketplace"])
    ec2.describe_images(Filters=[{"Name": "virtualization-type", "Values": ["paravirtual"]}])
    ec2.describe_images(Filters=[{"Name": "root-device-type", "Values": ["instance-store"]}])
    for image in own:
        ec2.describe_image_attribute(ImageId=image["ImageId"], Attribute="launchPermission")
        ec2.describe_image_attribute(ImageId=image["ImageId"], Attribute="lastLaunchedTime")
    for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        ec2.describe_snapshot_attribute(SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission")
    ec2.get_image_block_public_access_state()
    ec2.describe_tags()


def _instances(answers: Answers) -> str:
    """Instances from their launch to their end; the one that is left."""
    ec2 = answers.client("ec2")
    image_id = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["al2023-*x86_64"]}])[
        "Images"
    ][0]["ImageId"]
    script = base64.b64encode(b"#!/bin/sh").decode()
    ec2.create_key_pair(KeyName=NAME)
    made = ec2.run_instances(
        ImageId=image_id, MinCount=2, MaxCount=2, InstanceType="t3.micro", UserData=script, KeyName=NAME,
    )  # fmt: skip
    first, second = (one["InstanceId"] for one in made["Instances"])
    _until(lambda: _state(ec2, first) == "running" and _state(ec2, second) == "running")
    ec2.stop_instances(InstanceIds=[first])
    _until(lambda: _state(ec2, first) == "stopped")
    ec2.start_instances(InstanceIds=[first])
    ec2.get_console_output(InstanceId=second)
    ec2.terminate_instances(InstanceIds=[second])
    ec2.describe_instances()
    ec2.describe_instance_image_metadata(MaxResults=5)
    return str(first)


def _images(answers: Answers, instance_id: str) -> None:
    ec2 = answers.client("ec2")
    image_id = ec2.create_image(InstanceId=instance_id, Name=f"{NAME}-created", NoReboot=True)["ImageId"]
    _available(ec2, image_id)
    described = ec2.describe_images(ImageIds=[image_id])["Images"][0]
    snapshot_id = described["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    volume = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    with suppress(ClientError):  # one was taken of the volume a moment ago
        ec2.create_snapshot(
            VolumeId=volume["BlockDeviceMappings"][0]["Ebs"]["VolumeId"],
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": _TAGS}],
        )
    ec2.create_tags(Resources=[snapshot_id], Tags=_TAGS)
    ec2.describe_snapshots(SnapshotIds=[snapshot_id])
    permission: Any = {"Add": [{"UserId": _OTHER}]}
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot_id, Attribute="createVolumePermission", CreateVolumePermission=permission
    )
    ec2.describe_snapshot_attribute(SnapshotId=snapshot_id, Attribute="createVolumePermission")
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"OrganizationalUnitArn": _UNIT}]})
    ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")
    registered = ec2.register_image(
        Description="what it is",
        Name=f"{NAME}-registered",
        Architecture="x86_64",
        RootDeviceName="/dev/xvda",
        VirtualizationType="hvm",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )["ImageId"]
    copied = ec2.copy_image(Name=f"{NAME}-copied", SourceImageId=image_id, SourceRegion=HOME)["ImageId"]
    _available(ec2, copied)
    ec2.enable_image_deprecation(ImageId=image_id, DeprecateAt="2030-01-01T00:00:00Z")
    ec2.describe_images(ImageIds=[image_id, copied])
    ec2.disable_image_deprecation(ImageId=image_id)
    ec2.enable_image_deregistration_protection(ImageId=image_id)
    ec2.disable_image_deregistration_protection(ImageId=image_id)
    ec2.disable_image(ImageId=registered)
    ec2.enable_image(ImageId=registered)
    ec2.deregister_image(ImageId=registered)
    ec2.list_images_in_recycle_bin()
    ec2.restore_image_from_recycle_bin(ImageId=registered)
    # It shares its snapshot with the image of the instance.
    ec2.deregister_image(ImageId=registered)
    answer = ec2.deregister_image(ImageId=copied, DeleteAssociatedSnapshots=True)
    ec2.list_snapshots_in_recycle_bin()
    ec2.restore_snapshot_from_recycle_bin(SnapshotId=answer["DeleteSnapshotResults"][0]["SnapshotId"])
    stored = ec2.create_store_image_task(ImageId=image_id, Bucket=NAME)["ObjectKey"]
    _until(lambda: ec2.describe_store_image_tasks()["StoreImageTaskResults"][0]["StoreTaskState"] == "Completed")
    ec2.create_restore_image_task(Bucket=NAME, ObjectKey=stored, Name=f"{NAME}-restored")
    shared = ec2.describe_images(
        ExecutableUsers=["self"], Filters=[{"Name": "is-public", "Values": ["false"]}], IncludeDeprecated=True
    )["Images"]
    for one in shared:
        # One that is shared with the organization cannot be left.
        with suppress(ClientError):
            ec2.cancel_image_launch_permission(ImageId=one["ImageId"])


def _templates_and_groups(answers: Answers) -> None:
    ec2, scaling = answers.client("ec2"), answers.client("autoscaling")
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
    data: Any = {
        "ImageId": ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"],
        "InstanceType": "t3.micro",
        "KeyName": "ops",
        "UserData": base64.b64encode(b"#!/bin/sh").decode(),
        "BlockDeviceMappings": [_MAPPING],
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "DeleteOnTermination": True, "Groups": [_GROUP]}
        ],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": _TAGS}],
    }
    made = ec2.create_launch_template(LaunchTemplateName=NAME, LaunchTemplateData=data, VersionDescription="one")
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]
    changed = {"SecurityGroupIds": [_GROUP], "NetworkInterfaces": []}
    ec2.create_launch_template_version(
        LaunchTemplateId=template_id, SourceVersion="1", VersionDescription="two", LaunchTemplateData=changed
    )
    ec2.describe_launch_template_versions(LaunchTemplateId=template_id)
    ec2.modify_launch_template(LaunchTemplateId=template_id, DefaultVersion="2")
    groups = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    scaling.create_launch_configuration(
        LaunchConfigurationName=NAME,
        ImageId=data["ImageId"],
        InstanceType="t3.micro",
        SecurityGroups=[_GROUP],
        BlockDeviceMappings=[_MAPPING],
        AssociatePublicIpAddress=False,
        IamInstanceProfile=NAME,
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "disabled"},
    )
    scaling.describe_launch_configurations()
    group = next(one for one in groups if one.get("LaunchTemplate") and one["Instances"])
    name = group["AutoScalingGroupName"]
    with suppress(ClientError):  # one may be under way
        scaling.start_instance_refresh(
            AutoScalingGroupName=name,
            Preferences={"CheckpointPercentages": [50, 100], "CheckpointDelay": 60, "SkipMatching": False},
        )
    scaling.cancel_instance_refresh(AutoScalingGroupName=name)

    def refresh() -> Any:
        return scaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"][0]

    _until(lambda: refresh()["Status"] == "Cancelled")


def _others(answers: Answers) -> None:
    ssm, quotas, sts = answers.client("ssm"), answers.client("service-quotas"), answers.client("sts")
    ssm.put_parameter(Name=f"/{NAME}", Value="one", Type="String", Description="what it is")
    for parameter in ssm.describe_parameters()["Parameters"]:
        ssm.get_parameter(Name=parameter["Name"])
        ssm.get_parameter_history(Name=parameter["Name"])
    ssm.get_parameter(Name=f"/{NAME}:1")
    ssm.get_parameters(Names=[f"/{NAME}:1", "/no-such"])
    for ask in (quotas.get_service_quota, quotas.get_aws_default_service_quota):
        ask(ServiceCode="ec2", QuotaCode="L-1216C47A")
    answers.client("organizations").list_accounts()
    sts.get_caller_identity()
    sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/Reader", RoleSessionName=NAME)


def _state(ec2: Any, instance_id: str) -> str:
    found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    return str(found[0]["Instances"][0]["State"]["Name"])


def _available(ec2: Any, image_id: str) -> None:
    _until(lambda: ec2.describe_images(ImageIds=[image_id])["Images"][0]["State"] == "available")


def _until(is_so: Callable[[], bool]) -> None:
    """Ask until it is so; the demo's time runs fast enough for that."""
    assert any(is_so() for _ in range(_LOOKS))
