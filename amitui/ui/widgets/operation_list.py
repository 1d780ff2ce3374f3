"""Operations one below the other, with a cursor that stays on its operation while others come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.operation import Operation
from amitui.presentation.operation_rows import RowColumns, columns, row
from amitui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs


class OperationList(LiveList[Operation]):
    """Paints a row for each operation; the screen that owns it moves the cursor."""

    def __init__(self, signs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._signs = signs
        self._now = 0.0
        self._columns = RowColumns(1, 0, 0, 0, 0, 0)

    def show(self, operations: Sequence[Operation], now: float, *, empty: str = "") -> None:
        """Show these.

        Args:
            now: in seconds since the epoch, for the elapsed time and the estimates.
            empty: said when there are none.
        """
        self._now = now
        self.show_items(operations, empty=empty)

    def key_of(self, item: Operation) -> str:
        return item.id

    def fit_columns(self, items: Sequence[Operation], width: int) -> None:
        self._columns = columns(items, width)

    def runs(self, item: Operation) -> Runs:
        return row(item, self._columns, self._now, self._signs)
