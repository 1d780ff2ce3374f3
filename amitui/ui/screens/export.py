"""What to write of the images in view, in which form, and where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from amitui.domain.counts import count_of
from amitui.presentation.export import FORMATS, ExportFormat
from amitui.ui.screens.modal import Modal
from amitui.ui.screens.picker import FRAMED_FROM, SHORT_SCREEN
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields.choice_line import ChoiceLine
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.pick_list import PickerItem, PickList
from amitui.ui.widgets.query_input import QueryInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.events import Key
    from textual.widgets import Input

ROWS_WITHOUT_LIST: Final = 8
"""Of the dialog, its frame and its keys."""

MARKED, CURSOR, MATCHES, BUILDS = "marked", "cursor", "matches", "builds"
"""Which rows are exported."""

FILE, CLIPBOARD = "file", "clipboard"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A confirmed export; the path was writable at that moment."""

    format: str
    """The name of one of `presentation.export.FORMATS`, or of a package's."""
    rows: str
    """`MARKED`, `CURSOR`, `MATCHES` or `BUILDS`."""
    path: str
    """Absolute; empty = to the clipboard."""
    overwrite: bool = False
    """Whether the file existed and its user agreed."""


@dataclass(frozen=True, slots=True)
class PathCheck:
    """The result of checking a path before anything is written."""

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


class FormatList(PickList, can_focus=True, inherit_bindings=False):
    """The formats; a letter goes to the next one that begins with it."""

    BINDINGS = [
        Binding("up", "step(-1)", "Choose", key_display="↑↓", id="formats.up", tooltip="Choose the format above"),
        Binding("down", "step(1)", "Down", show=False, id="formats.down", tooltip="Choose the format below"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="formats.page_up", tooltip="One page up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="formats.page_down", tooltip="One page down"),
        Binding("home", "step(-1000)", "First", show=False, id="formats.first", tooltip="The first format"),
        Binding("end", "step(1000)", "Last", show=False, id="formats.last", tooltip="The last format"),
    ]

    @dataclass
    class Moved(Message):
        """Another format is under the cursor."""

    def action_step(self, rows: int) -> None:
        """Move the cursor."""
        self.move(rows)
        self.post_message(self.Moved())

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.action_step(pages * self.page_rows)

    def on_key(self, event: Key) -> None:
        letter = event.character or ""
        if not letter.isalnum():
            return
        names = [item.value for item in self._items]
        after = (*names[self.cursor + 1 :], *names[: self.cursor + 1])
        found = next((name for name in after if name.startswith(letter)), None)
        if found is not None:
            event.stop()
            self.action_step(names.index(found) - self.cursor)


class ExportScreen(Modal[ExportRequest | None]):
    """Choose format, rows and where they go; Ctrl+S does it, a second time over an existing file."""

    CSS_PATH = stylesheet("dialogs", "picker", "export")
    VERTICAL_BREAKPOINTS = SHORT_SCREEN
    BINDINGS = [
        Binding("ctrl+s", "export", "Export", id="export.write", tooltip="Write the file", priority=True),
        Binding("tab", "app.focus_next", "Next field", id="export.next", tooltip="Go to the next field"),
        Binding(
            "down", "app.focus_next", "Next field", show=False, id="export.down", tooltip="Go to the next field"
        ),
        Binding(
            "up",
            "app.focus_previous",
            "Prev field",
            show=False,
            id="export.up",
            tooltip="Go to the previous field",
        ),
        Binding("enter", "export", "Export", show=False, id="export.enter", tooltip="Write the file"),
        Binding("escape,q", "leave", "Cancel", id="export.leave", tooltip="Close without writing"),
    ]

    def __init__(
        self,
        *,
        matches: int,
        marked: int,
        cursor: str = "",
        families: bool = False,
        builds: int = 0,
        name: str = "amis",
        format: str = "csv",
        others: Mapping[str, ExportFormat] = MappingProxyType({}),
    ) -> None:
        """Args:
        matches: rows of the view, without those of builds that are shown under their family.
        families: whether each of them stands for a family, with its newest build.
        builds: images of all those families; 0 = not counted yet, or rows do not stand for families.
        marked: how many of them are marked.
        cursor: the image under the cursor; empty = there is none.
        name: the proposed file's name without its extension.
        format: the format chosen at first.
        others: formats that packages bring, by name.
        """
        super().__init__()
        self._formats = {**FORMATS, **others}
        self._counts = {MARKED: marked, CURSOR: 1, MATCHES: matches, BUILDS: builds}
        self._name = name
        self._chosen = format
        self._proposed = self._proposal(format)
        self._overwrite = ""
        self.formats = FormatList(id="format")
        rows = [(MATCHES, f"newest of each family ({matches:,})" if families else f"all {matches:,} matches")]
        if builds > matches:
            rows.append((BUILDS, f"all builds ({builds:,})"))
        if cursor:
            rows.insert(0, (CURSOR, "this image"))
        if marked:
            rows.insert(0, (MARKED, f"{marked:,} marked"))
        self._possible = [value for value, _ in rows]
        self._proposed_rows = self._rows_for(format)
        self._rows = ChoiceLine("Rows", rows, value=self._proposed_rows, id="rows")
        self._target = ChoiceLine("To", [(FILE, "file"), (CLIPBOARD, "clipboard")], value=FILE, id="target")
        self._path = QueryInput(placeholder="file name", select_on_focus=False)
        self._path.cursor_blink = False
        self._note = Static(markup=False, classes="note")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Export"
            yield self.formats
            yield self._rows
            yield self._target
            with Horizontal(classes="file"):
                yield Static(" File", markup=False)
                yield self._path
            yield self._note
            yield KeyBar()

    def on_mount(self) -> None:
        self.formats.show(
            [PickerItem(one.name, one.name, one.about) for one in self._formats.values()], cursor=self._chosen
        )
        self._path.value = self._proposed
        self.formats.focus()
        self._show_state()

    def on_resize(self) -> None:
        height = self.app.size.height
        rows = min(len(self._formats) + ROWS_WITHOUT_LIST, height - 2) if height >= FRAMED_FROM else height
        self.set_rows(rows)

    @on(FormatList.Moved)
    @on(FormatList.RowClicked)
    def _format_moved(self, event: Message) -> None:
        event.stop()
        item = self.formats.current
        if item is None or item.value == self._chosen:
            return
        self._chosen = item.value
        # What was proposed changes with the format, what was typed or chosen stays.
        if self._path.value == self._proposed:
            self._proposed = self._proposal(item.value)
            self._path.value = self._proposed
        if self._rows.value == self._proposed_rows:
            self._proposed_rows = self._rows_for(item.value)
            self._rows.chosen(self._proposed_rows)
        self._show_state()

    @on(ChoiceLine.Changed, "#rows")
    def _rows_chosen(self) -> None:
        self._show_state()

    @on(ChoiceLine.Changed, "#target")
    def _target_chosen(self, event: ChoiceLine.Changed) -> None:
        self._path.disabled = event.value == CLIPBOARD
        self._show_state()

    @on(QueryInput.Changed)
    def _path_edited(self, event: Input.Changed) -> None:
        event.stop()
        self._overwrite = ""
        self._show_state()

    @on(QueryInput.Submitted)
    def _path_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_export()

    def action_leave(self) -> None:
        """Close without writing."""
        self.dismiss(None)

    def action_export(self) -> None:
        """End with the request, once the path is sound and an existing file may go."""
        if self._target.value == CLIPBOARD:
            self.dismiss(ExportRequest(self._chosen, self._rows.value, ""))
            return
        check = check_path(self._path.value)
        if check.problem:
            self._path.focus()
            self.app.bell()
        elif check.exists and self._overwrite != check.path:
            self._overwrite = check.path
        else:
            self.dismiss(ExportRequest(self._chosen, self._rows.value, check.path, overwrite=check.exists))
            return
        self._show_state()

    def _rows_for(self, kind: str) -> str:
        """What is proposed: what is marked; else, for code, the image under the cursor; else all."""
        wanted = (MARKED, CURSOR, MATCHES) if self._formats[kind].code else (MARKED, MATCHES)
        return next(value for value in wanted if value in self._possible)

    def _proposal(self, kind: str) -> str:
        return f"{self._name}.{self._formats[kind].suffix}"

    def _show_state(self) -> None:
        """Say what would happen now."""
        images = count_of(self._counts[self._rows.value], "image")
        if self._target.value == CLIPBOARD:
            self._say(f"{images} → clipboard", alert=False)
            return
        check = check_path(self._path.value)
        asked = check.exists and self._overwrite == check.path
        if check.problem:
            words = check.problem
        elif asked:
            words = f"{check.path} exists. Press again to overwrite it with {images}"
        elif check.exists:
            words = f"{images} → {check.path} (exists)"
        else:
            words = f"{images} → {check.path}"
        self._say(words, alert=bool(check.problem) or asked)

    def _say(self, words: str, *, alert: bool) -> None:
        self._note.set_class(alert, "-alert")
        self._note.update(words)
