"""What was probably meant by a word that nothing has: "did you mean"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final, NamedTuple

from amitui.domain.image.publishers import PUBLISHERS
from amitui.domain.products.atoms import atoms
from amitui.domain.products.vocabulary import meanings
from amitui.domain.products.word_table import CONTEXTS, PHRASES
from amitui.domain.query.terms import Owner, Query, Word

_SHORTEST: Final = 4
"""Letters of a word that may be mistyped: of shorter ones too many are near."""

_TWO_EDITS_FROM: Final = 6
"""Letters from which on two edits are one mistake too many fingers made."""

_ARCHITECTURES: Final = frozenset(("arm64", "amd64", "aarch64"))


class Suggestion(NamedTuple):
    """A word, and what it may have been meant to be."""

    typed: str
    meant: str


def suggestions(query: Query, is_word: Callable[[str], bool] = lambda _: False) -> tuple[Suggestion, ...]:
    """For each word that nobody knows the known word that is nearest; none where nothing is near.

    Args:
        query: as parsed.
        is_word: whether a word that the vocabulary lacks is nevertheless one of the catalogue's kinds.
    """
    found: dict[str, str] = {}
    for clause in query.clauses:
        for predicate, _ in clause:
            if isinstance(predicate, Owner):
                for value in predicate.values:
                    _suggest(found, value, _owners(), known=_is_owner)
            elif isinstance(predicate, Word):
                for atom in atoms(predicate.text):
                    known = all(one.known for one in meanings([atom], is_word)) or atom in _words()
                    if not known:
                        _suggest(found, atom, _words())
    return tuple(Suggestion(typed, meant) for typed, meant in found.items())


def corrected(query: Query, is_word: Callable[[str], bool] = lambda _: False) -> str | None:
    """The query's text with every suggestion taken; `None` when there is none."""
    text = query.text
    for typed, meant in suggestions(query, is_word):
        text = re.sub(rf"(?i)(?<![a-z0-9]){re.escape(typed)}(?![a-z0-9])", meant, text)
    return text if text != query.text else None


def _suggest(
    found: dict[str, str], typed: str, words: Iterable[str], known: Callable[[str], bool] = lambda _: False
) -> None:
    letters = sum(character.isalpha() for character in typed)
    if letters < _SHORTEST - 1 or len(typed) < _SHORTEST or known(typed):
        return
    most = 2 if len(typed) >= _TWO_EDITS_FROM else 1
    near = [
        (edits, word not in PHRASES, word != _sorted_like(typed, word), -len(word), word)
        for word in words
        if abs(len(word) - len(typed)) <= most and (edits := distance(typed, word, most)) <= most
    ]
    if near:
        found[typed] = min(near)[-1]


def _sorted_like(typed: str, word: str) -> str:
    """The word when it has the very letters that were typed, in another order."""
    return word if sorted(typed) == sorted(word) else ""


def nearest(typed: str, names: Iterable[str]) -> str:
    """The name that was probably meant, for one that is none of them; empty where nothing is near."""
    text = typed.casefold()
    most = 2 if len(text) >= _TWO_EDITS_FROM else 1
    near = [(edits, name) for name in names if (edits := distance(text, name.casefold(), most)) <= most]
    return min(near)[1] if near else ""


def distance(typed: str, word: str, most: int) -> int:
    """Letters to add, leave out, replace or swap with the next to make one of the other; `most` + 1 when more."""
    before_last: list[int] = []
    last = list(range(len(word) + 1))
    for row, letter in enumerate(typed, 1):
        this = [row]
        for column, other in enumerate(word, 1):
            cost = min(last[column] + 1, this[-1] + 1, last[column - 1] + (letter != other))
            swapped = row > 1 and column > 1 and letter == word[column - 2] and typed[row - 2] == other
            this.append(min(cost, before_last[column - 2] + 1) if swapped else cost)
        if min(this) > most:
            return most + 1
        before_last, last = last, this
    return min(last[-1], most + 1)


@cache
def _words() -> frozenset[str]:
    phrases = {word for phrase in PHRASES for word in phrase.split() if word.isalpha() and len(word) >= _SHORTEST}
    contexts = {word for local in CONTEXTS.values() for meaning in local.values() for word in meaning.split()}
    contexts = {word for word in contexts if len(word) >= _SHORTEST}
    return frozenset(phrases | contexts | _ARCHITECTURES | {word for word in _owners() if " " not in word})


@cache
def _owners() -> frozenset[str]:
    names = {word for publisher in PUBLISHERS for word in (*publisher.words, *publisher.name.lower().split())}
    return frozenset(
        word for word in (*names, "amazon", "marketplace", "debian", "ubuntu") if len(word) >= _SHORTEST
    )


def _is_owner(text: str) -> bool:
    return any(text in publisher.name.lower() or text in publisher.words for publisher in PUBLISHERS)
