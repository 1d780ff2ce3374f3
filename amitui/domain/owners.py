"""Owners as people write them: an account in any of its forms, an ARN of it, an alias, a publisher's name."""

from __future__ import annotations

from typing import Final

from amitui.domain.accounts import DIGITS, account_of, plain_digits, unquoted

_ARN_ACCOUNT: Final = 4
"""Which part of an ARN is the account."""


def owner_of(text: str) -> str:
    """The owner that a text names, in lower case: an account, its first digits, or a name.

    While an account is typed with hyphens, the groups so far are its first digits.
    """
    bare = unquoted(text).lower()
    if account := account_of(bare):
        return account
    if bare.startswith("arn:"):
        parts = bare.split(":")
        return account_of(parts[_ARN_ACCOUNT]) or bare if len(parts) > _ARN_ACCOUNT else bare
    groups = plain_digits(bare).split("-")
    digits = "".join(groups)
    whole, last = groups[:-1], groups[-1]
    if whole and digits.isascii() and digits.isdigit() and len(digits) <= DIGITS:
        return digits if all(len(group) == 4 for group in whole) and len(last) <= 4 else bare
    return bare
