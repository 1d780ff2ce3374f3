"""The caller: one answer to who acts, with which region and which endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.errors import CredentialsError
from amitui.identity import source as sources
from amitui.identity.characters import stray
from amitui.identity.endpoints import configured_endpoint
from amitui.identity.files import DEFAULT, AwsFiles, Section, name_in, read_files
from amitui.identity.source import Source, find_source

if TYPE_CHECKING:
    from amitui.identity.roles import RoleProfile

_PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In botocore's order. One that is set but empty counts: it names a profile that cannot exist."""
OPTION: Final = "--profile, AMITUI_PROFILE or the config of amitui"
"""Who names a profile that no variable of AWS names."""
_KEY_VARIABLES: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
)

_ROLE: Final = "arn:"
"""How the name of a role's profile begins."""


class Caller(NamedTuple):
    """Who acts and where, as far as environment and files show."""

    profile: str
    """The profile in effect, `default` when none was chosen. Its region, endpoint and safety marks hold."""
    chosen_by: str
    """`OPTION`, or the variable that names it; empty = nothing does."""
    name: str
    """The profile that commands and the journal have to name to act as this caller; empty = none: without a name
    the environment or the default profile gives the same."""
    region: str | None
    endpoint_url: str | None
    """The endpoint of EC2; `None` = AWS's own."""
    sts_endpoint_url: str | None
    source: Source
    problem: CredentialsError | None = None
    """Why botocore would make no client at all."""

    @property
    def account(self) -> str | None:
        """The account that the config names; a hint, only STS knows."""
        role = role_of(self.profile)
        account = self.source.account or (role.account if role is not None else "")
        return account if len(account) == 12 and account.isascii() and account.isdigit() else None

    @property
    def words(self) -> str:
        """Who it is, for sentences."""
        role = role_of(self.profile)
        # Named by an option it is the role, also where the environment's keys, its source, are incomplete.
        if self.source.of_environment and not (role is not None and self.name):
            return "the environment"
        if role is not None:
            return role.words
        return f"profile {shown(self.profile)}" if self.chosen_by else "the default profile"


def role_of(profile: str) -> RoleProfile | None:
    """What the name of a role's profile says; `None`: it is another name."""
    if not profile.startswith(_ROLE):
        return None
    from amitui.identity.roles import parse_role  # most starts have no role, and wait for each import

    return parse_role(profile)


def files_for(profile: str | None, environ: Mapping[str, str]) -> AwsFiles:
    """The AWS files, with the sections that a role's profile stands for.

    Raises:
        CredentialsError: a file is broken, or the role's source profile does not exist or gives nothing.
    """
    files = read_files(environ)
    if not profile or not profile.startswith(_ROLE):
        return files
    from amitui.identity.roles import with_role

    return with_role(files, environ, profile)


def find_caller(
    profile: str | None, environ: Mapping[str, str] | None = None, *, endpoint_url: str | None = None
) -> Caller:
    """Resolve who acts and where. Never raises: what is wrong is the answer's `problem`.

    Args:
        profile: as an option names it; `None` = none given.
        endpoint_url: as an option names it; it wins over all configured ones.
    """
    environ = os.environ if environ is None else environ
    name, chosen_by = _profile(profile, environ)
    explicit = profile is not None
    try:
        files = files_for(profile, environ)
        section = _section(files, name, chosen_by)
        ec2, sts = (
            endpoint_url or configured_endpoint(files, section, environ, service) for service in ("ec2", "sts")
        )
    except CredentialsError as problem:
        inherited = environ.get("AWS_ENDPOINT_URL_EC2") or environ.get("AWS_ENDPOINT_URL")
        url = endpoint_url or inherited or None
        return Caller(name, chosen_by, profile or "", _region({}, environ), url, url, Source(""), problem)
    found = find_source(files, environ, name, explicit=explicit)
    # A variable may take the place of the profile's own settings, even by being empty: the name alone then means
    # another caller.
    named = explicit or (chosen_by and find_source(files, environ, name, explicit=True) == found)
    own = name if named else ""
    return Caller(name, chosen_by, own, _region(section, environ), ec2, sts, found)


def check_characters(caller: Caller, environ: Mapping[str, str] | None = None) -> None:
    """Make sure that keys which are written down hold no characters that got there by accident.

    AWS would only say that the signature does not match.

    Raises:
        CredentialsError: it names the variable, or the file and its section, and what is wrong.
    """
    environ = os.environ if environ is None else environ
    source: Source | None = caller.source
    while source is not None:
        if source.method == sources.ENVIRONMENT:
            for variable in _KEY_VARIABLES:
                if wrong := stray(environ.get(variable, "")):
                    raise _stray(
                        variable, wrong, f"set it again: export {variable}=…, with nothing after the value"
                    )
        elif source.method in (sources.CREDENTIALS_FILE, sources.CONFIG_FILE):
            for one in read_files(environ).strays:
                if source.profile in (one.section, name_in(one.section)):
                    raise _stray(f"{one.key} in [{one.section}] of {one.path!r}", one.wrong, "correct that line")
        source = source.base


def check_given(method: str, access_key: str, secret_key: str, token: str | None) -> None:
    """Do the same for keys that another program or service has given.

    Args:
        method: what gave them, as botocore calls it.

    Raises:
        CredentialsError: it names the key and what is wrong, and quotes nothing of it.
    """
    keys = (("access key", access_key), ("secret key", secret_key), ("session token", token or ""))
    for name, value in keys:
        if wrong := stray(value):
            who = "credential_process" if method == sources.PROCESS else f"the {method}"
            raise _stray(f"the {name} that {who} gives", wrong, "make it return the bare key")


def _stray(what: str, wrong: str, remedy: str) -> CredentialsError:
    return CredentialsError(
        f"{what} {wrong}",
        why="AWS cannot recognise this key; the character was probably copied along with it",
        remedy=remedy,
        code="StrayCharacter",
    )


def _profile(profile: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    if profile is not None:
        return profile, OPTION
    for variable in _PROFILE_VARIABLES:
        if variable in environ:
            return environ[variable], variable
    return DEFAULT, ""


def _section(files: AwsFiles, name: str, chosen_by: str) -> Section:
    if name in files.profiles or not chosen_by:
        return files.profiles.get(name, {})
    if files.unreadable:
        path, reason = files.unreadable[0]
        raise CredentialsError(
            "cannot read the AWS config",
            why=f"{path!r}: {reason}; profile {shown(name)} is set by {chosen_by}",
            remedy="correct the file's permissions, or set AWS_CONFIG_FILE to another file",
            code="ProfileNotFound",
        )
    raise no_profile(name, chosen_by)


def no_profile(name: str, chosen_by: str) -> CredentialsError:
    """The words for a profile that is nowhere configured.

    Args:
        chosen_by: the option or variable that names it.
    """
    if not name:
        what, why = f"{chosen_by} is set, but empty", "AWS tools treat the empty value as a profile name"
        return CredentialsError(what, why=why, remedy=f"unset {chosen_by}", code="ProfileNotFound")
    wrong = stray(name)
    return CredentialsError(
        f"no profile matches {shown(name)}" if {"*", "?"} & set(name) else f"there is no profile {shown(name)}",
        why=f"{chosen_by} names it{f', and {wrong}' if wrong else ''}; it is in neither AWS config file",
        remedy="aws configure list-profiles lists the profiles",
        code="ProfileNotFound",
    )


def _region(section: Section, environ: Mapping[str, str]) -> str | None:
    # botocore knows AWS_DEFAULT_REGION only; AWS_REGION, which other tools take, helps where it names none.
    configured = environ.get("AWS_DEFAULT_REGION", section.get("region"))
    return (configured if isinstance(configured, str) else None) or environ.get("AWS_REGION") or None


def shown(name: str) -> str:
    """A name that can be put into a sentence on the screen."""
    return name if name.isprintable() else repr(name)
