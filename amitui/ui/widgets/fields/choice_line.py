"""A form field on one line: a label and its options side by side, one of them chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.message import Message

from amitui.ui.widgets.line import LineWidget, Part, clip, parts_width

if TYPE_CHECKING:
    from collections.abc import Sequence


_NONE: Final = -1
"""The index while no option is chosen."""


class ChoiceLine(LineWidget, can_focus=True):
    """Left and right choose; the chosen option is reversed, so that it shows without colour."""

    PREFIX = "choice-line"
    COMPONENT_CLASSES = {"choice-line--label", "choice-line--chosen", "choice-line--option"}
    BINDINGS = [
        Binding(
            "left", "step(-1)", "Choose", key_display="←→", id="choice.left", tooltip="Choose the previous option"
        ),
        Binding("right,space", "step(1)", "Next", show=False, id="choice.right", tooltip="Choose the next option"),
    ]

    class Changed(Message):
        """Another option was chosen."""

        def __init__(self, line: ChoiceLine, value: str) -> None:
            super().__init__()
            self.line = line
            self.value = value

        @property
        def control(self) -> ChoiceLine:
            """The line, for selectors of `@on`."""
            return self.line

    def __init__(
        self,
        label: str,
        options: Sequence[tuple[str, str]],
        *,
        value: str | None,
        label_cells: int = 10,
        id: str | None = None,
    ) -> None:
        """Args:
        label: in front of the options.
        options: (value, title) pairs.
        value: the one chosen at first; `None` = none.
        label_cells: width of the label's column.
        """
        super().__init__(id=id)
        self._label = clip(label, label_cells - 1).ljust(label_cells)
        self._options = tuple(options)
        self._chosen = _NONE if value is None else [name for name, _ in options].index(value)

    @property
    def value(self) -> str:
        """The chosen option's value; empty while none is chosen."""
        return "" if self._chosen == _NONE else self._options[self._chosen][0]

    def fit(self, width: int) -> tuple[Part, ...]:
        label = Part(f" {self._label}", "label")
        options = [
            Part(f" {title} ", "chosen" if index == self._chosen else "option", name)
            for index, (name, title) in enumerate(self._options)
        ]
        # Where not all fit, those from the chosen one on do.
        is_any = self._chosen != _NONE
        while (
            is_any and len(options) > 1 and parts_width((label, *options)) > width and options[0].role != "chosen"
        ):
            options.pop(0)
        return (label, *options)

    def chosen(self, target: str) -> None:
        self._choose([name for name, _ in self._options].index(target))

    def action_step(self, step: int) -> None:
        """Choose the option `step` further on, around the ends; while none is chosen, the first or the last."""
        if self._chosen == _NONE and step < 0:
            self._choose(len(self._options) - 1)
            return
        self._choose((self._chosen + step) % len(self._options))

    def clear(self) -> None:
        """Let no option be chosen."""
        self._chosen = _NONE
        self.refit()

    def _choose(self, index: int) -> None:
        if index != self._chosen:
            self._chosen = index
            self.refit()
            self.post_message(self.Changed(self, self.value))
