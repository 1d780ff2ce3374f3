"""Pages of the fake EC2's answers to DescribeImages: an order that is arbitrary but stays, and tokens for it."""

from __future__ import annotations

import base64
import binascii
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from amitui.demo.cloud.model import CloudError
from tests.support.catalogue_images import Catalogue
from tests.support.catalogue_query import Question, Resolver

MOST_A_PAGE: Final = 1000
_ROUND: Final = 2**40
"""More than there are places: one turn through all of them."""
_KEPT_ANSWERS: Final = 64


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """Which images stand on a page."""

    places: list[int]
    token: str | None
    """Of the next page; `None` after the last."""


class Pager:
    """Gives out the answers to questions page by page.

    A list begins in the midst of the catalogue, at a point that depends on the question, and comes round: new
    images appear anywhere but at its end. A page goes on behind the last image of the one before, also when the
    catalogue has changed since.
    """

    def __init__(self, catalogue: Catalogue, resolver: Resolver) -> None:
        self.sizes: Iterator[int] | None = None
        """How many images the next pages hold at most (0 makes an empty one); `None`: as many as are asked for."""
        self.era = 0
        """Raised to make every token given so far stale."""
        self._catalogue = catalogue
        self._resolver = resolver
        self._turned_at = catalogue.places
        self._answers: dict[Question, tuple[int, array[int]]] = {}
        self._serial = 0

    def page(self, question: Question, token: str | None, limit: int | None) -> PlacesPage:
        """One page.

        Args:
            limit: MaxResults; `None` without: everything at once.

        Raises:
            CloudError: the token is of another question, stale, or none; or the limit is none.
        """
        if limit is not None and limit < 1:
            raise CloudError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid.")
        asked = crc32(repr(question).encode())
        turn = asked % max(1, self._turned_at)
        found = self._found(question, turn)
        start = 0 if token is None else bisect_right(found, self._after(token, asked))
        if limit is None and token is None:
            end = len(found)
        else:
            wanted = min(limit or MOST_A_PAGE, MOST_A_PAGE)
            end = start + (wanted if self.sizes is None else min(wanted, next(self.sizes, wanted)))
        shown = found[start:end]
        last = shown[-1] if shown else (found[start - 1] if start else -1)
        more = self._token(last, asked) if end < len(found) else None
        return PlacesPage([(turn + at) % _ROUND for at in shown], more)

    def _found(self, question: Question, turn: int) -> array[int]:
        """The places from the turning point on, each as its distance behind it: ascending."""
        version = self._catalogue.version
        known, found = self._answers.get(question, (-1, array("Q")))
        if known != version:
            places = self._resolver.places(question)
            middle = bisect_left(places, turn)
            found = array("Q", [place - turn for place in places[middle:]])
            found.extend([place - turn + _ROUND for place in places[:middle]])
            while len(self._answers) >= _KEPT_ANSWERS:
                del self._answers[next(iter(self._answers))]
            self._answers[question] = (version, found)
        return found

    def _token(self, last: int, asked: int) -> str:
        self._serial += 1
        return base64.urlsafe_b64encode(f"{self.era}:{asked}:{last}:{self._serial}".encode()).decode()

    def _after(self, token: str, asked: int) -> int:
        try:
            era, asked_then, last, _ = map(int, base64.b64decode(token, b"-_", validate=True).split(b":"))
        except (binascii.Error, ValueError):
            era, asked_then, last = -1, -1, -1
        if asked_then != asked or era != self.era:
            raise CloudError("InvalidNextToken", "The token is not valid for this request, or has expired.")
        return last
