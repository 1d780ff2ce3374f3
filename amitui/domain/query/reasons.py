"""Why an image stands where it does for a query, in a few words each."""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.products.tier import Tier

PLAIN_AND_NEWEST: Final = ("the publisher's own plain build, the newest",)
"""What is said of an image that nothing speaks against."""


class Standing(NamedTuple):
    """What an image's place was decided by."""

    tier: Tier
    product: str
    """Empty: its name follows no known pattern."""
    is_sold: bool
    """Whether its product is a seller's own, not a publisher's that is listed once more."""
    is_other_product: bool
    """Whether the product that was asked for is something else: what it is built for, or in."""
    unasked: tuple[str, ...]
    """Qualifiers that nobody asked for."""
    newer_release: bool
    newer_build: bool
    deprecated: bool
    available: bool


_TIERS = {
    Tier.VERIFIED: "another publisher's copy",
    Tier.OWN: "your own image",
    Tier.SHARED: "shared with you",
    Tier.STRANGER: "unknown account",
    Tier.LOOKALIKE: "look-alike: a publisher's name under another account",
}


def reasons(standing: Standing) -> tuple[str, ...]:
    """The reasons that speak against an image, the gravest first; of one with none, what speaks for it."""
    found: list[str] = []
    if standing.tier is Tier.MARKETPLACE:
        found.append("Marketplace product" if standing.is_sold or not standing.product else "Marketplace copy")
    elif standing.tier is Tier.VERIFIED and not standing.product:
        found.append("another publisher's image")
    elif standing.tier in _TIERS:
        found.append(_TIERS[standing.tier])
    if standing.is_other_product:
        found.append(f"another product: {standing.product}")
    found += [f"+{word}" for word in standing.unasked]
    if not standing.available:
        found.append("not available")
    if standing.deprecated:
        found.append("deprecated")
    if standing.newer_release:
        found.append("newer release exists")
    elif standing.newer_build:
        found.append("newer build exists")
    return tuple(found) or PLAIN_AND_NEWEST
