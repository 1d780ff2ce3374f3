"""The publishers whose accounts are known: account ↔ name. Their name patterns are in `products/`.

An account id cannot be forged and an AMI's name can, so everything here that vouches goes by account. The accounts
are those with published evidence; ones that were only rumoured (SUSE and Windows in China, Kali) are left out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.products.publisher_table import ENTRIES

AMAZON_ALIAS: Final = "amazon"
"""ImageOwnerAlias of Amazon and of the partners that Amazon verified."""

MARKETPLACE_ALIAS: Final = "aws-marketplace"

BACKUP_ALIAS: Final = "aws-backup-vault"

MARKETPLACE_ACCOUNT: Final = "679593333241"
"""Owns every Marketplace listing, whoever sells it."""

OWN_NAME: Final = "Self"
"""What stands for a publisher's name where images are the viewer's own."""

_GOV: Final = "aws-us-gov"
_CHINA: Final = "aws-cn"


class Publisher(NamedTuple):
    """An owner whose images people search for by name."""

    name: str
    accounts: tuple[str, ...]
    """In the commercial partition `aws`; empty when the account differs by Region and only the alias identifies
    it."""
    words: tuple[str, ...] = ()
    """Everyday words for it, lower case, matched as a whole."""
    amazon: bool = False
    """Amazon's own: its images carry the alias `amazon` and come with the Amazon scope."""
    listed: bool = True
    """Whether its images are fetched with the Publishers scope."""
    govcloud: tuple[str, ...] = ()
    china: tuple[str, ...] = ()

    def accounts_in(self, partition: str) -> tuple[str, ...]:
        """Its accounts in one partition; none in those where no account is known."""
        if partition == "aws":
            return self.accounts
        if partition == _GOV:
            return self.govcloud
        return self.china if partition == _CHINA else ()

    @property
    def every_account(self) -> tuple[str, ...]:
        """Its accounts in all partitions."""
        return self.accounts + self.govcloud + self.china


PUBLISHERS: Final[tuple[Publisher, ...]] = tuple(
    Publisher(
        entry.name,
        entry.accounts,
        entry.words,
        amazon=entry.amazon,
        listed=entry.listed,
        govcloud=entry.govcloud,
        china=entry.china,
    )
    for entry in ENTRIES
)
"""As the data files of `products/` have them: Amazon's own first, then by how often they are searched for."""

SOLD_PRODUCTS: Final = frozenset(product for entry in ENTRIES if entry.marketplace for product in entry.products)
"""Products whose publisher sells them on the Marketplace alone: a listing there is the product itself."""

_BY_ACCOUNT: Final[dict[str, Publisher]] = {
    account: publisher for publisher in PUBLISHERS for account in publisher.every_account
}
_NAMES: Final[dict[str, str]] = {account: publisher.name for account, publisher in _BY_ACCOUNT.items()}
_NAMES[MARKETPLACE_ACCOUNT] = "AWS Marketplace"
_ALIAS_NAMES: Final = {AMAZON_ALIAS: "Amazon", MARKETPLACE_ALIAS: "AWS Marketplace", BACKUP_ALIAS: "AWS Backup"}


def publisher_of(owner_id: str) -> Publisher | None:
    """The known publisher that an account belongs to."""
    return _BY_ACCOUNT.get(owner_id)


def publisher_name(owner_id: str, owner_alias: str) -> str:
    """The publisher in words; empty when the account is nobody's that is known and AWS gives it no alias."""
    return _NAMES.get(owner_id) or _ALIAS_NAMES.get(owner_alias, "")


def publisher_accounts(partition: str = "aws") -> tuple[str, ...]:
    """The accounts that the Publishers scope asks EC2 for; Amazon's own are left to the Amazon scope."""
    return tuple(
        account
        for publisher in PUBLISHERS
        if publisher.listed and not publisher.amazon
        for account in publisher.accounts_in(partition)
    )


def accounts_named(text: str, partition: str = "") -> tuple[str, ...]:
    """The accounts of the publishers that `text` names, in any case; a partition of "" means all of them.

    A publisher is named by a part of its name (`canon`) or by an everyday word for it (`ubuntu`, `amazon`).
    """
    wanted = " ".join(text.lower().split())
    if not wanted:
        return ()
    named = [p for p in PUBLISHERS if wanted in p.name.lower() or wanted in p.words]
    if partition:
        accounts = [account for p in named for account in p.accounts_in(partition)]
    else:
        accounts = [account for p in named for account in p.every_account]
    if wanted in ("marketplace", "aws marketplace", MARKETPLACE_ALIAS):
        accounts.append(MARKETPLACE_ACCOUNT)
    return tuple(accounts)
