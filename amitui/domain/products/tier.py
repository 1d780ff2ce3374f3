"""How near an image's owner is to the product that its name says."""

from __future__ import annotations

from enum import IntEnum


class Tier(IntEnum):
    """How near an image's owner is to the product that its name says; lower is nearer."""

    PUBLISHER = 0
    """The product's own publisher."""
    VERIFIED = 1
    """Another publisher whose account is known or whom AWS vouches for."""
    MARKETPLACE = 2
    OWN = 3
    """The viewer's; never kept in the index, which does not know the viewer."""
    SHARED = 4
    STRANGER = 5
    LOOKALIKE = 6
