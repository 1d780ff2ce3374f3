"""Logging in, and what else can be done without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.may_change import OFFLINE
from amitui.errors import AmituiError, CredentialsError

if TYPE_CHECKING:
    from amitui.ui.app import AmituiApp


async def login(host: AmituiApp) -> None:
    """Choose a way in, and take it."""
    from amitui.services import login as ways
    from amitui.ui.screens.login import CONFIGURE, DEMO, MACHINE, PROFILE, SSO, LoginScreen, ways_in

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
    )
    refused = isinstance(host.browse.identity_error, CredentialsError) or ways.has_no_credentials(session)
    chosen = await host.push_screen_wait(LoginScreen(items, refused=refused))
    if chosen is None:
        return
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
    else:
        await log_in(host, chosen.removeprefix(SSO))


async def _choose_profile(host: AmituiApp) -> None:
    from amitui.ui.actions.accounts import profile

    await profile(host)


async def _configure(host: AmituiApp) -> None:
    """Make a profile with the AWS CLI, then choose one."""
    from amitui.services.login import CONFIGURE
    from amitui.ui.lent_terminal import run_in_terminal

    try:
        code = await run_in_terminal(host, CONFIGURE)
    except AmituiError as error:
        host.log_error(error, "setting up SSO")
        return
    if code:
        host.browse.notice(f"aws configure sso ended with exit code {code}", seconds=8, bad=True)
    else:
        await _choose_profile(host)


async def log_in(host: AmituiApp, profile: str) -> None:
    """Log in to the SSO session of a profile, then fetch what failed without it."""
    from amitui.services.login import aws_cli, login_command
    from amitui.ui.lent_terminal import run_in_terminal

    words = login_command(profile)
    try:
        if not aws_cli():
            raise CredentialsError(
                "the AWS CLI is not on PATH",
                why="it logs in to SSO",
                remedy=f"install it and run {' '.join(words)}",
            )
        code = await run_in_terminal(host, words)
    except AmituiError as error:
        host.log_error(error, f"logging in to {profile}")
        return
    if code:
        host.browse.notice(f"aws sso login ended with exit code {code}: not logged in", seconds=8, bad=True)
        return
    await logged_in(host, profile)


async def logged_in(host: AmituiApp, profile: str) -> None:
    """Use new credentials: the connections that the login concerns are opened anew, and what failed is fetched.

    Args:
        profile: the one that was logged in to; used from now on unless the profiles in use draw on it.
    """
    from amitui.services.login import sso_profile_of
    from amitui.ui.actions.accounts import switch

    services = host.services
    connections = services.session.connections
    concerned = [
        one for one in services.members.all if sso_profile_of(connections.caller(one.profile).source) == profile
    ]
    if not concerned:
        home = connections.caller(profile).region or ""
        await switch(host, (profile,), home=home)
        return
    for one in concerned:
        await connections.drop(one.profile)
    services.session.credentials_refused()
    host.browse.notice(f"logged in: {profile}")
    host.connect()
