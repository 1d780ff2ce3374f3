"""A launch as text for Terraform or as a CloudFormation template, to be kept in a repository instead of done now.

Both say what the plan would send. Texts are quoted so that neither language finds anything in them: the names of
images come from strangers. User data are named as a file or a parameter, unless they are asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from amitui.domain.launch.request import SPOT, LaunchRequest
from amitui.domain.launch.security_group import ALL, NewGroup, permissions
from amitui.domain.launch.storage import VolumeChoice, overrides
from amitui.domain.launch.user_data import encoded, is_binary, measure
from amitui.domain.operations.placeholders import to_json
from amitui.domain.operations.plans.launch import template_data
from amitui.domain.operations.validation import Tag
from amitui.presentation.hcl import Attribute, Line, block, hcl_string

USER_DATA_FILE: Final = "user-data"
MOST_RESOURCES: Final = 500
"""Of a CloudFormation template."""
MOST_PARAMETER: Final = 4_096
"""Characters in the value of a parameter of CloudFormation."""

_DYNAMIC: Final = "{{resolve:"
"""What CloudFormation replaces wherever it stands, and for which it has no escape."""
_UNSEEN: Final = re.compile(r"[^\n\x20-\x7e\U00010000-\U0010ffff]")
"""What is escaped in a template: whatever is not ASCII and can be."""


def terraform(request: LaunchRequest, *, inline_user_data: bool = False) -> str:
    """Resources for Terraform and its provider for AWS, version 5 or later.

    Args:
        inline_user_data: write them into the text, which then holds whatever secrets they hold.
    """
    blocks = [
        *_preface(request),
        block('provider "aws"', [Attribute("region", hcl_string(request.region))]),
        *_image_block(request),
        *([_group_block(request.new_group)] if request.new_group else []),
        block('resource "aws_instance" "this"', _instance(request, inline_user_data)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def cloudformation_problem(request: LaunchRequest) -> str:
    """Why there is no template for a launch; empty = there is one."""
    most = MOST_RESOURCES - 2
    if request.max_count > most:
        return f"a CloudFormation stack has room for {most} instances, these are {request.max_count}"
    if request.template_id:
        return "settings from a launch template are not known here: start without one"
    texts = json.dumps(to_json(template_data(request, "")), ensure_ascii=False) + repr(request.new_group)
    if _DYNAMIC in texts:
        return f"{_DYNAMIC}…}}}} in a text would be replaced by CloudFormation"
    return ""


def cloudformation(request: LaunchRequest, *, inline_user_data: bool = False) -> str:
    """A CloudFormation template as JSON, which is YAML as well; where there is none, a comment that says why.

    Args:
        inline_user_data: write them into the text, which then holds whatever secrets they hold.
    """
    problem = cloudformation_problem(request)
    if problem:
        return f"# There is no template: {problem}.\n"
    group = request.new_group
    data = template_data(request, "")
    if group is not None:
        _refer_to_group(data)
    parameters = {} if inline_user_data else _user_data_parameters(request)
    if request.user_data:
        data["UserData"] = encoded(request.user_data) if inline_user_data else _joined(tuple(parameters))
    launched = {
        "Type": "AWS::EC2::Instance",
        "Properties": {
            "LaunchTemplate": {
                "LaunchTemplateId": {"Ref": "LaunchTemplate"},
                "Version": {"Fn::GetAtt": ["LaunchTemplate", "LatestVersionNumber"]},
            }
        },
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{request.max_count} of {_plain(request.image_label)} in {request.region}"[:1024],
        **({"Parameters": parameters} if parameters else {}),
        "Resources": {
            **({"SecurityGroup": _group_resource(group)} if group else {}),
            "LaunchTemplate": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
            **{f"Instance{number}": launched for number in range(1, request.max_count + 1)},
        },
    }
    # YAML knows no surrogates, as which JSON would escape what is beyond U+FFFF.
    text = json.dumps(template, indent=2, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


# Terraform


def _preface(request: LaunchRequest) -> list[list[str]]:
    lines: list[str] = []
    if request.min_count < request.max_count:
        lines.append(f"# Terraform makes all {request.max_count} instances or fails; it has no minimum count.")
    return [lines] if lines else []


def _image_block(request: LaunchRequest) -> list[list[str]]:
    """The image looked up with its owner, so that the text fails when it is not whose it was."""
    if not request.owner_id:
        return []
    return [
        block(
            'data "aws_ami" "this"',
            [
                Attribute("owners", f"[{hcl_string(request.owner_id)}]"),
                Attribute("include_deprecated", "true"),
                *block(
                    "filter",
                    [Attribute("name", '"image-id"'), Attribute("values", f"[{hcl_string(request.image_id)}]")],
                ),
            ],
        )
    ]


def _group_block(group: NewGroup) -> list[str]:
    texts = (("name", group.name), ("description", group.description), ("vpc_id", group.vpc_id))
    lines: list[Line] = [Attribute(name, hcl_string(text)) for name, text in texts if text]
    for permission in permissions(group.rules):
        lines += block("ingress", _rule_lines(permission))
    # Terraform takes away the rule that lets everything out, with which EC2 makes every group.
    everything = {"from_port": "0", "to_port": "0", "protocol": f'"{ALL}"', "cidr_blocks": '["0.0.0.0/0"]'}
    lines += block("egress", [Attribute(*pair) for pair in everything.items()])
    return block('resource "aws_security_group" "this"', lines)


def _rule_lines(permission: Mapping[str, Any]) -> list[Line]:
    sources = (
        ("IpRanges", "CidrIp", "cidr_blocks"),
        ("Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"),
        ("UserIdGroupPairs", "GroupId", "security_groups"),
        ("PrefixListIds", "PrefixListId", "prefix_list_ids"),
    )
    kind, key, argument = next(source for source in sources if source[0] in permission)
    (source,) = permission[kind]
    note = source.get("Description")
    return [
        Attribute("protocol", hcl_string(permission["IpProtocol"])),
        Attribute("from_port", str(permission.get("FromPort", 0))),
        Attribute("to_port", str(permission.get("ToPort", 0))),
        Attribute(argument, f"[{hcl_string(source[key])}]"),
        *([Attribute("description", hcl_string(note))] if note else []),
    ]


def _instance(request: LaunchRequest, inline_user_data: bool) -> list[Line]:
    groups = [hcl_string(group) for group in request.security_group_ids]
    groups += ["aws_security_group.this.id"] if request.new_group else []
    public, file = request.public_address, f'"${{path.module}}/{USER_DATA_FILE}"'
    if is_binary(request.user_data):
        data_argument, data = "user_data_base64", f"filebase64({file})"
        inline = f'"{encoded(request.user_data)}"'
    else:
        data_argument, data, inline = "user_data", f"file({file})", hcl_string(request.user_data)
    attributes = (
        ("count", str(request.max_count) if request.max_count > 1 else ""),
        # The owner is named where the image is looked up: else it is whatever stranger's image has that id.
        ("ami", "data.aws_ami.this.id" if request.owner_id else hcl_string(request.image_id)),
        ("instance_type", _text(request.instance_type)),
        ("key_name", _text(request.key_name)),
        ("subnet_id", _text(request.subnet_id)),
        ("availability_zone", "" if request.subnet_id else _text(request.zone)),
        # The provider takes the name of a profile, which is the end of its ARN.
        ("iam_instance_profile", _text(request.profile_arn_or_name.rpartition("/")[2])),
        ("vpc_security_group_ids", f"[{', '.join(groups)}]" if groups else ""),
        ("associate_public_ip_address", "" if public is None else _flag(public)),
        ("disable_api_termination", "true" if request.termination_protection else ""),
        (data_argument, (inline if inline_user_data else data) if request.user_data else ""),
    )
    return [
        *(Attribute(name, value) for name, value in attributes if value),
        *_tag_lines("tags", request.instance_tags),
        *_tag_lines("volume_tags", request.volume_tags),
        *_option_blocks(request),
        *_volume_blocks(request),
    ]


def _option_blocks(request: LaunchRequest) -> list[str]:
    tokens = "required" if request.imds_v2 else "optional"
    metadata = {"endpoint": '"enabled"', "tokens": f'"{tokens}"', "put_response_hop_limit": str(request.hop_limit)}
    lines = block("metadata_options", [Attribute(f"http_{name}", value) for name, value in metadata.items()])
    if request.market == SPOT:
        price = [Attribute("max_price", hcl_string(request.spot_max_price))] if request.spot_max_price else []
        options = block("spot_options", price) if price else []
        lines += block("instance_market_options", [Attribute("market_type", f'"{SPOT}"'), *options])
    if request.template_id:
        named = (("id", request.template_id), ("version", request.template_version or "$Default"))
        lines += block("launch_template", [Attribute(name, hcl_string(text)) for name, text in named])
    return lines


def _volume_blocks(request: LaunchRequest) -> list[str]:
    chosen = {volume.device_name: volume for volume in (*request.volumes_before, *request.volumes_after)}
    lines: list[str] = []
    for mapping in overrides(request.volumes_before, request.volumes_after):
        device = hcl_string(mapping["DeviceName"])
        if "NoDevice" in mapping:
            dropped = [Attribute("device_name", device), Attribute("no_device", "true")]
            lines += block("ephemeral_block_device", dropped)
            continue
        volume = chosen[mapping["DeviceName"]]
        named = [] if volume.root else [Attribute("device_name", device)]
        kind = "root_block_device" if volume.root else "ebs_block_device"
        lines += block(kind, [*named, *_volume_lines(mapping["Ebs"], volume)])
    return lines


def _volume_lines(changed: Mapping[str, Any], volume: VolumeChoice) -> list[Line]:
    names = (
        ("SnapshotId", "snapshot_id"),
        ("VolumeSize", "volume_size"),
        ("VolumeType", "volume_type"),
        ("Iops", "iops"),
        ("Throughput", "throughput"),
        ("Encrypted", "encrypted"),
        ("KmsKeyId", "kms_key_id"),
    )
    return [
        *(Attribute(argument, _literal(changed[name])) for name, argument in names if name in changed),
        # Left out, the provider sends true.
        Attribute("delete_on_termination", _flag(volume.delete_on_termination)),
    ]


def _tag_lines(argument: str, tags: Sequence[Tag]) -> list[str]:
    return block(f"{argument} =", [Attribute(*map(hcl_string, tag)) for tag in tags]) if tags else []


def _text(text: str) -> str:
    """Quoted, where there is any."""
    return hcl_string(text) if text else ""


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return _flag(value)
    return str(value) if isinstance(value, int) else hcl_string(str(value))


def _flag(value: bool) -> str:
    return "true" if value else "false"


# CloudFormation


def _refer_to_group(data: dict[str, Any]) -> None:
    """Puts the group of the template in the place of the empty id that stands for it."""
    holders = [data, *data.get("NetworkInterfaces", ())]
    made = {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}
    for holder in holders:
        for name in ("SecurityGroupIds", "Groups"):
            if name in holder:
                holder[name] = [group or made for group in holder[name]]


def _group_resource(group: NewGroup) -> dict[str, Any]:
    properties: dict[str, Any] = {"GroupName": group.name, "GroupDescription": group.description}
    if group.vpc_id:
        properties["VpcId"] = group.vpc_id
    ingress = [_ingress(permission) for permission in permissions(group.rules)]
    if ingress:
        properties["SecurityGroupIngress"] = ingress
    return {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}


def _ingress(permission: Mapping[str, Any]) -> dict[str, Any]:
    names = {"GroupId": "SourceSecurityGroupId", "PrefixListId": "SourcePrefixListId"}
    ports = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
    (source,) = next(value for value in permission.values() if isinstance(value, list))
    return ports | {names.get(name, name): value for name, value in source.items()}


def _user_data_parameters(request: LaunchRequest) -> dict[str, Any]:
    """As many as it takes: a parameter holds a part of what user data may be."""
    if not request.user_data:
        return {}
    number = -(-measure(request.user_data).encoded // MOST_PARAMETER)
    many = f"; line %d of: base64 < {USER_DATA_FILE} | tr -d '\\n' | fold -w {MOST_PARAMETER}"
    one = f"; the output of: base64 < {USER_DATA_FILE} | tr -d '\\n'"
    return {
        f"UserData{index}": {
            "Type": "String",
            "NoEcho": True,
            "Description": "User data in base64" + (one if number == 1 else many % index),
        }
        for index in range(1, number + 1)
    }


def _joined(names: Sequence[str]) -> dict[str, Any]:
    references = [{"Ref": name} for name in names]
    return references[0] if len(references) == 1 else {"Fn::Join": ["", references]}


def _plain(text: str) -> str:
    """A text that says the same and means nothing to CloudFormation."""
    return text.replace("{{", "{ {")
