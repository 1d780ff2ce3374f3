"""Which shards a scope is made of, and from when on each of them, and each slice of it, is outdated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.catalogue.scope import ALL, COMMUNITY, FIRST_START, MARKETPLACE, SHARED, Scope
from amitui.domain.catalogue.shard import CHUNK_RECORDS, PUBLIC, Shard
from amitui.domain.catalogue.slices import Slice, children

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amitui.domain.catalogue.shard import ShardStatus

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


SHARES_IN_VIEW: Final = 5
"""How many times as often as one's own images those are fetched that others share, while they are in view: nothing
else says that another account has shared an image, or has withdrawn one."""

PAGE_EVERY_S: Final = 6
"""Seconds for each page that this takes at least, of all accounts and Regions in view together."""


def shares_due(
    shards: Iterable[Shard], statuses: Iterable[ShardStatus], *, own_seconds: int, now: int
) -> list[Shard]:
    """Those of the shards in view that hold shared images and are older than they may be while they are in view.

    Never more seldom than `own_seconds`, by which all private shards are due anyway.

    Args:
        shards: what is in view.
        statuses: what is cached of it; what is not, or is incomplete, is fetched for another reason.
        own_seconds: age at which private shards are due.
        now: seconds since the epoch.
    """
    fetched = {status.shard: status for status in statuses if status.complete}
    shared = [fetched[shard] for shard in shards if shard.owner_scope == SHARED.name and shard in fetched]
    pages = sum(max(1, -(-status.record_count // CHUNK_RECORDS)) for status in shared)
    limit = min(own_seconds, max(own_seconds // SHARES_IN_VIEW, PAGE_EVERY_S * pages))
    ages = {status.shard: age_of(status.fetched_at, now) for status in shared}
    return [shard for shard, age in ages.items() if age is None or age >= limit]


_DAY: Final = 86_400
_EPOCH: Final = 719_163
"""Ordinal of 1970-01-01."""
_OPEN_END: Final = "9999-19-39"
"""What the rest of a date is at most; months and days beyond the calendar's last mean the last."""
_SINCE: Final = 3
_EACH_DAYS: Final = 15
_MOST: Final = 21
"""With a day as the age limit of what is new: three days for what was created last week, a day more for each half
month that it is older, three weeks at most. Publishers deprecate and remove what they built in the last months."""


class AgeLimits(NamedTuple):
    """The age from which on a slice is due."""

    public_seconds: int
    """Of slices in which there are new images."""
    own_seconds: int
    """Of all slices of what one account alone sees."""

    def of(self, shard: Shard, part: Slice, now: int) -> int:
        """The limit of one slice, in seconds."""
        base = time_to_live(shard, public_seconds=self.public_seconds, own_seconds=self.own_seconds)
        if shard.owner_scope in PRIVATE_SCOPES:
            return base
        past = days_past(part, now)
        if past is None:
            return base * _MOST
        return base if past <= 0 else base * min(_MOST, _SINCE + past // _EACH_DAYS)

    def is_young(self, shard: Shard, part: Slice, now: int) -> bool:
        """Whether new images appear in a slice: whoever asks for what is new asks for these."""
        past = days_past(part, now)
        return shard.owner_scope in PRIVATE_SCOPES or (past is not None and past <= 0)

    def is_due(self, shard: Shard, part: Slice, fetched_at: int, now: int) -> bool:
        """Whether a slice is older than it may be; one dated ahead of the clock is, for nobody knows its age."""
        age = age_of(fetched_at, now)
        return age is None or age >= self.of(shard, part, now)

    def as_young(self, shard: Shard, part: Slice, fetched_at: int, now: int) -> int:
        """When a slice in which there are new images would have been fetched that is due at the same moment."""
        if age_of(fetched_at, now) is None:
            return 0
        base = time_to_live(shard, public_seconds=self.public_seconds, own_seconds=self.own_seconds)
        return min(now, fetched_at + self.of(shard, part, now) - base)


def days_past(part: Slice, now: int) -> int | None:
    """Days since the last one of which a slice can hold images; not above 0: it may hold those of today.

    `None`: it holds none with a well-formed date.
    """
    last = _latest(part, "")
    return None if last is None else _EPOCH + now // _DAY - last


def _latest(part: Slice, node: str) -> int | None:
    """Ordinal of the last day of a node that a slice holds; `None`: it holds none of the node's."""
    if not any(len(one) > len(node) and one.startswith(node) for one in (*part.within, *part.without)):
        return _last_day(node) if part.decides_for(node) else None
    # What begins with a node and with none of those below it is no date.
    return next((day for one in reversed(children(node)) if (day := _latest(part, one)) is not None), None)


def _last_day(beginning: str) -> int | None:
    """Ordinal of the last day whose date begins so; `None`: no date does."""
    import re  # `amitui find` waits for what is imported above
    from calendar import monthrange
    from datetime import date

    text = beginning[: len(_OPEN_END)] + _OPEN_END[len(beginning) :]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) or text < "0001-01":
        return None
    year, month = int(text[:4]), min(max(int(text[5:7]), 1), 12)
    return date(year, month, min(max(int(text[8:]), 1), monthrange(year, month)[1])).toordinal()
