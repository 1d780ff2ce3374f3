"""What words of searches and of names mean: products, releases, variants and architectures in one vocabulary.

A meaning is a set of *words of kinds* (`kind.Kind.words`): `ubuntu`, `#24.04` for a number, `@arm64` for an
architecture, `minimal` for a variant. What several things can mean has several alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from amitui.domain.products.atoms import glued, number
from amitui.domain.products.word_table import CONTEXTS, PHRASES, PRODUCTS

Alternative = tuple[str, ...]
"""Words of kinds that all have to be there."""

LONGEST_PHRASE: Final = 7
_LONGEST_RELEASE: Final = 4
"""Digits of a number without dots that can be a release; longer ones are dates, serials, accounts."""

_SHORTEST_BEGINNING: Final = 4
_BEFORE_NUMBERS: Final = frozenset(("kernel", "version", "release"))
"""Fillers that a number may be glued to."""

PRODUCT_WORDS: Final = frozenset(word for words in PRODUCTS.values() for word in words)
"""Words that name products."""


class Meaning(NamedTuple):
    """What one word, or a phrase of several, means."""

    start: int
    """Position of its first atom."""
    stop: int
    alternatives: tuple[Alternative, ...]
    """One of them; none: it says nothing of an image (`server`), or nobody knows (`known`)."""
    known: bool = True
    soft: bool = True
    """Of one that says nothing: whether images that have the word come first all the same."""

    @property
    def is_filler(self) -> bool:
        """Whether it says nothing of an image."""
        return self.known and not self.alternatives


def meanings(atoms: Sequence[str], is_word: Callable[[str], bool] = lambda _: False) -> list[Meaning]:
    """What a run of words means, longest phrases first.

    Args:
        atoms: of `atoms.atoms`.
        is_word: whether a word that the vocabulary lacks is nevertheless one of kinds.
    """
    found: list[Meaning] = []
    position = 0
    while position < len(atoms):
        found.append(_meaning(atoms, position, is_word))
        position = found[-1].stop
    named = {word for meaning in found for alternative in meaning.alternatives for word in alternative}
    for context, local in CONTEXTS.items():
        if context in named:
            found = [_in_context(meaning, atoms, local) for meaning in found]
    return found


def _meaning(atoms: Sequence[str], position: int, is_word: Callable[[str], bool]) -> Meaning:
    for stop in range(min(len(atoms), position + LONGEST_PHRASE), position, -1):
        phrase = PHRASES.get(" ".join(atoms[position:stop]))
        if phrase is not None:
            return Meaning(position, stop, _alternatives(phrase))
    atom = atoms[position]
    alone = _alone(atom)
    if not alone and is_word(atom):
        alone = ((atom,),)
    return Meaning(position, position + 1, alone, known=bool(alone))


def _alternatives(phrase: str) -> tuple[Alternative, ...]:
    return tuple(tuple(one.split()) for one in phrase.split("|")) if phrase else ()


def _alone(atom: str) -> tuple[Alternative, ...]:
    """What a word means that no phrase has: numbers, and names with a number behind them."""
    version = number(atom)
    if version:
        return _of_number(version)
    pack = re.fullmatch(r"([a-z]*)(\d+)sp(\d+)", atom)
    if pack and (not pack[1] or PHRASES.get(pack[1])):
        named = _alternatives(PHRASES[pack[1]]) if pack[1] else ((),)
        return tuple((*one, f"#{pack[2]}.{pack[3]}") for one in named)
    if re.fullmatch(r"sp\d", atom):
        return ((atom,),)
    second = re.fullmatch(r"(20\d\d)r2", atom)
    if second:
        return ((f"#{second[1]}", "r2"),)
    parts = glued(atom)
    if parts is None:
        return _begun(atom)
    letters, digits = parts
    phrase = PHRASES.get(f"{letters}#") or PHRASES.get(letters)
    if phrase is None or (not phrase and letters not in _BEFORE_NUMBERS):
        return ()
    numbers = _of_number(number(digits))
    return tuple((*named, *numbered) for named in _alternatives(phrase) or ((),) for numbered in numbers)


def _begun(atom: str) -> tuple[Alternative, ...]:
    """The only product whose name begins so: what is being typed, or was left unfinished."""
    if len(atom) < _SHORTEST_BEGINNING:
        return ()
    begun = [word for word in PRODUCT_WORDS if word.startswith(atom) and "-" not in word]
    return ((begun[0],),) if len(begun) == 1 else ()


def _of_number(version: str) -> tuple[Alternative, ...]:
    if len(version) > _LONGEST_RELEASE and "." not in version:
        return ()
    if re.fullmatch(r"\d\d(?:04|10)", version):
        # 2404 is how people write 24.04.
        return ((f"#{version[:2]}.{version[2:]}",), (f"#{version}",))
    return ((f"#{version}",),)


def _in_context(meaning: Meaning, atoms: Sequence[str], local: dict[str, str]) -> Meaning:
    phrase = local.get(" ".join(atoms[meaning.start : meaning.stop]))
    if phrase is None:
        return meaning
    return meaning._replace(alternatives=_alternatives(phrase), known=True, soft=False)
