"""A bounded window on a long text: what is read moves on, and no more is held than the longest record needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Final, NamedTuple

from amitui.catalog.dump.limits import Limits
from amitui.ec2.convert import sanitize
from amitui.errors import AmituiError, UsageError

EXCERPT_CHARS: Final = 48

_SPACE: Final = re.compile("[ \t\r\n\x1e\ufeff]*+")
"""JSON's white space, what `jq --seq` prints between values, and the marks in the middle of joined files."""

_TAIL: Final = 16
"""Characters before a window's end in which an error may only mean that the rest is not here yet: an escape
beyond the basic plane has 12."""

_LONGEST_INDENT: Final = 200

_LONGEST_INTEGER: Final = 40
"""Digits of a number that is kept exactly."""

_SECRET_VALUE: Final = re.compile(
    r'("[^"]*(?:pass|secret|token|credential|key)[^"]*"\s*:\s*")(?:[^"\\]|\\.)*', re.IGNORECASE
)
_SECRET_RUN: Final = re.compile(r"(?<![\w+/=-])(?![a-z]+-[0-9a-f]{8,17}(?![\w+/=-]))[\w+/=-]{16,}")
"""Long runs that may be a key or a token; ids such as `ami-0123456789abcdef0` are none."""


class Decoded(NamedTuple):
    """A JSON value and where it ends in the window's text."""

    value: object
    end: int


class Undecoded(NamedTuple):
    """Why there is no value."""

    why: str
    """In words, with the place."""
    too_long: bool = False
    """Longer than a record may be; what follows may still be fine JSON."""
    cut_off: bool = False
    """The text ends within it."""


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else None


def _float(text: str) -> float | None:
    value = float(text)
    return value if isfinite(value) else None


class _Decoder(json.JSONDecoder):
    """JSON without numbers that JSON does not have (NaN, 1e999) or that take minutes to read."""

    def __init__(self) -> None:
        super().__init__(parse_constant=lambda _: None, parse_float=_float, parse_int=_integer)


_DECODER: Final = _Decoder()


def json_value(text: str) -> object:
    """The value of a text that is JSON from end to end.

    Raises:
        ValueError: it is not.
        RecursionError: it is nested too deep.
    """
    return _DECODER.decode(text)


class TextWindow:
    """The text from `at` on, as far as it has been read."""

    def __init__(self, pieces: Iterator[str], limits: Limits) -> None:
        self._pieces = pieces
        self._limits = limits
        self._decode = _DECODER.raw_decode
        self._known = 0
        self._line = 1
        self._column = 1
        """Line and column, from 1, of a character of `text`: counting goes on from there."""
        self.passed = 0
        """Characters before `text`."""
        self._failure: Exception | None = None
        """Why the rest cannot be read, found out while reading ahead."""
        self._fruitful = 0
        """Where the last image ended, in characters from the beginning."""
        self.text = ""
        self.at = 0
        self.ended = False
        """Whether `text` holds all that follows."""

    def more(self) -> bool:
        """Read on, forgetting what is before `at`; whether there was more.

        Raises:
            UsageError: there has been no image for too long.
        """
        return self._more(1)

    def _more(self, count: int, *, ahead: bool = False) -> bool:
        """Read on as far as `count` characters, if there are as many."""
        if self._failure is not None and not ahead:
            raise self._failure
        if self.ended or self._failure is not None:
            return False
        pieces: list[str] = []
        try:
            while count > 0 and (piece := next((piece for piece in self._pieces if piece), "")):
                pieces.append(piece)
                count -= len(piece)
        except (AmituiError, OSError) as failure:
            # What has been read comes first.
            if not ahead and not pieces:
                raise
            self._failure = failure
        else:
            self.ended = count > 0
        if not pieces:
            return False
        # What is before `at` in its line stays: it may be the indentation that shows where records begin.
        passed = max(self.text.rfind("\n", 0, self.at) + 1, self.at - _LONGEST_INDENT - 1, 0)
        if passed:
            self._line, self._column = self._position(passed)
            self._known = 0
            self.passed += passed
            self.text = self.text[passed:]
            self.at -= passed
        if self.passed - self._fruitful > self._limits.barren_chars:
            raise UsageError(
                f"no image in {self._limits.barren_chars:,} characters before line {self._line:,}",
                why="the rest was skipped",
            )
        self.text = "".join((self.text, *pieces))
        return True

    def mark_fruitful(self) -> None:
        """An image was read here."""
        self._fruitful = self.passed + self.at

    def skip_space(self) -> str:
        """Go to the next character that is no white space and return it; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def have(self, count: int, *, ahead: bool = False) -> None:
        """Read on until `count` characters are here, or all there are.

        Args:
            ahead: whether what is here already has yet to be read: a failure to read on is told afterwards.
        """
        missing = count - (len(self.text) - self.at)
        if missing > 0:
            self._more(missing, ahead=ahead)

    def decode(self, longest: int | None = None) -> Decoded | Undecoded:
        """The JSON value at `at`, which stays. Reads on as far as `longest`, by default a record, goes."""
        longest = longest or self._limits.record_chars
        while True:
            try:
                value, end = self._decode(self.text, self.at)
            except json.JSONDecodeError as error:
                here = len(self.text) - self.at
                open_end = error.msg.startswith("Unterminated") or error.pos >= len(self.text) - _TAIL
                if error.pos - self.at >= longest or (open_end and here >= longest):
                    return _too_long(longest)
                if not open_end:
                    return self._undecoded(error.msg, error.pos)
                if self.ended:
                    return Undecoded("the file ends in the middle of it", cut_off=True)
                self.have(min(2 * here + 1, longest))
            except RecursionError:
                return Undecoded(f"it is nested more than {self._limits.record_depth} deep")
            except ValueError as error:
                return Undecoded(f"not JSON: {error}")
            else:
                if end - self.at > longest:
                    return _too_long(longest)
                if end == len(self.text) and self.text[end - 1] not in '"}]' and self.more():
                    continue  # a number may go on
                return Decoded(value, end)

    def _undecoded(self, message: str, where: int) -> Undecoded:
        return Undecoded(self.not_json(message[:1].lower() + message[1:], where))

    def not_json(self, what: str, where: int | None = None) -> str:
        """Words for something that JSON does not have at `where` (default: at `at`)."""
        line, column = self._position(self.at if where is None else where)
        return f"not JSON: {what} (line {line:,}, character {column:,})"

    def place(self) -> tuple[int, int]:
        """Line and column of `at`, from 1."""
        self._line, self._column = self._position(self.at)
        self._known = self.at
        return self._line, self._column

    def _position(self, where: int) -> tuple[int, int]:
        if where < self._known:  # in the same line, whose beginning `more` keeps
            return self._line, self._column - (self._known - where)
        lines = self.text.count("\n", self._known, where)
        if lines:
            return self._line + lines, where - self.text.rfind("\n", 0, where)
        return self._line, self._column + where - self._known

    def indent(self) -> str | None:
        """The white space before `at` when nothing else is before it in its line; `None` otherwise or unknown."""
        before_it = self.place()[1] - 1
        if before_it > min(self.at, _LONGEST_INDENT):
            return None
        before = self.text[self.at - before_it : self.at].lstrip("\ufeff\x1e")
        return before if not before.strip(" \t") else None

    def excerpt(self) -> str:
        """A little of the text at `at`, safe to show: no control characters, nothing that may be a secret."""
        shown = self.text[self.at : self.at + 4 * EXCERPT_CHARS].split("\n", 1)[0]
        shown = _SECRET_VALUE.sub(r"\1…", shown)
        shown = sanitize(_SECRET_RUN.sub("…", shown)).strip()
        return shown if len(shown) <= EXCERPT_CHARS else shown[: EXCERPT_CHARS - 1] + "…"


def _too_long(longest: int) -> Undecoded:
    return Undecoded(f"it is longer than {longest:,} characters", too_long=True)
