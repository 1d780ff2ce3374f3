"""Which columns the table shows, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.ui.screens.picker import MultiPickerScreen, PickerItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ColumnsScreen(MultiPickerScreen):
    """Mark columns and move them; the result is their names in order, and `()` for the table's own choice."""

    BINDINGS = [
        Binding(
            "ctrl+up",
            "shift(-1)",
            "Move up",
            id="columns.up",
            tooltip="Move the column up",
        ),
        Binding(
            "ctrl+down",
            "shift(1)",
            "Move down",
            id="columns.down",
            tooltip="Move the column down",
        ),
        Binding(
            "ctrl+r", "reset", "Automatic", id="columns.reset", tooltip="Let the table choose what fits the screen"
        ),
    ]

    def __init__(self, columns: Iterable[PickerItem], *, shown: Sequence[str]) -> None:
        """Args:
        columns: every column there is: its name as value, its title as label, what it shows as detail.
        shown: names of the columns shown now, in order.
        """
        by_name = {column.value: column for column in columns}
        first = [by_name.pop(name) for name in dict.fromkeys(shown) if name in by_name]
        super().__init__("Columns", (*first, *by_name.values()), marked=[column.value for column in first])

    def take(self, item: PickerItem) -> None:  # noqa: ARG002
        """End with what is marked; a table without columns is refused."""
        marked = tuple(row.value for row in self.items if row.value in self.marked)
        if marked:
            self.dismiss(marked)
        else:
            self.app.bell()

    def action_shift(self, rows: int) -> None:
        """Move the row under the cursor, as long as all rows are shown."""
        item = self.list.current
        if item is None or self.filter.value:
            self.app.bell()
            return
        order = list(self.items)
        place = order.index(item)
        target = place + rows
        if 0 <= target < len(order):
            order[place], order[target] = order[target], order[place]
            self.set_items(order)

    def action_reset(self) -> None:
        """End with the table's own choice."""
        self.dismiss(())
