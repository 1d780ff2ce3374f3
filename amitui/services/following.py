"""Members that change while a session lasts, and what is known of those that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.services.known import Known, recall

if TYPE_CHECKING:
    from amitui.services.members import Members
    from amitui.services.session import Session
    from amitui.settings import Settings


class MemberChanges(NamedTuple):
    """What other settings have changed in the members."""

    came: tuple[str, ...] = ()
    """Profiles that are new, as identified by nobody yet."""
    gone: tuple[str, ...] = ()
    """Names of those that are no longer used."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Old and new name of those that stay and are called otherwise now."""
    left: tuple[str, ...] = ()
    """Accounts whose private images are shown no longer."""


async def follow(session: Session, members: Members, settings: Settings) -> MemberChanges:
    """Use the profiles and the names of other settings; what is known of the members that stay is kept.

    Profiles that were chosen by hand since the start stay as they are, and get new names alone.

    Raises:
        CredentialsError: the first member goes, and the one in its place cannot be used; nothing has changed.
    """
    before, accounts = {one.profile or "": one.name for one in members.all}, members.accounts
    wanted = tuple(before)
    if not members.were_chosen:
        wanted = tuple(dict.fromkeys(one or "" for one in settings.members or (settings.profile,)))
    came = [Known(profile) for profile in wanted if profile not in before]
    recall(session, came)
    staying = [*(one for one in members.others if one.profile in wanted), *came]
    first = session.profile or ""
    if first not in wanted:
        first = staying[0].profile
    await members.replace(settings, first, [one for one in staying if one.profile != first])
    after = {one.profile or "": one.name for one in members.all}
    return MemberChanges(
        came=tuple(one.profile for one in came),
        gone=tuple(name for profile, name in before.items() if profile not in after),
        renamed=tuple((before[one], name) for one, name in after.items() if before.get(one, name) != name),
        left=tuple(one for one in accounts if one not in members.accounts),
    )
