"""The accounts of an organization, as AWS Organizations lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from amitui.domain.accounts import is_account
from amitui.domain.visible import show_invisible


class OrganizationAccount(NamedTuple):
    """One account."""

    account: str
    """12 digits."""
    name: str
    """As its organization calls it; safe to show."""
    state: str = "ACTIVE"
    """`ACTIVE`; `SUSPENDED`, `PENDING_CLOSURE` and others cannot be used."""

    @property
    def words(self) -> str:
        """Which one it is and why it cannot be used."""
        return f"{self.name} ({self.account}, {self.state.replace('_', ' ').lower()})"


class Organization(NamedTuple):
    """The accounts of an organization, seen from one of them."""

    own: str
    """The account that was asked."""
    partition: str
    accounts: tuple[OrganizationAccount, ...]
    read_at: int
    """When Organizations listed them, in seconds since the epoch."""

    @property
    def active(self) -> tuple[OrganizationAccount, ...]:
        """Those that can be used, the own one first, the others by name."""
        found = [one for one in self.accounts if one.state == "ACTIVE"]
        return tuple(sorted(found, key=lambda one: (one.account != self.own, one.name.casefold(), one.account)))

    @property
    def left_out(self) -> tuple[OrganizationAccount, ...]:
        """Those that cannot be used: suspended, being closed, not yet created."""
        return tuple(one for one in self.accounts if one.state != "ACTIVE")


def is_unit(text: str) -> bool:
    """Whether it is the id of an organizational unit or of a root, as `ou-ab12-cdef3456` and `r-ab12` are."""
    return text.startswith(("ou-", "r-")) and text.isascii() and text.replace("-", "").isalnum()


def is_chosen(account: OrganizationAccount, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns names an account: by its id, or by its name, in letters of any case, in which
    `*` and `?` stand for any letters.

    Args:
        patterns: ids of units are none; empty = all accounts are chosen.
    """
    if not patterns:
        return True
    from fnmatch import fnmatchcase

    for pattern in patterns:
        # Brackets are letters of a name here, and no set of letters.
        wanted = pattern.casefold().replace("[", "[[]")
        if fnmatchcase(account.name.casefold(), wanted) or fnmatchcase(account.account, wanted):
            return True
    return False


def checked_accounts(found: object) -> tuple[OrganizationAccount, ...]:
    """The accounts of a stored list; a file can be edited by hand: entries that cannot be such are left out."""
    accounts = []
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, list) and len(entry) == 3 and all(isinstance(part, str) for part in entry):
            account, name, state = entry
            if is_account(account):
                accounts.append(OrganizationAccount(account, show_invisible(name), show_invisible(state)))
    return tuple(accounts)
