"""Tokens of a query: words with their quotes taken off, each character still knowing where it stood.

What stood in quotes means itself; outside them a bar, a colon, a comma and wildcards mean something.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from amitui.domain.query.terms import LOOKALIKE, Glob, Predicate, Word

_LOOKALIKE_WORDS: Final = frozenset(("look-alike", "look-alikes", "lookalike", "lookalikes"))
"""What the screen calls such images; no name has these words, and quotes look for the text itself."""


class Token(NamedTuple):
    """A run of characters without a space or a bar outside quotes; the quotes themselves are gone."""

    text: str
    places: tuple[int, ...]
    """Where each character of `text` stands in the query."""
    quoted: tuple[bool, ...]
    """Whether each character stood in quotes."""
    start: int
    end: int

    @classmethod
    def read(cls, text: str, start: int) -> Token | int:
        """The token at `start`, which is neither a space nor a bar; or where a quote begins that is not closed."""
        characters: list[str] = []
        places: list[int] = []
        quoted: list[bool] = []
        opened: int | None = None
        position = start
        while position < len(text):
            character = text[position]
            if opened is None and (character.isspace() or character == "|"):
                break
            if character == '"':
                opened = position if opened is None else None
                position += 1
                continue
            # Backslashes are legal in names: only the one that keeps a quote from closing means something.
            if opened is not None and text.startswith('\\"', position):
                position += 1
                character = '"'
            characters.append(character)
            places.append(position)
            quoted.append(opened is not None)
            position += 1
        if opened is not None:
            return opened
        return cls("".join(characters), tuple(places), tuple(quoted), start, position)

    def plain_index(self, character: str, begin: int = 0) -> int:
        """Index in `text` of the first such character outside quotes; -1 when there is none."""
        index = self.text.find(character, begin)
        while index >= 0 and self.quoted[index]:
            index = self.text.find(character, index + 1)
        return index

    def part(self, begin: int, stop: int | None = None) -> Token:
        """The token from character `begin` to before `stop`."""
        stop = len(self.text) if stop is None else stop
        start = self.places[begin] if begin < len(self.places) else self.end
        end = self.end if stop >= len(self.places) else self.places[stop]
        return Token(self.text[begin:stop], self.places[begin:stop], self.quoted[begin:stop], start, end)

    def split(self, separator: str) -> list[Token]:
        """Its parts between separators that stand outside quotes."""
        parts: list[Token] = []
        begin = 0
        while (index := self.plain_index(separator, begin)) >= 0:
            parts.append(self.part(begin, index))
            begin = index + 1
        return [*parts, self.part(begin)]


def word(token: Token) -> Predicate:
    # Whoever knows EC2's filters writes wildcards without naming a field. A lone ? is punctuation.
    if token.plain_index("*") >= 0:
        if re.fullmatch(r"\d+(?:\.\d+)*\.\*", token.text):
            return Word(token.text.removesuffix(".*"))  # 9.* is any minor of 9
        pattern = "".join(
            character if character in "*?" and not quoted else _escaped(character)
            for character, quoted in zip(token.text, token.quoted, strict=True)
        )
        return Glob("name", (f"*{pattern}*",))
    text, quoted = token.text.lower(), any(token.quoted)
    return LOOKALIKE if text in _LOOKALIKE_WORDS and not quoted else Word(text, quoted)


def pattern(part: Token) -> str:
    """A `Glob` pattern: as typed when it has wildcards outside quotes, else one that finds the text anywhere."""
    pattern = exact_pattern(part)
    if part.plain_index("*") < 0 and part.plain_index("?") < 0:
        return f"*{pattern}*"
    return pattern


def exact_pattern(part: Token) -> str:
    """A pattern for the whole text, in which what was quoted stands for itself."""
    return "".join(
        character if character in "*?" and not quoted else _escaped(character)
        for character, quoted in zip(part.text, part.quoted, strict=True)
    )


def _escaped(character: str) -> str:
    return "\\" + character if character in "*?\\" else character.lower()
