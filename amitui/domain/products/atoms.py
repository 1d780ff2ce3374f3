"""Words of names and searches, taken apart the same way: by what stands between them, and letters from digits."""

from __future__ import annotations

import re
from typing import Final

_BETWEEN: Final = r"[^a-z0-9.]+"
_GLUED: Final = r"([a-z]{1,20})(\d+(?:\.\d+)*)"
_TRAILING_ZERO: Final = 3
"""Parts of a version from which on a last `.0` says nothing: RHEL's 9.8.0 is 9.8."""


def atoms(text: str) -> list[str]:
    """The words of a text, lower case; dots stay inside numbers."""
    return [part for word in re.split(_BETWEEN, text.lower()) for part in _dotted(word.strip(".")) if part]


def _dotted(word: str) -> list[str]:
    # 9.x, 24.04 and 1.33.2 are one word; python3.12 too; "al2023.ami" is two.
    if "." not in word or re.fullmatch(r"[a-z]*\d+(?:\.(?:\d+[a-z]?|x))*", word):
        return [word]
    return word.split(".")


def glued(atom: str) -> tuple[str, str] | None:
    """Letters and the number right behind them: `win2022`, `rhel9.8`."""
    match = re.fullmatch(_GLUED, atom)
    return (match[1], match[2]) if match else None


def number(atom: str) -> str:
    """A number as it is compared: without `v` before it, `.x` or a third part of zero behind it.

    Empty: the word is no number.
    """
    bare = atom.removeprefix("v").removesuffix(".x")
    if not bare or not set(bare) <= set("0123456789."):
        return ""
    if bare.count(".") + 1 >= _TRAILING_ZERO:
        bare = bare.removesuffix(".0")
    return bare


def number_words(version: str) -> list[str]:
    """A version and what it begins with: `9.8` and `9`; each as a word of `Kind.words`."""
    parts = number(version).split(".")
    return ["#" + ".".join(parts[:end]) for end in range(len(parts), 0, -1) if parts[0]]
