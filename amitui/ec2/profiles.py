"""The profiles of the AWS config as pickers and notes of amitui's own need them, made safe to show.

Who acts and where is resolved in `amitui/identity/`; nothing secret leaves it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from amitui.errors import CredentialsError
from amitui.identity.caller import files_for, find_caller
from amitui.identity.endpoints import canonical
from amitui.identity.files import DEFAULT, SECRETS, AwsFiles, Section, read_files

_KEY_IDS: Final = frozenset({"aws_access_key_id", "AWS_ACCESS_KEY_ID"})
_IDENTITY_ENVIRONMENT: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class ProfileInfo(NamedTuple):
    """One profile of the AWS config, as a picker shows it; all text is safe to show."""

    name: str
    region: str
    """Its region, empty when it names none."""
    sso: bool
    role_arn: str
    """The role it assumes, empty when none."""


def available_profiles() -> list[ProfileInfo]:
    """The profiles of both files, `default` first, then by name.

    Raises:
        CredentialsError: a file is there but cannot be read or understood.
    """
    files = read_files(os.environ)
    for path, reason in files.unreadable:
        raise CredentialsError(
            "cannot read the AWS config",
            why=f"{_safe(path)}: {reason}",
            remedy="correct the file's permissions, or set AWS_CONFIG_FILE to another file",
            code="ConfigNotFound",
        )
    found = [
        ProfileInfo(
            name=_safe(name),
            region=_shown(section, "region"),
            sso="sso_session" in section or "sso_start_url" in section,
            role_arn=_shown(section, "role_arn"),
        )
        for name, section in files.profiles.items()
    ]
    return sorted(found, key=lambda profile: (profile.name != DEFAULT, profile.name))


def configured_region(profile: str | None) -> str | None:
    """The region of the environment or of the profile, as botocore takes it; else that of `AWS_REGION`."""
    return find_caller(profile).region


def account_hint(profile: str | None) -> str | None:
    """The account that the profile's role, SSO account or the environment names; `None` when none does.

    A hint, not a proof: only STS knows.
    """
    return find_caller(profile).account


def identity_fingerprint(profile: str | None, endpoint_url: str | None) -> str:
    """Identifies whose credentials a profile uses, as far as files and environment show: 32 hex digits, no secret.

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
    files, caller = _leniently(profile), find_caller(profile, endpoint_url=endpoint_url)
    yield f"endpoint={_one_spelling(caller.endpoint_url)}"
    yield f"sts={_one_spelling(caller.sts_endpoint_url)}"
    yield f"explicit={bool(profile)}"
    for name in _IDENTITY_ENVIRONMENT:
        yield f"{name}={_public_value(name, os.environ.get(name, ''))}"
    current: object = caller.profile
    seen: set[str] = set()
    while isinstance(current, str) and current and current not in seen:
        seen.add(current)
        section = files.profiles.get(current, {})
        yield f"profile={current}"
        yield from _section_lines(section)
        session = section.get("sso_session", "")
        yield from _section_lines(files.sso_sessions.get(session, {}) if isinstance(session, str) else {})
        current = section.get("source_profile")


def _one_spelling(url: str | None) -> str:
    return canonical(url) if url else ""


def _section_lines(section: Section) -> Iterator[str]:
    for key in sorted(section):
        # The region changes what is read, not whose credentials read it; the endpoint has lines of its own.
        if key not in SECRETS and key not in ("region", "output", "endpoint_url", "services"):
            yield f"{key}={_public_value(key, str(section[key]))}"


def _public_value(key: str, value: str) -> str:
    if key not in _KEY_IDS or not value:
        return value
    import hashlib

    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


def _leniently(profile: str | None) -> AwsFiles:
    """The files, or nothing: a broken file is reported when it is read for a connection, not for a hint."""
    try:
        return files_for(profile, os.environ)
    except CredentialsError:
        return AwsFiles({}, {}, {}, {}, {})


def _shown(section: Section, key: str) -> str:
    value = section.get(key, "")
    return _safe(value) if isinstance(value, str) else ""


def _safe(text: str) -> str:
    from amitui.ec2.convert import sanitize  # not needed to find out who acts

    return sanitize(text)
