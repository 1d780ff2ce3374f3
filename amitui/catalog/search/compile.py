"""From a query's predicates to conditions on one region's rows: what each word can mean there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from amitui.catalog.search.conditions import (
    NEVER,
    Condition,
    all_of,
    any_of,
    created_within,
    description_like,
    in_name,
    in_texts,
    like_of_id,
    listed,
    name_like,
    negation,
    plain,
    tagged,
    text_like,
    whole_number,
)
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.publishers import (
    AMAZON_ALIAS,
    MARKETPLACE_ACCOUNT,
    PUBLISHERS,
    accounts_named,
    publisher_name,
)
from amitui.domain.image.trust import Trust, trust_of
from amitui.domain.image.worst_finding import BY_WORD, MASK, SHIFT
from amitui.domain.query.terms import (
    Account,
    Clause,
    Created,
    Equals,
    Family,
    Flag,
    Glob,
    Os,
    Owner,
    Predicate,
    Tag,
    Word,
)
from amitui.domain.query.values import ARCHITECTURE_ALIASES

FEW_IDS: Final = 500
"""Rows that a part of an image id may name to be listed one by one."""


_SHORTEST_TEXT: Final = 3
_WINDOWS: Final = "windows"
_NO_PLATFORM: Final = frozenset(("linux", "unix", "amazon", "aws"))
"""Words that nearly every platform or alias holds: they say nothing there."""


class Dictionary(Protocol):
    """What a region's file calls things; looked up while a query is compiled."""

    def terms(self, kind: str) -> dict[int, str]:
        """Every text of a kind, by its code."""

    def owners(self, accounts: Iterable[str]) -> list[int]:
        """Codes of these accounts, as far as they are known here, in their order."""

    def owners_beginning(self, digits: str) -> list[int]:
        """Codes of the accounts whose id begins so."""

    def rows_with_id(self, begins: str, like: str, limit: int) -> list[int]:
        """At most `limit` rows whose image id begins so and is LIKE the pattern."""

    def rows_with_text(self, match: str, limit: int) -> list[int]:
        """At most `limit` rows that match an FTS5 expression."""


SEVERITY: Final = f"(i.flags >> {SHIFT} & {MASK})"
"""SQL of the worst finding in an image: a `WorstFinding`."""

PRIVATE: Final = plain("i.audience <> 0")
"""Rows that some accounts see and not everybody."""

_FLAGS: Final = {
    "public": ImageFlag.PUBLIC.value,
    "paid": ImageFlag.PAID.value,
    "encrypted": ImageFlag.ENCRYPTED.value,
    "imds": ImageFlag.IMDS_V2.value,
}

_AMAZON_LINUX: Final = ("amzn", "al2023-ami", "amazon linux", "amazon-linux", "amazonlinux")

_SYSTEM_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "redhat": ("rhel",),
    "red-hat": ("rhel",),
    "suse": ("suse", "sles"),
    "sles": ("suse", "sles"),
    "mac": ("macos",),
    "amazon": _AMAZON_LINUX,
    "amazonlinux": _AMAZON_LINUX,
    "amazon-linux": _AMAZON_LINUX,
    "al2": ("amzn2",),
    "rockylinux": ("rocky",),
}
"""What systems are called in image names, where it is not the word itself."""

_SYSTEM_PLATFORMS: Final = {
    "rhel": "red hat",
    "redhat": "red hat",
    "red-hat": "red hat",
    "suse": "suse",
    "sles": "suse",
    "ubuntu": "ubuntu",
}
"""What PlatformDetails says of the systems that EC2 bills by; their free images say Linux/UNIX alone."""


class Compiler:
    """Compiles predicates for one region's file and one viewer."""

    def __init__(self, dictionary: Dictionary, *, accounts: tuple[str, ...], now: int) -> None:
        self._dictionary = dictionary
        self._accounts = accounts
        self._own_codes: tuple[int, ...] | None = None
        self._now = now

    def clause(self, alternatives: Clause) -> Condition:
        """One clause of a query."""
        return any_of(
            negation(self.predicate(predicate)) if negated else self.predicate(predicate)
            for predicate, negated in alternatives
        )

    def predicate(self, predicate: Predicate) -> Condition:
        """One predicate."""
        match predicate:
            case Word():
                return self._word(predicate)
            case Owner(values):
                return any_of(self._owner(value) for value in values)
            case Account(accounts):
                return self._of_accounts(accounts)
            case Equals("severity", values):
                bits = sorted(BY_WORD[value].value for value in values)
                return plain(f"{SEVERITY} IN ({', '.join(map(str, bits))})") if bits else NEVER
            case Equals(field, values):
                return self._coded(field, (code for code, text in self._terms(field) if text in values))
            case Os(values):
                return any_of(map(self._named_system, values))
            case Family(values):
                return _of_families(values)
            case Glob(field, patterns):
                return any_of(self._glob(field, pattern) for pattern in patterns)
            case Created(since, before):
                return created_within(since, before)
            case Tag(key, values):
                return tagged(key, values)
            case Flag(name, on):
                condition = self._flag(name)
                return condition if on else negation(condition)

    def _terms(self, kind: str) -> list[tuple[int, str]]:
        return [(code, text.lower()) for code, text in self._dictionary.terms(kind).items()]

    def _coded(self, column: str, codes: Iterable[int]) -> Condition:
        ordered = sorted(set(codes))
        if not ordered:
            return NEVER
        return plain(
            f"i.{column} IN ({', '.join(map(str, ordered))})", owners=ordered if column == "owner" else None
        )

    # Words

    def number(self, number: str) -> Condition:
        """A whole number in a name that follows no known pattern."""
        return whole_number(number)

    def architecture(self, name: str) -> Condition:
        """An architecture by EC2's name for it, a Mac's by the plain name as well."""
        return self._coded("arch", (code for code, text in self._terms("arch") if text in (name, f"{name}_mac")))

    def said(self, text: str) -> Condition:
        """A word whose meaning is known, in names and descriptions, and as a platform that is billed for."""
        found = in_texts(text) if len(text) >= _SHORTEST_TEXT else in_name(text)
        if text != _WINDOWS:
            return found  # EC2 knows no other system as a platform of its own but for those that are paid for
        platforms = (code for code, name in self._terms("platform") if text in name)
        return any_of((self._coded("platform", platforms), found))

    def identified(self, image_id: str) -> Condition:
        """The image of this id."""
        return self._with_id(image_id, image_id)

    def available(self) -> Condition:
        """Images that can be launched."""
        return self._coded("state", (code for code, state in self._terms("state") if state == "available"))

    def owned_by(self) -> tuple[int, ...]:
        """Codes of the viewer's accounts, as far as they are known here, in their order."""
        if self._own_codes is None:
            self._own_codes = tuple(self._dictionary.owners(self._accounts))
        return self._own_codes

    def _word(self, word: Word) -> Condition:
        text = word.text
        if len(text) < 3:
            return in_name(text)
        texts = in_texts(text)
        coded = NEVER
        if word.quoted or text not in _NO_PLATFORM:
            coded = any_of(
                (
                    self._coded("owner", self._owners_called(text)),
                    self._coded(
                        "alias", (code for code, alias in self._aliases() if _named_by_alias(text, alias))
                    ),
                    self._coded("arch", self._architectures(text, aliases=not word.quoted)),
                    self._coded("platform", (code for code, name in self._terms("platform") if text in name)),
                )
            )
        by_id = self._image_id(text)
        if coded is NEVER and by_id is not NEVER and by_id.ids is not None:
            # A part of an id is in few names too, so that the rows can be told one by one.
            rows = self._dictionary.rows_with_text(texts.match, FEW_IDS + 1)
            if len(rows) <= FEW_IDS:
                return listed({*by_id.ids, *rows})
        return any_of((coded, by_id, texts))

    def _owners_called(self, text: str) -> list[int]:
        """Owners by their publisher's name, or by the first digits of the account."""
        accounts = [
            account
            for publisher in PUBLISHERS
            if text in publisher.name.lower()
            for account in publisher.every_account
        ]
        if text in publisher_name(MARKETPLACE_ACCOUNT, "").lower():
            accounts.append(MARKETPLACE_ACCOUNT)
        owners = self._dictionary.owners(accounts) if accounts else []
        # Shorter numbers are versions and years, not the beginning of an account.
        if len(text) >= 6 and _is_number(text):
            owners += self._dictionary.owners_beginning(text)
        return owners

    def _aliases(self) -> list[tuple[int, str]]:
        """The aliases that AWS gives; old records hold account ids there."""
        return [(code, alias) for code, alias in self._terms("alias") if publisher_name("", alias)]

    def _architectures(self, text: str, *, aliases: bool) -> list[int]:
        # Only the beginning of another name counts: "arch" is a system, and within aarch64.
        meant = {name for alias, name in ARCHITECTURE_ALIASES if aliases and alias.startswith(text)}
        return [code for code, name in self._terms("arch") if text in name or name in meant]

    def _image_id(self, text: str) -> Condition:
        """Images by a part of their id: after `ami-`, or mixed enough to be neither a number nor a word."""
        digits = text.removeprefix("ami-")
        if not set(digits) <= set("0123456789abcdef"):
            return NEVER
        if text.startswith("ami-"):
            return self._with_id(text, f"{text}%")
        if len(digits) < 5 or digits.isdigit() or digits.isalpha():
            return NEVER
        if len(digits) >= 6:
            return self._with_id("", f"%{digits}%")
        return any_of(self._with_id(begins, f"{begins}%") for begins in (f"ami-{digits}", f"ami-0{digits}"))

    def _with_id(self, begins: str, like: str) -> Condition:
        rows = self._dictionary.rows_with_id(begins, like, FEW_IDS + 1)
        return listed(rows) if len(rows) <= FEW_IDS else text_like("image_id", like)

    # Fields

    def _owner(self, value: str) -> Condition:
        if value == "self":
            return self._own()
        if _is_number(value):
            # Spreadsheets eat the zeros that account ids begin with.
            whole = len(value) >= 10
            dictionary = self._dictionary
            return self._coded(
                "owner", dictionary.owners([value.zfill(12)]) if whole else dictionary.owners_beginning(value)
            )
        owners, aliases = self.owners_named(value)
        return any_of((self._coded("owner", owners), self._coded("alias", aliases)))

    def owners_named(self, name: str) -> tuple[list[int], list[int]]:
        """Codes of the owners and of the aliases that a publisher's name or an alias stands for."""
        wanted = AMAZON_ALIAS if name == "aws" else name
        owners = self._dictionary.owners(accounts_named(name))
        return owners, [code for code, alias in self._aliases() if wanted in alias]

    def _own(self) -> Condition:
        return self._coded("owner", self.owned_by())

    def _of_accounts(self, accounts: Iterable[str]) -> Condition:
        codes = self._dictionary.owners(accounts)
        if not codes:
            return NEVER
        return plain(f"i.audience IN ({', '.join(map(str, codes))})")._replace(audiences=tuple(codes))

    def _named_system(self, value: str) -> Condition:
        """An operating system as it is typed: a platform of EC2's in full, or words."""
        if " " in value or "/" in value:
            from amitui.domain.image.billing import USAGE_OPERATIONS

            platforms = [code for code, text in self._terms("platform") if text == value]
            if platforms or value in map(str.lower, USAGE_OPERATIONS.values()):
                return self._coded("platform", platforms)
        return all_of(self._system(word) for word in value.split())

    def _system(self, word: str) -> Condition:
        """An operating system, or a word that its images have in their names (a version, an edition)."""
        if word == "linux":
            return all_of((negation(self._platform("windows")), negation(self._mac())))
        if word == "windows":
            return self._platform(word)
        return any_of(
            (
                self._platform(_SYSTEM_PLATFORMS[word]) if word in _SYSTEM_PLATFORMS else NEVER,
                self._mac() if word in ("mac", "macos") else NEVER,
                *(in_name(name) for name in _SYSTEM_NAMES.get(word, (word,))),
            )
        )

    def _platform(self, part: str) -> Condition:
        return self._coded("platform", (code for code, text in self._terms("platform") if part in text))

    def _mac(self) -> Condition:
        return self._coded("arch", (code for code, text in self._terms("arch") if text.endswith("_mac")))

    def _glob(self, field: str, pattern: str) -> Condition:
        if field == "name":
            return name_like(pattern)
        if field == "description":
            return description_like(pattern)
        like, begins = like_of_id(pattern)
        return self._with_id(begins, like)

    def _flag(self, name: str) -> Condition:
        if name == "deprecated":
            return plain("coalesce(i.deprecated <= ?, 0)", self._now)
        if name == "trusted":
            return self._trusted()
        if name == "lookalike":
            # An image of the viewer's own is none: `trust_of`.
            named = plain(f"i.flags & {ImageFlag.LOOKALIKE.value} <> 0")
            return all_of((named, negation(self._own())))
        return plain(f"i.flags & {_FLAGS[name]} <> 0")

    def _trusted(self) -> Condition:
        """`trust_of` is MARKETPLACE or higher."""
        accounts = [account for publisher in PUBLISHERS for account in publisher.every_account]
        vouched = any_of(
            (
                self._coded("owner", self._dictionary.owners([*accounts, MARKETPLACE_ACCOUNT])),
                self._coded("alias", (code for code, alias in self._aliases() if _vouches(alias))),
            )
        )
        genuine = plain(f"i.flags & {ImageFlag.LOOKALIKE.value} = 0")
        return any_of((self._own(), all_of((vouched, genuine))))

    # Columns

    def publisher(self) -> str:
        """SQL of the publisher by which a row is sorted, lower case; NULL when it is nobody that is known."""
        cases = [f"WHEN {self._own().probe.text} THEN 'self'"]
        accounts: dict[str, list[str]] = {publisher_name(MARKETPLACE_ACCOUNT, ""): [MARKETPLACE_ACCOUNT]}
        for publisher in PUBLISHERS:
            accounts.setdefault(publisher.name, []).extend(publisher.every_account)
        for name, named in accounts.items():
            owners = self._coded("owner", self._dictionary.owners(named))
            if owners is not NEVER:
                cases.append(f"WHEN {owners.probe.text} THEN {_quoted(name.lower())}")
        for code, alias in self._aliases():
            cases.append(f"WHEN i.alias = {code} THEN {_quoted(publisher_name('', alias).lower())}")
        return f"CASE {' '.join(cases)} END"

    def trust(self) -> str:
        """SQL of a row's trust: `trust_of`."""
        cases = [
            f"WHEN {self._own().probe.text} THEN {Trust.OWN.value}",
            f"WHEN i.flags & {ImageFlag.LOOKALIKE.value} THEN {Trust.LOOKALIKE.value}",
        ]
        for code, alias in self._aliases():
            if _vouches(alias):
                cases.append(f"WHEN i.alias = {code} THEN {_trust('', alias)}")
        accounts: dict[int, list[str]] = {_trust(MARKETPLACE_ACCOUNT, ""): [MARKETPLACE_ACCOUNT]}
        for publisher in PUBLISHERS:
            for account in publisher.every_account:
                accounts.setdefault(_trust(account, ""), []).append(account)
        for trust, trusted in accounts.items():
            owners = self._coded("owner", self._dictionary.owners(trusted))
            cases.append(f"WHEN {owners.probe.text} THEN {trust}")
        public = f"WHEN i.flags & {ImageFlag.PUBLIC.value} THEN {Trust.UNVERIFIED.value}"
        return f"CASE {' '.join(cases)} {public} ELSE {Trust.SHARED.value} END"


def _of_families(families: Iterable[str]) -> Condition:
    from amitui.domain.image.facets import family_code

    codes = sorted({family_code(text) for family in families for text in (family, family.lower())})
    return plain(f"i.family IN ({', '.join(map(str, codes))})")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _named_by_alias(text: str, alias: str) -> bool:
    return text in alias or text in publisher_name("", alias).lower()


def _trust(account: str, alias: str) -> int:
    return trust_of(account, alias, ImageFlag.PUBLIC, ()).value


def _vouches(alias: str) -> bool:
    return _trust("", alias) >= Trust.MARKETPLACE


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
