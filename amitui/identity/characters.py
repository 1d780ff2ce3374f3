"""Characters that got into a key or a name by accident: from another system's file, or with a copy."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {"\r": "a carriage return", "\n": "a line feed", "\t": "a tab", " ": "a space"}


def stray(value: str) -> str:
    """What is wrong with the characters of a value that is one plain word; empty when nothing is.

    Returns:
        Words that follow the value's name: "ends in a carriage return". Nothing of the value is quoted.
    """
    if value.isascii() and value.isprintable() and " " not in value:
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        return "is in quotes, which become part of it" if quoted else ""
    for character, words in ((value[-1], "ends in"), (value[0], "begins with")):
        if _is_stray(character):
            return f"{words} {_name(character)}"
    return f"contains {_name(next(filter(_is_stray, value)))}"


def _is_stray(character: str) -> bool:
    return character == " " or not (character.isascii() and character.isprintable())


def _name(character: str) -> str:
    return _NAMES.get(character, f"the character U+{ord(character):04X}")
