"""A pattern for EC2's filter `name` that goes on matching the builds of an image's family: dates and builds float.

What tells families apart stays as the name has it. In such a pattern `*` is any text, `?` at most one character,
and a backslash takes the next character literally (User Guide, "Wildcard characters" of filters).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.products.identify import pattern_of
from amitui.domain.visible import REPLACEMENT

if TYPE_CHECKING:
    from collections.abc import Iterable


class Floating(NamedTuple):
    """A name pattern, and how it was found."""

    pattern: str
    known: bool
    """By the publisher's own name pattern; else the dates and serials of the name float, which is a guess."""


class _Span(NamedTuple):
    """A part of a name, and what stands for it in the pattern."""

    start: int
    end: int
    wildcard: str


_DATE: Final = "20??????"
_SHORT: Final = "???"
"""A small number; not one with a pre-release behind it (`1.12.0-beta.0`)."""

_SHORT_COMPOSE: Final = "1.??"
_DATED_COMPOSE: Final = f"{_DATE}.??"

_REGION: Final = re.compile(r"[a-z]{2,3}(?:-[a-z]+)+-\d")
_SOME_REGION: Final = "???-*-?"

_FLOATS: Final = frozenset({"release", "build", "n", "x"})
"""Roles of a publisher's pattern (`template`) that differ between builds of one family."""

_WORD: Final = re.compile(r"\(\?P<(x_\d+)>(?:\\\W|[\w /])*\)")
"""A part that says nothing and is always the same word: how a variant is spelled."""

_DAY: Final = re.compile(r"\(\?P<(build_\d+)>\\d\{8\}\)(?!\(\?:[^()]*\(\?P<(?:n|x|release|build)_)")
"""A build that is a date and nothing more: a variant that has a word behind its date is another family."""

_COMPOSE: Final = re.compile(r"\(\?P<(build_\d+)>1\[\.\]\\d\+\|\\d\{8\}\[\.\]\\d\+\)")
"""A build that is a compose, or a date and a number: unreleased ones have a word in between (`20261101.n.0`)."""

_NUMBER: Final = re.compile(r"\(\?P<(release_\d+)>\\d\{1,10\}\)")
"""A release that is one number."""

_GLOB: Final = re.compile(r"[*?\\]")
_CENTURY: Final = re.compile(r"20\d\d")
_TOGETHER: Final = re.compile(r"\*(?:[._-]\*)+|(?<=20)\*(?: 20\*)+")

_OPTIONAL: Final = {"_HVM_GA-": "_HVM???-"}
"""A word that a publisher's pattern leaves out of most builds of a family; the longer `_BETA` does not fit."""

_BUILD: Final = re.compile(
    r"""(?ix)
    # 2026-10-15, 2026.10.15, 20261015, 202610151200, 20261015.1, 2026-10-15T10-00-45.861Z
    (?<![\d.]) 20\d\d ([-.]?) (?:0[1-9]|1[0-2]) \1 (?:0[1-9]|[12]\d|3[01])
        (?: [T_. -]? (?:[01]\d|2[0-3]) [-:]? [0-5]\d (?:[-:]?[0-5]\d)? (?:\.\d+)? Z? (?![\da-z]) )?
        (?: [._-]\d{1,3} (?![\da-z.]) )? (?![\da-z])
    # seconds and milliseconds since 1970
  | (?<![\da-z.]) 1[4-9]\d{8} (?:\d{3})? (?![\da-z])
    # a commit, whole
  | (?<![\da-z]) (?=[a-f]*\d) [0-9a-f]{40} (?![\da-z])
    # v12 at the end
  | (?<=[-_. ]v) \d+ $
    """
)
"""Dates, times and commits. Versions and short numbers are not told from what makes another product: they stay."""


def floating_pattern(name: str) -> Floating | None:
    """The pattern that matches this and later builds; `None` when nothing in the name is known to differ by build.

    Args:
        name: of the image. A text in which a character was replaced is not what EC2 has, so nothing can match it.
    """
    if not name or REPLACEMENT in name:
        return None
    found = pattern_of(name)
    if found is None:
        guessed = [_Span(*match.span(), _star(match[0])) for match in _BUILD.finditer(name)]
        return Floating(_floated(name, guessed), known=False) if guessed else None
    expression, match = found
    fixed = {word[1] for word in _WORD.finditer(expression)}
    days = {day[1] for day in _DAY.finditer(expression)}
    composes = {compose[1] for compose in _COMPOSE.finditer(expression)}
    numbers = {number[1] for number in _NUMBER.finditer(expression)}
    spans: list[_Span] = []
    for group, text in match.groupdict().items():
        role = group.rpartition("_")[0]
        if text and group not in fixed and role in _FLOATS:
            wildcard = _DATE if group in days else _wildcard(group, text, numbers)
            if group in composes:
                wildcard = _SHORT_COMPOSE if text.startswith("1.") else _DATED_COMPOSE
            spans.append(_Span(*match.span(group), wildcard))
    if not any(match[group] for group in match.groupdict() if group.startswith(("release_", "build_"))):
        return None
    pattern = _floated(name, spans)
    for word, instead in _OPTIONAL.items():
        pattern = pattern.replace(word, instead)
    return Floating(pattern, known=True)


def glob_escaped(text: str) -> str:
    """A text as a pattern that matches nothing else."""
    return _GLOB.sub(r"\\\g<0>", text)


def _floated(name: str, spans: Iterable[_Span]) -> str:
    """The name with wildcards in place of the spans, which are in order."""
    parts: list[str] = []
    at = 0
    for start, end, wildcard in spans:
        parts += (glob_escaped(name[at:start]), wildcard)
        at = end
    parts.append(glob_escaped(name[at:]))
    # A respin's number behind a date comes and goes, and so does a second date.
    return _TOGETHER.sub("*", "".join(parts))


def _wildcard(group: str, text: str, numbers: set[str]) -> str:
    if group in numbers and len(text) < len(_SHORT):
        return _SHORT
    return _SOME_REGION if _REGION.fullmatch(text) else _star(text)


def _star(text: str) -> str:
    """What begins like a date or a time goes on doing so, which a variant's word in its place does not."""
    if _CENTURY.match(text):
        return "20*"
    return f"{text[0]}*" if len(text) in (10, 13) and text.isdigit() else "*"
