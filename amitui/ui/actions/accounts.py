"""Whose images are shown: choosing profiles, and who AWS says they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.region import partition_of
from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from amitui.ec2.profiles import ProfileInfo
    from amitui.services.composition import Services
    from amitui.services.members import Member
    from amitui.ui.app import AmituiApp
    from amitui.ui.screens.identity import MemberFacts
    from amitui.ui.screens.profiles import ProfileChoice


async def profile(host: AmituiApp) -> None:
    """Choose a profile, or several."""
    from amitui.ec2.profiles import ProfileInfo, available_profiles
    from amitui.ui.screens.profiles import ProfilesScreen

    services = host.services
    if services.settings.demo:
        host.browse.notice("the demo has one account and uses no profile")
        return
    try:
        found = available_profiles()
    except AmituiError as error:
        host.log_error(error, "reading the AWS config")
        return
    known = {one.name for one in found}
    in_use = _in_use(services, known)
    # Roles that are used without a profile in the AWS config stay where they are unless they are unmarked.
    found += [ProfileInfo(name, "", False, "") for name in in_use if name not in known]
    choices = [_choice(services, one) for one in found]
    recent = host.memory.state.recent_profiles
    chosen = await host.push_screen_wait(ProfilesScreen(choices, current=in_use, recent=recent))
    if not chosen:
        return
    try:
        for name in chosen:
            services.session.connections.check(name)
    except AmituiError as error:
        host.log_error(error, "choosing a profile")
        return
    await switch(host, chosen, home=next((one.region for one in found if one.name == chosen[0]), ""))


async def switch(host: AmituiApp, profiles: Sequence[str], *, home: str = "") -> None:
    """Use these profiles from now on: nothing that was said of those before stays.

    Args:
        home: the Region of the first one; empty = it names none.
    """
    host.leave_caller()
    await host.services.members.choose(profiles)
    host.leave_caller()  # what came in while connections were closed
    host.memory.remember(
        profiles=tuple(profiles), recent_profiles=host.memory.state.with_recent_profiles(profiles)
    )
    regions = host.browse.view.regions
    same_partition = home and regions and partition_of(home) == partition_of(regions[0])
    host.browse.change_view(regions=None if same_partition or not home else (home,))
    host.connect()


def _choice(services: Services, info: ProfileInfo) -> ProfileChoice:
    """A profile as the picker offers it."""
    from amitui.ui.screens.profiles import ProfileChoice

    connections = services.session.connections
    account = connections.caller(info.name).account or ""
    marks = connections.own_marks(info.name, account or None)
    return ProfileChoice(
        info.name,
        info.region,
        account,
        "SSO" if info.sso else info.role_arn,
        connections.obstacle(info.name),
        dict(services.settings.accounts).get(account, ""),
        production=marks.production,
        read_only=marks.read_only,
    )


def _in_use(services: Services, known: Collection[str]) -> list[str]:
    """The names of the profiles in use; what acts without a name and is not configured has none.

    Args:
        known: the profiles of the AWS config.
    """
    callers = [services.session.connections.caller(member.profile) for member in services.members.all]
    return [one.profile for one in callers if one.name or (one.profile in known and not one.source.of_environment)]


async def identity(host: AmituiApp) -> None:
    """Show who AWS says the caller is; of several accounts each."""
    from amitui.ui.screens.identity import IdentityFacts, IdentityScreen

    services = host.services
    session = services.session
    who, caller = session.identity, session.connections.caller(session.profile)
    members = services.members.all if services.members.several else ()
    facts = IdentityFacts(
        account=session.account or "",
        arn=who.arn if who else "",
        profile=_profile_words(services),
        credentials="" if services.settings.demo else show_invisible(caller.source.words),
        regions=host.browse.view.regions,
        endpoint=show_invisible(caller.endpoint_url or ""),
        note=_note(services),
        error=host.error_log[0].error if host.error_log and not _is_confirmed(services) else None,
        members=tuple(_member_facts(services, member) for member in members),
    )
    if await host.push_screen_wait(IdentityScreen(facts)):
        host.connect()


def _member_facts(services: Services, member: Member) -> MemberFacts:
    from amitui.ui.screens.identity import MemberFacts

    connections = services.session.connections
    caller, who = connections.caller(member.profile), connections.identity(member.profile)
    marks = services.members.marks(member)
    return MemberFacts(
        member.name,
        member.account or "",
        who.arn if who is not None else "",
        show_invisible(caller.name or caller.profile),
        "" if services.settings.demo else show_invisible(caller.source.words),
        production=marks.production,
        read_only=marks.read_only,
        problem=member.problem,
        note=f"the same account as profile {show_invisible(member.duplicate_of)}" if member.duplicate_of else "",
    )


def _profile_words(services: Services) -> str:
    caller = services.session.connections.caller(services.session.profile)
    if not caller.chosen_by or caller.name == services.session.profile:
        return show_invisible(caller.name)
    acts = "" if caller.name else ", overridden by the keys in the environment"
    return f"{show_invisible(caller.profile)} ({caller.chosen_by}){acts}"


def _note(services: Services) -> str:
    if services.settings.demo:
        return "a simulated EC2; no real credentials are used"
    if services.settings.offline:
        return "offline: AWS is not contacted"
    return "" if _is_confirmed(services) else "from an earlier session; not confirmed by AWS yet"


def _is_confirmed(services: Services) -> bool:
    """Whether AWS has said who acts: of several, each of those that can be used."""
    members, connections = services.members, services.session.connections
    if not members.several:
        return services.session.account_confirmed
    return all(connections.identity(one.profile) is not None for one in members.used)
