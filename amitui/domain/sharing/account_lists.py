"""Lists of grantees read from whatever people paste: columns, options and answers of the AWS CLI, policies, notes.

Each word is understood, or pointed out with its line. Digits are never joined over blanks, what takes shares away
is never read as giving them, and everyone is only meant where EC2's own word `all` cannot be part of a sentence.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from amitui.domain.accounts import DIGITS, account_of, is_account, is_quote, plain_digits, unquoted
from amitui.domain.sharing.grantees import EVERYONE, Kind, is_grantee, kind_of
from amitui.domain.visible import without_invisible


class Entries(NamedTuple):
    """What a pasted list says; each grantee once, in the order in which they came."""

    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    """ARNs."""
    units: tuple[str, ...] = ()
    """ARNs of organizational units."""
    everyone: bool = False
    problems: tuple[str, ...] = ()
    """What could not be understood or must not be there, in words; with its line where there are several."""
    duplicates: tuple[str, ...] = ()
    """Grantees that were there more than once."""

    @property
    def grantees(self) -> tuple[str, ...]:
        """All of them: accounts, organizations, units, everyone."""
        return (*self.accounts, *self.organizations, *self.units, *((EVERYONE,) if self.everyone else ()))


_NAMING: Final = frozenset(
    word.lower()
    for word in (
        "UserId", "UserIds", "OrganizationArn", "OrganizationArns", "OrganizationalUnitArn",
        "OrganizationalUnitArns", "LaunchPermission", "LaunchPermissions", "Add", "Principal", "Principals",
        "AWS", "Accounts", "Account", "AccountId", "AccountIds", "Account_Id", "Account_Ids", "Id", "Ids",
        "Statement",
    )
)  # fmt: skip
"""Members of JSON whose values are grantees, and words that say the same in lists."""

_GROUPS: Final = frozenset({"group", "groups", "usergroups", "--user-groups", "--groups"})
"""What EC2's group `all` stands behind."""

_RECORD: Final = frozenset(
    word.lower()
    for word in (
        "Arn", "Email", "Name", "Status", "State", "JoinedMethod", "JoinedTimestamp", "Paths", "ImageId",
        "NextToken", "ResponseMetadata", "Version", "Sid", "Action", "Resource", "Effect", "Condition",
        "ListAccounts",
    )
)  # fmt: skip
"""Other members of answers and policies that name accounts; `Arn` does so where there is no `Id`."""

_AWAY: Final = ("remove", "revoke", "deny", "denied", "delete", "exclude", "except", "notprincipal")
"""How members of JSON begin whose grantees get nothing: `Remove`, `NotPrincipal`."""

_LIST_WORDS: Final = frozenset({"and", "&", "awsaccounts"})
_OPTIONS: Final = frozenset(
    {"--user-ids", "--launch-permission", "--organization-arns", "--organizational-unit-arns", "--accounts"}
)
_OTHER_OPTIONS: Final = frozenset(
    {"--image-id", "--region", "--profile", "--attribute", "--output", "--endpoint-url", "--operation-type"}
)
"""Options of `aws ec2 modify-image-attribute` with a value that names nobody."""
_COMMAND: Final = frozenset({"aws", "ec2", "modify-image-attribute", "$", "\\"})

_COMMENT: Final = re.compile(r"(?:(?<![^\s,;])//|#).*")
_BULLET: Final = re.compile(r"\s*(?:(?:[-*+•◦▪‣–—>−]|[0-9]{1,3}[.)]|\[[ xX]?\])(?=\s|$)\s*)*")
_TOKEN: Final = re.compile(r"arn:[^\s,;{}\[\]()<>|]+|[^\s,;=:{}\[\]()<>|]+")
_RULE: Final = re.compile(r"[-+|=_\s]*")
_MEMBER_LINE: Final = re.compile(
    r"\s*(?:Name|Email|Status|State|JoinedMethod|JoinedTimestamp|ImageId|NextToken)\s*[:=].*"
)
"""A line of YAML or JSON that says something else of an account."""
_ACCOUNT_ARN: Final = re.compile(r"arn:aws[a-z-]*:organizations::[0-9]{12}:account/o-[a-z0-9]{10,32}/([0-9]{12})")
_ROOT: Final = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root")
_ORGANIZATION_ID: Final = re.compile(r"o-[a-z0-9]{10,32}")
_UNIT_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_FEWEST_DIGITS: Final = 9
"""Fewer digits than these are no account whose leading zeros a spreadsheet took away."""
_SHOWN: Final = 40
_EVERYONE_WORDS: Final = frozenset({"everyone", "everybody", "public", "all", "*"})


def parse_entries(text: str, *, own: str | None = None) -> Entries:
    """The grantees in a text.

    Args:
        own: the account that shares; it cannot be among them.
    """
    reader = _Reader(own)
    documents = _documents(text)
    if documents is not None:
        for document in documents:
            reader.member("", document)
        return reader.entries()
    if unquoted(text) == "*":
        reader.member("", "*")  # alone it is no bullet
        return reader.entries()
    lines = text.splitlines()
    several = sum(1 for line in lines if line.strip()) > 1
    for number, line in enumerate(lines, 1):
        reader.where = f"line {number}: " if several else ""
        reader.line(cleaned(line))
    return reader.entries()


def cleaned(text: str) -> str:
    """The text as a list is shown and read: a soft hyphen is a hyphen, any other invisible character a blank."""
    return without_invisible(text.replace("\u00ad", "-"), keep="\n\t", instead=" ")


class _Members(NamedTuple):
    """An object of JSON: all of its members, those that are there twice too."""

    pairs: tuple[tuple[str, Any], ...]


class _Reader:
    """Collects what is found."""

    def __init__(self, own: str | None) -> None:
        self._own = own
        self._found: dict[str, None] = {}
        self._problems: dict[str, None] = {}
        self._duplicates: dict[str, None] = {}
        self.where = ""
        """Put before each problem."""

    def entries(self) -> Entries:
        by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        for grantee in self._found:
            by_kind[kind_of(grantee)].append(grantee)
        return Entries(
            tuple(by_kind[Kind.ACCOUNT]),
            tuple(by_kind[Kind.ORGANIZATION]),
            tuple(by_kind[Kind.UNIT]),
            bool(by_kind[Kind.EVERYONE]),
            tuple(self._problems),
            tuple(self._duplicates),
        )

    def line(self, line: str) -> None:
        """One line that is no whole JSON."""
        bare = "".join(" " if is_quote(one) else one for one in _COMMENT.sub("", line))
        bare = bare[_BULLET.match(bare).end() :]  # type: ignore[union-attr]  # matches the empty text
        if _RULE.fullmatch(bare) or _MEMBER_LINE.fullmatch(bare):
            return
        tokens = [token.rstrip(".") or token for token in _TOKEN.findall(bare)]
        if not self._record_line(tokens):
            self._words(tokens)

    def member(self, name: str, value: Any) -> None:
        """A value of JSON, and the name of the member that holds it."""
        if name.lower().startswith(_AWAY):
            self._takes_away()
        elif isinstance(value, _Members):
            self._object(value)
        elif isinstance(value, list):
            for one in value:
                self.member(name, one)
        elif name.lower() in _GROUPS and value == EVERYONE:
            self._take(EVERYONE)
        elif name and name.lower() not in _NAMING:
            self._problem(f"{_shown(name)}: what it holds is not taken for accounts; UserId, Id and AccountId are")
        elif isinstance(value, str):
            for word in _TOKEN.findall("".join(" " if is_quote(one) else one for one in cleaned(value))):
                self._word(word)
        else:
            self._problem(f"{name or 'the list'} holds {json.dumps(value)}, which is no account")

    def _object(self, members: _Members) -> None:
        values = {name.lower(): value for name, value in members.pairs}
        denied = any(
            name.lower() == "effect" and str(value).strip().lower() != "allow" for name, value in members.pairs
        )
        if denied or any(name.startswith(_AWAY) for name in values):
            self._takes_away()
            return
        has_id = any(name in values for name in ("id", "accountid", "userid"))
        for name, value in members.pairs:
            if name.lower() == "arn" and not has_id:
                self.member("Id", value)
            elif name.lower() not in _RECORD:
                self.member(name, value)
        account, arn = values.get("id"), values.get("arn")
        match = _ACCOUNT_ARN.fullmatch(arn) if isinstance(arn, str) else None
        if match and isinstance(account, str) and account_of(account) != match[1]:
            self._problem(f"{_shown(account)} has the ARN of another account, {match[1]}")

    def _record_line(self, tokens: list[str]) -> bool:
        """Take a line of `aws organizations list-accounts` as text or a table; whether it is one."""
        lowered = {token.lower() for token in tokens}
        if lowered and lowered <= _RECORD | _NAMING:
            return True
        arns = [match[1] for token in tokens if (match := _ACCOUNT_ARN.fullmatch(token))]
        if len(arns) != 1 or len(tokens) == 1:
            return False
        ids = {account_of(token) for token in tokens} - {""}
        if ids and ids != set(arns):
            self._problem(f"{', '.join(sorted(ids))} stands beside the ARN of {arns[0]}")
        else:
            self._word(arns[0])
        return True

    def _words(self, tokens: list[str]) -> None:
        command = tokens[:1] == ["aws"] or tokens[:2] == ["$", "aws"]
        alone = all(token == EVERYONE or _grantee(token) for token in tokens)
        before = ""
        for token in tokens:
            lowered, last = token.lower(), before
            before = lowered
            if lowered == "remove" or (last == "--operation-type" and lowered != "add"):
                self._takes_away()
                return
            if last in _OTHER_OPTIONS or lowered in _NAMING | _LIST_WORDS | _OPTIONS | _GROUPS | _OTHER_OPTIONS:
                continue
            if command and lowered in _COMMAND:
                continue
            if token == EVERYONE and (alone or last in _GROUPS):
                self._take(EVERYONE)
            else:
                self._word(token)

    def _takes_away(self) -> None:
        self._problem("it removes shares: select them below instead, or omit that part")

    def _word(self, word: str) -> None:
        grantee = _grantee(word)
        if grantee:
            self._take(grantee)
        else:
            self._problem(_problem(word))

    def _take(self, grantee: str) -> None:
        if self._own and grantee == self._own:
            self._problems[f"{grantee} is this account: its owner may launch an image anyway"] = None
        elif grantee in self._found:
            self._duplicates[grantee] = None
        else:
            self._found[grantee] = None

    def _problem(self, words: str) -> None:
        self._problems[f"{self.where}{words}"] = None


def _documents(text: str) -> list[Any] | None:
    """The documents of JSON that the text consists of, with or without commas between; `None` if it is no JSON."""
    rest = text.strip("\ufeff \t\r\n")
    if not rest.startswith(("{", "[")):
        return None
    # Numbers keep their digits: as a float, an account would lose some.
    decoder = json.JSONDecoder(
        parse_int=str, parse_float=str, object_pairs_hook=lambda pairs: _Members(tuple(pairs))
    )
    documents: list[Any] = []
    while rest:
        try:
            document, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, (_Members, list)):
            return None
        documents.append(document)
        rest = rest[end:].lstrip(" \t\r\n,;")
    return documents


def _grantee(word: str) -> str:
    """The grantee that one word is, other than everyone; empty = none."""
    if match := _ROOT.fullmatch(word) or _ACCOUNT_ARN.fullmatch(word):
        return match[1]
    if word != EVERYONE and is_grantee(word):
        return word
    return account_of(word)


def _problem(word: str) -> str:
    shown = _shown(word)
    if word.lower() in _EVERYONE_WORDS:
        return f'{shown} among other words is not taken for everyone: choose that below, or write "all" alone'
    if _ORGANIZATION_ID.fullmatch(word):
        return f"{shown}: use its ARN, arn:aws:organizations::MANAGEMENT-ACCOUNT:organization/{shown}"
    if _UNIT_ID.fullmatch(word):
        return f"{shown}: use its ARN, arn:aws:organizations::MANAGEMENT-ACCOUNT:ou/ORGANIZATION/{shown}"
    if word.startswith("arn:") and ":organizations:" in word:
        return f"{shown} is not the ARN of an organization or of one of its units"
    if word.startswith("arn:"):
        return f"{shown}: images are shared with whole accounts, organizations and their units"
    digits = plain_digits(word).replace("-", "")
    if digits.isascii() and digits.isdigit():
        if is_account(digits):
            return f"{shown}: an account has no hyphens, or two, as in {digits[:4]}-{digits[4:8]}-{digits[8:]}"
        if _FEWEST_DIGITS <= len(digits) < DIGITS and digits == word:
            return f"{shown} has {len(digits)} digits, not 12; were leading zeros lost: {digits.zfill(DIGITS)}?"
        return f"{shown} has {len(digits)} digits; an account has 12"
    return f"{shown} is not an account, organization or organizational unit; comments begin with #"


def _shown(word: str) -> str:
    return word if len(word) <= _SHOWN else f"{word[: _SHOWN - 1]}…"
