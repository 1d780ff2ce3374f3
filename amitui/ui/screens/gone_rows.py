"""Rows that were on the screen when EC2 stopped to show their images: they stay where they were, as gone.

The index has them no longer. They stay until another view is shown; a search for the id says the same for days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.catalogue.gone import GONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.catalogue.gone import GoneImage
    from amitui.domain.image.row import ImageRow

_FOLLOWERS: Final = 5
"""Rows behind a gone one that are remembered, to find its place among newer rows again."""


class GoneRows:
    """The gone rows of the view that is shown."""

    def __init__(self) -> None:
        self._rows: dict[int, ImageRow] = {}
        """By the key that the row had."""
        self._followers: dict[int, tuple[int, ...]] = {}
        """By the same, the keys of rows behind it that were there still."""

    def __bool__(self) -> bool:
        return bool(self._rows)

    def forget(self) -> None:
        """Another view is shown."""
        self._rows.clear()
        self._followers.clear()

    def row(self, key: int) -> ImageRow | None:
        """The gone row that had a key; `None`: no gone row had it."""
        return self._rows.get(key)

    def take(self, shown: Sequence[tuple[int, ImageRow]], gone: Mapping[tuple[str, str], GoneImage]) -> None:
        """Take those of the rows on the screen whose images are gone.

        Args:
            shown: keys and rows, in order.
            gone: by Region and id.
        """
        for key, row in shown:
            if key not in self._rows and (image := gone.get((row.region, row.image_id))) is not None:
                self._rows[key] = as_gone(row, image)
        followers: list[int] = []
        found: dict[int, tuple[int, ...]] = {}
        for key, _ in reversed(shown):
            if key in self._rows:
                found[key] = tuple(followers[:_FOLLOWERS])
            else:
                followers.insert(0, key)
        # In the order of the screen, in which those stand together that have the same row behind them.
        others = {key: behind for key, behind in self._followers.items() if key not in found}
        self._followers = others | dict(reversed(found.items()))

    def woven(self, keys: Sequence[int]) -> Sequence[int]:
        """The keys of a newer answer of the same view, with those of the gone rows where they were."""
        if not self._rows:
            return keys
        wanted = {one for each in self._followers.values() for one in each} | self._rows.keys()
        places = {key: place for place, key in enumerate(keys) if key in wanted}
        for key in self._rows.keys() & places.keys():  # the image is back, or another one has got its key
            del self._rows[key], self._followers[key]
        before: dict[int, list[int]] = {}
        """By place among the keys, those of the gone rows that come before it."""
        for key, followers in self._followers.items():
            place = next((places[one] for one in followers if one in places), len(keys))
            before.setdefault(place, []).append(key)
        whole = list(keys)
        for place in sorted(before, reverse=True):
            whole[place:place] = before[place]
        return whole


def as_gone(row: ImageRow, image: GoneImage) -> ImageRow:
    """A row of an image that is gone; it cannot be launched or changed."""
    return row._replace(state=GONE, state_reason=image.left, deprecated=None)
