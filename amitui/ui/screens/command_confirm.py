"""The question before a command of the user's own is run: what, on what, as whom; in production it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from amitui.domain.operations.validation import typed_confirmation_problem
from amitui.domain.visible import show_invisible
from amitui.ui.screens.dialog import TextDialog
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields.text import TextField
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.text_lines import BLANK, Run, labelled, paragraph, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.events import Paste

    from amitui.ui.widgets.text_lines import TextLine

LABEL_CELLS: Final = 12


class CommandConfirmScreen(TextDialog):
    """Shows what would be run; the result is whether it is."""

    CSS_PATH = stylesheet("dialogs", "text_lines", "form", "command")
    BINDINGS = [
        Binding("ctrl+s", "run", "Run", id="command.run", tooltip="Run the command", priority=True),
        Binding("up", "line(-1)", "Up", show=False, id="command.up", tooltip="Scroll up one line"),
        Binding("down", "line(1)", "Down", show=False, id="command.down", tooltip="Scroll down one line"),
        Binding("escape,q", "leave", "Cancel", id="command.leave", tooltip="Close without running it"),
    ]

    def __init__(
        self, title: str, command: str, facts: Sequence[tuple[str, str]], warning: str = "", expected: str = ""
    ) -> None:
        """Args:
        command: what is run, as the config has it.
        facts: what it is run on, label and value.
        warning: why to be careful; empty = nothing is known.
        expected: what has to be typed; empty = nothing.
        """
        super().__init__(f"Run {title}?")
        self._command, self._facts, self._warning, self._expected = command, tuple(facts), warning, expected
        self._field = TextField("Confirm", "confirm", check=self._typed_problem)
        # What is typed goes to the field alone; the arrows scroll.
        self.view.can_focus = not expected
        self._demand = f"To confirm, type  {expected}"

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title_text)
            yield self.view
            if self._expected:
                yield Static(self._demand, markup=False, classes="confirm-words")
                yield self._field
            yield KeyBar()

    def on_mount(self) -> None:
        if self._expected:
            self._field.focus()

    def on_paste(self, event: Paste) -> None:
        """Pasted text is meant for the field, and never read as keys."""
        event.stop()
        self.app.bell()

    def action_line(self, lines: int) -> None:
        """Scroll by lines."""
        self.view.scroll_lines(lines)

    def action_run(self) -> None:
        """End with yes, once what has to be typed is typed."""
        self._field.problem = problem = self._typed_problem(self._field.value) if self._expected else ""
        if problem:
            self._field.focus()
            self.fit()
        else:
            self.dismiss(True)

    def lines(self, width: int) -> Iterator[TextLine]:
        for line in self._command.splitlines():
            yield from paragraph(show_invisible(line), width, "title")
        yield BLANK
        for label, value in self._facts:
            yield from labelled(label, [Run(value)], width, LABEL_CELLS)
        if self._warning:
            yield BLANK
            yield from paragraph(f"! {self._warning}", width, "warn")

    def rows_below(self, width: int) -> int:
        return len(wrap(self._demand, width)) + 1 + bool(self._field.problem) if self._expected else 0

    def _typed_problem(self, typed: str) -> str:
        return typed_confirmation_problem(typed, self._expected)
