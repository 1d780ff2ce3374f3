"""What the AWS config and credentials files say of profiles, read without botocore: a start must not wait for it.

Secrets are never returned nor hashed; access key ids are hashed only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from amitui.ec2.convert import sanitize
from amitui.errors import CredentialsError

_DEFAULT: Final = "default"
_SECRETS: Final = frozenset({"aws_secret_access_key", "aws_session_token", "aws_security_token"})
_KEY_IDS: Final = frozenset({"aws_access_key_id", "AWS_ACCESS_KEY_ID"})
_IDENTITY_ENVIRONMENT: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_EC2",
    "AWS_ENDPOINT_URL_STS",
)
_ROLE_ACCOUNT: Final = r"arn:[^:]+:iam::([0-9]{12}):role/"
_ACCOUNT: Final = r"[0-9]{12}"


class ProfileInfo(NamedTuple):
    """One profile of the AWS config, as a picker shows it; all text is safe to show."""

    name: str
    region: str
    """Its region, empty when it names none."""
    sso: bool
    role_arn: str
    """The role it assumes, empty when none."""


Section = dict[str, str]


class _Files(NamedTuple):
    profiles: dict[str, Section]
    sso_sessions: dict[str, Section]


def profile_name(profile: str | None) -> str:
    """The profile that botocore would take: the given one, that of the environment, or `default`."""
    # botocore looks at AWS_DEFAULT_PROFILE first.
    return profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or _DEFAULT


def available_profiles() -> list[ProfileInfo]:
    """The profiles of both files, `default` first, then by name.

    Raises:
        CredentialsError: a file is there but cannot be read or understood.
    """
    found = [
        ProfileInfo(
            name=sanitize(name),
            region=sanitize(section.get("region", "")),
            sso="sso_session" in section or "sso_start_url" in section,
            role_arn=sanitize(section.get("role_arn", "")),
        )
        for name, section in _read().profiles.items()
    ]
    return sorted(found, key=lambda profile: (profile.name != _DEFAULT, profile.name))


def configured_region(profile: str | None) -> str | None:
    """The region of the environment (`AWS_REGION`, then `AWS_DEFAULT_REGION`) or of the profile."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return region or _leniently().profiles.get(profile_name(profile), {}).get("region") or None


def account_hint(profile: str | None) -> str | None:
    """The account that the profile's role, SSO account or the environment name; `None` when nothing tells.

    A hint, not a proof: only STS knows. Follows the order in which botocore tries credentials.
    """
    if not profile and os.environ.get("AWS_ACCESS_KEY_ID"):
        return _account(os.environ.get("AWS_ACCOUNT_ID", ""))
    section = _leniently().profiles.get(profile_name(profile), {})
    if "role_arn" in section:
        return _role_account(section["role_arn"])
    if "sso_account_id" in section:
        return _account(section["sso_account_id"])
    if "aws_access_key_id" in section:
        return _account(section.get("aws_account_id", ""))
    if not section and not profile and os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return _role_account(os.environ.get("AWS_ROLE_ARN", ""))
    return None


def identity_fingerprint(profile: str | None, endpoint_url: str | None) -> str:
    """Names whose eyes a profile lends, as far as files and environment tell: 32 hex digits, nothing secret.

    Remembers offline which account a profile was: equal fingerprints mean that nothing changed that could make it
    another.
    """
    import hashlib

    digest = hashlib.sha256()
    for line in _identity_lines(profile, endpoint_url):
        digest.update(line.encode("utf-8", "surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def _identity_lines(profile: str | None, endpoint_url: str | None) -> Iterator[str]:
    files = _leniently()
    yield f"endpoint={endpoint_url or ''}"
    yield f"explicit={bool(profile)}"
    for name in _IDENTITY_ENVIRONMENT:
        yield f"{name}={_public_value(name, os.environ.get(name, ''))}"
    current: str | None = profile_name(profile)
    seen: set[str] = set()
    while current and current not in seen:
        seen.add(current)
        section = files.profiles.get(current, {})
        yield f"profile={current}"
        yield from _section_lines(section)
        yield from _section_lines(files.sso_sessions.get(section.get("sso_session", ""), {}))
        current = section.get("source_profile")


def _section_lines(section: Section) -> Iterator[str]:
    for key in sorted(section):
        # The region changes what is looked at, not who looks.
        if key not in _SECRETS and key not in ("region", "output"):
            yield f"{key}={_public_value(key, section[key])}"


def _public_value(key: str, value: str) -> str:
    if key not in _KEY_IDS or not value:
        return value
    import hashlib

    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def _account(text: str) -> str | None:
    return text if re.fullmatch(_ACCOUNT, text) else None


def _role_account(role_arn: str) -> str | None:
    match = re.match(_ROLE_ACCOUNT, role_arn)
    return match.group(1) if match else None


def _leniently() -> _Files:
    """The files, or nothing: who only looks for a hint is not the one to report a broken file."""
    try:
        return _read()
    except CredentialsError:
        return _Files({}, {})


def _read() -> _Files:
    files = _Files({}, {})
    for title, section in _sections(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").items():
        kind, name = _title(title)
        if kind == "profile":
            files.profiles[name] = section
        elif kind == "sso-session":
            files.sso_sessions[name] = section
    for title, section in _sections(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").items():
        # The credentials file wins key by key.
        files.profiles.setdefault(title, {}).update(section)
    return files


def _title(title: str) -> tuple[str, str]:
    """What a section of the config file is: `[profile x]` and `[default]` are profiles, anything else says so."""
    if title == _DEFAULT:
        return "profile", _DEFAULT
    import shlex

    try:
        words = shlex.split(title)
    except ValueError:
        return "", title
    return (words[0], words[1]) if len(words) == 2 else ("", title)


def _sections(path: str) -> dict[str, Section]:
    path = os.path.expandvars(os.path.expanduser(path))
    if not os.path.exists(path):
        return {}
    import configparser

    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            parser.read_file(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CredentialsError(
            "the AWS config cannot be read",
            why=f"{sanitize(path)}: {error.strerror}",
            remedy="correct the file's permissions; AWS_CONFIG_FILE names another",
            code=type(error).__name__,
        ) from error
    except configparser.Error as error:
        raise CredentialsError(
            "the AWS config cannot be understood",
            why=_place(path, error),
            remedy="correct that file; AWS_CONFIG_FILE names another",
            code="ConfigParseError",
        ) from error
    return {title: dict(parser.items(title)) for title in parser.sections()}


def _place(path: str, error: Exception) -> str:
    # configparser's own words quote the line, which may hold a secret.
    line = getattr(error, "lineno", None)
    errors = getattr(error, "errors", None)
    if line is None and errors:
        line = errors[0][0]
    return f"{sanitize(path)}, line {line}" if line else sanitize(path)
