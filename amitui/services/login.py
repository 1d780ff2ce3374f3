"""How somebody without credentials can go on: a login with SSO, another profile, or the demo."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.identity.source import MACHINE, SSO

if TYPE_CHECKING:
    from amitui.identity.source import Source
    from amitui.services.session import Session

DEMO_EXTRA: Final = "moto"
"""The package without which there is no demo."""

CONFIGURE: Final = ("aws", "configure", "sso")
"""What makes a profile of an SSO session."""


class SsoProfile(NamedTuple):
    """A profile whose credentials come from IAM Identity Center."""

    name: str
    session: str
    """Name of the SSO session, or its start URL; text of the AWS config."""
    region: str


def sso_profile_of(source: Source | None) -> str:
    """The profile that a login renews the credentials of: of a role's, that of its source; empty = none does."""
    while source is not None:
        if source.method == SSO:
            return source.profile
        source = source.base
    return ""


def sso_profiles(session: Session) -> list[SsoProfile]:
    """The profiles that one can log in to, those in use first.

    Raises:
        CredentialsError: the AWS config cannot be read.
    """
    from amitui.ec2.profiles import available_profiles

    in_use = {sso_profile_of(session.connections.caller(session.profile).source)}
    found = []
    for one in available_profiles():
        source = session.connections.caller(one.name).source
        if sso_profile_of(source) == one.name:
            found.append(SsoProfile(one.name, source.name, one.region))
    return sorted(found, key=lambda one: one.name not in in_use)


def has_no_credentials(session: Session) -> bool:
    """Whether nothing is configured that could give credentials, but for a role of this machine."""
    caller = session.connections.caller(session.profile)
    return caller.problem is None and caller.source.method == MACHINE and not caller.source.problem


def demo_obstacle() -> str:
    """Why the demo cannot be started; empty = it can."""
    return "" if find_spec(DEMO_EXTRA) is not None else "needs: pip install 'amitui[demo]'"


def aws_cli() -> str:
    """The path of the AWS CLI; empty = it is not on PATH."""
    return shutil.which("aws") or ""


def login_command(profile: str) -> tuple[str, ...]:
    """The arguments that log in with the AWS CLI, version 2."""
    return ("aws", "sso", "login", "--profile", profile)
