"""Families of own images, or the builds of one, with marks and a cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from amitui.domain.retention.families import FamilySummary
from amitui.domain.retention.plan import Decision
from amitui.presentation.housekeeping import (
    build_head,
    build_row,
    build_widths,
    family_head,
    family_row,
    family_widths,
)
from amitui.presentation.text import cell_width
from amitui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from amitui.domain.retention.survey import Survey
    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs

Item: TypeAlias = FamilySummary | Decision


class HousekeepingList(LiveList[Item]):
    """Paints a row for each family, or each build; the screen that owns it moves the cursor, keeps marks."""

    def __init__(self, glyphs: Glyphs, now: Callable[[], float], marked: Collection[str]) -> None:
        """Args:
        marked: the keys of the marked images; the screen changes it.
        """
        super().__init__()
        self._glyphs, self._now, self._marked = glyphs, now, marked
        self._survey: Survey | None = None
        self._family_widths = family_widths(80)
        self._build_widths = build_widths(80, 21, 1)
        self.heading = ""
        """The titles of the columns, as wide as they are."""

    def show(self, items: Sequence[Item], survey: Survey | None, *, empty: str = "") -> None:
        """Show families or builds.

        Args:
            survey: what builds cost is read from it.
            empty: said when there are none.
        """
        self._survey = survey
        self.show_items(items, empty=empty)

    def key_of(self, item: Item) -> str:
        return item.key if isinstance(item, FamilySummary) else item.image.key

    def fit_columns(self, items: Sequence[Item], width: int) -> None:
        builds = [item.image for item in items if isinstance(item, Decision)]
        accounts = [item.account for item in items if isinstance(item, FamilySummary)]
        self._family_widths = family_widths(width, max(map(cell_width, accounts), default=0))
        ids = max((len(image.image_id) for image in builds), default=0)
        self._build_widths = build_widths(width, ids, len({image.region for image in builds}))
        self.heading = build_head(self._build_widths) if builds else family_head(self._family_widths)

    def runs(self, item: Item) -> Runs:
        if isinstance(item, FamilySummary):
            return family_row(item, self._family_widths, self._marked, now=self._now(), glyphs=self._glyphs)
        if self._survey is None:
            return ()
        return build_row(item, self._build_widths, self._survey, self._marked, self._glyphs)
