"""What instances are launched with, read from the demo's EC2, and page by page from scripted answers."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.domain.launch.inventory import QuotaInfo, quota_code
from amitui.ec2.reads import launch_inventory
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import AwsError, DeniedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from amitui.domain.launch.inventory import GroupInfo, ProfileInfo, SubnetInfo, TemplateData, TemplateInfo

REGION = "us-west-2"
"""One of which no other test counts what is there."""


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess(speed=1000) as running:
        yield running


@pytest.fixture(scope="module")
def client(process: DemoProcess) -> Iterator[Callable[[str], Any]]:
    session = boto3.Session(aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    with ExitStack() as stack:

        def made(service: str) -> Any:
            one = session.client(service, endpoint_url=process.url, config=config)
            stack.callback(one.close)
            return one

        yield made


def asked(url: str, read: Callable[[Ec2Connection], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Ec2Connection(AwsTarget(endpoint_url=url, demo=True), attempts=1) as connection:
            return await read(connection)

    return asyncio.run(run())


class Scripted(Ec2Connection):
    """Gives what is scripted instead of asking: an answer or an error for each call of an operation, in turn."""

    def __init__(self, **scripts: Any) -> None:
        super().__init__(AwsTarget(demo=True))
        self.scripts = {name: list(answers) for name, answers in scripts.items()}
        self.requests: list[tuple[str, dict[str, Any]]] = []

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        assert region == REGION
        assert action
        assert not once
        self.requests.append((f"{service}:{operation}", parameters))
        answer = self.scripts[operation].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def test_subnets_of_the_default_vpc_come_first_with_names_and_zones(
    process: DemoProcess, client: Callable[[str], Any]
) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    own = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone=f"{REGION}b")["Subnet"][
        "SubnetId"
    ]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "a\u202evpc"}])
    ec2.create_tags(Resources=[own], Tags=[{"Key": "Name", "Value": "inner"}])

    found: list[SubnetInfo] = asked(process.url, lambda it: launch_inventory.subnets(it, REGION))

    *defaults, last = found
    assert [one.zone for one in defaults] == sorted(one.zone for one in defaults)
    assert all(one.default and one.public_address and not one.obstacle for one in defaults)
    assert (last.subnet_id, last.name, last.vpc_id, last.vpc_name) == (own, "inner", vpc, "a␦vpc")
    assert (last.zone, last.cidr, last.default, last.public_address) == (f"{REGION}b", "10.9.1.0/24", False, False)
    assert last.free_addresses == 251


def test_subnets_are_listed_though_vpcs_may_not_be() -> None:
    entry = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "State": "pending", "AvailableIpAddressCount": 9}
    full = {"SubnetId": "subnet-2", "VpcId": "vpc-1", "State": "available", "AvailableIpAddressCount": 0}
    connection = Scripted(
        describe_subnets=[{"Subnets": [entry], "NextToken": "x"}, {"Subnets": [full]}],
        describe_vpcs=[DeniedError("no")],
    )

    found = asyncio.run(launch_inventory.subnets(connection, REGION))

    assert [(one.subnet_id, one.vpc_name, one.obstacle) for one in found] == [
        ("subnet-1", "", "it is pending"),
        ("subnet-2", "", "it has no free IP addresses"),
    ]


def test_groups_say_what_they_let_in(process: DemoProcess, client: Callable[[str], Any]) -> None:
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="Web\u202eserver", VpcId=vpc)["GroupId"]
    world = [{"CidrIp": "0.0.0.0/0"}]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": world},
            {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8010, "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
        ],
    )

    found: list[GroupInfo] = asked(process.url, lambda it: launch_inventory.groups(it, REGION))

    web = next(one for one in found if one.group_id == group)
    assert (web.name, web.description, web.vpc_id, web.default) == ("web", "Web␦server", vpc, False)
    assert set(web.lets_in) == {
        "tcp 443 from 0.0.0.0/0",
        "tcp 8000-8010 from fd00::/8",
        f"all from {group}",
    }
    default = next(one for one in found if one.default and one.vpc_id == vpc)
    assert default.lets_in == ()


def test_key_pairs_and_profiles_come_by_name(process: DemoProcess, client: Callable[[str], Any]) -> None:
    ec2, iam = client("ec2"), client("iam")
    ec2.create_key_pair(KeyName="zoe", KeyType="ed25519")
    ec2.create_key_pair(KeyName="Adam", KeyType="rsa")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="reads")
    iam.add_role_to_instance_profile(InstanceProfileName="reads", RoleName="reader")
    iam.create_instance_profile(InstanceProfileName="Bare")

    keys = asked(process.url, lambda it: launch_inventory.key_pairs(it, REGION))
    found: list[ProfileInfo] = asked(process.url, lambda it: launch_inventory.profiles(it, REGION))

    names = [one.name for one in keys]
    assert names == sorted(names, key=str.casefold)
    assert {one.name: one.kind for one in keys}.items() >= {"Adam": "rsa", "zoe": "ed25519"}.items()
    profiles = {one.name: one for one in found}
    assert profiles["reads"].roles == ("reader",)
    assert profiles["reads"].arn.endswith(":instance-profile/reads")
    assert (profiles["reads"].obstacle, profiles["Bare"].obstacle) == ("", "it has no role")


def test_profiles_are_read_to_the_last_page() -> None:
    def page(name: str, **more: Any) -> dict[str, Any]:
        return {"InstanceProfiles": [{"InstanceProfileName": name, "Arn": "arn", "Roles": []}], **more}

    connection = Scripted(list_instance_profiles=[page("b", IsTruncated=True, Marker="m"), page("a")])

    found = asyncio.run(launch_inventory.profiles(connection, REGION))

    assert [one.name for one in found] == ["a", "b"]
    assert [asked.get("Marker") for _, asked in connection.requests] == [None, "m"]


def test_a_template_says_what_it_presets(process: DemoProcess, client: Callable[[str], Any]) -> None:
    ec2 = client("ec2")
    data = {
        "ImageId": "resolve:ssm:/golden/web/prod",
        "InstanceType": "c7g.large",
        "KeyName": "zoe",
        "IamInstanceProfile": {"Name": "reads"},
        "SecurityGroupIds": ["sg-1"],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 3},
        "InstanceMarketOptions": {"MarketType": "spot"},
        "DisableApiTermination": True,
        "UserData": "c2VjcmV0",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30}}],
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": [{"Key": "Env", "Value": "prod"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "Disk", "Value": "yes"}]},
        ],
    }
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    ec2.create_launch_template_version(
        LaunchTemplateId=made["LaunchTemplateId"], LaunchTemplateData={"InstanceType": "t3.micro"}
    )

    listed: list[TemplateInfo] = asked(process.url, lambda it: launch_inventory.templates(it, REGION))
    web = next(one for one in listed if one.name == "web")
    template: TemplateData = asked(
        process.url, lambda it: launch_inventory.template(it, REGION, web.template_id, "$Default")
    )

    assert (web.default_version, web.latest_version) == (1, 2)
    assert (template.version, template.image_id, template.instance_type) == (
        1,
        "resolve:ssm:/golden/web/prod",
        "c7g.large",
    )
    assert (template.key_name, template.profile, template.group_ids) == ("zoe", "reads", ("sg-1",))
    assert (template.tokens, template.hop_limit, template.market) == ("required", 3, "spot")
    assert (template.termination_protection, template.user_data, template.interfaces) == (True, True, False)
    assert (template.instance_tags, template.volume_tags) == ((("Env", "prod"),), (("Disk", "yes"),))
    assert template.devices == ("/dev/xvda",)
    assert "c2VjcmV0" not in repr(template), "user data may hold secrets: they are not kept"


def test_a_templates_interface_says_subnet_groups_and_address() -> None:
    interface = {"SubnetId": "subnet-1", "Groups": ["sg-9"], "AssociatePublicIpAddress": False}
    entry = {"VersionNumber": 4, "LaunchTemplateData": {"NetworkInterfaces": [interface]}}
    connection = Scripted(describe_launch_template_versions=[{"LaunchTemplateVersions": [entry]}])

    template = asyncio.run(launch_inventory.template(connection, REGION, "lt-1", "4"))

    assert (template.subnet_id, template.group_ids, template.public_address, template.interfaces) == (
        "subnet-1",
        ("sg-9",),
        False,
        True,
    )


def running(kind: str, cores: int = 0, **more: Any) -> dict[str, Any]:
    options = {"CpuOptions": {"CoreCount": cores, "ThreadsPerCore": 2}} if cores else {}
    return {"InstanceType": kind, **options, **more}


INSTANCES = {
    "Reservations": [
        {"Instances": [running("m7i.large", 1), running("t3.micro"), running("g5.xlarge", 2)]},
        {"Instances": [running("c7i.xlarge", 2, InstanceLifecycle="spot"), running("mac2.metal", 8)]},
    ]
}


def test_a_quota_counts_the_vcpus_of_its_families_alone() -> None:
    answer = {"Quota": {"Value": 5.0, "QuotaName": "Running On-Demand Standard\u202e"}}
    connection = Scripted(get_service_quota=[answer], describe_instances=[INSTANCES])

    found = asyncio.run(launch_inventory.quota(connection, REGION, "r7i.large", "on-demand", {"t3.micro": 2}))

    assert found == QuotaInfo("Running On-Demand Standard␦", 5, 4, complete=True)
    assert dict(connection.requests)["service-quotas:get_service_quota"]["QuotaCode"] == "L-1216C47A"
    assert not found.problem(1)
    assert "2 vCPUs exceed the quota" in found.problem(2)


def test_spot_has_a_quota_of_its_own_and_awss_default_stands_in() -> None:
    connection = Scripted(
        get_service_quota=[AwsError("none", code="NoSuchResourceException")],
        get_aws_default_service_quota=[{"Quota": {"Value": 640}}],
        describe_instances=[INSTANCES],
    )

    found = asyncio.run(launch_inventory.quota(connection, REGION, "m7i.large", "spot", {}))

    assert found is not None
    assert (found.limit, found.used, found.name) == (
        640,
        4,
        "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
    )


def test_what_an_unknown_type_uses_makes_the_count_incomplete() -> None:
    connection = Scripted(get_service_quota=[{"Quota": {"Value": 9}}], describe_instances=[INSTANCES])

    found = asyncio.run(launch_inventory.quota(connection, REGION, "m7i.large", "on-demand", {}))

    assert found is not None
    assert (found.used, found.complete) == (2, False)


def test_a_quota_that_may_not_be_read_is_an_error_in_words() -> None:
    connection = Scripted(get_service_quota=[DeniedError("no")], describe_instances=[INSTANCES])

    with pytest.raises(DeniedError):
        asyncio.run(launch_inventory.quota(connection, REGION, "m7i.large", "on-demand", {}))


@pytest.mark.parametrize(
    ("kind", "market", "code"),
    [
        ("im4gn.large", "on-demand", "L-1216C47A"),
        ("inf2.xlarge", "on-demand", "L-1945791B"),
        ("gr6.4xlarge", "spot", "L-3819A6DF"),
        ("u7i-12tb.224xlarge", "on-demand", "L-43DA4232"),
        ("u-6tb1.metal", "spot", ""),
        ("mac2.metal", "on-demand", ""),
    ],
)
def test_the_quota_is_told_by_the_family(kind: str, market: str, code: str) -> None:
    found = quota_code(kind, market)

    assert (found.code if found else "") == code
