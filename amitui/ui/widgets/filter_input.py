"""The input above a list: what is typed narrows the list; keys that mean something to the list are let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui.ui.widgets.query_input import QueryInput

if TYPE_CHECKING:
    from textual.events import Key


class FilterInput(QueryInput):
    """A one-line filter without borders or blinking."""

    BINDINGS = [
        Binding("enter", "screen.choose", "Choose", id="picker.choose", tooltip="Choose the selected row"),
    ]

    def __init__(self, placeholder: str, *, when_empty: str = "") -> None:
        """Args:
        when_empty: characters that are keys of the screen as long as nothing is typed.
        """
        super().__init__(placeholder=placeholder, select_on_focus=False)
        self.cursor_blink = False
        self.when_empty = when_empty

    def on_key(self, event: Key) -> None:
        """Leave to the screen what is its key; Textual handles the rest."""
        if event.character is not None and self._is_key(event.character):
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Printable keys are typed, except those of the screen."""
        if character is not None and self._is_key(character):
            return False
        return super().check_consume_key(key, character)

    def _is_key(self, character: str) -> bool:
        return not self.value and character in self.when_empty
