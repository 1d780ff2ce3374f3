"""What a query's words are after: products, releases, variants and architectures, and what is left as plain text.

Fields, quoted phrases and negations keep their own meaning; the words between them are read together, so that a
name, a console title or a path of a public parameter is understood as well as a few typed words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from amitui.domain.products.atoms import atoms
from amitui.domain.products.vocabulary import PRODUCT_WORDS, Alternative, Meaning, meanings
from amitui.domain.products.word_table import ABSENT
from amitui.domain.query.terms import Clause, Glob, Literal, Os, Owner, Query, Tag, Word

SSM_PATH: Final = "aws/service/"
"""What the names of AWS's public parameters begin with."""

_NAME_AT_LEAST: Final = 10
"""Characters of a text that can be a whole name of an image."""

_PARTS: Final = 2
"""Signs between the parts of a name, at least, where it has no date."""

_DATE: Final = r"((?:19|20)\d\d)([-./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])((?:\.\d+)?)"


class Choice(NamedTuple):
    """One way to fulfil a clause."""

    literal: Literal
    """As a test of a row."""
    alternatives: tuple[Alternative, ...] = ()
    """As words of kinds, for images whose names are understood; none: only the literal counts."""
    said: str = ""
    """The words as they were typed."""


class Intent(NamedTuple):
    """What a query is after."""

    clauses: tuple[tuple[Choice, ...], ...]
    """All of them are to be fulfilled, each by one of its choices."""
    asked: frozenset[str] = frozenset()
    """Words that were typed, as kinds have them without `#`: asking for a variant makes it cost nothing."""
    products: tuple[frozenset[str], ...] = ()
    """For each product that is named, the words of kinds that mean it."""
    placed: tuple[str, ...] = ()
    """Numbers right behind a product's name: its series is meant, not another number (`windows 2022 sql 2019`)."""
    soft: frozenset[str] = frozenset()
    """Words that do not filter: of images that are otherwise equal, those that have them come first."""
    leaning: frozenset[str] = frozenset()
    """Words of products in a pattern: what it finds of them is ranked as if they were asked for."""
    name: str = ""
    """The query as the whole name of an image; empty: it is none."""
    wants_own: bool = False
    """Whether the viewer's own images are what is looked for."""


def intent_of(query: Query, is_word: Callable[[str], bool] = lambda _: False) -> Intent:
    """What a query is after.

    Args:
        query: as parsed.
        is_word: whether a word that the vocabulary lacks is nevertheless one of the catalogue's kinds.
    """
    name = whole_name(query)
    if name:
        from amitui.domain.products.reading import identity_of

        identity = identity_of(name)
        if identity is not None:
            return _of_name(query, name, _words_of_identity(identity))
    words = [clause[0].predicate for clause in query.clauses if _is_plain_word(clause)]
    reading = _Reading([word for word in words if isinstance(word, Word)], is_word)
    rest = [_clause(clause, is_word) for clause in query.clauses if not _is_plain_word(clause)]
    leaning = [
        word
        for clause in query.clauses
        for literal in clause
        if isinstance(literal.predicate, Glob) and literal.predicate.field == "name" and not literal.negated
        for pattern in literal.predicate.patterns
        for word in atoms(_without_builds(pattern))
    ]
    hinted = [meaning for meaning in meanings(leaning) if meaning.known]
    asked = {*reading.asked, *_asked(leaning, hinted, _placed(hinted))}
    named = _products(hinted)
    asked |= {
        one.removeprefix("#") for clause in rest for choice in clause for a in choice.alternatives for one in a
    }
    return Intent(
        (*reading.clauses, *rest),
        frozenset(asked),
        (*reading.products, *named, *_products_of(rest), *_systems(query)),
        reading.placed,
        frozenset(reading.soft) | _fillers(leaning, hinted),
        frozenset().union(*named) or frozenset(_numbers(hinted)),
        name,
        wants_own=reading.has_text or any(_wants_own(clause) for clause in query.clauses),
    )


def whole_name(query: Query) -> str:
    """The query's text when it may be one whole name; else empty."""
    text = query.text.strip().removeprefix("amazon/").removeprefix("aws-marketplace/")
    plain = all(
        _is_plain_word(clause) or not isinstance(clause[0].predicate, Word | Glob) for clause in query.clauses
    )
    # Whether the patterns are worth reading: names of builds have a date, or several parts.
    parted = sum(character in "-/_" for character in text) >= _PARTS or re.search(r"\d{6}", text) is not None
    if plain and parted and len(text) >= _NAME_AT_LEAST and ":" not in text:
        return text if SSM_PATH not in text else ""
    return ""


def _of_name(query: Query, name: str, words: Alternative) -> Intent:
    literal = Literal(Word(name.lower(), quoted=True))
    asked = frozenset(word.lstrip("#=!@") for word in words)
    # What a query for the latest leaves unsaid.
    rest = [tuple(map(Choice, clause)) for clause in query.clauses if not _is_plain_word(clause)]
    return Intent(((Choice(literal, (words,), name),), *rest), asked, name=name)


def _words_of_identity(identity: tuple[object, ...]) -> Alternative:
    from amitui.domain.products.identify import Identity
    from amitui.domain.products.kind import words_of_family

    assert isinstance(identity, Identity)  # noqa: S101
    return words_of_family(identity)


def _systems(query: Query) -> list[frozenset[str]]:
    """The products that `os:` names."""
    asked = [
        atoms(" ".join(literal.predicate.values))
        for clause in query.clauses
        for literal in clause
        if isinstance(literal.predicate, Os) and not literal.negated
    ]
    return [words for run in asked for words in _products(meanings(run))]


def _fillers(run: Sequence[str], found: Iterable[Meaning]) -> set[str]:
    return {word for one in found if one.is_filler and one.soft for word in run[one.start : one.stop]}


def _numbers(found: Iterable[Meaning]) -> Iterator[str]:
    for meaning in found:
        for alternative in meaning.alternatives:
            yield from (word for word in alternative if word.startswith("#"))


def _is_plain_word(clause: Clause) -> bool:
    literal = clause[0]
    return (
        len(clause) == 1
        and not literal.negated
        and isinstance(literal.predicate, Word)
        and not literal.predicate.quoted
        and not _begins_id(literal.predicate.text)
    )


def _begins_id(text: str) -> bool:
    """Whether a word is an image's id, or the beginning of one."""
    return text.startswith("ami-") and set(text[4:]) <= set("0123456789abcdef")


def _wants_own(clause: Clause) -> bool:
    return any(
        not negated
        and (isinstance(predicate, Tag) or (isinstance(predicate, Owner) and "self" in predicate.values))
        for predicate, negated in clause
    )


def _clause(clause: Clause, is_word: Callable[[str], bool]) -> tuple[Choice, ...]:
    """Alternatives, negations and fields: each by itself."""
    return tuple(_choice(literal, is_word) for literal in clause)


def _choice(literal: Literal, is_word: Callable[[str], bool]) -> Choice:
    predicate = literal.predicate
    if not isinstance(predicate, Word) or predicate.quoted or _begins_id(predicate.text):
        return Choice(literal)
    found = meanings(atoms(predicate.text), is_word)
    if not found or not all(meaning.known for meaning in found):
        return Choice(literal)
    alternatives: list[Alternative] = [()]
    for meaning in found:
        if meaning.alternatives:
            alternatives = [(*left, *right) for left in alternatives for right in meaning.alternatives]
    return Choice(literal, tuple(one for one in alternatives if one), predicate.text)


def _products_of(clauses: Iterable[Sequence[Choice]]) -> list[frozenset[str]]:
    """Of alternatives, the products that any of them names."""
    found = []
    for clause in clauses:
        words = {word for choice in clause for words in choice.alternatives for word in words} & PRODUCT_WORDS
        if words and not any(choice.literal.negated for choice in clause):
            found.append(frozenset(words))
    return found


class _Reading:
    """The plain words of a query, read as one run."""

    def __init__(self, words: Sequence[Word], is_word: Callable[[str], bool]) -> None:
        self.clauses: list[tuple[Choice, ...]] = []
        self.asked: set[str] = set()
        self.products: list[frozenset[str]] = []
        self.placed: tuple[str, ...] = ()
        self.soft: set[str] = set()
        self.has_text = False
        """Whether there are words that nobody knows."""
        run: list[tuple[str, int]] = []
        texts: dict[int, Word] = {}
        for index, word in enumerate(words):
            if SSM_PATH in word.text:
                path = [atom for atom in atoms(_parameter(word.text)) if _is_meant(atom, is_word)]
                self._take(path, is_word)
                if "kernel" not in path:
                    self.asked.update(ABSENT)
                    self.soft.update(ABSENT)
            elif dates := _dates(word.text):
                self.clauses.append(tuple(Choice(Literal(Word(date, quoted=True))) for date in dates))
            else:
                run += [(atom, index) for atom in atoms(word.text)]
        own = [sum(index == at for _, at in run) for index in range(len(words))]
        for meaning in meanings([atom for atom, _ in run], is_word):
            if not meaning.known:
                index = run[meaning.start][1]
                texts[index] = words[index]
        # One word of several parts, one of them unknown, is somebody's own name: `checkout-ubuntu-blue`.
        left = [atom for atom, index in run if index not in texts or own[index] == 0]
        self._take(left, is_word)
        for word in texts.values():
            self.has_text = True
            self.clauses.append((Choice(Literal(word)),))
        if not self.clauses:
            # Nothing but words that say nothing: they are looked for as they stand.
            said = [word for word in words if atoms(word.text)] or words
            self.clauses = [(Choice(Literal(word)),) for word in said]

    def _take(self, run: Sequence[str], is_word: Callable[[str], bool]) -> None:
        found = meanings(run, is_word)
        self.soft |= _fillers(run, found)
        for meaning in found:
            if meaning.alternatives:
                said = " ".join(run[meaning.start : meaning.stop])
                literal = Literal(Word(said))
                self.clauses.append((Choice(literal, meaning.alternatives, said),))
        # The number of a series asks for no variant that has the same number: Windows 2022 for no SQL 2022.
        placed = _placed(found)
        self.asked |= _asked(run, found, placed)
        self.products += _products(found)
        self.placed += placed


def _asked(run: Sequence[str], found: Sequence[Meaning], placed: Sequence[str]) -> set[str]:
    said = [atom for index, atom in enumerate(run) if f"=#{atom}" not in placed or atom in run[:index]]
    return _bare(said, [one for one in found if not _is_placed(one, placed)])


def _is_placed(meaning: Meaning, placed: Sequence[str]) -> bool:
    """Whether a meaning is but the number of a series."""
    return any(meaning.alternatives == ((series.removeprefix("="),),) for series in placed)


def _is_meant(atom: str, is_word: Callable[[str], bool]) -> bool:
    """Whether a word of a parameter's path says anything: others are the path's own."""
    return all(meaning.known for meaning in meanings([atom], is_word))


def _parameter(text: str) -> str:
    return text.partition(SSM_PATH)[2].partition(":")[0]


def _dates(text: str) -> tuple[str, ...]:
    """The ways in which names write a day that was typed; none: it is no day."""
    match = re.fullmatch(_DATE, text.strip("(),"))
    if match is None:
        return ()
    year, _, month, day, respin = match.groups()
    return tuple(f"{sign.join((year, month, day))}{respin}" for sign in ("", "-", "."))


def _without_builds(pattern: str) -> str:
    """A pattern's words; of what stands for a build only the wildcard is there."""
    return re.sub(r"\d{6,}|\*|\?", " ", pattern)


def _bare(run: Sequence[str], found: Iterable[Meaning]) -> set[str]:
    words = {word.removeprefix("#") for one in found for alternative in one.alternatives for word in alternative}
    return words | set(run)


def _products(found: Iterable[Meaning]) -> list[frozenset[str]]:
    named = [
        frozenset(word for alternative in meaning.alternatives for word in alternative) & PRODUCT_WORDS
        for meaning in found
    ]
    return [words for words in named if words]


def _placed(found: Sequence[Meaning]) -> tuple[str, ...]:
    """Numbers right behind a product's name, or glued to it, as the words of a kind's series."""
    placed: list[str] = []
    after_product = False
    for meaning in found:
        numbers = [word for words in meaning.alternatives for word in words if word.startswith("#")]
        names_product = any(word in PRODUCT_WORDS for words in meaning.alternatives for word in words)
        if numbers and (after_product or names_product):
            placed.append("=" + numbers[0])
        after_product = (names_product and not numbers) or (after_product and meaning.is_filler)
    return tuple(placed)
