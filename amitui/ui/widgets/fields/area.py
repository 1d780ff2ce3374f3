"""A field of several lines: pasted lists, scripts. Enter makes a new line in it, Tab goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.actions import SkipAction
from textual.widgets import TextArea

from amitui.domain.visible import without_invisible
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.list import step_focus
from amitui.ui.widgets.query_input import placeholder as bracketed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.events import Key
    from textual.widgets.text_area import Edit, EditResult

ROWS: Final = 4
"""Lines that are shown at once unless a form says otherwise; the others scroll."""


def plain_lines(text: str) -> str:
    """`text` without what a terminal would act upon or hide; line breaks of any system, tabs and blanks stay."""
    return without_invisible(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t")


class Area(TextArea):
    """Textual's `TextArea` without border, blinking and colours of its own, with a way out by the arrows."""

    def __init__(self, text: str, placeholder: str, clean: Callable[[str], str]) -> None:
        super().__init__(text, compact=True, highlight_cursor_line=False, placeholder=bracketed(placeholder))
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._clean = clean
        self.left_out = 0
        """Characters that were typed or pasted but are not safe to show, and are not in the text."""

    def edit(self, edit: Edit) -> EditResult:
        """Take what was typed or pasted, as far as it is safe to show."""
        safe = self._clean(edit.text)
        self.left_out += len(edit.text.replace("\r\n", "\n")) - len(safe)
        edit.text = safe
        return super().edit(edit)

    def on_key(self, event: Key) -> None:
        """Begin a new line with a line feed too: terminals without bracketed paste send it as Ctrl+J."""
        if event.key == "ctrl+j":
            event.stop()
            event.prevent_default()
            self.replace("\n", *self.selection)

    def action_cut(self) -> None:
        """Cut the selection; without one the key means what it means elsewhere."""
        if self.selection.is_empty:
            raise SkipAction
        super().action_cut()

    def action_cursor_up(self, select: bool = False) -> None:
        """A line up; above the first lies the field before."""
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            step_focus(self.screen, -1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """A line down; below the last lies the next field."""
        if not select and self.navigator.is_last_wrapped_line(self.cursor_location):
            step_focus(self.screen, 1)
        else:
            super().action_cursor_down(select)


class AreaField(Field):
    """Several lines of text."""

    def __init__(
        self,
        label: str,
        id: str,
        value: str = "",
        *,
        placeholder: str = "",
        hint: str = "",
        rows: int = ROWS,
        check: Callable[[str], str] | None = None,
        clean: Callable[[str], str] | None = None,
    ) -> None:
        """Args:
        placeholder: shown while nothing is typed.
        rows: lines shown at once.
        check: what is wrong with a text, in words; empty = nothing.
        clean: what to make of invisible characters that come in; `None` = they are left out.
        """
        self._clean = (lambda text: plain_lines(clean(text))) if clean is not None else plain_lines
        self._initial = self._clean(value)
        self._placeholder = placeholder
        self._rows = rows
        self._check = check
        super().__init__(label, id=id, hint=hint)

    def make_control(self) -> Area:
        self._area = Area(self._initial, self._placeholder, self._clean)
        self._area.styles.height = self._rows
        return self._area

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._area.text != self._initial or self.edited:
            self.post_edited()

    @property
    def value(self) -> str:
        """The text as it stands, its lines ending in `\\n`."""
        return self._area.text if self._area.is_attached else self._initial

    @value.setter
    def value(self, text: str) -> None:
        self._initial = self._clean(text)
        self.edited = False
        self._area.left_out = 0
        if self._area.is_attached:
            with self._area.prevent(TextArea.Changed):
                self._area.load_text(self._initial)
            if self.problem:
                self.problem = self.check()

    @property
    def left_out(self) -> int:
        """Characters that its user entered but that are not in the value: control and format characters."""
        return self._area.left_out

    @property
    def hint(self) -> str:
        """What there is to say about the field, and about what it did not take."""
        if self.left_out:
            return f"Removed: {self.left_out} control or invisible characters. {self._hint}"
        return self._hint

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())

    def check(self) -> str:
        return self._check(self.value) if self._check is not None else ""
