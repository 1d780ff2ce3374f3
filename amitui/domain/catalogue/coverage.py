"""Which shards a scope is made of, and from when on each is outdated."""

from __future__ import annotations

from amitui.domain.catalogue.scope import ALL, COMMUNITY, FIRST_START, MARKETPLACE, Scope
from amitui.domain.catalogue.shard import PUBLIC, Shard

PRIVATE_SCOPES = ("mine", "shared")
"""Seen by one account only; an account id's images are too, because some may be shared with the viewer alone."""


def shards_of(
    scope: Scope, region: str, *, partition: str = "aws", account: str | None, everything: bool = False
) -> tuple[Shard, ...]:
    """The shards to fetch for a scope in a region, in the order in which to fetch them.

    Args:
        account: whose credentials ask; without one, only public shards can be named.
        everything: for `all`, the large on-demand ones too (a typed `sync --scope all`).
    """
    scopes: tuple[Scope, ...]
    if scope == ALL:
        scopes = (*FIRST_START, MARKETPLACE, COMMUNITY) if everything else FIRST_START
    else:
        scopes = (scope,)
    shards = []
    for one in scopes:
        if one.name in PRIVATE_SCOPES or one.account_id:
            if account is None:
                continue
            shards.append(Shard(partition, account, region, one.name))
        else:
            shards.append(Shard(partition, PUBLIC, region, one.name))
    return tuple(shards)


CLOCK_SLACK_S = 60
"""By how much what was fetched may be ahead of this clock: several machines can write one cache."""


def age_of(fetched_at: int, now: int) -> int | None:
    """Seconds since something was fetched; `None` when a clock that was ahead said when, so that nobody knows."""
    if fetched_at > now + CLOCK_SLACK_S:
        return None
    return max(0, now - fetched_at)


def time_to_live(shard: Shard, *, public_seconds: int, own_seconds: int) -> int:
    """Age in seconds at which a shard wants to be fetched again."""
    return own_seconds if shard.owner_scope in PRIVATE_SCOPES else public_seconds
