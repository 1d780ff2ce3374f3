"""Whether something may be changed in AWS: by the start, the marks of profiles and accounts, offline, and IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.may_change import OFFLINE, READ_ONLY, MayChange, read_only_by

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Operation
    from amitui.services.connections import Connections
    from amitui.services.members import Members
    from amitui.services.session import Session


def read_only_reason(session: Session, profile: str, account: str) -> str:
    """Why nothing may be sent with a profile to an account; empty = nothing forbids it.

    The strictest mark applies: that of the start, of the profile in use, or of the profile that is to be used.
    While a read-only account is shown nothing is changed in any account.

    Args:
        profile: as the journal names it; empty = without a name.
        account: an id; empty = it is not known.
    """
    if session.settings.read_only:
        return READ_ONLY
    connections = session.connections
    if session.marks.read_only:
        own = f"{connections.caller(session.profile).words}, which is in use,"
        return read_only_by(_carrier(connections, session.profile, session.account) or own)
    if connections.marks(profile or None, account or None).read_only:
        whose = f" (account {account})" if account else ""
        own = f"{connections.caller(profile or None).words}{whose}"
        return read_only_by(_carrier(connections, profile or None, account or None) or own)
    return ""


def _carrier(connections: Connections, profile: str | None, account: str | None) -> str:
    """Which other profile of the account carries the mark that holds for one, in words; empty: it has its own."""
    if connections.own_marks(profile, account).read_only:
        return ""
    other = connections.shared_marks().read_only_profile(connections.account(profile) or account)
    return "" if other is None else f"{connections.caller(other).words}, of the same account,"


def read_only_here(members: Members, session: Session, profile: str, account: str) -> str:
    """Why nothing may be sent with a profile to an account while several accounts are used; empty = it may.

    The marks of a member hold for its own images and no other's. What is no member's, such as an operation of an
    earlier start, is refused as long as any member is read-only.

    Args:
        session: the first member's.
    """
    if not members.several:
        return read_only_reason(session, profile, account)
    member = members.of_profile(profile)
    if member is not None:
        return read_only_reason(members.session_of(member), profile, account)
    reasons = (read_only_reason(members.session_of(one), profile, account) for one in members.all)
    return next(filter(None, reasons), "")


def may_change(
    session: Session, operation: Operation | None = None, denial: str = "", members: Members | None = None
) -> MayChange:
    """Whether something may be changed.

    Args:
        session: of the member whose credentials are used for something new.
        operation: the one that is continued, undone or repeated, with its own profile; `None` = something new,
            with the profile in use.
        denial: why IAM denies it, if DryRun did.
        members: of the session; `None` = it has one alone.
    """
    profile = session.named_profile if operation is None else operation.profile
    account = (session.account or "") if operation is None else operation.account
    if members is None or operation is None:
        reason = read_only_reason(session, profile, account)
    else:
        reason = read_only_here(members, session, profile, account)
    if reason:
        return MayChange(reason)
    if session.settings.offline:
        return MayChange(OFFLINE)
    return MayChange(denial, is_denial=bool(denial))
