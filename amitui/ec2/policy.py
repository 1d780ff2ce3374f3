"""The least IAM policy for what amitui calls, made of the same tables as the calls: `guard.READS` and `APIS`.

What AWS calls an action is the API's name but for S3 and Service Quotas. Sources, checked in November 2026:
resource types, ARNs and dependent actions are those of the Service Authorization Reference, which does not list
`ec2:GetImageFindings` yet. Storing and restoring: EC2 User Guide, "Permissions for storing and restoring AMIs
using S3". Copying: "Grant permissions to copy Amazon EC2 AMIs", without the S3 rights for images whose root is
an instance store. Encrypted snapshots: EBS User Guide, "Requirements for Amazon EBS encryption".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from amitui.domain.operations.apis import APIS
from amitui.ec2.guard import READS

Policy: TypeAlias = dict[str, Any]
"""A policy document, ready for JSON."""

LONGEST: Final = 6_144
"""Characters of a managed policy, white space aside (IAM and AWS STS quotas)."""

NEVER_CALLED: Final[Mapping[str, frozenset[str]]] = {
    "ec2": frozenset({"GetAllowedImagesSettings", "GetEbsDefaultKmsKeyId", "GetEbsEncryptionByDefault"}),
    "kms": frozenset({"ListKeys"}),
    "ssm": frozenset({"GetParameter"}),
}
"""Reads that read-only mode would let through, and that nothing in amitui makes."""

_ON_DEMAND: Final = frozenset({"s3", "organizations"})
"""Services that are read only by who pulls a catalogue, or reads the accounts of an organization."""

_WITHOUT_ACTION: Final = frozenset({"sts", "sso", "sso-oidc", "signin"})
"""How credentials are had: it needs no permission, or one in the account of the login."""

_PREFIXES: Final[Mapping[str, str]] = {"service-quotas": "servicequotas"}
"""What IAM calls a service, where that is not botocore's name."""

_IMAGE = ("ec2:{region}::image/*",)
_SNAPSHOT = ("ec2:{region}::snapshot/*",)
_INSTANCE = ("ec2:{region}:*:instance/*",)
_GROUP = ("ec2:{region}:*:security-group/*",)
_TEMPLATE = ("ec2:{region}:*:launch-template/*",)
_SCALING = ("autoscaling:{region}:*:autoScalingGroup:*",)

RESOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "authorize_security_group_ingress": _GROUP,
    "cancel_instance_refresh": _SCALING,
    "copy_image": (*_IMAGE, *_SNAPSHOT),
    "create_image": (*_IMAGE, *_SNAPSHOT, *_INSTANCE),
    "create_image_usage_report": (*_IMAGE, "ec2:{region}:*:image-usage-report/*"),
    "create_launch_template": _TEMPLATE,
    "create_launch_template_version": _TEMPLATE,
    "create_security_group": (*_GROUP, "ec2:{region}:*:vpc/*"),
    "create_tags": ("ec2:{region}:*:*/*",),
    "delete_tags": ("ec2:{region}:*:*/*",),
    "modify_launch_template": _TEMPLATE,
    "modify_snapshot_attribute": _SNAPSHOT,
    "put_parameter": ("ssm:{region}:*:parameter/*",),
    "reboot_instances": _INSTANCE,
    "register_image": (*_IMAGE, *_SNAPSHOT),
    "restore_snapshot_from_recycle_bin": _SNAPSHOT,
    "rollback_instance_refresh": _SCALING,
    # Also network interfaces, volumes, subnets, key pairs, placement groups, …: whatever a template names.
    "run_instances": ("ec2:{region}:*:*/*", *_IMAGE, *_SNAPSHOT),
    "start_instance_refresh": _SCALING,
    "start_instances": _INSTANCE,
    "stop_instances": _INSTANCE,
    "terminate_instances": _INSTANCE,
    "update_auto_scaling_group": _SCALING,
}
"""What a change acts on where that is not an image alone, by the client's method: the rest of an ARN."""

_STORE_ACTIONS: Final = (
    *("ebs:CompleteSnapshot", "ebs:GetSnapshotBlock", "ebs:ListChangedBlocks", "ebs:ListSnapshotBlocks"),
    *("ebs:PutSnapshotBlock", "ebs:StartSnapshot", "ec2:GetEbsEncryptionByDefault"),
    *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    "s3:PutObjectTagging",
)
"""What EC2 does in the caller's name to store an image in S3 and to restore it."""

_KEY_ACTIONS: Final = (
    *("kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
)
"""What EBS does in the caller's name with encrypted snapshots; `kms:DescribeKey` is among the reads."""


def reads_policy(regions: Sequence[str] = (), *, role: str = "", partition: str = "aws") -> Policy:
    """The policy of who browses, finds and audits, and changes nothing.

    Args:
        regions: where alone it holds; empty: everywhere.
        role: name of the role through which the accounts of an organization are read; empty: they are not.
    """
    return document([*_reads(regions), *(_organization(role, partition) if role else ())])


def full_policy(regions: Sequence[str] = (), *, role: str = "", partition: str = "aws") -> Policy:
    """The policy of who may do all that amitui can do; arguments as of `reads_policy`."""
    statements = [*_reads(regions), *_changes(regions, partition), *_on_behalf(regions, partition)]
    return document([*statements, *(_organization(role, partition) if role else ())])


def pull_policy(bucket: str, prefix: str, partition: str = "aws") -> Policy:
    """The policy of who pulls a published catalogue, and asks EC2 nothing.

    Args:
        prefix: with a slash at its end, or empty.
    """
    where = f"arn:{partition}:s3:::{bucket}/{prefix}"
    return document(
        [
            allow("ReadPublicImages", "s3:GetObject", f"{where}public/*"),
            allow("ReadOwnImages", "s3:GetObject", f"{where}accounts/${{aws:PrincipalAccount}}/*"),
            _listing("TellMissingFromDenied", bucket, prefix, partition),
        ]
    )


def publish_policy(bucket: str, prefix: str, partition: str = "aws") -> Policy:
    """The policy of the job that fetches from EC2 and publishes; arguments as of `pull_policy`."""
    where = f"arn:{partition}:s3:::{bucket}/{prefix}"
    own = [f"{where}public/*", f"{where}accounts/${{aws:PrincipalAccount}}/*"]
    return document(
        [
            allow("ListImages", ["ec2:DescribeImages", "ec2:DescribeRegions"], "*"),
            allow("Publish", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], own),
            _listing("ListObjects", bucket, prefix, partition),
        ]
    )


def resources_of(api: str) -> tuple[str, ...]:
    """What a change acts on, by the client's method: the rest of an ARN, with `{region}` in it."""
    return RESOURCES.get(api, _IMAGE)


def action_of(service: str, operation: str) -> str:
    """What IAM calls an API."""
    return f"{_PREFIXES.get(service, service)}:{operation}"


def operation_of(api: str) -> str:
    """The API's name of a client's method: `CreateImage` of `create_image`."""
    return "".join(part.capitalize() for part in api.split("_"))


def actions_in(policy: Policy) -> set[str]:
    """All that a policy allows."""
    found: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        found.update([actions] if isinstance(actions, str) else actions)
    return found


def _reads(regions: Sequence[str]) -> Iterable[Policy]:
    actions = [
        action_of(service, operation)
        for service, operations in READS.items()
        if service not in _WITHOUT_ACTION | _ON_DEMAND
        for operation in operations - NEVER_CALLED.get(service, frozenset())
    ]
    # IAM is global, and prices are asked for in one Region: a condition on the Region would deny both.
    anywhere = sorted(action for action in actions if regions and action.startswith(("iam:", "pricing:")))
    yield allow("Read", sorted({*actions} - {*anywhere}), "*", within(regions))
    if anywhere:
        yield allow("ReadGlobal", anywhere, "*")


def _changes(regions: Sequence[str], partition: str) -> Iterable[Policy]:
    """The calls of plans, those on the same resources together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for api, spec in APIS.items():
        alike.setdefault(resources_of(api), []).append(action_of(spec.service, operation_of(api)))
    # Deregistering an image together with its snapshots.
    alike[_SNAPSHOT].append("ec2:DeleteSnapshot")
    for number, (resources, actions) in enumerate(alike.items(), 1):
        arns = [f"arn:{partition}:{one.format(region='*')}" for one in resources]
        yield allow(f"Change{number}", sorted(actions), arns, within(regions))


def _on_behalf(regions: Sequence[str], partition: str) -> Iterable[Policy]:
    """What services do in the caller's name, and with roles that are handed to them."""
    yield allow("Store", list(_STORE_ACTIONS), "*", within(regions))
    through_ec2: Policy = {"StringLike": {"kms:ViaService": "ec2.*"}}
    yield allow("Keys", list(_KEY_ACTIONS), "*", through_ec2)
    # As the EBS User Guide advises: grants for AWS's services alone.
    for_aws: Policy = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    yield allow("KeyGrants", "kms:CreateGrant", "*", through_ec2 | for_aws)
    yield allow(
        "PassRole",
        "iam:PassRole",
        f"arn:{partition}:iam::*:role/*",
        {"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}},
    )


def _organization(role: str, partition: str) -> Iterable[Policy]:
    yield allow("Organization", sorted(action_of("organizations", one) for one in READS["organizations"]), "*")
    yield allow("OtherAccounts", "sts:AssumeRole", f"arn:{partition}:iam::*:role/{role}")


def _listing(sid: str, bucket: str, prefix: str, partition: str) -> Policy:
    prefixes = [f"{prefix}public/*", f"{prefix}accounts/${{aws:PrincipalAccount}}/*"]
    condition = {"StringLike": {"s3:prefix": prefixes}}
    return allow(sid, "s3:ListBucket", f"arn:{partition}:s3:::{bucket}", condition)


def within(regions: Sequence[str]) -> Policy:
    """The condition of a statement that holds in these Regions alone; none: it holds everywhere."""
    return {"StringEquals": {"aws:RequestedRegion": list(regions)}} if regions else {}


def allow(sid: str, action: str | list[str], resource: str | list[str], condition: Policy | None = None) -> Policy:
    """One statement."""
    statement: Policy = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def document(statements: Iterable[Policy]) -> Policy:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}
