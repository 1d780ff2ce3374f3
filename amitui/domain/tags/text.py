"""Reading text character by character for `tags`: where one is, quotes, and errors that say where."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

QUOTES: Final = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "‚": "‘", "«": "»", "‹": "›", "「": "」"}
"""By what opens a quoted text, what closes it. Only `"` knows escapes, as in JSON, HCL and YAML."""

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_UNICODE: Final = re.compile(r"u[0-9A-Fa-f]{4}")


class TagsProblem(ValueError):
    """Tags that cannot be understood: what is wrong, and where."""

    def __init__(self, words: str, text: str, position: int) -> None:
        """Args:
        position: index in `text` of the first character that is wrong.
        """
        before = text[:position]
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        self.words = words
        several = "\n" in text.strip()
        super().__init__(
            f"line {self.line}, character {self.column}: {words}"
            if several
            else f"{words} (character {self.column})"
        )


class Scanner:
    """A text and a place in it."""

    def __init__(self, text: str, begin: int = 0, end: int | None = None) -> None:
        self.text = text
        self.position = begin
        self.end = len(text) if end is None else end

    def over(self) -> bool:
        """Whether nothing is left."""
        return self.position >= self.end

    @property
    def here(self) -> str:
        """The next character; empty at the end."""
        return "" if self.over() else self.text[self.position]

    def problem(self, words: str, position: int | None = None) -> TagsProblem:
        """The error that says so of a place, by default of this one."""
        return TagsProblem(words, self.text, self.position if position is None else position)

    def skip(self, characters: str = "", *, blanks: bool = True) -> None:
        """Go on behind blanks and these characters."""
        while not self.over() and ((blanks and self.here.isspace()) or self.here in characters):
            self.position += 1

    def skip_blanks(self) -> None:
        """Go on behind blanks, within the line."""
        while not self.over() and self.here.isspace() and self.here != "\n":
            self.position += 1

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What of the text matches here, gone over; `None` leaves the place as it is."""
        match = pattern.match(self.text, self.position, self.end)
        if match is not None:
            self.position = match.end()
        return match

    def until(self, stop: str | Callable[[str], bool]) -> str:
        """The text to before the first character that stops it."""
        begin = self.position
        while not self.over() and not (stop(self.here) if callable(stop) else self.here in stop):
            self.position += 1
        return self.text[begin : self.position]

    def quoted(self) -> str:
        """The text in the quotes that open here, gone over.

        Raises:
            TagsProblem: they do not close, or what is in them is no plain text.
        """
        opened, begin = self.here, self.position
        closes = QUOTES[opened]
        found: list[str] = []
        self.position += 1
        while not self.over():
            character = self.here
            if character == closes or (opened == "„" and character == "”"):
                self.position += 1
                return self._joined(found, begin)
            if opened == '"' and character == "\\":
                found.append(self._escape())
            elif opened == '"' and self.text.startswith("$${", self.position):
                found.append("${")
                self.position += 3
            elif opened == '"' and self.text.startswith("${", self.position):
                raise self.problem("an expression of Terraform: write what it stands for, or $${ for the text ${")
            else:
                found.append(character)
                self.position += 1
        raise self.problem(f"a quote {opened} is not closed", begin)

    def _joined(self, found: list[str], begin: int) -> str:
        """The characters, those beyond U+FFFF that were written as two escapes as one."""
        try:
            return "".join(found).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self.problem("half a character", begin) from None

    def _escape(self) -> str:
        letter = self.text[self.position + 1 : self.position + 2]
        if letter in _ESCAPES and letter:
            self.position += 2
            return _ESCAPES[letter]
        if match := _UNICODE.match(self.text, self.position + 1, self.end):
            self.position = match.end()
            return chr(int(match[0][1:], 16))
        raise self.problem("a backslash in quotes is written \\\\")


def quote(text: str) -> str:
    """The text as `Scanner.quoted` reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + escaped.replace("\t", "\\t").replace("${", "$${") + '"'
