"""The words for what fails before EC2 answers: credentials, region, network; by class of exception.

Placeholders: `{action}` what was being done ("list the images"), `{place}` " in eu-west-1" or nothing,
`{who}` who acts in words, `{option}` " --profile x" or nothing, `{detail}` what the error itself says,
`{renew}` what gives new credentials, `{start}` the command that starts amitui under a profile's name with the
environment's keys,
`{permission}` the IAM action that the failed call needs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.errors import (
    AwsError,
    CredentialsError,
    NetworkError,
    RegionError,
    RejectedError,
)


class Fault(NamedTuple):
    """One failure: its class and its three lines, with placeholders."""

    kind: type[AwsError]
    what: str
    why: str = "{detail}"
    remedy: str = ""


LOGIN: Final = "aws sso login{option}"
RENEW: Final = LOGIN + ", or whatever gave them"
RENEW_VARIABLES: Final = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN, or set them anew"
"""For keys of the environment, which no login replaces."""
WHO_AM_I: Final = "aws sts get-caller-identity{option} shows whether the credentials work"
LATER: Final = "nothing to do but ask again a little later"
NETWORK: Final = (
    "check the network, a proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL; cached images can be used meanwhile"
)
EXPORT: Final = (
    'eval "$(aws configure export-credentials{option} --format env)" asks for one; '
    "then, without --profile: {start}"
)

BY_EXCEPTION: Final[dict[str, Fault]] = {
    "NoCredentialsError": Fault(
        CredentialsError,
        "no AWS credentials were found",
        "neither the environment, the AWS config of {who}, nor a role of this machine gives any",
        "aws configure sso, or aws configure; --profile NAME names another; --demo needs none",
    ),
    "PartialCredentialsError": Fault(
        CredentialsError,
        "only half of the AWS credentials are set",
        "{detail}",
        "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither; for a profile: aws configure{option}",
    ),
    "ProfileNotFound": Fault(
        CredentialsError,
        "there is no such profile",
        "{detail}",
        "aws configure list-profiles shows those there are",
    ),
    "InvalidConfigError": Fault(
        CredentialsError, "the AWS config of {who} is wrong", "{detail}", "correct that profile in ~/.aws/config"
    ),
    "ConfigParseError": Fault(
        CredentialsError,
        "the AWS config cannot be read",
        "{detail}",
        "correct that file; AWS_CONFIG_FILE names another",
    ),
    "UnknownCredentialError": Fault(
        CredentialsError,
        "the AWS config of {who} is wrong",
        "{detail}",
        "correct credential_source in ~/.aws/config",
    ),
    "SSOTokenLoadError": Fault(
        CredentialsError, "nobody is logged in to SSO for {who}", "there is no SSO token on this machine", LOGIN
    ),
    "UnauthorizedSSOTokenError": Fault(
        CredentialsError, "the SSO session of {who} has expired", "it cannot be renewed without a login", LOGIN
    ),
    "TokenRetrievalError": Fault(
        CredentialsError, "the SSO session of {who} has expired", "it could not be renewed: {detail}", LOGIN
    ),
    "SSOError": Fault(CredentialsError, "SSO gave no credentials for {who}", "{detail}", LOGIN),
    "LoginRefreshRequired": Fault(
        CredentialsError, "the login session of {who} has expired", "it cannot be renewed", "aws login{option}"
    ),
    "LoginTokenLoadError": Fault(
        CredentialsError, "nobody is logged in for {who}", "{detail}", "aws login{option}"
    ),
    "LoginError": Fault(
        CredentialsError, "the login session of {who} gave no credentials", "{detail}", "aws login{option}"
    ),
    "CredentialRetrievalError": Fault(
        CredentialsError, "the credentials of {who} could not be got", "{detail}", WHO_AM_I
    ),
    "RefreshWithMFAUnsupportedError": Fault(
        CredentialsError,
        "the MFA session of {who} has ended",
        "its role asks for a new code, which amitui never asks for",
        EXPORT,
    ),
    "MetadataRetrievalError": Fault(
        CredentialsError, "the role of this machine gave no credentials", "{detail}", WHO_AM_I
    ),
    "MissingDependencyException": Fault(
        CredentialsError, "this kind of login needs a library more", "{detail}", "pip install 'botocore[crt]'"
    ),
    "JSONDecodeError": Fault(
        CredentialsError,
        "the credentials of {who} could not be read",
        "the program that should print them as JSON (credential_process) printed something else",
        WHO_AM_I,
    ),
    "FileNotFoundError": Fault(
        CredentialsError,
        "the credentials of {who} could not be got",
        "a program or file that the AWS config names does not exist: {detail}",
        "correct credential_process or web_identity_token_file in ~/.aws/config",
    ),
    "PermissionError": Fault(
        CredentialsError,
        "the credentials of {who} could not be got",
        "a program or file that the AWS config names may not be used: {detail}",
        "correct its permissions, or credential_process in ~/.aws/config",
    ),
    "NoRegionError": Fault(
        RegionError,
        "no region is given",
        "neither the environment nor {who} names one",
        "--region us-east-1, or AWS_DEFAULT_REGION, or aws configure set region us-east-1{option}",
    ),
    "InvalidRegionError": Fault(
        RegionError, "the region's name is malformed", "{detail}", "a region is written like eu-west-1"
    ),
    "UnknownEndpointError": Fault(RegionError, "EC2 is not known{place}", "{detail}", "check the region's name"),
    "EndpointProviderError": Fault(
        RegionError,
        "EC2 has no such endpoint{place}",
        "{detail}",
        "check the region, and AWS_USE_FIPS_ENDPOINT and the like",
    ),
    "EndpointVariantError": Fault(
        RegionError,
        "EC2 has no such endpoint{place}",
        "{detail}",
        "check AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT",
    ),
    "EndpointConnectionError": Fault(
        NetworkError,
        "EC2 was not reached{place}",
        "no network, no DNS answer, a refused connection, or there is no such region: {detail}",
        NETWORK,
    ),
    "ConnectTimeoutError": Fault(
        NetworkError, "EC2 was not reached in time{place}", "the connection was not answered: {detail}", NETWORK
    ),
    "ReadTimeoutError": Fault(
        NetworkError, "EC2 did not answer in time{place}", "it was reached, but no answer came: {detail}", LATER
    ),
    "ConnectionClosedError": Fault(NetworkError, "the connection to EC2 broke off{place}", "{detail}", LATER),
    "SSLError": Fault(
        NetworkError,
        "the connection to EC2 is not to be trusted{place}",
        "{detail}",
        "behind a proxy that opens TLS, AWS_CA_BUNDLE (not SSL_CERT_FILE) names its certificate; check the clock",
    ),
    "ProxyConnectionError": Fault(
        NetworkError, "the proxy was not reached", "{detail}", "check HTTPS_PROXY and NO_PROXY"
    ),
    "InvalidProxiesConfigError": Fault(
        NetworkError, "the proxy's settings are wrong", "{detail}", "check HTTPS_PROXY"
    ),
    "HTTPClientError": Fault(NetworkError, "the request to EC2 failed{place}", "{detail}", NETWORK),
    "TimeoutError": Fault(NetworkError, "EC2 did not answer in time{place}", "{detail}", LATER),
    "gaierror": Fault(NetworkError, "EC2 was not reached{place}", "its name has no address: {detail}", NETWORK),
    "ConnectionError": Fault(NetworkError, "the connection to EC2 failed{place}", "{detail}", NETWORK),
    "ResponseParserError": Fault(
        NetworkError,
        "what answered is not EC2{place}",
        "{detail}",
        "a proxy or login page may be in between; check AWS_ENDPOINT_URL",
    ),
    "ParamValidationError": Fault(RejectedError, "the request to {action} is not well-formed"),
}
"""By the name of the exception's class, or of the nearest class it derives from."""

UNKNOWN: Final = Fault(AwsError, "could not {action}{place}")

MFA_NEEDED: Final = Fault(
    CredentialsError,
    "the role of {who} asks for an MFA code",
    "amitui draws on this terminal and does not ask for codes",
    EXPORT,
)
