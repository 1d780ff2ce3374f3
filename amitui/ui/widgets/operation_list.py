"""Operations one below the other, with a cursor that stays on its operation while others come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.batches import OperationBatch, OperationRow
from amitui.presentation.operation_rows import RowColumns, batch_row, columns, row
from amitui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs


class OperationList(LiveList[OperationRow]):
    """Paints a row for each operation or batch; the screen that owns it moves the cursor."""

    def __init__(self, signs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._signs = signs
        self._now = 0.0
        self._opened: Collection[str] = ()
        self._columns = RowColumns(1, 0, 0, 0, 0, 0)

    def show(
        self, rows: Sequence[OperationRow], now: float, *, opened: Collection[str] = (), empty: str = ""
    ) -> None:
        """Show these.

        Args:
            now: in seconds since the epoch, for the elapsed time and the estimates.
            opened: ids of the batches whose operations are among the rows.
            empty: said when there are none.
        """
        self._now, self._opened = now, opened
        self.show_items(rows, empty=empty)

    def key_of(self, item: OperationRow) -> str:
        # The first operation of a batch has its id.
        return f"batch {item.id}" if isinstance(item, OperationBatch) else item.id

    def fit_columns(self, items: Sequence[OperationRow], width: int) -> None:
        self._columns = columns(items, width)

    def runs(self, item: OperationRow) -> Runs:
        if isinstance(item, OperationBatch):
            is_open = item.id in self._opened
            return batch_row(item, self._columns, self._now, self._signs, is_open=is_open)
        return row(item, self._columns, self._now, self._signs, indent=2 if item.batch in self._opened else 0)
