"""What stands on images in a Region, read from the simulated AWS in which boto3 made it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.domain.fleet.inventory import (
    FleetConfiguration,
    FleetInventory,
    FleetParameter,
    GroupSource,
    TemplateVersion,
)
from amitui.ec2.reads.fleet import fleet
from amitui.ec2.session import AwsTarget
from amitui.errors import AwsError, DeniedError, NetworkError
from tests.support.answering import Answering
from tests.support.demo_services import REGION, Denying, Services

if TYPE_CHECKING:
    from collections.abc import Iterator

UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"


@pytest.fixture(scope="module")
def aws() -> Iterator[Services]:
    with ExitStack() as stack, DemoProcess(speed=100_000) as process:
        services = Services(process.url, stack)
        image = services.image("DoNotDelete")
        services.ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
        services.parameter("/a/one", image)
        template = services.template("a-one", image)
        services.group("a-one", LaunchTemplate={"LaunchTemplateId": template})
        services.scaling.create_launch_configuration(
            LaunchConfigurationName="a-one", ImageId=image, InstanceType="t3.micro"
        )
        yield services


async def read(aws: Services, *denied: str) -> FleetInventory:
    async with Denying(AwsTarget(endpoint_url=aws.url, demo=True, read_only=True), denied) as connection:
        return await fleet(connection, REGION, account=MAIN_ACCOUNT)


async def test_instances_are_read_with_their_group_and_stopped_ones_too(aws: Services) -> None:
    image = aws.copy("fleet-instances")
    aws.ec2.get_waiter("image_available").wait(ImageIds=[image])
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    run = {"ImageId": image, "InstanceType": "t3.micro", "TagSpecifications": tags}
    kept, stopped, gone = (
        one["InstanceId"] for one in aws.ec2.run_instances(MinCount=3, MaxCount=3, **run)["Instances"]
    )
    aws.ec2.get_waiter("instance_running").wait(InstanceIds=[kept, stopped, gone])
    aws.ec2.stop_instances(InstanceIds=[stopped])
    aws.ec2.terminate_instances(InstanceIds=[gone])
    aws.ec2.get_waiter("instance_stopped").wait(InstanceIds=[stopped])
    aws.ec2.get_waiter("instance_terminated").wait(InstanceIds=[gone])

    found = await read(aws)

    mine = {one.instance_id: one for one in found.instances if one.image_id == image}
    assert {instance_id: one.state for instance_id, one in mine.items()} == {kept: "running", stopped: "stopped"}
    assert {(one.name, one.instance_type, one.group) for one in mine.values()} == {("web", "t3.micro", "")}
    assert all(one.launched for one in mine.values())
    assert (found.region, found.account) == (REGION, MAIN_ACCOUNT)


async def test_every_version_of_a_template_is_read_and_parameters_are_resolved(aws: Services) -> None:
    first, second, third = (aws.copy(f"fleet-template-{number}") for number in range(3))
    template = aws.template("fleet-web", first)
    aws.version(template, second)
    aws.parameter("/fleet/web", third)
    aws.version(template, "resolve:ssm:/fleet/web")
    aws.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    public = aws.template("fleet-public", f"resolve:ssm:{UBUNTU}")

    templates = {one.template_id: one for one in (await read(aws)).templates}

    assert templates[template].name == "fleet-web"
    assert templates[template].complete
    assert templates[template].versions == (
        TemplateVersion(1, default=False, latest=False, image=first, image_id=first),
        TemplateVersion(2, default=True, latest=False, image=second, image_id=second),
        TemplateVersion(3, default=False, latest=True, image="resolve:ssm:/fleet/web", image_id=third),
    )
    (version,) = templates[public].versions
    assert version.image_id == aws.ssm.get_parameter(Name=UBUNTU)["Parameter"]["Value"]


async def test_a_group_has_every_source_of_its_instances(aws: Services) -> None:
    first, second = aws.copy("fleet-group-1"), aws.copy("fleet-group-2")
    template = aws.template("fleet-grouped", first)
    aws.version(template, second)
    aws.template("fleet-override", second)
    aws.scaling.create_launch_configuration(
        LaunchConfigurationName="fleet-lc", ImageId=first, InstanceType="t3.micro"
    )
    aws.group("fleet-configured", LaunchConfigurationName="fleet-lc")
    aws.group("fleet-latest", LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"})
    aws.group("fleet-mixed", MixedInstancesPolicy={"LaunchTemplate": {
        "LaunchTemplateSpecification": {"LaunchTemplateName": "fleet-grouped", "Version": "1"},
        "Overrides": [{
            "InstanceType": "t3.small",
            "LaunchTemplateSpecification": {"LaunchTemplateName": "fleet-override", "Version": "$Default"},
        }],
    }})  # fmt: skip

    found = await read(aws)

    groups = {one.name: one for one in found.groups}
    assert FleetConfiguration("fleet-lc", first) in found.configurations
    assert groups["fleet-configured"].sources == (GroupSource(configuration="fleet-lc", image_id=first),)
    assert groups["fleet-latest"].sources == (GroupSource(template, "fleet-grouped", "$Latest", image_id=second),)
    assert not groups["fleet-latest"].mixed
    mixed = groups["fleet-mixed"]
    assert mixed.mixed
    assert (mixed.minimum, mixed.desired, mixed.maximum) == (0, 0, 1)
    base, override = mixed.sources
    assert (base.template_name, base.version, base.image_id, base.override) == ("fleet-grouped", "1", first, False)
    assert (override.template_name, override.image_id, override.override) == ("fleet-override", second, True)


async def test_own_parameters_count_by_their_type_or_by_the_shape_of_their_value(aws: Services) -> None:
    image = aws.copy("fleet-parameter")
    aws.parameter("/fleet/typed", image)
    aws.ssm.put_parameter(Name="/fleet/text", Value=image, Type="String")
    aws.ssm.put_parameter(Name="/fleet/list", Value=f"{image}, ami-0123456789abcdef0", Type="StringList")
    aws.ssm.put_parameter(Name="/fleet/other", Value="ami-web", Type="String")
    aws.ssm.put_parameter(Name="/fleet/secret", Value=image, Type="SecureString")

    found = await read(aws)

    mine = [one for one in found.parameters if one.name.startswith("/fleet/") and one.name != "/fleet/web"]
    assert len(mine) == len(set(mine))
    assert set(mine) == {
        FleetParameter("/fleet/list", "ami-0123456789abcdef0", "text", 1),
        FleetParameter("/fleet/list", image, "text", 1),
        FleetParameter("/fleet/text", image, "text", 1),
        FleetParameter("/fleet/typed", image, "aws:ec2:image", 1),
    }


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("describe_instances", "which images instances run: not allowed to list the instances"),
        ("describe_launch_template_versions", "which images launch templates, and Auto Scaling groups through"),
        ("describe_auto_scaling_groups", "which images Auto Scaling groups launch: not allowed to list"),
        ("describe_launch_configurations", "which images launch configurations, and Auto Scaling groups"),
        ("describe_instance_refreshes", "whether an instance refresh of a-one"),
        ("describe_parameters", "which parameters of the account hold ids of images: not allowed to list"),
        ("get_parameters", "hold ids of images: not allowed to read the parameters"),
    ],
)
async def test_what_is_denied_is_told_and_the_rest_is_read(aws: Services, operation: str, words: str) -> None:
    found = await read(aws, operation)

    assert any(words in told for told in found.unknown)
    assert all(told.startswith("cannot tell ") for told in found.unknown)
    parts = {
        "describe_instances": found.instances,
        "describe_launch_template_versions": found.templates,
        "describe_auto_scaling_groups": found.groups,
        "describe_launch_configurations": found.configurations,
        "describe_parameters": found.parameters,
    }
    if operation == "get_parameters":
        operation = "describe_parameters"
    assert {name for name, there in parts.items() if not there} <= {operation}


def _version(template: str, number: int, *, default: bool = False) -> dict[str, Any]:
    return {
        "LaunchTemplateId": template,
        "LaunchTemplateName": template,
        "VersionNumber": number,
        "DefaultVersion": default,
        "LaunchTemplateData": {"ImageId": f"ami-{number:017x}"},
    }


async def test_only_templates_with_older_versions_cost_a_call_of_their_own() -> None:
    def versions(parameters: dict[str, Any]) -> dict[str, Any]:
        if template := parameters.get("LaunchTemplateId"):
            return {"LaunchTemplateVersions": [_version(template, number) for number in (1, 2, 3, 4)]}
        listed = [_version("one", 1, default=True), _version("two", 1, default=True), _version("two", 2)]
        return {"LaunchTemplateVersions": [*listed, _version("four", 1, default=True), _version("four", 4)]}

    connection = Answering(describe_launch_template_versions=versions)
    found = await fleet(connection, REGION, account=MAIN_ACCOUNT)

    asked = [parameters for operation, parameters in connection.asked if "versions" in operation]
    assert [one.get("LaunchTemplateId") for one in asked] == [None, "four"]
    assert {one.name: [version.number for version in one.versions] for one in found.templates} == {
        "one": [1],
        "two": [1, 2],
        "four": [1, 2, 3, 4],
    }


@pytest.mark.parametrize(
    ("states", "refreshing"),
    [
        ([], False),
        (["Successful", "Failed"], False),
        (["InProgress", "Successful"], True),
        (["Baking"], True),
        (["RollbackInProgress", "Failed"], True),
        (["Cancelled", "RollbackSuccessful", "RollbackFailed"], False),
        (["StateOfANewerApi"], True),
    ],
)
async def test_a_refresh_is_under_way_unless_it_has_ended(states: list[str], refreshing: bool) -> None:
    connection = Answering(
        describe_auto_scaling_groups={"AutoScalingGroups": [{"AutoScalingGroupName": "web"}]},
        describe_instance_refreshes={"InstanceRefreshes": [{"Status": state} for state in states]},
    )
    (group,) = (await fleet(connection, REGION, account=MAIN_ACCOUNT)).groups
    assert group.refreshing is refreshing


async def test_one_parameter_that_is_denied_hides_no_other_of_its_call(aws: Services) -> None:
    class OneDenied(Denying):
        async def service_call(
            self, service: str, region: str, operation: str, action: str, **parameters: Any
        ) -> dict[str, Any]:
            self._denied = ("get_parameters",) if "/one/denied" in parameters.get("Names", ()) else ()
            return await super().service_call(service, region, operation, action, **parameters)

    image = aws.copy("fleet-one-denied")
    aws.parameter("/one/allowed", image)
    aws.parameter("/one/denied", image)

    async with OneDenied(AwsTarget(endpoint_url=aws.url, demo=True), ()) as connection:
        found = await fleet(connection, REGION, account=MAIN_ACCOUNT)

    names = [one.name for one in found.parameters]
    assert "/one/allowed" in names
    assert "/one/denied" not in names
    assert any("whether parameters /one/denied hold ids of images" in told for told in found.unknown)


async def test_a_region_that_cannot_be_reached_is_an_error_and_one_that_denies_everything_is_not() -> None:
    def refuse(error: AwsError) -> Any:
        def answer(_parameters: dict[str, Any]) -> Any:
            raise error

        return answer

    lists = ("describe_instances", "describe_launch_template_versions", "describe_auto_scaling_groups")
    every = (*lists, "describe_launch_configurations", "describe_parameters")
    unreached = NetworkError("could not list the instances: no route")
    with pytest.raises(NetworkError, match="no route"):
        await fleet(Answering(**dict.fromkeys(every, refuse(unreached))), REGION, account=MAIN_ACCOUNT)

    denied = dict.fromkeys(every, refuse(DeniedError("not allowed")))
    found = await fleet(Answering(**denied), REGION, account=MAIN_ACCOUNT)
    assert len(found.unknown) == len(every)
    partly = await fleet(Answering(**dict.fromkeys(lists, refuse(unreached))), REGION, account=MAIN_ACCOUNT)
    assert len(partly.unknown) == len(lists)


async def test_what_launches_next_is_read_without_older_versions_and_refreshes() -> None:
    def versions(parameters: dict[str, Any]) -> dict[str, Any]:
        if wanted := parameters.get("Versions", ()):
            if "2" in wanted:
                return {"LaunchTemplateVersions": [_version("lt-00000002", 2)]}
            return {
                "LaunchTemplateVersions": [_version("lt-00000002", 1, default=True), _version("lt-00000002", 4)]
            }
        raise AssertionError("nobody asked for all versions")

    group = {
        "AutoScalingGroupName": "web",
        "LaunchTemplate": {"LaunchTemplateId": "lt-00000002", "Version": "2"},
    }
    connection = Answering(
        describe_launch_template_versions=versions, describe_auto_scaling_groups={"AutoScalingGroups": [group]}
    )
    found = await fleet(connection, REGION, account=MAIN_ACCOUNT, current_only=True)

    (template,) = found.templates
    assert [version.number for version in template.versions] == [1, 2, 4]
    assert not template.complete
    assert found.groups[0].sources[0].image_id == f"ami-{2:017x}"
    assert "describe_instance_refreshes" not in [operation for operation, _ in connection.asked]
    assert found.unknown == ()
