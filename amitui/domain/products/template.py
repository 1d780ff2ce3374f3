"""Name patterns of products, as the data files write them, and the regular expressions that they stand for.

A pattern is the name itself, with `{role:type}` for what differs between images and `[…]` around what may be
absent; `\\[` is a bracket. `{q:minimal|pro}` is one of the words. Without a type, the role's own one is meant.

Roles decide what a part says:

* `series`: the release as far as it tells products apart (`24.04`, `9`, `1.33`); part of the family
* `release`: what ranks within a series (`9.7` of Rocky 9); no part of the family
* `code`: the release's code name; part of the family where no `series` stands
* `build`: date, serial or build number; `n`: a number that only breaks a tie
* `q`: a qualifier; part of the family
* `arch`: the architecture, which EC2 tells better; `_`: says nothing; `tail`: a Marketplace tail
* any other name (`os`, `kernel`, `volume`, …): an attribute; part of the family
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from amitui.domain.products.known import HEAD, UNKEYED

_DEFAULTS: Final = {"arch": "arch", "build": "D.n", "n": "int", "tail": "tail", "series": "ver", "release": "ver"}

_DIGIT: Final = r"\d"
_FOLDED_DIGIT: Final = "[lo2-9]"
"""A digit once `trust` has folded a name: 1 is l there, and 0 is o."""

_TYPES: Final = {
    "int": "#{1,10}",
    "xy": "#+[.]#+",
    "xyz": "#+(?:[.]#+){2,}",
    "ver": "#+(?:[.]#+)*",
    "yymm": "##[.]##",
    "year": "2###",
    "D": "#{8}",
    "D.n": "#{8}(?:[.]#+)?",
    "D.int": "#{8}[.]#+",
    "1.int": "!1![.]#+",
    "D-": "####-##-##",
    "D.": "####[.]##[.]##",
    "yyyymm.n": "####[.]##[.]#+",
    "stamp": "#{12}(?:##)?",
    "iso": "####-##-##!T!##[-:]##(?:[-:]##)?(?:[.]#+)?(?:!Z!)?",
    "monthyear": "[A-Za-z]{3}####",
    "letter": "[a-z]",
    "hex": "(?:#|[a-f]){7,16}",
    "word": "[A-Za-z0-9]+",
    "name": "[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*?",
    "words": "[A-Za-z0-9]+(?:[-_][A-Za-z0-9.]+)*?",
    "label": "[A-Za-z0-9. ]+",
    "disk": "[a-z0-9]+(?:-[a-z0-9]+)*",
    "region": "[a-z]{2,3}(?:-[a-z]+)+-#",
    "osversion": "#+(?:[.]#+)*",
    "bitnami": "[A-Za-z0-9._]*#[A-Za-z0-9._]*(?:-#+)?(?:-r#+)?",
    "offer": "[A-Za-z0-9][A-Za-z0-9. -]*?",
    "sp": "!sp!",
    "arch": "!x86_64!|!amd64!|!arm64!|!aarch64!|!i386!|!arm64-aarch64!|!ppc64el!",
    "tail": "[ -].+",
}
"""`#` is a digit, `!…!` literal text: both read differently in a folded name."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands in every name."""

    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A placeholder."""

    role: str
    type: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """What may be absent."""

    nodes: tuple[Node, ...]


Node = Literal | Part | Maybe


class TemplateError(ValueError):
    """A pattern that cannot be read, and why."""


def parse(template: str) -> tuple[Node, ...]:
    """The nodes of a pattern.

    Raises:
        TemplateError: a bracket is not closed, or a type is not known.
    """
    nodes, position = _parse(template, 0, nested=False)
    if position != len(template):
        raise TemplateError(f"{template!r}: ] without [")
    return nodes


def _parse(template: str, position: int, *, nested: bool) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    literal = ""
    while position < len(template):
        character = template[position]
        if character == "\\":
            literal += template[position + 1 : position + 2]
            position += 2
            continue
        if character not in "{[]":
            literal += character
            position += 1
            continue
        if literal:
            nodes.append(Literal(literal))
            literal = ""
        if character == "]":
            if not nested:
                break
            return tuple(nodes), position + 1
        if character == "[":
            inner, position = _parse(template, position + 1, nested=True)
            nodes.append(Maybe(inner))
            continue
        end = template.find("}", position)
        if end < 0:
            raise TemplateError(f"{template!r}: {{ is not closed")
        nodes.append(_part(template, template[position + 1 : end]))
        position = end + 1
    if nested:
        raise TemplateError(f"{template!r}: [ is not closed")
    if literal:
        nodes.append(Literal(literal))
    return tuple(nodes), position


def _part(template: str, text: str) -> Part:
    role, _, kind = text.partition(":")
    kind = kind or _DEFAULTS.get(role, "")
    if not role or not kind:
        raise TemplateError(f"{template!r}: {{{text}}} has no type")
    return Part(role, kind)


def expression(nodes: Sequence[Node], *, folded: bool = False) -> str:
    """The regular expression, whole names only; groups are named `role` and a number in their order."""
    numbers = iter(range(1000))
    return "".join(_expressions(nodes, numbers, folded))


def _expressions(nodes: Sequence[Node], numbers: Iterator[int], folded: bool) -> Iterator[str]:
    for node in nodes:
        match node:
            case Literal(text):
                yield _literal(text, folded)
            case Maybe(inner):
                yield f"(?:{''.join(_expressions(inner, numbers, folded))})?"
            case Part(role, kind):
                yield f"(?P<{'x' if role == '_' else role}_{next(numbers)}>{_typed(kind, folded)})"


def _typed(kind: str, folded: bool) -> str:
    alternatives = kind.split("|")
    return "|".join(
        _of_type(_TYPES[one], folded) if one in _TYPES else _literal(one, folded) for one in alternatives
    )


def _of_type(source: str, folded: bool) -> str:
    digit = _FOLDED_DIGIT if folded else _DIGIT
    pieces = source.split("!")
    # Every second piece is literal text.
    return "".join(
        _literal(piece, folded) if index % 2 else piece.replace("#", digit) for index, piece in enumerate(pieces)
    )


def _literal(text: str, folded: bool) -> str:
    if folded:
        from amitui.domain.products.folding import fold_ascii

        text = fold_ascii(text)
    return re.escape(text)


def heads(nodes: Sequence[Node]) -> set[str]:
    """The first `HEAD` characters that names of a pattern can have.

    Raises:
        TemplateError: they can be any.
    """
    found: set[str] = set()
    begun = {""}
    for node in nodes:
        added = _beginnings(node)
        begun = {(start + text)[:HEAD] for start in begun for text in added}
        found |= {text for text in begun if len(text) == HEAD}
        begun = {text for text in begun if len(text) < HEAD}
        if not begun:
            return found
    raise TemplateError("a pattern needs at least two characters that are given")


def literals(nodes: Sequence[Node]) -> list[str]:
    """Texts that stand in every name of a pattern: looking for them is quicker than a regular expression."""
    return [node.text for node in nodes if isinstance(node, Literal) and len(node.text) >= HEAD]


def _beginnings(node: Node) -> set[str]:
    match node:
        case Literal(text):
            return {text}
        case Maybe(inner):
            return heads(inner) | {""}
        case Part(_, "int" | "ver" | "xy" | "xyz"):
            return set("0123456789")
        case Part(_, kind) if not set(kind.split("|")) & set(_TYPES):
            return set(kind.split("|"))
    raise TemplateError("a pattern begins with what can be anything")


def words_of(nodes: Sequence[Node]) -> Iterator[str]:
    """The words of the literal text, of choices as well, in lower case."""
    for node in nodes:
        match node:
            case Literal(text):
                yield from re.findall(r"[a-z]{3,}", text.lower())
            case Maybe(inner):
                yield from words_of(inner)
            case Part(_, kind):
                for one in kind.split("|"):
                    text = "".join(_TYPES[one].split("!")[1::2]) if one in _TYPES else one
                    yield from re.findall(r"[a-z]{3,}", text.lower())


def choices(nodes: Sequence[Node]) -> Iterator[str]:
    """The texts between which qualifiers and attributes choose: words that tell images apart."""
    for node in nodes:
        match node:
            case Maybe(inner):
                yield from choices(inner)
            case Part(role, kind) if role not in UNKEYED - {"_"} and not set(kind.split("|")) & set(_TYPES):
                yield from kind.split("|")
            case _:
                pass
