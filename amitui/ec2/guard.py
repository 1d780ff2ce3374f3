"""Read-only mode: what may be asked of AWS then. Everything that is not listed here is refused before it is sent.

A list of what is allowed, by name and not by prefix: a new operation of a service is refused until somebody has
read what it does. It is enforced where botocore makes the request (`session.py`), so no caller can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from amitui.errors import ReadOnlyError

READS: Final[Mapping[str, frozenset[str]]] = {
    "ec2": frozenset(
        {
            "DescribeAvailabilityZones",
            "DescribeImageAttribute",
            "DescribeImageReferences",
            "DescribeImages",
            "DescribeInstanceImageMetadata",
            "DescribeInstanceStatus",
            "DescribeInstanceTypeOfferings",
            "DescribeInstanceTypes",
            "DescribeInstances",
            "DescribeKeyPairs",
            "DescribeLaunchTemplateVersions",
            "DescribeLaunchTemplates",
            "DescribeRegions",
            "DescribeSecurityGroups",
            "DescribeSnapshotAttribute",
            "DescribeSnapshots",
            "DescribeStoreImageTasks",
            "DescribeSubnets",
            "DescribeTags",
            "DescribeVolumes",
            "DescribeVpcs",
            "GetAllowedImagesSettings",
            "GetConsoleOutput",
            "GetEbsDefaultKmsKeyId",
            "GetEbsEncryptionByDefault",
            "GetImageAncestry",
            "GetImageBlockPublicAccessState",
            "ListImagesInRecycleBin",
            "ListSnapshotsInRecycleBin",
        }
    ),
    "autoscaling": frozenset({"DescribeAutoScalingGroups", "DescribeLaunchConfigurations"}),
    "iam": frozenset({"ListInstanceProfiles"}),
    "kms": frozenset({"DescribeKey", "ListAliases", "ListKeys"}),
    "pricing": frozenset({"GetProducts"}),
    "service-quotas": frozenset({"GetAWSDefaultServiceQuota", "GetServiceQuota"}),
    "ssm": frozenset({"GetParameter", "GetParameters"}),
    # How credentials are had; these make no difference to anything that the account owns.
    "sts": frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"}),
    "sso": frozenset({"GetRoleCredentials"}),
    "sso-oidc": frozenset({"CreateToken"}),
    "signin": frozenset({"CreateOAuth2Token"}),
}
"""Operations by service, as botocore names both."""


def check_read(service: str, operation: str) -> None:
    """Let through what only reads.

    Args:
        service: botocore's name of it: `ec2`.
        operation: the API's name of it: `DescribeImages`.

    Raises:
        ReadOnlyError: it may change something.
    """
    if operation not in READS.get(service, frozenset()):
        raise ReadOnlyError(
            f"{operation} is refused: amitui is read-only here",
            why="--read-only, AMITUI_READ_ONLY, read_only in the config or this profile's entry there says so",
            remedy="start without it, or choose another profile, to change anything",
        )
