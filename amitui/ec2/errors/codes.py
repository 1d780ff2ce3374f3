"""The words for what EC2, STS and SSO answer when they refuse, by error code (placeholders: fault_words.py).

Source: the EC2 API reference's errors-overview page, and what the codes were seen to mean.
"""

from __future__ import annotations

from typing import Final

from amitui.ec2.errors.connection import LATER, WHO_AM_I, Fault
from amitui.errors import (
    CredentialsError,
    DeniedError,
    NetworkError,
    RegionError,
    RejectedError,
    ThrottledError,
)

_THROTTLED = Fault(
    ThrottledError,
    "EC2 throttled the requests{place}",
    "the limit applies to everything that uses this account there: {detail}",
    "the limit lifts by itself within seconds",
)
BROKEN: Final = Fault(NetworkError, "EC2 had an internal error{place}", "{detail}", LATER)
_EXPIRED = Fault(
    CredentialsError,
    "the temporary credentials of {who} have expired",
    "{detail}",
    "renew them: {renew}",
)
_UNKNOWN_KEY = Fault(
    CredentialsError,
    "AWS does not recognise the access key of {who}",
    "the key was deleted or mistyped: {detail}",
    WHO_AM_I,
)
_BAD_SIGNATURE = Fault(
    CredentialsError,
    "AWS rejected the signature of {who}",
    "the secret key or this machine's clock is wrong: {detail}",
    WHO_AM_I + "; check the clock",
)
_DENIED = Fault(
    DeniedError,
    "not allowed to {action}{place}",
    "{detail}",
    "ask for {permission} in IAM, or use another profile",
)
_STALE_PAGE = Fault(
    RejectedError, "the list's page token has expired{place}", "{detail}", "list again from the start"
)
_CAPACITY = "try fewer, another type, or another Availability Zone"

BY_CODE: Final[dict[str, Fault]] = {
    **dict.fromkeys(
        (
            "RequestLimitExceeded",
            "EC2ThrottledException",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "SlowDown",
            "BandwidthLimitExceeded",
        ),
        _THROTTLED,
    ),
    **dict.fromkeys(
        (
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "ServerInternal",
            "ServiceUnavailable",
            "Unavailable",
            "RequestTimeout",
            "500",
            "502",
            "503",
            "504",
        ),
        BROKEN,
    ),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(("InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"), _UNKNOWN_KEY),
    **dict.fromkeys(
        (
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "RequestTimeTooSkewed",
        ),
        _BAD_SIGNATURE,
    ),
    **dict.fromkeys(
        ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess"), _DENIED
    ),
    **dict.fromkeys(("InvalidNextToken", "InvalidPaginationToken"), _STALE_PAGE),
    "RequestExpired": Fault(
        CredentialsError,
        "EC2 says the request has expired{place}",
        "the temporary credentials of {who} have expired, or this machine's clock is more than 15 minutes off",
        "check the clock (date -u); renew the credentials: {renew}",
    ),
    "AuthFailure": Fault(
        CredentialsError,
        "EC2 rejected the credentials of {who}{place}",
        "the credentials are wrong, or the Region is not enabled for the account: {detail}",
        WHO_AM_I + "; {setup}aws account enable-region{acting} enables a Region",
    ),
    "ForbiddenException": Fault(
        DeniedError,
        "SSO did not grant {who} its role",
        "{detail}",
        "ask an administrator to assign the account and role in IAM Identity Center",
    ),
    "OptInRequired": Fault(
        RegionError,
        "the account is not subscribed to this service{place}",
        "the Region or the service is not enabled for the account: {detail}",
        "enable it in the AWS console, or choose another Region",
    ),
    "Blocked": Fault(
        DeniedError, "the account is blocked", "{detail}", "https://console.aws.amazon.com/support shows why"
    ),
    "PendingVerification": Fault(
        DeniedError,
        "AWS is still verifying the account{place}",
        "{detail}",
        "this can take a few hours; AWS sends an email when it is done",
    ),
    "InstanceRefreshInProgress": Fault(
        RejectedError,
        "another instance refresh of the Auto Scaling group is in progress{place}",
        "a group has one at a time: {detail}",
        "wait for its end, or cancel it: aws autoscaling cancel-instance-refresh",
    ),
    "IrreversibleInstanceRefresh": Fault(
        RejectedError,
        "Auto Scaling cannot roll this instance refresh back{place}",
        "it can only where the refresh has a desired configuration with a numbered version: {detail}",
        "cancel it, and begin one with the version that was there before",
    ),
    "InvalidAMIID.Malformed": Fault(
        RejectedError,
        "that is not an image ID",
        "{detail}",
        "an image ID is ami- followed by 8 or 17 hexadecimal digits",
    ),
    "InvalidAMIID.NotFound": Fault(
        RejectedError,
        "the image was not found{place}",
        "it is in another Region, deregistered, private, or blocked by the account's Allowed AMIs setting: "
        "{detail}",
        "check the Region; F5 refreshes the list",
    ),
    "InvalidAMIID.Unavailable": Fault(
        RejectedError,
        "the image cannot be used{place}",
        "it was deregistered or is not available: {detail}",
        "F5 refreshes the list",
    ),
    "OperationNotPermitted": Fault(RejectedError, "EC2 does not permit this: {action}{place}"),
    "InvalidUserID.Malformed": Fault(
        RejectedError,
        "that is not an account ID",
        "{detail}",
        "an account ID has 12 digits; or use self, amazon, aws-marketplace",
    ),
    "InvalidManifest": Fault(RejectedError, "the image's manifest in S3 cannot be used"),
    "InvalidSnapshot.NotFound": Fault(RejectedError, "the snapshot was not found{place}"),
    "InvalidSnapshot.InUse": Fault(
        RejectedError, "the snapshot is in use{place}", "{detail}", "deregister the image that uses it first"
    ),
    "IncorrectState": Fault(
        RejectedError, "not possible in its current state", "{detail}", "F5 refreshes the list; then try again"
    ),
    "InsufficientCapacity": Fault(RejectedError, "AWS has no capacity for it now{place}", "{detail}", _CAPACITY),
    "IncorrectInstanceState": Fault(RejectedError, "not possible in the instance's current state"),
    "IdempotentParameterMismatch": Fault(
        RejectedError,
        "the same request was sent before with other values",
        "{detail}",
        "send it again as a new request",
    ),
    "TagPolicyViolation": Fault(
        RejectedError,
        "the organization's tag policy forbids these tags",
        "{detail}",
        "correct the tags' keys and values",
    ),
    "ConcurrentTagAccess": Fault(RejectedError, "someone else is changing the same tags", "{detail}", LATER),
    "InvalidAMIName.Duplicate": Fault(
        RejectedError,
        "you already have an image with that name{place}",
        "{detail}",
        "choose another name; the name of a deregistered image stays reserved for a while",
    ),
    "InvalidAMIName.Malformed": Fault(
        RejectedError,
        "that name is not allowed",
        "{detail}",
        "3 to 128 letters, digits, spaces and ( ) [ ] . / - ' @ _",
    ),
    "InvalidAMIAttributeItemValue": Fault(RejectedError, "that account, group or organization is not valid"),
    "ResourceLimitExceeded": Fault(RejectedError, "a limit of the account is reached{place}"),
    "FilterLimitExceeded": Fault(RejectedError, "too many filters or values at once"),
    "InvalidFilter": Fault(RejectedError, "EC2 does not support that filter"),
    "EncryptedVolumesNotSupported": Fault(
        RejectedError, "this instance type does not support encrypted volumes", "{detail}", "choose another type"
    ),
    "ConcurrentCreateImageNoRebootLimitExceeded": Fault(
        RejectedError, "too many no-reboot images are being created at once", "{detail}", LATER
    ),
    "SnapshotCreationPerVolumeRateExceeded": Fault(
        RejectedError, "a volume allows one snapshot every 15 seconds", "{detail}", "try again in 15 seconds"
    ),
    "InsufficientInstanceCapacity": Fault(
        RejectedError, "AWS has no capacity for it now{place}", "{detail}", _CAPACITY
    ),
    "InstanceLimitExceeded": Fault(
        RejectedError,
        "the account's instance quota is reached{place}",
        "{detail}",
        "request an increase in Service Quotas",
    ),
    "VcpuLimitExceeded": Fault(
        RejectedError,
        "the account's vCPU quota is reached{place}",
        "{detail}",
        "request an increase in Service Quotas",
    ),
    "MaxSpotInstanceCountExceeded": Fault(
        RejectedError,
        "the account's Spot Instance quota is reached{place}",
        "{detail}",
        "request an increase in Service Quotas",
    ),
    "Unsupported": Fault(RejectedError, "EC2 does not support this there{place}", "{detail}", _CAPACITY),
}
"""By the error code in EC2's, STS's or SSO's answer."""

NOT_SUBSCRIBED: Final = Fault(
    RejectedError,
    "the account has not subscribed to this Marketplace image",
    "{detail}",
    "accept its terms on the page that the message gives",
)

FOREIGN_IMAGE: Final = Fault(
    DeniedError,
    "not allowed to {action}{place}",
    "another account owns the image: {detail}",
    "use an image that you own",
)

UNKNOWN_REGION: Final = Fault(
    RegionError,
    "EC2 does not know the Region{region}",
    "{detail}",
    "check the Region name: r on the screen, or aws ec2 describe-regions, lists them",
)

REFUSED: Final = Fault(RejectedError, "EC2 refused to {action}{place}")
"""Codes without words of their own, documented or not: EC2's message says it."""
