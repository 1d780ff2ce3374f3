"""How somebody without credentials can go on: a login with SSO, another profile, or the demo."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.errors import CredentialsError
from amitui.identity.source import MACHINE, SSO

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from amitui.ec2.device_login import DeviceLogin
    from amitui.identity.source import Source
    from amitui.services.session import Session

DEMO_EXTRA: Final = "moto"
"""The package without which there is no demo."""

SSO_LOGIN_SINCE: Final = (2,)
DEVICE_CODE_SINCE: Final = (2, 22)
"""Versions of the AWS CLI: with `aws sso login`, and with its `--use-device-code`."""
VERSION_WITHIN_S: Final = 10.0
"""For `aws --version`, which takes a second."""

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


def mfa_profiles(session: Session, profiles: Iterable[str | None]) -> list[str]:
    """Those of some profiles whose role, or that of a source of it, wants an MFA code; as they are named."""
    from amitui.identity.files import read_files

    try:
        sections = read_files(os.environ).profiles
    except CredentialsError:
        return []
    found = []
    for profile in profiles:
        caller = session.connections.caller(profile)
        source: Source | None = caller.source
        while source is not None:
            if source.role_arn and "mfa_serial" in sections.get(source.profile, {}):
                found.append(caller.name or caller.profile)
                break
            source = source.base
    return found


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


async def aws_cli_version() -> tuple[int, ...]:
    """The version of the AWS CLI; empty = it is not on PATH, or does not say."""
    import asyncio
    import re

    from amitui import child_process

    path = aws_cli()
    if not path:
        return ()
    try:
        asked = await asyncio.create_subprocess_exec(
            path,
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError:
        return ()
    try:
        said, _ = await asyncio.wait_for(asked.communicate(), VERSION_WITHIN_S)
    except TimeoutError:
        return ()
    finally:
        await child_process.end(asked)
    found = re.match(rb"aws-cli/(\d{1,4})\.(\d{1,4})", said)
    return tuple(int(number) for number in found.groups()) if found else ()


def login_command(profile: str, version: tuple[int, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments that log in with the AWS CLI; empty = this version has no `aws sso login`."""
    if version < SSO_LOGIN_SINCE:
        return ()
    # Since then a browser on this machine is needed unless it is told otherwise: over SSH there is none.
    remote = version >= DEVICE_CODE_SINCE and any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))
    return ("aws", "sso", "login", "--profile", profile, *(["--use-device-code"] if remote else []))


async def device_login(
    session: Session, profile: str, *, sleep: Callable[[float], Awaitable[None]] | None = None
) -> DeviceLogin:
    """A login without the AWS CLI to the SSO session of a profile.

    Raises:
        CredentialsError: the profile cannot be used in this start, or has no SSO session.
    """
    import asyncio

    from amitui.domain.visible import show_invisible
    from amitui.ec2.device_login import DeviceLogin
    from amitui.identity.sso import sso_settings, token_folder

    settings = sso_settings(profile, os.environ)
    if settings is None:
        raise CredentialsError(
            f"profile {show_invisible(profile)} has no SSO session",
            why="sso_start_url or sso_region is missing",
            remedy="run aws configure sso, or correct that profile in ~/.aws/config",
        )
    connection = await session.connections.of(profile)
    path = os.path.join(token_folder(os.environ), settings.token_name)
    return DeviceLogin(connection, settings, path, sleep=sleep or asyncio.sleep)
