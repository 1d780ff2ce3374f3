"""A dialog that shows text and takes a key or two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content

from amitui.ui.screens.modal import Modal
from amitui.ui.screens.picker import FRAMED_FROM, SHORT_SCREEN
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.text_lines import TextView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult

    from amitui.ui.widgets.text_lines import TextLine

DIALOG_CELLS: Final = 84
"""Width of a dialog, frame included."""


class TextDialog(Modal[bool]):
    """Text in a frame; the result is True when a key other than that for closing was pressed."""

    CSS_PATH = stylesheet("dialogs", "text_lines")
    VERTICAL_BREAKPOINTS = SHORT_SCREEN
    BINDINGS = [
        Binding("escape,q", "leave", "Close", id="dialog.leave", tooltip="Close the dialog"),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title_text = title
        self.view = DialogText(self)
        """What scrolls."""

    def lines(self, width: int) -> Iterable[TextLine]:
        """The text for `width` cells."""
        raise NotImplementedError

    def rows_below(self, width: int) -> int:  # noqa: ARG002
        """How many rows stand between the text and the keys."""
        return 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title_text)
            yield self.view
            yield KeyBar()

    def on_mount(self) -> None:
        self.view.focus()
        self.fit()

    def on_resize(self) -> None:
        self.fit()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(False)

    def renew(self) -> None:
        """Lay the text out again."""
        self.fit()
        self.view.renew()

    def fit(self) -> None:
        """Make the dialog as high as its text, or as the screen allows."""
        screen = self.app.size
        if screen.height < FRAMED_FROM:
            rows = screen.height
        else:
            # Two cells of frame, two of padding and the scroll bar's go from the width.
            width = min(DIALOG_CELLS, screen.width) - 5
            text = len(list(self.lines(width)))
            rows = min(text + self.rows_below(width) + 3, screen.height - 2)
        self.set_rows(rows)


class DialogText(TextView):
    """The lines of the dialog that owns it."""

    def __init__(self, dialog: TextDialog) -> None:
        super().__init__()
        self._dialog = dialog

    def lay_out(self, width: int) -> Iterable[TextLine]:
        return self._dialog.lines(width)
