"""Launched instances one below the other, those marked that something is to be done with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.launch.instances import Instance
from amitui.presentation.launched_rows import RowColumns, columns, row
from amitui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs


class InstanceList(LiveList[Instance]):
    """Paints a row for each instance; the screen that owns it moves the cursor and marks."""

    def __init__(self, signs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._signs = signs
        self._now = 0.0
        self._marked: frozenset[str] = frozenset()
        self._columns = RowColumns(1)

    def show(
        self, instances: Sequence[Instance], now: float, *, marked: Collection[str] = (), empty: str = ""
    ) -> None:
        """Show these.

        Args:
            now: in seconds since the epoch, for how long ago they were launched.
            marked: keys of those that are marked.
            empty: said when there are none.
        """
        self._now, self._marked = now, frozenset(marked)
        self.show_items(instances, empty=empty)

    def key_of(self, item: Instance) -> str:
        return item.key

    def fit_columns(self, items: Sequence[Instance], width: int) -> None:
        self._columns = columns(items, width)

    def runs(self, item: Instance) -> Runs:
        return row(item, self._columns, self._now, marked=item.key in self._marked, signs=self._signs)
