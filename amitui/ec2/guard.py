"""Read-only mode: which calls are allowed in it. Every call that is not listed here is refused before it is sent.

A list of what is allowed, by name and not by prefix: a new operation of a service is refused until somebody has
read what it does. It is enforced where botocore makes the request (`session.py`), so no caller can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from amitui.domain.operations.may_change import READ_ONLY
from amitui.errors import ReadOnlyError

READS: Final[Mapping[str, frozenset[str]]] = {
    "ec2": frozenset(
        {
            "DescribeAvailabilityZones",
            "DescribeImageAttribute",
            "DescribeImageReferences",
            "DescribeImageUsageReportEntries",
            "DescribeImageUsageReports",
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
            "GetImageFindings",
            "ListImagesInRecycleBin",
            "ListSnapshotsInRecycleBin",
        }
    ),
    "autoscaling": frozenset(
        {"DescribeAutoScalingGroups", "DescribeInstanceRefreshes", "DescribeLaunchConfigurations"}
    ),
    "iam": frozenset({"ListInstanceProfiles"}),
    "kms": frozenset({"DescribeKey", "ListAliases", "ListKeys"}),
    "organizations": frozenset({"ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent"}),
    "pricing": frozenset({"GetProducts"}),
    "s3": frozenset({"GetObject", "HeadBucket", "ListObjectsV2"}),
    "service-quotas": frozenset({"GetAWSDefaultServiceQuota", "GetServiceQuota"}),
    "ssm": frozenset({"DescribeParameters", "GetParameter", "GetParameterHistory", "GetParameters"}),
    # How credentials are had; these make no difference to anything that the account owns.
    "sts": frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"}),
    "sso": frozenset({"GetRoleCredentials"}),
    "sso-oidc": frozenset({"CreateToken", "RegisterClient", "StartDeviceAuthorization"}),
    "signin": frozenset({"CreateOAuth2Token"}),
}
"""Operations by service, as botocore names both."""


def is_read(service: str, operation: str) -> bool:
    """Whether an operation, by botocore's name of its service and the API's of itself, only reads."""
    return operation in READS.get(service, frozenset())


def check_account(operation: str, account: str | None, read_only: frozenset[str]) -> None:
    """Let through what may change something unless it would in one of the read-only accounts.

    Args:
        account: as STS has said; `None` while it has not.

    Raises:
        ReadOnlyError: it would, or nobody knows.
    """
    if account is None:
        raise ReadOnlyError(
            f"{operation} is refused: STS has not confirmed the account yet",
            why="the config marks accounts as read-only, and this account may be one of them",
            remedy="try again when STS is reachable",
        )
    if account in read_only:
        raise ReadOnlyError(
            f"{operation} is refused: account {account} is read-only here",
            why=f"the config sets read_only for account {account}, or for a profile of that account",
            remedy="to make changes, choose a profile of another account",
        )


def check_read(service: str, operation: str) -> None:
    """Let through what only reads.

    Args:
        service: botocore's name of it: `ec2`.
        operation: the API's name of it: `DescribeImages`.

    Raises:
        ReadOnlyError: it may change something.
    """
    if not is_read(service, operation):
        raise ReadOnlyError(
            f"{operation} is refused: {READ_ONLY}",
            why="set by --read-only, AMITUI_READ_ONLY, read_only in the config, or this profile's entry there",
            remedy="to make changes, start without it or choose another profile",
        )
