"""The subjects of an audit, one below the other, under the verdicts that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.presentation.audit_rows import AuditRow, RowColumns, columns, row_key, row_runs
from amitui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.presentation.glyphs import Glyphs
    from amitui.presentation.lines import Runs


class AuditList(LiveList[AuditRow]):
    """Paints headings, subjects and what could not be read; the screen that owns it moves the cursor."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._columns = RowColumns(1)

    def key_of(self, item: AuditRow) -> str:
        return row_key(item)

    def fit_columns(self, items: Sequence[AuditRow], width: int) -> None:
        self._columns = columns(items, width)

    def runs(self, item: AuditRow) -> Runs:
        return row_runs(item, self._columns, self._glyphs)
