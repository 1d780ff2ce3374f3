"""Fields that are typed into, and words between fields that nothing is typed into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Static

from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.query_input import QueryInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widgets import Input


class FieldInput(QueryInput):
    """One line of text without border or blinking."""

    def __init__(self, placeholder: str = "") -> None:
        super().__init__(placeholder=placeholder, select_on_focus=False)
        self.cursor_blink = False


class TextField(Field):
    """A line of text."""

    def __init__(
        self,
        label: str,
        id: str,
        value: str = "",
        placeholder: str = "",
        hint: str = "",
        check: Callable[[str], str] | None = None,
        *,
        proposed: bool = False,
    ) -> None:
        """Args:
        placeholder: shown while nothing is typed.
        proposed: the value is only proposed: what is typed takes its place. Otherwise it is gone on with.
        check: what is wrong with a text, in words; empty = nothing.
        """
        self._initial = value
        self._placeholder = placeholder
        self._check = check
        self._proposed = proposed
        super().__init__(label, id=id, hint=hint)

    def make_control(self) -> FieldInput:
        self._input = FieldInput(self._placeholder)
        return self._input

    def on_mount(self) -> None:
        # An Input that is given its value before it is mounted looks for a running app.
        self.value = self._initial

    @on(QueryInput.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._input.select_on_focus = False
        self.post_edited()

    @property
    def value(self) -> str:
        """The text without blanks at its ends."""
        return (self._input.value if self._input.is_attached else self._initial).strip()

    @value.setter
    def value(self, text: str) -> None:
        self._initial = text
        self.edited = False
        if self._input.is_attached:
            with self._input.prevent(QueryInput.Changed):
                self._input.value = text
            self._input.cursor_position = len(self._input.value)
            self._input.select_on_focus = self._proposed
            if self.problem:
                self.problem = self.check()

    def check(self) -> str:
        return self._check(self.value) if self._check is not None else ""


class NoteField(Field):
    """Words that a form says; they can change, and nothing can be done to them."""

    def __init__(self, label: str = "", words: str = "", *, id: str) -> None:
        """Args:
        words: what is said at first.
        """
        self._words = words
        super().__init__(label, id=id)

    def make_control(self) -> Static:
        self._static = Static(self._words, markup=False, classes="field-note")
        return self._static

    @property
    def value(self) -> str:
        """What is said."""
        return self._words

    @property
    def is_active(self) -> bool:
        """Never: there is nothing to be wrong."""
        return False

    def say(self, words: str, *, alert: bool = False) -> None:
        """Say this instead.

        Args:
            alert: whether it is something to be careful about.
        """
        self._words = words
        self._static.set_class(alert, "-alert")
        self._static.update(words)
