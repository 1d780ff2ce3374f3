"""Logging in, and what else can be done without credentials."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from amitui.domain.operations.may_change import OFFLINE
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amitui.services.login import SsoProfile
    from amitui.ui.app import AmituiApp


async def login(host: AmituiApp) -> None:
    """Choose a way in, and take it."""
    from amitui.services import login as ways
    from amitui.ui.screens.login import LoginScreen, ways_in

    session = host.services.session
    if session.settings.demo:
        host.browse.notice("the demo needs no login")
        return
    if session.settings.offline:
        host.browse.notice(f"offline: {OFFLINE}")
        return
    try:
        profiles = ways.sso_profiles(session)
    except AmituiError as error:
        host.log_error(error, "reading the AWS config")
        profiles = []
    items = ways_in(
        profiles,
        demo_obstacle="amitui pick chooses images of the account" if host.choosing else ways.demo_obstacle(),
        configure_obstacle="" if ways.aws_cli() else "needs the AWS CLI, version 2, on PATH",
        offers_machine=ways.has_no_credentials(session) and not host.browse.view.regions,
        offers_device=bool(ways.aws_cli()),
        mfa_profiles=ways.mfa_profiles(session, (one.profile for one in host.services.members.all)),
    )
    refused = isinstance(host.browse.identity_error, CredentialsError) or ways.has_no_credentials(session)
    chosen = await host.push_screen_wait(LoginScreen(items, refused=refused))
    if chosen is not None:
        await _take(host, chosen, profiles)


async def _take(host: AmituiApp, chosen: str, profiles: Sequence[SsoProfile]) -> None:
    """Take the way in that was chosen."""
    from amitui.services.login import mfa_profiles
    from amitui.ui.screens.login import CODES, CONFIGURE, DEMO, DEVICE, MACHINE, PROFILE, SSO

    if chosen == DEMO:
        host.wants_demo = True
        host.exit()
    elif chosen == PROFILE:
        await _choose_profile(host)
    elif chosen == MACHINE:
        from amitui.ui.actions.images import regions

        await regions(host)
    elif chosen == CONFIGURE:
        await _configure(host)
    elif chosen == CODES:
        session = host.services.session
        await _renew(host, mfa_profiles(session, (one.profile for one in host.services.members.all)))
    elif chosen == DEVICE:
        await _log_in_by_link(host, profiles)
    else:
        await log_in(host, chosen.removeprefix(SSO))


async def _choose_profile(host: AmituiApp) -> None:
    from amitui.ui.actions.accounts import profile

    await profile(host)


async def _configure(host: AmituiApp) -> None:
    """Make a profile with the AWS CLI, then choose one."""
    from amitui.services.login import CONFIGURE, SSO_LOGIN_SINCE, aws_cli_version
    from amitui.ui.lent_terminal import Pause, run_in_terminal

    version = await aws_cli_version()
    if version and version < SSO_LOGIN_SINCE:
        host.browse.notice("aws configure sso needs AWS CLI version 2", seconds=8, bad=True)
        return
    try:
        code = await run_in_terminal(host, CONFIGURE, pause=Pause.AFTER_FAILURE)
    except AmituiError as error:
        host.log_error(error, "setting up SSO")
        return
    if code:
        host.browse.notice(f"no profile made: aws exited with {code}", seconds=8, bad=True)
    else:
        await _choose_profile(host)


async def log_in(host: AmituiApp, profile: str) -> None:
    """Log in to the SSO session of a profile, then fetch what failed without it.

    With the AWS CLI in this terminal, if there is one that can; else by a link and a code.
    """
    from amitui.services.login import aws_cli, aws_cli_version, login_command
    from amitui.ui.lent_terminal import INTERRUPTED, Pause, run_in_terminal

    words = login_command(profile, await aws_cli_version(), os.environ)
    if not words or not host.can_suspend_process:
        if aws_cli() and not words:
            host.browse.notice("this AWS CLI has no aws sso login: version 2 has it", seconds=8)
        await log_in_by_link(host, profile)
        return
    try:
        code = await run_in_terminal(host, words, pause=Pause.AFTER_FAILURE)
    except AmituiError as error:
        host.log_error(error, f"logging in to {show_invisible(profile)}")
        return
    if host.browse.is_leaving():
        return
    if code:
        ended = "interrupted" if code in INTERRUPTED else f"aws exited with {code}"
        host.browse.notice(f"not logged in: {ended}", seconds=8, bad=True)
        return
    await logged_in(host, profile)


async def _log_in_by_link(host: AmituiApp, profiles: Sequence[SsoProfile]) -> None:
    """Choose one of several profiles, and log in to it by a link."""
    from amitui.ui.screens.login import device_items
    from amitui.ui.screens.picker import PickerScreen

    name: str | None = profiles[0].name
    if len(profiles) > 1:
        name = await host.push_screen_wait(PickerScreen("Log in by link", device_items(profiles)))
    if name is not None:
        await log_in_by_link(host, name)


async def log_in_by_link(host: AmituiApp, profile: str) -> None:
    """Log in with a link and a code that are confirmed in a browser, on whatever machine."""
    from amitui.services.login import device_login
    from amitui.ui.screens.device_login import DeviceLoginScreen

    try:
        login = await device_login(host.services.session, profile)
        page = await login.begin()
        began = time.monotonic()
        finishing = asyncio.ensure_future(login.finish())
        try:
            waited = await host.push_screen_wait(
                DeviceLoginScreen(
                    profile,
                    page.link,
                    page.code,
                    left=lambda: page.seconds - (time.monotonic() - began),
                    finishing=finishing,
                    copy=host.send_to_clipboard,
                )
            )
            if not waited:
                host.browse.notice("login cancelled")
                return
            await finishing
        finally:
            finishing.cancel()
            await asyncio.wait((finishing,))
    except AmituiError as error:
        host.log_error(error, f"logging in to {show_invisible(profile)}")
        return
    await logged_in(host, profile)


async def logged_in(host: AmituiApp, profile: str) -> None:
    """Use new credentials: the connections that the login concerns are opened anew, and what failed is fetched.

    Args:
        profile: the one that was logged in to; used from now on unless the profiles in use draw on it.
    """
    from amitui.services.login import sso_profile_of
    from amitui.ui.actions.accounts import switch

    if host.browse.is_leaving():
        return
    services = host.services
    connections = services.session.connections
    concerned = [
        one for one in services.members.all if sso_profile_of(connections.caller(one.profile).source) == profile
    ]
    if not concerned:
        home = connections.caller(profile).region or ""
        await switch(host, (profile,), home=home)
        return
    await _renew(host, [one.profile for one in concerned])
    host.browse.notice(f"logged in: {show_invisible(profile)}")


async def _renew(host: AmituiApp, profiles: Iterable[str | None]) -> None:
    """Open connections anew, with the credentials of now, and go on with what was fetched with them."""
    session = host.services.session
    host.fetches.cancel()  # they go on below; without a connection they would end with an error
    for profile in profiles:
        await session.connections.drop(profile)
    if host.browse.is_leaving():
        return
    session.credentials_refused()
    host.clear_credential_errors()
    host.connect()
