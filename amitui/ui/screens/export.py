"""What to write of the images in view, in which form, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from amitui.presentation.export import FORMATS
from amitui.ui.screens.picker import FRAMED_FROM, SHORT_SCREEN
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields.choice_line import ChoiceLine
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.search_bar import QueryInput

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets import Input

DIALOG_ROWS: Final = 8


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """An export that its user asked for; the path was writable when they did."""

    format: str
    """The name of one of `presentation.export.FORMATS`."""
    path: str
    """Absolute."""
    marked_only: bool
    """The marked rows, or all matches."""
    overwrite: bool
    """Whether the file existed and its user agreed."""


@dataclass(frozen=True, slots=True)
class PathCheck:
    """What is to be said about a path before anything is written."""

    path: str
    """Absolute, `~` expanded."""
    problem: str = ""
    """Why nothing can be written there; empty = it can."""
    exists: bool = False


def check_path(text: str) -> PathCheck:
    """Whether a file can be written at what was typed."""
    path = os.path.abspath(os.path.expanduser(text.strip()))
    folder = os.path.dirname(path)
    if not text.strip():
        problem = "a file name is needed"
    elif os.path.isdir(path) or text.strip().endswith(os.sep):
        problem = "that is a folder: add a file name"
    elif not os.path.isdir(folder):
        problem = f"there is no folder {folder}"
    elif os.path.lexists(path) and not os.path.isfile(path):
        problem = "that is not a regular file"
    elif not os.access(path if os.path.exists(path) else folder, os.W_OK):
        problem = "no permission to write there"
    else:
        problem = ""
    return PathCheck(path, problem, exists=not problem and os.path.exists(path))


class ExportScreen(ModalScreen[ExportRequest | None]):
    """Choose format, rows and file; Ctrl+S writes, a second time over an existing file."""

    CSS_PATH = stylesheet("dialogs", "export")
    VERTICAL_BREAKPOINTS = SHORT_SCREEN
    BINDINGS = [
        Binding("ctrl+s", "export", "Export", id="export.write", tooltip="Write the file", priority=True),
        Binding("tab", "app.focus_next", "Next field", id="export.next", tooltip="Go to the next field"),
        Binding(
            "down", "app.focus_next", "Next field", show=False, id="export.down", tooltip="Go to the next field"
        ),
        Binding(
            "up", "app.focus_previous", "Last field", show=False, id="export.up", tooltip="Go to the field before"
        ),
        Binding("enter", "export", "Export", show=False, id="export.enter", tooltip="Write the file"),
        Binding("escape", "leave", "Cancel", id="export.leave", tooltip="Close without writing"),
    ]

    def __init__(self, *, matches: int, marked: int, name: str = "amis", format: str = "csv") -> None:
        """Args:
        matches: rows of the view.
        marked: how many of them are marked.
        name: the proposed file's name without its extension.
        format: the format chosen at first.
        """
        super().__init__()
        self._counts = {"marked": marked, "matches": matches}
        self._name = name
        self._proposed = self._proposal(format)
        self._overwrite = ""
        self._format = ChoiceLine("Format", [(key, key) for key in FORMATS], value=format, id="format")
        rows = [("matches", f"all {matches:,} matches")]
        if marked:
            rows.insert(0, ("marked", f"{marked:,} marked"))
        self._rows = ChoiceLine("Rows", rows, value=rows[0][0], id="rows")
        self._path = QueryInput(placeholder="file name", select_on_focus=False)
        self._path.cursor_blink = False
        self._note = Static(markup=False, classes="note")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Export"
            yield self._format
            yield self._rows
            with Horizontal(classes="file"):
                yield Static(" File", markup=False)
                yield self._path
            yield self._note
            yield KeyBar()

    def on_mount(self) -> None:
        self._path.value = self._proposed
        self._format.focus()
        self._tell()

    def on_resize(self) -> None:
        height = self.app.size.height
        self.query_one(".dialog").styles.height = DIALOG_ROWS if height >= FRAMED_FROM else height

    @on(ChoiceLine.Changed, "#format")
    def _format_chosen(self, event: ChoiceLine.Changed) -> None:
        if self._path.value == self._proposed:
            self._proposed = self._proposal(event.value)
            self._path.value = self._proposed
        self._tell()

    @on(ChoiceLine.Changed, "#rows")
    def _rows_chosen(self) -> None:
        self._tell()

    @on(QueryInput.Changed)
    def _path_edited(self, event: Input.Changed) -> None:
        event.stop()
        self._overwrite = ""
        self._tell()

    @on(QueryInput.Submitted)
    def _path_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_export()

    def action_leave(self) -> None:
        """Close without writing."""
        self.dismiss(None)

    def action_export(self) -> None:
        """End with the request, once the path is sound and an existing file may go."""
        check = check_path(self._path.value)
        if check.problem:
            self._path.focus()
            self.app.bell()
        elif check.exists and self._overwrite != check.path:
            self._overwrite = check.path
        else:
            marked = self._rows.value == "marked"
            self.dismiss(ExportRequest(self._format.value, check.path, marked, overwrite=check.exists))
            return
        self._tell()

    def _proposal(self, kind: str) -> str:
        return f"{self._name}.{FORMATS[kind].suffix}"

    def _tell(self) -> None:
        """Say what would happen now."""
        check = check_path(self._path.value)
        count = self._counts[self._rows.value]
        if check.problem:
            words = check.problem
        elif check.exists and self._overwrite == check.path:
            words = f"{check.path} exists. Again: it is overwritten with {count:,} images"
        elif check.exists:
            words = f"{count:,} images → {check.path} (exists)"
        else:
            words = f"{count:,} images → {check.path}"
        self._note.set_class(bool(check.problem) or self._overwrite == check.path, "-alert")
        self._note.update(words)
