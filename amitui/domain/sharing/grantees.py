"""With whom images are shared: accounts, organizations, their units, everyone.

A grantee is a text as EC2 has it: twelve digits, the ARN of an organization or of a unit, or `all`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from amitui.domain.accounts import is_account

EVERYONE: Final = "all"
"""EC2's name of the group of all accounts."""


class Kind(StrEnum):
    """What a grantee is; the values are the members by which EC2's LaunchPermission names it."""

    ACCOUNT = "UserId"
    EVERYONE = "Group"
    ORGANIZATION = "OrganizationArn"
    UNIT = "OrganizationalUnitArn"


_ARN: Final = re.compile(
    r"arn:(aws[a-z-]*):organizations::([0-9]{12}):"
    r"(?:organization/(o-[a-z0-9]{10,32})|ou/(o-[a-z0-9]{10,32})/(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}))"
)


def is_grantee(text: str) -> bool:
    """Whether EC2 takes the text for one."""
    return bool(text == EVERYONE or is_account(text) or _ARN.fullmatch(text))


def kind_of(grantee: str) -> Kind:
    """What a grantee is."""
    if grantee == EVERYONE:
        return Kind.EVERYONE
    if not grantee.startswith("arn:"):
        return Kind.ACCOUNT
    return Kind.UNIT if ":ou/" in grantee else Kind.ORGANIZATION


def partition_of_arn(grantee: str) -> str:
    """The partition that the ARN of an organization or unit names; empty for other grantees."""
    match = _ARN.fullmatch(grantee)
    return match[1] if match else ""


def organization_ids(grantee: str) -> tuple[str, str]:
    """The ids of the organization and, for a unit, of the unit; empty where there is none."""
    match = _ARN.fullmatch(grantee)
    return (match[3] or match[4], match[5] or "") if match else ("", "")


def short_words(grantee: str) -> str:
    """The id that people know it by: the account's, `o-…`, `ou-…`; for everyone the word."""
    organization, unit = organization_ids(grantee)
    if grantee == EVERYONE:
        return "everyone"
    return unit or organization or grantee


def kind_words(grantee: str) -> tuple[str, str]:
    """What it is, and whose it is where that is not itself."""
    match = _ARN.fullmatch(grantee)
    if match is None:
        return ("everyone" if grantee == EVERYONE else "account"), ""
    return ("organization", f"of {match[2]}") if match[3] else ("unit", f"of organization {match[4]}")


def grantee_words(grantee: str, names: Mapping[str, str]) -> str:
    """How sentences name it: by its id, and by its name in the address book if it has one there."""
    name = names.get(grantee, "")
    words = short_words(grantee)
    return f"{words} ({name})" if name else words


def listed(grantees: Iterable[str], names: Mapping[str, str], most: int = 8) -> str:
    """Grantees in a sentence; those beyond `most` are counted."""
    words = [grantee_words(grantee, names) for grantee in grantees]
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[:most])} and {len(words) - most} more"


def counted(grantees: Iterable[str]) -> str:
    """How many of which kind: `3 accounts, 1 organization`; empty for none."""
    kinds = [kind_of(grantee) for grantee in grantees]
    nouns = {Kind.ACCOUNT: "account", Kind.ORGANIZATION: "organization", Kind.UNIT: "unit"}
    counts = [(kinds.count(kind), noun) for kind, noun in nouns.items()]
    counted = [f"{count} {noun}{'s' if count > 1 else ''}" for count, noun in counts if count]
    return ", ".join([*(["everyone"] if Kind.EVERYONE in kinds else []), *counted])
