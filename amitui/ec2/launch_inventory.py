"""Asks AWS what instances can be launched with: subnets, groups, key pairs, profiles, templates and quotas.

Every list is read to its last page; every text is made safe to show here. What only adds to a list (the names of
VPCs) may be denied without harm; what the list is made of may not, and is told in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.launch_inventory import (
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
from amitui.ec2.convert import epoch_seconds, sanitize
from amitui.ec2.launch_sources import pages
from amitui.ec2.session import Ec2Connection
from amitui.errors import AwsError, DeniedError

PAGE: Final = 1_000
"""Results asked for in one call; the most that subnets, VPCs, groups and instances give."""
TEMPLATES_PAGE: Final = 200
"""The most that DescribeLaunchTemplates gives."""

_COUNTED: Final = ("pending", "running")
"""States whose instances count against a quota."""
_NO_QUOTA: Final = "NoSuchResourceException"
_ALL: Final = "-1"


async def subnets(connection: Ec2Connection, region: str) -> list[SubnetInfo]:
    """The region's subnets: those of the default VPC first, then by VPC and zone.

    Raises:
        AwsError: in words.
    """
    listed, vpcs = await asyncio.gather(
        _all(connection, region, "describe_subnets", "list the subnets", "Subnets", MaxResults=PAGE),
        _vpcs(connection, region),
    )
    defaults = {_text(vpc, "VpcId") for vpc in vpcs if vpc.get("IsDefault") is True}
    names = {_text(vpc, "VpcId"): _name(vpc) for vpc in vpcs}
    found = [_subnet(entry, names) for entry in listed]
    return sorted(
        found, key=lambda one: (one.vpc_id not in defaults, one.vpc_name, one.vpc_id, one.zone, one.cidr)
    )


async def groups(connection: Ec2Connection, region: str) -> list[GroupInfo]:
    """The security groups of all the region's VPCs, by name.

    Raises:
        AwsError: in words.
    """
    listed = await _all(
        connection,
        region,
        "describe_security_groups",
        "list the security groups",
        "SecurityGroups",
        MaxResults=PAGE,
    )
    found = [
        GroupInfo(
            group_id=_text(entry, "GroupId"),
            name=_text(entry, "GroupName"),
            description=_text(entry, "Description"),
            vpc_id=_text(entry, "VpcId"),
            lets_in=tuple(words for rule in _dicts(entry.get("IpPermissions")) for words in _rule(rule)),
        )
        for entry in listed
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
            _text(entry, "KeyName"),
            _text(entry, "KeyType"),
            _text(entry, "KeyPairId"),
            epoch_seconds(entry.get("CreateTime")),
        )
        for entry in _dicts(answer.get("KeyPairs"))
    ]
    return sorted(found, key=lambda one: one.name.casefold())


async def profiles(connection: Ec2Connection, region: str) -> list[ProfileInfo]:
    """The account's instance profiles, by name.

    Raises:
        AwsError: in words.
    """
    found: list[ProfileInfo] = []
    marker: dict[str, Any] = {}
    while True:
        answer = await connection.service_call(
            "iam", region, "list_instance_profiles", "list the instance profiles", MaxItems=PAGE, **marker
        )
        for entry in _dicts(answer.get("InstanceProfiles")):
            roles = tuple(_text(role, "RoleName") for role in _dicts(entry.get("Roles")))
            found.append(ProfileInfo(_text(entry, "InstanceProfileName"), _text(entry, "Arn"), roles))
        if not answer.get("IsTruncated") or not answer.get("Marker"):
            return sorted(found, key=lambda one: one.name.casefold())
        marker = {"Marker": str(answer["Marker"])}


async def templates(connection: Ec2Connection, region: str) -> list[TemplateInfo]:
    """The region's launch templates, by name.

    Raises:
        AwsError: in words.
    """
    listed = await _all(
        connection,
        region,
        "describe_launch_templates",
        "list the launch templates",
        "LaunchTemplates",
        MaxResults=TEMPLATES_PAGE,
    )
    found = [
        TemplateInfo(
            _text(entry, "LaunchTemplateId"),
            _text(entry, "LaunchTemplateName"),
            _whole(entry.get("DefaultVersionNumber")) or 1,
            _whole(entry.get("LatestVersionNumber")) or 1,
        )
        for entry in listed
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
    entry = next(iter(_dicts(answer.get("LaunchTemplateVersions"))), {})
    data = entry.get("LaunchTemplateData")
    return _template(template_id, entry, data if isinstance(data, dict) else {})


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
            about = answer.get("Quota")
            if isinstance(about, dict) and isinstance(about.get("Value"), int | float):
                return int(about["Value"]), _text(about, "QuotaName")
    return None


async def _used(
    connection: Ec2Connection, region: str, counted: QuotaCode, market: str, vcpus: Mapping[str, int]
) -> tuple[int, bool]:
    """vCPUs that count against the quota, and whether these are all."""
    used, complete = 0, True
    answers = pages(
        connection,
        region,
        "describe_instances",
        "count the running vCPUs",
        MaxResults=PAGE,
        Filters=[{"Name": "instance-state-name", "Values": list(_COUNTED)}],
    )
    async for answer in answers:
        for reservation in _dicts(answer.get("Reservations")):
            for entry in _dicts(reservation.get("Instances")):
                kind = _text(entry, "InstanceType")
                if family_letters(kind) not in counted.families:
                    continue
                if (entry.get("InstanceLifecycle") == SPOT) != (market == SPOT):
                    continue
                own = _own_vcpus(entry) or vcpus.get(kind, 0)
                used, complete = used + own, complete and bool(own)
    return used, complete


def _own_vcpus(entry: Mapping[str, Any]) -> int:
    options = entry.get("CpuOptions")
    if not isinstance(options, dict):
        return 0
    return (_whole(options.get("CoreCount")) or 0) * (_whole(options.get("ThreadsPerCore")) or 0)


async def _vpcs(connection: Ec2Connection, region: str) -> list[dict[str, Any]]:
    """The region's VPCs; none where they may not be listed: subnets are told apart by their ids then."""
    try:
        return await _all(connection, region, "describe_vpcs", "list the VPCs", "Vpcs", MaxResults=PAGE)
    except DeniedError:
        return []


async def _all(
    connection: Ec2Connection, region: str, operation: str, action: str, member: str, **parameters: Any
) -> list[dict[str, Any]]:
    """The entries of all pages."""
    answers = pages(connection, region, operation, action, **parameters)
    return [entry async for answer in answers for entry in _dicts(answer.get(member))]


def _subnet(entry: Mapping[str, Any], vpc_names: Mapping[str, str]) -> SubnetInfo:
    vpc_id = _text(entry, "VpcId")
    return SubnetInfo(
        subnet_id=_text(entry, "SubnetId"),
        name=_name(entry),
        vpc_id=vpc_id,
        vpc_name=vpc_names.get(vpc_id, ""),
        zone=_text(entry, "AvailabilityZone"),
        zone_id=_text(entry, "AvailabilityZoneId"),
        cidr=_text(entry, "CidrBlock") or next(iter(_ipv6_blocks(entry)), ""),
        free_addresses=None if entry.get("Ipv6Native") is True else _whole(entry.get("AvailableIpAddressCount")),
        default=entry.get("DefaultForAz") is True,
        public_address=entry.get("MapPublicIpOnLaunch") is True,
        state=_text(entry, "State"),
    )


def _ipv6_blocks(entry: Mapping[str, Any]) -> list[str]:
    return [_text(block, "Ipv6CidrBlock") for block in _dicts(entry.get("Ipv6CidrBlockAssociationSet"))]


def _rule(rule: Mapping[str, Any]) -> list[str]:
    """One inbound rule, for each of its sources."""
    protocol = _text(rule, "IpProtocol")
    first, last = _whole(rule.get("FromPort")), _whole(rule.get("ToPort"))
    if protocol == _ALL:
        what = "everything"
    elif first is None or first == -1 or (first, last) == (0, 65_535):
        what = protocol
    else:
        what = f"{protocol} {first}" if last in (first, None) else f"{protocol} {first}-{last}"
    sources = [
        *(_text(source, "CidrIp") for source in _dicts(rule.get("IpRanges"))),
        *(_text(source, "CidrIpv6") for source in _dicts(rule.get("Ipv6Ranges"))),
        *(_text(source, "GroupId") for source in _dicts(rule.get("UserIdGroupPairs"))),
        *(_text(source, "PrefixListId") for source in _dicts(rule.get("PrefixListIds"))),
    ]
    return [f"{what} from {source}" for source in sources if source]


def _template(template_id: str, entry: Mapping[str, Any], data: Mapping[str, Any]) -> TemplateData:
    interface = next(iter(_dicts(data.get("NetworkInterfaces"))), {})
    placement, profile = _dict(data, "Placement"), _dict(data, "IamInstanceProfile")
    options = _dict(data, "MetadataOptions")
    return TemplateData(
        template_id=template_id,
        version=_whole(entry.get("VersionNumber")) or 0,
        description=_text(entry, "VersionDescription"),
        image_id=_text(data, "ImageId"),
        instance_type=_text(data, "InstanceType"),
        key_name=_text(data, "KeyName"),
        subnet_id=_text(interface, "SubnetId"),
        zone=_text(placement, "AvailabilityZone"),
        group_ids=_texts(interface.get("Groups")) or _texts(data.get("SecurityGroupIds")),
        public_address=_yes_no(interface.get("AssociatePublicIpAddress")),
        profile=_text(profile, "Arn") or _text(profile, "Name"),
        tokens=_text(options, "HttpTokens"),
        hop_limit=_whole(options.get("HttpPutResponseHopLimit")),
        market=_text(_dict(data, "InstanceMarketOptions"), "MarketType"),
        termination_protection=_yes_no(data.get("DisableApiTermination")),
        instance_tags=_tags_of(data, "instance"),
        volume_tags=_tags_of(data, "volume"),
        devices=tuple(_text(one, "DeviceName") for one in _dicts(data.get("BlockDeviceMappings"))),
        user_data=bool(data.get("UserData")),
        interfaces=bool(interface),
    )


def _tags_of(data: Mapping[str, Any], resource: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(tag, "Key"), _text(tag, "Value"))
        for specification in _dicts(data.get("TagSpecifications"))
        if specification.get("ResourceType") == resource
        for tag in _dicts(specification.get("Tags"))
    )


def _name(entry: Mapping[str, Any]) -> str:
    return next((_text(tag, "Value") for tag in _dicts(entry.get("Tags")) if tag.get("Key") == "Name"), "")


def _dict(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entry.get(name)
    return value if isinstance(value, dict) else {}


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return sanitize(value) if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(sanitize(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _yes_no(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
