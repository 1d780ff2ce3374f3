"""Refusals of EC2 as others published them: the request, the code, the words, and from where they are known."""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Refusal(NamedTuple):
    """One request that EC2 refuses."""

    operation: str
    """The client's method."""
    parameters: dict[str, Any]
    """With `{image}`, `{snapshot}`, `{foreign}`, … where ids of the simulated EC2 belong."""
    code: str
    words: str
    """EC2's message, with the same placeholders."""
    source: str
    status: int | None = 400
    """`None` = the sources do not say it."""
    own_words: str = ""
    """What the simulated EC2 says instead; empty = the same."""
    service: str = "ec2"
    why: str = ""
    """Why that is left so."""


_CUSTODIAN: Final = "recorded: cloud-custodian, tests/data/placebo/"
UNKNOWN: Final = "0a1b2c3d4e5f60718"
"""The digits of ids that there are not."""
_PERMISSION: Final = {"Add": [{"UserId": "12345"}]}

REFUSALS: Final = (
    Refusal(
        "describe_images",
        {"ImageIds": [f"ami-{UNKNOWN}"]},
        "InvalidAMIID.NotFound",
        f"The image id '[ami-{UNKNOWN}]' does not exist",
        "seen: hashicorp/terraform#11220",
    ),
    Refusal(
        "describe_images",
        {"ImageIds": ["ami-123"]},
        "InvalidAMIID.Malformed",
        'Invalid id: "ami-123" (expecting "ami-...")',
        "seen: aws/aws-cdk#28090",
    ),
    Refusal(
        "describe_images",
        {"ImageIds": ["{image}"], "MaxResults": 5},
        "InvalidParameterCombination",
        "The parameter imageIdsSet cannot be used with the parameter maxResults",
        "in others' code: a work-around for it that quotes it",
    ),
    Refusal(
        "describe_images",
        {"DryRun": True},
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
        "seen: public notes and tests of others, with the status",
        status=412,
    ),
    Refusal(
        "describe_image_attribute",
        {"ImageId": "{foreign}", "Attribute": "launchPermission"},
        "AuthFailure",
        "Not authorized for image:{foreign}",
        "seen: public notes on Ansible",
        status=None,
    ),
    Refusal(
        "deregister_image",
        {"ImageId": "{foreign}"},
        "AuthFailure",
        "Not authorized for image:{foreign}",
        "seen: cloudcaptainsh/cloudcaptain#66",
        status=None,
    ),
    Refusal(
        "modify_image_attribute",
        {"ImageId": "{image}", "LaunchPermission": _PERMISSION},
        "InvalidAMIAttributeItemValue",
        'Invalid attribute item value "12345" for userId item type.',
        "seen: notes on Spinnaker, without the full stop; in others' code: moto",
    ),
    Refusal(
        "register_image",
        {
            "Name": "{name}",
            "Architecture": "x86_64",
            "RootDeviceName": "/dev/xvda",
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "{snapshot}"}}],
        },
        "InvalidAMIName.Duplicate",
        "AMI name {name} is already in use by AMI {image}",
        "seen: public notes on Terraform",
    ),
    Refusal(
        "copy_image",
        {"Name": "no:colons", "SourceImageId": "{image}", "SourceRegion": "us-east-1"},
        "InvalidAMIName.Malformed",
        "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', "
        "'-', '/' and '_'",
        "seen: public scripts, of RegisterImage until about 2020",
        own_words="AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
        "'(', ')', '[', ']', ' ', '.', '/', '-', ''', '@' and '_'",
        why="the API reference allows more characters by now; nobody published the words of today",
    ),
    Refusal(
        "describe_snapshots",
        {"SnapshotIds": [f"snap-{UNKNOWN}"]},
        "InvalidSnapshot.NotFound",
        f"The snapshot 'snap-{UNKNOWN}' does not exist.",
        f"{_CUSTODIAN}test_ami_deregister_delete_snap",
    ),
    Refusal(
        "delete_snapshot",
        {"SnapshotId": "{snapshot}"},
        "InvalidSnapshot.InUse",
        "The snapshot {snapshot} is currently in use by {image}",
        "seen: public notes, several",
    ),
    Refusal(
        "create_snapshot",
        {"VolumeId": f"vol-{UNKNOWN}"},
        "InvalidVolume.NotFound",
        f"The volume 'vol-{UNKNOWN}' does not exist.",
        f"{_CUSTODIAN}test_ebs_volume_related_filter, of DescribeVolumes",
    ),
    Refusal(
        "create_tags",
        {"Resources": [], "Tags": [{"Key": "a", "Value": "b"}]},
        "MissingParameter",
        "The request must contain the parameter resourceIdSet",
        f"{_CUSTODIAN}test_asg_propagate_tag_no_instances",
    ),
    Refusal(
        "describe_launch_template_versions",
        {"LaunchTemplateId": f"lt-{UNKNOWN}"},
        "InvalidLaunchTemplateId.NotFound",
        f"The specified launch template, with template ID lt-{UNKNOWN}, does not exist.",
        f"{_CUSTODIAN}test_launch_template_id_not_found",
    ),
    Refusal(
        "describe_security_groups",
        {"GroupIds": [f"sg-{UNKNOWN}"]},
        "InvalidGroup.NotFound",
        f"The security group 'sg-{UNKNOWN}' does not exist",
        f"{_CUSTODIAN}test_security_group_delete",
        own_words=f"The security group '{{'sg-{UNKNOWN}'}}' does not exist",
        why="moto's words, with what it makes of a list of one",
    ),
    Refusal(
        "describe_subnets",
        {"SubnetIds": [f"subnet-{UNKNOWN}"]},
        "InvalidSubnetID.NotFound",
        f"The subnet ID 'subnet-{UNKNOWN}' does not exist",
        f"{_CUSTODIAN}test_rdscluster_location_invalid_sub",
    ),
    Refusal(
        "terminate_instances",
        {"InstanceIds": ["{protected}"]},
        "OperationNotPermitted",
        "The instance '{protected}' may not be terminated. Modify its 'disableApiTermination' instance attribute "
        "and try again.",
        f"{_CUSTODIAN}test_ec2_terminate_with_protection_enabled",
    ),
    Refusal(
        "get_parameter",
        {"Name": "/no/such/parameter"},
        "ParameterNotFound",
        "",
        f"seen: public notes, several; {_CUSTODIAN}test_ssm_parameter_delete_non_existant, of DeleteParameter",
        service="ssm",
    ),
)
"""Of launches there are more: `demo/cloud/launching/rules.py`, each with its source."""
DENIED: Final = Refusal(
    "copy_image",
    {"Name": "denied", "SourceImageId": "{image}", "SourceRegion": "us-east-1"},
    "UnauthorizedOperation",
    "You are not authorized to perform this operation. User: {who} is not authorized to perform: ec2:CopyImage on "
    "resource: {resource} because no identity-based policy allows the ec2:CopyImage action. Encoded authorization "
    "failure message: {encoded}",
    "seen: public notes, several",
    status=403,
    own_words="You are not authorized to perform this operation. User: {who} is not authorized to perform: "
    "ec2:CopyImage because no identity-based policy allows the ec2:CopyImage action",
    why="the demo has no policies, and so neither a resource that one lacks nor an encoded message",
)
"""With a key that may change nothing."""
