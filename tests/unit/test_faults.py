"""Every way in which AWS can fail has its own words and the command that helps, and shows nothing it must not."""

from __future__ import annotations

import asyncio
import json
import socket
import unicodedata
from typing import Any

import aiohttp
import botocore.exceptions as boto
import pytest
from botocore.parsers import ResponseParserError

from amitui.ec2.errors.codes import BY_CODE
from amitui.ec2.errors.connection import BY_EXCEPTION
from amitui.ec2.errors.translate import explain, explained, is_stale_token, mfa_needed
from amitui.errors import (
    AmituiError,
    AwsError,
    CacheError,
    CredentialsError,
    DeniedError,
    NetworkError,
    RegionError,
    RejectedError,
    ThrottledError,
)

URL = "https://ec2.eu-west-1.amazonaws.com/"


def translated(error: BaseException, *, profile: str | None = "dev", region: str | None = "eu-west-1") -> AwsError:
    return explain(error, profile=profile, region=region, action="list the images")


def answered(code: str, message: str = "AWS says so", operation: str = "DescribeImages") -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, operation)


CREDENTIALS = [
    (boto.NoCredentialsError(), "no AWS credentials", "aws configure"),
    (
        boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        "incomplete",
        "AWS_SECRET_ACCESS_KEY",
    ),
    (boto.ProfileNotFound(profile="dev"), "profile was not found", "aws configure list-profiles"),
    (boto.InvalidConfigError(error_msg="no source_profile"), "config of profile dev is wrong", "~/.aws/config"),
    (boto.InfiniteLoopConfigError(source_profile="a", visited_profiles=["a"]), "is wrong", "~/.aws/config"),
    (boto.ConfigParseError(path="/x"), "cannot read", "AWS_CONFIG_FILE"),
    (boto.SSOTokenLoadError(error_msg="no token"), "no SSO login", "aws sso login --profile dev"),
    (boto.UnauthorizedSSOTokenError(), "SSO session of profile dev has expired", "aws sso login --profile dev"),
    (boto.TokenRetrievalError(provider="sso", error_msg="x"), "has expired", "aws sso login --profile dev"),
    (boto.LoginRefreshRequired(), "has expired", "aws login --profile dev"),
    (boto.LoginTokenLoadError(error_msg="x"), "no login session", "aws login --profile dev"),
    (boto.LoginInsufficientPermissions(), "returned no credentials", "aws login --profile dev"),
    (boto.CredentialRetrievalError(provider="p", error_msg="exit 1"), "could not get", "get-caller-identity"),
    (boto.RefreshWithMFAUnsupportedError(), "MFA session", "F5 on the screen asks"),
    (boto.MetadataRetrievalError(error_msg="x"), "role of this machine", "get-caller-identity"),
    (boto.MissingDependencyException(msg="crt"), "requires the AWS CRT library", "pip install"),
    (FileNotFoundError(2, "No such file or directory", "helper"), "could not get", "credential_process"),
    (PermissionError(13, "Permission denied", "helper"), "could not get", "credential_process"),
    (json.JSONDecodeError("x", "y", 0), "could not read", "get-caller-identity --profile dev"),
    (answered("RequestExpired"), "request has expired", "date -u"),
    (answered("ExpiredToken"), "temporary credentials of profile dev have expired", "aws sso login --profile dev"),
    (answered("ExpiredTokenException"), "have expired", "aws sso login"),
    (answered("InvalidClientTokenId"), "does not recognise the access key", "get-caller-identity"),
    (answered("SignatureDoesNotMatch"), "signature", "clock"),
    (
        answered("AuthFailure", "not able to validate the provided access credentials"),
        "credentials",
        "enable-region",
    ),
]

OTHERS = [
    (boto.NoRegionError(), RegionError, "no Region", "--region"),
    (boto.InvalidRegionError(region_name="x y"), RegionError, "not valid", "eu-west-1"),
    (answered("OptInRequired"), RegionError, "not subscribed", "enable"),
    (boto.EndpointConnectionError(endpoint_url=URL), NetworkError, "not reach EC2 in eu-west-1", "network"),
    (boto.ConnectTimeoutError(endpoint_url=URL), NetworkError, "timed out", "network"),
    (boto.ReadTimeoutError(endpoint_url=URL), NetworkError, "did not respond in time", "later"),
    (boto.ConnectionClosedError(endpoint_url=URL), NetworkError, "was lost", "later"),
    (boto.SSLError(endpoint_url=URL, error="self-signed"), NetworkError, "trusted", "AWS_CA_BUNDLE"),
    (boto.ProxyConnectionError(proxy_url="http://p"), NetworkError, "proxy", "HTTPS_PROXY"),
    (boto.HTTPClientError(error="x"), NetworkError, "failed", "network"),
    (ResponseParserError("unclosed token: line 1, column 0"), NetworkError, "from EC2 was cut off", "later"),
    (
        ResponseParserError("no element found b'<html><title>Wi-Fi</title>'"),
        NetworkError,
        "did not come from EC2",
        "login page",
    ),
    (ResponseParserError("html"), NetworkError, "the response did not come from EC2", "AWS_ENDPOINT_URL"),
    (aiohttp.ServerDisconnectedError(), NetworkError, "connection to EC2 failed", "network"),
    (aiohttp.ServerTimeoutError(), NetworkError, "connection to EC2 failed", "network"),
    (TimeoutError(), NetworkError, "did not respond in time", "later"),
    (ConnectionResetError(104, "reset"), NetworkError, "connection to EC2 failed", "network"),
    (socket.gaierror(-2, "Name or service not known"), NetworkError, "not reach EC2", "network"),
    (answered("InternalError"), NetworkError, "internal error", "later"),
    (answered("503"), NetworkError, "internal error", "later"),
    (answered("RequestLimitExceeded"), ThrottledError, "throttled", "by itself"),
    (answered("EC2ThrottledException"), ThrottledError, "throttled", "by itself"),
    (answered("UnauthorizedOperation"), DeniedError, "not allowed to list the images", "ec2:DescribeImages"),
    (answered("AccessDenied", operation="AssumeRole"), DeniedError, "role of profile dev", "sts:AssumeRole"),
    (answered("AuthFailure", "Not authorized for image:ami-1"), DeniedError, "not allowed", "that you own"),
    (answered("Blocked"), DeniedError, "blocked", "support"),
    (answered("PendingVerification"), DeniedError, "verifying", "email"),
    (answered("OptInRequired", "see aws.amazon.com/marketplace/pp?sku=x"), RejectedError, "subscribed", "terms"),
    (answered("InvalidAMIID.Malformed"), RejectedError, "not an image ID", "hexadecimal"),
    (answered("InvalidAMIID.NotFound"), RejectedError, "image was not found in eu-west-1", "Region"),
    (answered("InvalidAMIID.Unavailable"), RejectedError, "cannot be used", "F5"),
    (answered("OperationNotPermitted"), RejectedError, "does not permit this: list the images", ""),
    (answered("InvalidUserID.Malformed"), RejectedError, "not an account ID", "12 digits"),
    (answered("InvalidSnapshot.NotFound"), RejectedError, "snapshot was not found", ""),
    (answered("IncorrectState"), RejectedError, "state", "F5"),
    (answered("IdempotentParameterMismatch"), RejectedError, "sent before", "new request"),
    (answered("TagPolicyViolation"), RejectedError, "tag policy", "tags"),
    (answered("ConcurrentTagAccess"), RejectedError, "same tags", "later"),
    (answered("InvalidNextToken"), RejectedError, "page token has expired", "list again from the start"),
    (answered("NeverHeardOf"), RejectedError, "EC2 refused to list the images in eu-west-1", ""),
    (boto.ParamValidationError(report="Unknown parameter"), RejectedError, "malformed: list", ""),
]  # fmt: skip


def names_of(cases: list[Any]) -> list[str]:
    return [translated(case[0]).code for case in cases]


@pytest.mark.parametrize(("error", "words", "remedy"), CREDENTIALS, ids=names_of(CREDENTIALS))
def test_a_failure_of_credentials_has_its_words_and_its_command(
    error: BaseException, words: str, remedy: str
) -> None:
    found = translated(error)
    assert type(found) is CredentialsError
    assert words in found.what
    assert remedy in found.remedy


@pytest.mark.parametrize(("error", "kind", "words", "remedy"), OTHERS, ids=names_of(OTHERS))
def test_a_failure_of_ec2_or_the_network_has_its_words_and_its_command(
    error: BaseException, kind: type[AwsError], words: str, remedy: str
) -> None:
    found = translated(error)
    assert type(found) is kind
    assert words in found.what
    assert remedy in found.remedy


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_code_makes_whole_sentences(code: str) -> None:
    found = translated(answered(code))
    assert found.code == code
    assert not any(mark in line for line in found.lines() for mark in "{}")
    assert not found.what.endswith(".")
    assert all(found.lines())


@pytest.mark.parametrize("name", sorted(BY_EXCEPTION))
def test_every_exception_makes_whole_sentences(name: str) -> None:
    found = translated(type(name, (Exception,), {})("some detail"))
    assert found.code == name
    assert type(found) is BY_EXCEPTION[name].kind
    assert not any(mark in line for line in found.lines() for mark in "{}")


@pytest.mark.parametrize(
    "missing",
    [kind for kind in vars(boto).values() if isinstance(kind, type) and issubclass(kind, boto.BotoCoreError)],
)
def test_every_exception_of_botocore_can_be_explained(missing: type[Exception]) -> None:
    error = missing.__new__(missing)
    Exception.__init__(error, "detail")
    found = translated(error)
    assert isinstance(found, AwsError)
    assert found.what


def test_without_a_profile_the_commands_name_none() -> None:
    found = translated(boto.UnauthorizedSSOTokenError(), profile=None)
    assert found.remedy == "aws sso login"
    assert "the default profile" in found.what


def test_a_profiles_name_is_quoted_for_the_shell() -> None:
    assert translated(boto.UnauthorizedSSOTokenError(), profile="my team; rm").remedy == (
        "aws sso login --profile 'my team; rm'"
    )


def test_without_a_region_no_place_is_named() -> None:
    assert translated(boto.ReadTimeoutError(endpoint_url=URL), region=None).what == "EC2 did not respond in time"


def test_an_encoded_message_becomes_the_command_that_decodes_it() -> None:
    message = "You are not authorized to perform this operation. Encoded authorization failure message: aB-_9"
    found = translated(answered("UnauthorizedOperation", message))
    assert found.why == "You are not authorized to perform this operation"
    command = "aws sts decode-authorization-message --profile dev --encoded-message aB-_9"
    assert found.remedy.endswith(command)


def test_an_unknown_failure_keeps_its_own_words() -> None:
    found = translated(KeyError("sso_region"))
    assert type(found) is AwsError
    assert found.what == "could not list the images in eu-west-1"
    assert "sso_region" in found.why
    assert found.code == "KeyError"


def test_a_failure_without_words_is_named() -> None:
    assert translated(OverflowError()).why == "OverflowError"


def test_hostile_text_of_an_answer_is_made_safe() -> None:
    hostile = "\x1b]0;pwned\x07 \u202e{detail} {0.__class__}\n\n next " + "x" * 5000
    found = translated(answered("\x9bCode\u200b", hostile), profile="\x1bp", region="\x07r")
    for line in (*found.lines(), found.code):
        assert len(line) < 700
        assert not any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in line)
    assert "{detail} {0.__class__}" in found.why


@pytest.mark.parametrize(
    "response", [None, "text", {"Error": "text"}, {"Error": {"Code": 7, "Message": None}}, {}]
)
def test_an_error_with_an_odd_answer_is_explained_all_the_same(response: object) -> None:
    error = Exception("odd")
    error.response = response  # type: ignore[attr-defined]
    assert isinstance(translated(error), AwsError)


def test_a_password_in_an_address_is_not_shown() -> None:
    found = translated(boto.EndpointConnectionError(endpoint_url="http://me:secret@proxy.example:8080/"))
    assert not any("secret" in line for line in found.lines())
    assert "proxy.example" in found.why


def test_what_is_explained_already_stays_as_it_is() -> None:
    error = DeniedError("no", code="X")
    assert translated(error) is error


def test_within_explained_failures_leave_in_words_with_their_cause() -> None:
    cause = boto.NoCredentialsError()
    with pytest.raises(CredentialsError) as caught, explained(profile=None, region=None, action="x"):
        raise cause
    assert caught.value.__cause__ is cause


@pytest.mark.parametrize("error", [CacheError("full"), asyncio.CancelledError(), KeyboardInterrupt()])
def test_explained_lets_words_and_cancellation_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, explained(profile=None, region=None, action="x"):
        raise error
    assert caught.value is error


def test_throttling_and_the_network_are_worth_another_try_and_denial_is_not() -> None:
    assert translated(answered("RequestLimitExceeded")).retryable
    assert translated(boto.ReadTimeoutError(endpoint_url=URL)).retryable
    assert not translated(answered("UnauthorizedOperation")).retryable


def test_a_forgotten_token_is_recognised() -> None:
    assert is_stale_token(translated(answered("InvalidPaginationToken")))
    assert not is_stale_token(translated(answered("InvalidFilter")))


def test_instead_of_an_mfa_prompt_a_command_is_given() -> None:
    found = mfa_needed("dev")
    assert isinstance(found, CredentialsError)
    assert isinstance(found, AmituiError)
    assert "export-credentials --profile dev" in found.remedy


# Whether it proves that nothing was done


@pytest.mark.parametrize(
    ("status", "code", "refusal"),
    [
        (400, "InvalidParameterValue", True),
        (400, "InvalidAMIName.Duplicate", True),
        (403, "UnauthorizedOperation", True),
        (400, "OptInRequired", True),
        (400, "ExpiredToken", True),
        (503, "RequestLimitExceeded", True),
        (400, "Throttling", True),
        (400, "NeverHeardOf", False),
        (400, "InvalidNovelty.Malformed", False),
        (403, "Client.UnauthorizedOperation", False),
        (400, "RequestTimeout", False),
        (500, "InvalidParameterValue", False),
        (500, "UnauthorizedOperation", False),
        (500, "InsufficientInstanceCapacity", False),
        (500, "InternalError", False),
        (503, "Unavailable", False),
        (500, "ServerInternal", False),
        (500, "NeverHeardOf", False),
        (520, "520", False),
        (599, "599", False),
        (302, "Found", False),
    ],
)
def test_only_what_ec2_documents_as_a_refusal_is_one(status: int, code: str, refusal: bool) -> None:
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    found = translated(boto.ClientError(answer, "CreateImage"))
    assert found.refusal is refusal
    assert found.code == code
    assert found.retryable or status < 500 or code in BY_CODE, "a server's failure may be over later"


@pytest.mark.parametrize(
    "error", [ResponseParserError("html"), boto.ReadTimeoutError(endpoint_url=URL), KeyError("x"), OSError("y")]
)
def test_what_is_no_answer_is_no_refusal(error: Exception) -> None:
    assert not translated(error).refusal


def test_what_was_never_sent_was_refused() -> None:
    assert translated(boto.ParamValidationError(report="Unknown parameter")).refusal
    assert translated(boto.NoCredentialsError()).refusal


@pytest.mark.parametrize(
    ("error", "region", "meant"),
    [
        (answered("AuthFailure", "Credential should be scoped to a valid region."), "eu-wst-1", "eu-west-1"),
        (boto.EndpointConnectionError(endpoint_url=URL), "us-esat-1", "us-east-1"),
        (socket.gaierror(-2, "Name or service not known"), "eu-centrl-1", "eu-central-1"),
        (boto.EndpointConnectionError(endpoint_url=URL), "eu-west-1", ""),
        (boto.EndpointConnectionError(endpoint_url=URL), "xx-nowhere-9", ""),
        (boto.EndpointConnectionError(endpoint_url=URL), None, ""),
        (answered("OptInRequired"), "eu-west-9", ""),
        (answered("RequestLimitExceeded"), "eu-west-9", ""),
    ],
)
def test_a_region_under_which_nothing_is_found_is_taken_for_the_known_one_of_nearly_that_name(
    error: BaseException, region: str | None, meant: str
) -> None:
    remedy = translated(error, region=region).remedy
    assert remedy.startswith(f"did you mean {meant}? ") if meant else "did you mean" not in remedy


def test_a_region_that_ec2_does_not_know_is_named() -> None:
    refused = answered("AuthFailure", "Credential should be scoped to a valid region.")
    assert translated(refused, region="eu-wst-1").what == "EC2 does not know the Region eu-wst-1"
    assert translated(refused, region=None).what == "EC2 does not know the Region"
