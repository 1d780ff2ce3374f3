"""The line of offers below the search bar: as many as fit, the one that a key takes marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from amitui.ui.widgets.line import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.query.offers import Offer

_BETWEEN: Final = " · "
_MORE: Final = " …"


def offer_words(offer: Offer) -> str:
    """An offer and how many images have it: `arm64 612`."""
    return offer.shown if offer.images is None else f"{offer.shown} {offer.images}"


def offer_line(offers: Sequence[Offer], key: str, width: int) -> Content:
    """The offers in one line of `width` cells, the first marked, behind the name of the key that takes it."""
    lead = f"{key} " if key and width >= 2 * cell_len(key) + 8 else ""
    room = width - cell_len(lead)
    first = clip(f" {offer_words(offers[0])} ", room)
    taken = cell_len(first)
    rest = ""
    for index, offer in enumerate(offers[1:], 2):
        words = _BETWEEN + offer_words(offer) if rest else f" {offer_words(offer)}"
        reserved = 0 if index == len(offers) else cell_len(_MORE)
        if taken + cell_len(rest) + cell_len(words) + reserved > room:
            rest += _MORE if taken + cell_len(rest) + cell_len(_MORE) <= room else ""
            break
        rest += words
    return Content.assemble(lead, (first, "bold reverse"), rest)
