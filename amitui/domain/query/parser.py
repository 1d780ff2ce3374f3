"""The query language: one line of text into a `Query`, or an error that points at the word that is wrong.

| and OR bind tighter than the space between words: `ubuntu | debian arm64` is either system, on arm64.
Design: an unknown `field:` is an error rather than a word, because a silent miss (`onwer:self`) looks like
"there are none".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.domain.owners import owner_of
from amitui.domain.query.terms import (
    BEST,
    SORT_COLUMNS,
    Account,
    Clause,
    Equals,
    Family,
    Flag,
    Glob,
    Literal,
    Os,
    Owner,
    Predicate,
    Query,
    QuerySyntaxError,
    SortOrder,
    Tag,
    Word,
)
from amitui.domain.query.tokens import Token, exact_pattern, pattern, word
from amitui.domain.query.values import ENUMERATIONS, FLAGS, ValueProblem, age, created, enumerated, flag

if TYPE_CHECKING:
    from amitui.domain.query.accounts import KnownAccounts

__all__ = ["FIELDS", "MAX_LENGTH", "MAX_TERMS", "Query", "QuerySyntaxError", "SortOrder", "parse_query"]

MAX_LENGTH: Final = 2000
"""Characters in a query. Far past what is typed; keeps pasted files from becoming SQL."""

MAX_TERMS: Final = 64
"""Words and values in a query: SQLite bounds the depth of an expression."""

_EXAMPLES: Final = {
    "owner": "owner:canonical, owner:self, owner:099720109477",
    "account": "account:dev, account:*-prod",
    "arch": "arch:arm64",
    "os": "os:windows",
    "root": "root:ebs",
    "virt": "virt:hvm",
    "boot": "boot:uefi",
    "state": "state:available",
    "type": "type:machine",
    "severity": "severity:<critical, severity:none",
    "family": 'family:"ubuntu 24.04 arm64"',
    "name": "name:ubuntu*24.04*",
    "description": 'description:"hardened"',
    "id": "id:ami-0ab*",
    "created": "created:>2026-01, created:30d",
    "age": "age:<90d",
    "tag": "tag:Env=prod",
    "public": "public:yes",
    "paid": "paid:no",
    "deprecated": "deprecated:no",
    "encrypted": "encrypted:yes",
    "imds": "imds:v2",
    "trusted": "trusted:yes",
    "lookalike": "lookalike:yes",
    "latest": "latest:yes",
    "sort": "sort:-created",
}
_ID_FIELD: Final = "image[_-]?ids?|(?:source[_-])?ami(?:[_-]ids?)?"
"""What AWS, Terraform, Packer and Ansible call an image's id."""

FIELDS: Final = tuple(_EXAMPLES)
"""Every field that a query may name."""

OTHER_NAMES: Final = {
    "architecture": "arch",
    "platform": "os",
    "publisher": "owner",
    "desc": "description",
    "date": "created",
    "virtualization": "virt",
    "tags": "tag",
    "look-alike": "lookalike",
}
_OTHER_COLUMNS: Final = {
    "architecture": "arch",
    "os": "platform",
    "date": "created",
    "virtualization": "virt",
    "desc": "description",
}
# Patterns are compiled when they are needed: `amitui find` waits for its imports.


def parse_query(text: str, *, now: int, accounts: KnownAccounts | None = None) -> Query:
    """What `text` asks for.

    Args:
        text: one line as typed.
        now: epoch seconds that ages count back from.
        accounts: gives the accounts that `account:` can name; `None`: only their ids are understood.

    Raises:
        QuerySyntaxError: it cannot be understood; says where.
    """
    if len(text) > MAX_LENGTH:
        raise QuerySyntaxError(
            "the query is too long",
            text=text,
            position=MAX_LENGTH,
            length=len(text) - MAX_LENGTH,
            remedy=f"at most {MAX_LENGTH} characters",
        )
    if not text.isprintable():
        # Same lengths, so that positions stay those of what was typed. Surrogates come from undecodable arguments.
        text = re.sub(r"[\ud800-\udfff]", "␦", re.sub(r"[\x00-\x1f\x7f]", " ", text))
    if ":ssm:" in text:
        text = re.sub(r"arn:aws[a-z-]*:ssm:[a-z0-9:-]*:parameter(?=/)", lambda arn: " " * len(arn[0]), text)
    if "resolve:ssm:" in text:
        # How launch templates and CloudFormation write a parameter; what follows is its name.
        text = text.replace("{{resolve:ssm:", " " * 14).replace("resolve:ssm:", " " * 12).replace("}}", "  ")
    if ("=" in text or ":" in text or "[" in text) and "ami-" in text.lower():
        from amitui.domain.ids import copied_ids

        if ids := copied_ids("ami", _ID_FIELD, text):
            return _Parser(" ".join(ids), now, accounts).query()._replace(text=text)
    return _Parser(text, now, accounts).query()


def _ids_of(token: Token) -> tuple[str, ...]:
    """The image ids that a token consists of, in a list, an ARN or a link of the console."""
    if "ami" not in token.text.lower() or any(token.quoted):
        return ()
    from amitui.domain.ids import read_ids

    return read_ids("ami", token.text)


def _is_operator(token: Token, word: str) -> bool:
    return token.text == word and not any(token.quoted)


def _names_images(clause: Clause) -> bool:
    return all(
        not literal.negated and isinstance(literal.predicate, Word) and literal.predicate.image_id is not None
        for literal in clause
    )


class _Parser:
    """Reads one query from left to right."""

    def __init__(self, text: str, now: int, accounts: KnownAccounts | None) -> None:
        self._text = text
        self._accounts = accounts
        self._now = now
        self._sort: SortOrder | None = None
        self._latest = False
        self._terms = 0

    def query(self) -> Query:
        clauses: list[Clause] = []
        position = 0
        while (start := self._skip(position)) < len(self._text):
            if clauses and re.match(r"AND(?=\s)", self._text[start : start + 4]):
                position = start + 3
                continue
            clause, position = self._clause(start)
            if clause and clauses and _names_images(clause) and _names_images(clauses[-1]):
                # No image has two ids: a list of them means any of them.
                clauses[-1] += clause
            elif clause:
                clauses.append(clause)
            if self._terms > MAX_TERMS:
                raise self._error("too many words", start, position - start, f"at most {MAX_TERMS}")
        return Query(self._text, tuple(clauses), self._sort, self._latest)

    def _clause(self, position: int) -> tuple[Clause, int]:
        """The alternatives that begin at `position`, and where they end."""
        alternatives: list[Literal] = []
        while True:
            if self._text[position] == "|":
                raise self._error("nothing stands before |", position, 1, "a | b finds either")
            token = self._token(position)
            if _is_operator(token, "OR"):
                raise self._error("nothing stands before OR", position, 2, "a OR b finds either")
            ids = _ids_of(token)
            self._terms += len(ids)
            alternatives += [Literal(Word(image_id)) for image_id in ids[:-1]]
            literal = Literal(Word(ids[-1])) if ids else self._literal(token)
            bar = self._skip(token.end)
            length = self._bar(bar)
            if not length:
                if literal is None and alternatives:
                    raise self._not_an_alternative(token)
                return tuple(alternatives) + ((literal,) if literal else ()), token.end
            if literal is None:
                raise self._not_an_alternative(token)
            alternatives.append(literal)
            position = self._skip(bar + length)
            if position >= len(self._text):
                sign = self._text[bar : bar + length]
                raise self._error(
                    f"nothing stands after {sign}", bar, length, f"a {sign} b finds either", incomplete=True
                )

    def _bar(self, position: int) -> int:
        """Characters of the sign for "or" that stands there; 0: none does."""
        if self._text[position : position + 1] == "|":
            return 1
        return 2 if re.match(r"OR(?=\s|$)", self._text[position : position + 3]) else 0

    def _skip(self, position: int) -> int:
        while position < len(self._text) and self._text[position].isspace():
            position += 1
        return position

    def _token(self, start: int) -> Token:
        token = Token.read(self._text, start)
        if isinstance(token, int):
            raise self._error(
                "the quote is not closed",
                token,
                len(self._text) - token,
                'close it with a second "',
                incomplete=True,
            )
        return token

    def _literal(self, token: Token) -> Literal | None:
        """What a token asks of an image; `None` when it speaks of the order or the latest only."""
        negated = token.text.startswith("-") and not token.quoted[0]
        if negated and len(token.text) == 1:
            if token.end == len(self._text):
                raise self._error(
                    "- stands before nothing", token.start, 1, "-word leaves out what has it", incomplete=True
                )
            # A dash between spaces is part of many a pasted name ("Deep Learning AMI - 3.3").
            negated = False
        elif negated and not token.text.strip("-*?"):
            negated = False  # the end of a pasted pattern
        body = token.part(1) if negated else token
        if not body.text:
            raise self._error(
                "nothing stands between the quotes",
                token.start,
                token.end - token.start,
                incomplete=token.end == len(self._text),
            )
        predicate = self._predicate(body, negated)
        if predicate is None:
            return None
        self._terms += (
            len(predicate.values) if isinstance(predicate, Owner | Account | Equals | Os | Family | Tag) else 1
        )
        self._terms += len(predicate.patterns) - 1 if isinstance(predicate, Glob) else 0
        return Literal(predicate, negated)

    def _predicate(self, token: Token, negated: bool) -> Predicate | None:
        colon = token.plain_index(":")
        if colon < 0:
            return word(token)
        typed = token.text[:colon].lower()
        field = OTHER_NAMES.get(typed, typed)
        if field not in FIELDS:
            raise self._error(
                f"there is no field {typed}:" if typed else "a field's name is missing before the colon",
                token.start,
                max(1, token.places[colon] + 1 - token.start),
                f'to search for the text itself, quote it: "{token.text}"; fields: {", ".join(FIELDS)}',
            )
        value = token.part(colon + 1)
        if not value.text:
            raise self._error(
                f"{typed}: has no value",
                token.start,
                token.end - token.start,
                f"type it without a space: {_EXAMPLES[field]}",
                incomplete=token.end == len(self._text),
            )
        if field in ("sort", "latest"):
            if negated:
                raise self._error(f"{field}: cannot be negated", token.start - 1, token.end - token.start + 1)
            self._order(field, value)
            return None
        return self._field(field, value)

    def _field(self, field: str, value: Token) -> Predicate:
        try:
            if field == "created":
                return created(value.text, self._now)
            if field == "age":
                return age(value.text.lower(), self._now)
            if field in FLAGS:
                return Flag(field, flag(field, value.text.lower()))
        except ValueProblem as problem:
            raise self._value_error(problem, value) from None
        if field == "tag":
            return self._tag(value)
        parts = self._values(field, value)
        if field in ENUMERATIONS:
            return Equals(field, tuple(name for part in parts for name in self._enumerated(field, part)))
        if field == "owner":
            return Owner(tuple(owner_of(part.text) for part in parts))
        if field == "account":
            return Account(tuple(account for part in parts for account in self._meant(part)))
        if field == "family":
            return Family(tuple(part.text for part in parts))
        values = tuple(part.text.lower() for part in parts)
        if field == "os":
            return Os(values)
        return Glob(field, tuple(pattern(part) for part in parts))

    def _values(self, field: str, value: Token) -> list[Token]:
        """The comma-separated parts of a value, none of them empty."""
        parts = value.split(",")
        for part in parts:
            if not part.text:
                raise self._error(
                    f"a value of {field}: is missing at the comma",
                    value.start,
                    value.end - value.start,
                    incomplete=part is parts[-1] and value.end == len(self._text),
                )
        return parts

    def _enumerated(self, field: str, part: Token) -> tuple[str, ...]:
        try:
            return enumerated(field, part.text.lower())
        except ValueProblem as problem:
            raise self._value_error(problem, part) from None

    def _meant(self, part: Token) -> tuple[str, ...]:
        from amitui.domain.query.accounts import accounts_meant  # few queries name accounts

        try:
            return accounts_meant(part, self._accounts)
        except ValueProblem as problem:
            raise self._value_error(problem, part) from None

    def _tag(self, value: Token) -> Tag:
        equals = value.plain_index("=")
        if equals == 0:
            raise self._error("the tag's key is missing", value.start, value.end - value.start, _EXAMPLES["tag"])
        if equals < 0 or equals == len(value.text) - 1:
            # "tag:Env=" is what stands there while the value is being typed.
            return Tag(value.text[: equals if equals > 0 else None].lower(), ())
        values = self._values("tag", value.part(equals + 1))
        return Tag(value.text[:equals].lower(), tuple(exact_pattern(part) for part in values))

    def _order(self, field: str, value: Token) -> None:
        if field == "latest":
            try:
                self._latest = flag(field, value.text.lower())
            except ValueProblem as problem:
                raise self._value_error(problem, value) from None
            return
        descending = value.text.startswith("-")
        typed = value.text.removeprefix("-").lower()
        column = _OTHER_COLUMNS.get(typed, typed)
        if column == "age":
            column, descending = "created", not descending
        if column not in SORT_COLUMNS:
            raise self._value_error(
                ValueProblem(
                    f"there is no column {typed!r} to sort by",
                    f"one of {', '.join(SORT_COLUMNS)}; -created puts the newest first",
                    half_typed=any(name.startswith(typed) for name in (*SORT_COLUMNS, "age")),
                ),
                value,
            )
        if column == BEST and descending:
            raise self._value_error(ValueProblem("the best come first or not at all", "sort:best"), value)
        self._sort = SortOrder(column, descending)

    def _not_an_alternative(self, token: Token) -> QuerySyntaxError:
        return self._error(
            f"{token.text} cannot be one of several alternatives",
            token.start,
            token.end - token.start,
            "it holds for the whole query: put it at the end, without |",
        )

    def _value_error(self, problem: ValueProblem, value: Token) -> QuerySyntaxError:
        return self._error(
            problem.what,
            value.start,
            value.end - value.start,
            problem.remedy,
            incomplete=problem.half_typed and value.end == len(self._text),
        )

    def _error(
        self, what: str, position: int, length: int, remedy: str = "", *, incomplete: bool = False
    ) -> QuerySyntaxError:
        return QuerySyntaxError(
            what, text=self._text, position=position, length=length, remedy=remedy, incomplete=incomplete
        )
