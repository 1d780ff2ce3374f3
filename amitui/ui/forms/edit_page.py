"""The first page of a form: its fields from top to bottom, and the keys that move between them."""

from __future__ import annotations

from textual.binding import Binding
from textual.containers import VerticalScroll

from amitui.ui.widgets.fields.list import step_focus


class EditPage(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields, from top to bottom."""

    BINDINGS = [
        Binding(
            "ctrl+s",
            "screen.go_on",
            "Review",
            id="form.review",
            tooltip="Check the fields and show what will change",
        ),
        Binding("tab", "app.focus_next", "Next field", id="form.next", tooltip="Go to the next field"),
        Binding("down", "step(1)", "Next field", show=False, id="form.down", tooltip="Go to the next field"),
        Binding("up", "step(-1)", "Prev field", show=False, id="form.up", tooltip="Go to the previous field"),
        Binding(
            "enter",
            "screen.next",
            "Next",
            show=False,
            id="form.enter",
            tooltip="Next field; after the last, review",
        ),
        Binding("pageup", "page_up", "Page up", show=False, id="form.page_up", tooltip="Scroll up one page"),
        Binding(
            "pagedown", "page_down", "Page down", show=False, id="form.page_down", tooltip="Scroll down one page"
        ),
        Binding("escape,q", "screen.leave", "Cancel", id="form.leave", tooltip="Close without changes"),
    ]

    def take_focus(self) -> None:
        """Focus the page itself, where no field can be edited: its keys scroll and close it all the same."""
        self.can_focus = True
        self.focus()

    def action_step(self, fields: int) -> None:
        """Go to the next field, or the one before; into a list by its nearer end."""
        step_focus(self.screen, fields)
