"""By which column the table is ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.image.row import INDEX_COLUMNS, Kept
from amitui.domain.query.parser import SortOrder
from amitui.domain.query.terms import BEST
from amitui.ui.screens.picker import BasePicker, PickerItem

if TYPE_CHECKING:
    from collections.abc import Iterable

DESCENDING_FIRST: Final = frozenset(
    {"trust", "severity", *(column.name for column in INDEX_COLUMNS if column.kept is not Kept.TEXT)}
)
"""Columns of which people want the highest first."""


def next_order(column: str, current: SortOrder | None) -> SortOrder:
    """The order that choosing `column` gives: its natural direction, or the other one if it sorts already."""
    if column == BEST:
        return SortOrder(BEST, descending=False)
    if current is not None and current.column == column:
        return SortOrder(column, not current.descending)
    return SortOrder(column, column in DESCENDING_FIRST)


class SortScreen(BasePicker[SortOrder | None]):
    """Choose a column; the one that already sorts is marked, and choosing it again reverses."""

    def __init__(self, columns: Iterable[tuple[str, str, str]], *, current: SortOrder | None) -> None:
        """Args:
        columns: (name, title, what it shows) of every column that can sort.
        current: the order now.
        """
        self._order = current
        items = [PickerItem(name, title, self._detail(name) or about) for name, title, about in columns]
        super().__init__("Sort by", items, current=current.column if current is not None else None)

    def take(self, item: PickerItem) -> None:
        self.dismiss(next_order(item.value, self._order))

    def _detail(self, name: str) -> str:
        if self._order is None or self._order.column != name or name == BEST:
            return ""
        return (
            "highest first now; Enter: lowest first"
            if self._order.descending
            else "lowest first now; Enter: highest first"
        )
