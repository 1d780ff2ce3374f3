"""How kinds of images are ranked for an intent: trust and product, unasked variants, release, architecture."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from amitui.domain.products.word_table import PRODUCTS
from amitui.domain.query.intent import Intent

Rank: TypeAlias = tuple[int | tuple[int, ...], ...]
"""Lower is better; comparable between Regions."""

_ORDER: Final = {product: index for index, product in enumerate(PRODUCTS)}
_ARCHITECTURES: Final = {"x86_64": 0, "x86_64_mac": 0, "arm64": 1, "arm64_mac": 1}
_OTHER_ARCHITECTURE: Final = 2
_BEHIND: Final = (1,)
"""Ends a release turned round, so that 15.6.1 comes before 15.6."""


class RankedKind(NamedTuple):
    """A kind of the index that fulfils what is asked of kinds, and where it stands."""

    code: int
    tier: int
    product: str
    words: frozenset[str]
    unasked: tuple[str, ...]
    """Qualifiers that nobody asked for."""
    release: tuple[int, ...]
    architecture: str
    rank: Rank


KindRow: TypeAlias = tuple[int, int, str, str, str, str, str]
"""Code, tier, product, words, extras, release and architecture of a kind, as `products.kind.Kind` has them."""


def ranked(row: KindRow, intent: Intent) -> RankedKind:
    """A kind with its rank."""
    code, tier, product, words, extras, release, architecture = row
    own = frozenset(words.split())
    unasked = tuple(extra for extra in extras.split() if not _is_asked(extra, intent.asked))
    missed = sum(not any(f"={word}" in own for word in named) for named in intent.products)
    misplaced = sum(number not in own for number in intent.placed)
    numbers = tuple(int(part) for part in release.split(".")) if release else ()
    rank: Rank = (
        tier,
        missed,
        misplaced,
        -sum(word in own for word in intent.soft),
        len(unasked),
        _ORDER.get(product, len(_ORDER)),
        (*(-number for number in numbers), *_BEHIND),
        _ARCHITECTURES.get(architecture, _OTHER_ARCHITECTURE),
    )
    return RankedKind(code, tier, product, own, unasked, numbers, architecture, rank)


class Ranking:
    """Ranks kinds for an intent, each once: the indexes of all Regions have mostly the same."""

    def __init__(self, intent: Intent) -> None:
        self._intent = intent
        self._known: dict[tuple[int, str, str, str, str, str], RankedKind] = {}

    def ranked(self, row: KindRow) -> RankedKind:
        """See `ranked`."""
        code, kind = row[0], row[1:]
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = ranked(row, self._intent)
        return known if known.code == code else RankedKind(code, *known[1:])


def _is_asked(extra: str, asked: frozenset[str]) -> bool:
    return extra in asked or ("-" in extra and all(part in asked for part in extra.split("-")))


def text_rank(tier: int) -> Rank:
    """The rank of images of a tier whose names follow no known pattern: behind those that do."""
    return (tier, 1 << 20)


def fulfils(words: frozenset[str] | str, alternatives: tuple[tuple[str, ...], ...]) -> bool:
    """Whether a kind has all words of one of the alternatives."""
    return any(all(word in words for word in alternative) for alternative in alternatives)
