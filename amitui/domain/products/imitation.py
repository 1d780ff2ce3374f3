"""Whose name pattern a name follows to the eye: letters that look alike and one wrong letter count as right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from amitui.domain.products.folding import fold, fold_ascii
from amitui.domain.products.known import HEAD, patterns
from amitui.domain.products.publisher_table import ENTRIES

_SHORTEST: Final = 3
"""Letters of a word that can be taken for another one. Short words are often one letter apart, but all else in a
name has to be as the pattern has it."""

_MOST_WORDS: Final = 12
"""Words of one name that are tried."""

_FIRST: Final = re.compile(rf"[A-Za-z0-9]{{0,18}}.{{0,{HEAD}}}", re.DOTALL)
"""What is looked at first of a name: few enough beginnings for most to be known from other names. A word that ends
there before its end is whole."""

_WORD: Final = re.compile(rf"[a-z]{{{_SHORTEST - 1},}}")


def imitated(name: str) -> str | None:
    """The publisher whose pattern a name follows to the eye; `None` when it is nobody's that is known."""
    if name.isascii():
        beginning = _FIRST.match(name.lstrip())
        if beginning is None or _is_far_from_all(beginning[0]):
            return None
    folded = fold(name)
    found = _followed(folded)
    if found is not None:
        return found
    for corrected in _corrections(folded):
        found = _followed(corrected)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _is_far_from_all(beginning: str) -> bool:
    """Whether a name that begins so follows no pattern, even with a wrong letter: most names of strangers."""
    folded = fold_ascii(beginning)
    if folded[:HEAD] in _by_head():
        return False
    word = _WORD.match(folded)
    return word is None or (word.end() < len(beginning) and not any(key in _near() for key in _keys(word.group())))


def _followed(folded: str) -> str | None:
    for expression, publisher in _by_head().get(folded[:HEAD], ()):
        if _compiled(expression).fullmatch(folded):
            return publisher
    return None


@cache
def _by_head() -> dict[str, tuple[tuple[str, str], ...]]:
    """(Expression, publisher) pairs by the first characters of folded names."""
    found: dict[str, list[tuple[str, str]]] = {}
    for pattern in patterns():
        for head in dict.fromkeys(map(fold_ascii, pattern.heads)):
            found.setdefault(head, []).append((pattern.folded, pattern.publisher))
    for entry in ENTRIES:
        for glob in entry.imitations:
            folded = fold_ascii(glob)
            expression = re.escape(folded).replace(r"\*", ".*").replace(r"\?", ".")
            found.setdefault(folded[:HEAD], []).append((expression, entry.name))
    return {head: tuple(pairs) for head, pairs in found.items()}


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)


def _corrections(folded: str) -> Iterator[str]:
    """The name with one word replaced by a known one that is a letter away from it."""
    # Behind a beginning that no pattern has, only the first word can be the wrong one.
    most = _MOST_WORDS if folded[:HEAD] in _by_head() else 1
    for match in _WORD.finditer(folded):
        for near in _one_letter_from(match.group()):
            yield folded[: match.start()] + near + folded[match.end() :]
        most -= 1
        if not most:
            return


@lru_cache(maxsize=65536)
def _one_letter_from(word: str) -> tuple[str, ...]:
    """The known words that a word may be meant for; none when it is known itself."""
    if word in _words():
        return ()
    near_ones = {known for key in _keys(word) for known in _near().get(key, ())}
    return tuple(sorted(known for known in near_ones if _one_edit(word, known)))


@cache
def _words() -> frozenset[str]:
    return frozenset(fold_ascii(word) for pattern in patterns() for word in pattern.words)


@cache
def _near() -> dict[str, tuple[str, ...]]:
    """Known words by themselves and by themselves without one letter."""
    found: dict[str, set[str]] = {}
    for word in _words():
        if len(word) >= _SHORTEST:
            for key in _keys(word):
                found.setdefault(key, set()).add(word)
    return {key: tuple(words) for key, words in found.items()}


def _keys(word: str) -> set[str]:
    return {word, *(word[:index] + word[index + 1 :] for index in range(len(word)))}


def _one_edit(word: str, known: str) -> bool:
    """Whether one letter added, left out, replaced, or swapped with the next makes one of the other."""
    if abs(len(word) - len(known)) > 1 or word == known:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known))
    )
    rest, other = word[start:], known[start:]
    if len(word) != len(known):
        return rest[1:] == other if len(word) > len(known) else rest == other[1:]
    return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
