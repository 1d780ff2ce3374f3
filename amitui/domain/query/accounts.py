"""Which accounts `account:` means: those in use, by their ids, their names, or a pattern of either."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from amitui.domain.accounts import is_account
from amitui.domain.owners import owner_of
from amitui.domain.query.tokens import Token, exact_pattern
from amitui.domain.query.values import ValueProblem

_WHOLE_ID: Final = 10
"""Digits from which on a number is a whole account id: spreadsheets eat the zeros that these begin with."""

_NAMES_LISTED: Final = 6
"""Names in an error."""


class NamedAccount(NamedTuple):
    """An account that a query can name."""

    account: str
    """Empty while nobody knows which it is."""
    names: tuple[str, ...]
    """What it is called, first what the Account column shows."""
    is_used: bool = True
    """Whether its private images are shown; else only the address book knows it."""


KnownAccounts: TypeAlias = Callable[[], Sequence[NamedAccount]]
"""Asked only by a query that names accounts."""


def accounts_meant(part: Token, accounts: KnownAccounts | None) -> tuple[str, ...]:
    """The ids of the accounts in use that a value of `account:` means; empty: it is not known yet which they are.

    Args:
        part: a name, an account in any of its forms, its first digits, or a pattern with `*` and `?`.
        accounts: gives every account that can be named; `None`: any account may be one, by its id alone.

    Raises:
        ValueProblem: it means none of those in use.
    """
    if accounts is None:
        return (owner_of(part.text),)
    known = accounts()
    found = _named(exact_pattern(part), known) or _with_id(owner_of(part.text), known)
    used = [one.account for one in found if one.is_used]
    if used:
        return tuple(dict.fromkeys(filter(None, used)))
    if any(one.is_used and not one.account for one in known) and is_account(owner_of(part.text)):
        return (owner_of(part.text),)  # it may be the one that is not known yet
    if found:
        raise ValueProblem(
            f"account {part.text!r} is none of those in use",
            f"--profile chooses accounts; owner:{found[0].account} finds what that account shares",
        )
    names = list(dict.fromkeys(one.names[0] for one in known if one.is_used and one.names))
    listed = ", ".join(names[:_NAMES_LISTED]) + (", …" if len(names) > _NAMES_LISTED else "")
    raise ValueProblem(
        f"no account in use is called {part.text!r}",
        f"{f'in use: {listed}; ' if listed else ''}owner: finds images by who owns them",
        half_typed=bool(_named(f"{exact_pattern(part)}*", [one for one in known if one.is_used])),
    )


def _named(pattern: str, known: Iterable[NamedAccount]) -> list[NamedAccount]:
    wanted = re.compile(_expression(pattern), re.DOTALL)
    return [
        one for one in known if any(wanted.fullmatch(text.lower()) for text in (one.account, *one.names) if text)
    ]


def _with_id(digits: str, known: Iterable[NamedAccount]) -> list[NamedAccount]:
    if not (digits.isascii() and digits.isdigit()):
        return []
    if len(digits) >= _WHOLE_ID:
        return [one for one in known if one.account == digits.zfill(12)]
    return [one for one in known if one.account.startswith(digits)]


def _expression(pattern: str) -> str:
    """A regular expression for a `Glob` pattern."""
    wild = {"*": ".*", "?": "."}
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
