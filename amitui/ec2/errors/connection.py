"""The words for what fails before EC2 answers: credentials, region, network; by class of exception.

Placeholders: `{action}` what was being done ("list the images"), `{place}` " in eu-west-1" or nothing,
`{region}` " eu-west-1" or nothing,
`{who}` who acts in words, `{option}` " --profile x" or nothing: what has the credentials (of a role's profile its
source), `{acting}` the same of who acts, `{setup}` the commands before it, `{detail}` what the error itself says,
`{renew}` what gives new credentials, `{start}` the command that starts amitui under a profile's name with the
environment's keys,
`{role}` the role that is assumed, `{permission}` the IAM action that the failed call needs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.errors import (
    AwsError,
    CredentialsError,
    DeniedError,
    NetworkError,
    RegionError,
    RejectedError,
)
from amitui.identity.renewal import SSO_LOGIN


class Fault(NamedTuple):
    """One failure: its class and its three lines, with placeholders."""

    kind: type[AwsError]
    what: str
    why: str = "{detail}"
    remedy: str = ""


WHO_AM_I: Final = "aws sts get-caller-identity{option} shows whether the credentials work"
LATER: Final = "try again later"
NETWORK: Final = "check the network, the proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL; cached images stay usable"
EXPORT: Final = (
    'eval "$(aws configure export-credentials{option} --format env)" asks for one; '
    "then, without --profile: {start}"
)

NEW_CODE: Final = "F5 on the screen asks for a code, and so does starting again"

BY_EXCEPTION: Final[dict[str, Fault]] = {
    "NoCredentialsError": Fault(
        CredentialsError,
        "no AWS credentials were found",
        "the environment, the AWS config of {who} and this machine's role provide none",
        "run aws configure sso or aws configure; choose another profile with --profile NAME; --demo needs none",
    ),
    "PartialCredentialsError": Fault(
        CredentialsError,
        "the AWS credentials are incomplete",
        "{detail}",
        "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither; for a profile: aws configure{option}",
    ),
    "ProfileNotFound": Fault(
        CredentialsError,
        "the profile was not found",
        "{detail}",
        "aws configure list-profiles lists the profiles",
    ),
    "InvalidConfigError": Fault(
        CredentialsError, "the AWS config of {who} is wrong", "{detail}", "correct that profile in ~/.aws/config"
    ),
    "ConfigParseError": Fault(
        CredentialsError,
        "cannot read the AWS config",
        "{detail}",
        "correct that file, or set AWS_CONFIG_FILE to another",
    ),
    "UnknownCredentialError": Fault(
        CredentialsError,
        "the AWS config of {who} is wrong",
        "{detail}",
        "correct credential_source in ~/.aws/config",
    ),
    "SSOTokenLoadError": Fault(
        CredentialsError, "no SSO login for {who}", "this machine has no SSO token", SSO_LOGIN
    ),
    "UnauthorizedSSOTokenError": Fault(
        CredentialsError, "the SSO session of {who} has expired", "renewing it requires a login", SSO_LOGIN
    ),
    "TokenRetrievalError": Fault(
        CredentialsError, "the SSO session of {who} has expired", "renewing it failed: {detail}", SSO_LOGIN
    ),
    "SSOError": Fault(CredentialsError, "SSO returned no credentials for {who}", "{detail}", SSO_LOGIN),
    "LoginRefreshRequired": Fault(
        CredentialsError,
        "the login session of {who} has expired",
        "renewing it requires a login",
        "aws login{option}",
    ),
    "LoginTokenLoadError": Fault(CredentialsError, "no login session for {who}", "{detail}", "aws login{option}"),
    "LoginError": Fault(
        CredentialsError, "the login session of {who} returned no credentials", "{detail}", "aws login{option}"
    ),
    "CredentialRetrievalError": Fault(
        CredentialsError, "could not get the credentials of {who}", "{detail}", WHO_AM_I
    ),
    "RefreshWithMFAUnsupportedError": Fault(
        CredentialsError,
        "the MFA session of {who} has ended",
        "its role requires a new code",
        NEW_CODE,
    ),
    "MetadataRetrievalError": Fault(
        CredentialsError, "the role of this machine returned no credentials", "{detail}", WHO_AM_I
    ),
    "MissingDependencyException": Fault(
        CredentialsError,
        "this login method requires the AWS CRT library",
        "{detail}",
        "pip install 'botocore[crt]'",
    ),
    "JSONDecodeError": Fault(
        CredentialsError,
        "could not read the credentials of {who}",
        "credential_process did not print the expected JSON",
        WHO_AM_I,
    ),
    "FileNotFoundError": Fault(
        CredentialsError,
        "could not get the credentials of {who}",
        "a program or file named in the AWS config does not exist: {detail}",
        "correct credential_process or web_identity_token_file in ~/.aws/config",
    ),
    "PermissionError": Fault(
        CredentialsError,
        "could not get the credentials of {who}",
        "no permission to use a program or file named in the AWS config: {detail}",
        "correct its permissions, or credential_process in ~/.aws/config",
    ),
    "NoRegionError": Fault(
        RegionError,
        "no Region is set",
        "neither the environment nor {who} sets one",
        "use --region us-east-1, set AWS_DEFAULT_REGION, or run aws configure set region us-east-1{option}",
    ),
    "InvalidRegionError": Fault(
        RegionError, "the Region name is not valid", "{detail}", "write a Region as in eu-west-1"
    ),
    "UnknownEndpointError": Fault(
        RegionError, "EC2 has no known endpoint{place}", "{detail}", "check the Region name"
    ),
    "EndpointProviderError": Fault(
        RegionError,
        "EC2 has no such endpoint{place}",
        "{detail}",
        "check the Region, AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT",
    ),
    "EndpointVariantError": Fault(
        RegionError,
        "EC2 has no such endpoint{place}",
        "{detail}",
        "check AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT",
    ),
    "EndpointConnectionError": Fault(
        NetworkError,
        "could not reach EC2{place}",
        "no network, no DNS answer, a refused connection, or an unknown Region: {detail}",
        NETWORK,
    ),
    "ConnectionRefusedError": Fault(
        NetworkError, "could not reach EC2{place}", "nothing accepts connections there: {detail}", NETWORK
    ),
    "ConnectTimeoutError": Fault(
        NetworkError,
        "the connection to EC2 timed out{place}",
        "nothing accepted the connection: {detail}",
        NETWORK,
    ),
    "ReadTimeoutError": Fault(
        NetworkError, "EC2 did not respond in time{place}", "connected, but no response arrived: {detail}", LATER
    ),
    "ConnectionClosedError": Fault(NetworkError, "the connection to EC2 was lost{place}", "{detail}", LATER),
    "SSLError": Fault(
        NetworkError,
        "the connection to EC2 is not trusted{place}",
        "{detail}",
        "behind a proxy that inspects TLS, set AWS_CA_BUNDLE (not SSL_CERT_FILE) to its certificate; check the "
        "clock",
    ),
    "ProxyConnectionError": Fault(
        NetworkError, "could not reach the proxy", "{detail}", "check HTTPS_PROXY and NO_PROXY"
    ),
    "InvalidProxiesConfigError": Fault(
        NetworkError, "the proxy settings are not valid", "{detail}", "check HTTPS_PROXY"
    ),
    "HTTPClientError": Fault(NetworkError, "the request to EC2 failed{place}", "{detail}", NETWORK),
    "TimeoutError": Fault(NetworkError, "EC2 did not respond in time{place}", "{detail}", LATER),
    "gaierror": Fault(NetworkError, "could not reach EC2{place}", "its name does not resolve: {detail}", NETWORK),
    "ConnectionError": Fault(NetworkError, "the connection to EC2 failed{place}", "{detail}", NETWORK),
    "ResponseParserError": Fault(
        NetworkError,
        "the response did not come from EC2{place}",
        "{detail}",
        "a proxy or login page may have answered instead; check AWS_ENDPOINT_URL",
    ),
    "ParamValidationError": Fault(RejectedError, "the request is malformed: {action}"),
}
"""By the name of the exception's class, or of the nearest class it derives from."""

BROKEN_OFF: Final = Fault(
    NetworkError,
    "the answer from EC2 was cut off{place}",
    "its XML ends in the middle: something between here and EC2 ended the connection",
    LATER,
)
"""A `ResponseParserError` of an answer that began as one of EC2's."""

UNKNOWN: Final = Fault(AwsError, "could not {action}{place}")

ROLE_DENIED: Final = Fault(
    DeniedError,
    "{role} cannot be assumed",
    "{detail}",
    "the role has to exist and to trust who assumes it, and that one to be allowed sts:AssumeRole on it",
)
"""STS's refusal of AssumeRole, which does not say whether the role exists."""

MFA_NEEDED: Final = Fault(
    CredentialsError,
    "{role} requires an MFA code",
    "there is no terminal on which amitui could ask for it",
    EXPORT,
)
MFA_NOT_GIVEN: Final = Fault(CredentialsError, "{role} requires an MFA code", "none was given", NEW_CODE)
