"""Reads what instances can be launched with: subnets, groups, key pairs, profiles, templates and quotas.

Every list is read to its last page; every text is made safe to show here. What only adds to a list (the names of
VPCs) may be denied without harm; a denial of what the list is made of is raised, in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.launch.inventory import (
    SPOT,
    GroupInfo,
    KeyPairInfo,
    ProfileInfo,
    QuotaCode,
    QuotaInfo,
    SubnetInfo,
    TemplateData,
    TemplateInfo,
    family_letters,
    quota_code,
)
from amitui.domain.launch.security_group import Rule
from amitui.ec2.query import (
    Tokens,
    dicts,
    instances_of,
    listed,
    name_of,
    pages,
    part,
    text_of,
    texts,
    whole,
    yes_no,
)
from amitui.ec2.session import Ec2Connection
from amitui.errors import AwsError, DeniedError

PAGE: Final = 1_000
"""Results in one page, the most that EC2 gives of subnets, VPCs, groups and instances."""
TEMPLATES_PAGE: Final = 200
"""The most that DescribeLaunchTemplates gives."""

_COUNTED: Final = ("pending", "running")
"""States whose instances count against a quota."""
_NO_QUOTA: Final = "NoSuchResourceException"
_NO_LIMIT: Final = 10**9
"""No number of vCPUs; JSON may hold what is no number at all (NaN, Infinity)."""


async def subnets(connection: Ec2Connection, region: str) -> list[SubnetInfo]:
    """The region's subnets: those of the default VPC first, then by VPC and zone.

    Raises:
        AwsError: in words.
    """
    entries, vpcs = await asyncio.gather(
        listed(connection.call, "Subnets", region, "describe_subnets", "list the subnets", MaxResults=PAGE),
        _vpcs(connection, region),
    )
    defaults = {text_of(vpc, "VpcId") for vpc in vpcs if vpc.get("IsDefault") is True}
    names = {text_of(vpc, "VpcId"): name_of(vpc) for vpc in vpcs}
    found = [_subnet(entry, names) for entry in entries]
    return sorted(
        found, key=lambda one: (one.vpc_id not in defaults, one.vpc_name, one.vpc_id, one.zone, one.cidr)
    )


async def groups(connection: Ec2Connection, region: str) -> list[GroupInfo]:
    """The security groups of all the region's VPCs, by name.

    Raises:
        AwsError: in words.
    """
    entries = await listed(
        connection.call,
        "SecurityGroups",
        region,
        "describe_security_groups",
        "list the security groups",
        MaxResults=PAGE,
    )
    found = [
        GroupInfo(
            group_id=text_of(entry, "GroupId"),
            name=text_of(entry, "GroupName"),
            description=text_of(entry, "Description"),
            vpc_id=text_of(entry, "VpcId"),
            lets_in=tuple(words for rule in dicts(entry.get("IpPermissions")) for words in _rule(rule)),
        )
        for entry in entries
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.group_id))


async def key_pairs(connection: Ec2Connection, region: str) -> list[KeyPairInfo]:
    """The region's key pairs, by name; EC2 gives them all at once.

    Raises:
        AwsError: in words.
    """
    answer = await connection.call(region, "describe_key_pairs", "list the key pairs")
    found = [
        KeyPairInfo(
            text_of(entry, "KeyName"),
            text_of(entry, "KeyType"),
            text_of(entry, "KeyPairId"),
            epoch_seconds(entry.get("CreateTime")),
        )
        for entry in dicts(answer.get("KeyPairs"))
    ]
    return sorted(found, key=lambda one: one.name.casefold())


async def profiles(connection: Ec2Connection, region: str) -> list[ProfileInfo]:
    """The account's instance profiles, by name.

    Raises:
        AwsError: in words.
    """
    found: list[ProfileInfo] = []
    marker: dict[str, Any] = {}
    action = "list the instance profiles"
    tokens = Tokens(action)
    while True:
        answer = await connection.service_call(
            "iam", region, "list_instance_profiles", action, MaxItems=PAGE, **marker
        )
        for entry in dicts(answer.get("InstanceProfiles")):
            roles = tuple(text_of(role, "RoleName") for role in dicts(entry.get("Roles")))
            found.append(ProfileInfo(text_of(entry, "InstanceProfileName"), text_of(entry, "Arn"), roles))
        following = tokens.after(answer, "Marker")
        if answer.get("IsTruncated") is not True or following is None:
            return sorted(found, key=lambda one: one.name.casefold())
        marker = {"Marker": following}


async def templates(connection: Ec2Connection, region: str) -> list[TemplateInfo]:
    """The region's launch templates, by name.

    Raises:
        AwsError: in words.
    """
    entries = await listed(
        connection.call,
        "LaunchTemplates",
        region,
        "describe_launch_templates",
        "list the launch templates",
        MaxResults=TEMPLATES_PAGE,
    )
    found = [
        TemplateInfo(
            text_of(entry, "LaunchTemplateId"),
            text_of(entry, "LaunchTemplateName"),
            whole(entry.get("DefaultVersionNumber")) or 1,
            whole(entry.get("LatestVersionNumber")) or 1,
        )
        for entry in entries
    ]
    return sorted(found, key=lambda one: one.name.casefold())


async def template(connection: Ec2Connection, region: str, template_id: str, version: str) -> TemplateData:
    """What one version of a launch template says.

    Args:
        version: a number, `$Default` or `$Latest`.

    Raises:
        AwsError: in words.
    """
    answer = await connection.call(
        region,
        "describe_launch_template_versions",
        "read the launch template",
        LaunchTemplateId=template_id,
        Versions=[version],
    )
    entry = next(iter(dicts(answer.get("LaunchTemplateVersions"))), {})
    return _template(template_id, entry, part(entry, "LaunchTemplateData"))


async def quota(
    connection: Ec2Connection, region: str, type_name: str, market: str, vcpus: Mapping[str, int]
) -> QuotaInfo | None:
    """The quota that counts instances of a type, and how much of it is used; `None` = there is none of the kind.

    Args:
        vcpus: of one instance, by type: what is taken where EC2 does not say how many an instance has.

    Raises:
        AwsError: in words; then nothing is known.
    """
    counted = quota_code(type_name, market)
    if counted is None:
        return None
    limit, running = await asyncio.gather(
        _limit(connection, region, counted.code),
        _used(connection, region, counted, market, vcpus),
    )
    if limit is None:
        return None
    value, name = limit
    return QuotaInfo(name or counted.name, value, *running)


async def _limit(connection: Ec2Connection, region: str, code: str) -> tuple[int, str] | None:
    """The quota's value for the account, or else AWS's own, and its name; `None` = the region has none."""
    for operation in ("get_service_quota", "get_aws_default_service_quota"):
        try:
            answer = await connection.service_call(
                "service-quotas", region, operation, "read the quota", ServiceCode="ec2", QuotaCode=code
            )
        except AwsError as error:
            if error.code != _NO_QUOTA:
                raise
        else:
            about = part(answer, "Quota")
            value = about.get("Value")
            if isinstance(value, int | float) and 0 <= value < _NO_LIMIT:
                return int(value), text_of(about, "QuotaName")
    return None


async def _used(
    connection: Ec2Connection, region: str, counted: QuotaCode, market: str, vcpus: Mapping[str, int]
) -> tuple[int, bool]:
    """vCPUs that count against the quota, and whether these are all."""
    used, complete = 0, True
    answers = pages(
        connection.call,
        region,
        "describe_instances",
        "count the running vCPUs",
        MaxResults=PAGE,
        Filters=[{"Name": "instance-state-name", "Values": list(_COUNTED)}],
    )
    async for answer in answers:
        for entry in instances_of(answer):
            kind = text_of(entry, "InstanceType")
            if family_letters(kind) not in counted.families:
                continue
            if (entry.get("InstanceLifecycle") == SPOT) != (market == SPOT):
                continue
            own = _own_vcpus(entry) or vcpus.get(kind, 0)
            used, complete = used + own, complete and bool(own)
    return used, complete


def _own_vcpus(entry: Mapping[str, Any]) -> int:
    options = part(entry, "CpuOptions")
    return (whole(options.get("CoreCount")) or 0) * (whole(options.get("ThreadsPerCore")) or 0)


async def _vpcs(connection: Ec2Connection, region: str) -> list[dict[str, Any]]:
    """The region's VPCs; none where they may not be listed: subnets are distinguished by their ids then."""
    try:
        return await listed(connection.call, "Vpcs", region, "describe_vpcs", "list the VPCs", MaxResults=PAGE)
    except DeniedError:
        return []


def _subnet(entry: Mapping[str, Any], vpc_names: Mapping[str, str]) -> SubnetInfo:
    vpc_id = text_of(entry, "VpcId")
    return SubnetInfo(
        subnet_id=text_of(entry, "SubnetId"),
        name=name_of(entry),
        vpc_id=vpc_id,
        vpc_name=vpc_names.get(vpc_id, ""),
        zone=text_of(entry, "AvailabilityZone"),
        zone_id=text_of(entry, "AvailabilityZoneId"),
        cidr=text_of(entry, "CidrBlock") or next(iter(_ipv6_blocks(entry)), ""),
        free_addresses=None if entry.get("Ipv6Native") is True else whole(entry.get("AvailableIpAddressCount")),
        default=entry.get("DefaultForAz") is True,
        public_address=entry.get("MapPublicIpOnLaunch") is True,
        state=text_of(entry, "State"),
    )


def _ipv6_blocks(entry: Mapping[str, Any]) -> list[str]:
    return [text_of(block, "Ipv6CidrBlock") for block in dicts(entry.get("Ipv6CidrBlockAssociationSet"))]


def _rule(rule: Mapping[str, Any]) -> list[str]:
    """One inbound rule, for each of its sources, as such a rule is typed."""
    protocol = text_of(rule, "IpProtocol")
    first, last = whole(rule.get("FromPort")), whole(rule.get("ToPort"))
    ported = protocol in ("tcp", "udp") and first is not None
    ports = (first, last if last is not None else first) if ported else (None, None)
    sources = [
        *(text_of(source, "CidrIp") for source in dicts(rule.get("IpRanges"))),
        *(text_of(source, "CidrIpv6") for source in dicts(rule.get("Ipv6Ranges"))),
        *(text_of(source, "GroupId") for source in dicts(rule.get("UserIdGroupPairs"))),
        *(text_of(source, "PrefixListId") for source in dicts(rule.get("PrefixListIds"))),
    ]
    name = f"protocol {protocol}" if protocol.isdigit() else protocol
    return [Rule(name, *ports, source).words for source in sources if source]


def _template(template_id: str, entry: Mapping[str, Any], data: Mapping[str, Any]) -> TemplateData:
    interface = next(iter(dicts(data.get("NetworkInterfaces"))), {})
    placement, profile = part(data, "Placement"), part(data, "IamInstanceProfile")
    options = part(data, "MetadataOptions")
    return TemplateData(
        template_id=template_id,
        version=whole(entry.get("VersionNumber")) or 0,
        description=text_of(entry, "VersionDescription"),
        image_id=text_of(data, "ImageId"),
        instance_type=text_of(data, "InstanceType"),
        key_name=text_of(data, "KeyName"),
        subnet_id=text_of(interface, "SubnetId"),
        zone=text_of(placement, "AvailabilityZone"),
        group_ids=texts(interface.get("Groups")) or texts(data.get("SecurityGroupIds")),
        public_address=yes_no(interface.get("AssociatePublicIpAddress")),
        profile=text_of(profile, "Arn") or text_of(profile, "Name"),
        tokens=text_of(options, "HttpTokens"),
        hop_limit=whole(options.get("HttpPutResponseHopLimit")),
        market=text_of(part(data, "InstanceMarketOptions"), "MarketType"),
        termination_protection=yes_no(data.get("DisableApiTermination")),
        instance_tags=_tags_of(data, "instance"),
        volume_tags=_tags_of(data, "volume"),
        devices=tuple(text_of(one, "DeviceName") for one in dicts(data.get("BlockDeviceMappings"))),
        user_data=bool(data.get("UserData")),
        interfaces=bool(interface),
    )


def _tags_of(data: Mapping[str, Any], resource: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text_of(tag, "Key"), text_of(tag, "Value"))
        for specification in dicts(data.get("TagSpecifications"))
        if specification.get("ResourceType") == resource
        for tag in dicts(specification.get("Tags"))
    )
