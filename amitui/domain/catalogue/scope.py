"""Scopes: whose images are shown. A scope is what a user names; a shard is what is read from EC2."""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.accounts import account_of
from amitui.errors import UsageError


class Scope(NamedTuple):
    """One owner scope, by the name its user types: `mine`, `amazon`, … or a 12-digit account id."""

    name: str

    @classmethod
    def parse(cls, text: str) -> Scope:
        """The scope that `text` names.

        Raises:
            UsageError: neither a scope's name nor a 12-digit account id.
        """
        name = text.strip().lower()
        if name in SCOPE_TITLES:
            return cls(name)
        if account := account_of(name):
            return cls(account)
        raise UsageError(
            f"unknown scope {text!r}",
            remedy=f"one of {', '.join(SCOPE_TITLES)}, or a 12-digit account ID",
        )

    @property
    def account_id(self) -> str | None:
        """The account, when the scope is an account id."""
        return self.name if self.name[:1].isdigit() else None

    @property
    def title(self) -> str:
        """The scope in words, as tabs and messages show it."""
        return SCOPE_TITLES.get(self.name, self.name)


SCOPE_TITLES: Final[dict[str, str]] = {
    "mine": "Mine",
    "shared": "Shared with me",
    "amazon": "Amazon",
    "publishers": "Publishers",
    "marketplace": "Marketplace",
    "community": "Community",
    "all": "All",
}
"""In the order of the keys 1 to 7."""

MINE: Final = Scope("mine")
SHARED: Final = Scope("shared")
AMAZON: Final = Scope("amazon")
PUBLISHERS: Final = Scope("publishers")
MARKETPLACE: Final = Scope("marketplace")
COMMUNITY: Final = Scope("community")
ALL: Final = Scope("all")

ANYBODY: Final = frozenset({ALL, COMMUNITY})
"""Scopes in which there are images of owners that nobody has chosen or vouches for."""

FIRST_START: Final = (MINE, SHARED, AMAZON, PUBLISHERS)
"""What is fetched automatically when nothing is cached, in this order: small, and what most people search for."""

ON_DEMAND: Final = (MARKETPLACE, COMMUNITY)
"""Large ones, fetched only on request."""
