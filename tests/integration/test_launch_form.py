"""The launch form over what the demo's EC2 really has; boto3, which knows nothing of amitui, sees each effect."""

from __future__ import annotations

import base64
import gzip
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT
from amitui.domain.launch.inventory import HourlyPrice
from amitui.domain.operations.placeholders import with_answers
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ec2.convert import image_of
from amitui.ec2.reads import instance_types, inventory, launch_inventory
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.ec2.writes.execute import execute
from amitui.ui.forms.launch.form import LaunchForm
from tests.support.inventory import Host, OpenForm
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from amitui.domain.launch.instance_type import InstanceType
    from amitui.domain.launch.inventory import (
        GroupInfo,
        KeyPairInfo,
        ProfileInfo,
        QuotaInfo,
        SubnetInfo,
        TemplateData,
        TemplateInfo,
    )
    from amitui.domain.operations.inventory import KeyInfo
    from amitui.domain.operations.plan import Plan

REGION = "us-west-2"
NOW = 1_795_219_200


class Reads:
    """A `LaunchInventory` over one connection."""

    def __init__(self, connection: Ec2Connection, folder: str) -> None:
        self._connection, self._folder = connection, folder

    async def instance_types(self, region: str) -> Sequence[InstanceType]:
        return await instance_types.instance_types(self._connection, region, folder=self._folder, now=NOW)

    async def offered_zones(self, region: str, type_name: str) -> Mapping[str, bool]:
        return await instance_types.offered_zones(self._connection, region, type_name)

    async def price(self, region: str, type_name: str, platform: str) -> HourlyPrice:
        assert region == REGION
        return HourlyPrice(unknown=f"nobody sells {type_name} with {platform} here")

    async def subnets(self, region: str) -> Sequence[SubnetInfo]:
        return await launch_inventory.subnets(self._connection, region)

    async def groups(self, region: str) -> Sequence[GroupInfo]:
        return await launch_inventory.groups(self._connection, region)

    async def key_pairs(self, region: str) -> Sequence[KeyPairInfo]:
        return await launch_inventory.key_pairs(self._connection, region)

    async def profiles(self, region: str) -> Sequence[ProfileInfo]:
        return await launch_inventory.profiles(self._connection, region)

    async def templates(self, region: str) -> Sequence[TemplateInfo]:
        return await launch_inventory.templates(self._connection, region)

    async def template(self, region: str, template_id: str, version: str) -> TemplateData:
        return await launch_inventory.template(self._connection, region, template_id, version)

    async def quota(self, region: str, type_name: str, market: str, vcpus: Mapping[str, int]) -> QuotaInfo | None:
        return await launch_inventory.quota(self._connection, region, type_name, market, vcpus)

    async def keys(self, region: str) -> Sequence[KeyInfo]:
        return await inventory.keys(self._connection, region)


class Cloud:
    """The demo, an image of it, and boto3's clients."""

    def __init__(self, url: str, folder: str, client: Callable[[str], Any]) -> None:
        self.url, self.folder = url, folder
        self.ec2, self.iam = client("ec2"), client("iam")
        found = self.ec2.describe_images(
            Owners=["self"], Filters=[{"Name": "name", "Values": ["acme-db-postgres-16"]}]
        )
        self.image = image_of(found["Images"][0], REGION)
        self.default_vpc = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0][
            "VpcId"
        ]

    @asynccontextmanager
    async def form(self) -> AsyncIterator[OpenForm]:
        """The form, open over the demo; what it plans is carried out with `carried_out`."""
        async with (
            Ec2Connection(AwsTarget(endpoint_url=self.url, demo=True), attempts=1) as connection,
            WidgetApp().run_test(size=(80, 24)) as pilot,
        ):
            facts = ImageFacts.of_image(self.image)
            reads = Reads(connection, self.folder)
            yield await OpenForm.on(
                pilot, LaunchForm(Host(), reads, image=self.image, facts=facts, account=MAIN_ACCOUNT)
            )

    async def carried_out(self, form: OpenForm) -> list[str]:
        """Confirm what the form plans and send it as the application does; what each call made."""
        (plan,) = await form.carry_out()
        return await self.performed(plan)

    async def performed(self, plan: Plan) -> list[str]:
        """The ids of what each call made."""
        made: dict[int, str] = {}
        ids: list[str] = []
        async with Ec2Connection(AwsTarget(endpoint_url=self.url, demo=True), attempts=1) as connection:
            for index, call in enumerate(plan.calls):
                asked = call._replace(parameters=with_answers(call.parameters, made))
                answer = await execute(connection, asked, plan.private)
                made[index] = answer.made or answer.note
                ids += [result.subject for result in answer.results] or [made[index]]
        return ids

    def instances(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """What EC2 says of these instances."""
        found = self.ec2.describe_instances(InstanceIds=[one for one in ids if one.startswith("i-")])
        return [one for reservation in found["Reservations"] for one in reservation["Instances"]]

    def attribute(self, instance_id: str, name: str) -> Any:
        """One attribute of an instance."""
        return self.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute=name)

    def volumes(self, instance: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """An instance's volumes by device, with what becomes of them."""
        found = {}
        for mapping in instance["BlockDeviceMappings"]:
            (volume,) = self.ec2.describe_volumes(VolumeIds=[mapping["Ebs"]["VolumeId"]])["Volumes"]
            found[mapping["DeviceName"]] = {**volume, "Leaves": mapping["Ebs"]["DeleteOnTermination"]}
        return found


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    session = boto3.Session(aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    with DemoProcess(speed=1000) as process, ExitStack() as stack:

        def client(service: str) -> Any:
            made = session.client(service, endpoint_url=process.url, config=config)
            stack.callback(made.close)
            return made

        yield Cloud(process.url, str(tmp_path_factory.mktemp("types")), client)


async def test_as_it_opens_it_launches_one_small_instance_as_the_image_is(cloud: Cloud) -> None:
    async with cloud.form() as form:
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    assert instance["ImageId"] == cloud.image.summary.image_id
    assert instance["InstanceType"] == "t3.micro"
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert "KeyName" not in instance
    sizes = {device: volume["Size"] for device, volume in cloud.volumes(instance).items()}
    assert sizes == {one.device_name: one.volume_size_gib for one in cloud.image.block_devices if one.snapshot_id}


async def test_type_count_key_name_subnet_and_group_are_what_was_chosen(cloud: Cloud) -> None:
    cloud.ec2.create_key_pair(KeyName="deploy", KeyType="ed25519")
    group = cloud.ec2.create_security_group(GroupName="front", Description="web", VpcId=cloud.default_vpc)[
        "GroupId"
    ]
    subnets = cloud.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [cloud.default_vpc]}])["Subnets"]
    subnet = min(subnets, key=lambda one: str(one["AvailabilityZone"]))
    async with cloud.form() as form:
        await form.pick("type", "m7i.large")
        await form.pick("key", "deploy")
        await form.pick("subnet", subnet["SubnetId"])
        await form.pick("groups", group)
        await form.fill("count", "3")
        await form.fill("name-tag", "web")
        await form.fill("tags", "Env=prod")
        await form.fill("volume-tags", "Disk=yes")
        ids = await cloud.carried_out(form)

    instances = cloud.instances(ids)
    assert len(instances) == 3
    for one in instances:
        assert (one["InstanceType"], one["KeyName"]) == ("m7i.large", "deploy")
        assert (one["SubnetId"], one["Placement"]["AvailabilityZone"]) == (
            subnet["SubnetId"],
            subnet["AvailabilityZone"],
        )
        assert [member["GroupId"] for member in one["SecurityGroups"]] == [group]
        assert {tag["Key"]: tag["Value"] for tag in one["Tags"]} == {"Name": "web", "Env": "prod"}
        for volume in cloud.volumes(one).values():
            assert volume["Tags"] == [{"Key": "Disk", "Value": "yes"}]


async def test_volumes_are_grown_dropped_and_added(cloud: Cloud) -> None:
    root, *others = [one.device_name for one in cloud.image.block_devices]
    async with cloud.form() as form:
        await form.go_to("volumes")
        await form.press("enter", "end", "ctrl+u")
        await form.type("77")
        await form.press("ctrl+s", "down", "space", "plus", "end", "ctrl+u")
        await form.type("/dev/sdk")
        await form.press("tab", "tab", "end", "ctrl+u")
        await form.type("33")
        await form.press("ctrl+s")
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    volumes = cloud.volumes(instance)
    assert volumes[root]["Size"] == 77
    assert others[0] not in volumes
    assert (volumes["/dev/sdk"]["Size"], volumes["/dev/sdk"]["VolumeType"]) == (33, "gp3")
    assert volumes["/dev/sdk"]["Leaves"] is True


async def test_user_data_metadata_and_protection_reach_the_instance(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "setup.gz"
    packed = gzip.compress("#!/bin/sh\necho grüße\n".encode(), mtime=0)
    file.write_bytes(packed)
    async with cloud.form() as form:
        await form.go_to("tokens")
        await form.press("space")
        await form.fill("hops", "5")
        await form.fill("data-file", str(file))
        await form.go_to("protection")
        await form.press("space")
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    options = instance["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 5)
    given = cloud.attribute(instance["InstanceId"], "userData")["UserData"]["Value"]
    assert base64.b64decode(given) == packed
    assert (
        cloud.attribute(instance["InstanceId"], "disableApiTermination")["DisableApiTermination"]["Value"] is True
    )


async def test_a_new_group_lets_in_what_was_typed_and_is_the_instances(cloud: Cloud) -> None:
    async with cloud.form() as form:
        await form.pick("groups", "new")
        await form.fill("group-name", "made here")
        await form.fill("group-rules", "ssh from 203.0.113.7/32, https from anywhere")
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    (member,) = instance["SecurityGroups"]
    (group,) = cloud.ec2.describe_security_groups(GroupIds=[member["GroupId"]])["SecurityGroups"]
    assert (group["GroupName"], group["VpcId"]) == ("made here", cloud.default_vpc)
    assert group["Description"] == f"For instances of {cloud.image.summary.image_id}"
    rules = {(one["FromPort"], one["IpRanges"][0]["CidrIp"]) for one in group["IpPermissions"]}
    assert rules == {(22, "203.0.113.7/32"), (443, "0.0.0.0/0")}


async def test_an_instance_profile_is_the_instances(cloud: Cloud) -> None:
    cloud.iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    cloud.iam.create_instance_profile(InstanceProfileName="reads")
    cloud.iam.add_role_to_instance_profile(InstanceProfileName="reads", RoleName="reader")
    async with cloud.form() as form:
        await form.pick("profile", "reads")
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    assert instance["IamInstanceProfile"]["Arn"].endswith(":instance-profile/reads")


@pytest.mark.parametrize(("presses", "wanted"), [(1, True), (2, False)])
async def test_a_public_address_is_given_or_not(cloud: Cloud, presses: int, wanted: bool) -> None:
    async with cloud.form() as form:
        await form.go_to("address")
        await form.press(*["right"] * presses)
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    assert bool(instance.get("PublicIpAddress")) is wanted


async def test_choices_are_saved_as_a_template_and_launched_from_it(cloud: Cloud) -> None:
    async with cloud.form() as form:
        await form.pick("type", "c7i.large")
        await form.fill("name-tag", "from a template")
        await form.go_to("do")
        await form.press("right")
        await form.fill("template-name", "saved-web")
        await cloud.carried_out(form)

    (version,) = cloud.ec2.describe_launch_template_versions(LaunchTemplateName="saved-web")[
        "LaunchTemplateVersions"
    ]
    data = version["LaunchTemplateData"]
    assert (data["ImageId"], data["InstanceType"]) == (cloud.image.summary.image_id, "c7i.large")
    assert data["TagSpecifications"][0]["Tags"] == [{"Key": "Name", "Value": "from a template"}]

    async with cloud.form() as form:
        await form.pick("start-from", "saved-web")
        ids = await cloud.carried_out(form)

    (instance,) = cloud.instances(ids)
    assert instance["InstanceType"] == "c7i.large"
    assert {"Key": "Name", "Value": "from a template"} in instance["Tags"]


async def test_saving_under_the_same_name_makes_another_version(cloud: Cloud) -> None:
    for kind in ("t3.small", "t3.medium"):
        async with cloud.form() as form:
            await form.pick("type", kind)
            await form.go_to("do")
            await form.press("right")
            await form.fill("template-name", "acme-versions")
            await cloud.carried_out(form)

    found = cloud.ec2.describe_launch_template_versions(LaunchTemplateName="acme-versions")
    kinds = {
        one["VersionNumber"]: one["LaunchTemplateData"]["InstanceType"] for one in found["LaunchTemplateVersions"]
    }
    assert kinds == {1: "t3.small", 2: "t3.medium"}


async def test_the_quota_is_read_with_what_is_used_of_it(cloud: Cloud) -> None:
    async with cloud.form() as form:
        shown = form.shown
        await form.fill("count", "1000")
        refused = " ".join(form.shown.replace("│", " ").split())

    assert "of 512 vCPUs of the quota are available" in " ".join(shown.replace("│", " ").split())
    assert "2000 vCPUs exceed the quota" in refused
