"""A bounded window on a long text: what is read moves on, and no more is held than the longest record needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any, Final, NamedTuple

import orjson

from amitui.catalog.dump.limits import Limits
from amitui.ec2.convert import sanitize
from amitui.errors import UsageError

EXCERPT_CHARS: Final = 48

_SPACE: Final = re.compile("[ \t\r\n\x1e\ufeff]*+")
"""JSON's white space, what `jq --seq` prints between values, and the marks in the middle of joined files."""

_HEAD: Final = re.compile(r'\{[ \t\r\n]*+"[^"\\\n]{1,40}"[ \t\r\n]*+:')
"""How an object begins: as the next one does, where one program wrote both."""
_RUN_CHARS: Final = 1 << 16
_EXACT_DIGITS: Final = "0" * 19
"""So many digits may be a number that the fast parser takes for a float."""
_ONLY_DIGITS: Final = {code: "0" if chr(code).isdigit() else " " for code in range(128)}
_LINES, _LISTED = "}\n{", "},{"
"""How objects follow each other, an object a line, and in a list."""
_BETWEEN: Final = " \t\r\n,\x1e\ufeff"
_VAIN: Final = 8
"""Runs that were none, one after the other, after which none is looked for any more."""

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


class Run(NamedTuple):
    """Objects that follow each other and begin alike."""

    values: list[dict[str, Any]]
    texts: list[str]
    """Each with what is between it and the next, without the beginning that they share."""
    head: str
    """Their beginning."""
    end: int
    """Where the last one ends in the window's text."""


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
        self._passed = 0
        """Characters before `text`."""
        self._fruitful = 0
        """Where the last image ended, in characters from the beginning."""
        self._vain = 0
        self.text = ""
        self.at = 0
        self.ended = False
        """Whether `text` holds all that follows."""

    def more(self) -> bool:
        """Read on, forgetting what is before `at`; whether there was more.

        Raises:
            UsageError: there has been no image for too long.
        """
        if self.ended:
            return False
        piece = next((piece for piece in self._pieces if piece), "")
        if not piece:
            self.ended = True
            return False
        # What is before `at` in its line stays: it may be the indentation that shows where records begin.
        passed = max(self.text.rfind("\n", 0, self.at) + 1, self.at - _LONGEST_INDENT - 1, 0)
        if passed:
            self._line, self._column = self._position(passed)
            self._known = 0
            self._passed += passed
            self.text = self.text[passed:]
            self.at -= passed
        if self._passed - self._fruitful > self._limits.barren_chars:
            raise UsageError(
                f"no image in {self._limits.barren_chars:,} characters before line {self._line:,}",
                why="the rest was skipped",
            )
        self.text += piece
        return True

    def mark_fruitful(self) -> None:
        """An image was read here."""
        self._fruitful = self._passed + self.at

    def skip_space(self) -> str:
        """Go to the next character that is no white space and return it; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def have(self, count: int) -> None:
        """Read on until `count` characters are here, or all there are."""
        while len(self.text) - self.at < count and self.more():
            pass

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

    def run(self) -> Run | None:
        """The objects from `at` on, as far as they are here whole and are read together; `None`: go one by one.

        Takes half the time. Where one program wrote them they begin alike, so the last beginning is where the run
        ends; a text that is cut elsewhere is no JSON.
        """
        if self._vain >= _VAIN:
            return None
        self.have(_RUN_CHARS)
        head = _HEAD.match(self.text, self.at)
        last = self.text.rfind(head[0], head.end()) if head is not None else -1
        if head is None or last < 0:
            return None
        text = self.text[self.at : last]
        if _EXACT_DIGITS in text.translate(_ONLY_DIGITS):
            return None
        texts = text.split(head[0])[1:]
        text = text.rstrip(_BETWEEN)
        try:
            # No text has a line break in it, so these are between two objects.
            values = orjson.loads(f"[{text.replace(_LINES, _LISTED)}]")
        except ValueError:
            self._vain += 1
            return None
        if len(values) != len(texts):
            self._vain += 1
            return None
        self._vain = 0
        return Run(values, texts, head[0], self.at + len(text))

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
