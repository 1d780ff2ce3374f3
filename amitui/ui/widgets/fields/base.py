"""What every field of a form shares: a label in its column, a control beside it, and below it what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from amitui.ui.widgets.line import LineWidget, Part, clip

if TYPE_CHECKING:
    from textual.app import ComposeResult

LABEL_CELLS: Final = 14
"""Width of the labels' column."""


class FieldLabel(LineWidget):
    """A field's name, with a mark in front of it while the field is the one that keys go to."""

    PREFIX = "field-label"

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
        self.here = False
        """Whether its field has the focus."""

    def fit(self, width: int) -> tuple[Part, ...]:
        return (Part(f"{'>' if self.here else ' '}{clip(self.words, max(1, width - 2))}"),)


class Field(Widget):
    """A label, a control and a problem; subclasses make the control and know the value."""

    class Changed(Message):
        """The user changed the value; not posted when a form sets it."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> Field:
            """The field, for selectors of `@on`."""
            return self.field

    class HintChanged(Message):
        """The hint for the place of the cursor has changed."""

    def __init__(self, label: str, *, id: str, hint: str = "") -> None:
        """Args:
        label: at most 12 cells of it are shown.
        id: also the name by which problems are given to it.
        hint: one line, shown while the field has the focus.
        """
        super().__init__(id=id)
        self.label = label
        self._hint = hint
        self.edited = False
        """Whether its user changed the value since the form set it."""
        self._problem = ""
        self._label_line = FieldLabel(label)
        self._problem_line = Static(markup=False, classes="field-problem")
        self._control = self.make_control()

    def make_control(self) -> Widget:
        """The part beside the label; called once, by the constructor."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field-row"):
            yield self._label_line
            yield self._control
        yield self._problem_line

    def on_mount(self) -> None:
        self._show_problem()

    def on_descendant_focus(self) -> None:
        self._mark(here=True)

    def on_descendant_blur(self) -> None:
        self._mark(here=False)
        if self.edited:
            self.problem = self.check()

    @property
    def value(self) -> object:
        """What the field says."""
        raise NotImplementedError

    @property
    def hint(self) -> str:
        """One line about the field, or the place in it, that has the focus."""
        return self._hint

    @hint.setter
    def hint(self, words: str) -> None:
        self._hint = words
        self.post_message(self.HintChanged())

    @property
    def new_hint(self) -> str:
        """The hint; empty where the problem, which stands below the field, has the same words."""
        return "" if self.hint in self._problem else self.hint

    @property
    def problem(self) -> str:
        """What is wrong with the value, in words; empty = nothing is known to be."""
        return self._problem

    @problem.setter
    def problem(self, words: str) -> None:
        if words != self._problem:
            self._problem = words
            if self.is_attached:
                self._show_problem()

    @property
    def here(self) -> bool:
        """Whether it has the focus, and is marked."""
        return self._label_line.here

    @property
    def is_active(self) -> bool:
        """Whether its value is used: the field is shown and not disabled."""
        return bool(self.display) and not self.disabled

    def check(self) -> str:
        """What is wrong with the value as it stands; empty = nothing."""
        return ""

    def focus(self, scroll_visible: bool = True) -> Field:
        """Focus the control."""
        self._control.focus(scroll_visible)
        return self

    def post_edited(self) -> None:
        """The user changed the value: check it again if it was wrong, and post `Edited`."""
        self.edited = True
        if self._problem:
            self.problem = self.check()
        self.post_message(self.Changed(self))

    def _mark(self, *, here: bool) -> None:
        # The class is the label's and not the field's, whose control would have its styles computed again.
        self._label_line.here = here
        self._label_line.set_class(here, "-here")
        self._label_line.refit()

    def _show_problem(self) -> None:
        self._problem_line.display = bool(self._problem)
        self._problem_line.update(f"! {self._problem}" if self._problem else "")
        self.set_class(bool(self._problem), "-wrong")
