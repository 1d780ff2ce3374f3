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
    "EC2 was asked too often{place}",
    "the limit holds for everything that uses this account there: {detail}",
    "goes away by itself within seconds",
)
BROKEN: Final = Fault(NetworkError, "EC2 had a failure of its own{place}", "{detail}", LATER)
_EXPIRED = Fault(
    CredentialsError,
    "the temporary credentials of {who} have expired",
    "{detail}",
    "renew them: {renew}",
)
_UNKNOWN_KEY = Fault(
    CredentialsError,
    "AWS does not know the access key of {who}",
    "it was deleted or mistyped: {detail}",
    WHO_AM_I,
)
_BAD_SIGNATURE = Fault(
    CredentialsError,
    "AWS does not accept the signature of {who}",
    "the secret key is wrong, or this machine's clock: {detail}",
    WHO_AM_I + "; check the clock",
)
_DENIED = Fault(
    DeniedError,
    "not allowed to {action}{place}",
    "{detail}",
    "ask for {permission} in IAM, or use another profile",
)
_STALE_PAGE = Fault(
    RejectedError, "EC2 no longer knows where the list was left off{place}", "{detail}", "start the list again"
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
        ),
        _BAD_SIGNATURE,
    ),
    **dict.fromkeys(
        ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess"), _DENIED
    ),
    **dict.fromkeys(("InvalidNextToken", "InvalidPaginationToken"), _STALE_PAGE),
    "RequestExpired": Fault(
        CredentialsError,
        "EC2 says that the request has expired{place}",
        "the temporary credentials of {who} have expired, or this machine's clock is more than 15 minutes off",
        "check the clock (date -u); renew the credentials: {renew}",
    ),
    "AuthFailure": Fault(
        CredentialsError,
        "EC2 does not accept the credentials of {who}{place}",
        "they are wrong, or the region is not enabled for the account: {detail}",
        WHO_AM_I + "; aws account enable-region{option} enables a region",
    ),
    "ForbiddenException": Fault(
        DeniedError,
        "SSO does not give {who} its role",
        "{detail}",
        "ask for the account and role in IAM Identity Center",
    ),
    "OptInRequired": Fault(
        RegionError,
        "the account has not signed up for this{place}",
        "the region or the service is not enabled for the account: {detail}",
        "enable it in the AWS console, or choose another region",
    ),
    "Blocked": Fault(
        DeniedError, "the account is blocked", "{detail}", "https://console.aws.amazon.com/support shows why"
    ),
    "PendingVerification": Fault(
        DeniedError,
        "AWS is still verifying the account{place}",
        "{detail}",
        "it takes up to some hours; AWS writes an e-mail",
    ),
    "InvalidAMIID.Malformed": Fault(
        RejectedError,
        "that is not the id of an image",
        "{detail}",
        "an id is written ami- and 8 or 17 hexadecimal digits",
    ),
    "InvalidAMIID.NotFound": Fault(
        RejectedError,
        "there is no such image{place}",
        "it is in another region, gone, private, or kept out by the account's Allowed AMIs setting: {detail}",
        "check the region; F5 refreshes the list",
    ),
    "InvalidAMIID.Unavailable": Fault(
        RejectedError,
        "the image cannot be used{place}",
        "it was deregistered or is not available: {detail}",
        "F5 refreshes the list",
    ),
    "OperationNotPermitted": Fault(RejectedError, "EC2 does not permit to {action}{place}"),
    "InvalidUserID.Malformed": Fault(
        RejectedError,
        "that is not the id of an account",
        "{detail}",
        "an account id has 12 digits; or self, amazon, aws-marketplace",
    ),
    "InvalidManifest": Fault(RejectedError, "the image's manifest in S3 cannot be used"),
    "InvalidSnapshot.NotFound": Fault(RejectedError, "there is no such snapshot{place}"),
    "InvalidSnapshot.InUse": Fault(
        RejectedError, "the snapshot is in use{place}", "{detail}", "deregister the image that uses it first"
    ),
    "IncorrectState": Fault(
        RejectedError, "not possible in the state it is in", "{detail}", "F5 refreshes the list; then try again"
    ),
    "InsufficientCapacity": Fault(RejectedError, "AWS has no room for it now{place}", "{detail}", _CAPACITY),
    "IncorrectInstanceState": Fault(RejectedError, "not possible in the instance's state"),
    "IdempotentParameterMismatch": Fault(
        RejectedError, "the same request was sent before with other values", "{detail}", "send it as a new one"
    ),
    "TagPolicyViolation": Fault(
        RejectedError,
        "the organization's tag policy forbids these tags",
        "{detail}",
        "correct the tags' keys and values",
    ),
    "ConcurrentTagAccess": Fault(RejectedError, "someone else changes the same tags", "{detail}", LATER),
    "InvalidAMIName.Duplicate": Fault(
        RejectedError,
        "another image of yours has that name{place}",
        "{detail}",
        "choose another name; that of a deregistered image stays taken for a while",
    ),
    "InvalidAMIName.Malformed": Fault(
        RejectedError,
        "that name is not allowed",
        "{detail}",
        "3 to 128 letters, digits, spaces and ( ) [ ] . / - ' @ _",
    ),
    "InvalidAMIAttributeItemValue": Fault(RejectedError, "that account, group or organization cannot be used"),
    "ResourceLimitExceeded": Fault(RejectedError, "a limit of the account is reached{place}"),
    "FilterLimitExceeded": Fault(RejectedError, "too many filters or values at once"),
    "InvalidFilter": Fault(RejectedError, "EC2 does not know that filter"),
    "EncryptedVolumesNotSupported": Fault(
        RejectedError, "this instance type takes no encrypted volumes", "{detail}", "choose another type"
    ),
    "ConcurrentCreateImageNoRebootLimitExceeded": Fault(
        RejectedError, "too many images are made without reboot at once", "{detail}", LATER
    ),
    "SnapshotCreationPerVolumeRateExceeded": Fault(
        RejectedError, "a volume takes one snapshot in 15 seconds", "{detail}", "try again in 15 seconds"
    ),
    "InsufficientInstanceCapacity": Fault(
        RejectedError, "AWS has no room for it now{place}", "{detail}", _CAPACITY
    ),
    "InstanceLimitExceeded": Fault(
        RejectedError,
        "the account may not run more instances{place}",
        "{detail}",
        "ask for more in Service Quotas",
    ),
    "VcpuLimitExceeded": Fault(
        RejectedError, "the account may not use more vCPUs{place}", "{detail}", "ask for more in Service Quotas"
    ),
    "MaxSpotInstanceCountExceeded": Fault(
        RejectedError,
        "the account may not run more Spot instances{place}",
        "{detail}",
        "ask for more in Service Quotas",
    ),
    "Unsupported": Fault(RejectedError, "EC2 cannot do that there{place}", "{detail}", _CAPACITY),
}
"""By the error code in EC2's, STS's or SSO's answer."""

NOT_SUBSCRIBED: Final = Fault(
    RejectedError,
    "the account has not subscribed to this Marketplace image",
    "{detail}",
    "accept its terms on the page that the message names",
)

FOREIGN_IMAGE: Final = Fault(
    DeniedError,
    "not allowed to {action}{place}",
    "the image belongs to somebody else: {detail}",
    "use an image of your own",
)

REFUSED: Final = Fault(RejectedError, "EC2 refused to {action}{place}")
"""Codes without words of their own, documented or not: EC2's message says it."""
