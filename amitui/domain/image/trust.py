"""How far an image's origin can be trusted, by what its owner cannot forge: account and alias, not the name."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Final

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import (
    AMAZON_ALIAS,
    BACKUP_ALIAS,
    MARKETPLACE_ACCOUNT,
    MARKETPLACE_ALIAS,
    PUBLISHERS,
    Publisher,
    publisher_of,
)


class Trust(IntEnum):
    """Where an image comes from; higher is surer. The order is the sort order of the trust column."""

    LOOKALIKE = 0
    """A known publisher's name pattern under a stranger's account (whoAMI)."""
    UNVERIFIED = 1
    """A public image of an account nobody vouches for."""
    SHARED = 2
    """Private, shared with the viewer by its owner."""
    MARKETPLACE = 3
    PUBLISHER = 4
    """A publisher's account known to amitui."""
    AMAZON = 5
    """Alias `amazon`: Amazon itself or a partner it verified."""
    OWN = 6


_VOUCHED: Final = frozenset((AMAZON_ALIAS, MARKETPLACE_ALIAS, BACKUP_ALIAS))
"""Aliases that AWS gives and owners cannot set. Old records hold account ids there, which vouch for nothing."""

_LOOKALIKE: Final = int(ImageFlag.LOOKALIKE)
_PUBLIC: Final = int(ImageFlag.PUBLIC)


def trust_of(owner_id: str, owner_alias: str, flags: ImageFlag, accounts: tuple[str, ...]) -> Trust:
    """How sure the origin is, for one viewer, whose own accounts are given; empty: none is known.

    A lookalike that is shared privately stays a lookalike: sharing it with a victim is up to its owner.
    """
    if owner_id and owner_id in accounts:
        return Trust.OWN
    if int(flags) & _LOOKALIKE:
        return Trust.LOOKALIKE
    if owner_alias == AMAZON_ALIAS:
        return Trust.AMAZON
    if owner_alias == MARKETPLACE_ALIAS or owner_id == MARKETPLACE_ACCOUNT:
        return Trust.MARKETPLACE
    publisher = publisher_of(owner_id)
    if publisher is not None:
        return Trust.AMAZON if publisher.amazon else Trust.PUBLISHER
    return Trust.UNVERIFIED if int(flags) & _PUBLIC else Trust.SHARED


def is_lookalike(name: str, owner_id: str, owner_alias: str) -> bool:
    """Whether a name follows a known publisher's pattern although account and alias are nobody's that is known.

    A look-up by name pattern, without an owner, that takes the newest match, would pick such an image (whoAMI).
    Copies that people made under the old name look the same, and are as unvouched for. Own images are flagged
    too, since the viewer is not known here: `trust_of` puts the viewer's account first.
    """
    if owner_alias in _VOUCHED or not owner_id or owner_id == MARKETPLACE_ACCOUNT:
        return False
    return publisher_of(owner_id) is None and _imitated(name) is not None


def imitated_publisher(name: str) -> Publisher | None:
    """The publisher whose name pattern `name` resembles, with at most one wrong letter."""
    found = _imitated(name)
    return None if found is None else next(one for one in PUBLISHERS if one.name == found)


def _imitated(name: str) -> str | None:
    return _judge()(name)


@cache
def _judge() -> Callable[[str], str | None]:
    from amitui.domain.products.imitation import imitated  # only who writes the index judges names

    return imitated
