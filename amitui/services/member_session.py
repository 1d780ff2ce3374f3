"""The session of one member among several: its profile and account, with the connections of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.services.session import Session

if TYPE_CHECKING:
    from amitui.services.members import Member


class MemberSession(Session):
    """What reads and operations with one member's credentials need.

    Args:
        whole: whose connections are used; it closes them.
        member: whose profile and account are meant.
    """

    def __init__(self, whole: Session, member: Member) -> None:
        super().__init__(whole.settings, whole.connections)
        self.profile, self.account = member.profile, member.account
        self.account_confirmed = (
            bool(member.account) and self.connections.account(member.profile) == member.account
        )

    async def close(self) -> None:
        """Nothing: the connections are the whole session's."""
