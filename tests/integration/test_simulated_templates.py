"""Launch templates and their versions in the simulated EC2, asked by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from amitui.demo.seed.accounts import SECOND_ACCESS_KEY
from tests.support.demo_account import HOME
from tests.support.fleet_lab import FleetLab, fleet_lab, refused

ABSENT = "lt-00000000000000000"


@pytest.fixture(scope="module")
def lab() -> Iterator[FleetLab]:
    with fleet_lab(fleet={}) as made:
        yield made


def versions(lab: FleetLab, **asked: Any) -> list[tuple[int, str]]:
    found = lab.ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
    return [(one["VersionNumber"], one["LaunchTemplateData"].get("ImageId", "")) for one in found]


def test_a_version_takes_over_what_it_does_not_say_from_its_source_but_no_snapshots(lab: FleetLab) -> None:
    first, second = lab.build("acme-web", 1), lab.build("acme-web", 0)
    disk = {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0", "VolumeSize": 9}}
    made = lab.ec2.create_launch_template(
        LaunchTemplateName=lab.name("source"),
        LaunchTemplateData={"ImageId": first, "InstanceType": "t3.micro", "BlockDeviceMappings": [disk]},
    )["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    asked = {"LaunchTemplateId": template, "LaunchTemplateData": {"ImageId": second}}

    taken = lab.ec2.create_launch_template_version(SourceVersion="1", VersionDescription="new image", **asked)
    alone = lab.ec2.create_launch_template_version(**asked)

    data = taken["LaunchTemplateVersion"]["LaunchTemplateData"]
    assert (data["ImageId"], data["InstanceType"]) == (second, "t3.micro")
    assert data["BlockDeviceMappings"] == [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9}}]
    assert alone["LaunchTemplateVersion"]["LaunchTemplateData"] == {"ImageId": second}
    assert not taken["LaunchTemplateVersion"]["DefaultVersion"]
    assert versions(lab, LaunchTemplateId=template) == [(3, second), (2, second), (1, first)]
    assert versions(lab, LaunchTemplateId=template, Versions=["$Default"]) == [(1, first)]
    with refused("InvalidLaunchTemplateId.VersionNotFound"):
        lab.ec2.create_launch_template_version(SourceVersion="9", **asked)


def test_another_version_becomes_the_default_and_numbers_are_not_used_again(lab: FleetLab) -> None:
    images = [lab.build("acme-web", back) for back in (2, 1, 0)]
    template = lab.template(*images)

    lab.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    answer = lab.ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["2", "3", "7"])

    gone = answer["SuccessfullyDeletedLaunchTemplateVersions"]
    kept = answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in gone] == [3]
    assert [(one["VersionNumber"], one["ResponseError"]["Code"]) for one in kept] == [
        (2, "unexpectedError"),
        (7, "launchTemplateVersionDoesNotExist"),
    ]
    data = {"ImageId": images[0]}
    made = lab.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    assert made["LaunchTemplateVersion"]["VersionNumber"] == 4
    (found,) = lab.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
    assert (found["DefaultVersionNumber"], found["LatestVersionNumber"]) == (2, 4)
    (started,) = lab.ec2.run_instances(
        LaunchTemplate={"LaunchTemplateId": template, "Version": "$Default"}, MinCount=1, MaxCount=1
    )["Instances"]
    assert started["ImageId"] == images[1]


def test_at_most_two_hundred_versions_come_in_an_answer(lab: FleetLab) -> None:
    template = lab.template(*[lab.build("acme-web")] * 205)

    first = lab.ec2.describe_launch_template_versions(LaunchTemplateId=template)
    rest = lab.ec2.describe_launch_template_versions(LaunchTemplateId=template, NextToken=first["NextToken"])

    numbers = [one["VersionNumber"] for page in (first, rest) for one in page["LaunchTemplateVersions"]]
    assert numbers == list(range(205, 0, -1))
    assert len(first["LaunchTemplateVersions"]) == 200
    with refused("InvalidParameterValue"):
        lab.ec2.describe_launch_template_versions(LaunchTemplateId=template, MaxResults=201)
    between = versions(lab, LaunchTemplateId=template, MinVersion="3", MaxVersion="5")
    assert [number for number, _ in between] == [5, 4, 3]


def test_a_parameter_is_shown_as_it_is_or_as_the_image_behind_it(lab: FleetLab) -> None:
    image, parameter = lab.build("acme-web"), f"/golden/{lab.name('resolved')}"
    lab.put_image(parameter, image)
    template = lab.template(f"resolve:ssm:{parameter}")

    assert versions(lab, LaunchTemplateId=template) == [(1, f"resolve:ssm:{parameter}")]
    assert versions(lab, LaunchTemplateId=template, ResolveAlias=True) == [(1, image)]
    references = lab.ec2.describe_image_references(ImageIds=[image], IncludeAllResourceTypes=True)
    arns = {one["Arn"].rpartition("/")[2] for one in references["ImageReferences"]}
    assert parameter.rpartition("/")[2] in arns
    assert template not in arns, "it names the parameter, and no image"


def test_what_there_is_not_is_refused_by_its_own_code(lab: FleetLab) -> None:
    template = lab.template(lab.build("acme-web"))
    for code, asked in (
        ("InvalidLaunchTemplateId.NotFound", {"LaunchTemplateId": ABSENT}),
        ("InvalidLaunchTemplateId.Malformed", {"LaunchTemplateId": "lt-x"}),
        ("InvalidLaunchTemplateName.NotFoundException", {"LaunchTemplateName": "nobody"}),
        ("InvalidLaunchTemplateId.VersionNotFound", {"LaunchTemplateId": template, "Versions": ["8"]}),
        ("MissingParameter", {}),
        ("InvalidParameterCombination", {"Versions": ["1"]}),
        ("InvalidParameterValue", {"LaunchTemplateId": template, "Filters": [{"Name": "x", "Values": ["y"]}]}),
    ):
        with refused(code):
            lab.ec2.describe_launch_template_versions(**asked)
    name = lab.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"][0][
        "LaunchTemplateName"
    ]
    with refused("InvalidLaunchTemplateName.AlreadyExistsException"):
        lab.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"ImageId": "ami-1"})
    with refused("InvalidLaunchTemplateId.NotFound"):
        lab.client("ec2", HOME, SECOND_ACCESS_KEY).delete_launch_template(LaunchTemplateId=template)
    lab.ec2.delete_launch_template(LaunchTemplateName=name)
    with refused("InvalidLaunchTemplateId.NotFound"):
        lab.ec2.describe_launch_templates(LaunchTemplateIds=[template])


def test_templates_have_tags(lab: FleetLab) -> None:
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "Team", "Value": "web"}]}]
    name = lab.name("tagged")
    made = lab.ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t3.micro"}, TagSpecifications=tags
    )["LaunchTemplate"]
    lab.ec2.create_tags(Resources=[made["LaunchTemplateId"]], Tags=[{"Key": "Env", "Value": "prod"}])

    filters = [{"Name": "tag:Env", "Values": ["prod"]}]
    (found,) = lab.ec2.describe_launch_templates(Filters=filters)["LaunchTemplates"]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"Team": "web", "Env": "prod"}
