"""Accounts that are reached through a role, as names of profiles that stand in no file.

Such a name says all that is needed to act there again, in a later start or when the journal is taken up:
`arn:aws:iam::111122223333:role/Reader:source_profile=base` is that role, assumed with profile `base`; without the
last part, with what environment and default profile give. botocore and `find_source` are given the sections that
an AWS config would have for it, so that a role is assumed, and its token renewed, by botocore's own rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from amitui.errors import CredentialsError
from amitui.identity import source as sources
from amitui.identity.files import KEYS, AwsFiles, Section

_OF_ROLES: Final = ("role_arn", "source_profile", "credential_source", "web_identity_token_file")
"""Settings of a section that say which role is assumed, and with what."""
SESSION_NAME: Final = "amitui"
"""How CloudTrail names the sessions that are assumed."""
_SOURCE: Final = ":source_profile="
_ENVIRONMENT: Final = "amitui:web-identity"
"""Stands for the role of the environment's web identity; no file can have a section of that name and mean it."""
_CREDENTIAL_SOURCES: Final = {
    sources.ENVIRONMENT: "Environment",
    sources.CONTAINER: "EcsContainer",
    sources.MACHINE: "Ec2InstanceMetadata",
}
_OF_CREDENTIALS: Final = KEYS | {
    "role_arn", "source_profile", "credential_source", "web_identity_token_file", "role_session_name",
    "external_id", "mfa_serial", "duration_seconds", "credential_process", "login_session", "aws_account_id",
    "sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region", "sso_registration_scopes",
}  # fmt: skip
"""Settings of a section that say who it is; the others (Region, endpoints, retries) hold for its roles as well."""


class RoleProfile(NamedTuple):
    """A role, and the profile with which it is assumed."""

    arn: str
    account: str
    """12 digits."""
    role: str
    """Its name, without a path."""
    source: str = ""
    """A profile of the AWS config; empty: what environment and default profile give."""

    @property
    def name(self) -> str:
        """The name of the profile that it is."""
        return f"{self.arn}{_SOURCE}{self.source}" if self.source else self.arn

    @property
    def words(self) -> str:
        """Who that is, for sentences."""
        return f"role {self.role} of account {self.account}"


def role_profile(account: str, role: str, *, source: str = "", partition: str = "aws") -> RoleProfile:
    """The profile of a role.

    Args:
        account: 12 digits.
        role: its name, with its path where it has one: `ops/Reader`.

    Raises:
        ValueError: no role can have this name.
    """
    found = parse_role(f"arn:{partition}:iam::{account}:role/{role.lstrip('/')}{_SOURCE * bool(source)}{source}")
    if found is None:
        raise ValueError(role)
    return found


def parse_role(name: str) -> RoleProfile | None:
    """What the name of a role's profile says; `None`: it is another name."""
    if not name.startswith("arn:"):
        return None
    import re

    form = (
        r"(?P<arn>arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):role/(?:[!-9;-~]*/)?(?P<role>[\w+=,.@-]{1,64}))"
        rf"(?:{_SOURCE}(?P<source>.+))?"
    )
    match = re.fullmatch(form, name, re.ASCII)
    if match is None:
        return None
    return RoleProfile(match["arn"], match["account"], match["role"], match["source"] or "")


def is_role_name(text: str) -> bool:
    """Whether a role can be called so, with or without a path."""
    return parse_role(f"arn:aws:iam::000000000000:role/{text.lstrip('/')}") is not None


def role_sections(files: AwsFiles, environ: Mapping[str, str], profile: str) -> dict[str, Section]:
    """The sections that an AWS config would need for a role's profile; none for the name of another profile.

    Raises:
        CredentialsError: its source profile does not exist, or gives nothing that a role can be assumed with.
    """
    role = None if profile in files.profiles else parse_role(profile)
    if role is None:
        return {}
    base, sections = _base(files, environ, role)
    inherited = {key: value for key, value in base.items() if key not in _OF_CREDENTIALS}
    sections[profile] = {
        **inherited,
        **sections[profile],
        "role_arn": role.arn,
        "role_session_name": SESSION_NAME,
    }
    return sections


def with_role(files: AwsFiles, environ: Mapping[str, str], profile: str) -> AwsFiles:
    """The files as if they had a role's profile; as they are for the name of another profile.

    Raises:
        CredentialsError: as `role_sections`.
    """
    sections = role_sections(files, environ, profile)
    if not sections:
        return files
    return files._replace(profiles={**files.profiles, **sections}, config={**files.config, **sections})


def _base(files: AwsFiles, environ: Mapping[str, str], role: RoleProfile) -> tuple[Section, dict[str, Section]]:
    """The section whose other settings hold, and the sections that say what the role is assumed with."""
    from amitui.identity.caller import find_caller, no_profile

    if role.source:
        if role.source not in files.profiles:
            raise no_profile(role.source, f"the source of {role.words}")
        return files.profiles[role.source], {role.name: {"source_profile": role.source}}
    caller = find_caller(None, environ)
    if caller.problem is not None:
        raise caller.problem
    section, found = files.profiles.get(caller.profile, {}), caller.source
    if found.profile:
        return section, {role.name: {"source_profile": caller.profile}}
    if found.method == sources.WEB_IDENTITY:
        of_environment: Section = {
            "role_arn": found.role_arn,
            "web_identity_token_file": environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""),
            "role_session_name": environ.get("AWS_ROLE_SESSION_NAME") or SESSION_NAME,
        }
        return section, {role.name: {"source_profile": _ENVIRONMENT}, _ENVIRONMENT: of_environment}
    if found.method in _CREDENTIAL_SOURCES:
        return section, {role.name: {"credential_source": _CREDENTIAL_SOURCES[found.method]}}
    raise CredentialsError(
        f"{role.words} cannot be assumed",
        why=f"its source is {found.words}, which botocore assumes no role with",
        remedy="name a profile with --profile NAME",
        code="NoSource",
    )


class AwsProfile(NamedTuple):
    """A profile as `aws` commands name it."""

    name: str = ""
    """Empty: none is named."""
    setup: tuple[str, ...] = ()
    """Commands to run before, which add it to the AWS config: it is not there yet."""

    @property
    def option(self) -> str:
        """The option within a command: ` --profile x`, or nothing."""
        from amitui.domain.shell import quoted
        from amitui.domain.visible import show_invisible

        return f" --profile {quoted(show_invisible(self.name))}" if self.name else ""

    @property
    def before(self) -> str:
        """What stands in front of a command: `aws configure set … && `, or nothing."""
        return "".join(f"{line} && " for line in self.setup)


def aws_profile(profile: str, *, endpoint_url: str = "", environ: Mapping[str, str] | None = None) -> AwsProfile:
    """The profile that `aws` commands have to name to act as a profile of amitui.

    A role's profile is in no file: one of the AWS config is named that assumes the same role from the same source,
    else one that the commands of `setup` make.

    Args:
        profile: empty: none.
        endpoint_url: of a custom endpoint, which has to be asked for the role, too.
    """
    import os

    from amitui.identity.files import read_files

    environ = os.environ if environ is None else environ
    role = parse_role(profile)
    if role is None:
        return AwsProfile(profile)
    try:
        files = read_files(environ)
        sections = role_sections(files, environ, profile)
    except CredentialsError:  # amitui itself cannot act so, either; the commands say what is missing
        files, sections = (
            AwsFiles({}, {}, {}, {}, {}),
            {profile: {"role_arn": role.arn, "source_profile": role.source}},
        )
    wanted = sections.get(profile)
    if wanted is None:
        return AwsProfile(profile)  # a file has a profile of that very name
    for name, section in files.profiles.items():
        if all(section.get(key) == wanted.get(key) for key in _OF_ROLES):
            return AwsProfile(name)
    return _made(files, role, sections, endpoint_url)


def _made(files: AwsFiles, role: RoleProfile, sections: Mapping[str, Section], endpoint_url: str) -> AwsProfile:
    """A name that is free, and the commands that make a profile of that name."""
    import re
    from itertools import count

    from amitui.domain.shell import quoted
    from amitui.domain.visible import show_invisible

    stem = re.sub(r"[^\w-]", "-", f"amitui-{role.account}-{role.role}", flags=re.ASCII)
    free = next(one for n in count(1) if (one := stem if n == 1 else f"{stem}-{n}") not in files.profiles)
    names = {role.name: free, _ENVIRONMENT: f"{free}-source"}
    commands = []
    for section, values in sections.items():
        settings: dict[str, str] = {key: str(values[key]) for key in _OF_ROLES if key in values}
        if endpoint_url:
            settings["endpoint_url"] = endpoint_url
        for key, value in settings.items():
            value = names.get(value, value) if key == "source_profile" else value
            commands.append(f"aws configure set {key} {quoted(show_invisible(value))} --profile {names[section]}")
    return AwsProfile(free, tuple(commands))
