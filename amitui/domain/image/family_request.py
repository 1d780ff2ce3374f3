"""How EC2 is asked for the builds of an image's family: by whose they are, and by a name pattern that floats."""

from __future__ import annotations

from typing import NamedTuple

from amitui.domain.catalogue.region_grid import owners_to_ask
from amitui.domain.image.family import family_of
from amitui.domain.image.publishers import AMAZON_ALIAS, PUBLISHERS, publisher_of
from amitui.domain.image.trust import Trust
from amitui.domain.products.floating import floating_pattern, glob_escaped
from amitui.domain.products.listing import without_tail
from amitui.domain.products.reading import identity_of
from amitui.domain.region import partition_of
from amitui.domain.visible import REPLACEMENT


class FamilyRequest(NamedTuple):
    """What DescribeImages is asked for, and which of the answer are of the family."""

    owners: tuple[str, ...]
    """Accounts, `self` or `amazon`; one at least."""
    patterns: tuple[str, ...]
    """Of the filter `name`; other families may match them as well."""
    architecture: str
    """In EC2's words; empty = any."""
    family: str
    """See `family_of`."""

    def joined(self, other: FamilyRequest) -> FamilyRequest:
        """One request for both; names of one family may be written in several ways."""
        return self._replace(patterns=tuple(sorted({*self.patterns, *other.patterns})))


def family_request(name: str, owner_id: str, trust: Trust, architecture: str, region: str) -> FamilyRequest:
    """The request for the builds of an image's family by the same owner; a publisher has several accounts.

    Args:
        region: where EC2 is asked.
    """
    publisher = publisher_of(owner_id)
    accounts = publisher.accounts_in(partition_of(region)) if publisher else ()
    owners = owners_to_ask(trust, owner_id, accounts)
    if trust is Trust.AMAZON and identity_of(name) is None:
        owners = (owner_id,)  # a pattern that is a guess would match half of what carries the alias
    return FamilyRequest(owners, (name_pattern(name),), architecture, family_of(name))


def genuine_request(name: str, architecture: str, region: str) -> FamilyRequest | None:
    """The request for the publisher's own builds of what a look-alike's name says; `None` = it says no product."""
    identity = identity_of(name)
    publisher = next((one for one in PUBLISHERS if identity and one.name == identity.publisher), None)
    if identity is None or publisher is None:
        return None
    accounts = publisher.accounts_in(partition_of(region))
    owners = (AMAZON_ALIAS,) if publisher.amazon or not accounts else accounts
    return FamilyRequest(owners, (name_pattern(name),), architecture, identity.family)


def name_pattern(name: str) -> str:
    """A pattern for EC2's filter `name` that this and later builds of a family match, and perhaps others."""
    floating = floating_pattern(name)
    if floating is not None and floating.known:
        return floating.pattern
    listed = without_tail(name)
    if listed is not None and listed.listing != "*":
        return f"*{listed.listing}*"
    if listed is not None:
        known = floating_pattern(listed.name)
        return f"{known.pattern}*" if known is not None else f"{glob_escaped(listed.name)}*"
    if identity_of(name) is not None:
        return glob_escaped(name)
    # The family of a name that follows no known pattern is the name with `*` for what varies.
    parts = family_of(name).replace(REPLACEMENT, "*").split("*")
    return "*".join(map(glob_escaped, parts)) or "*"
