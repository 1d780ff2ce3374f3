"""Every failure that amitui explains to its user.

AmituiError
├── UsageError          the words of the command or of a setting are wrong         exit 2
│   ├── QuerySyntaxError (domain/query/parser.py)
│   └── ReadOnlyError       it would change something, and amitui is read-only
├── AwsError            EC2, STS or the way to them                                exit 3
│   ├── CredentialsError    none, expired, half-set, unknown profile
│   ├── RegionError         none given, malformed, not enabled
│   ├── NetworkError        no route, no answer in time
│   ├── ThrottledError      asked too often; goes away by itself
│   ├── DeniedError         IAM says no
│   └── RejectedError       EC2 refused the request for another reason
├── CacheError          the local copy cannot be read or written                   exit 4
├── OutputError         the results cannot be written                              exit 4
└── DefectError         amitui itself is wrong (defects.py makes it of any other exception)  exit 70

Each says what happened, why, and the exact command or key that helps. Nothing here ever holds a secret.
"""

from __future__ import annotations


class AmituiError(Exception):
    """A failure with words for its user.

    Args:
        what: what happened, one line without a final full stop.
        why: the cause as far as it is known; may be empty.
        remedy: the exact command, setting or key that helps; may be empty.
    """

    exit_code = 4
    """4 unless a kind has its own; never 1, which means that nothing was found."""
    retryable = False
    """Whether asking again later, with nothing changed, can succeed."""
    leaves_thread = False
    """Whether a thread works on that cannot be stopped: a command ends its process without waiting for it."""

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy

    def lines(self) -> list[str]:
        """What, why and remedy, one line each, empty ones left out."""
        return [line for line in (self.what, self.why, self.remedy) if line]


class UsageError(AmituiError):
    """The words of the command, a setting or a file of input are wrong."""

    exit_code = 2
    excerpt: tuple[str, ...] = ()
    """Those of `lines` that show the place in what was typed: one below the other, never wrapped."""


class ReadOnlyError(UsageError):
    """It would change something in AWS, which this start was told not to do. Nothing was sent."""


class AwsError(AmituiError):
    """EC2, STS or the way to them failed.

    Attributes:
        code: the AWS error code (`UnauthorizedOperation`) or the botocore exception's name.
    """

    exit_code = 3
    refusal = False
    """Whether it proves that the request was not carried out: EC2 documents the answer as a refusal, or nothing
    was sent. After any other failure of a call that changes something, the change may have been made."""

    def __init__(self, what: str, *, why: str = "", remedy: str = "", code: str = "") -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.code = code


class CredentialsError(AwsError):
    """No credentials, expired ones, or a profile that does not exist."""

    refusal = True


class RegionError(AwsError):
    """No region, a malformed one, or one that the account has not enabled."""

    refusal = True


class NetworkError(AwsError):
    """The service was not reached, or did not answer in time."""

    retryable = True


class ThrottledError(AwsError):
    """EC2 said that it was asked too often (`RequestLimitExceeded`)."""

    retryable = True
    refusal = True


class DeniedError(AwsError):
    """IAM does not allow the call (`UnauthorizedOperation`)."""

    refusal = True


class RejectedError(AwsError):
    """EC2 refused the request for a reason of its own."""

    refusal = True


class CacheError(AmituiError):
    """The local copy cannot be read or written."""

    exit_code = 4


class OutputError(AmituiError):
    """The results cannot be written to stdout."""


class DefectError(AmituiError):
    """A mistake of amitui's own: an exception that nobody foresaw, by its kind and place only."""

    exit_code = 70
    """sysexits' EX_SOFTWARE."""
