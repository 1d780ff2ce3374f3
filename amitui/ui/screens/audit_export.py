"""Where an audit is written: the file's name, whose ending says the format."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from amitui.presentation.facts import day
from amitui.ui.screens.export import check_path
from amitui.ui.screens.picker import BasePicker, PickerItem
from amitui.ui.widgets.line import clip_middle

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME_CELLS: Final = 30
"""Of a file's name beside what is wrong with it."""

_FORMATS: Final = (
    ("json", "everything that is known of each subject"),
    ("csv", "a line a subject, for spreadsheets"),
    ("sarif", "for code hosts and pipelines: SARIF 2.1.0"),
)


def format_of(path: str) -> str:
    """The format that a file's name ends with; JSON for any other ending."""
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    return ending if ending in dict(_FORMATS) else "json"


class AuditExportScreen(BasePicker["str | None"]):
    """Name the file; the result is its absolute path. A file that is there is not overwritten."""

    def __init__(self, now: int) -> None:
        """Args:
        now: seconds since the epoch.
        """
        self._stem = f"audit-{day(now)}"
        items = [PickerItem(name, f"{self._stem}.{name}", words) for name, words in _FORMATS]
        super().__init__("Write audit to", items, empty="", placeholder="type a file name, or choose a format")

    def matching(self, text: str) -> Sequence[PickerItem]:
        """All formats: what is typed is a name, and no filter."""
        del text
        return self.items

    def action_choose(self) -> None:
        """Take the name that was typed, else that of the format under the cursor."""
        typed = self.filter.value.strip()
        item = self.list.current
        self._take_path(typed or (f"{self._stem}.{item.value}" if item is not None else ""))

    def take(self, item: PickerItem) -> None:
        self._take_path(f"{self._stem}.{item.value}")

    def click_chosen(self) -> None:
        item = self.list.current
        if item is not None:
            self.take(item)

    def _take_path(self, text: str) -> None:
        checked = check_path(text)
        problem = checked.problem or ("it exists already: type another name" if checked.exists else "")
        if problem:
            self.app.bell()
            self.query_one(".dialog").border_subtitle = f"{clip_middle(text, NAME_CELLS)}: {problem}"
        else:
            self.dismiss(checked.path)
