"""Which characters a person can see, by their Unicode properties; the others are replaced by a visible mark.

A character is invisible here if a terminal acts on it or draws nothing for it:

* general category Cc, Cf, Cs, Zl or Zp: controls, formats (bidi, zero-width), lone surrogates, separators;
* Default_Ignorable_Code_Point: fillers, joiners, variation selectors, tags, and the code points that are reserved
  for more of them;
* a noncharacter, which no version of Unicode ever assigns;
* a symbol whose glyph in the charts is blank.

Unassigned (Cn) and private (Co) code points stay: the first may be letters of a newer Unicode than this Python
knows, and both are drawn, as a box or by an icon font. Category and property are tables and not `unicodedata`, so
that an index does not depend on the version of Python that wrote it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

REPLACEMENT: Final = "␦"
"""Stands for a character that a terminal would act on or hide."""

MAX_MARKS: Final = 3
"""Most replacements shown for one run of such characters: thousands of zero-width ones say no more than three."""

MAX_COMBINING: Final = 4
"""Most combining marks on one character. Pointed Hebrew has four; higher stacks are drawn over other rows."""

_CONTROLS: Final = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff"
"""Cc, Zl, Zp, Cs."""

_FORMAT: Final = (
    "\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f\\u202a-\\u202e"
    "\\u2060-\\u2064\\u2066-\\u206f\\ufeff\\ufff9-\\ufffb\\U000110bd\\U000110cd\\U00013430-\\U0001343f"
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0001\\U000e0020-\\U000e007f"
)
"""Cf: DerivedGeneralCategory.txt of Unicode 15.0."""

_IGNORABLE: Final = (
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f"
    "\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U000e0000-\\U000e0fff"
)
"""Default_Ignorable_Code_Point: DerivedCoreProperties.txt of Unicode 14.0, as
`perl -MUnicode::UCD=prop_invlist -e 'print prop_invlist("Default_Ignorable_Code_Point")'` lists it."""

_NONCHARACTERS: Final = "\\ufdd0-\\ufdef" + "".join(
    f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(0x11)
)
"""Noncharacter_Code_Point: section 23.7 of the Unicode Standard."""

_BLANK: Final = "\\u2800\\U00016fe4\\U0001d159"
"""Braille pattern blank, Khitan small script filler, musical symbol null notehead: the charts show no ink."""


@cache
def _invisible() -> re.Pattern[str]:
    # Compiled with the first text that is not plain ASCII: `amitui find` waits for its imports.
    return re.compile(f"[{_CONTROLS}{_FORMAT}{_IGNORABLE}{_NONCHARACTERS}{_BLANK}]+")


@cache
def _may_stack() -> re.Pattern[str]:
    """Finds runs that can be a stack of combining marks: long enough, and neither Latin, kana, Han nor Hangul."""
    return re.compile(f"[^\\x00-\\u02ff\\u3030-\\u3098\\u309b-\\ua66e\\uac00-\\ufb1d]{{{MAX_COMBINING + 1},}}")


def is_visible(text: str) -> bool:
    """Whether each character of a text can be seen; blanks between words can."""
    if text.isascii():
        return text.isprintable()
    return _invisible().search(text) is None


def is_unambiguous(text: str) -> bool:
    """Whether a text can be pasted elsewhere: all of it visible and assigned, and no blank but the space."""
    return text.isprintable() and is_visible(text)


def without_invisible(text: str, *, keep: str = "", instead: str = "") -> str:
    """The text without its invisible characters.

    Args:
        keep: characters that stay whatever they are, such as line ends and tabs.
        instead: what each of the others becomes.
    """
    if is_visible(text):
        return text
    return _invisible().sub(lambda run: "".join(one if one in keep else instead for one in run[0]), text)


def show_invisible(text: str) -> str:
    """The text with invisible characters, and stacks of combining marks, replaced by a visible mark."""
    if text.isascii():
        return text if text.isprintable() else _invisible().sub(_marks, text)
    return _may_stack().sub(_bounded, _invisible().sub(_marks, text))


def _marks(run: re.Match[str]) -> str:
    return REPLACEMENT * min(len(run[0]), MAX_MARKS)


def _bounded(run: re.Match[str]) -> str:
    """Characters with at most `MAX_COMBINING` combining marks on each."""
    from unicodedata import category

    kept: list[str] = []
    stacked = 0
    for character in run[0]:
        stacked = stacked + 1 if category(character) in ("Mn", "Me") else 0
        if stacked <= MAX_COMBINING:
            kept.append(character)
        elif stacked == MAX_COMBINING + 1:
            kept.append(REPLACEMENT)
    return "".join(kept)
