"""With whom images are shared: accounts, organizations, their units, everyone; read from whatever people paste.

A grantee is a text as EC2 has it: twelve digits, the ARN of an organization or of a unit, or `all`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

EVERYONE: Final = "all"
"""EC2's name of the group of all accounts."""


class Kind(StrEnum):
    """What a grantee is; the values are the members by which EC2's LaunchPermission names it."""

    ACCOUNT = "UserId"
    EVERYONE = "Group"
    ORGANIZATION = "OrganizationArn"
    UNIT = "OrganizationalUnitArn"


class Entries(NamedTuple):
    """What a pasted list says; each grantee once, in the order in which they came."""

    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    """ARNs."""
    units: tuple[str, ...] = ()
    """ARNs of organizational units."""
    everyone: bool = False
    problems: tuple[str, ...] = ()
    """What could not be understood or must not be there, in words."""
    duplicates: tuple[str, ...] = ()
    """Grantees that were there more than once."""

    @property
    def grantees(self) -> tuple[str, ...]:
        """All of them: accounts, organizations, units, everyone."""
        return (*self.accounts, *self.organizations, *self.units, *((EVERYONE,) if self.everyone else ()))


_ARN: Final = re.compile(
    r"arn:(aws[a-z-]*):organizations::([0-9]{12}):"
    r"(?:organization/(o-[a-z0-9]{10,32})|ou/(o-[a-z0-9]{10,32})/(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}))"
)
_ROOT: Final = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root")
_GROUPED: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}")
_ORGANIZATION_ID: Final = re.compile(r"o-[a-z0-9]{10,32}")
_UNIT_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_COMMENT: Final = re.compile(r"(?:(?<![^\s,;])//|#)[^\n]*")
_BETWEEN: Final = re.compile(r"[\s,;\"'`\[\]{}()<>]+")
_EVERYONE_WORDS: Final = frozenset({EVERYONE, "everyone", "public"})
_IGNORED: Final = frozenset(
    word.lower()
    for word in (
        "UserId", "UserIds", "Group", "UserGroups", "OrganizationArn", "OrganizationArns", "OrganizationalUnitArn",
        "OrganizationalUnitArns", "LaunchPermission", "LaunchPermissions", "Add", "Principal", "AWS", "Accounts",
        "Account", "AccountId", "Id", "-", "*", "=", ":", "•", "and",
    )
)  # fmt: skip
"""Names of members in pasted JSON, and what lists begin their lines with."""
_ACCOUNT_DIGITS: Final = 12
_FEWEST_DIGITS: Final = 9
"""Fewer digits than these are no account whose leading zeros a spreadsheet took away."""
_SHOWN: Final = 40


def parse_entries(text: str, *, own: str | None = None) -> Entries:
    """The grantees in a text: digits with or without hyphens, ARNs, with anything usual between them.

    Args:
        own: the account that shares; it cannot be among them.
    """
    found: dict[str, None] = {}
    problems: dict[str, None] = {}
    duplicates: dict[str, None] = {}
    for word in _BETWEEN.split(_COMMENT.sub(" ", text)):
        word = word.strip(":=.") or word
        if not word or word.lower() in _IGNORED:
            continue
        grantee, problem = _read(word)
        if problem:
            problems[problem] = None
        elif own and grantee == own:
            problems[f"{grantee} is this account: its owner may launch an image anyway"] = None
        elif grantee in found:
            duplicates[grantee] = None
        else:
            found[grantee] = None
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for grantee in found:
        by_kind[kind_of(grantee)].append(grantee)
    return Entries(
        tuple(by_kind[Kind.ACCOUNT]),
        tuple(by_kind[Kind.ORGANIZATION]),
        tuple(by_kind[Kind.UNIT]),
        bool(by_kind[Kind.EVERYONE]),
        tuple(problems),
        tuple(duplicates),
    )


def is_grantee(text: str) -> bool:
    """Whether EC2 takes the text for one."""
    return bool(text == EVERYONE or is_account(text) or _ARN.fullmatch(text))


def is_account(text: str) -> bool:
    """Whether it is an account's id: twelve ASCII digits."""
    return len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdigit()


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
    """How a sentence speaks of it: by its id, and by its name in the address book if it has one there."""
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
    told = [f"{count} {noun}{'s' if count > 1 else ''}" for count, noun in counts if count]
    return ", ".join([*(["everyone"] if Kind.EVERYONE in kinds else []), *told])


def _read(word: str) -> tuple[str, str]:
    """(grantee, problem) of one word; one of them is empty."""
    if root := _ROOT.fullmatch(word):
        return root[1], ""
    if is_account(word) or _ARN.fullmatch(word):
        return word, ""
    if _GROUPED.fullmatch(word):
        return word.replace("-", ""), ""
    if word.lower() in _EVERYONE_WORDS:
        return EVERYONE, ""
    return "", _problem(word)


def _problem(word: str) -> str:
    shown = word if len(word) <= _SHOWN else f"{word[: _SHOWN - 1]}…"
    if _ORGANIZATION_ID.fullmatch(word):
        return f"{shown}: EC2 wants its ARN, arn:aws:organizations::MANAGEMENT-ACCOUNT:organization/{shown}"
    if _UNIT_ID.fullmatch(word):
        return f"{shown}: EC2 wants its ARN, arn:aws:organizations::MANAGEMENT-ACCOUNT:ou/ORGANIZATION/{shown}"
    if word.startswith("arn:") and ":organizations:" in word:
        return f"{shown} is not the ARN of an organization or of one of its units"
    if word.startswith("arn:"):
        return f"{shown}: images are shared with whole accounts, organizations and their units"
    digits = word.replace("-", "")
    if digits.isascii() and digits.isdigit():
        if _FEWEST_DIGITS <= len(digits) < _ACCOUNT_DIGITS:
            lost = digits.zfill(_ACCOUNT_DIGITS)
            return f"{shown} has {len(digits)} digits, not 12; were leading zeros lost: {lost}?"
        return f"{shown} has {len(digits)} digits; an account has 12"
    return f"{shown} is no account, organization or unit; comments begin with #"
