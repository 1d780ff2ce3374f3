"""The errors of this session, the latest first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.ui.error_log import LoggedError
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.widgets.error_lines import error_lines
from amitui.ui.widgets.text_lines import BLANK, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.ui.widgets.text_lines import TextLine


class ErrorsScreen(TextDialog):
    """The error log; the result is True when it is to be emptied."""

    BINDINGS = [
        Binding("exclamation_mark", "leave", "Close", show=False, id="errors.leave", tooltip="Close the log"),
        Binding("ctrl+l", "clear", "Clear", id="errors.clear", tooltip="Clear the log"),
    ]

    def __init__(self, entries: Sequence[LoggedError]) -> None:
        """Args:
        entries: the latest first.
        """
        super().__init__("Errors")
        self._entries = tuple(entries)

    def lines(self, width: int) -> Iterator[TextLine]:
        if not self._entries:
            yield from paragraph("No errors in this session.", width, "muted")
        for index, entry in enumerate(self._entries):
            if index:
                yield BLANK
            at = time.strftime("%H:%M:%S", time.localtime(entry.at))
            times = f"{entry.times} times" if entry.times > 1 else ""
            yield from paragraph("  ".join(word for word in (at, entry.where, times) if word), width, "muted")
            yield from error_lines(entry.error, width, indent=2)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002
        """An empty log cannot be emptied."""
        return action != "clear" or bool(self._entries)

    def action_clear(self) -> None:
        """Close and empty the log."""
        self.dismiss(True)
