"""How far an image's origin can be trusted, judged by facts an owner cannot forge: account and alias, not the name."""

from __future__ import annotations

from enum import IntEnum


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
