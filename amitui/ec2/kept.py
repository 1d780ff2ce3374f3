"""Which records of an answer belong to a shard: EC2's filters cannot say all of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from amitui.domain.catalogue.shard import Shard
from amitui.domain.image.image import RawRecord
from amitui.domain.image.publishers import AMAZON_ALIAS, BACKUP_ALIAS, MARKETPLACE_ALIAS, publisher_accounts

_VOUCHED_ALIASES: Final = frozenset({AMAZON_ALIAS, MARKETPLACE_ALIAS, BACKUP_ALIAS})


def keeps(shard: Shard, record: RawRecord, account: str | None) -> bool:
    """Whether a record of the request's answer belongs to the shard.

    Args:
        shard: the shard being fetched.
        record: one image.
        account: whose credentials are used: EC2 shows an owner more of its own images than it shows others.
    """
    owner = record.get("OwnerId")
    if not shard.is_public:
        return shard.owner_scope != "shared" or (
            record.get("Public") is not True and not shard.is_seen_through((owner,))
        )
    if record.get("Public") is not True or (account is not None and owner == account):
        return False
    if shard.owner_scope != "community":
        return True
    return record.get("ImageOwnerAlias") not in _VOUCHED_ALIASES and owner not in _known_accounts(shard.partition)


@lru_cache(maxsize=4)
def _known_accounts(partition: str) -> frozenset[str]:
    return frozenset(publisher_accounts(partition))
