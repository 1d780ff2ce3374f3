"""A query that is still being typed: what of it can be searched for already, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import Query, QuerySyntaxError

if TYPE_CHECKING:
    from amitui.domain.query.accounts import KnownAccounts


class TypedQuery(NamedTuple):
    """What was understood of a text."""

    query: Query | None
    """To be searched for; terms that are not complete yet are left out. `None`: a term is wrong."""
    error: QuerySyntaxError | None
    """What is wrong or missing."""


def typed_query(text: str, *, now: int, accounts: KnownAccounts | None = None) -> TypedQuery:
    """Understand a text as far as it goes; the arguments are those of `parse_query`."""
    first: QuerySyntaxError | None = None
    rest = text
    while True:
        try:
            return TypedQuery(parse_query(rest, now=now, accounts=accounts)._replace(text=text), first)
        except QuerySyntaxError as error:
            first = first or error
            if not error.incomplete:
                return TypedQuery(None, first)
            rest = _without(rest, error)


def _without(text: str, error: QuerySyntaxError) -> str:
    """`text` without the term in which something is missing; shorter in any case."""
    start = text.rfind(" ", 0, error.position + (0 if error.length else -1)) + 1 if error.position else 0
    shorter = text[:start] + text[error.position + error.length :]
    return shorter if len(shorter) < len(text) else text[:start].rstrip() if start else ""
