"""What accounts are called: those of a session's members, and those in the config's address book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow


class AccountNames(NamedTuple):
    """Names by account id; all of them can be shown."""

    members: Mapping[str, str]
    """Of the accounts that are used together; empty: there is one alone, and rows need not say which."""
    book: Mapping[str, str]
    """The address book."""

    def account_of(self, row: ImageRow) -> str:
        """Through which of the members' accounts a row is seen; empty: all see it, or there is one alone."""
        return next((one for one in (row.seen_by, row.owner_id) if one in self.members), "")

    def name_of(self, row: ImageRow) -> str:
        """What that account is called; empty: there is none."""
        return self.members.get(self.account_of(row), "")

    def owner_name(self, row: ImageRow) -> str:
        """What the owner's account is called, of the members' or in the address book; empty: nobody named it."""
        return self.members.get(row.owner_id) or self.book.get(row.owner_id, "")

    def owner(self, row: ImageRow) -> str:
        """Whose image it is: the publisher, else the owner's name in the address book, else its id."""
        return row.publisher or self.book.get(row.owner_id, row.owner_id)


NO_NAMES: Final = AccountNames({}, {})
