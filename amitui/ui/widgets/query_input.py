"""A one-line text field that takes printable text only, pasted text whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.actions import SkipAction
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from amitui.domain.visible import is_visible

if TYPE_CHECKING:
    from textual.events import Key, Paste


def one_line(text: str) -> str:
    """`text` without what a terminal would act upon: pasted control and format characters go, spaces stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if char.isspace() else char if is_visible(char) else "" for char in text)


def joined_lines(text: str, separator: str = " ") -> str:
    """The lines of a text as one, without blank ones and what is blank at their ends."""
    return separator.join(line for part in text.splitlines() if (line := part.strip()))


def placeholder(text: str) -> str:
    """What an empty field says, in brackets: without colours nothing else tells it from a value."""
    return f"({text})" if text and not text.startswith("(") else text


class QueryInput(Input):
    """An `Input` that takes printable text only and leaves Ctrl+X alone unless something is selected."""

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """The text's. Textual's own lays the whole screen out at each typed character, though no widget's place
    depends on a text: an input as wide as its text asks for a layout by itself."""

    def validate_value(self, value: str) -> str:
        """Whatever comes in, typed, pasted or set, is safe to show."""
        return one_line(value)

    def validate_placeholder(self, text: str) -> str:
        """Whatever it is given, it is told from a value."""
        return placeholder(str(text))

    def joined(self, text: str) -> str:
        """Pasted text as this field, which has one line, takes it: all of its lines."""
        return joined_lines(text) if "\n" in text or "\r" in text else text

    def on_paste(self, event: Paste) -> None:
        """Take pasted text whole; Textual's own input takes its first line and silently drops the others."""
        event.stop()
        event.prevent_default()
        self.replace(self.joined(event.text), *self.selection)

    def on_key(self, event: Key) -> None:
        """Keep words apart that a line feed stands between.

        A terminal without bracketed paste sends a pasted line feed as Ctrl+J; no key that is pressed sends it.
        """
        if event.key == "ctrl+j":
            event.stop()
            event.prevent_default()
            if not self.value[: self.cursor_position].endswith(" "):
                self.insert_text_at_cursor(" ")

    def action_cut(self) -> None:
        """Cut the selection; without one the key means what it means elsewhere."""
        if self.selection.is_empty:
            raise SkipAction
        super().action_cut()
