"""Account ids as people write them: twelve digits, or three groups of four with any kind of hyphen between them.

The one reader of a single account for forms, searches, options and the config; `account_lists` reads many.
"""

from __future__ import annotations

from typing import Final

DIGITS: Final = 12

_SOFT_HYPHEN: Final = "\u00ad"
_MINUS_SIGN: Final = "\u2212"
_HYPHEN_BULLET: Final = "\u2043"
_FULL_WIDTH: Final = {0xFF10 + digit: str(digit) for digit in range(10)}
_QUOTES: Final = "\"'`´"


def is_account(text: str) -> bool:
    """Whether it is an account's id as EC2 writes it: twelve ASCII digits."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def account_of(text: str) -> str:
    """The account that a text names, as EC2 writes it; empty for anything else.

    Hyphens may stand between groups of four, and blanks and quotes around. Digits are never joined over blanks:
    two neighbours must not become a third account.
    """
    if is_account(text):
        return text
    plain = plain_digits(unquoted(text))
    if is_account(plain):
        return plain
    groups = plain.split("-")
    if len(groups) == 3 and all(len(group) == 4 for group in groups) and is_account("".join(groups)):
        return "".join(groups)
    return ""


def plain_digits(text: str) -> str:
    """The text with full-width digits as ASCII ones, and every kind of hyphen, dash and minus as `-`."""
    if text.isascii():
        return text
    from unicodedata import category  # only for text that is not plain ASCII

    return "".join(
        "-" if one in (_SOFT_HYPHEN, _MINUS_SIGN, _HYPHEN_BULLET) or category(one) == "Pd" else one
        for one in text.translate(_FULL_WIDTH)
    )


def is_quote(character: str) -> bool:
    """Whether it is a quotation mark of any script, or used as one."""
    if character.isascii():
        return character in _QUOTES
    from unicodedata import category

    return character in "´′″‵‶〃＂＇｀「」『』｢｣‚„" or category(character) in ("Pi", "Pf")


def unquoted(text: str) -> str:
    """The text without blanks, quotes and invisible characters around it."""
    if text.isascii():
        return text.strip().strip(_QUOTES).strip()
    from amitui.domain.visible import is_visible

    def around(character: str) -> bool:
        return character != _SOFT_HYPHEN and (
            character.isspace() or is_quote(character) or not is_visible(character)
        )

    begin, end = 0, len(text)
    while begin < end and around(text[begin]):
        begin += 1
    while begin < end and around(text[end - 1]):
        end -= 1
    return text[begin:end]
