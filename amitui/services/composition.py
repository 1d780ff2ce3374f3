"""Composition root: what a start of amitui is made of, opened as late as possible."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from amitui.services.catalogue import Catalogue
from amitui.services.members import Members
from amitui.services.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.domain.query.accounts import NamedAccount
    from amitui.services.aws_reads import AwsReads
    from amitui.services.members import Member, SeenImage
    from amitui.settings import Settings


def clock() -> int:
    """Now, in seconds since the epoch."""
    return int(time.time())


class Services:
    """Everything below the screen: the session and the members of it, the local catalogue, and reads from AWS.

    Args:
        now: seconds since the epoch.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], int] = clock) -> None:
        self.now = now
        self.session = Session(settings)
        self.members = Members(self.session)
        self.catalogue = Catalogue(self.session, self.members, lambda: self.now())

    @property
    def settings(self) -> Settings:
        """Those that hold now: names and members follow the organization."""
        return self.session.settings

    @cached_property
    def aws(self) -> AwsReads:
        """Reads from AWS with the profile in use."""
        from amitui.services.aws_reads import AwsReads

        return AwsReads(self.session, lambda: self.now(), self.catalogue.indexed_regions)

    def aws_of(self, member: Member) -> AwsReads:
        """Reads from AWS with the credentials of a member."""
        session = self.members.session_of(member)
        if session is self.session:
            return self.aws
        from amitui.services.aws_reads import AwsReads

        return AwsReads(session, lambda: self.now(), self.catalogue.indexed_regions)

    def aws_for(self, image: SeenImage) -> AwsReads:
        """Reads of an image, with the credentials of the member that owns it or sees it."""
        return self.aws_of(self.members.owner_of(image))

    def known_accounts(self) -> tuple[NamedAccount, ...]:
        """The accounts that `account:` can name: those of the members, then those of the address book alone."""
        from amitui.domain.query.accounts import NamedAccount  # few queries name accounts

        members = self.members.all
        used = {one.account for one in members}
        book = [one for one in self.settings.accounts if one[0] not in used]
        listed = dict(self.settings.accounts)

        def names(one: Member) -> tuple[str, ...]:
            # Of accounts that are called alike the name alone means all.
            return tuple(dict.fromkeys(filter(None, (one.name, listed.get(one.account or ""), one.profile))))

        return (
            *(NamedAccount(one.account or "", names(one)) for one in members),
            *(NamedAccount(account, (name,), is_used=False) for account, name in book),
        )

    async def close(self) -> None:
        """Close the connections, finish writing."""
        await self.session.close()
        await self.catalogue.close()
