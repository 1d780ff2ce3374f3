"""Whose image it is, and who sees it, among several accounts that are used together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.presentation.details.explain import DetailLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class UsedAccount(NamedTuple):
    """One of the accounts in use."""

    account: str
    """12 digits."""
    name: str
    production: bool = False
    read_only: bool = False

    @property
    def words(self) -> str:
        """Its name, and its id where that is another."""
        return self.name if self.name == self.account else f"{self.name} ({self.account})"

    @property
    def marks(self) -> str:
        """Its safety marks; empty = none."""
        words = ((self.production, "PRODUCTION"), (self.read_only, "READ-ONLY"))
        return " · ".join(word for is_set, word in words if is_set)


def account_lines(owner: UsedAccount, seen_by: Sequence[UsedAccount], *, is_used: bool) -> Iterator[DetailLine]:
    """The lines of a private image; none of a public one of somebody else's, which is no account's.

    Args:
        owner: who owns it; the name is of the address book where the account is not in use.
        seen_by: the accounts in use that see it, the owner too if it is one of them.
        is_used: whether the owner is in use.
    """
    if is_used:
        yield _marked("Account", owner.words, (owner,))
        others = [one for one in seen_by if one.account != owner.account]
        if others:
            yield DetailLine("Also seen by", ", ".join(one.words for one in others), "It is shared with them.")
    elif seen_by:
        yield DetailLine("Shared by", owner.words)
        yield _marked("Received by", ", ".join(one.words for one in seen_by), seen_by)


def _marked(label: str, value: str, accounts: Sequence[UsedAccount]) -> DetailLine:
    marked = [one for one in accounts if one.marks]
    whose = (one.marks if len(accounts) == 1 else f"{one.name}: {one.marks}" for one in marked)
    return DetailLine(label, value, ", ".join(whose), "warn" if marked else "plain")
