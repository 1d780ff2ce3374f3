"""What is known of a member's credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import CredentialsError
from amitui.identity.caller import role_of
from amitui.services.remembered import read_note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.errors import AmituiError
    from amitui.services.session import Session


class Known:
    """What is known of the credentials of one of several members."""

    __slots__ = ("account", "partition", "problem", "profile")

    def __init__(self, profile: str, account: str | None = None, problem: AmituiError | None = None) -> None:
        self.profile, self.account, self.problem = profile, account, problem
        self.partition = ""

    @property
    def is_settled(self) -> bool:
        """Whether AWS has said who it is, or it cannot be used."""
        return bool(self.partition) or self.problem is not None


def recall(session: Session, others: Iterable[Known]) -> None:
    """Set the accounts to those that the profiles had last, without a call to AWS.

    One that cannot be used gets its `problem`.
    """
    from amitui.ec2.profiles import account_hint, identity_fingerprint

    known = read_note(session.settings.locations.identities_file)
    for one in others:
        try:
            session.connections.check(one.profile)
        except CredentialsError as error:
            one.problem = error
            continue
        noted = known.get(identity_fingerprint(one.profile, session.settings.endpoint_url)) if known else None
        one.account = noted if isinstance(noted, str) else account_hint(one.profile)


def member_name(session: Session, profile: str | None, account: str | None) -> str:
    """What a member is called: by the address book, else by its profile, else by its account's id."""
    from amitui.domain.visible import show_invisible

    caller = session.connections.caller(profile)
    account = account or caller.account
    named = dict(session.settings.accounts).get(account or "")
    if named:
        return named
    # Keys of the environment are no profile's, and a role's name is long: the account says more.
    return (
        account
        if account and (not caller.name or role_of(caller.name))
        else show_invisible(caller.name or caller.profile)
    )
