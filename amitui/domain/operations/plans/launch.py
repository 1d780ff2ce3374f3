"""Plans that launch instances, or keep the same choices as a launch template.

User data are sent and written nowhere: `WITHHELD` stands for them in the steps, `Plan.private` has them.
"""

from __future__ import annotations

from typing import Any, Final

from amitui.domain.costs import volumes_line
from amitui.domain.launch.request import SPOT, LaunchRequest
from amitui.domain.launch.security_group import NewGroup, permissions, rule_warnings
from amitui.domain.launch.storage import overrides, volume_words
from amitui.domain.launch.user_data import encoded, measure, user_data_kind, user_data_warnings
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.placeholders import WITHHELD, AnswerOf, answer_of
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.common import tag_list

USER_DATA: Final = "UserData"

_NO_KEY: Final = (
    "Without a key pair, nobody can log in with SSH or get the Windows password, unless the image or IAM "
    "profile provides another way."
)
_OLD_METADATA: Final = (
    "IMDSv1 is enabled: a program tricked into fetching a URL can leak the instance's credentials."
)
_SPOT: Final = "EC2 can reclaim Spot Instances at any time, with two minutes' notice."
_TEMPLATE_VALUES: Final = "Settings not chosen here come from the launch template."
_NOT_VALIDATED: Final = "EC2 does not validate a launch template: errors appear only at launch."


def launch_plan(request: LaunchRequest) -> Plan:
    """Launch instances, after making their security group where a new one is wanted.

    Args:
        request: without `launch.problems`.
    """
    first = _group_steps(request)
    parameters = {
        "ImageId": request.image_id,
        "MinCount": request.min_count,
        "MaxCount": request.max_count,
        **_data(request, answer_of(0)),
    }
    return Plan(
        kind=OperationKind.LAUNCH,
        title=f"Launch {request.count_words} of {request.image_label}",
        region=request.region,
        subject=request.image_id,
        steps=(*first, Call("run_instances", request.region, parameters, "launch the instances")),
        changes=(*_group_changes(request), *_launch_changes(request)),
        warnings=_launch_warnings(request),
        before={"name": request.image_name},
        confirm="" if request.trusted else request.owner_id or request.image_id,
        private={USER_DATA: request.user_data} if request.user_data else {},
    )


def template_plan(request: LaunchRequest, name: str, *, template_id: str = "", description: str = "") -> Plan:
    """Keep the choices as a launch template.

    Args:
        request: without `launch.problems`; its counts are no part of a template.
        name: of the template, by `launch.template_name_problem`.
        template_id: of the one that gets a new version; empty = a new template.
        description: of the version.
    """
    parameters: dict[str, Any] = {"LaunchTemplateId": template_id} if template_id else {"LaunchTemplateName": name}
    if description:
        parameters["VersionDescription"] = description
    parameters["LaunchTemplateData"] = template_data(request, answer_of(0))
    api = "create_launch_template_version" if template_id else "create_launch_template"
    action = "add the version to the launch template" if template_id else "save the launch template"
    what = "a new version" if template_id else "version 1"
    return Plan(
        kind=OperationKind.TEMPLATE,
        title=f"Save launch template {name}" + (" as a new version" if template_id else ""),
        region=request.region,
        subject=request.image_id,
        steps=(*_group_steps(request), Call(api, request.region, parameters, action)),
        changes=(
            *_group_changes(request),
            f"{request.region} gets {what} of the launch template {name}, with {request.image_label} "
            f"({request.image_id}){f' on {request.instance_type}' if request.instance_type else ''}.",
            "Nothing is launched.",
            *(["Its default version does not change."] if template_id else []),
        ),
        warnings=(_NOT_VALIDATED, *_template_warnings(request)),
        before={"name": request.image_name},
        private={USER_DATA: encoded(request.user_data)} if request.user_data else {},
    )


def template_data(request: LaunchRequest, new_group: str | AnswerOf) -> dict[str, Any]:
    """LaunchTemplateData: as a launch, but for a subnet, which only an interface has there.

    Args:
        new_group: what stands for the id of the group that is made.
    """
    data = _data(request, new_group)
    data.pop("LaunchTemplate", None)
    if "SubnetId" in data:
        interface = {"DeviceIndex": 0, "SubnetId": data.pop("SubnetId")}
        groups = data.pop("SecurityGroupIds", None)
        data["NetworkInterfaces"] = [interface | ({"Groups": groups} if groups else {})]
    return {"ImageId": request.image_id, **data}


def _group_steps(request: LaunchRequest) -> tuple[Call, ...]:
    group = request.new_group
    if group is None:
        return ()
    parameters: dict[str, Any] = {"GroupName": group.name, "Description": group.description}
    if group.vpc_id:
        parameters["VpcId"] = group.vpc_id
    made = Call("create_security_group", request.region, parameters, "create the security group")
    if not group.rules:
        return (made,)
    rules = {"GroupId": answer_of(0), "IpPermissions": permissions(group.rules)}
    return (
        made,
        Call("authorize_security_group_ingress", request.region, rules, "set the security group's rules"),
    )


def _data(request: LaunchRequest, new_group: str | AnswerOf) -> dict[str, Any]:
    """What RunInstances and launch templates have in common."""
    data: dict[str, Any] = {}
    if request.instance_type:
        data["InstanceType"] = request.instance_type
    if request.key_name:
        data["KeyName"] = request.key_name
    data |= _network(request, new_group)
    profile = request.profile_arn_or_name
    if profile:
        data["IamInstanceProfile"] = {"Arn" if profile.startswith("arn:") else "Name": profile}
    data["MetadataOptions"] = {
        "HttpTokens": "required" if request.imds_v2 else "optional",
        "HttpPutResponseHopLimit": request.hop_limit,
    }
    if request.market == SPOT:
        data["InstanceMarketOptions"] = {"MarketType": SPOT, "SpotOptions": _spot(request)}
    mappings = overrides(request.volumes_before, request.volumes_after)
    if mappings:
        data["BlockDeviceMappings"] = mappings
    tagged = (("instance", request.instance_tags), ("volume", request.volume_tags))
    specifications = [{"ResourceType": kind, "Tags": tag_list(tags)} for kind, tags in tagged if tags]
    if specifications:
        data["TagSpecifications"] = specifications
    if request.termination_protection:
        data["DisableApiTermination"] = True
    if request.template_id:
        version = request.template_version or "$Default"
        data["LaunchTemplate"] = {"LaunchTemplateId": request.template_id, "Version": version}
    if request.user_data:
        data[USER_DATA] = WITHHELD
    return data


def _network(request: LaunchRequest, new_group: str | AnswerOf) -> dict[str, Any]:
    groups = [*request.security_group_ids, *([new_group] if request.new_group else [])]
    placed = {"Placement": {"AvailabilityZone": request.zone}} if request.zone and not request.subnet_id else {}
    if request.public_address is None:
        return {
            **({"SubnetId": request.subnet_id} if request.subnet_id else {}),
            **({"SecurityGroupIds": groups} if groups else {}),
            **placed,
        }
    # Only an interface says anything of public addresses, and then it has to say the rest as well.
    interface: dict[str, Any] = {"DeviceIndex": 0, "AssociatePublicIpAddress": request.public_address}
    if request.subnet_id:
        interface["SubnetId"] = request.subnet_id
    if groups:
        interface["Groups"] = groups
    return {"NetworkInterfaces": [interface], **placed}


def _spot(request: LaunchRequest) -> dict[str, str]:
    highest = {"MaxPrice": request.spot_max_price} if request.spot_max_price else {}
    return {"SpotInstanceType": "one-time", **highest}


def _group_changes(request: LaunchRequest) -> tuple[str, ...]:
    group = request.new_group
    if group is None:
        return ()
    rules = "; ".join(rule.sentence for rule in group.rules)
    lets = f"allows inbound {rules}" if rules else "allows nothing inbound"
    return (f"{group.vpc_id or 'The default VPC'} gets a new security group {group.name}, which {lets}.",)


def _launch_changes(request: LaunchRequest) -> tuple[str, ...]:
    number = request.count_words
    market = " as Spot" if request.market == SPOT else ""
    kind = f" of type {request.instance_type}" if request.instance_type else " of the launch template's type"
    sentences = [
        f"{request.region} gets {number}{kind}{market}, launched from {request.image_label} "
        f"({request.image_id}) and billed from {'its' if request.max_count == 1 else 'their'} start."
    ]
    sentences.append(_place(request))
    volumes = _volumes(request)
    if volumes:
        sentences.append(f"Volumes: {'; '.join(volumes)}.")
    if cost := volumes_line(_billed_volumes(request), request.max_count):
        sentences.append(cost)
    if request.user_data:
        size, kind = measure(request.user_data), user_data_kind(request.user_data)
        sentences.append(f"User data at the first start: {size.words}{f', {kind}' if kind else ''}.")
    if request.profile_arn_or_name:
        sentences.append(
            f"Programs on them have the permissions of the IAM profile {request.profile_arn_or_name}."
        )
    if request.termination_protection:
        sentences.append("EC2 refuses to terminate them until termination protection is turned off.")
    return tuple(sentences)


def _volumes(request: LaunchRequest) -> tuple[str, ...]:
    """Those that are not as the image brings them."""
    kept = {volume.device_name for volume in request.volumes_after}
    missing = tuple(old for old in request.volumes_before if old.device_name not in kept)
    changed = (volume for volume in request.volumes_after if volume not in request.volumes_before)
    return tuple(volume_words(volume) for volume in (*changed, *(old._replace(dropped=True) for old in missing)))


def _billed_volumes(request: LaunchRequest) -> list[tuple[str, float]]:
    """Type and GiB of each volume of EBS that an instance gets; 0 = its size is not known."""
    return [
        (volume.volume_type, volume.gib or volume.snapshot_gib)
        for volume in request.volumes_after
        if not volume.dropped and not volume.virtual_name
    ]


def _place(request: LaunchRequest) -> str:
    left_open = "from the launch template" if request.template_id else ""
    where = request.subnet_id or (f"the default subnet of {request.zone}" if request.zone else "")
    groups = [*request.security_group_ids, *([request.new_group.name] if request.new_group else [])]
    address = {None: "subnet default", True: "yes", False: "no"}[request.public_address]
    key = f"the key pair {request.key_name}" if request.key_name else left_open or "no key pair"
    return (
        f"Subnet: {where or left_open or 'a default one'}; public address: {address}; security groups: "
        f"{', '.join(groups) or left_open or 'the default one'}; login: {key}."
    )


def _launch_warnings(request: LaunchRequest) -> tuple[str, ...]:
    fewer = request.min_count < request.max_count
    candidates = (
        (
            not request.trusted,
            f"The image is {_whose(request)}, an unverified source: its code runs in your account.",
        ),
        (
            fewer,
            f"If EC2 lacks capacity for {request.max_count}, it launches as many as it can, at least "
            f"{request.min_count}.",
        ),
        (not request.key_name and not request.template_id, _NO_KEY),
        (request.market == SPOT, _SPOT),
        (bool(request.template_id), _TEMPLATE_VALUES),
        (request.new_group is not None, "The new security group remains if EC2 refuses the launch."),
    )
    return (
        *(words for holds, words in candidates if holds),
        *_group_warnings(request.new_group),
        *_common_warnings(request),
        *user_data_warnings(request.user_data, windows=request.windows),
    )


def _template_warnings(request: LaunchRequest) -> tuple[str, ...]:
    """User data in a template can be read by everyone who may describe templates."""
    readable = ("User data is stored in the template; anyone who can describe templates can read it.",)
    return (
        *(readable if request.user_data else ()),
        *_group_warnings(request.new_group),
        *_common_warnings(request),
        *user_data_warnings(request.user_data, windows=request.windows),
    )


def _common_warnings(request: LaunchRequest) -> tuple[str, ...]:
    return () if request.imds_v2 else (_OLD_METADATA,)


def _group_warnings(group: NewGroup | None) -> tuple[str, ...]:
    if group is None:
        return ()
    if not group.rules:
        return (f"{group.name} has no rules: nothing can reach the instance, SSH included.",)
    return rule_warnings(group.rules)


def _whose(request: LaunchRequest) -> str:
    return f"of account {request.owner_id}" if request.owner_id else "of an unknown owner"
