"""Completion of a query that is being typed: which part of it stands at the cursor, and what may stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.query.parser import FIELDS, OTHER_NAMES
from amitui.domain.query.tokens import Token
from amitui.domain.visible import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amitui.domain.query.accounts import NamedAccount

SHORTEST_NAME: Final = 2
"""Characters of a field's name that must stand there before it is offered."""

_FREE_TEXT: Final = frozenset(("family", "name", "description", "id", "created", "age"))
"""Fields without a list of values."""

_SPECIAL: Final = frozenset(' "|:,=*?\\\t')
"""Characters that mean something in a query unless they stand in quotes."""


class FieldValue(NamedTuple):
    """A value that a field can have in a query."""

    text: str
    images: int | None = None
    """How many have it; `None`: not counted."""
    words: tuple[str, ...] = ()
    """Other words by which it is offered, lower case."""


class Part(NamedTuple):
    """What is being typed at the cursor."""

    field: str
    """The field whose value it is; empty: the name of a field, or a word."""
    typed: str
    """As far as it is typed, without quotes, lower case."""
    start: int
    """Where in the text it begins, a quote included."""
    end: int
    key: str = ""
    """The tag's key, lower case, when a tag's value is typed."""
    others: tuple[str, ...] = ()
    """Values of the field that stand before it, lower case."""


class Offer(NamedTuple):
    """One way to complete a part."""

    shown: str
    images: int | None
    inserted: str
    """What replaces the part, with the character that goes on from there: a colon, an equals sign or a space."""


def part_at(text: str, cursor: int) -> Part | None:
    """The part of a query that ends at the cursor and can be completed; `None` when there is none."""
    if text[cursor : cursor + 1].strip(" |"):
        return None  # in the middle of a word
    token = _last_token(text[:cursor])
    if token is None:
        return None
    body = token.part(1) if token.text.startswith("-") and not token.quoted[0] else token
    colon = body.plain_index(":")
    if colon < 0:
        nameable = len(body.text) >= SHORTEST_NAME and not any(body.quoted)
        return Part("", body.text.lower(), body.start, cursor) if nameable else None
    name = body.text[:colon].lower()
    field = OTHER_NAMES.get(name, name)
    if field not in FIELDS or field in _FREE_TEXT:
        return None
    return _value_part(field, body, colon, cursor)


def _value_part(field: str, body: Token, colon: int, cursor: int) -> Part:
    begin = colon + 1
    key = ""
    if field == "tag" and (equals := body.plain_index("=", begin)) >= 0:
        key, begin = body.text[begin:equals].lower(), equals + 1
    elif field == "sort" and body.text.startswith("-", begin):
        begin += 1
    others = []
    if field != "tag" or key:
        while (comma := body.plain_index(",", begin)) >= 0:
            others.append(body.text[begin:comma].lower())
            begin = comma + 1
    return Part(field, body.text[begin:].lower(), body.places[begin - 1] + 1, cursor, key, tuple(others))


def _last_token(text: str) -> Token | None:
    """The token that reaches the end of a text; a quote that is not closed yet counts as closed there."""
    position = 0
    while position < len(text):
        if text[position].isspace() or text[position] == "|":
            position += 1
            continue
        token = Token.read(text, position)
        if isinstance(token, int):
            token = Token.read(f'{text}"', position)
            return None if isinstance(token, int) or not token.text else token
        if token.end >= len(text):
            return token if token.text else None
        position = token.end
    return None


def field_offers(part: Part) -> tuple[Offer, ...]:
    """The fields whose name, or another word for it, begins as a part does."""
    names = [name for name in FIELDS if name.startswith(part.typed)]
    names += [name for other, name in OTHER_NAMES.items() if other.startswith(part.typed)]
    return tuple(Offer(f"{name}:", None, f"{name}:") for name in dict.fromkeys(names))


def value_offers(part: Part, values: Iterable[FieldValue]) -> tuple[Offer, ...]:
    """The values that complete a part, in their order: those that begin so first, then by their other words.

    None when a value is typed out already, and never one that a query cannot name.
    """
    begins: list[FieldValue] = []
    otherwise: list[FieldValue] = []
    for value in values:
        folded = value.text.lower()
        if folded and folded == part.typed:
            return ()
        if folded in part.others:
            continue
        if folded.startswith(part.typed):
            begins.append(value)
        elif any(word.startswith(part.typed) for word in value.words):
            otherwise.append(value)
    after = "=" if part.field == "tag" and not part.key else " "
    return tuple(
        Offer(value.text, value.images, text + after)
        for value in (*begins, *otherwise)
        if (text := quoted(value.text))
    )


def quoted(value: str) -> str:
    """A value as a query names it, in quotes where it needs them; empty when no query can."""
    if not value or not is_visible(value):
        return ""
    if _SPECIAL.isdisjoint(value) and not value.startswith("-") and not any(map(str.isspace, value)):
        return value
    text = '"' + value.replace('"', '\\"') + '"'
    token = Token.read(text, 0)
    return text if isinstance(token, Token) and (token.text, token.end) == (value, len(text)) else ""


def completed(text: str, part: Part, offer: Offer) -> tuple[str, int]:
    """The query with an offer taken, and where the cursor stands then."""
    rest = text[part.end :]
    inserted = offer.inserted.rstrip(" ") if rest.startswith(" ") else offer.inserted
    whole = text[: part.start] + inserted + rest
    return whole, part.start + len(inserted)


def merged(regions: Sequence[Iterable[FieldValue]]) -> tuple[FieldValue, ...]:
    """The values of several Regions, their counts added, in the order in which they first came."""
    counts: dict[str, FieldValue] = {}
    for values in regions:
        for value in values:
            before = counts.get(value.text)
            if before is not None and before.images is not None and value.images is not None:
                value = value._replace(images=before.images + value.images)
            counts[value.text] = value
    return tuple(counts.values())


def account_values(counted: Iterable[FieldValue], known: Iterable[NamedAccount]) -> tuple[FieldValue, ...]:
    """The accounts in use by their names, those of most images first; accounts of one name are one value.

    Args:
        counted: by account id, how many images there are.
        known: every account that a query can name.
    """
    images = {value.text: value.images or 0 for value in counted}
    found: dict[str, FieldValue] = {}
    for one in known:
        if one.is_used and one.account:
            name, *others = (*one.names, one.account)
            before = found.get(name, FieldValue(name, 0))
            words = (*before.words, *(other.lower() for other in others))
            found[name] = FieldValue(name, (before.images or 0) + images.get(one.account, 0), words)
    return tuple(sorted(found.values(), key=lambda value: (-(value.images or 0), value.text)))


def most_first(values: Iterable[FieldValue]) -> tuple[FieldValue, ...]:
    """Values that any image has, those of most images first."""
    return tuple(sorted((one for one in values if one.images), key=lambda one: (-(one.images or 0), one.text)))
