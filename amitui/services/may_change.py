"""Whether something may be changed in AWS: by the start, the marks of profiles and accounts, offline, and IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.may_change import OFFLINE, READ_ONLY, MayChange, read_only_by

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Operation
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
        return read_only_by(f"{connections.caller(session.profile).words}, which is in use,")
    if connections.marks(profile or None, account or None).read_only:
        whose = f" (account {account})" if account else ""
        return read_only_by(f"{connections.caller(profile or None).words}{whose}")
    return ""


def may_change(session: Session, operation: Operation | None = None, denial: str = "") -> MayChange:
    """Whether something may be changed.

    Args:
        operation: the one that is continued, undone or repeated, with its own profile; `None` = something new,
            with the profile in use.
        denial: why IAM denies it, if DryRun did.
    """
    profile = session.named_profile if operation is None else operation.profile
    account = (session.account or "") if operation is None else operation.account
    if reason := read_only_reason(session, profile, account):
        return MayChange(reason)
    if session.settings.offline:
        return MayChange(OFFLINE)
    return MayChange(denial, is_denial=bool(denial))
