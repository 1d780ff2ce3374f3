"""Texts of strangers as string literals and comments of the languages that snippets are written in."""

from __future__ import annotations

import json
from typing import Final

from amitui.domain.visible import REPLACEMENT, is_unambiguous

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def double_quoted(text: str) -> str:
    """A text as a string literal of Python, YAML and Go: one line of visible characters."""
    return '"' + "".join(_ESCAPES.get(character) or _shown(character) for character in text) + '"'


def script_string(text: str) -> str:
    """A text as a string literal of JavaScript and TypeScript; ASCII only."""
    return json.dumps(text)


def in_comment(text: str) -> str:
    """A text for a comment that ends with its line: no language finds a line end in it."""
    if is_unambiguous(text):
        return text
    return "".join(character if is_unambiguous(character) else REPLACEMENT for character in text)


def _shown(character: str) -> str:
    if is_unambiguous(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"
