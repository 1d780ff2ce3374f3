"""What uses an image, read from the simulated EC2 in which boto3 made the users."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT
from amitui.domain.operations.usage import GroupUse, TemplateUse, Usage
from amitui.domain.operations.verdict import Level, verdict
from amitui.ec2.reads.usage import usage
from amitui.ec2.session import AwsTarget
from tests.support.demo_services import REGION, Denying, Services

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def aws() -> Iterator[Services]:
    with ExitStack() as stack, DemoProcess(speed=100_000) as process:
        yield Services(process.url, stack)


async def read(aws: Services, *image_ids: str, denied: tuple[str, ...] = ()) -> dict[str, Usage]:
    async with Denying(AwsTarget(endpoint_url=aws.url, demo=True), denied) as connection:
        return await usage(connection, REGION, image_ids, account=MAIN_ACCOUNT)


async def test_an_image_that_nothing_uses_has_no_uses_and_nothing_unknown(aws: Services) -> None:
    image = aws.copy("unused")

    found = (await read(aws, image))[image]

    assert found.owned
    assert (found.instances, found.templates, found.groups, found.parameters) == ((), (), (), ())
    assert found.unknown == ()
    (snapshot,) = found.snapshots
    assert snapshot.gib >= 8
    assert snapshot.needed_by == ()


async def test_instances_count_unless_they_are_terminated(aws: Services) -> None:
    image = aws.copy("launched")
    aws.ec2.get_waiter("image_available").wait(ImageIds=[image])
    run = {"ImageId": image, "MinCount": 2, "MaxCount": 2, "InstanceType": "t3.micro"}
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    kept, gone = (one["InstanceId"] for one in aws.ec2.run_instances(TagSpecifications=tags, **run)["Instances"])
    aws.ec2.terminate_instances(InstanceIds=[gone])
    aws.ec2.get_waiter("instance_terminated").wait(InstanceIds=[gone])

    (instance,) = (await read(aws, image))[image].instances

    assert (instance.instance_id, instance.name) == (kept, "web")
    assert instance.state in {"pending", "running"}


async def test_templates_lead_to_images_by_id_and_by_parameter(aws: Services) -> None:
    image, other = aws.copy("templates"), aws.copy("templates-other")
    by_id = aws.template("by-id", image)
    aws.parameter("/golden/web", image)
    by_parameter = aws.template("by-parameter", "resolve:ssm:/golden/web")
    aws.parameter("/golden/old", image)
    aws.parameter("/golden/old", other, Overwrite=True)
    by_version = aws.template("by-version", "resolve:ssm:/golden/old:1")
    outdated = aws.template("outdated", image)
    aws.version(outdated, other)
    aws.ec2.modify_launch_template(LaunchTemplateId=outdated, DefaultVersion="2")

    found = await read(aws, image, other)

    assert set(found[image].templates) == {
        TemplateUse(by_id, "by-id", current=True),
        TemplateUse(by_parameter, "by-parameter", current=True, parameter="/golden/web"),
        TemplateUse(by_version, "by-version", current=True, parameter="/golden/old:1"),
        TemplateUse(outdated, "outdated", current=False),
    }
    assert found[other].templates == (TemplateUse(outdated, "outdated", current=True),)
    assert found[image].parameters == ("/golden/web",)
    assert found[other].parameters == ("/golden/old",)


async def test_groups_lead_to_images_by_template_version_configuration_and_policy(aws: Services) -> None:
    image, other = aws.copy("groups"), aws.copy("groups-other")
    template = aws.template("grouped", image)
    aws.version(template, other)
    aws.version(template, other)
    aws.parameter("/grouped", image)
    aws.template("grouped-by-parameter", "resolve:ssm:/grouped")
    aws.scaling.create_launch_configuration(
        LaunchConfigurationName="grouped-lc", ImageId=image, InstanceType="t3.micro"
    )
    aws.group("default", LaunchTemplate={"LaunchTemplateId": template, "Version": "$Default"})
    aws.group("latest", LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"})
    aws.group("second", LaunchTemplate={"LaunchTemplateId": template, "Version": "2"})
    aws.group("configured", LaunchConfigurationName="grouped-lc")
    aws.scaling.create_launch_configuration(
        LaunchConfigurationName="idle-lc", ImageId=image, InstanceType="t3.micro"
    )
    aws.group("mixed", MixedInstancesPolicy={"LaunchTemplate": {
        "LaunchTemplateSpecification": {"LaunchTemplateName": "grouped-by-parameter"},
        "Overrides": [{"InstanceType": "t3.small"}],
    }})  # fmt: skip

    found = await read(aws, image, other)

    assert set(found[image].groups) == {
        GroupUse("default", "launch template grouped"),
        GroupUse("configured", "launch configuration grouped-lc"),
        GroupUse("mixed", "launch template grouped-by-parameter and parameter /grouped"),
    }
    assert found[image].configurations == ("idle-lc",)
    assert found[other].configurations == ()
    assert set(found[other].groups) == {
        GroupUse("latest", "launch template grouped"),
        GroupUse("second", "launch template grouped version 2"),
    }


async def test_shares_protection_and_other_images_snapshots_are_read(aws: Services) -> None:
    image = aws.copy("shared")
    aws.ec2.get_waiter("image_available").wait(ImageIds=[image])
    aws.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})
    aws.ec2.enable_image_deregistration_protection(ImageId=image)
    mappings = aws.ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    snapshot = mappings[0]["Ebs"]["SnapshotId"]
    twin = aws.ec2.register_image(
        Name="twin", Architecture="x86_64", VirtualizationType="hvm", RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    )["ImageId"]  # fmt: skip

    found = (await read(aws, image))[image]

    assert found.shared_with == (SECOND_ACCOUNT,)
    assert found.protected
    assert [(one.snapshot_id, one.needed_by) for one in found.snapshots] == [(snapshot, (twin,))]


async def test_an_id_that_is_gone_and_somebody_elses_image_have_entries_too(aws: Services) -> None:
    amazons = aws.ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]["ImageId"]

    found = await read(aws, "ami-0000000000000dead", amazons)

    assert found["ami-0000000000000dead"].state == ""
    assert not found[amazons].owned
    assert found[amazons].public


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("describe_instances", "whether instances of it are there: not allowed to list the instances"),
        ("describe_launch_template_versions", "whether launch templates, or Auto Scaling groups through them"),
        ("describe_auto_scaling_groups", "whether Auto Scaling groups use it: not allowed to list"),
        ("describe_image_references", "whether parameters, Image Builder recipes or older versions"),
        ("describe_image_attribute", "its launch permissions: not allowed to read the launch permissions"),
        ("get_parameters", "whether launch templates that ask for /denied"),
        ("describe_snapshots", "how large its snapshots are"),
    ],
)
async def test_what_is_denied_is_told_and_makes_nothing_safe(aws: Services, operation: str, words: str) -> None:
    image = aws.image("backup before upgrade [prod] (2)")
    if operation == "get_parameters":
        aws.parameter("/denied", aws.image("DoNotDelete"))
        aws.template("denied", "resolve:ssm:/denied")

    allowed = (await read(aws, image))[image]
    found = (await read(aws, image, denied=(operation,)))[image]

    assert allowed.unknown == ()
    (told,) = found.unknown
    assert told.startswith("cannot tell ")
    assert words in told
    assert verdict(allowed, 1_795_219_200).level is Level.SAFE
    assert verdict(found, 1_795_219_200).level is Level.CAREFUL


async def test_a_template_of_which_only_the_references_tell_is_not_called_outdated(aws: Services) -> None:
    image = aws.copy("half-told")
    template = aws.template("half-told", image)

    found = (await read(aws, image, denied=("describe_launch_template_versions",)))[image]

    assert found.templates == (TemplateUse(template, "", current=None),)
