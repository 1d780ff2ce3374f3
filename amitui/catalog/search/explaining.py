"""Why rows of one region stand where they do: what `domain.query.reasons` puts into words."""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amitui.catalog.search.best import BestSearch
from amitui.domain.image.publishers import SOLD_PRODUCTS
from amitui.domain.products.tier import Tier
from amitui.domain.query.ranking import RankedKind, ranked
from amitui.domain.query.reasons import Standing, reasons


def explained(search: BestSearch, row_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """By row id, the reasons for a row's place; rows that vanished are left out."""
    marks = ", ".join("?" * len(row_ids))
    rows = search.fetch(
        "SELECT i.id, i.owner, i.family, i.arch, i.deprecated,"
        " (SELECT text FROM term WHERE code = i.state),"
        " k.code, k.tier, k.product, k.words, k.extras, k.release, k.architecture"
        f" FROM image i JOIN kind k ON k.code = i.kind WHERE i.id IN ({marks})",
        row_ids,
    )
    return {row[0]: reasons(_standing(search, row)) for row in rows}


def _standing(search: BestSearch, row: Sequence[Any]) -> Standing:
    row_id, owner, family, arch, deprecated, state, *kind_row = row
    intent = search.matching.intent
    code, tier, product, words, extras, release, architecture = kind_row
    kind = ranked((code, tier, product, words, extras, release, architecture), intent)
    is_own = owner in search.own_owners
    missed = any(not any(f"={word}" in kind.words for word in named) for named in intent.products)
    return Standing(
        Tier.OWN if is_own else Tier(tier),
        product,
        product in SOLD_PRODUCTS,
        bool(product) and missed,
        tuple(word for word in kind.unasked if not word.startswith("no-")) if product else (),
        bool(product) and not is_own and _has_newer_release(search, kind, architecture),
        search.has_newer(row_id, owner, family, arch),
        deprecated is not None and deprecated <= search.now,
        state in ("available", None, ""),
    )


def _has_newer_release(search: BestSearch, kind: RankedKind, architecture: str) -> bool:
    """Whether the view shows a higher release of the same product, as plain and as near to its publisher."""
    higher = [
        other.code
        for other in search.matching.kinds()
        if (other.product, other.tier, other.unasked, other.architecture)
        == (kind.product, kind.tier, kind.unasked, architecture)
        and other.release > kind.release
    ]
    return search.shows_any(higher)
